"""Layers that move or copy data: Concat, Slice, Split, Tile, Reshape, Flatten and the like.

What Caffe shares is returned as the bottom's own memory, what it copies is copied: a later
in-place layer then changes the same blobs here and there.
"""

import torch

from ..core.axes import canonical_axis, count
from ..core.layer import Layer, register


def _copy(x: torch.Tensor) -> torch.Tensor:
    return x.clone(memory_format=torch.contiguous_format)


class _OneAxis(Layer):
    """Concat and Slice: `axis`, or its older unsigned name, says where."""

    def setup_axis(self, param, legacy: str) -> None:
        """Read the axis."""
        self.legacy = legacy if param.HasField(legacy) else None
        both = self.legacy and param.HasField("axis")
        self.check(not both, f"takes axis or {legacy}, not both")
        self.axis_given = getattr(param, legacy) if self.legacy else param.axis

    def axis_of(self, x: torch.Tensor) -> int:
        """Return the axis, counted from the front."""
        return canonical_axis(self, self.axis_given, x.shape, self.legacy or "axis")


@register("BatchReindex")
class BatchReindex(Layer):
    """top[i] = bottom 0[bottom 1[i]]: pick, repeat or drop items of a batch."""

    bottoms = (2, 2)
    no_gradient = frozenset({1})

    def forward(self, x, index):
        """Return the picked items."""
        self.check(index.dim() == 1, f"bottom 1 must be a list, given shape {tuple(index.shape)}")
        self.check(x.dim() > 0, "bottom 0 must have at least 1 axis, a scalar was given")
        index = index.long()
        # Looked at on the host, as BVLC's GPU version does: a wrong one would end the CUDA context.
        if not self.shapes_only and ((index < 0) | (index >= x.shape[0])).any():
            wrong = index[(index < 0) | (index >= x.shape[0])][0]
            batch, indices = self.layer_param.bottom
            self.fail(
                f"index {int(wrong)} in '{indices}' is outside the {x.shape[0]} items of '{batch}'",
            )
        return x.index_select(0, index)

    def backward(self, propagate_down, bottom, top, top_diff):
        """Each item gathers the diffs of its uses."""
        self.check(not propagate_down[1], "no gradient reaches the indices it takes")
        if not propagate_down[0]:
            return [None, None]
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

    def setup(self, *bottom):
        """Read the axis."""
        self.setup_axis(self.layer_param.concat_param, "concat_dim")

    def forward(self, *bottom):
        """Return the bottoms as one."""
        axis = self.axis_of(bottom[0])
        return bottom[0] if len(bottom) == 1 else torch.cat(bottom, axis)

    def backward(self, propagate_down, bottom, top, top_diff):
        """Each bottom's diff is its part of the top's."""
        if len(bottom) == 1:
            return [top_diff[0]]
        axis = self.axis_of(bottom[0])
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
        """Hold the tops to the bottoms."""
        tops = len(self.layer_param.top)
        self.check(
            tops == len(bottom) - 1,
            f"takes one top per bottom but the selector; {len(bottom)} bottoms, {tops} tops given",
        )

    def forward(self, *bottom):
        """Return the selected items of each bottom."""
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


@register("Flatten")
class Flatten(Layer):
    """The axes from `axis` to `end_axis` as one; the top is the bottom's memory."""

    shares_data = True

    def setup(self, x):
        """Read the axes; refuse to work in place."""
        self.check(not self.in_place, "cannot work in place; give its top another name")
        param = self.layer_param.flatten_param
        self.axis, self.end_axis = param.axis, param.end_axis

    def forward(self, x):
        """Return the bottom in its new shape."""
        return x.view(self.new_shape(tuple(x.shape)))

    def backward(self, propagate_down, bottom, top, top_diff):
        """The diff is shared as the data is."""
        return [top_diff[0].view(bottom[0].shape)]

    def new_shape(self, shape):
        """Return the top's shape."""
        start = canonical_axis(self, self.axis, shape)
        end = canonical_axis(self, self.end_axis, shape, "end_axis") + 1
        # One axis of size 1 appears where end_axis stands just before axis (blob.hpp, count).
        self.check(start <= end, f"axis {self.axis} lies behind end_axis {self.end_axis}")
        return (*shape[:start], count(shape, start, end), *shape[end:])


