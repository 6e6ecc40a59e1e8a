"""Layers folded into the filters before them: what an optimized net's convolution computes by."""

from typing import NamedTuple

import torch

from .layer import Layer


class Folded(NamedTuple):
    """Weight, bias and the last activation's slope; None where they are the layer's own."""

    weight: torch.Tensor | None = None
    bias: torch.Tensor | None = None
    slope: float | None = None

    def join(self, after: Layer, outputs: int) -> "Folded | None":
        """Return what computes the top of `after`, None where that cannot be.

        `outputs` is the weight's axis of output channels; weight and bias are given.
        """
        if self.slope is not None:
            return None
        if (slope := after.activation()) is not None:
            return self._replace(slope=slope)
        affine = after.channel_affine()
        if affine is None or self.weight is None:
            return None
        factor, shift = affine
        wide = factor.view([-1 if axis == outputs else 1 for axis in range(self.weight.dim())])
        bias = shift.clone() if self.bias is None else self.bias * factor + shift
        return Folded(self.weight * wide, bias)
