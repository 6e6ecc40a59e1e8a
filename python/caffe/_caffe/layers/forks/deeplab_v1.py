"""DeepLab v1's layers (TheLegendAli/DeepLab-Context) that its second version gave up."""

import torch
from torch.nn import functional as F

from ...core.axes import check_maps
from ...core.labels import LabelReader
from ...core.layer import Layer, register
from ...core.loss_layer import FLT_MIN, Loss


@register("Padding")
class Padding(Layer):
    """Zeros around a map, or a smaller map, on both axes alike (padding_layer.cpp).

    Bottom (N, C, H, W), top (N, C, H + s, W + s) with s = pad_beg + pad_end; pad_beg is before
    the first row and column. Both are at least 0, or both at most 0 (cropping).
    """

    def setup(self, x):
        param = self.layer_param.padding_param
        self.pads = (param.pad_beg, param.pad_end) * 2
        self.check(
            min(self.pads) >= 0 or max(self.pads) <= 0,
            f"pad_beg and pad_end must have one sign, given {param.pad_beg} and {param.pad_end}",
        )

    def reshape(self, shape):
        check_maps(self, shape)
        top = (*shape[:2], *(size + sum(self.pads[:2]) for size in shape[2:]))
        self.check(
            min(top[2:]) > 0,
            f"pad_beg {self.pads[0]} and pad_end {self.pads[1]} leave nothing of {shape}",
        )
        return [top]

    def forward(self, x):
        return F.pad(x, self.pads)


def has_softmaxloss_param(layer_param, net) -> str | None:
    """Return why a SoftmaxWithLoss is DeepLab v1's, or None."""
    return "softmaxloss_param" if layer_param.HasField("softmaxloss_param") else None


@register("DeepLabV1SoftmaxWithLoss")
@register("SoftmaxWithLoss", dialect="deeplab-v1", recognise=has_softmaxloss_param)
class WeightedSoftmaxWithLoss(Loss):
    """sum of -w log p(label), divided by the sum of w, w the weight of the label's class.

    Bottoms: scores (N, C, H, W) and labels (N, 1, H, W). Parameters: `weight_source`, a file of C
    weights (1 without it), and `ignore_label`, any number of labels without loss and gradient.
    Without any valid place the loss is nan. `loss_param` is not read. Top 1, if asked for: p, the
    softmax over the channels (DeepLab v1's softmax_loss_layer.cpp).
    """

    tops = (1, 2)

    def setup(self, x, label):
        param = self.layer_param.softmaxloss_param
        self.check(x.dim() >= 2, f"needs scores with channels, bottom 0 is {tuple(x.shape)}")
        self.read = LabelReader(self, 1, list(param.ignore_label))
        self.weights = torch.ones(x.shape[1])
        if param.HasField("weight_source"):
            self.weights = self._read_weights(param.weight_source)

    def _read_weights(self, path):
        try:
            with open(path, encoding="ascii") as file:
                weights = torch.tensor([float(word) for word in file.read().split()])
        except (OSError, ValueError) as error:
            self.fail(f"weight_source '{path}' cannot be read: {error}")
        self.check(not (weights < 0).any(), f"weight_source '{path}' has negative weights")
        return weights

    def reshape(self, x, label):
        places = [x[0], *x[2:]]
        self.check(
            label[:1] == x[:1] and torch.Size(label).numel() == torch.Size(places).numel(),
            f"takes one label per place of bottom 0 {x}, given {label}",
        )
        given = len(self.weights)
        self.check(given == x[1], f"has {given} weights for {x[1]} channels")
        return self.asked((), x)

    def forward(self, x, label):
        prob, labels, weight = self.save_for_backward(self._evaluate(x, label))
        terms = prob.gather(1, labels.index).clamp_(min=FLT_MIN).log_().mul_(weight)
        return self.asked(labels.mark(-terms.sum() / weight.sum()), prob)

    def _evaluate(self, x, label):
        labels = self.read(label.view(x.shape[0], 1, *x.shape[2:]), x.shape[1])
        weight = labels.zero_ignored(self.weights.to(x.device)[labels.index])
        return x.softmax(1), labels, weight

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = w (p - 1 for the label's class) * loss weight / sum of w."""
        prob, labels, weight = self.saved or self._evaluate(*bottom)
        diff = prob * weight
        diff.scatter_add_(1, labels.index, -weight)
        return [diff.mul_(top_diff[0] / weight.sum()), None]
