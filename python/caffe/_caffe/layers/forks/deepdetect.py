"""Small layers of DeepDetect's Caffe (jolibrain/caffe), and its losses on sequences of letters."""

import torch
from torch.nn import functional as F

from ...core.axes import canonical_axis
from ...core.layer import Layer, register
from ...core.loss_layer import Loss
from ...core.neuron_layer import Neuron


@register("SeLu")
class SeLu(Neuron):
    """y = lambda x where x > 0, else lambda alpha (exp(x) - 1) (selu_layer.cpp)."""

    def setup(self, x):
        param = self.layer_param.selu_param
        self.alpha, self.scale = param.alpha, getattr(param, "lambda")

    def forward(self, x):
        negative = x.clamp(max=0).expm1_().mul_(self.scale * self.alpha)
        return negative.add_(x.clamp(min=0), alpha=self.scale)

    def gradient(self, x, y, dy):
        """dx = lambda dy where x > 0, else lambda alpha exp(x) dy."""
        slope = x.clamp(max=0).exp_().mul_(self.scale * self.alpha)
        return dy * slope.masked_fill_(x > 0, self.scale)


@register("ContinuationIndicator")
class ContinuationIndicator(Layer):
    """Which steps of a sequence go on: 0 in the first, 1 in the others (time_step, N).

    For LSTM's second bottom. N is the bottom's size on `axis`; its values are not read
    (continuation_indicator_layer.cpp), and may be learnt: the fork's LSTM does not mind being asked
    for the marks' gradient then, BVLC's does.
    """

    asks_for = "none"
    no_gradient = frozenset({0})
    backward = Layer.zero_backward

    def setup(self, x):
        param = self.layer_param.continuation_indicator_param
        self.check_positive(param, "time_step")
        self.steps, self.axis = param.time_step, canonical_axis(self, param.axis, x.shape)

    def reshape(self, shape):
        return [(self.steps, shape[self.axis])]

    def forward(self, x):
        top = x.new_ones(self.steps, x.shape[self.axis])
        top[0] = 0
        return top


@register("SeLuDropout")
class SeLuDropout(Neuron):
    """TRAIN: y = a x or, with probability dropout_ratio, a alpha; plus b; TEST: y = x.

    a and b keep mean and variance: with q = 1 - dropout_ratio, a = (q (1 + alpha^2 (1 - q)))^-1/2
    and b = -a (1 - q) alpha (selu_dropout_layer.cpp).
    """

    recomputable = False

    def setup(self, x):
        param = self.layer_param.selu_dropout_param
        self.alpha, self.keep = param.alpha, 1 - param.dropout_ratio
        self.check(0 < self.keep < 1, f"dropout_ratio {1 - self.keep:g} must lie between 0 and 1")
        self.scale = (self.keep * (1 + self.alpha**2 * (1 - self.keep))) ** -0.5
        self.shift = -self.scale * (1 - self.keep) * self.alpha

    def forward(self, x):
        if not self.training:
            return x if self.in_place else x.clone()
        mask = torch.empty_like(x).bernoulli_(self.keep, generator=self.generator())
        self.save_for_backward(mask)
        return torch.where(mask > 0, x, self.alpha).mul_(self.scale).add_(self.shift)

    def gradient(self, x, y, dy):
        """dx = a dy where x stayed; in TEST dy."""
        if not self.training:
            return dy if self.in_place else dy.clone()
        self.check(self.saved is not None, "backward needs a forward before it (for its mask)")
        return dy * self.saved * self.scale


@register("CtcLoss")
class CtcLoss(Loss):
    """-log of the chance that a sequence of classes reads as its label; the mean over N.

    Bottoms: scores (T, N, alphabet_size), of which the softmax is taken and the first time_step
    steps are read; labels (N, L), in which blank_label fills up. A reading drops equal neighbours,
    then blanks. A label too long for the steps counts 0 (ctc_loss_layer.cpp).

    The gradient is that of the sum, not of the mean, as in the fork.
    """

    recomputable = False

    def setup(self, x, label):
        param = self.layer_param.ctc_loss_param
        self.check_positive(param, "alphabet_size", "time_step")
        self.classes, self.steps = param.alphabet_size, param.time_step
        self.blank = param.blank_label
        self.check(
            0 <= self.blank < self.classes,
            f"blank_label {self.blank} is not one of {self.classes} classes",
        )

    def reshape(self, x, label):
        if len(x) != 3 or x[0] < self.steps or x[2] != self.classes:
            self.fail(f"takes scores ({self.steps} or more, N, {self.classes}), given {x}")
        self.check(len(label) == 2 and label[0] == x[1], f"takes labels ({x[1]}, L), given {label}")
        return [()]

    def forward(self, x, label):
        index = label.long()
        if index.numel() and not 0 <= index.min() <= index.max() < self.classes:
            self.fail(
                f"has {self.classes} classes, labels from {index.min():d} to {index.max():d} given"
            )
        seen = index != self.blank
        self.check(bool(seen.any()), "is given no label but the blank")
        steps = torch.full((x.shape[1],), self.steps)
        with torch.enable_grad():
            scores = x.detach()[: self.steps].requires_grad_()
            loss = F.ctc_loss(
                scores.log_softmax(2), index[seen], steps, seen.sum(1).cpu(), self.blank,
                reduction="sum", zero_infinity=True,
            )  # fmt: skip
        (slope,) = torch.autograd.grad(loss, scores)
        self.save_for_backward(slope)
        return loss.detach() / x.shape[1]

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check_down(propagate_down)
        dx = torch.zeros_like(bottom[0])
        dx[: self.steps] = self.saved * top_diff[0]
        return [dx, None]


@register("LabelsequenceAccuracy")
class LabelsequenceAccuracy(Layer):
    """The share of items whose best classes read as their label (labelsequence_accuracy_layer.cpp).

    Bottoms: scores (N, T, C), labels (N, L), both as CtcLoss reads them. No gradient.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward

    def reshape(self, x, label):
        if len(x) != 3 or len(label) != 2 or label[0] != x[0]:
            self.fail(f"takes scores (N, T, C) and labels (N, L), given {x} and {label}")
        return [()]

    def forward(self, x, label):
        blank = self.layer_param.labelsequence_accuracy_param.blank_label
        right = 0
        for best, wanted in zip(x.argmax(2).tolist(), label.tolist(), strict=True):
            before = [blank, *best]
            read = [c for c, b in zip(best, before, strict=False) if c not in (b, blank)]
            right += read == [c for c in wanted if c != blank]
        return x.new_tensor(right / len(x))
