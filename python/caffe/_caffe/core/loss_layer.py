"""What the loss layers share: their common checks and what a summed loss is divided by."""

import torch

from ...proto import caffe_pb2
from .axes import canonical_axis, count
from .labels import LabelReader, Labels
from .layer import Layer

_MODES = caffe_pb2.LossParameter
FLT_MIN = torch.finfo(torch.float32).tiny  # a probability counts as this at least in a logarithm


class Loss(Layer):
    """A scalar from predictions and what they should be (loss_layer.cpp).

    The net sets the top's diff to the loss weight, so backward multiplies by it.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})
    is_loss = True
    auto_top = True

    def check_items(self, a: torch.Tensor, b: torch.Tensor) -> None:
        if not (a.dim() and b.dim() and a.shape[0] == b.shape[0]):
            self.fail(
                f"bottoms of shape {tuple(a.shape)} and {tuple(b.shape)} differ in their number "
                "of items (axis 0)"
            )

    def check_down(self, propagate_down) -> None:
        for i in self.no_gradient:
            if i < len(propagate_down) and propagate_down[i]:
                self.fail(
                    f"no gradient reaches '{self.layer_param.bottom[i]}' (bottom {i}), but a "
                    "layer below it needs one"
                )


def ignore_label(param) -> int | None:
    """Return the ignore_label of a LossParameter or AccuracyParameter, None where not set."""
    return param.ignore_label if param.HasField("ignore_label") else None


def normalization(param: caffe_pb2.LossParameter, default: int) -> int:
    """Return the NormalizationMode: as set, else from the older `normalize`, else `default`."""
    if param.HasField("normalization"):
        return param.normalization
    if param.HasField("normalize"):
        return _MODES.VALID if param.normalize else _MODES.BATCH_SIZE
    return default


def normalizer(
    mode: int, outer: int, inner: int, valid: torch.Tensor | None, fixed: float = 1.0
) -> float | torch.Tensor:
    """Return what a loss over `outer` items of `inner` places is divided by, at least 1.

    `mode` is the NormalizationMode: VALID counts the mask `valid`, where there is one, to a tensor;
    R-FCN's PRE_FIXED divides by `fixed`.
    """
    if mode == _MODES.VALID and valid is not None:
        return valid.sum().clamp_(min=1)
    if mode == _MODES.NONE:
        return 1.0
    if mode == _MODES.PRE_FIXED:
        return max(1.0, fixed)
    return float(max(1, outer if mode == _MODES.BATCH_SIZE else outer * inner))


class LabelAxis:
    """The labels of predictions along one axis, one for every place of the others."""

    def __init__(self, layer: Layer, param, axis: int):
        self.layer, self.given_axis = layer, axis
        self.read = LabelReader(layer, 1, ignore_label(param))

    def split(self, x: torch.Tensor, label: torch.Tensor) -> tuple[int, int, int]:
        """Return the axis and the number of places before and behind it."""
        axis = canonical_axis(self.layer, self.given_axis, x.shape)
        outer, inner = count(x.shape, 0, axis), count(x.shape, axis + 1)
        if label.numel() != outer * inner:
            self.layer.fail(
                f"bottom shape {tuple(x.shape)} with classes on axis {axis} takes "
                f"{outer * inner} labels, {label.numel()} given (shape {tuple(label.shape)})"
            )
        return axis, outer, inner

    def labels(self, x: torch.Tensor, label: torch.Tensor, axis: int) -> Labels:
        """Return the labels in x's shape, with size 1 on the class axis."""
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        return self.read(label.view(shape), x.shape[axis])


class SoftmaxLoss(Loss):
    """-log p(label), p the softmax along softmax_param.axis (softmax_loss_layer.cpp).

    `forward` is the subclass's: forks differ in the tops, not in the gradient.
    """

    def setup(self, x, label):
        loss = self.layer_param.loss_param
        self.mode = normalization(loss, _MODES.VALID)
        self.fixed = loss.pre_fixed_normalizer
        self.label_axis = LabelAxis(self, loss, self.layer_param.softmax_param.axis)

    def evaluate(self, x, label):
        """Return p, the labels in its shape, the divisor, and the axis of the classes."""
        axis, outer, inner = self.label_axis.split(x, label)
        labels = self.label_axis.labels(x, label, axis)
        divisor = normalizer(self.mode, outer, inner, labels.valid, self.fixed)
        return x.softmax(axis), labels, divisor, axis

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = (p - 1 for the label's class) * weight / divisor, 0 where ignored."""
        self.check_down(propagate_down)
        prob, labels, divisor, axis = self.saved or self.evaluate(*bottom)
        weight = labels.zero_ignored(top_diff[0] / divisor)
        diff = prob * weight
        diff.scatter_add_(axis, labels.index, -weight.expand(labels.index.shape))
        return [diff, None]
