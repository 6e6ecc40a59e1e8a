"""Regions of interest: rows (image, x1, y1, x2, y2) that pooling layers take as a bottom."""

import torch

from .axes import legacy_shape
from .labels import LabelReader, Labels
from .layer import Layer


class RoiReader:
    """Reads the regions in bottom 1 of `layer`: R x 5, or R x 5 x 1 x 1."""

    def __init__(self, layer: Layer):
        self.layer = layer
        self._images = LabelReader(layer, 1, what="image", among="images")

    def check(self, x: torch.Tensor, rois: torch.Tensor) -> int:
        """Return R, the number of regions; raise LayerError unless there are 5 values each."""
        if x.dim() != 4:
            self.layer.fail(f"takes maps of shape (N, C, H, W), given {tuple(x.shape)}")
        shape = legacy_shape(self.layer, rois.shape)
        if shape[1:] != (5, 1, 1):
            self.layer.fail(
                f"takes regions of shape (R, 5), each (image, x1, y1, x2, y2), given "
                f"{tuple(rois.shape)}"
            )
        return shape[0]

    def __call__(self, x: torch.Tensor, rois: torch.Tensor) -> tuple[Labels, torch.Tensor]:
        """Return the image of each region, as Labels, and its corners (R, 4) in float32."""
        rows = rois.reshape(-1, 5)
        return self._images(rows[:, 0], x.shape[0]), rows[:, 1:]


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
