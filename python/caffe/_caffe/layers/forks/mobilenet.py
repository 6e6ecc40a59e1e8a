"""Layers of MobileNets' forks: ReLU6 (chuanqi305/ssd) and Upsample (eric612/MobileNet-YOLO).

Their depthwise convolutions are in layers/conv.py.
"""

from caffe.proto import caffe_pb2

from ...core.axes import check_maps
from ...core.layer import Layer, register
from ...core.neuron_layer import Neuron


@register("ReLU6")
class ReLU6(Neuron):
    """y = min(max(0, x) + negative_slope * min(0, x), 6) (relu6_layer.cpp)."""

    def setup(self, x):
        self.slope = self.layer_param.relu6_param.negative_slope

    def forward(self, x):
        negative = x.clamp(max=0) if self.slope else None
        y = (x if self.in_place else x.clone()).clamp_(0, 6)
        return y if negative is None else y.add_(negative, alpha=self.slope).clamp_(max=6)

    def gradient(self, x, y, dy):
        """dx = dy where 0 < x < 6, negative_slope * dy where x <= 0, 0 from 6 on."""
        dx = dy * ((x > 0) & (x < 6))
        return dx.add_(dy * (x <= 0), alpha=self.slope) if self.slope else dx


def _has_no_mask(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    return "one bottom, where SegNet's has two" if len(param.bottom) == 1 else None


@register("Upsample", dialect="mobilenet-yolo", recognise=_has_no_mask)
class Upsample(Layer):
    """Repeat each value over `scale` rows and columns (upsample_layer.cpp).

    Bottom (N, C, H, W); top (N, C, scale * H, scale * W). `scale` is 1 where it is missing.
    """

    def setup(self, x):
        p = self.layer_param.upsample_param
        others = [f.name for f, _ in p.ListFields() if f.name != "scale"]
        self.check(not others, f"with one bottom takes scale alone, not {', '.join(others)}")
        self.check_positive(p, "scale")
        self.scale = p.scale if p.HasField("scale") else 1  # the schema has SegNet's default, 2

    def reshape(self, shape):
        check_maps(self, shape)
        return [(*shape[:2], shape[2] * self.scale, shape[3] * self.scale)]

    def forward(self, x):
        return x.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)
