"""Layers of Fast and Faster R-CNN (rbgirshick/caffe-fast-rcnn): ROIPooling, SmoothL1Loss."""

from typing import NamedTuple

import torch

from ...core.layer import Layer, register
from ...core.loss_layer import Loss
from ...core.rois import RoiReader, bin_edges, pooled_size, round_away
from ...core.smooth_l1 import check_alike, smooth_l1

FLT_MAX = torch.finfo(torch.float32).max
CHUNK = 1 << 21  # values gathered at once: bounds the memory, however many regions there are


class Parts(NamedTuple):
    """The parts of regions as rectangles [first, end) x [left, right) of pixels, one per row."""

    image: torch.Tensor
    first: torch.Tensor
    end: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor

    @property
    def filled(self) -> torch.Tensor:
        """Whether each has a pixel."""
        return (self.first < self.end) & (self.left < self.right)


@register("ROIPooling")
class ROIPooling(Layer):
    """The maximum over each of pooled_h x pooled_w parts of each region (roi_pooling_layer.cpp).

    Bottoms: maps (N, C, H, W), regions (R, 5). Top: (R, C, pooled_h, pooled_w). Corners are
    multiplied by spatial_scale and rounded, halves away from zero; both belong to the region, and
    it is at least one pixel wide and high. Parts overlap where the size does not divide; a part
    outside the map gives 0. Of equals, the first in reading order wins. With pad_ratio (MS-CNN)
    a region is first made larger on each side by that part of its width and height.

    As in roi_pooling_layer.cu, the gradient reaches the maximum only where it lies in the region
    as given: one whose end lies before its start pools one pixel and sends nothing back.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})

    def setup(self, x, rois):
        param = self.layer_param.roi_pooling_param
        self.size = pooled_size(self, param)
        self.scale, self.pad, self.read = param.spatial_scale, param.pad_ratio, RoiReader(self)

    def reshape(self, x, rois):
        return [(self.read.check(x, rois), x[1], *self.size)]

    def forward(self, x, rois):
        images, corners = self.read(x, rois)
        parts, corner = self._parts(x, images.index, corners)
        if self.saves_for_backward:
            self.saved = self._sources(x, parts, corner)
        # Caffe starts from -FLT_MAX, which neither NaN nor -inf exceeds.
        values = x.nan_to_num(-FLT_MAX, torch.inf, -FLT_MAX) if not x.isfinite().all() else x
        best = rectangle_max(values.permute(0, 2, 3, 1).contiguous(), parts)
        best.masked_fill_(~parts.filled.unsqueeze(1), 0)
        return images.mark(best.view(len(rois), *self.size, x.shape[1]).movedim(-1, 1))

    def _parts(self, x, images, corners):
        """Return the parts of all regions, and the regions' corners in pixels (R, 4)."""
        if self.pad:  # MS-CNN's
            pad = (corners[:, 2:] - corners[:, :2] + 1) * self.pad
            corners = torch.cat([corners[:, :2] - pad, corners[:, 2:] + pad], 1)
        corner = round_away(corners * self.scale).float()
        left, top, right, bottom = corner.unbind(1)
        first, end = self._edges(top, bottom, self.size[0], x.shape[2])
        start, stop = self._edges(left, right, self.size[1], x.shape[3])
        shape = (len(images), *self.size)
        grid = (
            images.view(-1, 1, 1),
            *(e.unsqueeze(2) for e in (first, end)),
            *(e.unsqueeze(1) for e in (start, stop)),
        )
        return Parts(*(v.expand(shape).reshape(-1) for v in grid)), corner

    def _edges(self, start, end, bins, limit):
        start = start.unsqueeze(1)
        edges = bin_edges((end.unsqueeze(1) - start + 1).clamp(min=1), bins)
        return [(e + start).clamp(0, limit).long() for e in edges]

    def _sources(self, x, parts, corner):
        """Return where each maximum comes from, and which maxima pass a gradient.

        The places are flat in (N, H, W, C); both results are (R pooled_h pooled_w, C).
        """
        pixel = 0xFFFFFFFF - (rectangle_max(sortable_keys(x), parts) & 0xFFFFFFFF)
        passes = parts.filled.unsqueeze(1).expand(pixel.shape)
        left, top, right, bottom = (
            c.repeat_interleave(self.size[0] * self.size[1]) for c in corner.unbind(1)
        )
        # Parts can stick out of the region as given: where it is malformed, or by rounding.
        beyond = (parts.end > bottom + 1) | (parts.right > right + 1)
        beyond = torch.nonzero(beyond & parts.filled).squeeze(1)
        if len(beyond):
            y, across = pixel[beyond] // x.shape[3], pixel[beyond] % x.shape[3]
            passes = passes.clone()
            passes[beyond] = (y <= bottom[beyond, None]) & (across <= right[beyond, None])
        channels = torch.arange(x.shape[1], device=x.device)
        pixel.add_((parts.image * (x.shape[2] * x.shape[3])).unsqueeze(1)).mul_(x.shape[1])
        return pixel.add_(channels).mul_(passes), passes

    def backward(self, propagate_down, bottom, top, top_diff):
        """Each maximum's diff goes to the pixel that it comes from; regions get none."""
        if not propagate_down[0]:
            return [None, None]
        x, rois = bottom
        if self.saved is None:
            images, corners = self.read(x, rois)
            self.saved = self._sources(x, *self._parts(x, images.index, corners))
        places, passes = self.saved
        diff = torch.where(top[0] > -FLT_MAX, top_diff[0], 0).movedim(1, -1).reshape(passes.shape)
        shape = (x.shape[0], x.shape[2], x.shape[3], x.shape[1])
        dx = x.new_zeros(x.numel()).scatter_add_(0, places.reshape(-1), (diff * passes).reshape(-1))
        return [dx.view(shape).permute(0, 3, 1, 2).contiguous(), None]


