"""MobileNet-YOLO's loss of a map of boxes (eric612/MobileNet-YOLO)."""

import numpy as np
import torch
from torch.nn import functional as F

from ...core import yolo_boxes
from ...core.layer import register
from ...core.loss_layer import Loss


@register("Yolov3")
class Yolov3(Loss):
    """The squared error of a map of boxes, for iou_loss MSE (yolov3_layer.cpp).

    Bottoms: map (N, B (5 + K), H, W); truth (N, 1, T, 5), rows (label from 0, middle x, y, width,
    height) as shares of the picture, until one whose width is 0. biases are anchors in pixels,
    anchors_scale the pixels between places, `mask` the numbers of the map's B anchors. Top: the
    sum of squares of d over N. The gradient is d / N, where that of the loss would be twice it
    times the activation's slope; use_logic_gradient multiplies by the sigmoid's slope, but not
    for the size.

    With a = sigmoid of middle, objectness and classes, d is, and 0 where nothing is said:

    - objectness: a, unless the box overlaps a true one by more than thresh; for a true box
      a - 1 (with use_logic_gradient times object_scale);
    - for the true box's place and the anchor of its shape, if that is in mask, and any other in
      mask that overlaps its shape by more than iou_thresh: coord_scale (2 - w h) times the
      differences of middle and log size; class_scale (a - y) of each class, y being 1 for its own,
      moved to label_smooth_eps / 2 from 0 and 1. A class that has a difference already keeps the
      others'. use_focal_loss weighs them by 0.5 (p - 1) (2 p log p + p - 1), without smoothing.

    The second rule compares anchors' numbers with the place in mask of the first match, as the
    fork does: but for mask 0, 1, 2 the first match may be counted again, which changes nothing
    but the class.
    """

    recomputable = False

    def setup(self, x, truth):
        param = self.settings = self.layer_param.yolov3_param
        self.check(
            param.iou_loss == param.MSE,
            f"has iou_loss MSE only, given {param.IOU_LOSS.Name(param.iou_loss)}",
        )
        self.check(len(param.mask) >= param.num, f"mask needs num {param.num} numbers of anchors")
        self.mask = list(param.mask)[: param.num]
        least = max(param.mask, default=0) + 1
        self.anchors = yolo_boxes.pairs(self, param.biases, "biases", least)
        self.check_positive(param, "anchors_scale")

    def reshape(self, x, truth):
        yolo_boxes.check_map(self, x, self.settings.num, self.settings.num_class)
        if len(truth) < 2 or truth[0] != x[0] or truth[-1] != 5:
            self.fail(f"bottom 1 must be ({x[0]}, 1, T, 5), given {truth}")
        return [()]

    def forward(self, x, truth):
        values = x.unflatten(1, (self.settings.num, -1))
        active = values.sigmoid()
        active[:, :, 2:4] = values[:, :, 2:4]
        picture = torch.tensor([x.shape[3], x.shape[2]]) * float(self.settings.anchors_scale)
        shapes = self.anchors / picture  # as shares of it, (A, 2)
        boxes = yolo_boxes.boxes_of(active[:, :, :2], values[:, :, 2:4], shapes[self.mask])
        diff = torch.zeros_like(values)
        for i, rows in enumerate(truth.reshape(len(x), -1, 5)):
            self._picture(diff[i], active[i], boxes[i], rows, shapes)
        self.save_for_backward((diff, active))
        return diff.square().sum() / len(x)

    def _picture(self, diff, active, boxes, rows, shapes):
        """Fill in the differences (B, 5 + K, H, W) of one picture."""
        best = yolo_boxes.largest_overlap(boxes, yolo_boxes.until_zero(rows, 1)[:, 1:])
        diff[:, 4] = torch.where(best > self.settings.thresh, 0, active[:, 4])
        for row in yolo_boxes.until_zero(rows, 3).cpu().numpy():
            self._true_box(diff, active, row, shapes)

    def _true_box(self, diff, active, row, shapes):
        param, (height, width) = self.settings, diff.shape[2:]
        label, (x, y, w, h) = int(row[0]), row[1:]
        column, line = int(np.float32(x) * width), int(np.float32(y) * height)
        if not (0 <= column < width and 0 <= line < height):
            self.fail(f"a true box's middle ({x:g}, {y:g}) lies outside the picture")
        if not 0 <= label < param.num_class:
            self.fail(f"label {label} is outside num_class {param.num_class}, 0 and up")
        true = torch.tensor([0, 0, w, h])
        shares = yolo_boxes.overlap(true, F.pad(shapes, (2, 0)))
        first = int(shares.argmax()) if shares.max() > 0 else -1
        chosen = [self.mask.index(first)] if first in self.mask else []
        first = chosen[0] if chosen else first  # from here on the fork has its place in mask
        if param.iou_thresh < 1:
            for n, part in enumerate(shares.tolist()):
                if n in self.mask and n != first and part > param.iou_thresh:
                    chosen.append(self.mask.index(n))
        for b in chosen:
            size = torch.tensor([w, h]) / shapes[self.mask[b]]
            target = torch.tensor([x * width - column, y * height - line, *size.log()])
            place = (b, slice(None), line, column)
            self._match(diff[place], active[place], target.to(diff), label, 2 - w * h)

    def _match(self, diff, active, target, label, scale):
        """Fill in the differences (5 + K) of one box."""
        param = self.settings
        diff[:4] = float(param.coord_scale * scale) * (active[:4] - target)
        diff[4] = (active[4] - 1) * (param.object_scale if param.use_logic_gradient else 1)
        classes, eps = active[5:], param.label_smooth_eps
        wanted = torch.zeros_like(classes)
        wanted[label] = 1
        smoothed = wanted * (1 - eps) + eps / 2
        again = diff[5 + label] != 0
        if param.use_focal_loss:
            p = classes[label] + 1e-15
            weight = 0.5 * (p - 1) * (2 * p * p.log() + p - 1)
            all_classes = param.class_scale * (classes - wanted) * weight
        else:
            all_classes = param.class_scale * (classes - smoothed)
        only = diff[5:].clone()
        only[label] = param.class_scale * (classes[label] - smoothed[label])
        diff[5:] = torch.where(again, only, all_classes)

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check_down(propagate_down)
        diff, active = self.saved
        if self.settings.use_logic_gradient:
            slope = active * (1 - active)
            slope[:, :, 2:4] = 1
            diff = diff * slope
        return [(diff * (top_diff[0] / len(diff))).view(bottom[0].shape), None]
