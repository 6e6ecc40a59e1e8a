"""Activations and Dropout, element by element."""

import torch
from torch.nn import functional as F

from ...proto import caffe_pb2
from ..core.layer import register
from ..core.neuron_layer import Neuron, rectify_


@register("BNLL")
class BNLL(Neuron):
    """y = log(1 + exp(x)) (bnll_layer.cpp)."""

    def forward(self, x):
        """Return log(1 + exp(x)), written so that exp cannot overflow."""
        return x.abs().neg_().exp_().log1p().add_(x.clamp(min=0))

    def gradient(self, x, y, dy):
        """dx = dy * e / (e + 1) with e = exp(min(x, 50))."""
        return x.sigmoid().mul_(dy)


@register("Clip")
class Clip(Neuron):
    """y = max(min, min(x, max)) (clip_layer.cpp)."""

    def setup(self, x):
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
    """TRAIN: y = x * mask / (1 - dropout_ratio); TEST: y = x (dropout_layer.cpp).

    Forks' fields: sample_weights_test (SegNet) draws masks in TEST too; scale_train: false (Fast
    R-CNN) leaves the division out of TRAIN and multiplies by 1 - dropout_ratio in TEST.
    """

    recomputable = False

    def setup(self, x):
        p = self.layer_param.dropout_param
        ratio = p.dropout_ratio
        self.check(0 <= ratio < 1, f"dropout_ratio must be at least 0 and below 1, given {ratio}")
        self.keep = 1 - ratio
        self.draws = self.training or p.sample_weights_test
        self.pointwise = self.any_layout = not self.draws
        self.scale_train = p.scale_train

    def forward(self, x):
        if not self.draws:
            return self._rest(x)
        mask = torch.empty_like(x).bernoulli_(self.keep, generator=self.generator())
        self.save_for_backward(mask.div_(self.keep) if self.scale_train else mask)
        return x.mul_(mask) if self.in_place else x * mask

    def _rest(self, x):
        if not self.scale_train:  # TRAIN's mean over all masks
            return x.float() * self.keep
        return x if self.in_place else x.clone()

    def gradient(self, x, y, dy):
        """dx = dy * the mask of the last forward."""
        if not self.draws:
            return self._rest(dy)
        self.check(self.saved is not None, "backward needs a forward before it (for its mask)")
        return dy * self.saved


@register("ELU")
class ELU(Neuron):
    """y = x for x > 0, else alpha * (exp(x) - 1) (elu_layer.cpp)."""

    def setup(self, x):
        self.alpha = self.layer_param.elu_param.alpha

    def forward(self, x):
        return F.elu(x, self.alpha)

    def gradient(self, x, y, dy):
        """dx = dy for x > 0, else dy * (alpha + y)."""
        return torch.where(x > 0, dy, dy * (y + self.alpha))


@register("PReLU")
class PReLU(Neuron):
    """y = max(0, x) + slope * min(0, x), slope learned: one per channel, or one (prelu_layer.cpp).

    Parameter: (C,), or () with channel_shared; 0.25 without a filler.
    """

    def setup(self, x):
        param = self.layer_param.prelu_param
        self.check(x.dim() >= 2, f"needs a bottom of at least 2 axes, given {tuple(x.shape)}")
        quarter = caffe_pb2.FillerParameter(type="constant", value=0.25)
        shape = () if param.channel_shared else (x.shape[1],)
        self.add_param(shape, param.filler if param.HasField("filler") else quarter)

    def forward(self, x):
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

    any_layout = True

    def setup(self, x):
        self.slope = self.layer_param.relu_param.negative_slope

    def activation(self):
        return self.slope

    def forward(self, x):
        if self.slope:
            return F.leaky_relu(x.float(), self.slope, self.in_place)
        return rectify_(x) if self.in_place else x.relu()

    def gradient(self, x, y, dy):
        """dx = dy for x > 0, else dy * negative_slope (so NaN stays NaN, unlike relu's own)."""
        if self.slope or dy.dtype != x.dtype:
            x, dy = x.float(), dy.float()
        return torch.ops.aten.leaky_relu_backward(dy, x, self.slope, False)


@register("Sigmoid")
class Sigmoid(Neuron):
    """y = 1 / (1 + exp(-x)) (sigmoid_layer.cpp)."""

    def forward(self, x):
        return x.sigmoid()

    def gradient(self, x, y, dy):
        """dx = dy * y * (1 - y)."""
        return torch.ops.aten.sigmoid_backward(dy, y)


@register("Swish")
class Swish(Neuron):
    """y = x * sigmoid(beta * x) (swish_layer.cpp)."""

    def setup(self, x):
        self.beta = self.layer_param.swish_param.beta

    def forward(self, x):
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
        return x.tanh()

    def gradient(self, x, y, dy):
        """dx = dy * (1 - y^2)."""
        return torch.ops.aten.tanh_backward(dy, y)


@register("Threshold")
class Threshold(Neuron):
    """y = 1 for x > threshold, else 0; it has no gradient (threshold_layer.cpp)."""

    def setup(self, x):
        self.threshold = self.layer_param.threshold_param.threshold

    def forward(self, x):
        return (x > self.threshold).to(x.dtype)
