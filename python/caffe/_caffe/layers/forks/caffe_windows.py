"""Layers of happynear/caffe-windows: Flip, Normalize, LabelSpecificAdd, ChannelScale."""

import torch

from caffe.proto import caffe_pb2

from ...core.axes import legacy_shape
from ...core.labels import LabelReader
from ...core.layer import Layer, register


@register("Flip")
class Flip(Layer):
    """Mirror maps: columns with flip_width (true), rows with flip_height (false) (flip_layer.cpp).

    Bottom and top: (N, C, H, W).
    """

    def setup(self, x):
        p = self.layer_param.flip_param
        self.axes = [axis for axis, on in ((2, p.flip_height), (3, p.flip_width)) if on]

    def reshape(self, shape):
        self.check(len(shape) == 4, f"takes (N, C, H, W), given {tuple(shape)}")
        return [shape]

    def forward(self, x):
        return x.flip(self.axes)

    def backward(self, propagate_down, bottom, top, top_diff):
        """The diffs are mirrored back."""
        return [top_diff[0].flip(self.axes) if propagate_down[0] else None]


def _has_my_fields(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    if param.HasField("normalize_param"):
        return "it has normalize_param"
    return "two tops, where SSD's has one" if len(param.top) == 2 else None


@register("Normalize", dialect="caffe-windows", recognise=_has_my_fields)
class Normalize(Layer):
    """x over its length along the channels at each place (normalize_layer.cpp, .cu).

    Bottom (N, C, ...) of up to four axes. Tops: (N, C, H, W); the lengths (N, 1, H, W), if asked
    for. normalize_type L2: sqrt(the sum of squares + 1e-6); L1: the sum of absolutes + 1e-6.

    The lengths pass a gradient back with bp_norm only. fix_gradient, which the fork has on GPUs,
    leaves the division by the length out of the gradient.
    """

    tops = (1, 2)

    def setup(self, x):
        param = self.settings = self.layer_param.normalize_param
        self.check(
            param.normalize_type in ("L1", "L2"),
            f"normalize_type must be L1 or L2, given {param.normalize_type!r}",
        )

    def reshape(self, shape):
        num, channels, *size = legacy_shape(self, shape)
        return [(num, channels, *size), (num, 1, *size)][: max(1, len(self.layer_param.top))]

    def forward(self, x):
        x = x.reshape(legacy_shape(self, x.shape))
        length = self.save_for_backward(self._length(x))
        return (x / length, length)[: max(1, len(self.layer_param.top))]

    def _length(self, x):
        if self.settings.normalize_type == "L2":
            return (x.square().sum(1, keepdim=True) + 1e-6).sqrt()
        return x.abs().sum(1, keepdim=True) + 1e-6

    def backward(self, propagate_down, bottom, top, top_diff):
        """See above."""
        if not propagate_down[0]:
            return [None]
        x = bottom[0].reshape(top[0].shape)
        y, dy = top[0], top_diff[0]
        length = self._length(x) if self.saved is None else self.saved
        slope = y if self.settings.normalize_type == "L2" else x.sign()
        dx = dy - slope * (y * dy).sum(1, keepdim=True)
        if not self.settings.fix_gradient:
            dx = dx / length
        if self.settings.bp_norm and len(top) == 2:
            dx = dx + slope * top_diff[1]
        return [dx.view(bottom[0].shape)]


@register("LabelSpecificAdd")
class LabelSpecificAdd(Layer):
    """AMSoftmax's margin: each item's own class plus `bias` (label_specific_add.cpp).

    Bottoms: x (N, C, ...), labels (N). Tops: as x; the bias (1), if asked for. In TRAIN only (the
    fork's transform_test counts in TRAIN alone), and only where the class stays above 0. With
    bias_base the bias is bias_base + (1 + bias_gamma i)^bias_power - 1, within bias_min and
    bias_max, i counting the forwards from `iteration` on. Works in place. The gradient is passed
    on.
    """

    bottoms = (2, 2)
    tops = (1, 2)
    no_gradient = frozenset({1})
    recomputable = False  # it counts its forwards

    def setup(self, x, label):
        param = self.settings = self.layer_param.label_specific_add_param
        self.bias, self.iteration = param.bias, param.iteration
        self.read = LabelReader(self, 1)

    def reshape(self, x, label):
        self.check(
            len(x) > 1 and label[:1] == x[:1],
            f"takes items (N, C, ...) and their labels, given {x} and {label}",
        )
        return [x, (1,)][: max(1, len(self.layer_param.top))]

    def get_state(self):
        return {"iteration": self.iteration}

    def set_state(self, state):
        self.iteration = int(state["iteration"])

    def forward(self, x, label):
        y = x if self.in_place else x.clone()
        if self.training:
            self._anneal()
            rows = y.view(len(y), -1)
            index = self.read(label.reshape(len(y), -1)[:, :1], rows.shape[1]).index
            own = rows.gather(1, index)
            rows.scatter_(1, index, torch.where(own > -self.bias, own + self.bias, own))
        return (y, x.new_full((1,), self.bias))[: max(1, len(self.layer_param.top))]

    def _anneal(self):
        param = self.settings
        if param.HasField("bias_base"):
            bias = param.bias_base + (1 + param.bias_gamma * self.iteration) ** param.bias_power - 1
            self.bias = min(max(bias, param.bias_min), param.bias_max)
            self.iteration += 1

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy."""
        return [top_diff[0].clone() if propagate_down[0] else None, None]


@register("ChannelScale")
class ChannelScale(Layer):
    """x times one number at each place of each item (channel_scale_layer.cpp, without fields).

    Bottoms: x (N, C, ...) and the numbers, as many as x has places in all. Top: as x. A gradient to
    both.
    """

    bottoms = (2, 2)

    def reshape(self, x, scale):
        num, channels, height, width = legacy_shape(self, x)
        self.check(
            scale[:1] == x[:1] and torch.Size(scale).numel() == num * height * width,
            f"takes x (N, C, H, W) and N H W numbers, given {x} and {scale}",
        )
        return [x]

    def forward(self, x, scale):
        return x * scale.reshape(x.shape[0], 1, *x.shape[2:])
