"""3x3 convolution by a quarter of the products: Winograd's F(4x4, 3x3) (Lavin, Gray; CVPR 2016).

For optimized nets on CPUs. Tiles of 6x6 values and the filters are transformed so that an output
tile of 4x4 takes 36 products of a channel instead of 144; the transforms' cost is that of sums. The
points of interpolation are chosen for float32: errors are twice those of products and sums alone
(3e-6 of the largest output; the paper's points, 0, 1, -1, 2, -2, give 1e-5).
"""

import numpy as np
import torch
import torch.nn.functional as F

from .windows import Windows

POINTS = (0.0, 0.6, -0.6, 1.5, -1.5)
OUTPUTS, TAPS = 4, 3  # of a tile, along one axis
SIDE = OUTPUTS + TAPS - 1
CHANNELS = 128  # from so many in and out it pays
MEMORY = 1 << 26  # bytes of transformed filters, kept or at a time
STRIP = 1 << 21  # values of transformed tiles made at a time, to stay within the CPU's cache


def _one_axis() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what transforms a tile's values (6, 6), filters (6, 3) and products (4, 6)."""
    points = np.array(POINTS)
    others = [np.delete(points, i) for i in range(len(points))]
    values = np.zeros((SIDE, SIDE))
    values[:-1, :-1] = [np.poly(rest)[::-1] for rest in others]
    values[-1] = np.poly(points)[::-1]
    filters = np.zeros((SIDE, TAPS))
    scales = [np.prod(point - rest) for point, rest in zip(points, others, strict=True)]
    filters[:-1] = np.vander(points, TAPS, increasing=True) / np.array(scales)[:, None]
    products = np.zeros((OUTPUTS, SIDE))
    products[:, :-1] = np.vander(points, OUTPUTS, increasing=True).T
    filters[-1, -1] = products[-1, -1] = 1
    return values, filters, products


# Of both axes at once: (36, 36), (36, 9), (16, 36).
_VALUES, _FILTERS, _PRODUCTS = (torch.from_numpy(np.kron(each, each)) for each in _one_axis())


def suits(windows: Windows) -> bool:
    """Tell whether windows of the bottom, and of the top's diff, are 3x3 and close together."""
    w = windows
    return (w.kernel, w.stride, w.dilation) == ((3, 3), (1, 1), (1, 1)) and max(w.pad) <= 2


def pays(weight: torch.Tensor) -> bool:
    """Tell whether filters (O, C, 3, 3) are to be transformed."""
    plain = weight.dim() == 4 and weight.dtype == torch.float32
    return plain and min(weight.shape[:2]) >= CHANNELS


def fits(weight: torch.Tensor) -> bool:
    """Tell whether filters (O, C, 3, 3) are few enough to be kept transformed."""
    return weight.shape[1] <= _channels_at_a_time(len(weight))


def _channels_at_a_time(outputs: int) -> int:
    return max(1, MEMORY // (4 * SIDE**2 * outputs))


def transform(weight: torch.Tensor) -> torch.Tensor:
    """Return filters (O, C, 3, 3) as (36, O, C)."""
    flat = weight.flatten(2).flatten(0, 1)
    return (_FILTERS.to(flat.dtype) @ flat.t()).view(-1, *weight.shape[:2])


def convolve(x: torch.Tensor, filters: torch.Tensor, bias, pad) -> torch.Tensor:
    """Return the convolution of x (N, C, H, W), channels last in memory.

    `filters` are (O, C, 3, 3), or transformed, (36, O, C); `bias` is (O,) or None; `pad` the zeros
    on either side of H and W.
    """
    height, width = (size + 2 * p - TAPS + 1 for size, p in zip(x.shape[2:], pad, strict=True))
    ready = filters.dim() == 3
    outputs = filters.shape[1] if ready else len(filters)
    step = x.shape[1] if ready else _channels_at_a_time(outputs)
    y = x.new_empty((len(x), height, width, outputs))
    for first in range(0, x.shape[1], step):
        part = filters if ready else transform(filters[:, first : first + step])
        for item, top in zip(x[:, first : first + step].permute(0, 2, 3, 1), y, strict=True):
            _convolve_item(item, part, None if first else bias, pad, top, adds=first > 0)
    return y.permute(0, 3, 1, 2)


def adjoint(dy: torch.Tensor, weight: torch.Tensor, pad) -> torch.Tensor:
    """Return the gradient by x of its convolution with filters (O, C, 3, 3)."""
    turned = weight.transpose(0, 1).flip(2, 3)
    return convolve(dy, turned, None, [TAPS - 1 - p for p in pad])


def _convolve_item(x, filters, bias, pad, y, adds: bool) -> None:
    """Write the convolution of x (H, W, C) into y, or add it."""
    (height, width, outputs), channels = y.shape, x.shape[2]
    down, across = -(-height // OUTPUTS), -(-width // OUTPUTS)
    bottom, right = (
        n * OUTPUTS + TAPS - 1 - size - p
        for n, size, p in zip((down, across), x.shape, pad, strict=False)
    )
    x = F.pad(x, (0, 0, pad[1], right, pad[0], bottom))
    rows, columns, _ = x.stride()
    count = max(1, STRIP // (SIDE**2 * across * channels))
    for first in range(0, down, count):
        n = min(count, down - first)
        tiles = x.as_strided(
            (SIDE, SIDE, n, across, channels),
            (rows, columns, OUTPUTS * rows, OUTPUTS * columns, 1),
            first * OUTPUTS * rows,
        )
        values = _VALUES.to(x.dtype) @ tiles.reshape(SIDE**2, -1)
        products = torch.bmm(values.view(SIDE**2, -1, channels), filters.transpose(1, 2))
        part = _PRODUCTS.to(x.dtype) @ products.view(SIDE**2, -1)
        if bias is not None:
            part.view(-1, outputs).add_(bias)
        part = part.view(OUTPUTS, OUTPUTS, n, across, outputs).permute(2, 0, 3, 1, 4)
        there = y[first * OUTPUTS : (first + n) * OUTPUTS]
        part = part.reshape(n * OUTPUTS, -1, outputs)[: len(there), :width]
        there.add_(part) if adds else there.copy_(part)
