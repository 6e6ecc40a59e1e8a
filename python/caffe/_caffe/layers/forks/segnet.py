"""SegNet's layers (alexgkendall/caffe-segnet): BN, Upsample and the weighted SoftmaxWithLoss.

ENet's fork has the same; the data layer of both is in segnet_data.py, their two Accuracies are in
segnet_accuracy.py.
"""

import torch

from caffe.proto import caffe_pb2

from ...core.axes import legacy_shape
from ...core.batch_norm import PSPNETS_FIELDS, SEGNETS_FIELDS, given_fields, gradients, normalise
from ...core.labels import LabelReader
from ...core.layer import Layer, register
from ...core.loss_layer import FLT_MIN, LabelAxis, Loss

EPS = 1e-9  # bn_layer.cpp, var_eps_


def _has_bn_fields(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    """Tell SegNet's BN by its fields or, where there are none at all, by the net it is in."""
    if given := given_fields(param, SEGNETS_FIELDS):
        return f"bn_param has {', '.join(given)}"
    for layer in net.layer if not param.bn_param.ListFields() else ():
        if layer.type == "DenseImageData" or layer.type == "Upsample" and len(layer.bottom) == 2:
            return f"a guess: no field tells, but the net has SegNet's {layer.type}"
    return None


@register("SegNetBN")
@register("BN", dialect="segnet", recognise=_has_bn_fields)
class BN(Layer):
    """y = scale * xh + shift with xh = (x - mean) / sqrt(variance + 1e-9), channel by channel.

    bn_mode LEARN takes the batch's mean and biased variance, in TRAIN and in TEST alike; there are
    no running statistics. INFERENCE computes y = scale * x + shift: a script of SegNet's has folded
    the statistics into both (bn_layer.cpp).

    Bottom: (N, C, ...) of up to four axes; top: (N, C, H, W), which may be the bottom. Tops 1 and
    2, in LEARN and if asked for: mean and variance, (1, C, 1, 1).
    Parameters: scale and shift, each (1, C, 1, 1). Their diffs are overwritten by each backward
    and not added to, here as in SegNet: with iter_size the last pass alone counts. They are
    computed where lr_mult is 0, too.
    """

    blob_count = 2

    def __init__(self, param, phase, folder=""):
        super().__init__(param, phase, folder)
        self.learns = param.bn_param.bn_mode == caffe_pb2.BNParameter.LEARN
        self.tops = (1, 3) if self.learns else (1, 1)

    def setup(self, x):
        p = self.layer_param.bn_param
        wrong = given_fields(self.layer_param, PSPNETS_FIELDS)
        self.check(
            not wrong,
            f"bn_param's {', '.join(wrong)} are PSPNet's, whose BN has 4 parameters; SegNet's "
            f"takes {', '.join(SEGNETS_FIELDS)}",
        )
        channels = legacy_shape(self, x.shape)[1]
        for fill in (p.scale_filler, p.shift_filler):
            self.add_param((1, channels, 1, 1), fill)
        self.pointwise = not self.learns and x.dim() == 4

    def channel_affine(self):
        return (self.param(0).view(-1), self.param(1).view(-1)) if self.pointwise else None

    def reshape(self, shape):
        channels, top = self.blobs[0].count, legacy_shape(self, shape)
        self.check(
            top[1] == channels,
            f"was set up for {channels} channels, bottom shape {tuple(shape)} does not fit",
        )
        return self.asked(top, (1, channels, 1, 1), (1, channels, 1, 1))

    def forward(self, x):
        x = x.view(legacy_shape(self, x.shape))
        if not self.learns:
            return x * self.param(0) + self.param(1)
        found = self._normalise(x)
        keep = self.wiring.overwritten and self.saves_for_backward
        self.save_for_backward((x.clone() if keep else None, found.moments))
        moments = (m.view(1, -1, 1, 1) for m in (found.mean, found.biased))
        return self.asked(found.top, *moments)

    def _normalise(self, x):
        return normalise(x, self.param(0).view(-1), self.param(1).view(-1), EPS)

    def backward(self, propagate_down, bottom, top, top_diff):
        """LEARN: dx = scale * (dy - mean(dy) - xh * mean(dy * xh)) / sqrt(variance + 1e-9).

        INFERENCE: dx = scale * dy, and the bottom as it is by then takes the place of xh. The
        diffs of tops 1 and 2 are not looked at.
        """
        dy, scale = top_diff[0], self.param(0)
        x = bottom[0].view(dy.shape)
        if self.learns:
            before, moments = self.saved or (None, self._normalise(x).moments)
            x = x if before is None else before
            mask = [propagate_down[0], True, True]
            dx, *diffs = gradients(dy, x, scale.view(-1), moments, EPS, mask)
        else:
            dx, diffs = dy * scale, [(x * dy).sum((0, 2, 3)), dy.sum((0, 2, 3))]
        for blob, diff in zip(self.blobs, diffs, strict=True):
            blob.put_diff(diff.view(blob.shape))
        return [dx.view(bottom[0].shape) if propagate_down[0] else None]


@register("Upsample")
class Upsample(Layer):
    """Put each value where max pooling found it, zeros elsewhere (upsample_layer.cpp).

    Bottoms: x and mask, both (N, C, H, W); the mask holds flat indices row * width + column of the
    top's plane, as the second top of a MAX Pooling. Top: (N, C, upsample_h, upsample_w), or H and
    W times `scale` (or scale_h, scale_w), one less with pad_out_h, pad_out_w. Where indices repeat
    the last value stands (on a GPU any of them), and each gets the whole diff.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})

    def setup(self, x, mask):
        p = self.layer_param.upsample_param
        self.read = LabelReader(self, 1, what="index", among="places of the top")
        self.fixed = None
        h, w = p.HasField("scale_h"), p.HasField("scale_w")
        if p.HasField("upsample_h") and p.HasField("upsample_w"):
            self.fixed = (p.upsample_h, p.upsample_w)
            self.check(min(self.fixed) > 1, f"upsample_h, upsample_w must exceed 1: {self.fixed}")
            return
        self.check(
            not (h or w) or (h and w and not p.HasField("scale")),
            "takes upsample_h and upsample_w, or scale, or scale_h and scale_w",
        )
        self.scale = (p.scale_h, p.scale_w) if h else (p.scale, p.scale)
        self.check(min(self.scale) > 1, f"scale must exceed 1, given {self.scale}")
        self.less = (int(p.pad_out_h), int(p.pad_out_w))
        for axis, scale, less in zip("hw", self.scale, self.less, strict=True):
            self.check(not less or scale == 2, f"pad_out_{axis} goes with scale 2, given {scale}")

    def reshape(self, shape, mask):
        self.check(
            len(shape) == 4 and shape == mask,
            f"takes x and mask of one shape (N, C, H, W), given {shape} and {mask}",
        )
        self.size = self.fixed or tuple(
            n * s - less for n, s, less in zip(shape[2:], self.scale, self.less, strict=True)
        )
        return [(*shape[:2], *self.size)]

    def _places(self, mask):
        return self.read(mask, self.size[0] * self.size[1]).index.flatten(2)

    def forward(self, x, mask):
        plane = x.new_zeros(*x.shape[:2], self.size[0] * self.size[1])
        at = self.save_for_backward(self._places(mask))
        # On the CPU torch writes along the axis in order, so that the last value stands.
        plane.scatter_(2, at, x.flatten(2))
        return plane.view(*x.shape[:2], *self.size)

    def backward(self, propagate_down, bottom, top, top_diff):
        at = self._places(bottom[1]) if self.saved is None else self.saved
        return [top_diff[0].flatten(2).gather(2, at).view(bottom[0].shape), None]


def _has_weights(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    names = ("weight_by_label_freqs", "class_weighting")
    given = [field.name for field, _ in param.loss_param.ListFields() if field.name in names]
    return f"loss_param has {', '.join(given)}" if given else None


@register("SegNetSoftmaxWithLoss")
@register("SoftmaxWithLoss", dialect="segnet", recognise=_has_weights)
class SoftmaxWithLoss(Loss):
    """The sum over places of w[label] * -log p[label], over their number (softmax_loss_layer.cpp).

    p is the softmax along softmax_param.axis; w is class_weighting with weight_by_label_freqs, else
    1. `normalize`, true where it is missing, divides by the number of labels that are not ignored
    (their weights do not count there; if all are ignored the loss is NaN), else by the batch.

    Bottoms: scores (N, C, ...), labels with one for every place. Top 1, if asked for: p.
    """

    tops = (1, 2)

    def setup(self, x, label):
        loss = self.layer_param.loss_param
        self.check(
            not loss.HasField("normalization"),
            "takes normalize, not normalization, which SegNet's Caffe did not have",
        )
        self.normalize = loss.normalize or not loss.HasField("normalize")
        self.label_axis = LabelAxis(self, loss, self.layer_param.softmax_param.axis)
        self.weights = None
        if loss.weight_by_label_freqs:
            self.weights = torch.tensor(list(loss.class_weighting))

    def forward(self, x, label):
        self.check_items(x, label)
        axis = self.label_axis.split(x, label)[0]
        if self.weights is not None:
            self.check(
                len(self.weights) == x.shape[axis],
                f"class_weighting is given {len(self.weights)} times for {x.shape[axis]} classes",
            )
        if self.shapes_only:
            return self.asked(x.new_empty(()), x)
        prob, labels, weight, axis = self.save_for_backward(self._evaluate(x, label))
        terms = prob.gather(axis, labels.index).clamp_(min=FLT_MIN).log_()
        return self.asked(labels.mark(0 - (terms * weight).sum()), prob)

    def _evaluate(self, x, label):
        """Return p, the labels, and the weight of each place over the divisor."""
        axis, outer, inner = self.label_axis.split(x, label)
        labels = self.label_axis.labels(x, label, axis)
        weight = torch.ones_like(labels.index, dtype=x.dtype)
        if self.weights is not None:
            weight = self.weights.to(x.device)[labels.index]
        divisor = x.new_tensor(float(outer))
        if self.normalize:
            divisor = divisor * inner if labels.valid is None else labels.valid.sum()
        return x.softmax(axis), labels, labels.zero_ignored(weight) / divisor, axis

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = w[label] * (p - 1 for the label's class) * weight / divisor, 0 where ignored."""
        self.check_down(propagate_down)
        prob, labels, weight, axis = self.saved or self._evaluate(*bottom)
        weight = weight * top_diff[0]
        return [(prob * weight).scatter_add_(axis, labels.index, -weight), None]
