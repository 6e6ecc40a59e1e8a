"""What's the Point's loss for image tags, clicked points and objectness (Bearman et al. 2016)."""

import torch

from caffe.proto import caffe_pb2

from ...core.labels import LabelReader
from ...core.layer import register
from ...core.loss_layer import FLT_MIN, Loss, ignore_label


class _Expectation(Loss):
    """What the loss's two forms share: bottoms, tops and the list of classes in the image."""

    tops = (1, 2)

    def setup(self, x, label):
        self.settings = self.layer_param.loss_param
        self.ignore = ignore_label(self.settings)
        self.read = LabelReader(self, 1, self.ignore)
        axis = self.layer_param.softmax_param.axis
        self.check(axis == 1, f"takes the classes on axis 1, softmax_param gives {axis}")

    def reshape(self, x, label):
        self.check(len(x) == 4 and x[0] == 1, f"takes one image at a time (1, C, H, W), given {x}")
        maps = 3 if self.settings.ignore_rank else 4
        wanted = (1, maps, *x[2:])
        self.check(
            label == wanted,
            f"needs a label of shape {wanted} (class, objectness, list of classes"
            f"{', rank' if maps == 4 else ''}), given {label}",
        )
        return self.asked((), x)

    def _listed_classes(self, values, first: int, classes: int) -> list[int]:
        """Return the classes listed before the first 0 of `values`, `first` counted as 0."""
        listed = values.flatten().long().tolist()
        if 0 not in listed:
            self.fail("the list of classes (channel 2 of the labels) must end with a 0")
        listed = [c - first for c in listed[: listed.index(0)]]
        wrong = [c for c in listed if not 0 <= c < classes]
        if wrong:
            self.fail(
                f"class {wrong[0] + first} in the list of classes (channel 2 of the labels) is "
                f"outside the {classes} classes"
            )
        return listed


@register("SoftmaxWithLossExpectation")
class SoftmaxWithLossExpectation(_Expectation):
    """Tags, points and objectness in one loss (softmax_loss_expectation_layer.cu).

    bottoms: scores (1 x C x H x W) and labels (1 x 3 or 4 x H x W): 0 a class or ignore_label,
    1 objectness 0 to 255, 2 the classes in the image as its first values, ended by 0, 3 a rank
    0 to 255 (ignore_rank: false). Tops: the loss and, if asked for, the softmax S. With t(c) the
    pixel where S_c is largest, the sum of

        classes      -mean over classes there, background too, of log S_c(t(c))
        constraint   -mean over classes absent of log(1 - S_c(t(c)))
        supervised   -mean over labelled pixels of w log S_label, w = 1 or rank / 255
        objectness   -mean over others of P log S_0 + (1 - P) log(1 - S_0),
                      P = 1 - (objectness + 1) / 257

    each left out by ignore_classes, ignore_constraint, ignore_location or ignore_objectness, and a
    sum instead of a mean with normalize_* false (`normalize` is not read). The last two need
    ignore_label. Quirks: classes listed twice count twice; with ignore_location the objectness
    term is divided by all pixels; is_siftflow counts classes from 1 and does not imply a
    background. Where no class is absent the constraint term is 0; the fork's gradient is nan. This
    is the GPU form; dialect whats-the-point-cpu has the fork's other one, as has
    a loss_param of `normalize` without any field of this form.
    """

    def forward(self, x, label):
        prob, hit, miss, labels = self.save_for_backward(self._evaluate(x, label))
        loss = -(torch.xlogy(hit, prob) + torch.special.xlog1py(miss, -prob)).sum()
        return self.asked(loss if labels is None else labels.mark(loss), x.softmax(1))

    def backward(self, propagate_down, bottom, top, top_diff):
        """The derivative, the pixels of the maxima held fixed."""
        self.check_down(propagate_down)
        prob, hit, miss, _ = self.saved or self._evaluate(*bottom)
        odds = miss * prob / (1 - prob)
        diff = prob * (hit.sum(0) - odds.sum(0)) - hit + odds
        return [(diff * top_diff[0]).view_as(bottom[0]), None]

    def _evaluate(self, x, label):
        """Return S, A and B (C x pixels) of the loss -sum A log S + B log(1 - S).

        And the Labels of the supervised part, if there is one.
        """
        p = self.settings
        prob = x[0].flatten(1).softmax(0).clamp_(min=FLT_MIN)
        hit, miss = torch.zeros_like(prob), torch.zeros_like(prob)
        classes, pixels = prob.shape
        label = label[0].flatten(1)
        listed = self._listed_classes(label[2], int(p.is_siftflow), classes)
        if not p.is_siftflow:
            listed.append(0)
        best = prob.argmax(1)
        there = torch.zeros_like(best, dtype=torch.bool)
        there[listed] = True
        there, absent = there.nonzero()[:, 0], (~there).nonzero()[:, 0]
        if not p.ignore_classes:
            hit[there, best[there]] = 1 / max(1, len(listed) if p.normalize_classes else 1)
        if not p.ignore_constraint:
            # Classes listed twice count twice, here too.
            count = classes - len(listed) if p.normalize_constraint else 1
            miss[absent, best[absent]] = 1 / max(1, count)
        if self.ignore is None:
            return prob, hit, miss, None
        free, labels = label[0].long() == self.ignore, None
        if not p.ignore_location:
            labels = self._add_supervised(hit, label)
        if not p.ignore_objectness:
            count = pixels if p.ignore_location else free.sum().clamp(min=1)
            share = free / count if p.normalize_objectness else free.to(prob.dtype)
            prior = 1 - (label[1].long() + 1) / 257
            hit[0] += prior * share
            miss[0] += (1 - prior) * share
        return prob, hit, miss, labels

    def _add_supervised(self, hit, label):
        """Add the weights of the labelled pixels' classes to `hit`; return their Labels."""
        p = self.settings
        known = label[0].long() != self.ignore
        labels = self.read(torch.where(known, label[0] - int(p.is_siftflow), label[0]), len(hit))
        weight = known.to(hit.dtype) if p.ignore_rank else known * (label[3] / 255)
        if p.normalize_supervised:
            weight = torch.where(known, weight / weight.sum(), 0)
        hit.scatter_add_(0, labels.index[None], weight[None])
        return labels


