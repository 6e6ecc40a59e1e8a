"""CCNN's layers (Pathak, Kraehenbuehl and Darrell 2015): its DenseCRF, and its loss WeakLoss."""

import numpy as np
import torch

from ...core.axes import check_maps
from ...core.dense_crf import mean_field
from ...core.faster_rcnn_settings import read_settings
from ...core.layer import Layer, register
from ...core.permutohedral import Lattice, grid_features
from ...core.python_layers import published
from ...errors import LayerError
from ...log import warning


def _is_ccnn(param, net) -> str | None:
    if param.HasField("densecrf_param"):
        return "it has densecrf_param"
    if len(param.bottom) == 2 and not param.HasField("dense_crf_param"):
        return "it has 2 bottoms and no dense_crf_param"
    return None


@register("CCNNDenseCRF")
@register("DenseCRF", dialect="ccnn", recognise=_is_ccnn)
class DenseCRF(Layer):
    """The most probable label after 10 mean-field iterations (pathak22/caffe-ccnn, densecrf_layer).

    bottoms: score (N x C x H x W) and the image (N x 3 x H x W, BGR, 0 to 255: the values are cut
    to unsigned bytes); top (N x 1 x H x W). Kernels: one over place (x_gauss, y_gauss) of weight
    wt_gauss, one over place and colour (x_bilateral, y_bilateral, r_, g_, b_bilateral) of weight
    wt_bilateral. There is no gradient, and one is refused (NOT_IMPLEMENTED in the fork).
    """

    bottoms = (2, 2)
    iterations = 10
    backward = Layer.refuse_backward

    def setup(self, score, image):
        p = self.layer_param.densecrf_param
        self.check_positive(p, "x_gauss", "y_gauss", *(f"{axis}_bilateral" for axis in "xyrgb"))
        self.place = (p.x_gauss, p.y_gauss)
        self.colour = (p.x_bilateral, p.y_bilateral, p.r_bilateral, p.g_bilateral, p.b_bilateral)
        self.weights = (p.wt_gauss, p.wt_bilateral)

    def reshape(self, score, image):
        check_maps(self, score)
        wanted = (score[0], 3, *score[2:])
        hint = "; the score comes first" if len(image) == 4 and score[1] < image[1] else ""
        self.check(image == wanted, f"needs a colour image of shape {wanted}, given {image}{hint}")
        self.check(score[1] >= 3, f"needs a score of at least 3 classes, given {score[1]}")
        return [(score[0], 1, *score[2:])]

    def forward(self, score, image):
        height, width = score.shape[2:]
        place, colour = (torch.tensor(s, device=score.device) for s in (self.place, self.colour))
        near = Lattice(grid_features(height, width, place))
        labels = []
        for item, pixels in zip(score, image, strict=True):
            red_first = pixels.flip(0).to(torch.uint8).float()
            alike = Lattice(grid_features(height, width, colour, red_first))
            kernels = list(zip(self.weights, (near, alike), strict=True))
            rows = item.flatten(1).t().contiguous()
            prob = mean_field(rows, kernels, self.iterations)
            labels.append(prob.argmax(1).view(1, height, width))
        return torch.stack(labels).to(score.dtype)


