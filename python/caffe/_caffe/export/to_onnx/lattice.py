"""The permutohedral lattice in ONNX's operators, step for step as core/permutohedral.py has it."""

import math
from collections.abc import Sequence

import numpy as np

from ...core.permutohedral import BLOCK
from .graph import INT64, Graph


def grid_features(g: Graph, size: str, sigmas: Sequence[float], image: str = "") -> str:
    """Return the pixels' features (2 + channels, H W): x, y and an image's channels (C, H, W).

    `size` is the list of height and width.
    """
    y, x = (g.cast(g.range(n)) for n in g.split(size, 0, 1, 1))
    planes = [
        g.reshape(g.node("Expand", v, size), 1, -1) for v in (x, g.node("Unsqueeze", y, g.ints(1)))
    ]
    if image:
        planes.append(g.reshape(image, len(sigmas) - 2, -1))
    return g.div(g.node("Concat", *planes, axis=0), g.floats(np.array(sigmas)[:, None]))


class Lattice:
    """The lattice around points with features (d, n); filters values (n, C) at them.

    Its grid has a row of zeros behind the vertices', which is read for absent neighbours.
    """

    def __init__(self, g: Graph, features: str, d: int):
        self.g, self.d = g, d
        points = g.size(features, 1)
        filled = g.node("Mod", g.node("Neg", points), g.ints(BLOCK))
        features = g.node("Pad", features, g.sizes(0, filled), "", g.ints(1))
        weights, keys, strides = self._locate(features)
        vertices, _, inverse, _ = g.nodes_out("Unique", 4, g.reshape(keys, -1), sorted=1)
        self.count = g.size(vertices, 0)
        self.rows = g.add(self.count, g.ints(1))
        corner = g.reshape(inverse, d + 1, -1)
        self.corners, self.weights = [], []
        for r in range(d + 1):
            for found, values in ((self.corners, corner), (self.weights, weights)):
                row = g.slice(g.at(values, r), 0, points, 0)
                found.append(g.node("Unsqueeze", row, g.ints(1)))
        self.neighbours = self._find_neighbours(vertices, strides)
        ones = g.node("Expand", g.scalar(1), g.sizes(points, 1))
        self.norm = g.div(g.scalar(1), g.add(self.filter(ones), g.scalar(1e-20)))

    def _locate(self, features: str) -> tuple[str, str, str]:
        """Return weights (d + 1, n), keys (d + 1, n) and strides (d,)."""
        g, d = self.g, self.d
        elevated, side = self._elevate(features), g.scalar(d + 1)
        inverse = g.scalar(1 / (d + 1))
        cell = g.node("Round", g.mul(elevated, inverse))
        low, strides = self._strides(cell)
        offset = g.sub(elevated, g.mul(cell, side))
        # Of two coordinates the lower one's rank grows, of equals the later one's.
        pairs = [g.node("Unsqueeze", offset, g.ints(axis)) for axis in (1, 0)]
        upper = g.floats(np.triu(np.ones((d + 1, d + 1)), 1)[..., None])
        lower = g.mul(g.cast(g.node("Less", *pairs)), upper)
        rank = g.add(g.reduce("ReduceSum", cell, (0,)), g.floats(np.arange(d + 1)[:, None]))
        rank = g.add(rank, g.reduce("ReduceSum", lower, (1,), keep=False))
        rank = g.sub(rank, g.reduce("ReduceSum", lower, (0,), keep=False))
        below, above = (
            g.cast(g.node(op, rank, g.scalar(limit))) for op, limit in (("Less", 0), ("Greater", d))
        )
        wrap = g.sub(below, above)
        cell = g.add(cell, wrap)
        rank = g.cast(g.add(rank, g.mul(wrap, side)), INT64)
        part = g.mul(g.sub(elevated, g.mul(cell, side)), inverse)
        part = g.node("ScatterElements", part, rank, part, axis=0)
        first, last = (g.slice(part, i, i + 1, 0) for i in (0, d))
        head, tail = (g.slice(part, i, i + d, 0) for i in (0, 1))
        weights = g.node(
            "Concat",
            g.add(last, g.sub(g.scalar(1), first)),
            g.flipped(g.sub(head, tail), 0),
            axis=0,
        )
        steps = g.mul(g.sub(self._first(g.cast(cell, INT64)), low), self._tall(strides))
        base = g.reduce("ReduceSum", steps, (0,))
        every = g.node("Expand", self._tall(g.sizes(strides, 0)), g.node("Shape", rank))
        by_rank = g.node("ScatterElements", every, rank, every, axis=0)
        less = g.node("CumSum", g.flipped(by_rank, 0), g.whole(0), exclusive=1)
        number = g.reshape(g.ints(*range(d + 1)), -1, 1)
        return weights, g.add(g.mul(g.sub(base, less), g.ints(d + 1)), number), strides

    def _first(self, rows: str) -> str:
        return self.g.slice(rows, 0, self.d, 0)

    def _tall(self, values: str) -> str:
        return self.g.node("Unsqueeze", values, self.g.ints(1))

    def _elevate(self, features: str) -> str:
        g, d = self.g, self.d
        deviation = np.float32(math.sqrt(2 / 3) * (d + 1))
        rows, total = [], g.mul(g.slice(features, 0, 1, 0), g.scalar(0))
        for j in range(d, 0, -1):
            scale = np.float32(1 / math.sqrt(j * (j + 1)) * float(deviation))
            scaled = g.mul(g.slice(features, j - 1, j, 0), g.scalar(float(scale)))
            rows.append(g.sub(total, g.mul(scaled, g.scalar(j))))
            total = g.add(total, scaled)
        return g.node("Concat", total, *reversed(rows), axis=0)

    def _strides(self, cell: str) -> tuple[str, str]:
        """Return each coordinate's lowest cell less 3, (d, 1), and its stride, (d,)."""
        g, cells = self.g, self._first(cell)
        least, most = (
            g.cast(g.reduce(op, cells, (1,)), INT64) for op in ("ReduceMin", "ReduceMax")
        )
        span = g.reshape(g.add(g.sub(most, least), g.ints(6)), -1)
        strides = [g.ints(1)]
        for i in range(self.d - 1):
            strides.append(g.mul(strides[-1], g.slice(span, i, i + 1, 0)))
        return g.sub(least, g.ints(3)), g.sizes(*strides)

    def _find_neighbours(self, vertices: str, strides: str) -> list[tuple[str, str]]:
        """Return, for each axis, the vertices' neighbours (V + 1,) before and behind."""
        g, corners = self.g, self.d + 1
        last = g.sub(
            g.ints(corners - 1), g.mul(g.reduce("ReduceSum", strides, (0,)), g.ints(corners))
        )
        inner = g.node("Greater", g.node("Mod", vertices, g.ints(corners)), g.ints(0))
        down = g.add(vertices, g.node("Where", inner, g.ints(-1), last))
        wanted = [
            g.add(down, g.mul(g.slice(strides, i, i + 1, 0), g.ints(corners)))
            for i in range(self.d)
        ]
        keys = g.node("Concat", vertices, *wanted, down, axis=0)
        values, _, place, _ = g.nodes_out("Unique", 4, keys, sorted=1)
        parts = g.reshape(place, corners + 1, -1)
        here = g.range(self.count)
        nobody = g.node("Expand", self.count, g.node("Shape", values))
        vertex = g.node("ScatterElements", nobody, g.at(parts, 0), here, axis=0)
        found = []
        for i in range(corners):
            (before,) = g.rows(g.at(parts, i + 1), vertex)
            behind = g.node("Expand", self.count, self.rows)
            behind = g.node("ScatterElements", behind, before, here, axis=0)
            behind = g.sizes(g.slice(behind, 0, self.count, 0), self.count)
            found.append((g.sizes(before, self.count), behind))
        return found

    def filter(self, values: str) -> str:
        """Return the filtered values (n, C)."""
        g = self.g
        grid = g.node("Expand", g.scalar(0), g.sizes(self.rows, g.size(values, 1)))
        shape = g.node("Shape", values)
        for vertex, weight in zip(self.corners, self.weights, strict=True):
            index = g.node("Expand", vertex, shape)
            spread = g.mul(values, weight)
            grid = g.node("ScatterElements", grid, index, spread, axis=0, reduction="add")
        for pair in self.neighbours:
            near = g.add(*(g.rows(index, grid)[0] for index in pair))
            grid = g.add(grid, g.mul(near, g.scalar(0.5)))
        scale = g.scalar(1 / (1 + 2.0**-self.d))
        total = ""
        for vertex, weight in zip(self.corners, self.weights, strict=True):
            (part,) = g.rows(g.node("Squeeze", vertex, g.ints(1)), grid)
            part = g.mul(part, g.mul(weight, scale))
            total = g.add(total, part) if total else part
        return total

    def average(self, values: str) -> str:
        """Return the filtered values, each point's weights scaled so that they sum to 1."""
        return self.g.mul(self.filter(values), self.norm)
