"""Anchors, and boxes predicted relative to them, in pixels (py-faster-rcnn, PVANet).

A box is (x1, y1, x2, y2) and its last pixel is its own: it is x2 - x1 + 1 wide.
"""

from collections.abc import Callable, Sequence

import torch

from .boxes import suppress


def make_anchors(
    base: int, ratios: Sequence[float], scales: Sequence[float], rounded: Callable = torch.round
) -> torch.Tensor:
    """Return boxes around the square (0, 0, base - 1, base - 1), ratios outermost.

    Parameters
    ----------
    base : int
        Side of the square, in pixels.
    ratios, scales : sequences of float
        Height / width, rounded to whole sides of the square's area; multiples of these sides.
    rounded : callable
        Rounds the sides; by default halves to the even number, as NumPy does.

    Returns
    -------
    (ratios * scales, 4) float64
    """
    ratio = torch.tensor(ratios, dtype=torch.float64).view(-1, 1)
    width = rounded((base**2 / ratio).sqrt())
    size = torch.stack([width, rounded(width * ratio)], 2)  # (ratios, 1, 2)
    half = (size * torch.tensor(scales, dtype=torch.float64).view(1, -1, 1) - 1) / 2
    middle = (base - 1) / 2
    return torch.cat([middle - half, middle + half], 2).view(-1, 4)


def at_each_place(anchors: torch.Tensor, stride: int, height: int, width: int) -> torch.Tensor:
    """Return the anchors moved to every place of a map, (height * width * anchors, 4)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    shift = (torch.stack([x, y, x, y], 2) * stride).view(-1, 1, 4)
    return (anchors + shift).view(-1, 4)


def rows(blob: torch.Tensor, values: int) -> torch.Tensor:
    """Return a map (1, A * values, H, W) as rows (H * W * A, values), as `at_each_place` goes."""
    return blob[0].permute(1, 2, 0).reshape(-1, values)


def encode(boxes: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return what must be predicted at `boxes` for `wanted`, (dx, dy, log dw, log dh), (M, 4)."""
    size, target = _size(boxes), _size(wanted)
    middle = wanted[:, :2] + target / 2 - boxes[:, :2] - size / 2
    return torch.cat([middle / size, (target / size).log()], 1)


def decode(boxes: torch.Tensor, prediction: torch.Tensor) -> torch.Tensor:
    """Return the boxes that `prediction` at `boxes` means, (M, 4)."""
    size = _size(boxes)
    middle = prediction[:, :2] * size + boxes[:, :2] + size / 2
    half = prediction[:, 2:].exp() * size / 2
    return torch.cat([middle - half, middle + half], 1)


def clip(boxes: torch.Tensor, height: float, width: float) -> torch.Tensor:
    """Return `boxes` with their corners moved into a picture."""
    most = boxes.new_tensor([width - 1, height - 1] * 2)
    return boxes.minimum(most).clamp(min=0)


def overlap(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the intersections over unions (A, B) of boxes a (A, 4) with boxes b (B, 4)."""
    end, start = torch.minimum(a[:, None, 2:], b[:, 2:]), torch.maximum(a[:, None, :2], b[:, :2])
    both = (end - start + 1).clamp_(min=0).prod(2)
    return both / (_size(a).prod(1)[:, None] + _size(b).prod(1) - both)


def best(
    boxes: torch.Tensor, scores: torch.Tensor, before: int, threshold: float, after: int
) -> torch.Tensor:
    """Return which boxes are left, best first.

    Parameters
    ----------
    boxes, scores : (M, 4) and (M,) float32, on the CPU
    before, after : int
        How many go into suppression, and come out of it; 0 or less for all.
    threshold : float
        A box goes whose overlap with a better one is larger.
    """
    order = scores.argsort(descending=True, stable=True)
    order = order[:before] if before > 0 else order
    stay = order[suppress(boxes[order], threshold, overlap=overlap)]
    return stay[:after] if after > 0 else stay


def _size(boxes):
    return boxes[:, 2:] - boxes[:, :2] + 1
