"""What SSD makes of its predictions (weiliu89/caffe, branch ssd): DetectionOutput, -Evaluate."""

import math
import sys
from collections.abc import Iterator

import numpy as np
import torch

from ...core.axes import count
from ...core.boxes import (
    check_predictions,
    check_sizes,
    decode,
    overlap,
    pixel_overlap,
    priors_and_variances,
    suppress,
)
from ...core.layer import Layer, register
from ...formats.detections import DetectionFiles, counts_last_pixels, original_boxes, read_sizes
from ...log import info, warning

CHUNK = 256  # boxes compared with all that are kept, and with one another, at once


@register("DetectionOutput")
class DetectionOutput(Layer):
    """The boxes that are left of the predictions (detection_output_layer.cpp).

    Bottoms: locations (N, P 4), or (N, P classes 4) without share_location; confidences
    (N, P classes); priors (1, 2, P 4); a fourth, the picture, is not needed. Top (1, 1, K, 7):
    rows (picture, label, score, xmin, ymin, xmax, ymax). For each class but the background: the
    boxes scored above confidence_threshold, the nms_param.top_k best of them, less those that
    overlap a better one by more than nms_threshold; then the keep_top_k best of the picture.
    Where nothing is left, K is N and each row (picture, -1, ...).

    RefineDet (in DeepDetect's Caffe) gives two more after the priors: objectness (N, P 2), a prior
    with less than objectness_score in its second value being background for certain; and
    locations (N, P 4) that move the priors first.

    save_output_param writes them to files (formats/detections.py), read at the first forward.
    """

    bottoms = (3, 5)
    no_gradient = frozenset(range(5))
    backward = Layer.refuse_backward

    def setup(self, location, confidence, prior, *more):
        param = self.settings = self.layer_param.detection_output_param
        self.check(param.num_classes > 0, "needs num_classes, background included")
        nms = param.nms_param
        self.check(nms.nms_threshold >= 0, f"nms_threshold {nms.nms_threshold} is negative")
        self.check(0 < nms.eta <= 1, f"nms_param.eta must be in (0, 1], given {nms.eta}")
        self.check(not nms.soft_nms, "has no soft_nms (DeepDetect)")
        self.check(not param.output_logits, "has no output_logits (DeepDetect)")
        if param.visualize:
            warning(self.format_error("visualize draws in a window in SSD's Caffe; not here"))
        save = param.save_output_param
        self.saves = bool(save.output_directory and save.label_map_file and save.name_size_file)
        self.files: DetectionFiles | None = None

    def reshape(self, location, confidence, prior, *more):
        classes, shared = self.settings.num_classes, self.settings.share_location
        priors = check_predictions(self, location, confidence, prior, classes, shared)
        for i, (shape, size) in enumerate(zip(more, (2, 4), strict=False), 3):
            if len(more) == 2 and count(shape) != location[0] * priors * size:
                self.fail(f"bottom {i} must be ({location[0]}, {priors * size}), given {shape}")
        return [(1, 1, 1, 7)]  # the number of rows is known after forward only

    def forward(self, location, confidence, prior, *more):
        param, num = self.settings, len(location)
        sets = 1 if param.share_location else param.num_classes
        priors, variances = priors_and_variances(prior)
        check_sizes(self, priors, param.code_type)
        coding = variances, param.code_type, param.variance_encoded_in_target
        scores = confidence.view(num, -1, param.num_classes)
        if len(more) == 2:
            priors = decode(more[1].view(num, 1, -1, 4), priors, *coding)
            nothing = more[0].view(num, -1, 2)[..., 1:] < param.objectness_score
            background = torch.arange(param.num_classes, device=scores.device) == 0
            scores = torch.where(nothing, background.to(scores), scores)
        boxes = decode(location.view(num, -1, sets, 4).transpose(1, 2), priors, *coding).cpu()
        scores = scores.cpu().numpy()
        found = [self._picture(i, boxes[i], scores[i]) for i in range(num)]
        if self.saves:
            self.files = self.files or self.named(DetectionFiles, param.save_output_param, param)
            for rows in found:
                self.named(self.files.add, rows)
        rows = np.concatenate(found)
        if not len(rows):
            info("Couldn't find any detections")
            rows = np.full((num, 7), -1, np.float32)
            rows[:, 0] = np.arange(num)
        return torch.from_numpy(rows).to(location.device).view(1, 1, -1, 7)

    def _picture(self, number, boxes, scores) -> np.ndarray:
        """The rows of one picture, from boxes (sets, P, 4) and scores (P, classes)."""
        param = self.settings
        least = param.confidence_threshold if param.HasField("confidence_threshold") else -np.inf
        passing = scores.T > np.float32(least)
        if param.background_label_id >= 0:
            passing[param.background_label_id : param.background_label_id + 1] = False
        found = np.flatnonzero(passing)  # by class
        values = scores.T.ravel()[found]
        labels, places = np.divmod(found, len(scores))
        choose = self._best if param.nms_param.eta >= 1 else self._best_by_class
        sets = np.zeros_like(labels) if param.share_location else labels
        left = choose(boxes, sets, places, labels, values)
        # Back to the classes' order, as the fork's map of labels does.
        left = left[np.argsort(labels[left], kind="stable")]
        head = np.full(len(left), number), labels[left], values[left]
        return np.column_stack([*head, boxes.numpy()[sets[left], places[left]]]).astype(np.float32)

    def _best(self, boxes, sets, places, labels, values) -> np.ndarray:
        """Return which boxes are kept, best first; no more are compared than that takes."""
        nms = self.settings.nms_param
        most, first = _limit(self.settings, "keep_top_k"), _limit(nms, "top_k")
        kept, rows = np.empty(0, int), boxes.new_empty(0, 5)
        for some in _best_first(values, labels, first):
            if len(kept) >= most:
                break
            of = torch.from_numpy(labels[some]).to(boxes)[:, None]
            more = torch.cat([boxes[sets[some], places[some]], of], 1)
            free = ~(_in_class(rows, more) > nms.nms_threshold).any(0)
            some, more = some[free.numpy()], more[free]
            stay = suppress(more, nms.nms_threshold, overlap=_in_class)
            kept, rows = np.append(kept, some[stay]), torch.cat([rows, more[stay]])
        return kept[:most]

    def _best_by_class(self, boxes, sets, places, labels, values) -> np.ndarray:
        """As `_best`, with a threshold that shrinks from box to box of a class."""
        nms = self.settings.nms_param
        kept = np.empty(0, int)
        for label in np.unique(labels):
            mine = np.flatnonzero(labels == label)
            mine = mine[np.argsort(-values[mine], kind="stable")][: _limit(nms, "top_k")]
            stay = suppress(boxes[sets[mine], places[mine]], nms.nms_threshold, nms.eta, _largest)
            kept = np.append(kept, mine[stay])
        kept = kept[np.argsort(-values[kept], kind="stable")]
        return kept[: _limit(self.settings, "keep_top_k")]


