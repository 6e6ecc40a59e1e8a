"""DeconvNet's unpooling and accuracy (HyeonwooNoh/caffe)."""

import torch
from torch.nn import functional as F

from ...core.axes import check_maps
from ...core.labels import LabelReader
from ...core.layer import Layer, register
from ...core.window_settings import read_size

MAX, AVE, TILE = 0, 1, 2


@register("Unpooling")
class Unpooling(Layer):
    """The way back from a pooled map (unpooling_layer.cpp).

    Bottoms: x (N, C, h, w) and, for MAX, a mask of its shape, as Pooling's second top: each
    value's index within the unpooled plane. Top (N, C, H, W) with unpool_size, or unpool_h and
    unpool_w; the fork's sizes without these cannot be asked for, as its own check has it.

    MAX: a value goes to its mask's place, without a mask to its window's first; the last of
    several on one place stays, and each takes the place's whole gradient. AVE: a value is spread
    over its window, divided by the window's part within the map. TILE: the same, undivided, yet
    its gradient is divided. Places that no window reaches are 0 (the fork adds to what AVE and
    TILE find in the top).
    """

    bottoms = (1, 2)
    no_gradient = frozenset({1})

    def setup(self, x, *mask):
        p = self.layer_param.unpooling_param
        self.kernel = read_size(self, p, "kernel_size", "kernel")
        self.stride = read_size(self, p, "stride", "stride")
        self.check(read_size(self, p, "pad", "pad") == (0, 0), "takes no pad")
        self.size = read_size(self, p, "unpool_size", "unpool")
        for what, values in (
            ("kernel_size", self.kernel), ("stride", self.stride), ("unpool_size", self.size)
        ):  # fmt: skip
            self.check(min(values) > 0, f"needs a positive {what}, given {values}")
        self.method = p.unpool
        self.check(not mask or self.method == MAX, "takes a mask for MAX only")
        self.read = LabelReader(self, 1, what="index", among="places of the unpooled plane")

    def reshape(self, shape, *mask):
        check_maps(self, shape)
        for given in mask:
            self.check(given == shape, f"bottom 0 is {shape}, its mask {given}")
        for axis in (0, 1):
            start = (shape[2 + axis] - 1) * self.stride[axis]
            self.check(
                start < self.size[axis] or self.method == MAX,
                f"the last window on axis {axis + 2} begins at {start}, behind {self.size[axis]}",
            )
        return [(*shape[:2], *self.size)]

    def forward(self, x, *mask):
        if self.method == MAX:
            y = x.new_zeros(*x.shape[:2], self.size[0] * self.size[1])
            y.scatter_(2, self._places(x, *mask), x.flatten(2))
            return y.view(*x.shape[:2], *self.size)
        if self.method == AVE:
            x = x / self._areas(x)
        values = x.unsqueeze(2).expand(-1, -1, self.kernel[0] * self.kernel[1], -1, -1)
        values = values.flatten(1, 2).flatten(2)
        canvas = F.fold(values, self._reach(x), self.kernel, stride=self.stride)
        return F.pad(canvas, self._beyond(x))

    def backward(self, propagate_down, bottom, top, top_diff):
        x, dy = bottom[0], top_diff[0]
        none = [None] * (len(bottom) - 1)
        if self.method == MAX:
            return [dy.flatten(2).gather(2, self._places(*bottom)).view(x.shape), *none]
        canvas = F.pad(dy, [-n for n in self._beyond(x)])
        spread = F.unfold(canvas, self.kernel, stride=self.stride)
        return [spread.view(*x.shape[:2], -1, *x.shape[2:]).sum(2) / self._areas(x), *none]

    def _places(self, x, *mask):
        """Return (N, C, h w): each value's index in the unpooled plane."""
        if mask:
            return self.read(mask[0].flatten(2), self.size[0] * self.size[1]).index
        rows, columns = (
            (torch.arange(n, device=x.device) * s).clamp(max=size - 1)
            for n, s, size in zip(x.shape[2:], self.stride, self.size, strict=True)
        )
        return (rows[:, None] * self.size[1] + columns).flatten().expand(*x.shape[:2], -1)

    def _reach(self, x) -> tuple[int, ...]:
        sizes = zip(x.shape[2:], self.stride, self.kernel, strict=True)
        return tuple((n - 1) * s + k for n, s, k in sizes)

    def _beyond(self, x) -> list[int]:
        """Return what F.pad adds behind the windows' reach (or cuts) to have unpool_size."""
        rows, columns = (a - b for a, b in zip(self.size, self._reach(x), strict=True))
        return [0, columns, 0, rows]

    def _areas(self, x):
        spans = []
        for n, s, k, size in zip(x.shape[2:], self.stride, self.kernel, self.size, strict=True):
            start = torch.arange(n, device=x.device) * s
            spans.append((start + k).clamp(max=size) - start)
        return spans[0][:, None] * spans[1]


@register("EltwiseAccuracy")
class EltwiseAccuracy(Layer):
    """The share of places whose label is among the top_k classes (eltwise_accuracy_layer.cpp).

    Bottoms: scores (N, C, H, W), labels (N, 1, H, W), of which ignore_label does not count. Top:
    (1, 1, 1, 1); nan where no label counts. Of equal scores the higher class is the better; a label
    that is no class is wrong. No gradient.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward

    def reshape(self, x, label):
        wanted = (x[0], 1, *x[2:])
        if len(x) != 4 or label != wanted:
            self.fail(f"takes scores (N, C, H, W) and labels {wanted}, given {x} and {label}")
        top_k = self.layer_param.eltwise_accuracy_param.top_k
        self.check(top_k <= x[1], f"top_k is {top_k}, there are only {x[1]} classes")
        return [(1, 1, 1, 1)]

    def forward(self, x, label):
        param, index = self.layer_param.eltwise_accuracy_param, label.long()
        classes = torch.arange(x.shape[1], device=x.device).view(1, -1, 1, 1)
        own = x.gather(1, index.clamp(0, x.shape[1] - 1))
        better = (x > own) | ((x == own) & (classes > index))
        right = (better.sum(1, keepdim=True) < param.top_k) & (index >= 0) & (index < x.shape[1])
        seen = torch.ones_like(right)
        if param.HasField("ignore_label"):
            seen = index != param.ignore_label
        return ((right & seen).sum() / seen.sum()).view(1, 1, 1, 1)
