"""Layers that share or repeat data: Flatten, Reshape, Silence, Split, Tile.

What Caffe shares is returned as the bottom's own memory, what it copies is copied: a later
in-place layer then changes the same blobs here and there.
"""

from ..core.axes import canonical_axis, count
from ..core.layer import Layer, register


@register("Flatten")
class Flatten(Layer):
    """The axes from `axis` to `end_axis` as one; the top is the bottom's memory."""

    shares_data = True

    def setup(self, x):
        self.check(not self.in_place, "cannot work in place; give its top another name")
        param = self.layer_param.flatten_param
        self.axis, self.end_axis = param.axis, param.end_axis

    def forward(self, x):
        return x.view(self.new_shape(tuple(x.shape)))

    def backward(self, propagate_down, bottom, top, top_diff):
        """The diff is shared as the data is."""
        return [top_diff[0].view(bottom[0].shape)]

    def new_shape(self, shape):
        start = canonical_axis(self, self.axis, shape)
        end = canonical_axis(self, self.end_axis, shape, "end_axis") + 1
        # One axis of size 1 appears where end_axis is just before axis (blob.hpp, count).
        self.check(start <= end, f"axis {self.axis} lies behind end_axis {self.end_axis}")
        return (*shape[:start], count(shape, start, end), *shape[end:])


@register("Reshape")
class Reshape(Flatten):
    """The same values in another shape (reshape_layer.cpp).

    `shape` replaces `num_axes` axes from `axis` on: 0 copies the bottom's size, -1 is worked out.
    """

    def setup(self, x):
        super().setup(x)
        param = self.layer_param.reshape_param
        self.axis, self.num_axes, self.dims = param.axis, param.num_axes, list(param.shape.dim)
        self.check(self.dims.count(-1) <= 1, f"shape {self.dims} has more than one -1")
        self.check(min(self.dims, default=0) >= -1, f"shape {self.dims} has a size below -1")
        self.check(self.num_axes >= -1, f"num_axes must be at least -1, given {self.num_axes}")

    def new_shape(self, shape):
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
    """Consumes blobs that no other layer does, so that they are not the net's outputs."""

    bottoms = (1, None)
    tops = (0, 0)
    backward = Layer.zero_backward

    def forward(self, *bottom):
        return ()


@register("Split")
class Split(Layer):
    """The bottom to several readers; their diffs are added (split_layer.cpp)."""

    tops = (1, None)
    shares_data = pointwise = True

    @property
    def any_layout(self):
        """Unless a later layer works in place on the memory that its tops share."""
        return not self.wiring.overwritten

    def setup(self, x):
        self.check(not self.in_place, "cannot work in place; give its tops other names")
        self.readers = len(self.layer_param.top)

    def forward(self, x):
        return (x,) * self.readers

    def backward(self, propagate_down, bottom, top, top_diff):
        if len(top_diff) == 1:
            return [top_diff[0].clone()]
        total = top_diff[0].float() + top_diff[1]
        for diff in top_diff[2:]:
            total.add_(diff)
        return [total]


@register("Tile")
class Tile(Layer):
    """The bottom `tiles` times over along `axis` (tile_layer.cpp)."""

    def setup(self, x):
        param = self.layer_param.tile_param
        self.axis, self.tiles = param.axis, param.tiles
        self.check_positive(param, "tiles")

    def reshape(self, shape):
        axis = canonical_axis(self, self.axis, shape)
        return [(*shape[:axis], shape[axis] * self.tiles, *shape[axis + 1 :])]

    def forward(self, x):
        axis = canonical_axis(self, self.axis, x.shape)
        return x.repeat([self.tiles if i == axis else 1 for i in range(x.dim())])
