"""Which prior box answers for which ground truth, and which priors to learn from (SSD).

Source: bbox_util.cpp of weiliu89/caffe, branch ssd: MatchBBox, MineHardExamples.
"""

from typing import NamedTuple

import numpy as np
import torch

from caffe.proto import caffe_pb2

from .boxes import overlap

UNMATCHED, OUTSIDE = -1, -2
_PARAM = caffe_pb2.MultiBoxLossParameter
LEAST = 1e-6  # a smaller overlap is none


class Match(NamedTuple):
    """For each of P boxes: the ground truth it answers for, UNMATCHED or OUTSIDE; its overlap."""

    index: np.ndarray
    overlap: np.ndarray


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
        Match.index, with HARD_EXAMPLE less the matches not chosen; the numbers of the boxes to be
        taught that they hold nothing.
    """
    hard = param.mining_type == _PARAM.HARD_EXAMPLE
    if hard:
        open_ = np.arange(len(loss))
        wanted = param.sample_size
    else:
        open_ = np.flatnonzero((match.index == UNMATCHED) & (match.overlap < param.neg_overlap))
        wanted = int((match.index >= 0).sum() * np.float32(param.neg_pos_ratio))
    order = open_[np.argsort(-loss[open_], kind="stable")]
    if suppress is not None:
        order = suppress(order)
    chosen = np.zeros(len(loss), bool)
    chosen[order[:wanted]] = True
    index = np.where(~chosen & (match.index >= 0), UNMATCHED, match.index) if hard else match.index
    return index, np.flatnonzero(chosen & (match.index == UNMATCHED))
