"""What YOLO's layers share: maps of boxes (middle x, y, width, height) as shares of the picture.

eric612/MobileNet-YOLO (bbox_util.cpp, yolov3_layer.cpp). A map is (N, B (5 + K), H, W): for each of
B boxes x, y, log width, log height, objectness and K class scores.
"""

from collections.abc import Sequence

import numpy as np
import torch


def overlap(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the intersections over unions of boxes (..., 4), shapes broadcast."""
    start = torch.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    end = torch.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    both = (end - start).clamp(min=0).prod(-1)
    return both / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both)


def largest_overlap(boxes: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Return by how much each of the boxes (B, H, W, 4) overlaps one of the true ones (M, 4)."""
    if not len(true):
        return torch.zeros_like(boxes[..., 0])
    return overlap(true.to(boxes).view(-1, 1, 1, 1, 4), boxes).amax(0)


def suppress_at(threshold: float) -> float:
    """Return the threshold of core/boxes.py's `suppress` by which boxes go at this one itself."""
    return float(np.nextafter(np.float32(threshold), np.float32(-1)))


def check_map(layer, shape: Sequence[int], boxes: int, classes: int, index: int = 0) -> None:
    """Raise LayerError unless the shape of bottom `index` is that of a map."""
    wanted = boxes * (5 + classes)
    if len(shape) != 4 or shape[1] != wanted:
        layer.fail(
            f"bottom {index} must be (N, {wanted}, H, W), {boxes} boxes of 5 + {classes} values, "
            f"given {tuple(shape)}"
        )


def boxes_of(middle: torch.Tensor, log_size: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Return the boxes (N, B, H, W, 4) of a map.

    Parameters
    ----------
    middle : (N, B, 2, H, W)
        Its x and y within its place, 0 to 1.
    log_size : (N, B, 2, H, W)
        Logarithms of width and height relative to the anchors.
    anchors : (B, 2)
        Width and height as shares of the picture.
    """
    height, width = middle.shape[3:]
    row = torch.arange(height, device=middle.device).view(-1, 1)
    column = torch.arange(width, device=middle.device)
    x, y = (column + middle[:, :, 0]) / width, (row + middle[:, :, 1]) / height
    size = log_size.exp() * anchors.to(x).view(1, -1, 2, 1, 1)
    return torch.stack([x, y, size[:, :, 0], size[:, :, 1]], 4)


def until_zero(rows: torch.Tensor, column: int) -> torch.Tensor:
    """Return the rows before the first that has 0 in this column."""
    zero = torch.nonzero(rows[:, column] == 0)
    return rows[: zero[0]] if len(zero) else rows


def pairs(layer, values, name: str, least: int) -> torch.Tensor:
    """Return a list of anchors' widths and heights as (A, 2); LayerError for fewer than `least`."""
    if len(values) % 2 or len(values) < 2 * least or not all(v > 0 for v in values):
        layer.fail(f"{name} has a positive width and height for each of {least} anchors or more, "
                   f"given {len(values)} values")  # fmt: skip
    return torch.tensor(list(values), dtype=torch.float32).view(-1, 2)
