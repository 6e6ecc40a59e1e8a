"""Layers that normalise: BatchNorm, MVN, Softmax (LRN has a file of its own)."""

import torch

from ...proto import caffe_pb2
from ..core.axes import canonical_axis, legacy_shape
from ..core.batch_norm import gradients, normalise, stored_gradients
from ..core.layer import Layer, register


@register("BatchNorm")
class BatchNorm(Layer):
    """y = (x - mean) / sqrt(variance + eps), channel by channel; no scale or shift of its own.

    Parameters, which no solver updates: the running sums of mean (C,) and variance (C,),
    and the sum of their weights (1,) by which they are divided (batch_norm_layer.cpp).

    NVCaffe's `scale_bias`, or its scale_filler, adds y * scale + bias with two learned
    parameters (C,), 1 and 0 without fillers; eps is then at least 1e-5. Its weights load: the sum
    of weights is 1 there. The running statistics are BVLC's, for NVCaffe's own CPU and cuDNN code
    disagree about them.
    """

    affine = False

    def setup(self, x):
        param = self.layer_param.batch_norm_param
        self.check(x.dim() >= 2, f"needs a bottom of at least 2 axes, given {tuple(x.shape)}")
        self.eps, self.fraction = param.eps, param.moving_average_fraction
        given = param.HasField("use_global_stats")
        self.stored = param.use_global_stats if given else not self.training
        self.check(
            not param.update_global_stats,
            "update_global_stats (DeepLab v2) is not computed here; leave it out",
        )
        self.pointwise = self.stored
        for size in (x.shape[1], x.shape[1], 1):
            self.add_param((size,))
        self._add_scale(param, x.shape[1])
        self._freeze()

    def _add_scale(self, param, channels):
        self.affine = param.scale_bias or param.HasField("scale_filler")
        if not self.affine:
            self.check(
                not param.HasField("bias_filler"),
                "bias_filler alone can be NVCaffe's scale and bias or Intel Caffe's: set "
                "scale_bias: true, or leave it out before a Scale layer",
            )
            return
        self.eps = max(self.eps, 1e-5)
        for field, value in (("scale_filler", 1.0), ("bias_filler", 0.0)):
            default = caffe_pb2.FillerParameter(type="constant", value=value)
            self.add_param((channels,), getattr(param, field) if param.HasField(field) else default)

    def _freeze(self):
        specs = self.layer_param.param
        for i in range(3):
            if len(specs) == i:
                specs.add(lr_mult=0)
            if self.affine:  # NVCaffe sets these itself
                specs[i].lr_mult = specs[i].decay_mult = 0
            self.check(
                specs[i].lr_mult == 0,
                f"its statistics are not learned: lr_mult of param {i} must be 0, "
                f"given {specs[i].lr_mult:g}",
            )

    def reshape(self, shape):
        channels = self.blobs[0].count
        self.check(
            shape[1:2] == (channels,),
            f"has statistics of {channels} channels, bottom shape {shape} does not fit",
        )
        return [shape]

    def forward(self, x):
        """Return the normalised bottom; in training, add the batch to the running sums."""
        wanted = self.wiring.overwritten and self.saves_for_backward
        if wanted and (self.affine or not self.stored):
            x = x.clone()
        kept = x if self.wiring.overwritten else None
        if self.stored:
            self.save_for_backward((kept, None) if self.affine else None)
            (scale, bias), (mean, variance) = self._scale(), self._stored_moments()
            return torch.batch_norm(
                x, scale, bias, mean, variance, False, 0, self.eps, torch.backends.cudnn.enabled
            )
        scale, bias = self._scale()
        found = normalise(x, scale, bias, self.eps)
        self.save_for_backward((kept, found.moments))
        for i, batch in enumerate((found.mean, found.variance, torch.ones_like(found.mean[:1]))):
            self.running_param(i).mul_(self.fraction).add_(batch)
        return found.top

    def channel_affine(self):
        if not self.stored:
            return None
        (scale, bias), (mean, variance) = self._scale(), self._stored_moments()
        factor = (variance + self.eps).rsqrt()
        factor = factor if scale is None else factor * scale
        shift = -mean * factor
        return factor, shift if bias is None else shift + bias

    def _scale(self):
        """Return scale and bias; None, None without."""
        return [self.param(3), self.param(4)] if self.affine else [None, None]

    def _stored_moments(self):
        mean, variance, weight = (self.param(i) for i in range(3))
        scale = torch.where(weight == 0, 0, 1 / weight)
        return mean * scale, variance * scale

    def backward(self, propagate_down, bottom, top, top_diff):
        """With y the top: dx = (dy - mean(dy) - mean(dy y) y) / sqrt(variance + eps).

        With stored statistics these are constants: dx = dy / sqrt(variance + eps).
        """
        down = bool(propagate_down[0])
        wanted = [self.affine and self.wants_param(i) for i in (3, 4)]
        if not (down or any(wanted)):
            return [None]
        before, moments = self.saved or (None, None)
        x, dy = bottom[0] if before is None else before, top_diff[0]
        scale, bias = self._scale()
        mask = [down, *wanted]
        if self.stored:
            mean, variance = self._stored_moments()
            dx, *params = stored_gradients(dy, x, scale, mean, variance, self.eps, mask)
        else:
            moments = moments or normalise(x, scale, bias, self.eps).moments
            dx, *params = gradients(dy, x, scale, moments, self.eps, mask)
        for i, diff in enumerate(params, 3):
            if diff is not None and wanted[i - 3]:
                self.blobs[i].add_diff(diff)
        return [dx if down else None]


