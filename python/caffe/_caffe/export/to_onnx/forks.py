"""Layers of forks that resize, put back and weigh maps."""

from ...layers.forks import mobilenet, segnet
from ...layers.forks.caffe_windows import ChannelScale
from ...layers.forks.deconvnet import MAX, Unpooling
from ...layers.forks.deeplab_crf import SpatialProduct
from ...layers.forks.mnc import MaskPooling
from ...layers.forks.pspnet import Interp
from ...layers.forks.senet import Axpy
from .graph import INT64, Graph
from .table import converts


@converts(Interp)
def interp(g: Graph, layer: Interp, x: str, like: str = ""):
    """Resize with the corner pixels aligned, after cutting the borders."""
    layer.check(g.rank(x) == 4, f"takes (N, C, H, W), bottom shape {g.shapes[x]}")
    size = g.size(x, 2, 4)
    if layer.begin or layer.end:
        end = g.add(size, g.ints(layer.end))
        x = g.slice(x, g.ints(-layer.begin, -layer.begin), end, 2, 3)
        size = g.add(size, g.ints(layer.begin + layer.end))
    if like:
        size = g.size(like, 2, 4)
    elif layer.fixed:
        size = g.ints(*layer.fixed)
    else:
        cells = g.div(g.sub(size, g.ints(1)), g.ints(layer.shrink))
        size = g.add(g.mul(cells, g.ints(layer.zoom)), g.ints(1))
    return g.node(
        "Resize",
        x,
        "",
        "",
        g.sizes(g.size(x, 0, 2), size),
        mode="linear",
        coordinate_transformation_mode="align_corners",
    )


@converts(mobilenet.Upsample)
def nearest_upsample(g: Graph, layer: mobilenet.Upsample, x: str):
    """Resize by a whole factor."""
    rank, scale = g.rank(x), int(layer.scale)
    return g.node(
        "Resize",
        x,
        "",
        g.floats([1] * (rank - 2) + [scale] * 2),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


@converts(segnet.Upsample)
def upsample(g: Graph, layer: segnet.Upsample, x: str, mask: str):
    """Zeros, with each value scattered to its place in its plane."""
    if layer.fixed:
        size = g.ints(*layer.fixed)
    else:
        size = g.sub(g.mul(g.size(x, 2, 4), g.ints(*layer.scale)), g.ints(*layer.less))
    return _scattered(g, x, mask, size)


@converts(Unpooling)
def unpooling(g: Graph, layer: Unpooling, x: str, mask: str = ""):
    """Values put back to their maxima's places."""
    wanted = mask != "" and layer.layer_param.unpooling_param.unpool == MAX
    layer.check(wanted, "can be written for MAX with a mask alone")
    return _scattered(g, x, mask, g.ints(*layer.size))


def _scattered(g, x, mask, size):
    """Return zeros of `size`, with each value scattered to its place in its plane."""
    lead = g.size(x, 0, 2)
    plane = g.reduce("ReduceProd", size, (0,))
    zeros = g.node("Expand", g.scalar(0), g.sizes(lead, plane))
    places, values = (g.reshape(v, lead, -1) for v in (g.cast(mask, INT64), x))
    return g.reshape(g.node("ScatterElements", zeros, places, values, axis=2), lead, size)


@converts(Axpy)
def axpy(g: Graph, layer: Axpy, s: str, x: str, y: str):
    ones = [1] * (g.rank(x) - 2)
    return g.add(g.mul(g.reshape(s, g.size(x, 0, 2), *ones), x), y)


@converts(MaskPooling, SpatialProduct)
def masked(g: Graph, layer: MaskPooling | SpatialProduct, x: str, mask: str):
    return g.mul(x, mask)


@converts(ChannelScale)
def channel_scale(g: Graph, layer: ChannelScale, x: str, scale: str):
    """Each item's numbers as one map."""
    places = [g.size(x, 2, g.rank(x))] if g.rank(x) > 2 else []
    return g.mul(x, g.reshape(scale, g.size(x, 0), 1, *places))
