"""Crop: cut a map to another's size."""

import torch

from ..core.axes import canonical_axis
from ..core.layer import Layer, register


@register("Crop")
class Crop(Layer):
    """Cut bottom 0 to the sizes of bottom 1 from `axis` on, starting at `offset` (crop_layer.cpp).

    One offset serves every cut axis, or there is one for each. Only bottom 1's shape counts; no
    gradient reaches it.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})
    any_layout = True

    def setup(self, x, size):
        p = self.layer_param.crop_param
        self.axis, offsets = canonical_axis(self, p.axis, x.shape), [int(o) for o in p.offset]
        cut = x.dim() - self.axis
        self.check(
            len(offsets) in (0, 1, cut),
            f"takes no offset, one, or one for each of the {cut} axes from axis {self.axis} on; "
            f"given {len(offsets)}",
        )
        self.offsets = offsets if len(offsets) == cut else (offsets or [0]) * cut

    def reshape(self, shape, size):
        self.check(
            len(shape) == self.axis + len(self.offsets) and len(size) >= len(shape),
            f"was set up for {self.axis + len(self.offsets)} axes; bottoms are {shape} and {size}",
        )
        for axis, offset in enumerate(self.offsets, self.axis):
            self.check(
                offset + size[axis] <= shape[axis],
                f"offset {offset} + size {size[axis]} exceeds {shape[axis]} "
                f"on axis {axis} of bottom 0",
            )
        self.window = (slice(None),) * self.axis + tuple(
            slice(o, o + n) for o, n in zip(self.offsets, size[self.axis :], strict=False)
        )
        return [(*shape[: self.axis], *size[self.axis : len(shape)])]

    def forward(self, x, size):
        # A copy even where nothing is cut off: a layer in place on the top must not reach x.
        return x[self.window].clone(memory_format=torch.contiguous_format)

    def backward(self, propagate_down, bottom, top, top_diff):
        dx = torch.zeros_like(bottom[0], dtype=top_diff[0].dtype)
        dx[self.window] = top_diff[0]
        return [dx, None]