def _limit(param, field: str) -> int:
    """Return how many a field allows: any number where it is not set, or negative."""
    value = getattr(param, field)
    return value if param.HasField(field) and value > -1 else sys.maxsize


def _best_first(values: np.ndarray, labels: np.ndarray, first: int) -> Iterator[np.ndarray]:
    """Yield the places of the largest values, CHUNK at a time; of equal ones the first comes first.

    Of each label the `first` best. Few are sorted: often the best are enough.
    """
    best, done, count = np.empty(0, int), 0, 2 * CHUNK
    while len(best) < len(values):
        best = np.arange(len(values))
        if count < len(values):
            least = np.partition(values, -count)[-count]
            best = np.flatnonzero(values > least)
            best = np.append(best, np.flatnonzero(values == least)[: count - len(best)])
        best = best[np.argsort(-values[best], kind="stable")]
        some = best[_ranks(labels[best]) < first]
        for start in range(done, len(some), CHUNK):
            yield some[start : start + CHUNK]
        done, count = len(some), 4 * len(best)


def _ranks(labels: np.ndarray) -> np.ndarray:
    """Return how many of each one's label come before it."""
    order = np.argsort(labels, kind="stable")
    ordered, ranks = labels[order], np.empty_like(labels)
    ranks[order] = np.arange(len(labels)) - np.searchsorted(ordered, ordered)
    return ranks


