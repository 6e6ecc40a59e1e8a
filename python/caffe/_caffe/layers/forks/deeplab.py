"""DeepLab v2's layers for label maps and image-level labels (cdmh/deeplab-public-ver2).

PSPNet's Caffe has the same files. What reads and writes files: `deeplab_data`, `deeplab_mat`.
"""

import numpy as np
import torch

from ...core import context
from ...core.axes import as_four_axes, legacy_shape
from ...core.labels import LabelReader
from ...core.layer import Layer, register

NO_LABEL = -1  # fills lists of labels that are shorter than the blob

Shape = tuple[int, int, int, int]


def check_map(layer: Layer, x: Shape, label: Shape) -> None:
    """Raise LayerError unless `label` is (N, 1, H, W) for an x of (N, C, H, W)."""
    layer.check(
        label == (x[0], 1, *x[2:]),
        f"takes scores (N, C, H, W) and labels (N, 1, H, W), given {x} and {label}",
    )


def check_list(layer: Layer, x: Shape, label: Shape) -> None:
    """Raise LayerError unless `label` is (N, L, 1, 1), L > 0, for an x of (N, C, H, W)."""
    layer.check(
        label[0] == x[0] and label[1] > 0 and label[2:] == (1, 1),
        f"takes scores (N, C, H, W) and lists of labels (N, L, 1, 1), given {x} and {label}",
    )


