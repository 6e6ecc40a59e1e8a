"""Convolution by filters larger than their maps (FCN's fc6): matrix products, as BVLC's.

The CPU's library for convolutions first brings filters and their gradient into an order of its
own, and takes two to three times as long (a step of FCN-8s's fc6: 2.0 s against 1.0 s on 2 cores).
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from .windows import Windows

LARGE = 1 << 26  # bytes of filters from which this pays, and of windows laid out at a time


class Columns:
    """The windows of a padded x (N, C, H, W), laid out some rows of outputs at a time."""

    def __init__(self, x: torch.Tensor, windows: Windows):
        self.windows = windows
        self.x = F.pad(x, [p for pad in reversed(windows.pad) for p in (pad, pad)])
        self.outputs = windows.outputs(tuple(x.shape[2:]))

    def __iter__(self) -> Iterator[tuple[slice, slice, torch.Tensor]]:
        """Yield rows of outputs, the rows of x under them, and (C * kernel, N * outputs)."""
        w, (rows, columns) = self.windows, self.outputs
        one = 4 * len(self.x) * self.x.shape[1] * w.kernel[0] * w.kernel[1] * columns
        count = max(1, LARGE // one)
        for first in range(0, rows, count):
            last = min(first + count, rows)
            under = slice(first * w.stride[0], (last - 1) * w.stride[0] + w.extent[0])
            laid = F.unfold(self.x[:, :, under], w.kernel, w.dilation, 0, w.stride)
            yield slice(first, last), under, laid.transpose(0, 1).reshape(laid.shape[1], -1)


def convolve_large(x, weight, bias, windows: Windows) -> torch.Tensor:
    """Return the convolution of x (N, C, H, W) with weight (O, C, h, w)."""
    columns = Columns(x, windows)
    filters, shift = weight.flatten(1), None if bias is None else bias[:, None]
    y = x.new_empty((len(x), len(weight), *columns.outputs))
    for rows, _, laid in columns:
        part = filters @ laid if shift is None else torch.addmm(shift, filters, laid)
        y[:, :, rows] = part.view(len(weight), len(x), -1, y.shape[3]).transpose(0, 1)
    return y


def large_gradients(x, dy, weight, windows: Windows, mask, total: torch.Tensor | None):
    """Return the gradients by x and weight where `mask` asks for them; the second added to `total`.

    `total` is of weight's shape, None for zeros.
    """
    columns = Columns(x, windows)
    filters = weight.flatten(1)
    dx = torch.zeros_like(columns.x, dtype=torch.float32) if mask[0] else None
    dw = None if total is None else total.view(filters.shape)
    for rows, under, laid in columns:
        d = dy[:, :, rows].transpose(0, 1).reshape(len(weight), -1)
        if mask[1]:
            dw = d @ laid.t() if dw is None else dw.addmm_(d, laid.t())
        if dx is not None:
            part = dx[:, :, under]
            back = (filters.t() @ d).float().view(len(laid), len(x), -1).transpose(0, 1)
            w = windows
            part += F.fold(back, part.shape[2:], w.kernel, w.dilation, 0, w.stride)
    if dx is not None:
        dx = F.pad(dx, [-p for pad in reversed(windows.pad) for p in (pad, pad)])
    return dx, dw if dw is None else dw.view(weight.shape)
