"""Caffe's pooling windows, counted and fitted at run time."""

from collections.abc import Sequence
from dataclasses import dataclass

from .graph import FLOAT, INT64, Graph


@dataclass(frozen=True)
class Windows:
    """Windows over the axes behind the channels (pooling_layer.cpp, Reshape).

    Attributes
    ----------
    kernel, stride, pad : sequence of int
        One for each axis.
    round_up : bool
        Whether a window that hangs over the map counts.
    drops : bool
        Whether one that begins behind the map and its first padding does not.
    """

    kernel: Sequence[int]
    stride: Sequence[int]
    pad: Sequence[int]
    round_up: bool
    drops: Sequence[bool]

    @property
    def attributes(self) -> dict:
        """What ONNX's pooling operators take."""
        return {"kernel_shape": self.kernel, "strides": self.stride}

    def _each(self):
        return enumerate(zip(self.kernel, self.stride, self.pad, strict=True))

    def counts(self, g: Graph, x: str) -> list[str]:
        """Return how many windows there are on each axis."""
        counts = []
        for i, (k, s, p) in self._each():
            size = g.size(x, 2 + i)
            room = g.add(size, g.ints(2 * p - k + (s - 1 if self.round_up else 0)))
            count = g.add(g.div(room, g.ints(s)), g.ints(1))
            if self.drops[i]:
                start = g.mul(g.sub(count, g.ints(1)), g.ints(s))
                behind = g.node("GreaterOrEqual", start, g.add(size, g.ints(p)))
                count = g.sub(count, g.cast(behind, INT64))
            counts.append(count)
        return counts

    def padded(self, g: Graph, x: str, value: float, counts: Sequence[str]) -> str:
        """Pad x so that exactly these windows fit."""
        ends = []
        for i, (k, s, p) in self._each():
            reach = g.add(g.mul(g.sub(counts[i], g.ints(1)), g.ints(s)), g.ints(k - p))
            ends.append(g.sub(reach, g.size(x, 2 + i)))
        axes = range(2, 2 + len(ends))
        return g.node("Pad", x, g.sizes(*self.pad, *ends), g.scalar(value), g.ints(*axes))

    def areas(self, g: Graph, x: str, counts: Sequence[str]) -> str:
        """Return each window's elements within the padded map, one axis for each of its own."""
        area = ""
        for i, (k, s, p) in self._each():
            start = g.mul(g.range(counts[i]), g.ints(s))
            limit = g.add(g.size(x, 2 + i), g.ints(2 * p))
            span = g.sub(g.node("Min", g.add(start, g.ints(k)), limit), start)
            area = g.mul(g.node("Unsqueeze", area, g.ints(-1)), span) if area else span
        return g.cast(area, FLOAT)
