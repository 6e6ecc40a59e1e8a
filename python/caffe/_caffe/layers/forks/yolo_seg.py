"""MobileNet-YOLO's loss of segmentation maps (eric612/MobileNet-YOLO)."""

import math

import torch

from ...core.layer import register
from ...core.loss_layer import Loss


@register("YoloSeg")
class YoloSeg(Loss):
    """The squared differences of sigmoids from maps of 0 and 1, over the items (yolo_seg.cpp).

    Bottoms: scores (N, C, H, W); truth of as many values; and, where the classes are weighed, how
    many places each of them has in each picture (N, C). Top: the sum of d^2 over N. With p the
    sigmoid, d = object_scale (p - truth), where the truth is 1 of weighed classes 2 - w times
    that, w being a class's places over all the others'. The gradient is d / N, where that of the
    loss would be twice it times object_scale and the sigmoid's slope.
    """

    bottoms = (2, 3)
    no_gradient = frozenset({1, 2})

    def reshape(self, x, truth, *places):
        self.check(
            len(x) == 4 and math.prod(x) == math.prod(truth),
            f"takes maps (N, C, H, W) and as large a truth, given {x} and {truth}",
        )
        if places and (len(places[0]) < 2 or places[0][1] != x[1]):
            self.fail(f"bottom 2 must be (N, {x[1]}), given {places[0]}")
        return [()]

    def forward(self, x, truth, *places):
        return self._differences(x, truth, *places).square().sum() / len(x)

    def _differences(self, x, truth, *places):
        truth = truth.view(x.shape)
        diff = (x.sigmoid() - truth) * self.layer_param.yolo_seg_param.object_scale
        if places:
            each = places[0].reshape(len(places[0]), x.shape[1])
            total = (x.shape[2] * x.shape[3] - each).sum(0)
            more = (2 - each.sum(0) / total).view(1, -1, 1, 1)
            diff = torch.where(truth > 0.5, diff * more, diff)
        return diff

    def backward(self, propagate_down, bottom, top, top_diff):
        """d / N."""
        self.check_down(propagate_down)
        diff = self._differences(*bottom) * (top_diff[0] / len(bottom[0]))
        return [diff, *(None for _ in bottom[1:])]
