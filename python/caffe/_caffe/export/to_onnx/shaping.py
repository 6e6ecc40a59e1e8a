"""Crop, Flatten, Reshape, Split, Silence, Tile, Permute and other moves of values."""

from ...core.axes import canonical_axis
from ...layers.crop import Crop
from ...layers.forks.caffe_lstm import Reverse, Transpose
from ...layers.forks.caffe_windows import Flip
from ...layers.forks.deeplab_v1 import Padding
from ...layers.forks.shufflenet import ShuffleChannel
from ...layers.forks.ssd import Permute
from ...layers.forks.yjxiong import Gather, Scatter
from ...layers.forks.yolo import Reorg
from ...layers.shaping import Flatten, Reshape, Silence, Split, Tile
from .graph import Graph
from .table import converts


@converts(Crop)
def crop(g: Graph, layer: Crop, x: str, size: str):
    """Slice from the offsets on, as far as bottom 1 is long."""
    axes = range(layer.axis, layer.axis + len(layer.offsets))
    start = g.ints(*layer.offsets)
    end = g.add(start, g.size(size, layer.axis, axes.stop))
    return g.slice(x, start, end, *axes)


@converts(Flatten)
def flatten(g: Graph, layer: Flatten, x: str):
    """One axis in place of several."""
    shape = g.shapes[x]
    start = canonical_axis(layer, layer.axis, shape)
    end = canonical_axis(layer, layer.end_axis, shape) + 1
    return g.reshape(x, *_sizes(g, x, 0, start), -1, *_sizes(g, x, end, len(shape)))


@converts(Reshape)
def reshape(g: Graph, layer: Reshape, x: str):
    """The axes before and behind keep their sizes, as does a 0."""
    rank = g.rank(x)
    start = layer.axis if layer.axis >= 0 else rank + layer.axis + 1
    end = rank if layer.num_axes == -1 else start + layer.num_axes
    middle = [g.size(x, start + i) if d == 0 else d for i, d in enumerate(layer.dims)]
    sizes = [*_sizes(g, x, 0, start), *middle, *_sizes(g, x, end, rank)]
    return g.reshape(x, *sizes) if sizes else g.node("Squeeze", x)


def _sizes(g, x, start, end) -> list[str]:
    return [g.size(x, start, end)] if end > start else []


@converts(Silence)
def silence(g: Graph, layer: Silence, *bottom: str):
    return ()


@converts(Gather, Scatter)
def from_one_process(g: Graph, layer: Gather, *bottoms: str):
    return bottoms


@converts(Split)
def split(g: Graph, layer: Split, x: str):
    return (x,) * layer.readers


@converts(Tile)
def tile(g: Graph, layer: Tile, x: str):
    axis = canonical_axis(layer, layer.axis, g.shapes[x])
    return g.node("Tile", x, g.ints(*(layer.tiles if i == axis else 1 for i in range(g.rank(x)))))


@converts(Permute, Transpose)
def permute(g: Graph, layer: Permute | Transpose, x: str):
    return g.node("Transpose", x, perm=layer.order)


@converts(ShuffleChannel)
def shuffle(g: Graph, layer: ShuffleChannel, x: str):
    """The channels as a table of `group` rows, transposed."""
    rows, columns = layer.group, g.shapes[x][1] // layer.group
    table = g.reshape(x, g.size(x, 0), rows, columns, -1)
    table = g.node("Transpose", table, perm=[0, 2, 1, 3])
    if g.rank(x) == 4:
        return g.node("Reshape", table, g.node("Shape", x))
    return g.reshape(table, g.size(x, 0), rows * columns, -1, 1)


@converts(Reverse)
def reverse(g: Graph, layer: Reverse, x: str):
    return g.flipped(x, layer.axis)


@converts(Flip)
def flip(g: Graph, layer: Flip, x: str):
    return g.flipped(x, *layer.axes) if layer.axes else g.node("Identity", x)


@converts(Padding)
def padding(g: Graph, layer: Padding, x: str):
    """Zeros around, or a cut."""
    begin, end = layer.pads[:2]
    return g.node("Pad", x, g.ints(begin, begin, end, end), g.scalar(0), g.ints(2, 3))


@converts(Reorg)
def reorg(g: Graph, layer: Reorg, x: str):
    """Blocks of s x s places to channels, or back, as darknet does it."""
    s, channels = layer.stride, g.shapes[x][1] // layer.stride**2
    n, h, w = (g.size(x, axis) for axis in (0, 2, 3))
    if layer.reverse:
        table = g.reshape(x, n, s, s, channels, h, w)
        blocks = g.node("Transpose", table, perm=[0, 3, 4, 1, 5, 2])
        return g.reshape(blocks, n, channels, g.mul(h, g.ints(s)), g.mul(w, g.ints(s)))
    # (N, C / s^2, H s, W s) cut into places: H s is H rows of s.
    table = g.reshape(x, n, channels, h, s, w, s)
    moved = g.node("Transpose", table, perm=[0, 3, 5, 1, 2, 4])
    down = [g.div(size, g.ints(s)) for size in (h, w)]
    return g.reshape(moved, n, channels * s**4, *down)