@published("python_layers", "WeakLoss")
class WeakLoss:
    """The distance to the nearest labelling that image tags allow (pathak22/ccnn, WeakLoss).

    bottoms: f (N x C x H x W) and which classes are there (N x C x 1 x 1; over 0.5 means yes);
    more are not read. For each image P is the distribution nearest to Q = softmax(f) with
    P = 0 for absent classes and bounds on classes' means over the n pixels:

        loss = sum p log p - p log q,  gradient q - p,  both over n

    The bounds are those of the published class: a present foreground class >= 0.05, or its mean
    may fall short at cost 2 n (slack); background >= 0.3, and <= 0.7 if any foreground is there.
    Its settings, which are fixed in the published file, are here read from param_str too, such as
    "{'normalization': False}"; the semi-supervised and size-constrained ones are not offered.
    """

    param_str: str  # set by the runtime
    defaults = {
        "bg_lower": 0.3, "bg_upper": 0.7, "bg_slack": 1e10, "fg_lower": 0.05, "fg_slack": 2.0,
        "hardness": 1.0, "normalization": True,
    }  # fmt: skip

    def setup(self, bottom, top):
        given = read_settings(self.param_str, tuple(self.defaults), required=0)
        if wrong := {k: v for k, v in given.items() if not isinstance(v, (int, float))}:
            raise LayerError(f"param_str must give numbers, given {wrong}")
        self.settings = {**self.defaults, **given}
        if len(bottom) < 2 or len(top) != 1:
            raise LayerError(
                f"takes scores and class indicators, and one top; given {len(bottom)} bottoms, "
                f"{len(top)} tops"
            )

    def reshape(self, bottom, top):
        scores, tags = bottom[0].shape, bottom[1].shape
        if len(scores) < 2 or tuple(tags[:2]) != tuple(scores[:2]):
            raise LayerError(
                f"needs an indicator for each class of each item, {tuple(scores[:2])}, "
                f"given {tuple(tags)}"
            )
        top[0].reshape(1, 1, 1, 1)

    def forward(self, bottom, top):
        self.diff, total = [], 0.0
        for scores, tags in zip(bottom[0].data, bottom[1].data, strict=True):
            rows = scores.reshape(len(scores), -1).T.astype(np.float64)
            q = _softmax(rows)
            absent, bounds = self._constraints(tags)
            p = nearest_distribution(rows, absent, bounds, self.settings["hardness"])
            scale = 1 / len(rows) if self.settings["normalization"] else 1.0
            total += scale * np.sum(p * (_log(p) - _log(q)))
            self.diff.append(((q - p).T * scale).reshape(scores.shape))
        top[0].data[...] = total

    def _constraints(self, tags):
        """Return which classes are absent, and rows (class weights, bound, slack)."""
        there = tags.reshape(-1) > 0.5
        unit = np.eye(len(there))
        rows = [
            (unit[c], self.settings["fg_lower"], self.settings["fg_slack"])
            for c in np.flatnonzero(there)
            if c > 0
        ]
        rows.append((unit[0], self.settings["bg_lower"], self.settings["bg_slack"]))
        if there[1:].any():
            rows.append((-unit[0], -self.settings["bg_upper"], self.settings["bg_slack"]))
        return ~there, rows

    def backward(self, top, propagate_down, bottom):
        """Put q - p, times the loss weight; as published, other bottoms' diffs are left alone."""
        if propagate_down[0]:
            bottom[0].diff[...] = np.asarray(self.diff) * top[0].diff.reshape(-1)[0]


def _log(x):
    return np.log(np.maximum(x, 1e-10))


def _softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def nearest_distribution(scores, absent, constraints, hardness=1.0):
    """Return the distribution nearest (in KL) to softmax(scores) under linear constraints.

    p = softmax(hardness (f + A' lambda)), where lambda, 0 to slack n, maximises the dual; it is
    sought by projected gradient from 0 with a step that grows after success and halves after
    failure, as in ccnn's library (constraintsoftmax.cpp, fista.cpp).

    Parameters
    ----------
    scores : (n, C) array, float64
    absent : (C,) array of bool
        Classes that get no probability.
    constraints : list of (a, b, slack)
        mean over pixels of p @ a >= b, or short of it at cost slack n. Of no effect where only
        one class is allowed.

    Returns
    -------
    (n, C) array
    """
    n = len(scores)
    if (~absent).sum() <= 1:
        return _softmax(np.where(absent, -1e10, scores) * hardness)
    allowed = scores[:, ~absent]
    rows = np.array([a[~absent] for a, _, _ in constraints]) / n
    bounds = np.array([b for _, b, _ in constraints])
    most = np.array([slack for _, _, slack in constraints]) * n

    def dual(x):
        """Return the negated dual at x and its gradient."""
        z = (allowed + x @ rows) * hardness
        top = z.max(1, keepdims=True)
        e = np.exp(z - top)
        norm = e.sum(1, keepdims=True)
        value = (top + np.log(norm)).sum() / hardness - x @ bounds
        return np.float32(value), rows @ (e / norm).sum(0) - bounds

    x = np.zeros(len(rows))
    value, gradient = dual(x)
    step, tries = 1e5, 0
    while tries < 3000 and step > 1e-8:
        tries += 1
        there = np.clip(x - step * gradient, 0, most)
        new_value, new_gradient = dual(there)
        if new_value < value:
            x, value, gradient = there, new_value, new_gradient
            step *= 1.1
        else:
            step *= 0.5
    if tries == 3000:
        warning("WeakLoss: the search did not end; the constraints may contradict each other")
    result = np.zeros_like(scores)
    result[:, ~absent] = _softmax((allowed + x @ rows) * hardness)
    return result
