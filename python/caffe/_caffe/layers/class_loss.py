"""Losses and accuracy over class labels: SoftmaxWithLoss, InfogainLoss, Accuracy and the like."""

import torch

from ...proto import caffe_pb2
from ..core.axes import as_rows, count, legacy_shape
from ..core.labels import LabelReader
from ..core.layer import Layer, register
from ..core.loss_layer import FLT_MIN, LabelAxis, Loss, SoftmaxLoss, normalization, normalizer
from ..errors import CaffeError
from ..formats.snapshot import read_blobproto

LOG_THRESHOLD = 1e-20  # loss_layer.hpp, kLOG_THRESHOLD


def _minus_total(terms: torch.Tensor, labels) -> torch.Tensor:
    """Take what counts of `terms`, one per place, from 0 (so that no loss is 0, and not -0)."""
    return labels.mark(0 - labels.zero_ignored(terms).sum())


@register("Accuracy")
class Accuracy(Layer):
    """The share of places where the label is among the top_k; no gradient (accuracy_layer.cpp).

    A class that only equals the label's counts as better than it. Top 1, if asked for: the share
    for each class, 0 where it does not occur. With caffe-windows' min_is_better the least are the
    best, and of equal ones the first.
    """

    bottoms = (2, 2)
    tops = (1, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward

    def setup(self, x, label):
        param = self.layer_param.accuracy_param
        self.top_k = param.top_k
        self.label_axis = LabelAxis(self, param, param.axis)

    def forward(self, x, label):
        axis, _, _ = self.label_axis.split(x, label)
        classes = x.shape[axis]
        if self.top_k > classes:
            self.fail(f"top_k is {self.top_k}, there are only {classes} classes")
        if self.shapes_only:
            return self.asked(x.new_empty(()), x.new_empty(classes))
        labels = self.label_axis.labels(x, label, axis)
        # The label's own class is among those at least as good, hence <= and not <.
        rank = self._as_good(x, labels.index, axis).sum(axis, keepdim=True)
        seen = torch.ones_like(rank, dtype=torch.bool) if labels.valid is None else labels.valid
        right = (rank <= self.top_k) & seen
        accuracy = labels.mark(right.sum() / seen.sum().clamp_(min=1))
        if len(self.layer_param.top) < 2:
            return accuracy
        index = labels.index.flatten()
        hits, seen = (
            x.new_zeros(classes).index_add_(0, index, v.to(x.dtype).flatten())
            for v in (right, seen)
        )
        return accuracy, hits / seen.clamp_(min=1)

    def _as_good(self, x, index, axis):
        own = x.gather(axis, index)
        if not self.layer_param.accuracy_param.min_is_better:
            return x >= own
        place = torch.arange(x.shape[axis], device=x.device)
        place = place.view(-1, *(1,) * (x.dim() - 1 - axis))
        return (x < own) | ((x == own) & (place <= index))


@register("HingeLoss")
class HingeLoss(Loss):
    """The mean over items of the summed margins max(0, 1 - s x), or of their squares (L2).

    s is 1 for the label's class and -1 for the others (hinge_loss_layer.cpp).
    """

    caches_inputs = True

    def setup(self, x, label):
        param = self.layer_param.hinge_loss_param
        self.squared = param.norm == param.L2
        self.read = LabelReader(self, 1)

    def forward(self, x, label):
        self.check_items(x, label)
        if self.shapes_only:
            return x.new_empty(())
        margin, _, labels = self.save_for_backward(self._margins(x, label))
        return labels.mark((margin.square() if self.squared else margin).sum() / x.shape[0])

    def _margins(self, x, label):
        x = as_rows(x)
        # Only the first label of each batch place is read, however many there are.
        labels = self.read(label.flatten()[: x.shape[0]].unsqueeze(1), x.shape[1])
        sign = torch.ones_like(x).scatter_(1, labels.index, -1)
        return (sign * x).add_(1).clamp_(min=0), sign, labels

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = -s where the margin is positive, or -2 s margin (L2), over the number of items."""
        self.check_down(propagate_down)
        x = bottom[0]
        margin, sign, _ = self.saved or self._margins(x, bottom[1])
        diff = margin * 2 if self.squared else margin.sign()
        return [diff.mul_(sign).mul_(top_diff[0] / x.shape[0]).view(x.shape), None]


@register("InfogainLoss")
class InfogainLoss(Loss):
    """-sum over classes of H[label, class] log p(class), p the softmax (infogain_loss_layer.cpp).

    H (C x C) comes as the third bottom or from a .binaryproto file. Top 1, if asked for: p.
    """

    bottoms = (2, 3)
    tops = (1, 2)
    no_gradient = frozenset({1, 2})

    def setup(self, x, label, *gains):
        param, loss = self.layer_param.infogain_loss_param, self.layer_param.loss_param
        self.check(not loss.HasField("normalize"), "takes normalization, not the older normalize")
        self.mode = normalization(loss, caffe_pb2.LossParameter.VALID)
        self.fixed = loss.pre_fixed_normalizer
        self.label_axis = LabelAxis(self, loss, param.axis)
        if not gains:
            self.check(param.HasField("source"), "needs 'source', the file of H, or a third bottom")
            self.gains = self._read_gains(param.source)

    def _read_gains(self, source):
        try:
            return torch.from_numpy(read_blobproto(source))
        except (CaffeError, OSError) as error:
            self.fail(f"cannot read H: {error}")

    def _matrix(self, x, *gains):
        if not gains and not self.shapes_only:
            self.gains = self.gains.to(x.device)
        return gains[0] if gains else self.gains

    def forward(self, x, label, *gains):
        self.check_items(x, label)
        axis, _, _ = self.label_axis.split(x, label)
        matrix, classes = self._matrix(x, *gains), x.shape[axis]
        self.check(
            matrix.numel() == classes * classes,
            f"H must be {classes} x {classes} for as many classes, given {tuple(matrix.shape)}",
        )
        if self.shapes_only:
            return self.asked(x.new_empty(()), x)
        prob, rows, labels, divisor, axis = self.save_for_backward(self._evaluate(x, label, matrix))
        terms = (prob.clamp(min=LOG_THRESHOLD).log_() * rows).sum(axis, keepdim=True)
        return self.asked(_minus_total(terms, labels) / divisor, prob)

    def _evaluate(self, x, label, gains):
        axis, outer, inner = self.label_axis.split(x, label)
        labels = self.label_axis.labels(x, label, axis)
        gains = gains.view(x.shape[axis], x.shape[axis])
        rows = gains[labels.index.squeeze(axis)].movedim(-1, axis)
        divisor = normalizer(self.mode, outer, inner, labels.valid, self.fixed)
        return x.softmax(axis), rows, labels, divisor, axis

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = (p * sum of the label's row of H - the row) * weight / divisor, 0 where ignored."""
        self.check_down(propagate_down)
        x, label, *gains = bottom
        prob, rows, labels, divisor, axis = self.saved or self._evaluate(
            x, label, self._matrix(x, *gains)
        )
        diff = (prob * rows.sum(axis, keepdim=True)).sub_(rows).mul_(top_diff[0] / divisor)
        return [labels.zero_ignored(diff), *[None] * (len(bottom) - 1)]


@register("MultinomialLogisticLoss")
class MultinomialLogisticLoss(Loss):
    """The mean over items of -log p(label), the bottom being p.

    A p below 1e-20 counts as that (multinomial_logistic_loss_layer.cpp).
    """

    def setup(self, prob, label):
        self.read = LabelReader(self, 1)

    def forward(self, prob, label):
        self.check_items(prob, label)
        self.check(
            count(legacy_shape(self, label.shape), 1) == 1,
            f"takes one label per item, given shape {tuple(label.shape)}",
        )
        if self.shapes_only:
            return prob.new_empty(())
        chosen, labels = self._chosen(prob, label)
        return _minus_total(chosen.log_(), labels) / prob.shape[0]

    def _chosen(self, prob, label):
        prob = as_rows(prob)
        labels = self.read(label.view(-1, 1), prob.shape[1])
        return prob.gather(1, labels.index).clamp_(min=LOG_THRESHOLD), labels

    def backward(self, propagate_down, bottom, top, top_diff):
        """dp = -1 / (N p) for the label's class, p at least 1e-20; 0 elsewhere."""
        self.check_down(propagate_down)
        prob = bottom[0]
        chosen, labels = self._chosen(prob, bottom[1])
        diff = torch.zeros_like(as_rows(prob))
        diff.scatter_(1, labels.index, -top_diff[0] / prob.shape[0] / chosen)
        return [diff.view(prob.shape), None]


@register("SoftmaxWithLoss")
class SoftmaxWithLoss(SoftmaxLoss):
    """-log p(label) over all places, divided as `normalization` says (softmax_loss_layer.cpp).

    p is the softmax along softmax_param.axis. Top 1, if asked for: p.
    """

    tops = (1, 2)

    def forward(self, x, label):
        self.check_items(x, label)
        if self.shapes_only:
            self.label_axis.split(x, label)
            return self.asked(x.new_empty(()), x)
        prob, labels, divisor, axis = self.save_for_backward(self.evaluate(x, label))
        # Only the loss is kept finite so: the gradient stays p - 1 where p is 0.
        terms = prob.gather(axis, labels.index).clamp_(min=FLT_MIN).log_()
        return self.asked(_minus_total(terms, labels) / divisor, prob)
