"""Layers that pick and join parts of blobs: BatchReindex, Concat, Filter, Slice."""

from collections.abc import Sequence

import torch

from ..core.axes import canonical_axis, count
from ..core.layer import Layer, register


def _copy(x: torch.Tensor) -> torch.Tensor:
    return x.clone(memory_format=torch.contiguous_format)


class _OneAxis(Layer):
    """Concat and Slice: `axis`, or its older unsigned name, says where."""

    def setup_axis(self, param, legacy: str) -> None:
        self.legacy = legacy if param.HasField(legacy) else None
        both = self.legacy and param.HasField("axis")
        self.check(not both, f"takes axis or {legacy}, not both")
        self.axis_given = getattr(param, legacy) if self.legacy else param.axis

    def axis_of(self, shape: Sequence[int]) -> int:
        return canonical_axis(self, self.axis_given, shape, self.legacy or "axis")


@register("BatchReindex")
class BatchReindex(Layer):
    """top[i] = bottom 0[bottom 1[i]]: pick, repeat or drop items of a batch."""

    bottoms = (2, 2)
    no_gradient = frozenset({1})

    def forward(self, x, index):
        self.check(index.dim() == 1, f"bottom 1 must be a list, given shape {tuple(index.shape)}")
        self.check(x.dim() > 0, "bottom 0 must have at least 1 axis, a scalar was given")
        index = index.long()
        # Looked at on the host, as BVLC's GPU version does: a wrong one would end the CUDA context.
        wrong = (index < 0) | (index >= x.shape[0])
        if not self.shapes_only and wrong.any():
            batch, indices = self.layer_param.bottom
            self.fail(
                f"index {int(index[wrong][0])} in '{indices}' is outside the {x.shape[0]} items of "
                f"'{batch}'"
            )
        return x.index_select(0, index)

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check(not propagate_down[1], "no gradient reaches the indices it takes")
        diff = torch.zeros_like(bottom[0])
        return [diff.index_add_(0, bottom[1].long(), top_diff[0]), None]


@register("Concat")
class Concat(_OneAxis):
    """The bottoms one after the other along `axis` (concat_layer.cpp)."""

    bottoms = (1, None)

    @property
    def shares_data(self):
        """With one bottom there is nothing to copy."""
        return len(self.layer_param.bottom) == 1

    @property
    def any_layout(self):
        """Unless its top is its only bottom's memory."""
        return not self.shares_data

    def setup(self, *bottom):
        self.setup_axis(self.layer_param.concat_param, "concat_dim")

    def reshape(self, *shapes):
        first = shapes[0]
        axis = self.axis_of(first)
        for i, shape in enumerate(shapes):
            if (*shape[:axis], *shape[axis + 1 :]) != (*first[:axis], *first[axis + 1 :]):
                self.fail(
                    f"bottom {i} has shape {shape}, bottom 0 has {first}; they may differ on axis "
                    f"{axis} alone"
                )
        return [(*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])]

    def forward(self, *bottom):
        if len(bottom) == 1:
            return bottom[0]
        if not all(x.is_contiguous() for x in bottom):  # torch.cat would lose channels last
            bottom = tuple(x.contiguous(memory_format=torch.channels_last) for x in bottom)
        return torch.cat(bottom, self.axis_of(bottom[0].shape))

    def backward(self, propagate_down, bottom, top, top_diff):
        if len(bottom) == 1:
            return [top_diff[0]]
        axis = self.axis_of(bottom[0].shape)
        parts = top_diff[0].split([b.shape[axis] for b in bottom], axis)
        return [
            _copy(part) if down else None for part, down in zip(parts, propagate_down, strict=True)
        ]


@register("Filter")
class Filter(Layer):
    """The items of each bottom whose entry in the last bottom, the selector, is not 0."""

    bottoms = (2, None)
    tops = (1, None)

    @property
    def no_gradient(self):
        """No gradient reaches the selector."""
        return frozenset({len(self.layer_param.bottom) - 1})

    def setup(self, *bottom):
        tops = len(self.layer_param.top)
        self.check(
            tops == len(bottom) - 1,
            f"takes one top per bottom but the selector; {len(bottom)} bottoms, {tops} tops given",
        )

    def forward(self, *bottom):
        *items, selector = bottom
        shape = tuple(selector.shape)
        self.check(
            len(shape) > 0 and count(shape, 1) == 1,
            f"the selector must be a list, its other axes being 1; given shape {shape}",
        )
        for i, x in enumerate(items):
            self.check(
                x.shape[:1] == selector.shape[:1],
                f"bottom {i} has shape {tuple(x.shape)}, the selector {shape}; axis 0 differs",
            )
        if self.shapes_only:  # all of them until forward knows which (filter_layer.cpp, Reshape)
            return tuple(items)
        chosen = self._chosen(selector)
        return tuple(x.index_select(0, chosen) for x in items)

    def _chosen(self, selector):
        return selector.reshape(-1).nonzero().squeeze(1)

    def backward(self, propagate_down, bottom, top, top_diff):
        """The selected items take their diffs, the others zero."""
        *downs, selector_down = propagate_down
        self.check(not selector_down, "no gradient reaches its selector")
        chosen = self._chosen(bottom[-1])
        diffs = [
            torch.zeros_like(x).index_copy_(0, chosen, dy) if down else None
            for x, dy, down in zip(bottom, top_diff, downs, strict=False)
        ]
        return [*diffs, None]


@register("Slice")
class Slice(_OneAxis):
    """The bottom cut along `axis`, evenly or before each `slice_point` (slice_layer.cpp)."""

    tops = (1, None)

    @property
    def shares_data(self):
        """With one top there is nothing to copy."""
        return len(self.layer_param.top) == 1

    def setup(self, x):
        param = self.layer_param.slice_param
        self.setup_axis(param, "slice_dim")
        self.points, self.parts = list(param.slice_point), len(self.layer_param.top)
        self.check(
            len(self.points) in (0, self.parts - 1),
            f"{self.parts} tops take {self.parts - 1} slice_points or none, given {self.points}",
        )

    def forward(self, x):
        axis = self.axis_of(x.shape)
        sizes = self._sizes(x.shape[axis], f"axis {axis} of bottom shape {tuple(x.shape)}")
        if self.parts == 1:
            return x
        return tuple(_copy(part) for part in x.split(sizes, axis))

    def _sizes(self, whole, where):
        if not self.points:
            self.check(
                whole % self.parts == 0, f"{where} does not split evenly into {self.parts} tops"
            )
            return [whole // self.parts] * self.parts
        edges = [0, *self.points, whole]
        sizes = [b - a for a, b in zip(edges, edges[1:], strict=False)]
        self.check(
            min(sizes[:-1]) > 0 and sizes[-1] >= 0 and self.parts <= whole,
            f"slice_points {self.points} must rise within {where}",
        )
        return sizes

    def backward(self, propagate_down, bottom, top, top_diff):
        if self.parts == 1:
            return [top_diff[0]]
        return [torch.cat(top_diff, self.axis_of(bottom[0].shape))]
