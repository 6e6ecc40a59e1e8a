"""Batch normalisation by the batch's own moments: this rank's, or those of all ranks together."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from . import ranks

# Which forks' BN a field of bn_param belongs to: the message holds those of all.
PSPNETS_FIELDS = ("slope_filler", "bias_filler", "momentum", "eps", "frozen", "engine")
SEGNETS_FIELDS = ("scale_filler", "shift_filler", "bn_mode")


def given_fields(layer_param, names: Sequence[str]) -> list[str]:
    """Return those of the names that bn_param sets."""
    return [name for name in names if layer_param.bn_param.HasField(name)]


class Moments(NamedTuple):
    """What backward needs: each channel's mean and 1 / sqrt(variance + eps)."""

    mean: torch.Tensor
    inverse: torch.Tensor
    places: torch.Tensor | None = None  # of all ranks together, where they were


class Normalised(NamedTuple):
    """The top, and the batch's moments: of this rank's, or of all ranks' together.

    variance: the unbiased one; 0 of one value, where torch divides by 0.
    biased: what the batch is normalised by.
    """

    top: torch.Tensor
    moments: Moments
    mean: torch.Tensor
    variance: torch.Tensor
    biased: torch.Tensor


def normalise(
    x: torch.Tensor, factor: torch.Tensor | None, shift: torch.Tensor | None, eps: float
) -> Normalised:
    """Return y = factor * (x - mean) / sqrt(variance + eps) + shift, channel by channel."""
    if ranks.batch_norm_is_shared():
        return _together(x, factor, shift, eps)
    # Momentum 1 makes torch leave the batch's own mean and unbiased variance here.
    mean, variance = x.new_zeros(2, x.shape[1]).unbind()
    y, *moments = torch.native_batch_norm(x, factor, shift, mean, variance, True, 1.0, eps)
    places = x.numel() // x.shape[1]
    if places == 1:  # what is left of x - mean is 0, where torch rounds twice
        variance.zero_()
        y.zero_() if shift is None else y.copy_(shift.view(y.shape[1:]).expand_as(y))
    return Normalised(y, Moments(*moments), mean, variance, variance * ((places - 1) / places))


def _together(x, factor, shift, eps) -> Normalised:
    axes = [axis for axis in range(x.dim()) if axis != 1]
    own = x.numel() // x.shape[1]
    variance, mean = torch.var_mean(x, axes, correction=0)
    sums = ranks.total(torch.cat([mean * own, mean.new_tensor([own])]))
    places, whole = sums[-1], sums[:-1] / sums[-1]
    squares = ranks.total((variance + (mean - whole).square()) * own)
    variance = squares / places
    y = torch.batch_norm(
        x, factor, shift, whole, variance, False, 0, eps, torch.backends.cudnn.enabled
    )
    moments = Moments(whole, (variance + eps).rsqrt(), places)
    return Normalised(y, moments, whole, squares / (places - 1).clamp(min=1), variance)


def stored_gradients(dy, x, factor, mean, variance, eps: float, mask: Sequence[bool]) -> list:
    """Return what `gradients` does where mean and variance are constants."""
    inverse = (variance + eps).rsqrt_()
    return _native_gradients(dy, x, factor, mean, variance, mean, inverse, False, eps, mask)


def _native_gradients(dy, x, *more) -> list:
    if x.numel():
        return torch.ops.aten.native_batch_norm_backward(dy, x, *more)
    mask, nothing = more[-1], x.new_zeros(x.shape[1])  # torch divides by 0 and ends the process
    return [v if on else None for v, on in zip((dy, nothing, nothing), mask, strict=True)]


def gradients(
    dy: torch.Tensor,
    x: torch.Tensor,
    factor: torch.Tensor | None,
    moments: Sequence,
    eps: float,
    mask: Sequence[bool],
) -> list:
    """Return the gradients by x, factor and shift, None where the mask is False.

    With y the normalised x: dx = (dy - mean(dy) - mean(dy y) y) * factor / sqrt(variance + eps).
    """
    mean, inverse, places = Moments(*moments)
    if places is None:
        return _native_gradients(dy, x, factor, None, None, mean, inverse, True, eps, mask)
    axes = [axis for axis in range(x.dim()) if axis != 1]
    around = (1, -1) + (1,) * (x.dim() - 2)
    y = (x - mean.view(around)) * inverse.view(around)
    by_factor, by_shift = (dy * y).sum(axes), dy.sum(axes)
    means = ranks.total(torch.stack([by_shift, by_factor])) / places
    dx = None
    if mask[0]:
        slope = inverse if factor is None else inverse * factor
        dx = (dy - means[0].view(around) - means[1].view(around) * y) * slope.view(around)
    return [dx, by_factor if mask[1] else None, by_shift if mask[2] else None]