@register("Reshape")
class Reshape(Flatten):
    """The same values in another shape (reshape_layer.cpp).

    `shape` replaces `num_axes` axes from `axis` on: 0 copies the bottom's size, -1 is worked out.
    """

    def setup(self, x):
        """Read the new shape; refuse to work in place."""
        super().setup(x)
        param = self.layer_param.reshape_param
        self.axis, self.num_axes, self.dims = param.axis, param.num_axes, list(param.shape.dim)
        self.check(self.dims.count(-1) <= 1, f"shape {self.dims} has more than one -1")
        self.check(min(self.dims, default=0) >= -1, f"shape {self.dims} has a size below -1")
        self.check(self.num_axes >= -1, f"num_axes must be at least -1, given {self.num_axes}")

    def new_shape(self, shape):
        """Return the top's shape."""
        # Unlike elsewhere, `axis` may point behind the last axis (-1 does).
        start = self.axis if self.axis >= 0 else len(shape) + self.axis + 1
        end = len(shape) if self.num_axes == -1 else start + self.num_axes
        self.check(
            0 <= start <= end <= len(shape),
            f"axis {self.axis} with num_axes {self.num_axes} is out of range for shape {shape}",
        )
        middle = [self._copied(shape, start + i) if d == 0 else d for i, d in enumerate(self.dims)]
        top = [*shape[:start], *middle, *shape[end:]]
        known = count([d for d in top if d != -1])
        if -1 in middle and known and count(shape) % known == 0:
            top[start + middle.index(-1)] = count(shape) // known
        self.check(
            -1 not in top and count(top) == count(shape),
            f"bottom shape {shape} with {count(shape)} values cannot take the shape {tuple(top)}",
        )
        return tuple(top)

    def _copied(self, shape, axis):
        self.check(
            axis < len(shape),
            f"shape {self.dims} copies axis {axis} (size 0), which bottom shape {shape} lacks",
        )
        return shape[axis]


@register("Silence")
class Silence(Layer):
    """Takes blobs that nobody else does, so that they are not the net's outputs."""

    bottoms = (1, None)
    tops = (0, 0)

    def forward(self, *bottom):
        """Return nothing."""
        return ()

    def backward(self, propagate_down, bottom, top, top_diff):
        """The diffs are zero."""
        return [None] * len(bottom)


@register("Slice")
class Slice(_OneAxis):
    """The bottom cut along `axis`, evenly or before each `slice_point` (slice_layer.cpp)."""

    tops = (1, None)

    @property
    def shares_data(self):
        """With one top there is nothing to copy."""
        return len(self.layer_param.top) == 1

    def setup(self, x):
        """Read where to cut."""
        param = self.layer_param.slice_param
        self.setup_axis(param, "slice_dim")
        self.points, self.parts = list(param.slice_point), len(self.layer_param.top)
        self.check(
            len(self.points) in (0, self.parts - 1),
            f"{self.parts} tops take {self.parts - 1} slice_points or none, given {self.points}",
        )

    def forward(self, x):
        """Return the parts."""
        axis = self.axis_of(x)
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
        """The diff is the tops' diffs, put together."""
        if not propagate_down[0]:
            return [None]
        return [top_diff[0] if self.parts == 1 else torch.cat(top_diff, self.axis_of(bottom[0]))]


@register("Split")
class Split(Layer):
    """The bottom to several readers; their diffs are added (split_layer.cpp)."""

    tops = (1, None)
    shares_data = True

    def setup(self, x):
        """Refuse to work in place."""
        self.check(not self.in_place, "cannot work in place; give its tops other names")
        self.readers = len(self.layer_param.top)

    def forward(self, x):
        """Return the bottom once per top."""
        return (x,) * self.readers

    def backward(self, propagate_down, bottom, top, top_diff):
        """The diff is the sum of the tops' diffs."""
        if not propagate_down[0]:
            return [None]
        if len(top_diff) == 1:
            return [top_diff[0].clone()]
        total = top_diff[0] + top_diff[1]
        for diff in top_diff[2:]:
            total.add_(diff)
        return [total]


@register("Tile")
class Tile(Layer):
    """The bottom `tiles` times over along `axis` (tile_layer.cpp)."""

    def setup(self, x):
        """Read the number of tiles; it must be given."""
        param = self.layer_param.tile_param
        self.axis, self.tiles = param.axis, param.tiles
        self.check(self.tiles > 0, f"needs 'tiles', a positive number; given {self.tiles}")

    def forward(self, x):
        """Return the repeated bottom."""
        axis = canonical_axis(self, self.axis, x.shape)
        return x.repeat([self.tiles if i == axis else 1 for i in range(x.dim())])
