"""MS-CNN's boxes: proposals from maps, what they become, and how good they are.

zhaoweicai/mscnn. Regions are (picture, x1, y1, x2, y2).
"""

import torch

from ...core.axes import legacy_shape
from ...core.boxes import suppress
from ...core.field_boxes import Field, at_place, mean_and_std, share
from ...core.layer import Layer, register

NMS = ("IOU", "IOMU", "IOFU")


@register("BoxOutput")
class BoxOutput(Layer):
    """The best boxes of all maps (box_output_layer.cpp).

    Bottoms: maps (N, K + 4, H, W), each with its field_h, field_w, downsample_rate. Tops: boxes
    (R, 5, 1, 1), (picture, x1, y1, x2, y2) with x2 = x1 + width; with their scores (R, 6, 1, 1),
    if asked for. The score, an object's highest less the background's, is fg_thr or more; boxes
    are cut to field_whr and field_xyr and to the picture, those with a side below min_size go; of
    the max_nms_num best those go that overlap a better one by more than iou_thr, as a share that
    nms_type tells; max_post_nms_num of each picture are left. Without any, (0, 1, 1, 10, 10).
    """

    bottoms = (1, None)
    tops = (1, 2)
    backward = Layer.refuse_backward

    def setup(self, *maps):
        param = self.settings = self.layer_param.box_output_param
        for name in ("field_h", "field_w", "downsample_rate"):
            given = getattr(param, name)
            if len(given) != len(maps) or not all(given):
                self.fail(f"needs one positive {name} for each of {len(maps)} bottoms")
        self.check(param.nms_type in NMS, f"nms_type is {', '.join(NMS)}: {param.nms_type!r}")
        self.mean, self.std = mean_and_std(self)
        settings = zip(param.field_h, param.field_w, param.downsample_rate, strict=True)
        self.fields = [Field(*s, param.field_whr, param.field_xyr) for s in settings]

    def reshape(self, *maps):
        for i, shape in enumerate(maps):
            if len(shape) != 4 or shape[1] < 6 or shape[:2] != maps[0][:2]:
                self.fail(f"takes maps (N, K + 4, H, W), bottom {i} has shape {shape}")
        # The number of boxes is known after forward only.
        return self.asked((1, 5, 1, 1), (1, 6, 1, 1))

    def forward(self, *maps):
        found = [self._map(x.float(), field) for x, field in zip(maps, self.fields, strict=True)]
        best = []
        for i in range(len(maps[0])):
            boxes, score = (torch.cat(part) for part in zip(*(f[i] for f in found), strict=True))
            best.append(self._picture(i, boxes, score))
        rows = torch.cat(best).to(maps[0].device)
        boxes = rows[:, :5]
        if not len(rows):
            boxes, rows = rows.new_tensor([[0, 1, 1, 10, 10]]), rows.new_zeros(1, 6)
        return self.asked(boxes.reshape(-1, 5, 1, 1), rows.view(-1, 6, 1, 1))

    def _map(self, x, field):
        """Return (boxes, scores) of each picture of one map, on the host."""
        score = x[:, 1:-4].amax(1) - x[:, 0]
        boxes = field.boxes(x[:, -4:], self.mean, self.std)
        corner = boxes[:, :2].clamp(min=0)
        height, width = (n * field.step for n in x.shape[2:])
        left = at_place([float(width), float(height)], x) - corner
        boxes = torch.cat([corner, torch.minimum(boxes[:, 2:], left)], 1)
        large = (boxes[:, 2:] >= self.settings.min_size).all(1)
        stay = ((score >= self.settings.fg_thr) & large).cpu()
        boxes, score = boxes.movedim(1, -1).cpu(), score.cpu()
        return [(boxes[i][stay[i]], score[i][stay[i]]) for i in range(len(x))]

    def _picture(self, number, boxes, score):
        """Return the rows (picture, x1, y1, x2, y2, score) of one picture, best first."""
        param = self.settings
        order = score.flip(0).argsort(descending=True, stable=True)
        order = len(score) - 1 - order  # of equal scores the later box comes first
        order = order[: param.max_nms_num or None]
        boxes, score = boxes[order], score[order]
        mode = param.nms_type
        stay = suppress(boxes, param.iou_thr, overlap=lambda a, b: share(a[:, None], b, mode))
        stay = stay[: param.max_post_nms_num or None]
        boxes, score = boxes[stay], score[stay, None]
        picture = torch.full_like(score, number)
        return torch.cat([picture, boxes[:, :2], boxes[:, :2] + boxes[:, 2:], score], 1)


