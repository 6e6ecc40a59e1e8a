"""Layers that work element by element (BVLC's neuron layers).

Their backward passes read bottom and top as they stand by then, which after an in-place layer is
not what forward saw: Caffe's do (the clipped values are all that an in-place Clip finds, say), and
its figures show it. That is also why autograd does not serve here.
"""

import math

import torch
from torch.nn import functional as F

from caffe.proto import caffe_pb2

from ..core.layer import Layer, register
from ..log import warning


class Neuron(Layer):
    """One bottom, one top of its shape (neuron_layer.cpp).

    A type defines `forward(x)` and `gradient(x, y, dy)`, the bottom's diff.
    """

    warned = False

    def reshape(self, shape):
        """The top is shaped as the bottom."""
        return [shape]

    def backward(self, propagate_down, bottom, top, top_diff):
        """Return the bottom's diff."""
        return [self.gradient(bottom[0], top[0], top_diff[0]) if propagate_down[0] else None]

    def gradient(self, x, y, dy):
        """Return the bottom's diff; a type without one refuses to be asked."""
        self.fail("has no gradient, but a layer below it needs one")

    def times(self, slope, dy):
        """Return slope * dy; in place slope^2, as Log and Power do in Caffe.

        They compute the slope in the bottom's diff, which in place is the top's, and multiply that
        by itself (log_layer.cpp, power_layer.cpp).
        """
        if not self.in_place:
            return slope.mul_(dy)
        if not self.warned:
            self.warned = True
            warning(
                self.format_error(
                    "in place its gradient is not the true one, here as in BVLC Caffe"
                )
            )
        return slope.square_()


@register("AbsVal")
class AbsVal(Neuron):
    """y = |x|; the gradient at 0 is 0 (absval_layer.cpp)."""

    def setup(self, x):
        """Refuse to work in place."""
        self.check(not self.in_place, "cannot work in place; give its top another name")

    def forward(self, x):
        """Return |x|."""
        return x.abs()

    def gradient(self, x, y, dy):
        """dx = dy * sign(x)."""
        return x.sign().mul_(dy)


@register("BNLL")
class BNLL(Neuron):
    """y = log(1 + exp(x)) (bnll_layer.cpp)."""

    def forward(self, x):
        """Return log(1 + exp(x)), written so that exp cannot overflow."""
        return x.abs().neg_().exp_().log1p_().add_(x.clamp(min=0))

    def gradient(self, x, y, dy):
        """dx = dy * e / (e + 1) with e = exp(min(x, 50))."""
        return x.sigmoid().mul_(dy)


@register("Clip")
class Clip(Neuron):
    """y = max(min, min(x, max)) (clip_layer.cpp)."""

    def setup(self, x):
        """Read the bounds; both must be given."""
        param = self.layer_param.clip_param
        for bound in ("min", "max"):
            self.check(param.HasField(bound), f"clip_param needs '{bound}'")
        self.low, self.high = param.min, param.max

    def forward(self, x):
        """Return x within the bounds; where min > max, min wins as in Caffe (not as in torch)."""
        return x.clamp(max=self.high).clamp_(min=self.low)

    def gradient(self, x, y, dy):
        """dx = dy where x lies within the bounds, these included."""
        return dy * ((x >= self.low) & (x <= self.high))


@register("Dropout")
class Dropout(Neuron):
    """TRAIN: y = x * mask / (1 - dropout_ratio); TEST: y = x (dropout_layer.cpp)."""

    recomputable = False

    def setup(self, x):
        """Read the ratio."""
        ratio = self.layer_param.dropout_param.dropout_ratio
        self.check(0 <= ratio < 1, f"dropout_ratio must be at least 0 and below 1, given {ratio}")
        self.keep = 1 - ratio

    def forward(self, x):
        """Draw a new mask and scale by it."""
        if not self.training:
            return x if self.in_place else x.clone()
        mask = torch.empty_like(x).bernoulli_(self.keep, generator=self.generator())
        self.save_for_backward(mask.div_(self.keep))
        return x.mul_(mask) if self.in_place else x * mask

    def gradient(self, x, y, dy):
        """dx = dy * the mask of the last forward."""
        if not self.training:
            return dy if self.in_place else dy.clone()
        self.check(self.saved is not None, "backward needs a forward before it (for its mask)")
        return dy * self.saved


@register("ELU")
class ELU(Neuron):
    """y = x for x > 0, else alpha * (exp(x) - 1) (elu_layer.cpp)."""

    def setup(self, x):
        """Read alpha."""
        self.alpha = self.layer_param.elu_param.alpha

    def forward(self, x):
        """Return the exponential linear unit."""
        return F.elu(x, self.alpha)

    def gradient(self, x, y, dy):
        """dx = dy for x > 0, else dy * (alpha + y)."""
        return torch.where(x > 0, dy, dy * (y + self.alpha))


def _log_base(layer: Layer, base: float) -> float:
    """Return log(base), -1 standing for e."""
    if base == -1:
        return 1.0
    layer.check(base > 0, f"base must be positive, or -1 for e; given {base}")
    return math.log(base)


@register("Exp")
class Exp(Neuron):
    """y = base ^ (shift + scale * x), base -1 standing for e (exp_layer.cpp)."""

    def setup(self, x):
        """Read the constants: y = outer * exp(inner * x)."""
        param = self.layer_param.exp_param
        log_base = _log_base(self, param.base)
        self.inner = log_base * param.scale
        self.outer = float(torch.tensor(log_base * param.shift).exp())

    def forward(self, x):
        """Return outer * exp(inner * x)."""
        y = (x if self.inner == 1 else x * self.inner).exp()
        return y if self.outer == 1 else y.mul_(self.outer)

    def gradient(self, x, y, dy):
        """dx = dy * y * inner."""
        return (y * dy).mul_(self.inner)


