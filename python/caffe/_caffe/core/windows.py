"""Where filters and pools lie on a map, and the convolution that torch does not have.

Shapes and tensors only; the layers read the settings and raise the errors.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch.backends import mkldnn


class Reach(NamedTuple):
    """How a layer's outputs lie over its bottom on one spatial axis.

    `pads` tells whether what lies beyond the map counts as zeros (a convolution's padding).
    """

    extent: int
    stride: int
    pad: int
    pads: bool


POINTWISE = (Reach(1, 1, 0, False),) * 2


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

    def places(self, sizes: tuple[int, ...], device: torch.device) -> list[torch.Tensor]:
        """Return (outputs, kernel) on each axis: the elements in each window, `size` if outside."""
        places = []
        for i, (size, count) in enumerate(zip(sizes, self.outputs(sizes), strict=True)):
            start = torch.arange(count, device=device) * self.stride[i] - self.pad[i]
            at = start[:, None] + torch.arange(self.kernel[i], device=device) * self.dilation[i]
            places.append(torch.where((at >= 0) & (at < size), at, size))
        return places


def convolve_pointwise(x, weight, bias, w: Windows, group: int) -> torch.Tensor:
    """Return torch.convolution by 1x1 filters, which is slower with one thread (CPU, float32)."""
    if mkldnn.enabled:
        return torch.mkldnn_convolution(x, weight, bias, w.pad, w.stride, w.dilation, group)
    return torch.convolution(x, weight, bias, w.stride, w.pad, w.dilation, False, (0, 0), group)


def gather_windows(
    x: torch.Tensor, places: Sequence[torch.Tensor], value: float = 0.0
) -> torch.Tensor:
    """Lay out x (N, C, *sizes) by windows: axis i has the elements `places[i]`, one after another.

    The element behind the last is `value`. However far a window reaches out of the map, only what
    is laid out takes memory.
    """
    x = F.pad(x, (0, 1) * len(places), value=value)
    for axis, at in enumerate(places, 2):
        x = x.index_select(axis, at.flatten())
    return x


def scatter_windows(dx: torch.Tensor, places: Sequence[torch.Tensor], sizes) -> torch.Tensor:
    """Return the gradient of `gather_windows` by its x of these spatial sizes."""
    for axis, (at, size) in enumerate(zip(places, sizes, strict=True), 2):
        whole = dx.new_zeros((*dx.shape[:axis], size + 1, *dx.shape[axis + 1 :]))
        dx = whole.index_add_(axis, at.flatten(), dx).narrow(axis, 0, size)
    return dx


def im2col(x: torch.Tensor, windows: Windows) -> torch.Tensor:
    """Lay out the windows of x (N, C, *sizes) as (N, C * kernel elements, *outputs)."""
    places = windows.places(x.shape[2:], x.device)
    outputs = [len(at) for at in places]
    axes = len(outputs)
    split = [n for pair in zip(outputs, windows.kernel, strict=True) for n in pair]
    x = gather_windows(x, places).reshape(*x.shape[:2], *split)
    x = x.permute(0, 1, *range(3, 3 + 2 * axes, 2), *range(2, 2 + 2 * axes, 2))
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
        return list(torch.autograd.grad(convolve(at[0], at[1], windows, group), at, y))


class PoolingPlan(NamedTuple):
    """How windows lie on maps of one size.

    `native`: torch's pooling lays the same windows when given kernel, stride, pad and
    ceil. Else the map is first brought to its windows: by padding (or cutting) it by `edges`, in
    the order of `F.pad`, or, where the windows reach much farther than the map (`taken`), by taking
    out what each of them holds.
    """

    sizes: tuple[int, int]
    outputs: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int]
    ceil: bool
    native: bool
    edges: tuple[int, int, int, int]
    taken: bool = False

    @property
    def held(self) -> tuple[int, int]:
        """The most elements of the map that a window holds on each axis."""
        return min(self.kernel[0], self.sizes[0]), min(self.kernel[1], self.sizes[1])

    @property
    def options(self) -> tuple:
        """Kernel, stride and padding for torch."""
        if self.taken:
            return self.held, self.held, (0, 0)
        return self.kernel, self.stride, self.pad if self.native else (0, 0)

    @property
    def rounds_up(self) -> bool:
        """Ceil mode for torch."""
        return self.native and self.ceil

    def areas(self, x: torch.Tensor) -> torch.Tensor:
        """Return each window's element count, the padding of x included (not what is beyond)."""
        spans = []
        for i, size in enumerate(self.sizes):
            start = torch.arange(self.outputs[i], device=x.device) * self.stride[i]
            end = (start + self.kernel[i]).clamp(max=size + 2 * self.pad[i])
            spans.append(end - start)
        return spans[0][:, None] * spans[1]

    def padded(self, x: torch.Tensor, value: float) -> torch.Tensor:
        """Return x as torch is to see it."""
        if self.taken:
            return gather_windows(x, self._places(x.device), value)
        return x if self.native else F.pad(x, self.edges, value=value)

    def cut(self, dx: torch.Tensor) -> torch.Tensor:
        """Return the map's part of the gradient of `padded`."""
        if self.taken:
            return scatter_windows(dx, self._places(dx.device), self.sizes)
        return dx if self.native else F.pad(dx, [-e for e in self.edges])

    def padded_sizes(self) -> tuple[int, int]:
        """Return the spatial sizes of what `padded` returns."""
        if self.taken:
            return self.outputs[0] * self.held[0], self.outputs[1] * self.held[1]
        left, right, top, bottom = (0,) * 4 if self.native else self.edges
        return self.sizes[0] + top + bottom, self.sizes[1] + left + right

    def found(self, index: torch.Tensor) -> torch.Tensor:
        """Convert indices in `padded`'s plane to indices in the map's."""
        if self.native:
            return index
        width = self.padded_sizes()[1]
        row, column = index // width, index % width
        if self.taken:
            rows, columns = (at.flatten() for at in self._places(index.device))
            row, column = rows[row], columns[column]
        else:
            row, column = row - self.edges[2], column - self.edges[0]
        return row * self.sizes[1] + column

    def _places(self, device: torch.device) -> list[torch.Tensor]:
        """Return (outputs, held) on each axis: a window's elements, `size` where it holds fewer."""
        places = []
        for i, size in enumerate(self.sizes):
            start = torch.arange(self.outputs[i], device=device) * self.stride[i] - self.pad[i]
            start = start[:, None]
            at = start.clamp(min=0) + torch.arange(self.held[i], device=device)
            places.append(torch.where(at < start + self.kernel[i], at.clamp(max=size), size))
        return places


def lay_windows(sizes, kernel, stride, pad, ceil: bool, native=True) -> PoolingPlan:
    """Lay windows on maps of `sizes` by Caffe's rule (pooling_layer.cpp, Reshape).

    `native` tells whether torch's own pooling may be used where it lays the same windows.
    """
    outputs, edges = [], []
    for size, k, s, p in zip(sizes, kernel, stride, pad, strict=True):
        room = size + 2 * p - k
        count = native_count = (-(-room // s) if ceil else room // s) + 1
        if (count - 1) * s >= size + p:
            # The last window starts behind the map. torch drops it; Caffe does so only where
            # there is padding, be it on the other axis.
            native_count -= 1
            count -= any(pad)
        outputs.append(count)
        edges = [p, (count - 1) * s + k - size - p, *edges]
        # torch takes no more padding than half a kernel, and walks through it.
        native = native and count == native_count and 2 * p <= k and p <= size
    plan = PoolingPlan(
        tuple(sizes), tuple(outputs), kernel, stride, pad, ceil, native, tuple(edges)
    )
    if native:
        return plan
    return min(plan, plan._replace(taken=True), key=lambda p: math.prod(p.padded_sizes()))
