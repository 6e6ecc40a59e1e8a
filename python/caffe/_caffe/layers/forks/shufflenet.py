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

    def _shuffle(self, x, rows, shape):
        groups = x.view(x.shape[0], rows, x.shape[1] // rows, -1)
        return groups.transpose(1, 2).reshape(shape)

    def forward(self, x):
        return self._shuffle(x, self.group, legacy_shape(self, x.shape))

    def backward(self, propagate_down, bottom, top, top_diff):
        dy = top_diff[0]
        return [self._shuffle(dy, dy.shape[1] // self.group, bottom[0].shape)]
