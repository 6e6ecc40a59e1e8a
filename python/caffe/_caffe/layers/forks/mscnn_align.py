"""MS-CNN's ROIAlign, of its Cascade R-CNN (zhaoweicai/mscnn)."""

import torch

from ...core.layer import Layer, register
from ...core.rois import RoiReader, bilinear_weights, pooled_size, sample, spread


@register("ROIAlign")
class ROIAlign(Layer):
    """The maps at the corners of pooled_h x pooled_w parts of regions (roi_align_layer.cpp, .cu).

    Bottoms: maps (N, C, H, W), regions (R, 5). Top: (R, C, pooled_h + 1, pooled_w + 1). A region
    is made larger on each side by pad_ratio of its width and height in pixels, last one included;
    corners are multiplied by spatial_scale, less 1/2. Values between pixels are bilinear; outside
    the map, and in a region without width or height, they are 0. Regions get no gradient.
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})

    def setup(self, x, rois):
        param = self.layer_param.roi_pooling_param
        self.parts = pooled_size(self, param)
        self.scale, self.pad, self.read = param.spatial_scale, param.pad_ratio, RoiReader(self)

    def reshape(self, x, rois):
        return [(self.read.check(x, rois), x[1], *(p + 1 for p in self.parts))]

    def forward(self, x, rois):
        return sample(x, *self._lay(x, rois))

    def _lay(self, x, rois):
        """Return each region's image, and the weights of rows and columns."""
        images, corners = self.read(x, rois)
        pad = (corners[:, 2:] - corners[:, :2] + 1) * self.pad
        starts = (corners[:, :2] - pad) * self.scale - 0.5
        ends = (corners[:, 2:] + pad) * self.scale - 0.5
        filled = (ends > starts).all(1).view(-1, 1, 1)
        weights = []
        for axis, parts, size in zip((1, 0), self.parts, x.shape[2:], strict=True):
            start, end = starts[:, axis, None], ends[:, axis, None]
            at = start + torch.arange(parts + 1, device=x.device) * ((end - start) / parts)
            weights.append(bilinear_weights(at, size) * filled)
        return images.index.tolist(), *weights

    def backward(self, propagate_down, bottom, top, top_diff):
        x, rois = bottom
        return [spread(x, top_diff[0], *self._lay(x, rois)) if propagate_down[0] else None, None]