def _in_class(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the overlaps (A, B) of boxes with their class as a fifth number, 0 between classes."""
    return _largest(a[:, :4], b[:, :4]).masked_fill_(a[:, 4:] != b[:, 4], 0)


def _largest(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return `overlap`, infinite instead of NaN: the fork keeps what is at most the threshold."""
    return overlap(a, b).nan_to_num_(nan=math.inf)


@register("DetectionEvaluate")
class DetectionEvaluate(Layer):
    """Holds detections against the ground truth (detection_evaluate_layer.cpp).

    Bottoms: detections (1, 1, K, 7), ground truth (1, 1, G, 8). Top (1, 1, classes + K, 5): for
    each class but the background (-1, label, how many there are, -1, -1), then for each detection
    (picture, label, score, true, false). A detection is true if it overlaps most a box of its
    label that no better one has found, by overlap_threshold or more; it counts as neither where
    that box is difficult and evaluate_difficult_gt is false. With name_size_file overlaps are
    those of pixels.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward

    def setup(self, found, truth):
        param = self.settings = self.layer_param.detection_evaluate_param
        self.check(param.num_classes > 0, "needs num_classes, background included")
        self.check_positive(param, "overlap_threshold")
        self.check(not param.output_logits, "has no output_logits (DeepDetect)")
        self.labels = [c for c in range(param.num_classes) if c != param.background_label_id]
        self.sizes, self.seen = None, 0

    def reshape(self, found, truth):
        for i, (shape, width) in enumerate(((found, 7), (truth, 8))):
            if shape[:2] != (1, 1) or shape[3:] != (width,):
                self.fail(f"bottom {i} must be (1, 1, {'KG'[i]}, {width}), given {shape}")
        return [(1, 1, len(self.labels) + found[2], 5)]

    def forward(self, found, truth):
        param = self.settings
        if self.sizes is None:
            given = param.HasField("name_size_file")
            lines = self.named(read_sizes, param.name_size_file) if given else []
            self.sizes = [size for _, size in lines]
        rows, truth = found.reshape(-1, 7).cpu(), truth.reshape(-1, 8).cpu()
        ended = torch.nonzero(truth[:, 0].long() == -1).flatten()
        truth = truth[: ended[0]] if len(ended) else truth
        spare = int(((rows[:, 0].long() == -1) & (rows[:, 1] != -1)).sum())
        rows = rows[rows[:, 0].long() != -1]
        for what, blob in (("detection", rows), ("ground truth", truth)):
            self.check(
                not (blob[:, 1].long() == param.background_label_id).any(),
                f"a {what} has the background's label {param.background_label_id}",
            )
        counted = truth if param.evaluate_difficult_gt else truth[truth[:, 7].long() == 0]
        top = [[-1, c, float((counted[:, 1].long() == c).sum()), -1, -1] for c in self.labels]
        for picture in rows[:, 0].long().unique().tolist():
            mine, real = (b[b[:, 0].long() == picture] for b in (rows, truth))
            for label in mine[:, 1].long().unique().tolist():
                if label != -1:
                    these, there = (b[b[:, 1].long() == label] for b in (mine, real))
                    top += self._judge(these, there)
            if self.sizes:
                self.seen = (self.seen + 1) % len(self.sizes)
        # The fork leaves zeros for detections of no picture.
        return found.new_tensor(top + [[0.0] * 5] * spare).view(1, 1, -1, 5)

    def _judge(self, found, truth) -> list[list[float]]:
        """The rows of one picture's detections of one label."""
        if not len(truth):
            return [[*row, 0, 1] for row in found[:, :3].tolist()]
        found = found[found[:, 2].argsort(descending=True, stable=True)]
        boxes, real = found[:, 3:7], truth[:, 3:7]
        if self.sizes:
            size = self.sizes[self.seen]
            resize = list(self.settings.resize_param)[:1]
            boxes, real = (self.named(original_boxes, b, size, resize) for b in (boxes, real))
            shares = pixel_overlap(boxes, real, counts_last_pixels(size, resize))
        else:
            shares = overlap(boxes, real)
        best, which = shares.max(1)
        taken, rows = set(), []
        for row, share, box in zip(
            found[:, :3].tolist(), best.tolist(), which.tolist(), strict=True
        ):
            right = share >= np.float32(self.settings.overlap_threshold)
            verdict = [0, 1]
            if right:
                if not self.settings.evaluate_difficult_gt and truth[box, 7] != 0:
                    verdict = [0, 0]
                elif box not in taken:
                    verdict = [1, 0]
                    taken.add(box)
            rows.append([*row, *verdict])
        return rows
