"""Losses on distances to class centres, of happynear/caffe-windows (NormFace).

Bottom 0 holds each item's distance to each class's centre, (N, C); bottom 1 the labels (N).
"""

import torch

from ...core.labels import LabelReader
from ...core.layer import register
from ...core.loss_layer import Loss


class DistanceLoss(Loss):
    """What both have in common. Tops: the loss; the mean distances to own and other classes."""

    bottoms = (2, 3)
    tops = (1, 2)
    no_gradient = frozenset({1, 2})
    recomputable = False
    means = 2  # values in the second top

    def setup(self, x, label, *more):
        self.read = LabelReader(self, 1)

    def reshape(self, x, label, *more):
        if len(x) < 2 or label[:1] != x[:1]:
            self.fail(f"takes distances (N, C) and N labels, given {x} and {label}")
        return self.asked((), (self.means,))

    def rows(self, x, label):
        """Return distances (N, C), the labels (N, 1), and a mask that is true at the others."""
        rows = x.reshape(len(x), -1)
        index = self.read(label.reshape(len(x), -1)[:, :1], rows.shape[1]).index
        return rows, index, torch.ones_like(rows, dtype=torch.bool).scatter_(1, index, False)

    def tops_of(self, parts, *means):
        """Return the tops: the sum of absolute `parts` over N, and the means."""
        loss = parts.abs().sum() / len(parts)
        return self.asked(loss, torch.stack([torch.as_tensor(m, dtype=loss.dtype) for m in means]))


@register("GeneralContrastiveLoss")
class GeneralContrastiveLoss(DistanceLoss):
    """Distances to the own centre above a margin, and to others below one, over N.

    The own distance d counts positive_weight min(positive_outlier_thresh, max(0, d -
    positive_margin)), each other negative_weight max(0, negative_margin - d), or exp(-d) below the
    margin with exp_negative_weight (general_constrastive_loss_layer.cpp).

    max_negative_only leaves each item its largest other part, max_positive_only the batch its
    smallest own; positive_first takes the other parts from items whose own distance is above
    positive_upper_bound. With add_intra_mae negative_margin is added to a running mean of the own
    parts, at most max_negative_margin, which is the second top's third value. The distances are
    bottom 2's where there is one; the gradient goes to bottom 0.

    The gradient is the slope of each part that counts; with positive_first an own distance above
    the bound always pulls. With normalize_negative those of the others are divided by their sum
    over N and it, where that is above positive_weight.
    """

    carried = ("mean",)

    def setup(self, x, label, *more):
        super().setup(x, label)
        self.settings, self.mean = self.layer_param.general_contrastive_loss_param, 0.0
        self.margin, self.means = self.settings.negative_margin, 2 + self.settings.add_intra_mae

    def forward(self, x, label, *more):
        p = self.settings
        if p.add_intra_mae:
            self.margin = self.mean + p.negative_margin
        rows, index, others = self.rows(more[0] if more else x, label)
        own = rows.gather(1, index)
        pull = (own - p.positive_margin).clamp(0, p.positive_outlier_thresh)
        short = (self.margin - rows).clamp(min=0) * others
        near = others & (rows < self.margin)
        push = (-rows).exp() * near if p.exp_negative_weight else short
        parts = (push * p.negative_weight).scatter(1, index, pull * p.positive_weight)
        counts = self._counting(parts, own, index, others)
        self.save_for_backward((own, index, others, near, push, counts))
        mean = pull.sum() / len(rows)
        self.mean = min(0.99 * self.mean + 0.01 * mean.item(), p.max_negative_margin)
        negative = short.sum() / len(rows) / (rows.shape[1] - 1)
        return self.tops_of(parts * counts, mean, negative, *[self.mean] * p.add_intra_mae)

    def _counting(self, parts, own, index, others):
        """Return a mask of the parts that count."""
        p, counts = self.settings, torch.ones_like(others)
        if p.positive_first:
            counts &= ~(others & (own > p.positive_upper_bound))
        if p.max_positive_only:
            first = torch.zeros_like(own, dtype=torch.bool)
            first[parts.gather(1, index).argmin()] = True
            counts &= others | first
        if p.max_negative_only:
            # The fork begins its search at class 0, with the own part where that is its class.
            rival = parts.masked_fill(~others & (index != 0), -torch.inf)
            counts &= ~others | torch.zeros_like(others).scatter_(1, rival.argmax(1, True), True)
        return counts

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check_down(propagate_down)
        p = self.settings
        own, index, others, near, push, counts = self.saved
        slope = push if p.exp_negative_weight else near.to(push.dtype)
        dx = slope * (counts * others) * -p.negative_weight
        if p.HasField("normalize_negative"):
            total = dx.sum().abs() / len(dx) / p.normalize_negative
            dx /= torch.where(total > p.positive_weight, total, 1)
        pulls = (own > p.positive_margin) & (own < p.positive_outlier_thresh)
        pulls &= counts.gather(1, index)
        if p.positive_first:
            pulls |= own > p.positive_upper_bound
        dx.scatter_(1, index, pulls * p.positive_weight)
        return [(dx * (top_diff[0] / len(dx))).view(bottom[0].shape), *[None] * (len(bottom) - 1)]


@register("GeneralTripletLoss")
class GeneralTripletLoss(DistanceLoss):
    """The sum over other classes of negative_weight max(0, own + margin - other), over N.

    `own` and `other` are an item's distances. hardest_only leaves each item its largest part;
    positive_first takes all from items whose own distance is above positive_upper_bound
    (general_triplet_loss_layer.cpp).

    The gradient is not the true one: -negative_weight at each other class that counts, and
    positive_weight at the own: always with add_center_loss, else where an other counts, or the
    item is one of positive_first's. Bottom 2, if given, weighs the items' gradients.
    """

    def setup(self, x, label, *more):
        super().setup(x, label)
        self.settings = self.layer_param.general_triplet_loss_param

    def forward(self, x, label, *more):
        p = self.settings
        rows, index, others = self.rows(x, label)
        own = rows.gather(1, index)
        parts = (own + p.margin - rows).clamp(min=0) * p.negative_weight * others
        counts = parts > 0
        if p.hardest_only:
            counts &= torch.zeros_like(counts).scatter_(1, parts.argmax(1, True), True)
        far = own > p.positive_upper_bound if p.positive_first else torch.zeros_like(own).bool()
        counts &= ~far
        self.save_for_backward((index, counts, far))
        spread = (rows * others).sum() / len(rows) / (rows.shape[1] - 1)
        return self.tops_of(parts * counts, own.mean(), spread)

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check_down(propagate_down)
        p = self.settings
        index, counts, far = self.saved
        dx = counts * -p.negative_weight
        pulls = torch.ones_like(far) if p.add_center_loss else far | counts.any(1, keepdim=True)
        dx.scatter_(1, index, pulls * p.positive_weight)
        if len(bottom) == 3:
            dx *= bottom[2].reshape(len(dx), -1)[:, :1]
        return [(dx * (top_diff[0] / len(dx))).view(bottom[0].shape), *[None] * (len(bottom) - 1)]