@register("SegAccuracy")
class SegAccuracy(Layer):
    """Pixel accuracy, mean recall and mean Jaccard index (seg_accuracy_layer.cpp).

    Bottoms: scores (N, C, H, W) and labels (N, 1, H, W), without those in `ignore_label`. Top
    (1, 1, 1, 3): the share of right pixels; recall averaged over the classes that have pixels;
    intersection over union averaged over all C, a class that neither labels nor predictions
    have counting 1. Without any pixel: 0, 0, 1. Of equal scores the highest class is predicted.
    C stays what it was first: with fewer channels later, classes without any pixel are left.
    With `reset: false` the counts go on from one forward to the next. `metric` is not read.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})
    stateful = True
    backward = Layer.refuse_backward

    def setup(self, x, label):
        param = self.layer_param.seg_accuracy_param
        self.reset = param.reset
        self.read = LabelReader(self, 1, list(param.ignore_label))
        self.classes = legacy_shape(self, x.shape)[1]
        self.counts: torch.Tensor | None = None  # (C, C) of label and prediction, as int64

    def reshape(self, x, label):
        x, label = (legacy_shape(self, shape) for shape in (x, label))
        check_map(self, x, label)
        self.check(x[1] <= self.classes, f"was set up for {self.classes} classes, given scores {x}")
        return [(1, 1, 1, 3)]

    def forward(self, x, label):
        x, label = as_four_axes(self, x, label)
        channels, classes = x.shape[1], self.classes
        labels = self.read(label, channels)
        # argmax takes the first of equals, the fork's partial_sort the one of the highest class.
        best = channels - 1 - x.flip(1).argmax(1, keepdim=True)
        pairs = labels.index * classes + best
        if labels.valid is not None:
            pairs = pairs[labels.valid]
        counts = torch.bincount(pairs.flatten(), minlength=classes**2).view(classes, classes)
        if not self.reset and self.counts is not None:
            counts += self.counts.to(counts.device)
        self.counts = counts
        figures = torch.stack(self._figures(counts.double())).float().view(1, 1, 1, 3)
        return labels.mark(figures)

    @staticmethod
    def _figures(counts):
        right, actual, predicted = counts.diagonal(), counts.sum(1), counts.sum(0)
        union = actual + predicted - right
        recall = (right / actual.clamp(min=1)).sum() / (actual > 0).sum().clamp(min=1)
        jaccard = torch.where(union > 0, right / union.clamp(min=1), 1.0).mean()
        return right.sum() / actual.sum().clamp(min=1), recall, jaccard

    def get_state(self):
        """Return the counts so far where they are carried from one forward to the next."""
        if self.reset or self.counts is None:
            return None
        return {"counts": self.counts.tolist()}

    def set_state(self, state):
        """Go on from such counts."""
        counted = len(state["counts"])
        self.check(
            counted == self.classes,
            f"has {self.classes} classes, the snapshot's counts are of {counted}",
        )
        self.counts = torch.tensor(state["counts"], dtype=torch.int64)


@register("UniqueLabel")
class UniqueLabel(Layer):
    """The labels that each map has, in a list (unique_label_layer.cpp).

    Bottom (N, 1, H, W); top (N, max_labels, 1, 1): the distinct values in rising order, without
    those of `ignore_label` and with those of `force_label` (also where ignored), then -1. Backward
    refuses, so that a net with force_backward cannot have it, as in the fork.
    """

    backward = Layer.refuse_backward

    def setup(self, label):
        param = self.layer_param.unique_label_param
        self.length = param.max_labels
        self.ignored, self.forced = list(param.ignore_label), list(param.force_label)
        forced = len(set(self.forced))
        self.check(
            self.length > forced,
            f"max_labels is {self.length}; with {forced} forced labels it must be {forced + 1} "
            "or more",
        )

    def reshape(self, shape):
        self.check(
            legacy_shape(self, shape)[1] == 1,
            f"takes labels (N, 1, H, W), bottom 0 has shape {shape}",
        )
        return [(shape[0], self.length, 1, 1)]

    def forward(self, label):
        top = label.new_full((len(label), self.length, 1, 1), NO_LABEL)
        forced = label.new_tensor(self.forced)
        ignored = label.new_tensor(self.ignored)
        for n, item in enumerate(label):
            values = item.flatten()
            values = torch.cat([values[~torch.isin(values, ignored)], forced]).unique()
            self.check(
                len(values) <= self.length,
                f"item {n} has {len(values)} distinct labels, more than max_labels {self.length}",
            )
            top[n, : len(values), 0, 0] = values
        return top


@register("BiasChannel")
class BiasChannel(Layer):
    """Scores plus a bias for the labels that an item has (bias_channel_layer.cpp).

    Bottoms: scores (N, C, H, W), and labels of which -1 and `ignore_label` do not count.
    label_type IMAGE: lists (N, L, 1, 1); each listed label adds bg_bias (label 0) or fg_bias to
    its channel, as often as it is listed. PIXEL: maps (N, 1, H, W); each pixel adds fg_bias to
    its label's channel, and, where the file sets background_label or bg_bias, bg_bias to the
    background's channel, which gets no fg_bias.
    """

    bottoms = (2, 2)

    def setup(self, x, label):
        param = self.layer_param.bias_channel_param
        self.per_pixel = param.label_type == param.PIXEL
        self.biases = (param.bg_bias, param.fg_bias)
        for name, bias in zip(("bg_bias", "fg_bias"), self.biases, strict=True):
            self.check(bias >= 0, f"{name} must be 0 or more, given {bias:g}")
        self.read = LabelReader(self, 1, [NO_LABEL, *param.ignore_label])
        self.background = None
        if self.per_pixel and (param.HasField("background_label") or param.HasField("bg_bias")):
            self.background = param.background_label

    def reshape(self, x, label):
        x, label = (legacy_shape(self, shape) for shape in (x, label))
        (check_map if self.per_pixel else check_list)(self, x, label)
        if self.background is not None:
            self.check(
                0 <= self.background < x[1],
                f"background_label {self.background} is outside the {x[1]} classes",
            )
        return [x]

    def forward(self, x, label):
        x, label = as_four_axes(self, x, label)
        labels = self.read(label, x.shape[1])
        bg, fg = self.biases
        apart = self.background is not None  # its bias is for its channel, at every pixel
        at_zero = bg if not self.per_pixel else 0.0 if apart else fg
        bias = torch.where(labels.index == (self.background or 0), at_zero, fg)
        bias = labels.zero_ignored(bias).to(x.dtype)
        if not self.per_pixel:
            y = x + x.new_zeros(*x.shape[:2], 1, 1).scatter_add_(1, labels.index, bias)
            return labels.mark(y)
        y = x.scatter_add(1, labels.index, bias)
        if apart:
            y[:, [self.background]] += labels.zero_ignored(torch.full_like(label, bg))
        return labels.mark(y)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy; refuses the labels, which force_backward asks for, as in the fork."""
        self.check(not propagate_down[1], "no gradient reaches the labels (bottom 1)")
        return [top_diff[0].clone().view(bottom[0].shape), None]


