"""YOLO v2's loss of a map of boxes, in MobileNet-YOLO (eric612) and Intel Caffe."""

import numpy as np
import torch
from torch.nn import functional as F

from ...core import yolo_boxes
from ...core.layer import register
from ...core.loss_layer import Loss
from ...errors import FormatError
from ...formats.text_file import read_text


@register("RegionLoss")
class RegionLoss(Loss):
    """The squared error of a map of boxes (region_loss_layer.cpp).

    Bottoms: map (N, B (5 + K), S, S), for each box x, y, log width, log height, objectness and
    classes; truth, either MobileNet-YOLO's (N, 1, T, 5), rows (label from 0, middle x, y, width,
    height) up to one whose x or width is 0, or SSD's (1, 1, G, 8) as Intel Caffe takes it, label
    from 1. biases are B anchors in places. Top: the sum of squares of d, over N in MobileNet-YOLO.
    The gradient is d / N.

    With s the sigmoid of x, y and objectness, p the softmax of the classes, d is, else 0:

    - objectness: noobject_scale s^2 (1 - s), unless the box overlaps a true one by more than
      thresh;
    - at the place of a true box, the box of the most similar shape (of its anchor, or without
      bias_match of its own size): objectness object_scale (s - 1) s (1 - s), with rescore (s - its
      overlap) for (s - 1); classes class_scale (p - 1 for the right one); the scale times (s -
      place) s (1 - s) for x and y, and the difference of logarithms for width and height. The scale
      is coord_scale, times 2 - width height without rescore.

    Intel's: no rescore; objectness 2 object_scale (1 - s)^3 s (1 - s), by which it falls where
    MobileNet-YOLO's rises; differences of the box at most 1 in size; labels by `class_map`, a file
    of one number for each. Neither reads side (but Intel's wants it right), softmax, jitter,
    absolute and random.
    """

    recomputable = False

    def setup(self, x, truth):
        param = self.settings = self.layer_param.region_loss_param
        self.check(param.coords == 4, f"coords must be 4, given {param.coords}")
        self.check(not param.softmax_tree, "has no softmax_tree")
        self.anchors = yolo_boxes.pairs(self, param.biases, "biases", param.num)[: param.num]
        self.intel = truth.shape[-1:] == (8,)
        self.map = self._class_map(param.class_map) if self.intel and param.class_map else None

    def _class_map(self, path) -> list[int]:
        words = [line.split()[0] for line in read_text(path).split("\n") if line.strip()]
        if not all(word.isdigit() for word in words):
            raise FormatError(f"class_map '{path}': expected one class number in each line")
        return [int(word) for word in words]

    def reshape(self, x, truth):
        param = self.settings
        yolo_boxes.check_map(self, x, param.num, param.num_class)
        self.check(x[2] == x[3], f"takes square maps, bottom 0 has shape {x}")
        if self.intel:
            self.check(x[3] == param.side, f"side is {param.side}, bottom 0 has shape {x}")
        elif len(truth) < 2 or truth[0] != x[0] or truth[-1] != 5:
            self.fail(f"bottom 1 must be ({x[0]}, 1, T, 5) or (1, 1, G, 8), given {truth}")
        return [()]

    def forward(self, x, truth):
        param, side = self.settings, x.shape[3]
        values = x.unflatten(1, (param.num, -1))
        active = values.clone()
        active[:, :, [0, 1, 4]] = values[:, :, [0, 1, 4]].sigmoid()
        active[:, :, 5:] = values[:, :, 5:].softmax(2)
        shares = self.anchors / side
        boxes = yolo_boxes.boxes_of(active[:, :, :2], values[:, :, 2:4], shares)
        diff = torch.zeros_like(values)
        for i in range(len(x)):
            known, found = self._truth(truth, i)
            best = yolo_boxes.largest_overlap(boxes[i], known)
            sure = active[i, :, 4]
            away = param.noobject_scale * sure * (sure * (1 - sure))
            diff[i, :, 4] = torch.where(best > param.thresh, 0, away)
            for label, row in found:
                self._true_box(diff[i], active[i], boxes[i], label, row, shares)
        self.save_for_backward(diff)
        return diff.square().sum() / (1 if self.intel else len(x))

    def _truth(self, truth, i):
        """Return all true boxes (M, 4) of picture i, and (label, box) of those that are matched."""
        if self.intel:
            rows = truth.reshape(-1, 8).cpu()
            rows = rows[rows[:, 0].long() == i]
            low, high = rows[:, 3:5], rows[:, 5:7]
            rows = torch.cat([rows[:, 1:2] - 1, (low + high) / 2, high - low], 1)
            known = rows[:, 1:]
        else:
            rows = truth[i].reshape(-1, 5).cpu()
            known = yolo_boxes.until_zero(rows, 1)[:, 1:]
            rows = yolo_boxes.until_zero(rows, 3)
        return known, [(self._label(int(row[0])), row[1:]) for row in rows]

    def _label(self, label):
        if self.map is not None:
            self.check(0 <= label < len(self.map), f"label {label} is not in class_map")
            label = self.map[label]
        if not 0 <= label < self.settings.num_class:
            self.fail(f"label {label} is outside num_class {self.settings.num_class}, 0 and up")
        return label

    def _true_box(self, diff, active, boxes, label, true, shares):
        """Fill in the differences (B, 5 + K, S, S) of one true box."""
        param, side = self.settings, diff.shape[-1]
        column, line = (int(np.float32(v) * side) for v in true[:2].tolist())
        if not (0 <= column < side and 0 <= line < side):
            self.fail(f"a true box's middle {true[:2].tolist()} lies outside the picture")
        own = boxes[:, line, column].cpu()
        sizes = shares if param.bias_match else own[:, 2:]
        b = int(yolo_boxes.overlap(F.pad(true[2:], (2, 0)), F.pad(sizes, (2, 0))).argmax())
        here, value = diff[b, :, line, column], active[b, :, line, column].cpu()
        middle = true[:2] * side - torch.tensor([column, line])
        target = torch.cat([middle, (true[2:] / shares[b]).log()])
        change = value[:4] - target
        share = float(yolo_boxes.overlap(own[b], true))
        sure = float(value[4])
        if self.intel:
            change, scale = change.clamp(-1, 1), param.coord_scale
            sure = -2 * (1 - sure) ** 3 * sure * (1 - sure)
        else:
            scale = param.coord_scale * (1 if param.rescore else float(2 - true[2] * true[3]))
            sure = (sure - (share if param.rescore else 1)) * sure * (1 - sure)
        change[:2] *= value[:2] * (1 - value[:2])
        here[:4] = (scale * change).to(here)
        here[4] = param.object_scale * sure
        right = torch.zeros_like(value[5:])
        right[label] = 1
        here[5:] = (param.class_scale * (value[5:] - right)).to(here)

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check_down(propagate_down)
        return [(self.saved * (top_diff[0] / len(self.saved))).view(bottom[0].shape), None]
