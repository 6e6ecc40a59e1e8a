"""The smooth L1 function of Fast R-CNN, and the check that losses of boxes share."""

from collections.abc import Sequence

import torch

from .axes import legacy_shape
from .layer import Layer


def smooth_l1(d: torch.Tensor, sigma: float = 1.0) -> torch.Tensor:
    """Return sigma^2 d^2 / 2 where |d| < 1 / sigma^2, |d| - 1 / (2 sigma^2) elsewhere."""
    square = sigma * sigma
    size = d.abs()
    return torch.where(size < 1 / square, 0.5 * square * d * d, size - 0.5 / square)


def smooth_l1_slope(d: torch.Tensor, sigma: float = 1.0) -> torch.Tensor:
    """Return the derivative of `smooth_l1`: sigma^2 d, at most 1 in size."""
    return (d * (sigma * sigma)).clamp(-1, 1)


def check_alike(layer: Layer, bottoms: Sequence[Sequence[int]]) -> tuple[int, int, int, int]:
    """Return (num, channels, height, width), the one shape that all bottoms must have.

    LayerError where one has another (smooth_L1_loss_layer.cpp, Reshape).
    """
    shapes = [legacy_shape(layer, shape) for shape in bottoms]
    for i, shape in enumerate(shapes):
        layer.check(
            shape == shapes[0],
            f"bottoms must have one shape; bottom 0 has {bottoms[0]}, bottom {i} {bottoms[i]}",
        )
    return shapes[0]
