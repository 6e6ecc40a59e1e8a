"""The Accuracy of SegNet's Caffe (alexgkendall/caffe-segnet), and of ENet's, which differs."""

import torch

from caffe.proto import caffe_pb2

from ...core.axes import canonical_axis
from ...core.layer import Layer, register
from ...core.loss_layer import LabelAxis, ignore_label


def _fork_of(net: caffe_pb2.NetParameter) -> tuple[str, str] | None:
    """Return which of the two a net is of, and what shows it; None for neither."""
    segnets = None
    for layer in net.layer:
        if layer.python_param.module == "spatial_dropout":
            return "enet", "Python layer spatial_dropout"
        if layer.dense_image_data_param.HasField("label_divide_factor"):
            return "enet", "label_divide_factor"
        if layer.type == "DenseImageData" or layer.type == "Upsample" and len(layer.bottom) == 2:
            segnets = "segnet", layer.type
    return segnets


def _recognise(dialect: str):
    def recognise(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
        fork, mark = _fork_of(net) or ("", "")
        return f"the net has its {mark}" if fork == dialect else None

    return recognise


@register("Accuracy", dialect="segnet", recognise=_recognise("segnet"))
class Accuracy(Layer):
    """The share of places where the label is among the top_k; no gradient (accuracy_layer.cpp).

    Of classes with equal scores the last comes first. A label that is no class counts as wrong:
    the published nets do not tell this layer which label is void. Top 1, if asked for: the share
    for each class (C, 1, 1, 1), 1 where it does not occur. Where no label counts, top 0 is NaN.
    """

    bottoms = (2, 2)
    tops = (1, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward
    absent = 1.0
    more_axes: tuple[int, ...] = (1, 1, 1)

    def setup(self, x, label):
        param = self.layer_param.accuracy_param
        self.top_k, self.label_axis = param.top_k, LabelAxis(self, param, param.axis)

    def reshape(self, x, label):
        classes = x[canonical_axis(self, self.label_axis.given_axis, x)]
        self.check(
            self.top_k <= classes, f"top_k is {self.top_k}, there are only {classes} classes"
        )
        return self.asked((), (classes, *self.more_axes))

    def forward(self, x, label):
        axis = self.label_axis.split(x, label)[0]
        classes = x.shape[axis]
        # The ignored label may be one of those beyond the classes.
        ignored = ignore_label(self.layer_param.accuracy_param)
        beyond = (label >= classes) & (label.long() != (-1 if ignored is None else ignored))
        labels = self.label_axis.labels(x, torch.where(beyond, 0, label), axis)
        own, beyond = x.gather(axis, labels.index), beyond.view(labels.index.shape)
        number = torch.arange(classes, device=x.device).view(-1, *(1,) * (x.dim() - axis - 1))
        better = (x > own) | (x == own) & (number > labels.index)
        seen = ~beyond if labels.valid is None else labels.valid & ~beyond
        right = (better.sum(axis, keepdim=True) < self.top_k) & seen
        index = labels.index.flatten()
        hits, places = (
            x.new_zeros(classes).index_add_(0, index, v.to(x.dtype).flatten())
            for v in (right, seen)
        )
        shares = torch.where(places > 0, hits / places, self.absent)
        return self.asked(
            labels.mark(right.sum() / (seen | beyond).sum()), shares.view(classes, *self.more_axes)
        )


@register("Accuracy", dialect="enet", recognise=_recognise("enet"))
class ENetAccuracy(Accuracy):
    """SegNet's Accuracy as ENet's fork has it: top 1 is (C), 0 for a class that does not occur."""

    absent = 0.0
    more_axes = ()