def sortable_keys(x: torch.Tensor) -> torch.Tensor:
    """Return int64 keys (N, H, W, C) that sort as (value, earlier pixel first); NaN is least.

    The upper 32 bits are the float's, in the order of its value; the lower ones count down with
    the pixel's number. So one maximum finds value and place.
    """
    x = x.permute(0, 2, 3, 1)
    bits = (x + 0.0).contiguous().view(torch.int32)  # + 0.0 makes -0 equal to 0
    bits = torch.where(x.isnan(), -(2**31), bits ^ ((bits >> 31) & 0x7FFFFFFF)).long()
    pixel = torch.arange(x.shape[1] * x.shape[2], device=x.device)
    return (bits << 32) | (0xFFFFFFFF - pixel).view(1, x.shape[1], x.shape[2], 1)


def rectangle_max(values: torch.Tensor, parts: Parts) -> torch.Tensor:
    """Return the maximum of `values` (N, H, W, C) over each part, (M, C); empty ones undefined.

    Maxima over windows of 2^i x 2^j pixels, of which four cover any rectangle, so that the size
    of the parts does not matter.
    """
    height, width, channels = values.shape[1:]
    powers = [0] + [i.bit_length() - 1 for i in range(1, max(height, width) + 1)]
    power = torch.tensor(powers, device=values.device)
    tall, wide = (power[size.clamp(min=0)] for size in (parts.end - parts.first,
                                                        parts.right - parts.left))  # fmt: skip
    filled = parts.filled
    best = values.new_empty((len(filled), channels))
    used = [divmod(code, 64) for code in (tall * 64 + wide)[filled].unique().tolist()]
    rows = values
    for i in range(1 + max((i for i, _ in used), default=-1)):
        if i:
            step = 1 << i - 1
            rows = torch.maximum(rows[:, :-step], rows[:, step:])
        window, widths = rows, [j for k, j in used if k == i]
        for j in range(1 + max(widths, default=-1)):
            if j:
                step = 1 << j - 1
                window = torch.maximum(window[:, :, :-step], window[:, :, step:])
            if j in widths:
                chosen = torch.nonzero(filled & (tall == i) & (wide == j)).squeeze(1)
                for some in chosen.split(max(1, CHUNK // max(1, channels))):
                    n, a, b, c, d = (v[some] for v in parts)
                    best[some] = _four(window, n, (a, b - (1 << i)), (c, d - (1 << j)))
    return best


def _four(window, image, rows, columns) -> torch.Tensor:
    """Return the maximum of the four windows that start at these rows and columns."""
    _, height, width, channels = window.shape
    flat = window.reshape(-1, channels)
    above, below = (
        torch.maximum(*(flat.index_select(0, (image * height + y) * width + x) for x in columns))
        for y in rows
    )
    return torch.maximum(above, below)


@register("SmoothL1Loss")
class SmoothL1Loss(Loss):
    """sum of outside f(inside (prediction - target)) / N, f the smooth L1 function.

    Bottoms: prediction, target, and either none or both of the weights inside, outside, all of
    one shape. smooth_l1_loss_param.sigma sets where f turns from square to straight. The gradient
    reaches prediction and target (smooth_L1_loss_layer.cu). Without loss_weight it weighs 1, as
    every loss; in the fork, whose LayerSetUp leaves the default out, 0.
    """

    bottoms = (2, 4)
    no_gradient = frozenset({2, 3})

    def setup(self, x, target, *weights):
        self.check(
            len(weights) != 1,
            "takes 2 bottoms, or 4 with the weights inside and outside; 3 given (R-FCN's takes 3: "
            "dialect rfcn)",
        )
        self.sigma = self.layer_param.smooth_l1_loss_param.sigma
        self.check(self.sigma != 0, "needs a sigma that is not 0")

    def reshape(self, *shapes):
        self.num, *_ = check_alike(self, shapes)
        return [()]

    def forward(self, x, target, *weights):
        difference = x - target.view(x.shape)
        if not weights:
            return smooth_l1(difference, self.sigma).sum() / self.num
        inside, outside = (w.view(x.shape) for w in weights)
        return (outside * smooth_l1(inside * difference, self.sigma)).sum() / self.num
