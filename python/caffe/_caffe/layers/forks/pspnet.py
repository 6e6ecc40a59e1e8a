"""PSPNet's layers (hszhao/PSPNet): BN with moving statistics, and Interp."""

import torch
from torch.nn import functional as F

from caffe.proto import caffe_pb2

from ...core.axes import legacy_shape
from ...core.batch_norm import PSPNETS_FIELDS, SEGNETS_FIELDS, given_fields, gradients, normalise
from ...core.layer import Layer, register
from ...log import warning

OTHERS_FIELDS = ("var_eps", "moving_average", "decay", "axis")


def _has_my_fields(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    given = given_fields(param, PSPNETS_FIELDS)
    return f"bn_param has {', '.join(given)}" if given else None


class MovingBN(Layer):
    """y = slope * (x - mean) / sqrt(variance + eps) + bias, channel by channel (bn_layer.cpp).

    TRAIN takes the batch's mean and biased variance, and at every forward moves the running ones:
    running = momentum * running + (1 - momentum) * batch. TEST and `frozen` take the running ones.
    With `NCCL.sync_batch_norm` the batch is that of all ranks, as in PSPNet's own training.

    Bottom and top: (N, C, ...), of 2 to 4 axes; the top may be the bottom.
    Parameters: slope, bias, running mean, running variance, each (1, C, 1, 1). No solver updates
    the last two, nor any of a frozen layer.
    """

    ignores_trailing_ones = True  # yjxiong/caffe stores (1, C)
    blob_axes = 4
    inverse = False  # parameter 3 holds 1 / sqrt(variance + eps)

    def setup(self, x):
        p = self.layer_param.bn_param
        self._check_fields()
        self.check(2 <= x.dim() <= 4, f"takes a bottom of 2 to 4 axes, given {tuple(x.shape)}")
        self.frozen, self.momentum, self.eps = p.frozen, p.momentum, p.eps
        self.stored = self.pointwise = p.frozen or not self.training
        shape = (1, x.shape[1], 1, 1)[: self.blob_axes]
        one = caffe_pb2.FillerParameter(type="constant", value=1)
        last = one if p.frozen or self.inverse else None
        for fill in (p.slope_filler, p.bias_filler, None, last):
            self.add_param(shape, fill)
        if not self.inverse:
            self._hold_rates()

    def _hold_rates(self):
        specs = self.layer_param.param
        while len(specs) < 4:
            specs.add()
        for spec in specs if self.frozen else specs[2:]:
            spec.lr_mult = spec.decay_mult = 0

    def _check_fields(self):
        mine, segnets, others = (
            given_fields(self.layer_param, names)
            for names in (PSPNETS_FIELDS, SEGNETS_FIELDS, OTHERS_FIELDS)
        )
        self.check(
            not segnets,
            f"bn_param's {', '.join(segnets)} are SegNet's, whose BN has 2 parameters; "
            + (f"{', '.join(mine)} are not" if mine else "set the dialect to segnet"),
        )
        self.check(
            not others,
            f"bn_param's {', '.join(others)} belong to a third BN, of ducha-aiki/caffe and CTPN; "
            "write BatchNorm and Scale instead",
        )
        if not mine:
            warning(
                self.format_error(
                    "no field of bn_param tells PSPNet's BN (4 parameters) from SegNet's (2): read "
                    "as PSPNet's; for SegNet's, let the file begin with '# dialect: segnet'"
                )
            )

    def reshape(self, shape):
        channels = self.blobs[0].count
        self.check(
            2 <= len(shape) <= 4 and shape[1] == channels,
            f"was set up for {channels} channels, bottom shape {tuple(shape)} does not fit",
        )
        return [shape]

    def _row(self, index):
        return self.param(index).view(-1)

    def _running(self):
        """Return the running variance, and what is added to it."""
        return (self._row(3).pow(-2), 0.0) if self.inverse else (self._row(3), self.eps)

    def _moments(self):
        """Return the running mean, and 1 / sqrt(variance + eps)."""
        variance, eps = self._running()
        return self._row(2).clone(), (variance + eps).rsqrt_()

    def channel_affine(self):
        if not self.stored:
            return None
        mean, inverse = self._moments()
        factor = self._row(0) * inverse
        return factor, self._row(1) - mean * factor

    def forward(self, x):
        slope, bias = self._row(0), self._row(1)
        if self.stored:
            self._save(x, self._moments())
            mean, (variance, eps) = self._row(2), self._running()
            return torch.batch_norm(
                x, slope, bias, mean, variance, False, 0, eps, torch.backends.cudnn.enabled
            )
        found = normalise(x, slope, bias, self.eps)
        self._save(x, found.moments)
        last = found.moments.inverse if self.inverse else found.biased
        for i, value in enumerate((found.mean, last), 2):
            running = self.running_param(i).view(-1)
            running.mul_(self.momentum).add_(value, alpha=1 - self.momentum)
        return found.top

    def _save(self, x, moments):
        if self.saves_for_backward and not self.frozen:
            keep = self.wiring.overwritten
            self.save_for_backward((x.clone() if keep else None, moments))

    def backward(self, propagate_down, bottom, top, top_diff):
        """Frozen: dx = slope * dy / sqrt(variance + eps), and nothing to the parameters.

        Else, also in TEST: with xh the normalised bottom,
        dx = slope * (dy - mean(dy) - xh * mean(dy * xh)) / sqrt(variance + eps), which takes mean
        and variance for the batch's. In TEST, where they are not, that is not the derivative.
        """
        dy, slope = top_diff[0], self._row(0)
        if self.frozen:  # by the variance of now, which a layer that shares it may have moved
            factor = slope * self._moments()[1]
            return [dy * factor.view((-1,) + (1,) * (dy.dim() - 2))]
        before, moments = self.saved or self._recompute(bottom[0])
        x = bottom[0] if before is None else before
        mask = [propagate_down[0], self.wants_param(0), self.wants_param(1)]
        dx, *diffs = gradients(dy, x, slope, moments, self.eps, mask)
        for blob, diff in zip(self.blobs, diffs, strict=False):
            if diff is not None:
                blob.add_diff(diff.view(blob.shape))
        return [dx if propagate_down[0] else None]

    def _recompute(self, x):
        if self.stored:
            return None, self._moments()
        return None, normalise(x, None, None, self.eps).moments


@register("BN", dialect="pspnet", recognise=_has_my_fields)
@register("BN")
class BN(MovingBN):
    """PSPNet's, as it stands."""

    blob_count = 4


@register("BN", dialect="yjxiong")
class FlatBN(BN):
    """PSPNet's BN as yjxiong/caffe has it: parameters are (1, C)."""

    blob_axes = 2


@register("BN", dialect="l-softmax")
class InverseBN(MovingBN):
    """The older BN of wy1iu/LargeMargin_Softmax_Loss, as its engine CAFFE has it (bn_layer.cpp).

    Parameters are (1, C), and the last one is the running 1 / sqrt(variance + eps), from 1 on. All
    keep the rates that are written, so that weight decay moves the last two as well.
    """

    blob_axes = 2
    inverse = True


@register("Interp")
class Interp(Layer):
    """Bilinear resampling with the corner pixels aligned (interp_layer.cpp, util/interp.cpp).

    Output o reads the bottom at r * o, r = (in - 1) / (out - 1), on each axis. `pad_beg` and
    `pad_end`, at most 0, first crop so many rows and columns. Which fields are set decides the
    size: only shrink_factor: (in - 1) / shrink + 1; only zoom_factor: (in - 1) * zoom + 1; else
    height and width; else both factors, shrink before zoom. use_blob_size (soeaver/caffe) takes
    the height and width of a second bottom instead, through which no gradient passes.

    Bottom (N, C, H, W); top (N, C, height, width).
    """

    bottoms = (1, 2)
    no_gradient = frozenset({1})

    def setup(self, x, *like):
        p = self.layer_param.interp_param
        self.begin, self.end = p.pad_beg, p.pad_end
        for what in ("pad_beg", "pad_end"):
            value = getattr(p, what)
            self.check(value <= 0, f"{what} crops and must be 0 or negative, given {value}")
        for what in ("zoom_factor", "shrink_factor"):
            value = getattr(p, what)
            self.check(value >= 1, f"{what} must be at least 1, given {value}")
        self.check(not p.HasField("mode") or p.mode == p.LINEAR, "has mode LINEAR alone, as PSPNet")
        self.check(
            p.use_blob_size == bool(like),
            "takes a second bottom, of the size that the top shall have, with use_blob_size: true "
            "and only with it",
        )
        zoom, shrink = p.HasField("zoom_factor"), p.HasField("shrink_factor")
        size = p.HasField("height") and p.HasField("width")
        self.check(
            zoom or shrink or size or p.use_blob_size,
            "needs height and width, zoom_factor or shrink_factor"
            + ("" if size or not (p.HasField("height") or p.HasField("width")) else "; one of "
               "height and width alone is not enough"),
        )  # fmt: skip
        self.fixed = (p.height, p.width) if size and zoom == shrink else None
        self.shrink, self.zoom = p.shrink_factor, p.zoom_factor

    def reshape(self, shape, *like):
        shape = legacy_shape(self, shape)
        if like:
            self.fixed = legacy_shape(self, like[0])[2:]
        cropped = [n + self.begin + self.end for n in shape[2:]]
        self.check(
            min(cropped) > 0,
            f"pad_beg {self.begin} and pad_end {self.end} leave nothing of bottom shape {shape}",
        )
        self.size = self.fixed or tuple((n - 1) // self.shrink * self.zoom + 1 for n in cropped)
        self.check(min(self.size) > 0, f"height and width must be positive, given {self.size}")
        self.check(  # the fork goes on reading what it has written over
            not self.in_place or (self.size == shape[2:] and not (self.begin or self.end)),
            f"cannot resize {shape[2:]} to {self.size} in place; give its top another name",
        )
        return [(*shape[:2], *self.size)]

    def forward(self, x, *like):
        if self.in_place:  # the fork's backward sets the bottom's diff, which is the top's, to 0
            x = x.detach()
        x = x.view(legacy_shape(self, x.shape))
        rows, columns = (slice(-self.begin, n + self.end) for n in x.shape[2:])
        x = x[:, :, rows, columns]
        # torch computes r and r * o in float32 and cuts them to integers, as interp.cpp does.
        if x.shape[2:] == self.size:
            return x.clone(memory_format=torch.contiguous_format)
        return F.interpolate(x, self.size, mode="bilinear", align_corners=True)
