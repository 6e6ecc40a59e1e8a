"""Small layers of DeepDetect's Caffe (jolibrain/caffe)."""

from ...core.layer import Layer, register
from ...core.neuron_layer import Neuron


@register("SeLu")
class SeLu(Neuron):
    """y = lambda x where x > 0, else lambda alpha (exp(x) - 1) (selu_layer.cpp)."""

    def setup(self, x):
        """Read the settings."""
        param = self.layer_param.selu_param
        self.alpha, self.scale = param.alpha, getattr(param, "lambda")

    def forward(self, x):
        """Return y."""
        negative = x.clamp(max=0).expm1_().mul_(self.scale * self.alpha)
        return negative.add_(x.clamp(min=0), alpha=self.scale)

    def gradient(self, x, y, dy):
        """dx = lambda dy where x > 0, else lambda alpha exp(x) dy."""
        slope = x.clamp(max=0).exp_().mul_(self.scale * self.alpha)
        return dy * slope.masked_fill_(x > 0, self.scale)


@register("ContinuationIndicator")
class ContinuationIndicator(Layer):
    """Which steps of a sequence go on: 0 in the first, 1 in the others (time_step, N).

    For LSTM's second bottom. N is the bottom's size on `axis`; its values are not read
    (continuation_indicator_layer.cpp).
    """

    no_gradient = frozenset({0})

    def setup(self, x):
        """Read the settings."""
        param = self.layer_param.continuation_indicator_param
        self.steps, self.axis = param.time_step, param.axis
        self.check(self.steps > 0, "needs time_step > 0")

    def reshape(self, shape):
        """Return (time_step, N)."""
        if not -len(shape) <= self.axis < len(shape):
            self.fail(f"axis {self.axis} is not one of bottom shape {tuple(shape)}")
        return [(self.steps, shape[self.axis])]

    def forward(self, x):
        """Return the indicators."""
        top = x.new_ones(self.steps, x.shape[self.axis])
        top[0] = 0
        return top

    def backward(self, propagate_down, bottom, top, top_diff):
        """There is no gradient."""
        return [None]
