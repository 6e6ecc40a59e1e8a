"""py-faster-rcnn's Python layers (rbgirshick/py-faster-rcnn, lib/rpn, R-FCN).

Nets name them by module and class. A module that can be imported comes first; these are for
where it cannot: it is Python 2 and needs a compiled library. Settings are those of
fast_rcnn.config where the script has imported it, its defaults otherwise.
"""

import numpy as np
import torch

from ...core import anchors
from ...core.faster_rcnn_settings import read_settings, setting
from ...core.python_layers import published
from ...errors import LayerError


class _Regions:
    """What all have in common: tops whose shapes are known in forward, and no gradient."""

    param_str: str  # set by the runtime, like phase
    phase: int

    def reshape(self, bottom, top):
        """Leave the tops."""

    def backward(self, top, propagate_down, bottom):
        """Leave the diffs."""


class _Anchored(_Regions):
    """What the layers over a map of anchors share."""

    def _read(self, *more: str) -> dict:
        found = read_settings(self.param_str, ("feat_stride", "scales", "ratios", *more))
        self.stride = found["feat_stride"]
        self.anchors = anchors.make_anchors(
            16, found.get("ratios", (0.5, 1, 2)), found.get("scales", (8, 16, 32))
        )
        return found


def _one_picture(blob, what, channels):
    shape = tuple(blob.shape)
    if len(shape) != 4 or shape[:2] != (1, channels):
        raise LayerError(f"takes {what} of one picture, (1, {channels}, H, W), given {shape}")


@published("rpn.proposal_layer", "ProposalLayer")
class ProposalLayer(_Anchored):
    """The best boxes of a region proposal network (lib/rpn/proposal_layer.py).

    param_str: feat_stride; scales and ratios of the anchors, if others than 8, 16, 32 and 0.5, 1,
    2. Bottoms: class probabilities (1, 2 A, H, W), the second A of objects; predictions (1, 4 A,
    H, W) as (dx, dy, log dw, log dh); the picture (1, 3): height, width, scale. Tops: regions
    (R, 5), each (0, x1, y1, x2, y2); their scores (R, 1), if asked for.

    Boxes are cut off at the picture's border; those with a side below RPN_MIN_SIZE, times the
    scale, go; of the RPN_PRE_NMS_TOP_N best those that overlap a better one by more than
    RPN_NMS_THRESH; the RPN_POST_NMS_TOP_N best of the rest are the regions.
    """

    def setup(self, bottom, top):
        self._read()
        top[0].reshape(1, 5)
        if len(top) > 1:
            top[1].reshape(1, 1, 1, 1)

    def forward(self, bottom, top):
        phase, count = str(self.phase), len(self.anchors)
        _one_picture(bottom[0], "probabilities", 2 * count)
        _one_picture(bottom[1], "predictions", 4 * count)
        prob, prediction = (torch.from_numpy(b.data) for b in bottom[:2])
        tall, wide, scale = bottom[2].data.reshape(-1)[:3].tolist()
        prediction = anchors.rows(prediction, 4)
        if phase == "TRAIN" and setting(phase, "RPN_NORMALIZE_TARGETS"):
            spread, mean = (
                torch.as_tensor(setting(phase, name), dtype=torch.float32)
                for name in ("RPN_NORMALIZE_STDS", "RPN_NORMALIZE_MEANS")
            )
            prediction = prediction * spread + mean
        places = anchors.at_each_place(self.anchors, self.stride, *prob.shape[2:]).float()
        boxes = anchors.clip(anchors.decode(places, prediction), tall, wide)
        scores = anchors.rows(prob[:, count:], 1)[:, 0]
        large = boxes[:, 2:] - boxes[:, :2] + 1 >= setting(phase, "RPN_MIN_SIZE") * scale
        boxes, scores = boxes[large.all(1)], scores[large.all(1)]
        stay = anchors.best(
            boxes,
            scores,
            setting(phase, "RPN_PRE_NMS_TOP_N"),
            setting(phase, "RPN_NMS_THRESH"),
            setting(phase, "RPN_POST_NMS_TOP_N"),
        )
        put(top[0], np.hstack([np.zeros((len(stay), 1), np.float32), boxes[stay].numpy()]))
        if len(top) > 1:
            put(top[1], scores[stay].numpy().reshape(-1, 1))


def put(blob, values):
    """Give `blob` the shape and the values of an array."""
    blob.reshape(*values.shape)
    blob.data[...] = values


