"""Arithmetic element by element: AbsVal, Exp, Log, Power."""

import math

import torch

from ..core.layer import Layer, register
from ..core.neuron_layer import Neuron


@register("AbsVal")
class AbsVal(Neuron):
    """y = |x|; the gradient at 0 is 0 (absval_layer.cpp)."""

    def setup(self, x):
        self.check(not self.in_place, "cannot work in place; give its top another name")

    def forward(self, x):
        return x.abs()

    def gradient(self, x, y, dy):
        """dx = dy * sign(x)."""
        return x.sign().mul_(dy)


def _log_base(layer: Layer, base: float) -> float:
    """Return log(base), -1 meaning e."""
    if base == -1:
        return 1.0
    layer.check(base > 0, f"base must be positive, or -1 for e; given {base}")
    return math.log(base)


@register("Exp")
class Exp(Neuron):
    """y = base ^ (shift + scale * x), base -1 meaning e (exp_layer.cpp)."""

    def setup(self, x):
        """Read the constants: y = outer * exp(inner * x)."""
        param = self.layer_param.exp_param
        log_base = _log_base(self, param.base)
        self.inner = log_base * param.scale
        self.outer = float(torch.tensor(log_base * param.shift).exp())

    def forward(self, x):
        y = (x if self.inner == 1 else x * self.inner).exp()
        return y if self.outer == 1 else y * self.outer

    def gradient(self, x, y, dy):
        """dx = dy * y * inner."""
        return (y * dy).mul_(self.inner)


@register("Log")
class Log(Neuron):
    """y = log_base(shift + scale * x), base -1 meaning e (log_layer.cpp)."""

    squares_in_place = True

    def setup(self, x):
        param = self.layer_param.log_param
        log_base = _log_base(self, param.base)
        self.check(log_base != 0, "base 1 has no logarithm")
        self.scale, self.shift, self.factor = param.scale, param.shift, 1 / log_base

    def forward(self, x):
        return (x * self.scale).add_(self.shift).log_().mul_(self.factor)

    def gradient(self, x, y, dy):
        """dx = dy * scale / (log(base) * (shift + scale * x))."""
        inverse = (x * self.scale).add_(self.shift).reciprocal_()
        return self.times(inverse.mul_(self.scale * self.factor), dy)


@register("Power")
class Power(Neuron):
    """y = (shift + scale * x) ^ power (power_layer.cpp)."""

    squares_in_place = True

    def setup(self, x):
        param = self.layer_param.power_param
        self.power, self.scale, self.shift = param.power, param.scale, param.shift
        self.diff_scale = self.power * self.scale

    def forward(self, x):
        """Return the power; a constant where scale or power is 0."""
        if self.diff_scale == 0:
            return torch.full_like(x, self.shift).pow_(self.power)
        y = x * self.scale
        if self.shift:
            y.add_(self.shift)
        return y if self.power == 1 else y.pow_(self.power)

    def gradient(self, x, y, dy):
        """dx = dy * diff_scale * y / (shift + scale * x), in Caffe's special cases.

        So it is NaN where shift + scale * x is 0, except for powers 0, 1 and 2.
        """
        if self.diff_scale == 0:
            return torch.zeros_like(dy)
        return self.times(self._slope(x, y), dy)

    def _slope(self, x, y):
        if self.power == 1:
            return torch.full_like(x, self.diff_scale)
        if self.power == 2:
            return (x * (self.diff_scale * self.scale)).add_(self.diff_scale * self.shift)
        if self.shift == 0:
            return (y / x).mul_(self.power)
        return (y / (x * self.scale).add_(self.shift)).mul_(self.diff_scale)
