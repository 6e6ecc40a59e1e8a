"""3x3 convolution by a quarter of the products: Winograd's F(4x4, 3x3) (Lavin, Gray; CVPR 2016).

For optimized nets on CPUs. Tiles of 6x6 values and the filters are transformed so that an output
tile of 4x4 takes 36 products of a channel instead of 144; the transforms' cost is that of sums.
Where tiles of 4x4 overlap a map's end by much, 3x3 (25 products of 81) may take fewer. The points
of interpolation are chosen for float32: errors are twice those of products and sums alone (3e-6 of
the largest output; the paper's points, 0, 1, -1, 2, -2, give 1e-5).
"""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from .windows import Windows

TAPS = 3  # of a filter, along one axis
CHANNELS = 128  # from so many in and out it pays
OVERHEAD = 1.5  # what a product of this way costs, of the direct one's (measured on two CPUs)
TRANSFORM = 1700  # products that transforming one filter costs
STRIP = 1 << 21  # values transformed at a time, to stay within the CPU's cache
PART = 1 << 24  # values of transformed filters at a time


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

    def cover(self, sizes, windows: Windows) -> list[int]:
        """Return how many tiles cover a top of (H, W) along each axis.

        With a dilation d, each d-th value along an axis is a map of its own, and one is counted.
        """
        spans = zip(sizes, windows.dilation, strict=True)
        return [math.ceil(math.ceil(size / d) / self.outputs) for size, d in spans]


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
    if weight.dtype != torch.float32 or min(weight.shape[:2]) < CHANNELS:
        return None
    tops, maps = windows.outputs(sizes), math.prod(windows.dilation)
    products, best = min(
        (tile.side**2 * maps * math.prod(tile.cover(tops, windows)), i)
        for i, tile in enumerate(TILES)
    )
    # The direct way's libraries leave products by the padding's zeros out.
    direct = math.prod(map(_taps_inside, sizes, windows.pad, windows.dilation))
    return TILES[best] if direct > OVERHEAD * products + TRANSFORM else None


def _taps_inside(size: int, pad: int, dilation: int) -> int:
    """Return how many taps along an axis meet a value, over all places."""
    places = size + 2 * pad - (TAPS - 1) * dilation
    starts = (tap * dilation - pad for tap in range(TAPS))
    return sum(max(0, min(size, start + places) - max(0, start)) for start in starts)


def transform(weight: torch.Tensor, tile: Tile) -> torch.Tensor:
    """Return filters (O, C, 3, 3) as (side^2, O, C)."""
    flat = weight.flatten(2).flatten(0, 1)
    return (tile.filters.to(flat.dtype) @ flat.t()).view(-1, *weight.shape[:2])


def convolve(x: torch.Tensor, weight: torch.Tensor, bias, windows: Windows, tile: Tile):
    """Return the convolution of x (N, C, H, W), channels last in memory.

    `weight` are filters (O, C, 3, 3), `bias` is (O,) or None; `tile` is `best_tile`'s.
    """
    outputs, tops = len(weight), windows.outputs(x.shape[2:])
    y = x.new_empty((len(x), *tops, outputs))
    strip = math.prod(windows.dilation) * tile.cover(tops, windows)[1]
    step = max(CHANNELS, min(STRIP // strip, PART // outputs) // tile.side**2)
    for first in range(0, x.shape[1], step):
        some = slice(first, first + step)
        filters = transform(weight[:, some], tile)
        for item, top in zip(x[:, some].permute(0, 2, 3, 1), y, strict=True):
            _convolve_item(item, filters, None if first else bias, windows, tile, top, first > 0)
    return y.permute(0, 3, 1, 2)


def adjoint(dy: torch.Tensor, weight: torch.Tensor, windows: Windows, tile: Tile) -> torch.Tensor:
    """Return the gradient by x of its convolution with filters (O, C, 3, 3)."""
    pad = ((TAPS - 1) * d - p for p, d in zip(windows.pad, windows.dilation, strict=True))
    turned = weight.transpose(0, 1).flip(2, 3)
    return convolve(dy, turned, None, windows._replace(pad=tuple(pad)), tile)


def _convolve_item(x, filters, bias, windows: Windows, tile: Tile, y, adds: bool) -> None:
    """Write the convolution of x (H, W, C) into y, or add it."""
    (height, width, outputs), channels = y.shape, x.shape[2]
    (top, left), (d, e) = windows.pad, windows.dilation
    m, side = tile.outputs, tile.side
    down, across = tile.cover((height, width), windows)
    below = d * (down * m + TAPS - 1) - len(x) - top
    right = e * (across * m + TAPS - 1) - x.shape[1] - left
    x = F.pad(x, (0, 0, left, right, top, below))
    rows, columns, _ = x.stride()
    count = max(1, STRIP // (side**2 * d * e * across * channels))
    for first in range(0, down, count):
        n = min(count, down - first)
        tiles = x.as_strided(
            (side, side, n, d, across, e, channels),
            (d * rows, e * columns, m * d * rows, rows, m * e * columns, columns, 1),
            first * m * d * rows,
        )
        values = tile.values.to(x.dtype) @ tiles.reshape(side**2, -1)
        products = torch.bmm(values.view(side**2, -1, channels), filters.transpose(1, 2))
        part = tile.products.to(x.dtype) @ products.view(side**2, -1)
        if bias is not None:
            part.view(-1, outputs).add_(bias)
        part = part.view(m, m, n, d, across, e, outputs).permute(2, 0, 3, 4, 1, 5, 6)
        there = y[first * m * d : (first + n) * m * d]
        part = part.reshape(n * m * d, -1, outputs)[: len(there), :width]
        there.add_(part) if adds else there.copy_(part)