@published("rpn.anchor_target_layer", "AnchorTargetLayer")
class AnchorTargetLayer(_Anchored):
    """What a region proposal network should say (lib/rpn/anchor_target_layer.py).

    param_str: as ProposalLayer's, and allowed_border in pixels (0). Bottoms: a map (1, K, H, W)
    that gives the size; boxes (G, 5), the first four (x1, y1, x2, y2); the picture (1, 3):
    height, width, scale; more are not read. Tops, for A anchors at each place: labels (1, 1, A H,
    W), 1 object, 0 background, -1 neither; targets, inside and outside weights (1, 4 A, H, W).

    Only anchors inside the picture count. 1: those that overlap some box most of all anchors, and
    those that overlap any by RPN_POSITIVE_OVERLAP; 0: below RPN_NEGATIVE_OVERLAP with all. Of
    both, so many are drawn from numpy.random that RPN_BATCHSIZE remain, RPN_FG_FRACTION of them
    1 at most.
    """

    def setup(self, bottom, top):
        self.border = self._read("allowed_border").get("allowed_border", 0)
        height, width = bottom[0].data.shape[-2:]
        count = len(self.anchors)
        top[0].reshape(1, 1, count * height, width)
        for blob in top[1:]:
            blob.reshape(1, 4 * count, height, width)

    def forward(self, bottom, top):
        _one_picture(bottom[0], "a map", bottom[0].shape[1])
        height, width = bottom[0].data.shape[-2:]
        tall, wide = bottom[2].data.reshape(-1)[:2].tolist()
        boxes = torch.from_numpy(bottom[1].data).flatten(1)[:, :4].double()
        places = anchors.at_each_place(self.anchors, self.stride, height, width)
        most = places.new_tensor([wide, tall]) + self.border
        inside = (places[:, :2] >= -self.border).all(1) & (places[:, 2:] < most).all(1)
        if not (inside.any() and len(boxes)):
            raise LayerError(
                f"given {len(boxes)} boxes, and {inside.sum():d} anchors within the picture of "
                f"{tall:g} x {wide:g} pixels; it needs both: take a larger picture, smaller scales "
                "or a larger allowed_border"
            )
        shares = anchors.overlap(places[inside], boxes)
        labels = self._labels(shares.numpy())
        targets = anchors.encode(places[inside], boxes[shares.argmax(1)]).numpy()
        if setting("TRAIN", "RPN_NORMALIZE_TARGETS"):
            targets = targets - setting("TRAIN", "RPN_NORMALIZE_MEANS")
            targets = targets / setting("TRAIN", "RPN_NORMALIZE_STDS")
        inner = (labels == 1)[:, None] * np.array(setting("TRAIN", "RPN_BBOX_INSIDE_WEIGHTS"))
        outer = np.repeat(self._outside(labels)[:, None], 4, 1)
        spread = [
            _spread(values, inside.numpy(), fill, (height, width))
            for values, fill in ((labels[:, None], -1), (targets, 0), (inner, 0), (outer, 0))
        ]
        put(top[0], spread[0].reshape(1, 1, -1, width))
        for blob, values in zip(top[1:], spread[1:], strict=True):
            put(blob, values)

    def _labels(self, shares):
        """Return 1, 0 or -1 for each anchor, from its overlaps with each box."""
        labels = np.full(len(shares), -1.0, np.float32)
        largest = shares.max(1)
        background = largest < setting("TRAIN", "RPN_NEGATIVE_OVERLAP")
        clobber = setting("TRAIN", "RPN_CLOBBER_POSITIVES")
        if not clobber:
            labels[background] = 0
        labels[(shares == shares.max(0)).any(1)] = 1
        labels[largest >= setting("TRAIN", "RPN_POSITIVE_OVERLAP")] = 1
        if clobber:
            labels[background] = 0
        size = setting("TRAIN", "RPN_BATCHSIZE")
        _thin(labels, 1, int(setting("TRAIN", "RPN_FG_FRACTION") * size))
        _thin(labels, 0, size - np.sum(labels == 1))
        return labels

    def _outside(self, labels):
        """Return the outside weight of each anchor: one share each, or RPN_POSITIVE_WEIGHT."""
        share = setting("TRAIN", "RPN_POSITIVE_WEIGHT")
        if share < 0:
            return (labels >= 0) / np.sum(labels >= 0)
        if not 0 < share < 1:
            raise LayerError(f"RPN_POSITIVE_WEIGHT {share} is neither negative nor in (0, 1)")
        ones, zeros = labels == 1, labels == 0
        return ones * share / max(1, ones.sum()) + zeros * (1 - share) / max(1, zeros.sum())


def _thin(labels, label, most):
    """Set labels to -1 at random until `label` is there `most` times."""
    there = np.flatnonzero(labels == label)
    if len(there) > most:
        labels[np.random.choice(there, size=int(len(there) - most), replace=False)] = -1


def _spread(values, inside, fill, size):
    """Return the values of the anchors inside as maps (1, A values, H, W), `fill` elsewhere."""
    everywhere = np.full((len(inside), values.shape[1]), fill, np.float32)
    everywhere[inside] = values
    return everywhere.reshape(1, *size, -1).transpose(0, 3, 1, 2)


