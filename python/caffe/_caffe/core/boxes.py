"""Boxes (xmin, ymin, xmax, ymax) as SSD computes with them: overlap, coding, suppression.

Source: bbox_util.cpp of weiliu89/caffe, branch ssd. Coordinates are shares of the picture, 0 to 1.
"""

import math
from collections.abc import Callable

import numpy as np
import torch

from ...proto import caffe_pb2

CORNER = caffe_pb2.PriorBoxParameter.CORNER
CENTER_SIZE = caffe_pb2.PriorBoxParameter.CENTER_SIZE
PAIRS = 1 << 18  # of boxes compared at once


def area(boxes: torch.Tensor, border: float = 0) -> torch.Tensor:
    """Return the areas of boxes (..., 4), at least 0; sides grow by `border` (1 for pixels)."""
    width, height = (boxes[..., i + 2] - boxes[..., i] for i in (0, 1))
    return torch.where((width < 0) | (height < 0), 0, (width + border) * (height + border))


def overlap(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return intersections over unions (A, B) of boxes (A, 4) and (B, 4), 0 where they are apart.

    NaN where both are so large that their areas are infinite.
    """
    union = area(a).unsqueeze(1) + area(b)
    both, tall = _shared_sides(a, b)
    both.clamp_(min=0).mul_(tall.clamp_(min=0))
    return torch.where(both > 0, both / union.sub_(both), 0)


def pixel_overlap(a: torch.Tensor, b: torch.Tensor, border: float) -> torch.Tensor:
    """Return `overlap` of boxes in pixels, where sides hold their last pixel, too (JaccardOverlap).

    Boxes that are apart share one pixel, in SSD's code. `border` is 1, or 0 where the areas of the
    boxes themselves leave the last pixels out: the result may then be above 1, or negative.
    """
    across, down = _shared_sides(a, b)
    apart = (across < 0) | (down < 0)
    both = torch.where(apart, 1, (across + 1) * (down + 1))
    return both / (area(a, border).unsqueeze(1) + area(b, border) - both)


def _shared_sides(a: torch.Tensor, b: torch.Tensor) -> list[torch.Tensor]:
    """Return widths and heights (A, B) of intersections, negative between boxes that are apart."""
    a, b = a.t().contiguous().unsqueeze(2), b.t().contiguous()  # rows of coordinates: fast
    return [torch.minimum(a[i + 2], b[i + 2]).sub_(torch.maximum(a[i], b[i])) for i in (0, 1)]


def encode(boxes, priors, variances, code: int, variance_in_target: bool) -> torch.Tensor:
    """Return what a net should predict at each prior for its box, all (M, 4) (EncodeBBox)."""
    size = priors[:, 2:] - priors[:, :2]
    if code == CENTER_SIZE:
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2 - (priors[:, :2] + priors[:, 2:]) / 2
        scale = ((boxes[:, 2:] - boxes[:, :2]) / size).log()
        target = torch.cat([middle / size, scale], 1)
    else:
        target = boxes - priors
        if code != CORNER:
            target = target / size.repeat(1, 2)
    return target if variance_in_target else target / variances


def decode(prediction, priors, variances, code: int, variance_in_target: bool) -> torch.Tensor:
    """Return the boxes (..., P, 4) that predictions (..., P, 4) at priors (P, 4) mean (DecodeBBox).

    Priors may have leading axes, too, that fit the predictions'.
    """
    if not variance_in_target:
        prediction = prediction * variances
    if code == CORNER:
        return priors + prediction
    size = priors[..., 2:] - priors[..., :2]
    if code != CENTER_SIZE:
        return priors + prediction * torch.cat([size, size], -1)
    middle = prediction[..., :2] * size + (priors[..., :2] + priors[..., 2:]) / 2
    half = prediction[..., 2:].exp() * size / 2
    return torch.cat([middle - half, middle + half], -1)


def suppress(
    boxes: torch.Tensor, threshold: float, eta: float = 1.0, overlap: Callable = overlap
) -> list[int]:
    """Non-maximum suppression: return which boxes stay, in order (ApplyNMSFast).

    Parameters
    ----------
    boxes : (M, 4) on the CPU
        Best first.
    threshold : float
        A box goes whose overlap with one that stays is larger.
    eta : float
        Multiplies the threshold with each box that stays, as long as it is above 0.5.
    overlap : callable
        Returns the overlaps (A, B) of better boxes (A, 4) with others (B, 4).
    """
    if len(boxes) < 2:
        return list(range(len(boxes)))
    if eta < 1:
        return _suppress_shrinking(boxes, threshold, eta, overlap)
    stay: list[int] = []
    left = np.arange(len(boxes))  # not yet decided on
    while len(left):
        block = PAIRS // len(left) + 1
        over = overlap(boxes[:block], boxes).numpy() > np.float32(threshold)
        bits = np.packbits(over, axis=1, bitorder="little")
        rows, width = bits.tobytes(), bits.shape[1]
        gone = 0  # bit i is set once box i overlaps one that stays
        for i in range(len(bits)):
            if not gone >> i & 1:
                stay.append(int(left[i]))
                gone |= int.from_bytes(rows[i * width : (i + 1) * width], "little")
        if block >= len(left):
            break
        flags = np.frombuffer(gone.to_bytes(width, "little"), np.uint8)
        kept = np.unpackbits(flags, bitorder="little", count=len(left))[block:] == 0
        left, boxes = left[block:][kept], boxes[block:][torch.from_numpy(kept)]
    return stay


def _suppress_shrinking(boxes, threshold, eta, overlap) -> list[int]:
    """As `suppress`, comparing each box by the threshold of its turn."""
    stay: list[int] = []
    worst = np.zeros(len(boxes), np.float32)  # the largest overlap with a box that stays
    for i in range(len(boxes)):
        if worst[i] <= np.float32(threshold):
            stay.append(i)
            row = overlap(boxes[i : i + 1], boxes[i:])[0].numpy()
            np.maximum(worst[i:], row, out=worst[i:])
            if threshold > 0.5:
                threshold = float(np.float32(threshold) * np.float32(eta))  # float, as there
    return stay


def priors_and_variances(blob: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return item 0 of a PriorBox top (1, 2, 4 P) as priors (P, 4) and variances (P, 4)."""
    boxes, variances = blob[0].reshape(2, -1, 4).unbind(0)
    return boxes, variances


def check_sizes(layer, priors: torch.Tensor, code: int) -> None:
    """Raise LayerError where a prior (P, 4) has no width or height, which `code` divides by."""
    if code != CORNER and (priors[:, 2:] <= priors[:, :2]).any():
        layer.fail("bottom 2 has a prior without width or height; its boxes cannot be coded")


def check_predictions(layer, location, confidence, prior, classes: int, shared: bool) -> int:
    """Return the number of priors P; raise LayerError where the predictions do not fit them.

    Parameters
    ----------
    location, confidence, prior : shapes
        (N, P 4), or (N, P classes 4) without `shared`; (N, P classes); (1, 2, P 4).
    """
    if len(prior) < 3 or prior[1] != 2 or prior[2] % 4:
        layer.fail(f"bottom 2 must be PriorBox's (1, 2, 4 P), given {prior}")
    priors, num = prior[2] // 4, location[0] if location else "N"
    wanted = priors * 4 * (1 if shared else classes), priors * classes
    for i, (shape, size) in enumerate(zip((location, confidence), wanted, strict=True)):
        rows = len(shape) > 1 and shape[1] == size == math.prod(shape[1:])
        if not rows or shape[0] != num:
            layer.fail(
                f"bottom {i} must be ({num}, {size}) for {priors} priors and num_classes "
                f"{classes}, given {shape}"
            )
    return priors
