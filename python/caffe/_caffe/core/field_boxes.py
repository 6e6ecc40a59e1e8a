"""What MS-CNN's layers share: boxes (x, y, width, height), and what is predicted of them.

Each place of a map predicts a box by its distance from a field, a box of one size around every
place (zhaoweicai/mscnn: detection_loss_layer.cpp, box_output_layer.cpp; BoxIOU in
math_functions.cpp).
"""

import math
from collections.abc import Iterable

import torch


def share(a: torch.Tensor, b: torch.Tensor, mode: str = "IOU") -> torch.Tensor:
    """Return the overlaps of boxes (..., 4), shapes broadcast, as shares of the union.

    mode "IOMU" takes shares of the smaller box, "IOFU" of a. Boxes without area overlap nothing.
    """
    start = torch.maximum(a[..., :2], b[..., :2])
    end = torch.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    both = (end - start).clamp(min=0).prod(-1)
    area, other = a[..., 2:].prod(-1), b[..., 2:].prod(-1)
    if mode == "IOMU":
        whole = torch.minimum(area, other)
    else:
        whole = area if mode == "IOFU" else area + other - both
    filled = (a[..., 2:] > 0).all(-1) & (b[..., 2:] > 0).all(-1)
    return torch.where(filled, both / whole, 0)


def mean_and_std(layer) -> tuple[torch.Tensor, torch.Tensor]:
    """Return bbox_reg_param's bbox_mean and bbox_std, 0 and 1 where they are not given, (4,)."""
    param = layer.layer_param.bbox_reg_param
    if not (param.bbox_mean and param.bbox_std):
        return torch.zeros(4), torch.ones(4)
    layer.check(
        len(param.bbox_mean) == len(param.bbox_std) == 4,
        f"bbox_mean and bbox_std have 4 values each, given {len(param.bbox_mean)} and "
        f"{len(param.bbox_std)}",
    )
    layer.check(min(param.bbox_std) > 0, "bbox_std must be positive")
    return torch.tensor(list(param.bbox_mean)), torch.tensor(list(param.bbox_std))


class Field:
    """The fields of one map, and the limits of what is predicted.

    Parameters
    ----------
    height, width, step : int
        Of a field, and how far fields are apart, in pixels.
    most_size, most_shift : float
        field_whr: a box is at most so many times larger or smaller than its field; field_xyr: its
        middle is at most 1 / field_xyr fields away.
    """

    def __init__(self, height: int, width: int, step: int, most_size: float, most_shift: float):
        self.size = torch.tensor([width, height], dtype=torch.float32)
        self.step = step
        shift, size = 1 / most_shift, math.log(most_size)
        self.limit = torch.tensor([shift, shift, size, size])

    def middles(self, like: torch.Tensor) -> torch.Tensor:
        """Return the middles (x, y) of the fields of a map (N, C, H, W), (2, H, W)."""
        y, x = ((torch.arange(n, device=like.device) + 0.5) * self.step for n in like.shape[2:])
        return torch.stack(torch.meshgrid(x, y, indexing="xy"))

    def boxes(self, prediction, mean, std) -> torch.Tensor:
        """Return the boxes (N, 4, H, W), (x, y, w, h) from their corner, of predictions."""
        limit = at_place(self.limit, prediction)
        value = prediction * at_place(std, prediction) + at_place(mean, prediction)
        value = torch.minimum(torch.maximum(value, -limit), limit)
        size = at_place(self.size, value)
        middle = value[:, :2] * size + self.middles(value)
        extent = size * value[:, 2:].exp()
        return torch.cat([middle - extent / 2, extent], 1)


def at_place(values: torch.Tensor | Iterable[float], like: torch.Tensor) -> torch.Tensor:
    """Return values of channels as (1, C, 1, 1), where `like` is."""
    return torch.as_tensor(values, device=like.device).view(1, -1, 1, 1)
