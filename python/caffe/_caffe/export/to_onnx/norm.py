"""BatchNorm and BN, LRN, MVN, Softmax, Normalize, ChannelNorm."""

from collections.abc import Sequence

import torch

from ...layers.forks import caffe_windows, pspnet, segnet
from ...layers.forks.flownet2 import ChannelNorm
from ...layers.forks.ssd import Normalize
from ...layers.lrn import LRN
from ...layers.norm import MVN, BatchNorm, Softmax
from .graph import Graph
from .table import converts


def _stored(g: Graph, x: str, rows: Sequence, eps: float) -> str:
    """Normalise by stored figures: scale, bias, mean and variance, each (C,)."""
    return g.node("BatchNormalization", x, *(g.floats(r.flatten()) for r in rows), epsilon=eps)


def _centred(g, x, axes) -> tuple[str, str]:
    """Return x less its mean over axes, and the mean square of that."""
    centred = g.sub(x, g.reduce("ReduceMean", x, axes))
    return centred, g.reduce("ReduceMean", g.mul(centred, centred), axes)


def _by_batch(g: Graph, x: str, rank: int, eps: float) -> tuple[str, str, str]:
    """Normalise by the batch's own figures; return these, (1, C, ...), too."""
    axes = [axis for axis in range(rank) if axis != 1]
    mean = g.reduce("ReduceMean", x, axes)
    centred, variance = _centred(g, x, axes)
    y = g.div(centred, g.node("Sqrt", g.add(variance, g.scalar(eps))))
    return y, mean, variance


def _affine(g, x, scale, bias, rank) -> str:
    wide = [g.reshape(v, -1, *(1,) * (rank - 2)) for v in (scale, bias)]
    return g.add(g.mul(x, wide[0]), wide[1])


@converts(BatchNorm)
def batch_norm(g: Graph, layer: BatchNorm, x: str):
    """BatchNormalization by the stored figures, or by the batch's own."""
    blobs = [b.host_tensor() for b in layer.blobs]
    if layer.stored:
        weight = 0 if blobs[2].item() == 0 else 1 / blobs[2]
        mean, variance = (b * weight for b in blobs[:2])
        ones = torch.ones_like(mean)
        scale, bias = blobs[3:] if layer.affine else (ones, torch.zeros_like(mean))
        return _stored(g, x, (scale, bias, mean, variance), layer.eps)
    y = _by_batch(g, x, g.rank(x), layer.eps)[0]
    return _affine(g, y, g.param(3), g.param(4), g.rank(x)) if layer.affine else y


@converts(pspnet.BN)
def bn(g: Graph, layer: pspnet.BN, x: str):
    """PSPNet's BN by its running figures."""
    layer.check(layer.stored, "changes its running figures in TRAIN; export the TEST phase")
    return _stored(g, x, [b.host_tensor() for b in layer.blobs], layer.eps)


@converts(pspnet.InverseBN)
def inverse_bn(g: Graph, layer: pspnet.InverseBN, x: str):
    """L-Softmax's: the last figure is 1 / sqrt(variance + eps) itself."""
    layer.check(layer.stored, "changes its running figures in TRAIN; export the TEST phase")
    slope, bias, mean, inverse = (b.host_tensor().flatten() for b in layer.blobs)
    rows = (slope * inverse, bias, mean, torch.ones_like(mean))
    return _stored(g, x, rows, 0.0)


@converts(segnet.BN)
def segnet_bn(g: Graph, layer: segnet.BN, x: str):
    """SegNet's BN: by the batch's own figures, or with these folded in."""
    x = _four_axes(g, x)
    if not layer.learns:
        return g.add(g.mul(x, g.param(0)), g.param(1))
    y, *moments = _by_batch(g, x, 4, segnet.EPS)
    y = g.add(g.mul(y, g.param(0)), g.param(1))
    return (y, *moments)


@converts(LRN)
def lrn(g: Graph, layer: LRN, x: str):
    """LRN across channels; within, by the mean square of each window."""
    if not layer.within:
        alpha = layer.factor * layer.size
        return g.node("LRN", x, alpha=alpha, beta=layer.beta, bias=layer.shift, size=layer.size)
    mean = g.node(
        "AveragePool",
        g.mul(x, x),
        kernel_shape=[layer.size] * 2,
        pads=[layer.size // 2] * 4,
        count_include_pad=1,
    )
    scale = g.add(g.mul(mean, g.scalar(layer.factor)), g.scalar(layer.shift))
    return g.mul(x, g.node("Pow", scale, g.scalar(-layer.beta)))


@converts(MVN)
def mvn(g: Graph, layer: MVN, x: str):
    """Mean 0 and deviation 1 of each channel, or of each item."""
    layer.check(g.rank(x) <= 4, f"takes at most 4 axes, bottom shape {g.shapes[x]}")
    x = _four_axes(g, x)
    centred, variance = _centred(g, x, range(layer.first_axis, 4))
    if not layer.variance:
        return centred
    return g.div(centred, g.add(g.node("Sqrt", variance), g.scalar(layer.eps)))


def _four_axes(g, x) -> str:
    return g.node("Unsqueeze", x, g.ints(*range(g.rank(x), 4))) if g.rank(x) < 4 else x


@converts(Softmax)
def softmax(g: Graph, layer: Softmax, x: str):
    g.decides = True  # by a large value's last digit
    return g.node("Softmax", x, axis=layer.axis)


@converts(Normalize)
def normalize(g: Graph, layer: Normalize, x: str):
    """scale x / sqrt(sum of x^2 + eps), over channels or over the whole item."""
    rank = g.rank(x)
    squares = g.reduce("ReduceSumSquare", x, range(1, rank) if layer.across else (1,))
    y = g.div(x, g.node("Sqrt", g.add(squares, g.scalar(layer.eps))))
    scale = g.param(0)
    if not layer.shared:
        scale = g.reshape(scale, -1, *(1,) * (rank - 2))
    return g.mul(y, scale)


@converts(caffe_windows.Normalize)
def by_length(g: Graph, layer: caffe_windows.Normalize, x: str):
    """x by its length along the channels, and that length."""
    x, square = _four_axes(g, x), layer.settings.normalize_type == "L2"
    length = g.reduce("ReduceSumSquare" if square else "ReduceL1", x, (1,))
    length = g.add(length, g.scalar(1e-6))
    length = g.node("Sqrt", length) if square else length
    return g.div(x, length), length


@converts(ChannelNorm)
def channel_norm(g: Graph, layer: ChannelNorm, x: str):
    return g.reduce("ReduceL2", x, (1,))
