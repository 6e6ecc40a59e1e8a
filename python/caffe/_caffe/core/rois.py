"""Regions of interest: rows (image, x1, y1, x2, y2) that pooling layers take as a bottom."""

from collections.abc import Sequence

import torch

from .axes import check_maps, legacy_shape
from .labels import LabelReader, Labels
from .layer import Layer


class RoiReader:
    """Reads the regions in bottom 1 of `layer`: R x 5, or R x 5 x 1 x 1."""

    def __init__(self, layer: Layer):
        self.layer = layer
        self._images = LabelReader(layer, 1, what="image", among="images")

    def check(self, x: Sequence[int], rois: Sequence[int]) -> int:
        """Return R, the number of regions, of both shapes; LayerError unless they have 5 values."""
        check_maps(self.layer, x)
        count, *values = legacy_shape(self.layer, rois)
        if values != [5, 1, 1]:
            self.layer.fail(
                f"takes regions of shape (R, 5), each (image, x1, y1, x2, y2), given {rois}"
            )
        return count

    def __call__(self, x: torch.Tensor, rois: torch.Tensor) -> tuple[Labels, torch.Tensor]:
        """Return the image of each region, as Labels, and its corners (R, 4) in float32."""
        rows = rois.reshape(-1, 5)
        return self._images(rows[:, 0], x.shape[0]), rows[:, 1:]


def pooled_size(layer: Layer, param) -> tuple[int, int]:
    """Return pooled_h and pooled_w; raise LayerError where one is missing."""
    given = [field.name for field, _ in param.ListFields()]
    layer.check("pooled_size" not in given, "has no pooled_size (Intel's); set pooled_h, pooled_w")
    layer.check_positive(param, "pooled_h", "pooled_w")
    return param.pooled_h, param.pooled_w


def round_away(value: torch.Tensor) -> torch.Tensor:
    """Return `value` rounded as C's round does, halves away from zero, in double precision."""
    value = value.double()
    return value.sign() * (value.abs() + 0.5).floor()


def bin_edges(size: torch.Tensor, bins: int, start: torch.Tensor | float = 0) -> tuple:
    """Return where each of `bins` equal parts of regions begins and ends along one axis.

    Parameters
    ----------
    size : (R, 1) float32
        Of the regions, in pixels; their quotient by `bins` is float32, as in the forks.
    start : (R, 1) float32
        Added before rounding outwards.

    Returns
    -------
    (R, bins) float32 twice
        The first pixel, and the one after the last.
    """
    index = torch.arange(bins, device=size.device, dtype=torch.float32)
    part = size / bins
    return (index * part + start).floor(), ((index + 1) * part + start).ceil()


def bilinear_weights(at: torch.Tensor, size: int) -> torch.Tensor:
    """Return the weight of each of `size` pixels in the value at places (..., P), (..., P, size).

    Beyond the middle of the first and last pixel it is theirs, and 0 from half a pixel farther on.
    """
    inside = (at >= -0.5) & (at <= size - 0.5)
    pixels = torch.arange(size, device=at.device)
    weights = 1 - (at.clamp(0, size - 1).unsqueeze(-1) - pixels).abs()
    return weights.clamp_(min=0).mul_(inside.unsqueeze(-1))


def sample(x: torch.Tensor, images: Sequence[int], rows, columns) -> torch.Tensor:
    """Return (R, C, P, Q): of each region's image in x what its weights (P, H), (Q, W) take."""
    top = x.new_empty((len(images), x.shape[1], rows.shape[1], columns.shape[1]))
    for n, (i, row, column) in enumerate(zip(images, rows, columns, strict=True)):
        top[n] = row @ x[i] @ column.t()
    return top


def spread(x: torch.Tensor, dy: torch.Tensor, images: Sequence[int], rows, columns) -> torch.Tensor:
    """Return the gradient of `sample` by x."""
    dx = torch.zeros_like(x)
    for i, row, column, diff in zip(images, rows, columns, dy, strict=True):
        dx[i] += row.t() @ diff @ column
    return dx
