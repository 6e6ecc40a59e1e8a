"""3x3 convolution by a quarter of the products: Winograd's F(4x4, 3x3) (Lavin, Gray; CVPR 2016).

For optimized nets on CPUs. Tiles of 6x6 values and the filters are transformed so that an output
tile of 4x4 takes 36 products of a channel instead of 144; the transforms' cost is that of sums.
Where tiles of 4x4 reach over a map's end by much, tiles of 3x3 (25 products of 81) may take fewer,
or tiles that end before it: the rows and columns left are multiplied as they stand. The points of
interpolation are chosen for float32: errors are twice those of products and sums alone (3e-6 of the
largest output; the paper's points, 0, 1, -1, 2, -2, give 1e-5).
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from .windows import Windows

TAPS = 3  # of a filter, along one axis
# In products of the direct way (measured on two CPUs):
OVERHEAD = 115  # a product of this way costs 1 + OVERHEAD (1 / C + 1 / O)
TRANSFORM = 1500  # a filter's transform
STRIP = 1 << 22  # values transformed at a time, to stay within the CPU's cache
PART = 1 << 24  # values of transformed filters at a time
CHANNELS = 128  # at least so many are multiplied at a time


class Tile(NamedTuple):
    """A size of tiles, and what transforms both axes at once.

    `outputs` along one axis come from `side` values; `values` are (side^2, side^2), `filters`
    (side^2, 9), `products` (outputs^2, side^2).
    """

    outputs: int
    side: int
    values: torch.Tensor
    filters: torch.Tensor
    products: torch.Tensor

    def cover(self, tops, windows: Windows) -> tuple["Axis", ...]:
        """Return how tiles lie along each axis of a top of (H, W) so that products are fewest."""
        axes = []
        for size, d in zip(tops, windows.dilation, strict=True):
            span = self.outputs * d
            counts = {max(1, size // span), math.ceil(math.ceil(size / d) / self.outputs)}
            axes.append([Axis(count, min(size, count * span)) for count in counts])
        return min(itertools.product(*axes), key=lambda some: self.cost(some, tops, windows))

    def cost(self, axes, tops, windows: Windows) -> int:
        """Return how many products of a channel and a filter this takes."""
        tiles = math.prod(windows.dilation) * math.prod(axis.tiles for axis in axes)
        rest = math.prod(tops) - math.prod(axis.covered for axis in axes)
        return tiles * self.side**2 + rest * TAPS**2


class Axis(NamedTuple):
    """Tiles along an axis: their count, and how many of the top's values they cover.

    With a dilation d, each d-th value is a map of its own, and the tiles of one are counted.
    """

    tiles: int
    covered: int


def _tile(*points: float) -> Tile:
    """Return the tile that interpolates at these points and at infinity."""
    at, outputs, side = np.array(points), len(points) - 1, len(points) + 1
    others = [np.delete(at, i) for i in range(len(at))]
    values = np.zeros((side, side))
    values[:-1, :-1] = [np.poly(rest)[::-1] for rest in others]
    values[-1] = np.poly(at)[::-1]
    filters = np.zeros((side, TAPS))
    scales = [np.prod(point - rest) for point, rest in zip(at, others, strict=True)]
    filters[:-1] = np.vander(at, TAPS, increasing=True) / np.array(scales)[:, None]
    products = np.zeros((outputs, side))
    products[:, :-1] = np.vander(at, outputs, increasing=True).T
    filters[-1, -1] = products[-1, -1] = 1
    both = (torch.from_numpy(np.kron(each, each)) for each in (values, filters, products))
    return Tile(outputs, side, *both)


TILES = (_tile(0, 0.6, -0.6, 1.5, -1.5), _tile(0, 0.7, -0.7, 1.6))


def best_tile(weight: torch.Tensor, sizes, windows: Windows) -> Tile | None:
    """Return the tile to convolve with, None where the direct way is faster.

    Parameters
    ----------
    weight
        Filters (O, C, 3, 3).
    sizes
        (H, W) of the bottom.
    windows
        Any over two axes.
    """
    w = windows  # 3x3 in steps of one, for the bottom and for the top's diff
    near = all(p <= (TAPS - 1) * d for p, d in zip(w.pad, w.dilation, strict=True))
    if (w.kernel, w.stride) != ((3, 3), (1, 1)) or not near:
        return None
    if weight.dtype != torch.float32:
        return None
    tops = windows.outputs(sizes)
    products, best = min(
        (tile.cost(tile.cover(tops, windows), tops, windows), i) for i, tile in enumerate(TILES)
    )
    # The direct way's libraries leave products by the padding's zeros out.
    direct = math.prod(map(_taps_inside, sizes, windows.pad, windows.dilation))
    product = 1 + OVERHEAD * sum(1 / n for n in weight.shape[:2])
    return TILES[best] if direct > product * products + TRANSFORM else None


def _taps_inside(size: int, pad: int, dilation: int) -> int:
    """Return how many taps along an axis meet a value, over all places."""
    places = size + 2 * pad - (TAPS - 1) * dilation
    starts = (tap * dilation - pad for tap in range(TAPS))
    return sum(max(0, min(size, start + places) - max(0, start)) for start in starts)


def transform(weight: torch.Tensor, tile: Tile) -> torch.Tensor:
    """Return filters (O, C, 3, 3) as (O, side^2, C)."""
    return tile.filters.to(weight.dtype) @ weight.flatten(2).mT


def convolve(x: torch.Tensor, weight: torch.Tensor, bias, windows: Windows, tile: Tile):
    """Return the convolution of x (N, C, H, W), channels last in memory.

    `weight` are filters (O, C, 3, 3), `bias` is (O,) or None; `tile` is `best_tile`'s.
    """
    outputs, channels, (height, width) = len(weight), x.shape[1], windows.outputs(x.shape[2:])
    y = x.new_empty((len(x), height, width, outputs))
    down, across = tile.cover((height, width), windows)
    strip = math.prod(windows.dilation) * across.tiles
    step = max(CHANNELS, min(STRIP // strip, PART // outputs) // tile.side**2)
    x = x.permute(0, 2, 3, 1)
    for first in range(0, channels, step):
        filters = transform(weight[:, first : first + step], tile)
        for item, top in zip(x[..., first : first + step], y, strict=True):
            covered = top[: down.covered, : across.covered]
            shift = None if first else bias
            _lay_tiles(item, filters, shift, windows, tile, (down, across), covered, first > 0)
    if down.covered * across.covered < height * width:
        _lay_rest(x, weight, bias, windows, (down, across), y)
    return y.permute(0, 3, 1, 2)


def adjoint(dy: torch.Tensor, weight: torch.Tensor, windows: Windows, tile: Tile) -> torch.Tensor:
    """Return the gradient by x of its convolution with filters (O, C, 3, 3)."""
    pad = ((TAPS - 1) * d - p for p, d in zip(windows.pad, windows.dilation, strict=True))
    turned = weight.transpose(0, 1).flip(2, 3)
    return convolve(dy, turned, None, windows._replace(pad=tuple(pad)), tile)


def _beneath(x, windows: Windows, rows: range, columns: range) -> torch.Tensor:
    """Return what of x (..., H, W, C) lies under these rows and columns of the top."""
    (top, left), (d, e) = windows.pad, windows.dilation
    below = rows.stop + (TAPS - 1) * d - top - x.shape[-3]
    right = columns.stop + (TAPS - 1) * e - left - x.shape[-2]
    return F.pad(x, (0, 0, left - columns.start, right, top - rows.start, below)).contiguous()


def _lay_rest(x, weight, bias, windows: Windows, axes, y) -> None:
    """Write what tiles do not cover of the convolution of x (N, H, W, C) into y, as it stands."""
    (height, width), (down, across) = y.shape[1:3], (axis.covered for axis in axes)
    (d, e), filters = windows.dilation, weight.permute(0, 2, 3, 1).flatten(1)
    below = range(down, height), range(width)
    beside = range(down), range(across, width)
    for rows, columns in (below, beside):
        under = _beneath(x, windows, rows, columns)
        item, row, column, _ = under.stride()
        taps = under.as_strided(
            (len(x), len(rows), len(columns), TAPS, TAPS, x.shape[3]),
            (item, row, column, row * d, column * e, 1),
        )
        there = y[:, rows.start : rows.stop, columns.start : columns.stop]
        there.copy_(F.linear(taps.flatten(3), filters, bias))


def _lay_tiles(x, filters, bias, windows: Windows, tile: Tile, axes, y, adds: bool) -> None:
    """Write the convolution of x (H, W, C) into y, or add it."""
    (_, width, outputs), channels = y.shape, x.shape[2]
    d, e = windows.dilation
    m, side = tile.outputs, tile.side
    down, across = (axis.tiles for axis in axes)
    x = _beneath(x, windows, range(d * down * m), range(e * across * m))
    rows, columns, _ = x.stride()
    count = max(1, STRIP // (side**2 * d * e * across * channels))
    for first in range(0, down, count):
        n = min(count, down - first)
        tiles = x.as_strided(
            (n, d, across, e, side, side, channels),
            (m * d * rows, rows, m * e * columns, columns, d * rows, e * columns, 1),
            first * m * d * rows,
        )
        values = tile.values.to(x.dtype) @ tiles.reshape(-1, side**2, channels)
        products = torch.bmm(values.transpose(0, 1), filters.permute(1, 2, 0))
        part = tile.products.to(x.dtype) @ products.transpose(0, 1)
        if bias is not None:
            part.view(-1, outputs).add_(bias)
        part = part.view(n, d, across, e, m, m, outputs).permute(0, 4, 1, 2, 5, 3, 6)
        there = y[first * m * d : (first + n) * m * d]
        part = part.reshape(n * m * d, -1, outputs)[: len(there), :width]
        there.add_(part) if adds else there.copy_(part)
