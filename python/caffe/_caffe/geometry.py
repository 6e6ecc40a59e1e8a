"""Where filters and pools lie on a map, and the convolution that torch does not have.

Shapes and tensors only; the layers read the settings and raise the errors.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F


class Windows(NamedTuple):
    """Where a filter is laid: one entry per spatial axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def extent(self) -> tuple[int, ...]:
        """How many elements a filter spans on each axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def outputs(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the output sizes of a convolution."""
        # C's division cuts toward zero (conv_layer.cpp): a filter that overhangs the padded input
        # by less than its stride is still laid once.
        return tuple(
            int((size + 2 * p - e) / s) + 1
            for size, e, s, p in zip(sizes, self.extent, self.stride, self.pad, strict=True)
        )

    def inputs(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the sizes that a deconvolution gives `sizes`."""
        return tuple(
            s * (size - 1) + e - 2 * p
            for size, e, s, p in zip(sizes, self.extent, self.stride, self.pad, strict=True)
        )

    def overhang(self, sizes: tuple[int, ...]) -> list[int] | None:
        """Return what `F.pad` must add behind each axis for one window to fit, None if nothing."""
        missing = [
            max(0, e - size - 2 * p)
            for size, e, p in zip(sizes, self.extent, self.pad, strict=True)
        ]
        return [n for m in reversed(missing) for n in (0, m)] if any(missing) else None


def im2col(x: torch.Tensor, windows: Windows) -> torch.Tensor:
    """Lay out the windows of x (N, C, *sizes) as (N, C * kernel elements, *outputs)."""
    axes = len(windows.kernel)
    x = F.pad(x, [p for p in reversed(windows.pad) for _ in range(2)])
    for axis, (extent, stride) in enumerate(zip(windows.extent, windows.stride, strict=True)):
        x = x.unfold(2 + axis, extent, stride)
    x = x[(..., *(slice(None, None, d) for d in windows.dilation))]
    outputs = x.shape[2 : 2 + axes]
    x = x.permute(0, 1, *range(2 + axes, 2 + 2 * axes), *range(2, 2 + axes))
    return x.reshape(x.shape[0], x.shape[1] * math.prod(windows.kernel), *outputs)


def convolve(x, weight, windows: Windows, group: int) -> torch.Tensor:
    """Convolve x (N, C, *sizes) with weight (O, C / group, *kernel) on any number of axes."""
    columns = im2col(x, windows)
    n, outputs = columns.shape[0], columns.shape[2:]
    filters = weight.reshape(group, weight.shape[0] // group, -1)
    y = filters @ columns.reshape(n, group, filters.shape[2], -1)
    return y.reshape(n, weight.shape[0], *outputs)


def convolve_adjoint(x, weight, y, windows: Windows, group: int) -> list[torch.Tensor]:
    """Return the gradients of <convolve(x, weight), y> by x and by weight."""
    with torch.enable_grad():
        at = [t.detach().requires_grad_() for t in (x, weight)]
        return list(torch.autograd.grad(convolve(*at, windows, group), at, y))


class Plan(NamedTuple):
    """How windows lie on maps of one size.

    `native` tells that torch's pooling lays the same windows when given kernel, stride, pad and
    ceil. Else the map is first brought to its windows by padding (or cutting) it by `edges`, in
    the order of `F.pad`.
    """

    outputs: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int]
    ceil: bool
    native: bool
    edges: tuple[int, int, int, int]

    @property
    def options(self) -> tuple:
        """Kernel, stride and padding for torch."""
        return self.kernel, self.stride, self.pad if self.native else (0, 0)

    @property
    def rounds_up(self) -> bool:
        """Ceil mode for torch."""
        return self.native and self.ceil

    def areas(self, x: torch.Tensor) -> torch.Tensor:
        """Return each window's element count, the padding of x included (not what is beyond)."""
        spans = []
        for i, size in enumerate(x.shape[2:]):
            start = torch.arange(self.outputs[i], device=x.device) * self.stride[i]
            end = (start + self.kernel[i]).clamp(max=size + 2 * self.pad[i])
            spans.append(end - start)
        return spans[0][:, None] * spans[1]

    def padded(self, x: torch.Tensor, value: float) -> torch.Tensor:
        """Return x as torch is to see it."""
        return x if self.native else F.pad(x, self.edges, value=value)

    def cut(self, dx: torch.Tensor) -> torch.Tensor:
        """Return the map's part of the gradient of `padded`."""
        return dx if self.native else F.pad(dx, [-e for e in self.edges])


def lay_windows(sizes, kernel, stride, pad, ceil: bool, by_hand=False) -> Plan:
    """Lay windows on maps of `sizes` by Caffe's rule (pooling_layer.cpp, Reshape)."""
    outputs, edges, native = [], [], not by_hand
    for size, k, s, p in zip(sizes, kernel, stride, pad, strict=True):
        room = size + 2 * p - k
        count = torchs = (-(-room // s) if ceil else room // s) + 1
        if (count - 1) * s >= size + p:
            # The last window starts behind the map. torch drops it; Caffe does so only where
            # there is padding, be it on the other axis.
            torchs -= 1
            count -= any(pad)
        outputs.append(count)
        edges = [p, (count - 1) * s + k - size - p, *edges]
        native = native and count == torchs and 2 * p <= k
    return Plan(tuple(outputs), kernel, stride, pad, ceil, native, tuple(edges))
