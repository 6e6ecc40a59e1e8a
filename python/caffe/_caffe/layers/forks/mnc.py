"""Layers of Multi-task Network Cascades (daijifeng001/caffe-mnc), which has them for GPUs only."""

import numpy as np
import torch

from ...core.axes import check_maps
from ...core.layer import Layer, register
from ...core.rois import RoiReader, bilinear_weights, pooled_size, round_away, sample, spread


@register("ROIWarping")
class ROIWarping(Layer):
    """Regions resized to pooled_h x pooled_w (roi_warping_layer.cu).

    Bottoms: maps (N, C, H, W), regions (R, 5). Top: (R, C, pooled_h, pooled_w). Corners are
    multiplied by spatial_scale and rounded, halves away from zero; value i of p along an axis is
    that at start + i (end - start) / p, between pixels bilinearly, 0 outside the map.

    The regions get a gradient, too: spatial_scale times the slope of the map at each value, its
    share (at - start) / (end - start + 1) for the far corner, the rest for the near one; 0 where
    the value lies at the last row or column. The maps' gradient leaves out values i of p from
    ceil(p (pixel - start + 1) / (end - start + 1)) on, as the fork does: it reckons with regions
    one pixel larger than forward's.
    """

    bottoms = (2, 2)

    def setup(self, x, rois):
        param = self.layer_param.roi_warping_param
        self.size, self.scale = pooled_size(self, param), param.spatial_scale
        self.read = RoiReader(self)

    def reshape(self, x, rois):
        return [(self.read.check(x, rois), x[1], *self.size)]

    def forward(self, x, rois):
        images, axes = self._lay(x, rois)
        return sample(x, images, *_weights(axes, x))

    def _lay(self, x, rois):
        """Return each region's image, and of rows and columns starts, ends and places."""
        images, corners = self.read(x, rois)
        left, top, right, bottom = round_away(corners * self.scale).float().unsqueeze(2).unbind(1)
        axes = []
        for start, end, count in ((top, bottom, self.size[0]), (left, right, self.size[1])):
            part = (end - start).clamp(min=0) / count
            at = start + torch.arange(count, device=x.device) * part
            axes.append((start, end, at))
        return images.index.tolist(), axes

    def backward(self, propagate_down, bottom, top, top_diff):
        (x, rois), dy = bottom, top_diff[0]
        images, axes = self._lay(x, rois)
        dx = drois = None
        if propagate_down[0]:
            dx = spread(x, dy, images, *(_seen(a, n) for a, n in _with_sizes(axes, x)))
        if propagate_down[1]:
            drois = self._regions(x, dy, images, axes).view(rois.shape)
        return [dx, drois]

    def _regions(self, x, dy, images, axes):
        """Return the gradient (R, 5) of the regions."""
        rows, columns = _weights(axes, x)
        (down, low, here), (over, left, there) = (_slopes(a, n) for a, n in _with_sizes(axes, x))
        dy = dy * (here.unsqueeze(2) & there.unsqueeze(1)).unsqueeze(1)
        over = (sample(x, images, rows, over) * dy).sum(1)
        down = (sample(x, images, down, columns) * dy).sum(1)
        low, left = low.unsqueeze(2), left.unsqueeze(1)
        parts = (over * (1 - left), down * (1 - low), over * left, down * low)
        sums = torch.stack([part.sum((1, 2)) for part in parts], 1) * self.scale
        return torch.cat([torch.zeros_like(sums[:, :1]), sums], 1)


def _with_sizes(axes, x):
    return zip(axes, x.shape[2:], strict=True)


def _weights(axes, x):
    """Return the weights of rows and of columns in the values."""
    return [bilinear_weights(a[2], n) for a, n in _with_sizes(axes, x)]


def _seen(axis, size):
    """Return the weights (R, P, size) by which the maps' gradient is sent back."""
    start, end, at = axis
    count = at.shape[1]
    part = (end - start + 1).clamp(min=1) / count
    pixels = torch.arange(size, device=at.device)
    first = ((pixels - start - 1) / part - 1).floor().unsqueeze(1)
    last = ((pixels - start + 1) / part).ceil().unsqueeze(1)
    place = torch.arange(count, device=at.device).view(-1, 1)
    inside = ((pixels >= start) & (pixels <= end)).unsqueeze(1)
    return bilinear_weights(at, size) * (inside & (place >= first) & (place < last))


def _slopes(axis, size):
    """Return by which weights (R, P, size) values change, their share (R, P), and where they do."""
    start, end, at = axis
    place = at.clamp(0, size - 1)
    pixel = place.floor().unsqueeze(2)
    pixels = torch.arange(size, device=at.device)
    slope = (pixels == pixel + 1).float() - (pixels == pixel).float()
    free = (at >= -0.5) & (at <= size - 0.5) & (place.floor() + 1 < size)
    return slope, (place - start) / (end - start + 1).clamp(min=1), free


@register("MaskPooling")
class MaskPooling(Layer):
    """Maps (N, C, H, W) times masks (N, 1, H, W); a gradient to both (mask_pooling_layer.cu)."""

    bottoms = (2, 2)

    def forward(self, x, mask):
        wanted = (*x.shape[:1], 1, *x.shape[2:])
        self.check(
            x.dim() == 4 and mask.shape == wanted,
            f"takes maps (N, C, H, W) and masks {wanted}, given {tuple(x.shape)} and "
            f"{tuple(mask.shape)}",
        )
        return x * mask


@register("MaskResize")
class MaskResize(Layer):
    """Maps resized to output_height x output_width, bilinearly (mask_resize_layer.cu).

    SSTD's factor_height and factor_width, where above 0, give the share of the bottom's size that
    the output has instead, rounded down; the sizes must be above 0 all the same (BestSonny/SSTD,
    mask_resize_layer.cpp).

    Output i along an axis is the bottom at i * in / out. The gradient of pixel h comes from outputs
    floor(h out / in) and the next alone, as in the fork: the true one where maps shrink.
    """

    def setup(self, x):
        param = self.layer_param.mask_resize_param
        self.check_positive(param, "output_height", "output_width")
        self.sizes = param.output_height, param.output_width
        self.factors = np.float32(param.factor_height), np.float32(param.factor_width)

    def reshape(self, shape):
        check_maps(self, shape)
        size = self._resized(shape[2:])
        self.check(min(size) > 0, f"factor_height and factor_width leave nothing of {shape[2:]}")
        return [(*shape[:2], *size)]

    def _resized(self, sizes):
        """Return the output's height and width for the bottom's."""
        asked = zip(self.factors, self.sizes, sizes, strict=True)
        return [int(np.float32(n) * factor) if factor > 0 else out for factor, out, n in asked]

    def _weights(self, x):
        for out, size in zip(self._resized(x.shape[2:]), x.shape[2:], strict=True):
            yield bilinear_weights(torch.arange(out, device=x.device) * (size / out), size), size

    def forward(self, x):
        rows, columns = (weights for weights, _ in self._weights(x))
        return rows @ x @ columns.t()

    def backward(self, propagate_down, bottom, top, top_diff):
        seen = []
        for weights, size in self._weights(bottom[0]):
            first = (torch.arange(size, device=weights.device) / (size / len(weights))).floor()
            place = torch.arange(len(weights), device=weights.device).unsqueeze(1)
            seen.append(weights * ((place == first) | (place == first + 1)))
        return [seen[0].t() @ top_diff[0] @ seen[1]]
