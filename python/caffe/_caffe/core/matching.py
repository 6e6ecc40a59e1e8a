"""Which prior box answers for which ground truth, and which priors to learn from (SSD).

Source: bbox_util.cpp of weiliu89/caffe, branch ssd: MatchBBox, MineHardExamples.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from ...proto import caffe_pb2
from .boxes import overlap
from .layer import Layer

UNMATCHED, OUTSIDE = -1, -2
_PARAM = caffe_pb2.MultiBoxLossParameter
LEAST = 1e-6  # a smaller overlap is none


class Match(NamedTuple):
    """For each of P boxes: the ground truth it answers for, UNMATCHED or OUTSIDE; its overlap."""

    found: np.ndarray
    overlap: np.ndarray


class Truth(NamedTuple):
    """The ground truth of one picture, on the CPU: boxes (G, 4) and their labels (G,)."""

    boxes: torch.Tensor
    labels: torch.Tensor


def read_truth(
    layer: Layer, blob: torch.Tensor, num: int, param: caffe_pb2.MultiBoxLossParameter
) -> list[Truth | None]:
    """Return the ground truth of each of `num` pictures, None where there is none.

    Parameters
    ----------
    blob : (1, 1, G, 8)
        Rows (picture, label, instance, xmin, ymin, xmax, ymax, difficult), picture -1 for none.

    Raises
    ------
    LayerError
        For a label outside the classes, or the background's (GetGroundTruth).
    """
    rows = blob.reshape(-1, 8).cpu()
    rows = rows[rows[:, 0].long() != -1]
    labels = rows[:, 1].long()
    wrong = labels == param.background_label_id
    if not param.map_object_to_agnostic:
        wrong |= (labels < 0) | (labels >= param.num_classes)
    if wrong.any():
        layer.fail(
            f"ground truth has label {int(labels[wrong][0])}; expected 0 to "
            f"{param.num_classes - 1} without the background's {param.background_label_id}"
        )
    if not param.use_difficult_gt:
        easy = rows[:, 7] == 0
        rows, labels = rows[easy], labels[easy]
    picture = rows[:, 0].long()
    found = [picture == i for i in range(num)]
    return [Truth(rows[f, 3:7], labels[f]) if f.any() else None for f in found]


def positives(
    matches: Sequence[dict[int, Match]],
    truths: Sequence[Truth | None],
    param: caffe_pb2.MultiBoxLossParameter,
    device: torch.device,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return place, label and box of every match of a batch.

    Parameters
    ----------
    matches : one dict for each picture
        Set of locations -> Match.

    Returns
    -------
    (M, 2) int64, (M,) int64, (M, 4) float32
        The place is the number of the prior among those of all pictures, and the set.
    """
    places, labels, boxes = [], [], []
    for i, found in enumerate(matches):
        for c, match in found.items():
            prior = np.flatnonzero(match.found >= 0)
            places.append(np.stack([prior + i * len(match.found), np.full_like(prior, c)], 1))
            some = torch.from_numpy(match.found[prior])
            truth = truths[i]
            if truth is not None:
                labels.append(truth.labels[some])
                boxes.append(truth.boxes[some])
    if not places:
        empty = torch.empty(0, dtype=torch.int64, device=device)
        return empty.view(0, 2), empty, torch.empty((0, 4), device=device)
    label = torch.cat(labels)
    if param.map_object_to_agnostic:
        label = torch.full_like(label, param.background_label_id + 1)
    place = torch.from_numpy(np.concatenate(places))
    return place.to(device), label.to(device), torch.cat(boxes).to(device)


def match_boxes(
    truth: torch.Tensor, boxes: torch.Tensor, param: caffe_pb2.MultiBoxLossParameter
) -> Match:
    """Match boxes to the ground truth of one picture.

    First each ground truth gets the box that overlaps it most, the largest overlaps first; with
    PER_PREDICTION every other box then gets the ground truth that it overlaps most, if by
    overlap_threshold or more.

    Parameters
    ----------
    truth : (G, 4) on the CPU
    boxes : (P, 4) on the CPU
        Priors, or decoded predictions.
    """
    shares = overlap(boxes, truth).numpy()
    index = np.full(len(boxes), UNMATCHED)
    if param.ignore_cross_boundary_bbox:
        outside = ((boxes < 0) | (boxes > 1)).any(1).numpy()
        index[outside], shares[outside] = OUTSIDE, 0
    best = shares.max(1, initial=0)
    best[best <= LEAST] = 0
    left = np.where(shares > LEAST, shares, -1.0)
    for _ in range(len(truth)):
        box, mine = np.unravel_index(left.argmax(), left.shape)
        if left[box, mine] < 0:
            break
        index[box], best[box] = mine, shares[box, mine]
        left[box], left[:, mine] = -1, -1
    if param.match_type == _PARAM.PER_PREDICTION and len(truth):
        mine = shares.argmax(1)
        good = shares[np.arange(len(boxes)), mine]
        free = (index == UNMATCHED) & (good > LEAST)
        free &= good >= np.float32(param.overlap_threshold)
        index[free] = mine[free]
    return Match(index, best)


def mine(match: Match, loss: np.ndarray, param, suppress) -> tuple[np.ndarray, np.ndarray]:
    """Choose what to learn from in one picture.

    Parameters
    ----------
    match : Match
    loss : (P,) array
        Of each box as it is matched.
    suppress : callable or None
        Takes the numbers of boxes, largest loss first, and returns those that stay.

    Returns
    -------
    index, negatives
        Match.found, with HARD_EXAMPLE less the matches not chosen; the numbers of the boxes to be
        taught that they hold nothing.
    """
    hard = param.mining_type == _PARAM.HARD_EXAMPLE
    if hard:
        open_ = np.arange(len(loss))
        wanted = param.sample_size
    else:
        open_ = np.flatnonzero((match.found == UNMATCHED) & (match.overlap < param.neg_overlap))
        # In float32, as in the fork: 0.7 of 10 are 7.
        matched = np.float32((match.found >= 0).sum())
        wanted = max(0, int(matched * np.float32(param.neg_pos_ratio)))
    order = open_[np.argsort(-loss[open_], kind="stable")]
    if suppress is not None:
        order = suppress(order)
    chosen = np.zeros(len(loss), bool)
    chosen[order[:wanted]] = True
    index = np.where(~chosen & (match.found >= 0), UNMATCHED, match.found) if hard else match.found
    return index, np.flatnonzero(chosen & (match.found == UNMATCHED))
