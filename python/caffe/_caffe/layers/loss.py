"""Losses over values: EuclideanLoss, ContrastiveLoss, SigmoidCrossEntropyLoss."""

import torch
from torch.nn import functional as F

from ...proto import caffe_pb2
from ..core.axes import as_rows, count, legacy_shape
from ..core.layer import register
from ..core.loss_layer import Loss, ignore_label, normalization, normalizer


@register("ContrastiveLoss")
class ContrastiveLoss(Loss):
    """Half the mean over pairs of d^2 for similar ones, max(margin - d, 0)^2 for the others.

    d is the distance of bottoms 0 and 1, bottom 2 is not 0 for similar pairs. legacy_version takes
    max(margin - d^2, 0) instead (contrastive_loss_layer.cpp).
    """

    bottoms = (3, 3)
    no_gradient = frozenset({2})
    caches_inputs = True

    def setup(self, a, b, similar):
        param = self.layer_param.contrastive_loss_param
        self.margin, self.legacy = param.margin, param.legacy_version

    def forward(self, a, b, similar):
        self._check_shapes(a, b, similar)
        if self.shapes_only:
            return a.new_empty(())
        _, square = self.save_for_backward(self._pairs(a, b))
        alike = self._alike(similar)
        if self.legacy:
            apart = (self.margin - square).clamp_(min=0)
        else:
            apart = (self.margin - square.sqrt()).clamp_(min=0).square_()
        return torch.where(alike, square, apart).sum() / a.shape[0] / 2

    def _check_shapes(self, a, b, similar):
        self.check_items(a, b)
        self.check_items(a, similar)
        shapes = [legacy_shape(self, x.shape) for x in (a, b, similar)]
        channels = shapes[0][1]
        for i, (shape, wanted) in enumerate(zip(shapes, (channels, channels, 1), strict=True)):
            self.check(
                shape[1:] == (wanted, 1, 1),
                f"bottom {i} must be (N, {wanted}), given {tuple((a, b, similar)[i].shape)}",
            )

    def _pairs(self, a, b):
        difference = as_rows(a) - as_rows(b)
        return difference, difference.square().sum(1, keepdim=True)

    def _alike(self, similar):
        return similar.view(-1, 1).trunc() != 0

    def backward(self, propagate_down, bottom, top, top_diff):
        """da = (a - b) / N for similar pairs, -(a - b) (margin - d) / (d + 1e-4) / N for others.

        The 1e-4 is Caffe's, against a distance of 0; legacy_version has no such factor.
        """
        self.check_down(propagate_down)
        difference, square = self.saved or self._pairs(*bottom[:2])
        alike = self._alike(bottom[2])
        if self.legacy:
            apart = -(square < self.margin).to(square.dtype)
        else:
            distance = square.sqrt()
            apart = -(self.margin - distance).clamp_(min=0) / (distance + 1e-4)
        factor = torch.where(alike, 1, apart) * (top_diff[0] / bottom[0].shape[0])
        diff = difference * factor
        return [
            diff.view(bottom[0].shape) if propagate_down[0] else None,
            diff.neg().view(bottom[1].shape) if propagate_down[1] else None,
            None,
        ]


@register("EuclideanLoss")
class EuclideanLoss(Loss):
    """The sum of squared differences over twice the number of items; a gradient to both bottoms."""

    no_gradient = frozenset()
    caches_inputs = True

    def forward(self, a, b):
        self.check_items(a, b)
        if count(a.shape, 1) != count(b.shape, 1):
            self.fail(f"bottoms of shape {tuple(a.shape)} and {tuple(b.shape)} differ in size")
        if self.shapes_only:
            return a.new_empty(())
        difference = self.save_for_backward(a - b.view(a.shape))
        return difference.square().sum() / (2 * a.shape[0])

    def backward(self, propagate_down, bottom, top, top_diff):
        """da = (a - b) / N, db = -da."""
        a, b = bottom
        difference = a - b.view(a.shape) if self.saved is None else self.saved
        diff = difference * (top_diff[0] / a.shape[0])
        other = diff.neg().view(b.shape) if propagate_down[1] else None
        return [diff if propagate_down[0] else None, other]


@register("SigmoidCrossEntropyLoss")
class SigmoidCrossEntropyLoss(Loss):
    """-sum of t log s(x) + (1 - t) log(1 - s(x)), s the logistic function, t in [0, 1].

    Divided by the number of items unless `normalization` is set; a target whose integer part is
    ignore_label does not count (sigmoid_cross_entropy_loss_layer.cpp).
    """

    caches_inputs = True

    def setup(self, x, target):
        loss = self.layer_param.loss_param
        self.ignore = ignore_label(loss)
        self.mode = normalization(loss, caffe_pb2.LossParameter.BATCH_SIZE)
        self.fixed = loss.pre_fixed_normalizer

    def forward(self, x, target):
        self.check_items(x, target)
        if x.numel() != target.numel():
            self.fail(
                f"bottom shape {tuple(x.shape)} takes as many targets, given {tuple(target.shape)}"
            )
        if self.shapes_only:
            return x.new_empty(())
        valid = self._valid(x, target)
        # -t log s - (1 - t) log(1 - s) = softplus(x) - t x, with a softplus that cannot overflow.
        terms = F.softplus(-x.abs()).add_(x.clamp(min=0)).sub_(target.view(x.shape) * x)
        if valid is not None:
            terms.mul_(valid)
        if self.saves_for_backward:
            self.save_for_backward(x.sigmoid())
        return terms.sum() / self._divisor(x, valid)

    def _valid(self, x, target):
        return None if self.ignore is None else target.view(x.shape).trunc() != self.ignore

    def _divisor(self, x, valid):
        return normalizer(self.mode, x.shape[0], count(x.shape, 1), valid, self.fixed)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = (s(x) - t) * weight / divisor, 0 where ignored."""
        self.check_down(propagate_down)
        x, target = bottom
        valid = self._valid(x, target)
        diff = (x.sigmoid() if self.saved is None else self.saved) - target.view(x.shape)
        diff.mul_(top_diff[0] / self._divisor(x, valid))
        return [diff if valid is None else diff.mul_(valid), None]
