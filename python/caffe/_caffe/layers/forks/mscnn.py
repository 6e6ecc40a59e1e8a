"""MS-CNN's proposal maps: what they lose, and how good they are (zhaoweicai/mscnn).

A map (N, K + 4, H, W) has K class scores, 0 background, and (dx, dy, log dw,
log dh) relative to a field at each place; a truth map (N, 6, H, W) the label, the box (middle x,
y, width, height) in pixels, and its overlap with the field.
"""

import torch

from ...core.field_boxes import Field, at_place, mean_and_std, share
from ...core.layer import Layer, register
from ...core.loss_layer import FLT_MIN, Loss, ignore_label
from ...core.smooth_l1 import smooth_l1, smooth_l1_slope

MODES = ("random", "bootstrap", "mixture")


class _Maps:
    """Reads the two bottoms that DetectionLoss and DetectionAccuracy have in common."""

    def __init__(self, layer, param):
        self.layer, self.classes, self.objectness = layer, param.cls_num, param.objectness
        layer.check(param.cls_num > 1, "needs cls_num, background included")
        layer.check(param.coord_num == 4, f"coord_num must be 4, given {param.coord_num}")
        layer.check(not param.objectness or param.cls_num == 2, "objectness needs cls_num 2")
        layer.check_positive(param, "field_h", "field_w", "downsample_rate")
        self.ignore = ignore_label(layer.layer_param.loss_param)
        self.threshold = param.bg_threshold
        self.field = Field(
            param.field_h, param.field_w, param.downsample_rate, param.field_whr, param.field_xyr
        )
        self.mean, self.std = mean_and_std(layer)

    def check(self, x, truth) -> None:
        """Raise LayerError unless both shapes have their channels and one size."""
        if len(x) != 4 or x[1] != self.classes + 4 or truth != (x[0], 6, *x[2:]):
            self.layer.fail(
                f"takes scores and boxes (N, {self.classes + 4}, H, W) and truth (N, 6, H, W), "
                f"given {x} and {truth}"
            )

    def labels(self, truth) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return each place's label and whether it is read, whether an object, background.

        Background counts below bg_threshold of overlap only. All (N, H, W).
        """
        raw = truth[:, 0].long()
        label = raw.clamp(max=1) if self.objectness else raw
        read = torch.ones_like(label, dtype=torch.bool)
        box = raw != 0
        if self.ignore is not None:
            read, box = label != self.ignore, box & (raw != self.ignore)
        if read.any():
            low, high = (int(v) for v in label[read].aminmax())
            if low < 0 or high >= self.classes:
                self.layer.fail(
                    f"label {low if low < 0 else high} is outside the {self.classes} classes, "
                    f"0 to {self.classes - 1}; loss_param.ignore_label is {self.ignore}"
                )
        background = (raw == 0) & (truth[:, 5] < self.threshold)
        return label, read, box, background


@register("DetectionLoss")
class DetectionLoss(Loss):
    """Softmax loss of classes plus `lambda` times the boxes' loss (detection_loss_layer.cpp).

    Bottoms: map, truth. Top (1, 1, 1, 2): the sum, and lambda times the boxes' part; the gradient
    is that of the first alone. Objects count, and of the background as many places as sample_mode
    takes of each picture: "random" draws bg_multiple times the objects, at least 4 (K - 1), with
    repetitions and of all places; "bootstrap" takes the bg_multiple times a class's objects, at
    least 4, that score highest for it; "mixture" takes half of each; another name takes all.
    bg_threshold keeps places that overlap a box that much out of it.

    iou_weighted weighs objects by their overlap; pos_neg_weighted makes the objects' weights sum
    to 1 / (1 + bg_multiple) of all. Boxes lose the smooth L1 of their four differences over their
    number (bb_smooth false: half the square); predictions are cut to field_whr and field_xyr
    first, and the gradient ignores that.
    """

    tops = (1, 1)
    recomputable = False  # the background is drawn at random

    def setup(self, x, truth):
        self.settings = self.layer_param.detection_loss_param
        self.maps = _Maps(self, self.settings)
        mean, std = self.maps.mean, self.maps.std
        # One limit for both directions, of the mean of means and the root of the stds' product.
        self.least, self.most = (
            torch.stack(
                [
                    (sign * self.maps.field.limit[i] - mean[i : i + 2].mean())
                    / std[i : i + 2].prod().sqrt()
                    for i in (0, 0, 2, 2)
                ]
            )
            for sign in (-1, 1)
        )

    def reshape(self, x, truth):
        self.maps.check(x, truth)
        return [(1, 1, 1, 2)]

    def forward(self, x, truth):
        label, read, box, background = self.maps.labels(truth)
        classes = self.maps.classes
        kept = self._sample(x, label, background)
        weight = self._weights(truth, label, kept)
        used = (read & ((label != 0) | kept)).float()
        prob = x[:, :classes].softmax(1)
        chosen = prob.gather(1, label.clamp(0, classes - 1).unsqueeze(1)).squeeze(1)
        class_loss = -(chosen.clamp(min=FLT_MIN).log() * weight * used).sum()
        difference = self._difference(x[:, classes:], truth) * box.unsqueeze(1)
        slope, each = difference, difference**2 / 2
        if self.settings.bb_smooth:
            slope, each = smooth_l1_slope(difference), smooth_l1(difference)
        counts = used.sum().clamp(min=1), (4 * box.sum()).clamp(min=1)
        share_of_boxes = getattr(self.settings, "lambda") * each.sum() / counts[1]
        self.save_for_backward((prob, label, weight * used, slope, counts))
        both = torch.stack([class_loss / counts[0] + share_of_boxes, share_of_boxes])
        return both.view(1, 1, 1, 2)

    def _sample(self, x, label, background):
        """Return which places are taken as background, (N, H, W)."""
        mode, multiple = self.settings.sample_mode, self.settings.bg_multiple
        if mode not in MODES:
            return background
        part = 0.5 if mode == "mixture" else 1.0
        taken = torch.zeros_like(background)
        for i in range(len(x)):
            flat, there = taken[i].view(-1), background[i].reshape(-1)
            places = flat.numel()
            if mode != "bootstrap":
                wanted = int(int((label[i] != 0).sum()) * multiple * part)
                count = max(wanted, 4 * (self.maps.classes - 1))
                drawn = torch.randint(places, (count,), generator=self.generator(), device=x.device)
                flat[drawn] = there[drawn]
            if mode != "random":
                for k in range(1, self.maps.classes):
                    wanted = max(4, int(int((label[i] == k).sum()) * multiple * part))
                    score = x[i, k].reshape(-1).masked_fill(~there, -torch.inf)
                    best = score.topk(min(wanted, int(there.sum()))).indices
                    flat[best] = True
        return taken

    def _weights(self, truth, label, kept):
        weight = torch.ones_like(truth[:, 0])
        objects = truth[:, 0].long() != 0
        if self.settings.iou_weighted:
            weight = torch.where(objects, truth[:, 5], weight)
        if self.settings.pos_neg_weighted:
            positive, negative = (weight * objects).sum(), (weight * (kept & ~objects)).sum()
            total = kept.sum() + (label != 0).sum()
            part = 1 / (1 + self.settings.bg_multiple)
            scaled = torch.where(
                objects, part * total / positive, (1 - part) * total / negative.clamp(min=FLT_MIN)
            )
            weight = torch.where(positive != 0, weight * scaled, weight)
        return weight

    def _difference(self, prediction, truth):
        """Return predictions less what they should be, (N, 4, H, W)."""
        field = self.maps.field
        size = at_place(field.size, truth)
        middle = (truth[:, 1:3] - field.middles(truth)) / size
        target = torch.cat([middle, (truth[:, 3:5].clamp(min=2) / size).log()], 1)
        target = (target - at_place(self.maps.mean, truth)) / at_place(self.maps.std, truth)
        least, most = at_place(self.least, truth), at_place(self.most, truth)
        return torch.minimum(torch.maximum(prediction, least), most) - target

    def backward(self, propagate_down, bottom, top, top_diff):
        """(p - 1 for the label's class) * weight, and the boxes' slopes, over their counts."""
        self.check_down(propagate_down)
        prob, label, weight, slope, counts = self.saved
        loss_weight = top_diff[0].reshape(-1)[0]
        index = label.clamp(0, self.maps.classes - 1).unsqueeze(1)
        scores = prob.scatter_add(1, index, torch.full_like(prob[:, :1], -1))
        scores = scores * (weight * (loss_weight / counts[0])).unsqueeze(1)
        part = getattr(self.settings, "lambda") * loss_weight / counts[1]
        return [torch.cat([scores, slope * part], 1), None]


@register("DetectionAccuracy")
class DetectionAccuracy(Layer):
    """How often a map's classes are right, and its boxes' overlap (detection_accuracy_layer.cpp).

    Bottoms: map, truth. Tops (1, 1, 1, 2): the share of places whose label is among the top_k
    highest scores, of all and of objects; (1, 1, 1, 1), if asked for: the mean overlap of the
    objects' boxes. -1 where there is none. Background counts below bg_threshold only; of equal
    scores the higher class comes first.
    """

    bottoms = (2, 2)
    tops = (1, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward

    def setup(self, x, truth):
        param = self.layer_param.detection_accuracy_param
        self.maps, self.top_k = _Maps(self, param), param.top_k
        if not 0 < self.top_k <= self.maps.classes:
            self.fail(f"top_k must be 1 to cls_num {self.maps.classes}, given {self.top_k}")

    def reshape(self, x, truth):
        self.maps.check(x, truth)
        return self.asked((1, 1, 1, 2), (1, 1, 1, 1))

    def forward(self, x, truth):
        label, read, box, background = self.maps.labels(truth)
        scores = x[:, : self.maps.classes].flip(1)
        place = self.maps.classes - 1 - scores.argsort(dim=1, descending=True, stable=True)
        hit = (place[:, : self.top_k] == label.unsqueeze(1)).any(1)
        counted = read & ((label != 0) | background)
        objects = counted & (label != 0)
        boxes = self.maps.field.boxes(x[:, self.maps.classes :], self.maps.mean, self.maps.std)
        middle, size = truth[:, 1:3], truth[:, 3:5]
        true_boxes = torch.cat([middle - size / 2, size], 1)
        overlaps = share(boxes.movedim(1, -1), true_boxes.movedim(1, -1))
        tops = torch.stack([_mean(hit, counted), _mean(hit, objects)]).view(1, 1, 1, 2)
        return self.asked(tops, _mean(overlaps, box).view(1, 1, 1, 1))


def _mean(values, where):
    count = where.sum()
    return torch.where(count > 0, (values * where).sum() / count.clamp(min=1), -1.0).float()