@register("Log")
class Log(Neuron):
    """y = log_base(shift + scale * x), base -1 standing for e (log_layer.cpp)."""

    def setup(self, x):
        """Read the constants."""
        param = self.layer_param.log_param
        log_base = _log_base(self, param.base)
        self.check(log_base != 0, "base 1 has no logarithm")
        self.scale, self.shift, self.factor = param.scale, param.shift, 1 / log_base

    def forward(self, x):
        """Return the logarithm."""
        return (x * self.scale).add_(self.shift).log_().mul_(self.factor)

    def gradient(self, x, y, dy):
        """dx = dy * scale / (log(base) * (shift + scale * x))."""
        inverse = (x * self.scale).add_(self.shift).reciprocal_()
        return self.times(inverse.mul_(self.scale * self.factor), dy)


@register("Power")
class Power(Neuron):
    """y = (shift + scale * x) ^ power (power_layer.cpp)."""

    def setup(self, x):
        """Read the constants."""
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


@register("PReLU")
class PReLU(Neuron):
    """y = max(0, x) + slope * min(0, x), slope learned: one per channel, or one (prelu_layer.cpp).

    Parameter: (C,), or () with channel_shared; 0.25 without a filler.
    """

    def setup(self, x):
        """Make the slope."""
        param = self.layer_param.prelu_param
        self.check(x.dim() >= 2, f"needs a bottom of at least 2 axes, given {tuple(x.shape)}")
        quarter = caffe_pb2.FillerParameter(type="constant", value=0.25)
        shape = () if param.channel_shared else (x.shape[1],)
        self.add_param(shape, param.filler if param.HasField("filler") else quarter)

    def forward(self, x):
        """Return the rectified values; in place, the input is saved for backward."""
        slopes = self.blobs[0].shape
        if slopes and x.shape[1:2] != slopes:
            self.fail(f"has {slopes[0]} slopes, bottom shape {tuple(x.shape)} does not fit")
        if self.in_place and self.saves_for_backward:
            self.save_for_backward(x.clone())
        return F.prelu(x, self.param(0))

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy for x > 0, else dy * slope; the slope's is the sum of dy * x over x <= 0."""
        x, dy, slope = bottom[0], top_diff[0], self.param(0)
        x = x if self.saved is None else self.saved
        if self.wants_param(0):
            products = dy * x.clamp(max=0)
            axes = [a for a in range(x.dim()) if a != 1 or slope.dim() == 0]
            self.blobs[0].add_diff(products.sum(axes))
        if not propagate_down[0]:
            return [None]
        wide = slope.view(slope.shape + (1,) * (x.dim() - 2)) if slope.dim() else slope
        return [torch.where(x > 0, dy, dy * wide)]


@register("ReLU")
class ReLU(Neuron):
    """y = max(0, x) + negative_slope * min(0, x) (relu_layer.cpp)."""

    def setup(self, x):
        """Read the slope."""
        self.slope = self.layer_param.relu_param.negative_slope

    def forward(self, x):
        """Return the rectified values; in place, written over the bottom's."""
        if self.slope:
            return F.leaky_relu(x, self.slope, self.in_place)
        return x.relu_() if self.in_place else x.relu()

    def gradient(self, x, y, dy):
        """dx = dy for x > 0, else dy * negative_slope (so NaN stays NaN, unlike relu's own)."""
        return torch.ops.aten.leaky_relu_backward(dy, x, self.slope, False)


@register("Sigmoid")
class Sigmoid(Neuron):
    """y = 1 / (1 + exp(-x)) (sigmoid_layer.cpp)."""

    def forward(self, x):
        """Return the logistic function."""
        return x.sigmoid()

    def gradient(self, x, y, dy):
        """dx = dy * y * (1 - y)."""
        return torch.ops.aten.sigmoid_backward(dy, y)


@register("Swish")
class Swish(Neuron):
    """y = x * sigmoid(beta * x) (swish_layer.cpp)."""

    def setup(self, x):
        """Read beta."""
        self.beta = self.layer_param.swish_param.beta

    def forward(self, x):
        """Return x times its gate, which is saved for backward."""
        return x * self.save_for_backward((x * self.beta).sigmoid_())

    def gradient(self, x, y, dy):
        """dx = dy * (beta * y + gate * (1 - beta * y))."""
        gate = (x * self.beta).sigmoid_() if self.saved is None else self.saved
        by = y * self.beta
        return (gate * (1 - by)).add_(by).mul_(dy)


@register("TanH")
class TanH(Neuron):
    """y = tanh(x) (tanh_layer.cpp)."""

    def forward(self, x):
        """Return the hyperbolic tangent."""
        return x.tanh()

    def gradient(self, x, y, dy):
        """dx = dy * (1 - y^2)."""
        return torch.ops.aten.tanh_backward(dy, y)


@register("Threshold")
class Threshold(Neuron):
    """y = 1 for x > threshold, else 0; it has no gradient (threshold_layer.cpp)."""

    def setup(self, x):
        """Read the threshold."""
        self.threshold = self.layer_param.threshold_param.threshold

    def forward(self, x):
        """Return zeros and ones."""
        return (x > self.threshold).to(x.dtype)