def _columns(layer, shapes, wanted) -> int:
    """Return the number of rows of bottoms (R, C); LayerError unless their columns are `wanted`."""
    num, *_ = legacy_shape(layer, shapes[0])
    for i, (given, columns) in enumerate(zip(shapes, wanted, strict=False)):
        shape = legacy_shape(layer, given)
        if shape != (num, *((columns, 1, 1) if columns else shape[1:])):
            layer.fail(f"bottom {i} must have shape ({num}, {columns or 'C'}), given {given}")
    return num


def _decode(boxes, prediction, mean, std):
    """The boxes (R, 4) that predictions (R, 4) at others mean (DecodeBBoxesWithPrior)."""
    prediction = prediction * std.to(prediction) + mean.to(prediction)
    size = boxes[:, 2:] - boxes[:, :2] + 1
    middle = prediction[:, :2] * size + (boxes[:, :2] + boxes[:, 2:]) / 2
    start = middle - (size * prediction[:, 2:].exp() - 1) / 2
    return torch.cat([start, start + size * prediction[:, 2:].exp() - 1], 1)


@register("DecodeBBox")
class DecodeBBox(Layer):
    """Regions moved to where the next stage predicts them (decode_bbox_layer.cpp).

    Bottoms: predictions (R, 8), of background and object; regions (R, 5); in TRAIN matched boxes
    (R, 6), if given. Top (K, 5, 1, 1). In TRAIN those go whose end lies before their start, and
    with matched boxes those that overlap theirs by decode_bbox_param.gt_iou_thr or more. At least
    one must be left.
    """

    bottoms = (2, 3)
    backward = Layer.zero_backward

    def setup(self, prediction, rois, *matched):
        self.mean, self.std = mean_and_std(self)
        self.check(not matched or self.training, "takes matched boxes in TRAIN only")
        self.threshold = self.layer_param.decode_bbox_param.gt_iou_thr

    def reshape(self, prediction, rois, *matched):
        # How many regions are left is known after forward only.
        return [(_columns(self, (prediction, rois, *matched), (8, 5, 6)), 5, 1, 1)]

    def forward(self, prediction, rois, *matched):
        rows = rois.reshape(len(rois), 5)
        boxes = _decode(rows[:, 1:], prediction.reshape(len(rois), 8)[:, 4:], self.mean, self.std)
        if self.training:
            stay = (boxes[:, :2] <= boxes[:, 2:]).all(1)
            if matched:
                stay &= matched[0].reshape(len(rois), 6)[:, 5] < self.threshold
            self.check(bool(stay.any()), "no region is left")
            boxes, rows = boxes[stay], rows[stay]
        return torch.cat([rows[:, :1], boxes], 1).view(-1, 5, 1, 1)


@register("BboxAccuracy")
class BboxAccuracy(Layer):
    """The mean overlap of predicted boxes with their true ones (bbox_accuracy_layer.cpp).

    Bottoms: predictions (R, 4 K), four for each label; regions (R, 5); matched boxes (R, 6):
    label, x1, y1, x2, y2, overlap. Tops (1, 1, 1, 1): the mean over objects, label > 0, that
    overlap by 0.975 at most; that of the regions themselves, if asked for. -1 without any.
    """

    bottoms = (3, 3)
    tops = (1, 2)
    no_gradient = frozenset({0, 1, 2})
    backward = Layer.zero_backward

    def setup(self, *bottom):
        self.mean, self.std = mean_and_std(self)

    def reshape(self, *shapes):
        _columns(self, shapes, (None, 5, 6))
        return self.asked((1, 1, 1, 1), (1, 1, 1, 1))

    def forward(self, prediction, rois, matched):
        matched = matched.reshape(len(matched), 6)
        label = matched[:, 0].long()
        objects = torch.nonzero((label > 0) & (matched[:, 5] <= 0.975)).flatten()
        wide = prediction.reshape(len(prediction), -1, 4)
        most = int(label.max()) if label.numel() else 0
        self.check(most < wide.shape[1], f"label {most} has no box among {wide.shape[1]}")
        row = rois.reshape(len(rois), 5)[objects, 1:]
        size = row[:, 2:] - row[:, :2] + 1
        value = wide[objects, label[objects]] * self.std.to(wide) + self.mean.to(wide)
        extent = size * value[:, 2:].exp()
        moved = torch.cat([value[:, :2] * size + row[:, :2] + size / 2 - extent / 2, extent], 1)
        true = matched[objects, 1:5]
        true = torch.cat([true[:, :2], true[:, 2:] - true[:, :2] + 1], 1)
        both = moved, torch.cat([row[:, :2], size], 1)
        means = [share(b, true).mean() if len(b) else wide.new_tensor(-1.0) for b in both]
        return self.asked(*(m.view(1, 1, 1, 1) for m in means))
