"""MobileNet-YOLO's layers that move elements (eric612/MobileNet-YOLO), and YOLO v4's activation.

Intel Caffe has Reorg too.
"""

from torch.nn import functional as F

from ...core.axes import check_maps
from ...core.layer import Layer, register
from ...core.neuron_layer import Neuron


@register("Mish")
class Mish(Neuron):
    """y = x tanh(log(1 + exp(x))), as converters of darknet's YOLO v4 write it."""

    def forward(self, x):
        if self.in_place:
            self.save_for_backward(x.clone())
        return F.mish(x)

    def gradient(self, x, y, dy):
        """dx = (t + x s(x) (1 - t^2)) dy, t the tangent above and s the logistic function."""
        x = x if self.saved is None else self.saved
        t = F.softplus(x).tanh_()
        return dy * (t + x * x.sigmoid() * (1 - t.square()))


@register("Reorg")
class Reorg(Layer):
    """Darknet's reorganisation of maps (reorg_layer.hpp): s x s places become channels, or back.

    Bottom (N, C, H, W), `stride` s. Top (N, C s^2, H / s, W / s); with `reverse` (N, C / s^2, H s,
    W s): channel k is place (k' / s, k' % s), k' = k div (C / s^2), of every s x s block of
    channel k mod (C / s^2). Without `reverse` the bottom's memory is taken as maps (C / s^2, H s,
    W s), which it is not: darknet's weights expect that. The gradient is the true one; the fork's
    CPU code reads a buffer that nothing fills.
    """

    def setup(self, x):
        param = self.layer_param.reorg_param
        self.check(not self.in_place, "cannot work in place; give its top another name")
        self.check_positive(param, "stride")
        self.stride, self.reverse = int(param.stride), param.reverse

    def reshape(self, shape):
        check_maps(self, shape)
        s, (n, c, h, w) = self.stride, shape
        self.check(c % s**2 == 0, f"{c} channels are not a multiple of stride^2 = {s**2}")
        if self.reverse:
            return [(n, c // s**2, h * s, w * s)]
        self.check(h % s == 0 and w % s == 0, f"{h} x {w} is not a multiple of stride {s}")
        return [(n, c * s**2, h // s, w // s)]

    def forward(self, x):
        s, (n, c, h, w) = self.stride, x.shape
        if self.reverse:
            x = x.reshape(n, s, s, c // s**2, h, w).permute(0, 3, 4, 1, 5, 2)
            return x.reshape(n, c // s**2, h * s, w * s)
        x = x.reshape(n, c // s**2, h, s, w, s).permute(0, 3, 5, 1, 2, 4)
        return x.reshape(n, c * s**2, h // s, w // s)