@register("AdaptiveBiasChannel")
class AdaptiveBiasChannel(Layer):
    """Scores biased until each present label wins a share of the pixels.

    Bottoms: scores (N, C, H, W) and lists of labels (N, L, 1, 1), -1 counting as none; an item
    without labels stays as it is. Steps for an item (adaptive_bias_channel_layer.cpp):

    1. suppress_others: where an absent channel is above the least score of the present ones, it
       becomes that score less margin_others.
    2. num_iter times, for each label (0 first, the others in random order): add to its channel
       the value of rank int(portion * H * W) of max - score, max being the greatest score of the
       present channels; portion is bg_portion for label 0, else fg_portion.
    3. Add one number to all channels: the mean of max is as before step 2.

    Backward leaves the bottoms' diffs alone. Rank H * W (portion 1), which the fork reads
    beyond its memory, is the greatest difference here.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})
    backward = Layer.zero_backward

    def setup(self, x, label):
        param = self.layer_param.adaptive_bias_channel_param
        self.check_positive(param, "num_iter")
        self.check(
            param.margin_others >= 0,
            f"margin_others must be 0 or more, given {param.margin_others:g}",
        )
        for name in ("bg_portion", "fg_portion"):
            portion = getattr(param, name)
            self.check(0 <= portion <= 1, f"{name} must be from 0 to 1, given {portion:g}")
        self.read = LabelReader(self, 1, NO_LABEL)

    def reshape(self, x, label):
        x, label = (legacy_shape(self, shape) for shape in (x, label))
        check_list(self, x, label)
        self.check(x[1] > 1, f"needs 2 channels or more, bottom 0 has shape {x}")
        return [x]

    def forward(self, x, label):
        x, label = as_four_axes(self, x, label)
        labels = self.read(label, x.shape[1])
        y = x.clone()
        listed = labels.index.masked_fill(label.long() == NO_LABEL, NO_LABEL)
        for scores, given in zip(y, listed.flatten(1).tolist(), strict=True):
            present = sorted(k for k in given if k != NO_LABEL)
            if present:
                self._bias(scores, present)
        return labels.mark(y)

    def _bias(self, scores, present):
        """Bias one item's scores (C, H, W), in place."""
        param = self.layer_param.adaptive_bias_channel_param
        chosen = sorted(set(present))
        if param.suppress_others:
            least = scores[chosen].amin(0)
            others = [c for c in range(len(scores)) if c not in chosen]
            absent = scores[others]
            scores[others] = torch.where(absent > least, least - param.margin_others, absent)
        best = scores[chosen].amax(0)
        before = best.double().mean()
        first = int(present[0] == 0)
        for _ in range(param.num_iter):
            order = torch.randperm(len(present) - first, generator=context.generator(context.CPU))
            present[first:] = [present[first + i] for i in order.tolist()]
            for label in present:
                portion = np.float32(param.fg_portion if label else param.bg_portion)
                rank = min(int(portion * np.float32(best.numel())) + 1, best.numel())
                scores[label] += (best - scores[label]).flatten().kthvalue(rank).values
                best = torch.maximum(best, scores[label])
        scores += (before - best.double().mean()).to(scores.dtype)
