"""DeepSkeleton's quantisation of scales (zeakey/DeepSkeleton)."""

import torch

from ...core.layer import Layer, register

EDGES = (1.0, 12.0, 36.0, 80.0)  # where scale classes 1 to 4 begin
END = 200.0


@register("Quantize")
class Quantize(Layer):
    """The class of each scale (quantize_layer.cpp): 0 below 1 and from 200 on, else 1 to 4.

    The classes begin at 1, 12, 36 and 80. Backward leaves the bottom's diff alone.
    """

    def forward(self, x):
        if self.shapes_only:
            return x
        if torch.isnan(x).any():
            self.fail("has a scale that is not a number")
        classes = torch.bucketize(x, x.new_tensor(EDGES), right=True)
        return (classes * (x < END)).to(x.dtype)

    backward = Layer.zero_backward
