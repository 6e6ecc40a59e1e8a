"""MS-CNN's ProposalTarget: regions to learn from, and what to learn (zhaoweicai/mscnn)."""

import torch

from ...core import anchors
from ...core.axes import legacy_shape
from ...core.field_boxes import mean_and_std, share
from ...core.layer import Layer, register

LEAST = 32  # width and height of a random background box, in pixels


@register("ProposalTarget")
class ProposalTarget(Layer):
    """batch_size regions with their labels and boxes (proposal_target_layer.cpp).

    Bottoms: regions (R, 5), (picture, x1, y1, x2, y2); boxes (G, 7), the same with label and
    whether to ignore it. Tops, all (S, C, 1, 1): regions, C 5; labels; targets, inside and outside
    weights, four for each of cls_num labels (bbox_reg_param.cls_aware false: 8), 0 but at the
    label's; matched boxes (label, x1, y1, x2, y2, overlap), 0 for background; and, as a seventh,
    weights of the samples.

    The boxes are candidates too. A region is its box's from an overlap of fg_thr on, unless that
    is ignored, and background from bg_thr_lw to below bg_thr_hg. fg_fraction of the regions at
    most are objects, drawn at random; background is drawn too or, where it is short, filled up by
    others that are neither and then by random boxes in img_width x img_height that overlap no box
    by fg_thr. batch_size -1 takes all objects and all background.

    The samples' weights are 1, or with iou_weighted an object's overlap, scaled so that those of
    objects sum to fg_fraction of all.
    """

    bottoms = (2, 2)
    tops = (6, 7)
    no_gradient = frozenset({0, 1})
    backward = Layer.zero_backward

    def setup(self, rois, boxes):
        param = self.settings = self.layer_param.proposal_target_param
        self.check(param.cls_num > 1, "needs cls_num, background included")
        self.check(param.batch_size > 0 or param.batch_size == -1, "batch_size is positive or -1")
        self.check(param.fg_thr >= param.bg_thr_hg, "fg_thr must not be below bg_thr_hg")
        self.mean, self.std = mean_and_std(self)
        self.aware = self.layer_param.bbox_reg_param.cls_aware
        self.sets = param.cls_num if self.aware else 2

    def reshape(self, rois, boxes):
        for i, (shape, columns) in enumerate(((rois, 5), (boxes, 7))):
            if legacy_shape(self, shape)[1:] != (columns, 1, 1):
                self.fail(f"bottom {i} must have shape (R, {columns}), given {shape}")
        count = self.settings.batch_size
        return self._top_shapes(max(rois[0], 1) if count == -1 else count)

    def _top_shapes(self, count):
        widths = (5, 1, *[4 * self.sets] * 3, 6, 1)
        return self.asked(*((count, width, 1, 1) for width in widths))

    def forward(self, rois, boxes):
        device = rois.device
        rois, truth = rois.reshape(-1, 5).cpu(), boxes.reshape(-1, 7).cpu()
        most = self.settings.num_img_per_batch
        for rows, what in ((rois, "regions"), (truth, "boxes")):
            if len(rows) and rows[:, 0].max() >= most:
                self.fail(f"{what} of picture {int(rows[:, 0].max())}, num_img_per_batch {most}")
        candidates = torch.cat([rois, truth[:, :5]])
        overlap, match = self._match(candidates, truth)
        chosen, objects, extra = self._draw(overlap, match, truth)
        rows = torch.cat([candidates[chosen], extra])
        none = torch.full((len(extra),), -1)
        match = torch.cat([match[chosen], none])
        overlap = torch.cat([overlap[chosen], torch.zeros(len(extra))])
        tops = self._tops(rows, match[:objects], overlap[:objects], truth)
        return tuple(
            top.to(device).view(shape)
            for top, shape in zip(tops, self._top_shapes(len(rows)), strict=False)
        )

    def _match(self, rows, truth):
        """Return each region's largest overlap with a box of its picture, and that box or -1."""
        if not len(truth):
            return torch.zeros(len(rows)), torch.full((len(rows),), -1)
        shares = share(_sized(rows[:, 1:])[:, None], _sized(truth[:, 1:5]))
        shares = torch.where(rows[:, :1] == truth[:, 0], shares, -1.0)
        overlap, match = shares.max(1)
        there = overlap >= 0
        return overlap.clamp(min=0), torch.where(there, match, -1)

    def _draw(self, overlap, match, truth):
        """Return which regions are taken, objects first, how many of them, and random boxes."""
        param = self.settings
        high = overlap >= param.fg_thr
        ignored = truth[match.clamp(min=0), 6] != 0 if len(truth) else high
        low = (overlap >= param.bg_thr_lw) & (overlap < param.bg_thr_hg) & ~high
        objects, background, others = (
            torch.nonzero(m).flatten() for m in (high & ~ignored, low, ~high & ~low)
        )
        size, most = param.batch_size, int(param.fg_fraction * param.batch_size + 0.5)
        if size == -1:
            size, most = len(objects) + len(background), len(objects)
        objects = self._some(objects, most)
        wanted = size - len(objects)
        background = self._some(background, wanted)
        others = others[: wanted - len(background)]
        lacking = wanted - len(background) - len(others)
        extra = self._random_boxes(lacking, truth)
        return torch.cat([objects, background, others]), len(objects), extra

    def _integer(self, below):
        generator = self.generator()
        return int(torch.randint(below, (), generator=generator, device=generator.device))

    def _some(self, places, most):
        if len(places) <= most:
            return places
        generator = self.generator()
        order = torch.randperm(len(places), generator=generator, device=generator.device)
        return places[order[:most].cpu()]

    def _random_boxes(self, count, truth):
        param, rows = self.settings, []
        if count and min(param.img_width, param.img_height) <= LEAST:
            self.fail(
                f"{count} regions are lacking for batch_size {param.batch_size}; random ones need "
                f"img_width and img_height above {LEAST}"
            )
        for _ in range(1000 * count):
            if len(rows) == count:
                break
            x, y = (self._integer(n - LEAST) for n in (param.img_width, param.img_height))
            width, height = (
                max(LEAST, self._integer(n - at))
                for n, at in ((param.img_width, x), (param.img_height, y))
            )
            picture = self._integer(param.num_img_per_batch)
            box = torch.tensor([float(v) for v in (x, y, width, height)])
            others = truth[truth[:, 0] == picture, 1:5]
            if not len(others) or share(box, _sized(others)).max() < param.fg_thr:
                rows.append([picture, x, y, x + width - 1, y + height - 1])
        self.check(len(rows) == count, "no random background box was found in 1000 tries each")
        return torch.tensor(rows, dtype=torch.float32).view(-1, 5)

    def _tops(self, rows, match, overlap, truth):
        """Return the seven tops; the first len(match) rows are objects."""
        count, objects = len(rows), len(match)
        label = torch.zeros(count)
        label[:objects] = truth[match, 5].long().float()
        self.check(objects == 0 or bool((label[:objects] > 0).all()), "a box has label 0")
        most = int(label.max()) if count else 0
        self.check(most < self.settings.cls_num, f"label {most} is outside cls_num's range")
        target = anchors.encode(rows[:objects, 1:], truth[match, 1:5])
        place = label[:objects].long()
        place = place if self.aware else place.clamp(max=1)
        targets, inside = torch.zeros(2, count, self.sets, 4)
        targets[torch.arange(objects), place] = (target - self.mean) / self.std
        inside[torch.arange(objects), place] = 1
        matched = torch.zeros(count, 6)
        matched[:objects] = torch.cat(
            [label[:objects, None], truth[match, 1:5], overlap[:, None]], 1
        )
        return rows, label, targets, inside, inside, matched, self._weights(label, matched)

    def _weights(self, label, matched):
        param, objects = self.settings, label > 0
        weight = torch.ones_like(label)
        if param.iou_weighted:
            weight = torch.where(objects, matched[:, 5], weight)
        positive, negative = weight[objects].sum(), weight[~objects].sum()
        if positive == 0:
            return weight
        part = param.fg_fraction
        return weight * torch.where(
            objects, part * len(label) / positive, (1 - part) * len(label) / negative.clamp(min=1)
        )


def _sized(boxes):
    """Return (x1, y1, x2, y2) as (x, y, width, height), the last pixel included."""
    return torch.cat([boxes[:, :2], boxes[:, 2:] - boxes[:, :2] + 1], 1)
