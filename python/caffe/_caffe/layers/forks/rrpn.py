"""RRPN's pooling over turned regions (mjq11302010044/RRPN)."""

import math
from typing import NamedTuple

import torch

from ...core.axes import check_maps, legacy_shape
from ...core.labels import LabelReader
from ...core.layer import Layer, register
from ...core.rois import pooled_size

CHUNK = 1 << 21  # pairs of part and pixel looked at, and values gathered, at once


class Members(NamedTuple):
    """Which pixels belong to which parts: numbers of the parts, and of the pixels in (N, H, W)."""

    part: torch.Tensor
    pixel: torch.Tensor


@register("RotateROIPooling")
class RotateROIPooling(Layer):
    """The maximum over each of pooled_h x pooled_w parts of each turned region, at least 0.

    Bottoms: maps (N, C, H, W); regions (R, 6), each (image, x and y of the middle, height, width,
    degrees against the clock); the picture (1, 3), whose height and width bound what is pooled.
    Top: (R, C, pooled_h, pooled_w). All is multiplied by spatial_scale; a pixel belongs to the
    part that its corner lies in. A part without a value above 0 gives 0
    (rotate_roi_pooling_layer.cu).

    The gradient reaches each maximum; of equals the first in reading order.
    """

    bottoms = (3, 3)
    no_gradient = frozenset({1, 2})

    def setup(self, x, rois, picture):
        param = self.layer_param.rotate_pooling_param
        self.size, self.scale = pooled_size(self, param), param.spatial_scale
        self.images = LabelReader(self, 1, what="image", among="images")

    def reshape(self, x, rois, picture):
        check_maps(self, x)
        regions = legacy_shape(self, rois)
        if regions[1:] != (6, 1, 1):
            self.fail(
                "takes regions of shape (R, 6), each (image, x, y, height, width, degrees), given "
                f"{rois}"
            )
        self.check(math.prod(picture) >= 2, f"bottom 2 must be (1, 3), given {picture}")
        return [(regions[0], x[1], *self.size)]

    def forward(self, x, rois, picture):
        members = self._members(x, rois, picture)
        rows = _rows(x)
        count = len(rois) * self.size[0] * self.size[1]
        best = x.new_zeros(count, x.shape[1])
        for part, pixel in self._chunks(members, x.shape[1]):
            best.scatter_reduce_(0, part.expand(-1, x.shape[1]), rows[pixel], "amax")
        self.save_for_backward(members)
        return best.view(len(rois), *self.size, -1).movedim(-1, 1).contiguous()

    def _chunks(self, members, channels):
        step = max(1, CHUNK // channels)
        parts, pixels = members.part.split(step), members.pixel.split(step)
        return ((a.unsqueeze(1), b) for a, b in zip(parts, pixels, strict=True))

    def _members(self, x, rois, picture):
        """Return the Members of all parts, pixels in reading order within each."""
        rows = rois.reshape(-1, 6)
        image = self.images(rows[:, 0], x.shape[0]).index
        # As in the fork: cut off, not rounded.
        tall, wide = (int(v) for v in (picture.flatten()[:2] * self.scale).tolist())
        tall, wide = min(max(tall, 0), x.shape[2]), min(max(wide, 0), x.shape[3])
        y, across = torch.meshgrid(
            *(torch.arange(n, device=x.device) for n in (tall, wide)), indexing="ij"
        )
        places = torch.stack([across, y], -1).reshape(-1, 2).float()
        numbers = (y * x.shape[3] + across).reshape(-1)
        parts = self.size[0] * self.size[1]
        step, found = max(1, CHUNK // max(1, parts * len(places))), []
        for start in range(0, len(rows), step):
            corner, down, right = self._parts(rows[start : start + step])
            inside = _between(places, corner, down) & _between(places, corner, right)
            which, pixel = inside.view(-1, len(places)).nonzero(as_tuple=True)
            base = image[start + which // parts] * (x.shape[2] * x.shape[3])
            found.append(Members(start * parts + which, base + numbers[pixel]))
        return Members(*(torch.cat(v) for v in zip(*found, strict=True)))

    def _parts(self, rows):
        """Return each part's first corner and the vectors to the next ones down and right."""
        middle, (high, wide) = rows[:, 1:3] * self.scale, rows[:, 3:5].t() * self.scale
        angle = (rows[:, 5].double() / 180 * math.pi).float()
        cos, sin = angle.cos(), angle.sin()
        right = torch.stack([cos, -sin], 1) * (wide / self.size[1]).unsqueeze(1)
        down = torch.stack([sin, cos], 1) * (high / self.size[0]).unsqueeze(1)
        i, j = (torch.arange(n + 1, device=rows.device) - n / 2 for n in self.size)
        corners = (
            right[:, None, None] * j[None, None, :, None]
            + down[:, None, None] * i[None, :, None, None]
            + middle[:, None, None]
        )
        first = corners[:, :-1, :-1]
        return first, corners[:, 1:, :-1] - first, corners[:, :-1, 1:] - first

    def backward(self, propagate_down, bottom, top, top_diff):
        """Add each part's diff to the pixel that its maximum comes from."""
        if not propagate_down[0]:
            return [None] * 3
        x = bottom[0]
        best = top[0].movedim(1, -1).reshape(-1, x.shape[1])
        members, rows = self.saved or self._members(*bottom), _rows(x)
        first = torch.full(best.shape, len(rows), device=x.device)
        for part, pixel in self._chunks(members, x.shape[1]):
            value, index = rows[pixel], part.expand(-1, x.shape[1])
            mine = (value > 0) & (value == best.gather(0, index))
            place = torch.where(mine, pixel.unsqueeze(1), len(rows))
            first.scatter_reduce_(0, index, place, "amin")
        diff = top_diff[0].movedim(1, -1).reshape(best.shape)
        dx = x.new_zeros(len(rows) + 1, x.shape[1]).scatter_add_(0, first, diff)[:-1]
        shape = (x.shape[0], *x.shape[2:], x.shape[1])
        return [dx.view(shape).permute(0, 3, 1, 2).contiguous(), None, None]


def _rows(x):
    """Return what lies above 0, and 0 for the rest, as a row of channels for each pixel."""
    return torch.where(x > 0, x, 0).permute(0, 2, 3, 1).reshape(-1, x.shape[1])


def _between(places, corner, side):
    """Tell which of `places` (P, 2) lie at or behind `corner` and before `side`'s end, (..., P)."""
    along = (places - corner.unsqueeze(-2)) @ side.unsqueeze(-1)
    length = side.square().sum(-1, keepdim=True)
    return (along[..., 0] >= 0) & (along[..., 0] < length)
