"""Axes and counts of a shape, as blob.hpp names them."""

import math
from collections.abc import Sequence

import torch

from .layer import Layer


def canonical_axis(layer: Layer, axis: int, shape: Sequence[int], what: str = "axis") -> int:
    """Return `axis` counted from the front; negative ones count from the back.

    LayerError where the shape has no such axis (blob.hpp, CanonicalAxisIndex).
    """
    axes = len(shape)
    if not -axes <= axis < axes:
        expected = f"{-axes} to {axes - 1}" if axes else "a bottom that has axes"
        layer.fail(
            f"{what} {axis} is out of range for bottom shape {tuple(shape)}; expected {expected}"
        )
    return axis % axes


def count(shape: Sequence[int], start: int = 0, end: int | None = None) -> int:
    return math.prod(shape[start:end])


def as_rows(x: torch.Tensor) -> torch.Tensor:
    """Return x (N, ...) as (N, K), also where N is 0."""
    return x.reshape(x.shape[0], count(x.shape, 1))


def check_maps(layer: Layer, *shapes: Sequence[int]) -> None:
    """Raise LayerError unless each bottom's shape is (N, C, H, W)."""
    for i, shape in enumerate(shapes):
        layer.check(
            len(shape) == 4,
            f"takes maps of shape (N, C, H, W), bottom {i} has shape {tuple(shape)}",
        )


def legacy_shape(layer: Layer, shape: Sequence[int]) -> tuple[int, int, int, int]:
    """Return a shape of at most four axes as (num, channels, height, width), absent axes being 1.

    More are a LayerError (blob.hpp, LegacyShape).
    """
    if len(shape) > 4:
        layer.fail(f"takes bottoms of at most 4 axes, one has shape {tuple(shape)}")
    num, channels, height, width = [*shape, 1, 1, 1, 1][:4]
    return num, channels, height, width


def as_four_axes(layer: Layer, *bottom: torch.Tensor) -> list[torch.Tensor]:
    """Return the bottoms as (num, channels, height, width), absent axes being 1."""
    return [x.view(legacy_shape(layer, x.shape)) for x in bottom]
