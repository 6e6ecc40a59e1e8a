"""What YOLO's layers share: maps of boxes (middle x, y, width, height) as shares of the picture.

eric612/MobileNet-YOLO (bbox_util.cpp, yolov3_layer.cpp). A map is (N, B (5 + K), H, W): for each of
B boxes x, y, log width, log height, objectness and K class scores.
"""

import torch


def overlap(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the intersections over unions of boxes (..., 4), shapes broadcast."""
    start = torch.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    end = torch.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    both = (end - start).clamp(min=0).prod(-1)
    return both / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both)


def split(layer, x: torch.Tensor, boxes: int, classes: int, index: int = 0) -> torch.Tensor:
    """Return a map as (N, B, 5 + K, H, W); raise LayerError where its channels do not fit."""
    wanted = boxes * (5 + classes)
    if x.dim() != 4 or x.shape[1] != wanted:
        layer.fail(
            f"bottom {index} must be (N, {wanted}, H, W), {boxes} boxes of 5 + {classes} values, "
            f"given {tuple(x.shape)}"
        )
    return x.view(len(x), boxes, 5 + classes, *x.shape[2:])


def boxes_of(x: torch.Tensor, y: torch.Tensor, log_size: torch.Tensor, anchors: torch.Tensor):
    """Return the boxes (N, B, H, W, 4) of a map.

    Parameters
    ----------
    x, y : (N, B, H, W)
        The middle within its place, 0 to 1.
    log_size : (N, B, 2, H, W)
        Logarithms of width and height relative to the anchors.
    anchors : (B, 2)
        Width and height as shares of the picture.
    """
    height, width = x.shape[2:]
    row = torch.arange(height, device=x.device).view(-1, 1)
    column = torch.arange(width, device=x.device)
    size = log_size.exp() * anchors.to(x).view(1, -1, 2, 1, 1)
    return torch.stack([(column + x) / width, (row + y) / height, size[:, :, 0], size[:, :, 1]], 4)


def pairs(layer, values, name: str, least: int) -> torch.Tensor:
    """Return a list of anchors' widths and heights as (A, 2); LayerError for fewer than `least`."""
    if len(values) % 2 or len(values) < 2 * least or not all(v > 0 for v in values):
        layer.fail(f"{name} has a positive width and height for each of {least} anchors or more, "
                   f"given {len(values)} values")  # fmt: skip
    return torch.tensor(list(values), dtype=torch.float32).view(-1, 2)
