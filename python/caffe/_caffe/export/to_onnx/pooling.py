"""Pooling, at every size of its map as Caffe lays its windows.

ONNX's `ceil_mode` counts the same windows only where there is no padding and none begins behind
the map; everywhere else the map is padded first, by what its size asks for at run time.
"""

from ....proto import caffe_pb2
from ...layers.pooling import LOWEST, SPP, Pooling
from .graph import Graph
from .table import converts
from .windows import Windows

PoolingParameter = caffe_pb2.PoolingParameter


@converts(Pooling)
def pooling(g: Graph, layer: Pooling, x: str):
    """MAX (with a mask), AVE, and STOCHASTIC as in TEST."""
    if layer.everywhere:
        return _global(g, layer, x)
    if layer.method == PoolingParameter.MAX:
        return _maximum(g, layer, x)
    if layer.method == PoolingParameter.AVE:
        return _average(g, layer, x)
    layer.check(not layer.training, "draws at random in TRAIN; export the TEST phase")
    return _weighed(g, layer, x)


def _global(g, layer, x):
    layer.check(not layer.masked, "global_pooling with a mask cannot be written")
    if layer.method == PoolingParameter.STOCHASTIC:
        total = g.reduce("ReduceSum", x, (2, 3))
        return _ratio(g, g.reduce("ReduceSumSquare", x, (2, 3)), total)
    op = "GlobalMaxPool" if layer.method == PoolingParameter.MAX else "GlobalAveragePool"
    return g.node(op, x)


def _rounds_as_onnx(layer) -> bool:
    """Tell whether ONNX's own rounding gives Caffe's windows at every size."""
    if not layer.round_up or layer.stride == (1, 1):
        return True
    within = all(s <= k for s, k in zip(layer.stride, layer.kernel, strict=True))
    return within and not any(layer.pad)


def _native(layer) -> dict:
    ceil = layer.round_up and layer.stride != (1, 1)
    return {**_windows(layer).attributes, "pads": [*layer.pad, *layer.pad], "ceil_mode": int(ceil)}


def _windows(layer) -> Windows:
    return Windows(
        layer.kernel, layer.stride, layer.pad, layer.round_up, [any(layer.pad)] * len(layer.pad)
    )


def _maximum(g, layer, x):
    if _rounds_as_onnx(layer):
        seen, options = x, _native(layer)
    else:
        windows = _windows(layer)
        seen, options = windows.padded(g, x, LOWEST, windows.counts(g, x)), windows.attributes
    if not layer.masked:
        return g.node("MaxPool", seen, **options)
    g.decides = True  # where the maximum is
    top, index = g.nodes_out("MaxPool", 2, seen, **options)
    return top, _mask(g, layer, x, seen, top, index)


def _mask(g, layer, x, seen, top, index):
    """Return the maxima's places in the map's plane; -1 where there was nothing to pool."""
    width = g.size(seen, 3)
    # ONNX counts through the whole of `seen`.
    index = g.node("Mod", index, g.mul(g.size(seen, 2), width))
    if seen != x:
        row = g.sub(g.div(index, width), g.ints(layer.pad[0]))
        column = g.sub(g.node("Mod", index, width), g.ints(layer.pad[1]))
        index = g.add(g.mul(row, g.size(x, 3)), column)
    nothing = g.node("Equal", top, g.scalar(LOWEST))
    return g.node("Where", nothing, g.scalar(-1), g.cast(index))


def _average(g, layer, x):
    if _rounds_as_onnx(layer):
        # With ceil_mode nothing is padded, and what hangs over the map does not count.
        include = int(any(layer.pad))
        return g.node("AveragePool", x, count_include_pad=include, **_native(layer))
    windows = _windows(layer)
    counts = windows.counts(g, x)
    mean = g.node("AveragePool", windows.padded(g, x, 0.0, counts), **windows.attributes)
    whole = g.scalar(layer.kernel[0] * layer.kernel[1])
    return g.div(g.mul(mean, whole), windows.areas(g, x, counts))


def _weighed(g, layer, x):
    """Return sum of x^2 / sum of x over each window, 0 where the sum is not positive."""
    windows = _windows(layer)
    counts = windows.counts(g, x)
    means = [
        g.node("AveragePool", windows.padded(g, v, 0.0, counts), **windows.attributes)
        for v in (x, g.mul(x, x))
    ]
    return _ratio(g, means[1], means[0])


def _ratio(g, squares, total):
    positive = g.node("Greater", total, g.scalar(0))
    safe = g.node("Where", positive, total, g.scalar(1))
    return g.node("Where", positive, g.div(squares, safe), g.scalar(0))


@converts(SPP)
def spp(g: Graph, layer: SPP, x: str):
    """Each level's bins lie side by side on the padded map: an axis of bins, one of places."""
    tops = [_level(g, layer, x, 2**i) for i in range(layer.height)]
    if layer.height == 1:
        return tops[0]
    return g.node("Concat", *(g.node("Flatten", top) for top in tops), axis=1)


def _level(g, layer, x, bins):
    one, count = g.ints(1), g.ints(bins)
    starts, ends, cells = [], [], []
    for axis in (2, 3):
        size = g.size(x, axis)
        cell = g.div(g.add(size, g.ints(bins - 1)), count)
        over = g.sub(g.mul(cell, count), size)
        start = g.div(g.add(over, one), g.ints(2))
        starts.append(start)
        ends.append(g.sub(over, start))
        cells += [count, cell]

    def folded(value, outside):
        value = g.node("Pad", value, g.sizes(*starts, *ends), g.scalar(outside), g.ints(2, 3))
        return g.reshape(value, g.size(x, 0, 2), *cells)

    def reduced(op, value, outside=0.0):
        return g.reduce(op, folded(value, outside), (3, 5), keep=False)

    if layer.method == PoolingParameter.MAX:
        return reduced("ReduceMax", x, LOWEST)
    if layer.method == PoolingParameter.AVE:
        return reduced("ReduceMean", x)
    layer.check(not layer.levels[0].training, "draws at random in TRAIN; export the TEST phase")
    return _ratio(g, reduced("ReduceSumSquare", x), reduced("ReduceSum", x))
