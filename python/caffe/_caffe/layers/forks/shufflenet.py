"""ShuffleNet's layer (farmingyard/ShuffleNet): ShuffleChannel."""

from ...core.axes import legacy_shape
from ...core.layer import Layer, register


@register("ShuffleChannel")
class ShuffleChannel(Layer):
    """Channel i * (C / group) + j becomes channel j * group + i (shuffle_channel_layer.cpp).

    Bottom (N, C, ...) of up to four axes, C a multiple of shuffle_channel_param.group; top
    (N, C, H, W).
    """

    def setup(self, x):
        self.check_positive(self.layer_param.shuffle_channel_param, "group")
        self.group = self.layer_param.shuffle_channel_param.group

    def reshape(self, shape):
        self.check(len(shape) >= 2, f"takes (N, C, ...), given {tuple(shape)}")
        self.check(
            shape[1] % self.group == 0,
            f"{shape[1]} channels are not a multiple of group {self.group}",
        )
        return [legacy_shape(self, shape)]

    def forward(self, x):
        groups = x.view(x.shape[0], self.group, x.shape[1] // self.group, -1)
        return groups.transpose(1, 2).reshape(legacy_shape(self, x.shape))
