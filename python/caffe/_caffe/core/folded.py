"""Layers folded into the filters before them: what an optimized net's convolution computes by."""

from typing import NamedTuple

import torch

from .layer import Layer


class Folded(NamedTuple):
    """What is made of the filters' outputs, None where nothing is.

    `affine` are factor and shift of each channel, the shift with the bias in it; `slope` is the
    last activation's. `weight` are the filters multiplied and in a narrow precision. Others are
    multiplied at every pass, or their outputs where these are fewer: multiplied filters would take
    memory of their own. `channels_last`: that is the order of maps in memory.
    """

    affine: tuple[torch.Tensor, torch.Tensor] | None = None
    slope: float | None = None
    weight: torch.Tensor | None = None
    channels_last: bool = False

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
        if self.affine is None:
            return Folded(
                (factor.clone(), shift.clone() if bias is None else bias * factor + shift)
            )
        before, bias = self.affine
        return Folded((before * factor, bias * factor + shift))

    def multiply(self, weight: torch.Tensor, outputs: int) -> torch.Tensor:
        """Return filters multiplied by the factor on their axis of outputs."""
        if self.weight is not None:
            return self.weight
        if self.affine is None:
            return weight
        sizes = [-1 if axis == outputs else 1 for axis in range(weight.dim())]
        return weight * self.affine[0].view(sizes)


def apply_affine(y: torch.Tensor, factor: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Return outputs (N, C, ...) multiplied and shifted by channel, in their memory."""
    wide = (-1, *(1,) * (y.dim() - 2))
    return torch.addcmul(shift.view(wide), y, factor.view(wide), out=y)