def _is_cpu_form(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    """The published nets set `normalize`, which only the CPU form reads, beside the GPU form's."""
    given = {field.name for field, _ in param.loss_param.ListFields()} - {"ignore_label"}
    alone = given == {"normalize"}
    return "loss_param has normalize and no field of the GPU form" if alone else None


@register("SoftmaxWithLossExpectation", dialect="whats-the-point-cpu", recognise=_is_cpu_form)
class SoftmaxWithLossExpectationCPU(_Expectation):
    """The older loss that the fork computes in CPU mode (softmax_loss_expectation_layer.cpp).

    Bottoms and tops as in the GPU form. The mean over pixels (or with normalize false the sum) of
    -log S_label where labelled and elsewhere of

        -log(a_0 S_0 + sum over listed classes of a S_c),  a_0 = 1 - objectness / 255,
        a = (1 - a_0) / their number

    The other ignore_* and normalize_* are not read. Its gradient is not the derivative: at
    unlabelled pixels that of a listed class is S_c (1 - a / sum), that of any other, background
    too, S_c.
    """

    def _parts(self, x, label):
        """Return S (C x pixels), the labels, the mixture weights, and the divisor."""
        p = self.settings
        normalize = p.normalize if p.HasField("normalize") else True  # the fork's default
        maps = x[0].flatten(1).softmax(0)
        classes, pixels = maps.shape
        label = label[0].flatten(1)
        labels = self.read(label[0], classes)
        background = 1 - label[1].long() / 255
        listed = self._listed_classes(label[2], 0, classes)
        mixture = torch.zeros_like(maps)
        mixture[0] = background
        for c in listed:
            mixture[c] += (1 - background) / len(listed)
        return maps, labels, mixture, listed, pixels if normalize else 1

    def forward(self, x, label):
        maps, labels, mixture, _, divisor = self._parts(x, label)
        maps = maps.clamp(min=FLT_MIN)
        terms = maps.gather(0, labels.index[None])[0]
        if labels.valid is not None:
            terms = torch.where(labels.valid, terms, (mixture * maps).sum(0))
        return self.asked(labels.mark(-terms.log().sum() / divisor), x.softmax(1))

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check_down(propagate_down)
        maps, labels, mixture, listed, divisor = self._parts(*bottom)
        target = torch.zeros_like(maps).scatter_(0, labels.index[None], 1)
        if labels.valid is not None:
            share = torch.zeros_like(maps)
            share[listed] = maps[listed] * mixture[listed]
            share = share / (mixture * maps.clamp(min=FLT_MIN)).sum(0)
            target = torch.where(labels.valid, target, share)
        return [((maps - target) * (top_diff[0] / divisor)).view_as(bottom[0]), None]
