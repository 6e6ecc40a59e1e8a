"""Layers of happynear/caffe-windows and of the nets of its author, NormFace and AMSoftmax."""

import torch

from caffe.proto import caffe_pb2

from ...core.axes import canonical_axis, check_maps, count, legacy_shape
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
        check_maps(self, shape)
        return [shape]

    def forward(self, x):
        return x.flip(self.axes)


def _has_my_fields(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    if param.HasField("normalize_param"):
        return "it has normalize_param"
    if param.softmax_param.HasField("normalize_type"):  # in early files
        return "its softmax_param has normalize_type"
    if len(param.top) == 2:
        return "two tops, where SSD's has one"
    if param.HasField("norm_param"):
        return None
    others = (
        layer.name
        for layer in net.layer
        if layer.type in _TYPES or layer.inner_product_param.normalize
    )
    return next((f"layer '{name}' is caffe-windows's" for name in others), None)


_TYPES = ("LabelSpecificAdd", "InnerDistance", "GeneralContrastiveLoss", "GeneralTripletLoss")


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
        return self.asked((num, channels, *size), (num, 1, *size))

    def forward(self, x):
        x = x.reshape(legacy_shape(self, x.shape))
        length = self.save_for_backward(self._length(x))
        return self.asked(x / length, length)

    def _length(self, x):
        if self.settings.normalize_type == "L2":
            return (x.square().sum(1, keepdim=True) + 1e-6).sqrt()
        return x.abs().sum(1, keepdim=True) + 1e-6

    def backward(self, propagate_down, bottom, top, top_diff):
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
    carried = ("iteration",)

    def setup(self, x, label):
        param = self.settings = self.layer_param.label_specific_add_param
        self.bias, self.iteration = param.bias, param.iteration
        self.read = LabelReader(self, 1)

    def reshape(self, x, label):
        self.check(
            len(x) > 1 and label[:1] == x[:1],
            f"takes items (N, C, ...) and their labels, given {x} and {label}",
        )
        return self.asked(x, (1,))

    def forward(self, x, label):
        y = x if self.in_place else x.clone()
        if self.training:
            param = self.settings
            if param.HasField("bias_base"):
                grown = (1 + param.bias_gamma * self.iteration) ** param.bias_power
                bias = param.bias_base + grown - 1
                self.bias = min(max(bias, param.bias_min), param.bias_max)
                self.iteration += 1
            rows = y.view(len(y), -1)
            index = self.read(label.reshape(len(y), -1)[:, :1], rows.shape[1]).index
            own = rows.gather(1, index)
            rows.scatter_(1, index, torch.where(own > -self.bias, own + self.bias, own))
        return self.asked(y, x.new_full((1,), self.bias))

    def backward(self, propagate_down, bottom, top, top_diff):
        return [top_diff[0].clone(), None]


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


@register("InnerDistance")
class InnerDistance(Layer):
    """Each item's distance to each row of the weights (inner_distance_layer.cpp).

    Bottoms: x, whose axes from `axis` on are taken as one (K); the weights (num_output, K), else a
    parameter; with update_center_only labels, one each item. Top: the other axes and num_output.

    distance_type L2 is the squared distance, L1 the sum of absolute differences. With `normalize` a
    forward first brings each row of the parameter to length 1. With update_center_only only an
    item's own label's row gets a gradient from it.
    """

    bottoms = (1, 3)
    no_gradient = frozenset({2})

    def setup(self, x, *more):
        param = self.settings = self.layer_param.inner_distance_param
        self.axis = canonical_axis(self, param.axis, x.shape)
        self.check(
            param.distance_type in ("L1", "L2"),
            f"distance_type must be L1 or L2, given {param.distance_type!r}",
        )
        self.check(not param.transpose, "has no transpose")
        self.check(
            len(more) == (2 if param.update_center_only else min(len(more), 1)),
            "takes x and its weights, and labels with update_center_only",
        )
        inputs = count(x.shape, self.axis)
        if not more:
            self.check_positive(param, "num_output")
            self.add_param((param.num_output, inputs), param.weight_filler)
        self.read = LabelReader(self, 2)

    def reshape(self, x, *more):
        weight = more[0] if more else self.blobs[0].shape
        inputs = count(x, self.axis)
        self.check(
            count(weight, 1) == inputs,
            f"takes {inputs} values from axis {self.axis} on, its weights are {tuple(weight)}",
        )
        items = count(x, 0, self.axis)
        self.check(
            len(more) < 2 or count(more[1]) == items,
            f"takes a label each of {items} items, given {tuple(more[-1]) if more else ()}",
        )
        return [(*x[: self.axis], weight[0])]

    def _rows(self, x, *more):
        weight = more[0] if more else self.param(0)
        inputs = count(x.shape, self.axis)
        return x.reshape(-1, inputs), weight.reshape(-1, inputs)

    def forward(self, x, *more):
        if self.settings.normalize and not more:
            own = self.running_param(0)
            own.div_((own.square().sum(1, keepdim=True) + 1e-6).sqrt())
        rows, weight = self._rows(x, *more)
        norm = int(self.settings.distance_type[1])
        top = torch.cdist(rows, weight, norm, compute_mode="donot_use_mm_for_euclid_dist")
        return (top.square() if norm == 2 else top).view(*x.shape[: self.axis], -1)

    def backward(self, propagate_down, bottom, top, top_diff):
        """L2: twice the differences, weighted; L1: their signs."""
        rows, weight = self._rows(*bottom)
        dy = own = top_diff[0].reshape(len(rows), -1)
        if self.settings.update_center_only:
            index = self.read(bottom[2].reshape(-1, 1), len(weight)).index
            own = torch.zeros_like(dy).scatter_(1, index, dy.gather(1, index))
        if self.settings.distance_type == "L2":
            dx = 2 * (dy.sum(1, keepdim=True) * rows - dy @ weight)
            dw = 2 * (own.sum(0).unsqueeze(1) * weight - own.t() @ rows)
        else:
            dx, dw = torch.zeros_like(rows), torch.zeros_like(weight)
            for i, row in enumerate(rows):
                sign = (row - weight).sign()
                dx[i] = dy[i] @ sign
                dw -= own[i].unsqueeze(1) * sign
        if len(bottom) == 1 and self.wants_param(0):
            self.blobs[0].add_diff(dw)
        diffs = dx.view(bottom[0].shape), *(dw.view(b.shape) for b in bottom[1:2]), None
        return list(diffs[: len(bottom)])