@published("rpn.proposal_target_layer", "ProposalTargetLayer")
class ProposalTargetLayer(_Regions):
    """Regions to learn from, and what to learn (lib/rpn/proposal_target_layer.py).

    param_str: num_classes C, background included. Bottoms: regions (R, 5), all of picture 0; boxes
    (G, 5), (x1, y1, x2, y2, label). Tops: BATCH_SIZE regions (S, 5), with the boxes themselves
    among the candidates; their labels (S); targets, inside and outside weights (S, 4 C), 0 but at
    the label's four (with R-FCN's AGNOSTIC, at 4 to 7 for every label but 0).

    A region is of its box's label from an overlap of FG_THRESH on, background from BG_THRESH_LO
    to below BG_THRESH_HI; FG_FRACTION of the regions at most are objects. Which, numpy.random
    draws. BATCH_SIZE -1 takes them all (R-FCN).
    """

    def setup(self, bottom, top):
        self.classes = read_settings(self.param_str, ("num_classes",))["num_classes"]
        for blob, width in zip(top, (5, 1, *[4 * self.classes] * 3), strict=True):
            blob.reshape(1, width)

    def forward(self, bottom, top):
        boxes = bottom[1].data.reshape(len(bottom[1].data), -1)
        rois = bottom[0].data.reshape(len(bottom[0].data), -1)
        if rois[:, 0].any():
            raise LayerError("takes regions of one picture, number 0")
        rois = np.vstack([rois, np.pad(boxes[:, :4], ((0, 0), (1, 0)))]).astype(np.float32)
        corners = torch.from_numpy(rois[:, 1:]).double()
        truth = torch.from_numpy(boxes[:, :4]).double()
        shares = anchors.overlap(corners, truth).numpy()
        chosen, objects = self._draw(shares.max(1))
        match = shares.argmax(1)[chosen]
        labels = boxes[match, 4].copy()
        labels[objects:] = 0
        targets = anchors.encode(corners[chosen], truth[match]).numpy()
        if setting("TRAIN", "BBOX_NORMALIZE_TARGETS_PRECOMPUTED"):
            targets = targets - np.array(setting("TRAIN", "BBOX_NORMALIZE_MEANS"))
            targets = targets / np.array(setting("TRAIN", "BBOX_NORMALIZE_STDS"))
        weights = np.array(setting("TRAIN", "BBOX_INSIDE_WEIGHTS"))
        inner = self._at_label(labels, np.broadcast_to(weights, targets.shape))
        for blob, values in zip(
            top,
            (rois[chosen], labels, self._at_label(labels, targets), inner, inner > 0),
            strict=True,
        ):
            put(blob, values)

    def _draw(self, largest):
        """Return which regions are taken, objects first, and how many of them are objects."""
        size = setting("TRAIN", "BATCH_SIZE")
        size = np.inf if size == -1 else size
        objects = np.flatnonzero(largest >= setting("TRAIN", "FG_THRESH"))
        low, high = setting("TRAIN", "BG_THRESH_LO"), setting("TRAIN", "BG_THRESH_HI")
        background = np.flatnonzero((largest < high) & (largest >= low))
        most = int(min(np.round(setting("TRAIN", "FG_FRACTION") * size), len(objects)))
        rest = int(min(size - most, len(background)))
        drawn = [
            np.random.choice(there, size=count, replace=False) if len(there) else there
            for there, count in ((objects, most), (background, rest))
        ]
        return np.concatenate(drawn), most

    def _at_label(self, labels, values):
        """Return (S, 4 C): each row's four values at its label's place, where that is not 0."""
        place = np.minimum(labels, 1) if setting("TRAIN", "AGNOSTIC") else labels
        wide = np.zeros((len(labels), self.classes, 4), np.float32)
        there = np.flatnonzero(labels > 0)
        wide[there, place[there].astype(int)] = values[there]
        return wide.reshape(len(labels), -1)


@published(
    "rpn.proposal_target_layer",
    "ProposalTargetLayer",
    read_by=("SoftmaxWithLossOHEM", "SmoothL1LossOHEM", "BoxAnnotatorOHEM"),
)
class RFCNProposalTargetLayer(ProposalTargetLayer):
    """R-FCN's copy of the layer, told by its losses: tops have four axes.

    (S, 5, 1, 1), labels (S, 1, 1, 1), the others (S, 4 C, 1, 1) (py-R-FCN,
    lib/rpn/proposal_target_layer.py).
    """

    def setup(self, bottom, top):
        super().setup(bottom, top)
        _to_four_axes(top)

    def forward(self, bottom, top):
        super().forward(bottom, top)
        _to_four_axes(top)


def _to_four_axes(blobs):
    for blob in blobs:
        rows, width = (*blob.shape, 1)[:2]
        blob.reshape(rows, width, 1, 1)
