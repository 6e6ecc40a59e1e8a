"""Layers folded into the filters before them: what an optimized net's convolution computes by."""

from typing import NamedTuple

import torch

from .layer import Layer


class Folded(NamedTuple):
    """What the filters' outputs are multiplied by, what is added, the last activation's slope.

    None where there is nothing of it; `factor` and `shift`, the bias in it, are there together.
    `weight` are the filters multiplied and in a narrow precision. Others are multiplied at every
    pass, or their outputs where these are fewer: multiplied filters would take memory of their own.
    """

    factor: torch.Tensor | None = None
    shift: torch.Tensor | None = None
    slope: float | None = None
    weight: torch.Tensor | None = None

    def join(self, after: Layer, bias: torch.Tensor | None) -> "Folded | None":
        """Return what computes the top of `after`, None where that cannot be."""
        if self.slope is not None:
            return None
        if (slope := after.activation()) is not None:
            return self._replace(slope=slope)
        affine = after.channel_affine()
        if affine is None:
            return None
        factor, shift = affine
        if self.factor is None or self.shift is None:
            return Folded(factor.clone(), shift.clone() if bias is None else bias * factor + shift)
        return Folded(self.factor * factor, self.shift * factor + shift)

    def multiply(self, weight: torch.Tensor, outputs: int) -> torch.Tensor:
        """Return filters multiplied by the factor on their axis of outputs."""
        if self.weight is not None:
            return self.weight
        if self.factor is None:
            return weight
        return weight * self.factor.view([-1 if a == outputs else 1 for a in range(weight.dim())])


def apply_affine(y: torch.Tensor, factor: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Return outputs (N, C, ...) multiplied and shifted by channel, in their memory."""
    wide = (-1, *(1,) * (y.dim() - 2))
    return torch.addcmul(shift.view(wide), y, factor.view(wide), out=y)
