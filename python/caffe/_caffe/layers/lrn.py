"""LRN: local response normalisation across channels or within each."""

import torch
import torch.nn.functional as F

from ...proto import caffe_pb2
from ..core.axes import check_maps
from ..core.layer import Layer, register


@register("LRN")
class LRN(Layer):
    """y = x * s^-beta, s = k + (alpha / n) * (sum of x^2 over n neighbours) (lrn_layer.cpp).

    The neighbours are n = local_size channels, or n x n elements within a channel; there Caffe
    takes k as 1 and divides by n^2, also at the borders. (Its gradient within channels goes
    through a product layer and is NaN where x is 0; ours is the limit.)
    """

    def setup(self, x):
        p = self.layer_param.lrn_param
        self.size, self.beta = int(p.local_size), p.beta
        self.check(self.size % 2 == 1, f"local_size must be odd, given {self.size}")
        self.within = p.norm_region == caffe_pb2.LRNParameter.WITHIN_CHANNEL
        self.pointwise = not self.within
        self.shift = 1.0 if self.within else p.k
        self.factor = p.alpha if self.within else p.alpha / self.size

    def reshape(self, shape):
        check_maps(self, shape)
        return [shape]

    def forward(self, x):
        scale = self.save_for_backward(self._scale(x))
        return scale.pow(-self.beta).mul_(x)

    def backward(self, propagate_down, bottom, top, top_diff):
        (x,), (dy,) = bottom, top_diff
        scale = self._scale(x) if self.saved is None else self.saved
        dx = scale.pow(-self.beta).mul_(dy)
        # The windows are symmetric, so the same sum leads back. Across channels Caffe takes y as an
        # in-place layer above has left it.
        y_dy = dx * x if self.within else top[0] * dy
        shared = self._around(y_dy.div_(scale)).mul_(x)
        return [dx.sub_(shared, alpha=2 * self.factor * self.beta)]

    def _scale(self, x):
        return self._around(x * x).mul_(self.factor).add_(self.shift)

    def _around(self, q: torch.Tensor) -> torch.Tensor:
        """Return the sum (within channels: the mean) of q over each element's window."""
        reach = self.size // 2
        if self.within:
            return F.avg_pool2d(q, self.size, 1, reach)
        # Shifted sums: several times faster than a pooling over the channel axis.
        total = q.clone()
        for d in range(1, min(reach, q.shape[1] - 1) + 1):
            total[:, d:] += q[:, :-d]
            total[:, :-d] += q[:, d:]
        return total
