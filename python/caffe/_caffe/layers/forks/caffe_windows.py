"""Layers of happynear/caffe-windows: Flip."""

from ...core.layer import Layer, register


@register("Flip")
class Flip(Layer):
    """Mirror maps: columns with flip_width (true), rows with flip_height (false) (flip_layer.cpp).

    Bottom and top: (N, C, H, W).
    """

    def setup(self, x):
        p = self.layer_param.flip_param
        self.axes = [axis for axis, on in ((2, p.flip_height), (3, p.flip_width)) if on]

    def reshape(self, shape):
        self.check(len(shape) == 4, f"takes (N, C, H, W), given {tuple(shape)}")
        return [shape]

    def forward(self, x):
        return x.flip(self.axes)

    def backward(self, propagate_down, bottom, top, top_diff):
        """The diffs are mirrored back."""
        return [top_diff[0].flip(self.axes) if propagate_down[0] else None]
