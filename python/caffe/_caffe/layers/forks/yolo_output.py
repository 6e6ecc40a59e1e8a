"""MobileNet-YOLO's detections from maps of boxes (eric612/MobileNet-YOLO)."""

from typing import Any

import torch

from ...core.boxes import suppress
from ...core.layer import Layer, register
from ...core.yolo_boxes import boxes_of, check_map, overlap, pairs, suppress_at


class _Detections(Layer):
    """Rows (0, label from 1, score, xmin, ymin, xmax, ymax) of the boxes that are left.

    Of all boxes, whatever their class and picture, those go that overlap a better one by
    nms_threshold or more. The picture is always 0, as in the fork: give it one at a time. Without
    any, a row (picture, -1, ...) for each picture.
    """

    bottoms: tuple[int, int | None] = (1, None)
    backward = Layer.refuse_backward
    settings: Any
    boxes: int
    classes: int

    @property
    def below(self) -> float:
        """What `suppress` takes: a box goes at nms_threshold itself."""
        return suppress_at(self.settings.nms_threshold)

    def reshape(self, *maps):
        for i, shape in enumerate(maps):
            check_map(self, shape, self.boxes, self.classes, i)
        return [(1, 1, 1, 7)]  # the number of rows is known after forward only

    def rows(self, found, pictures) -> torch.Tensor:
        """Return the top (1, 1, R, 7) of each map's boxes (M, 4), labels and scores (M)."""
        device = found[0][0].device
        boxes, label, score = (torch.cat(part).cpu() for part in zip(*found, strict=True))
        order = score.argsort(descending=True, stable=True)
        boxes, label, score = boxes[order], label[order], score[order]
        stay = suppress(boxes, self.below, overlap=lambda a, b: overlap(a[:, None], b))
        if not stay:
            rows = torch.full((pictures, 7), -1.0)
            rows[:, 0] = torch.arange(pictures)
        else:
            boxes, half = boxes[stay], boxes[stay, 2:] / 2
            head = torch.stack([torch.zeros(len(stay)), label[stay] + 1.0, score[stay]], 1)
            rows = torch.cat([head, boxes[:, :2] - half, boxes[:, :2] + half], 1)
        return rows.to(device).view(1, 1, -1, 7)


@register("Yolov3DetectionOutput")
class Yolov3DetectionOutput(_Detections):
    """Detections of YOLO v3 (yolov3_detection_output_layer.cpp).

    Bottoms: mask_group_num maps (N, B (5 + K), H, W), each with its anchors_scale, the pixels
    between places, and B numbers of anchors in `mask`; biases are anchors in pixels. Top
    (1, 1, R, 7). Middle, objectness and classes go through the sigmoid; each class of each box
    whose probability times the objectness exceeds confidence_threshold is a candidate.
    """

    def setup(self, *maps):
        param = self.settings = self.layer_param.yolov3_detection_output_param
        self.check(param.HasField("num_classes"), "needs num_classes")
        self.check(not param.gaussian_box, "has no gaussian_box")
        self.boxes, self.classes = param.num_box, param.num_classes
        if not len(maps) == param.mask_group_num == len(param.anchors_scale):
            self.fail(
                f"needs one anchors_scale and one group of mask for each of {len(maps)} bottoms, "
                f"given {len(param.anchors_scale)} and mask_group_num {param.mask_group_num}"
            )
        groups = len(param.mask) // len(maps)
        self.check(groups == self.boxes, f"mask needs num_box {self.boxes} numbers for each bottom")
        anchors = pairs(self, param.biases, "biases", max(param.mask, default=0) + 1)
        self.anchors = anchors[list(param.mask)].view(len(maps), self.boxes, 2)

    def forward(self, *maps):
        found = []
        for i, (x, anchors) in enumerate(zip(maps, self.anchors, strict=True)):
            height, width = x.shape[2:]
            picture = torch.tensor([width, height]) * float(self.settings.anchors_scale[i])
            values = x.unflatten(1, (self.boxes, -1))
            boxes = boxes_of(values[:, :, :2].sigmoid(), values[:, :, 2:4], anchors / picture)
            score = values[:, :, 5:].sigmoid() * values[:, :, 4:5].sigmoid()
            # In the fork's order: picture, place, box, class.
            score, boxes = score.permute(0, 3, 4, 1, 2), boxes.permute(0, 2, 3, 1, 4)
            place = torch.nonzero(score > self.settings.confidence_threshold)
            found.append((boxes[tuple(place[:, :4].t())], place[:, 4], score[tuple(place.t())]))
        return self.rows(found, len(maps[0]))


@register("YoloDetectionOutput")
class YoloDetectionOutput(_Detections):
    """Detections of YOLO v2 (yolo_detection_output_layer.cpp).

    Bottoms: one or two maps (N, B (5 + K), S, S); biases are B anchors in places. Top (1, 1, R,
    7). Middle and objectness go through the sigmoid, classes through the softmax; each box whose
    best class times the objectness is confidence_threshold or more is a candidate.
    """

    bottoms = (1, 2)

    def setup(self, *maps):
        param = self.settings = self.layer_param.yolo_detection_output_param
        self.check(param.HasField("num_classes"), "needs num_classes")
        self.check(param.coords == 4, f"coords must be 4, given {param.coords}")
        self.boxes, self.classes = param.num_box, param.num_classes
        self.anchors = pairs(self, param.biases, "biases", self.boxes)[: self.boxes]
        for i, x in enumerate(maps):
            square = x.dim() == 4 and x.shape[2] == x.shape[3]
            self.check(square, f"takes square maps, bottom {i} has shape {tuple(x.shape)}")

    def forward(self, *maps):
        found = []
        for x in maps:
            values, anchors = x.unflatten(1, (self.boxes, -1)), self.anchors / x.shape[3]
            boxes = boxes_of(values[:, :, :2].sigmoid(), values[:, :, 2:4], anchors)
            best, label = values[:, :, 5:].softmax(2).max(2)
            score = (values[:, :, 4].sigmoid() * best).permute(0, 2, 3, 1)
            place = torch.nonzero(score >= self.settings.confidence_threshold).t().unbind()
            label, boxes = label.permute(0, 2, 3, 1), boxes.permute(0, 2, 3, 1, 4)
            found.append((boxes[place], label[place], score[place]))
        return self.rows(found, len(maps[0]))
