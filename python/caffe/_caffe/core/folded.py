"""Layers folded into the filters before them: what an optimized net's convolution computes by."""

from typing import NamedTuple

import torch
import torch.nn.functional as F

from . import context
from .layer import Layer
from .neuron_layer import rectify_


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

    def factors(self, weight: torch.Tensor, bias: torch.Tensor | None, outputs: int, places: int):
        """Return filters and bias to compute with, and the affine left for their outputs or None.

        `outputs` is the filters' axis of outputs, `places` how many values the outputs have.
        """
        fewer = self.affine and self.weight is None and places < weight.numel()
        if fewer:
            return (*context.narrow(weight, None), self.affine)
        weight = self.multiply(weight, outputs)
        return (*context.narrow(weight, self.affine[1] if self.affine else bias), None)

    def finish(self, y: torch.Tensor, late) -> torch.Tensor:
        """Return outputs with the affine that is left, and the activation, in their memory."""
        if late is not None:
            y = apply_affine(y.float(), *late)
        if self.slope is None:
            return y
        return F.leaky_relu_(y.float(), self.slope) if self.slope else rectify_(y)

    def prepare(self, weight: torch.Tensor, outputs: int) -> "Folded":
        """Return this with the filters ready, for passes in which they stay as they are."""
        (narrow,) = context.narrow(self.multiply(weight, outputs))
        return self if narrow.dtype == weight.dtype else self._replace(weight=narrow)

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
