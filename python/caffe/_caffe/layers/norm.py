"""Layers that normalise: BatchNorm, MVN, Softmax (LRN has a file of its own)."""

import torch

from ..core.axes import canonical_axis, legacy_shape
from ..core.layer import Layer, register


@register("BatchNorm")
class BatchNorm(Layer):
    """y = (x - mean) / sqrt(variance + eps), channel by channel; no scale or shift of its own.

    Parameters, which no solver updates: the running sums of mean (C,) and variance (C,),
    and the sum of their weights (1,) by which they are divided (batch_norm_layer.cpp).
    """

    def setup(self, x):
        param = self.layer_param.batch_norm_param
        self.check(x.dim() >= 2, f"needs a bottom of at least 2 axes, given {tuple(x.shape)}")
        self.eps, self.fraction = param.eps, param.moving_average_fraction
        given = param.HasField("use_global_stats")
        self.stored = param.use_global_stats if given else not self.training
        for size in (x.shape[1], x.shape[1], 1):
            self.add_param((size,))
        self._freeze()

    def _freeze(self):
        specs = self.layer_param.param
        for i in range(3):
            if len(specs) == i:
                specs.add(lr_mult=0)
            self.check(
                specs[i].lr_mult == 0,
                f"its statistics are not learned: lr_mult of param {i} must be 0, "
                f"given {specs[i].lr_mult:g}",
            )

    def reshape(self, shape):
        self._check_channels(shape)
        return [shape]

    def _check_channels(self, shape):
        channels = self.blobs[0].count
        if len(shape) < 2 or shape[1] != channels:
            self.fail(
                f"has statistics of {channels} channels, bottom shape {tuple(shape)} does not fit",
            )

    def forward(self, x):
        """Return the normalised bottom; in training, add the batch to the running sums."""
        self._check_channels(x.shape)
        if self.stored:
            mean, variance = self._stored_moments()
            return torch.batch_norm(
                x, None, None, mean, variance, False, 0, self.eps, torch.backends.cudnn.enabled
            )
        if self.wiring.overwritten and self.saves_for_backward:
            x = x.clone()
        channels = self.blobs[0].count
        y, moments, (mean, variance) = self._normalise(x)
        self.save_for_backward((x if self.wiring.overwritten else None, moments))
        if x.numel() == channels:
            variance.zero_()  # of one value: torch divides by m - 1 = 0, Caffe does not
        for blob, batch in zip(self.blobs, (mean, variance, 1), strict=True):
            blob.tensor(write=True).mul_(self.fraction).add_(batch)
        return y

    def _normalise(self, x):
        # Momentum 1 makes torch leave the batch's own mean and unbiased variance here.
        mean, variance = x.new_zeros(2, self.blobs[0].count).unbind()
        y, *moments = torch.native_batch_norm(x, None, None, mean, variance, True, 1.0, self.eps)
        return y, moments, (mean, variance)

    def _stored_moments(self):
        mean, variance, weight = (b.tensor() for b in self.blobs)
        scale = torch.where(weight == 0, 0, 1 / weight)
        return mean * scale, variance * scale

    def backward(self, propagate_down, bottom, top, top_diff):
        """With y the top: dx = (dy - mean(dy) - mean(dy y) y) / sqrt(variance + eps).

        With stored statistics these are constants: dx = dy / sqrt(variance + eps).
        """
        if not propagate_down[0]:
            return [None]
        x, dy = bottom[0], top_diff[0]
        if self.stored:
            scale = self._stored_moments()[1].add_(self.eps).rsqrt_()
            return [dy * scale.view((-1,) + (1,) * (dy.dim() - 2))]
        before, moments = self.saved or (None, self._normalise(x)[1])
        x = x if before is None else before
        return [
            torch.ops.aten.native_batch_norm_backward(
                dy, x, None, None, None, *moments, True, self.eps, [True, False, False]
            )[0]
        ]


@register("MVN")
class MVN(Layer):
    """y = (x - mean) / (deviation + eps), for each channel or, across_channels, each item.

    The top has four axes whatever the bottom has (mvn_layer.cpp).
    """

    def setup(self, x):
        param = self.layer_param.mvn_param
        self.variance, self.eps = param.normalize_variance, param.eps
        self.first_axis = 1 if param.across_channels else 2

    def _rows(self, x):
        return x.reshape(legacy_shape(self, x.shape)).flatten(self.first_axis)

    def forward(self, x):
        rows = self._rows(x)
        y = rows - rows.mean(-1, keepdim=True)
        if self.variance:
            y.div_(self.save_for_backward(self._deviation(y)))
        return y.view(legacy_shape(self, x.shape))

    def _deviation(self, centred):
        return centred.square().mean(-1, keepdim=True).sqrt_().add_(self.eps)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = (dy - mean(dy) - mean(dy y) y) / (deviation + eps).

        Not the true gradient, which eps would bend; y as an in-place layer above has left it. In
        place itself, BVLC overwrites dy half-way, with what depends on its BLAS: not followed.
        """
        if not propagate_down[0]:
            return [None]
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

    def forward(self, x):
        return x.softmax(canonical_axis(self, self.axis, x.shape))

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = y (dy - sum of dy y); y as an in-place layer above has left it."""
        if not propagate_down[0]:
            return [None]
        y, dy = top[0], top_diff[0]
        axis = canonical_axis(self, self.axis, y.shape)
        return [torch.ops.aten._softmax_backward_data(dy, y, axis, y.dtype)]
