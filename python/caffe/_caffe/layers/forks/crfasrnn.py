"""CRF-RNN's layer (Zheng et al. 2015): the dense CRF as a recurrent network that learns."""

import os

import numpy as np
import torch

from ...core.layer import Layer, register
from ...core.permutohedral import Lattice, grid_features, grid_lattice


def _rows(x: torch.Tensor) -> torch.Tensor:
    """Return a (channels, height, width) map as (pixels, channels)."""
    return x.flatten(1).t().contiguous()


@register("MultiStageMeanfield")
class MultiStageMeanfield(Layer):
    """Mean-field iterations of a dense CRF, with gradients (torrvision/caffe, meanfield_iteration).

    bottoms: unary (N x C x H x W), the start Q0 (as unary) and the image (N x 3 x H x W);
    top (as unary), not normalised. From U = Q0 each iteration makes

        q = softmax(U);   m = W_s K_s(q) + W_b K_b(q);   U = unary - W_c m

    K_s averages over pixels near in place (theta_gamma), K_b over those near in place
    (theta_alpha) and colour (theta_beta). Parameters (1 x 1 x C x C): W_s, W_b, W_c. W_s and W_b
    begin as diagonals, from `spatial.par` and `bilateral.par` in the working directory or beside
    the net, or from `spatial_filter_weights_str` and `bilateral_filter_weights_str` (the fork's
    branch crfrnn); W_c as -I. The image gets no gradient. The fork overwrites the parameters'
    diffs in each backward: with iter_size above 1 only the last pass counts. Of the fork's fields
    compatibility_mode, threshold, spatial_filter_weight, bilateral_filter_weight, the forced ones
    and force_cpu are never read.
    """

    bottoms = (3, 3)
    no_gradient = frozenset({2})

    def setup(self, unary, start, image):
        p = self.layer_param.multi_stage_meanfield_param
        self.check(p.num_iterations >= 2, f"needs num_iterations >= 2, given {p.num_iterations}")
        self.check_positive(p, "theta_alpha", "theta_beta", "theta_gamma")
        self.iterations = p.num_iterations
        self.spatial = (p.theta_gamma, p.theta_gamma)
        self.bilateral = [p.theta_alpha] * 2 + [p.theta_beta] * 3
        self.reshape(*(tuple(x.shape) for x in (unary, start, image)))
        classes = unary.shape[1]
        for name in ("spatial", "bilateral"):
            self._add_matrix(np.diag(self._initial_weights(name, classes)))
        self._add_matrix(-np.eye(classes))

    def _add_matrix(self, matrix):
        self.add_param((1, 1, *matrix.shape))
        self.blobs[-1].data[...] = matrix

    def _initial_weights(self, name: str, classes: int) -> list[float]:
        field, file = f"{name}_filter_weights_str", f"{name}.par"
        given = getattr(self.layer_param.multi_stage_meanfield_param, field)
        if given:
            source, text = field, given
        else:
            source, text = f"file {file}", self._read(file, field)
        try:
            weights = [float(word) for word in text.split()]
        except ValueError as error:
            self.fail(f"{source} must hold numbers with spaces between them: {error}")
        if len(weights) < classes:
            self.fail(f"{source} holds {len(weights)} numbers, the {classes} classes need as many")
        return weights[:classes]

    def _read(self, file: str, field: str) -> str:
        for folder in dict.fromkeys([os.curdir, self.folder or os.curdir]):
            path = os.path.join(folder, file)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as stream:
                    return stream.read()
        self.fail(
            f"the initial weights are missing: there is no {file} in the working directory or "
            f"beside the net; write one number for each class into it, or into {field}"
        )

    def reshape(self, unary, start, image):
        self.check(
            len(unary) == 4 and start == unary,
            f"needs a unary of 4 axes and a start of the same shape, given {unary} and {start}",
        )
        wanted = (unary[0], 3, *unary[2:])
        self.check(image == wanted, f"needs an image of shape {wanted}, given {image}")
        if self.blobs:
            classes = self.blobs[0].shape[-1]
            self.check(unary[1] == classes, f"has weights of {classes} classes, given {unary[1]}")
        return [unary]

    def forward(self, unary, start, image):
        tops, saved = [], []
        for item in zip(unary, start, image, strict=True):
            current, steps = self._infer(item, keep=self.saves_for_backward)
            tops.append(current.t().reshape(item[0].shape))
            saved.append(steps)
        self.save_for_backward(saved)
        return torch.stack(tops)

    def _lattices(self, image) -> tuple[Lattice, Lattice]:
        height, width = image.shape[1:]
        sigmas = torch.tensor(self.bilateral, device=image.device)
        bilateral = Lattice(grid_features(height, width, sigmas, image))
        return grid_lattice(height, width, self.spatial, image.device), bilateral

    def _matrices(self) -> list[torch.Tensor]:
        return [self.param(i)[0, 0] for i in range(3)]

    def _infer(self, bottom, keep: bool):
        """Return the last U (pixels x C); and the lattices with each q, K_s(q), K_b(q), to keep."""
        spatial, bilateral = self._lattices(bottom[2])
        w_s, w_b, w_c = self._matrices()
        unary, current, steps = _rows(bottom[0]), _rows(bottom[1]), []
        for _ in range(self.iterations):
            prob = current.softmax(1)
            near, alike = spatial.average(prob), bilateral.average(prob)
            message = torch.addmm(near @ w_s.t(), alike, w_b.t())
            current = torch.addmm(unary, message, w_c.t(), alpha=-1)
            if keep:
                steps.append((prob, near, alike))
        return current, (spatial, bilateral, steps)

    def backward(self, propagate_down, bottom, top, top_diff):
        """Go back through the iterations; put, not add, the matrices' diffs."""
        saved = self.saved or [
            self._infer(item, keep=True)[1] for item in zip(*bottom, strict=True)
        ]
        d_unary, d_start = torch.empty_like(bottom[0]), torch.empty_like(bottom[1])
        d_matrices = bottom[0].new_zeros(3, *self.blobs[0].shape)
        for n, (lattices_and_steps, diff) in enumerate(zip(saved, top_diff[0], strict=True)):
            unary, start, matrices = self._backward_image(lattices_and_steps, _rows(diff))
            d_unary[n], d_start[n] = (m.t().reshape(diff.shape) for m in (unary, start))
            d_matrices += matrices.view_as(d_matrices)
        for i, diff in enumerate(d_matrices):
            if self.wants_param(i):
                self.blobs[i].put_diff(diff.clone())
        return [d_unary, d_start, None]

    def _backward_image(self, saved, diff):
        """Return the diffs of unary and start (pixels x C) and of the matrices (3 x C x C)."""
        spatial, bilateral, steps = saved
        w_s, w_b, w_c = self._matrices()
        d_unary, d_matrices = torch.zeros_like(diff), diff.new_zeros(3, *w_s.shape)
        for prob, near, alike in reversed(steps):
            d_unary += diff
            message = torch.addmm(near @ w_s.t(), alike, w_b.t())
            d_message = -(diff @ w_c)
            d_matrices[0].addmm_(d_message.t(), near)
            d_matrices[1].addmm_(d_message.t(), alike)
            d_matrices[2].addmm_(diff.t(), message, alpha=-1)
            d_prob = spatial.average_transposed(d_message @ w_s)
            d_prob += bilateral.average_transposed(d_message @ w_b)
            diff = prob * (d_prob - (prob * d_prob).sum(1, keepdim=True))
        return d_unary, diff, d_matrices