@register("MVN")
class MVN(Layer):
    """y = (x - mean) / (deviation + eps), for each channel or, across_channels, each item.

    The top has four axes whatever the bottom has (mvn_layer.cpp).
    """

    def setup(self, x):
        param = self.layer_param.mvn_param
        self.variance, self.eps = param.normalize_variance, param.eps
        self.first_axis = 1 if param.across_channels else 2

    def reshape(self, shape):
        return [legacy_shape(self, shape)]

    def _rows(self, x):
        return x.reshape(legacy_shape(self, x.shape)).flatten(self.first_axis)

    def forward(self, x):
        rows = self._rows(x)
        y = rows - rows.mean(-1, keepdim=True)
        if self.variance:
            y = y / self.save_for_backward(self._deviation(y))
        return y.view(legacy_shape(self, x.shape))

    def _deviation(self, centred):
        return centred.square().mean(-1, keepdim=True).sqrt_() + self.eps

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = (dy - mean(dy) - mean(dy y) y) / (deviation + eps).

        Not the true gradient, which eps would bend; y as an in-place layer above has left it. In
        place itself, BVLC overwrites dy half-way, with what depends on its BLAS: not followed.
        """
        dy, y = self._rows(top_diff[0]), self._rows(top[0])
        dx = dy - dy.mean(-1, keepdim=True)
        if self.variance:
            deviation = self.saved
            if deviation is None:
                rows = self._rows(bottom[0])
                deviation = self._deviation(rows - rows.mean(-1, keepdim=True))
            dx.sub_((dy * y).mean(-1, keepdim=True) * y).div_(deviation)
        return [dx.view(bottom[0].shape)]


@register("Softmax")
class Softmax(Layer):
    """y = exp(x) / sum of exp(x) along `axis` (softmax_layer.cpp)."""

    def setup(self, x):
        self.axis = self.layer_param.softmax_param.axis

    def reshape(self, shape):
        canonical_axis(self, self.axis, shape)
        return [shape]

    def forward(self, x):
        return x.softmax(canonical_axis(self, self.axis, x.shape))

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = y (dy - sum of dy y); y as an in-place layer above has left it."""
        y, dy = top[0], top_diff[0]
        axis = canonical_axis(self, self.axis, y.shape)
        return [torch.ops.aten._softmax_backward_data(dy, y, axis, y.dtype)]
