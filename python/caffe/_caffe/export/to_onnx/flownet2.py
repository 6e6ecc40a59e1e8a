"""FlowNet2's layers: Correlation, FlowWarp and Resample."""

from ...layers.forks.flownet2 import Correlation, FlowWarp, Resample
from .graph import DOUBLE, INT64, Graph
from .table import converts

END = 2**62  # an axis's end


@converts(Correlation)
def correlation(g: Graph, layer: Correlation, a: str, b: str):
    """A product, or difference, for each displacement; then the mean over a square."""
    if layer.pad:
        edges = g.ints(*(layer.pad,) * 4)
        a, b = (g.node("Pad", x, edges, g.scalar(0), g.ints(2, 3)) for x in (a, b))
    step = g.ints(*(layer.stride if layer.kernel == 1 else 1,) * 2)

    def part(x, *shifts):
        ends = (shift - layer.far or END for shift in shifts)
        starts = (layer.far + shift for shift in shifts)
        return g.node("Slice", x, g.ints(*starts), g.ints(*ends), g.ints(2, 3), step)

    centre, means = part(a, 0, 0), []
    for row in layer.shifts:
        for column in layer.shifts:
            other = part(b, row, column)
            value = g.node("Abs", g.sub(centre, other)) if layer.subtract else g.mul(centre, other)
            means.append(g.reduce("ReduceMean", value, (1,)))
    y = g.node("Concat", *means, axis=1)
    if layer.kernel == 1:
        return y
    return g.node("AveragePool", y, kernel_shape=[layer.kernel] * 2, strides=[layer.stride] * 2)


@converts(FlowWarp)
def flow_warp(g: Graph, layer: FlowWarp, x: str, flow: str):
    """Each pixel from the four round the place that the flow leads to."""
    g.decides = True  # whether a place is on the map
    tall, wide = g.size(x, 2), g.size(x, 3)
    inside, low, high, share = "", [], [], []
    for i, (count, shape) in enumerate(((wide, (1, 1, 1, -1)), (tall, (1, 1, -1, 1)))):
        start = g.reshape(g.cast(g.range(count)), *shape)
        at = g.add(start, g.slice(flow, i, i + 1, 1))
        first = g.node("GreaterOrEqual", at, g.scalar(0))
        on = g.node("And", first, g.node("Less", at, g.cast(count)))
        inside = g.node("And", inside, on) if inside else on
        at = g.node("Where", on, at, g.scalar(0))
        whole = g.cast(at, INT64)
        low.append(whole)
        last = g.sub(count, g.ints(1))
        high.append(g.node("Min", g.add(whole, g.ints(1)), last))
        share.append(g.sub(at, g.cast(whole)))
    plane = g.reshape(x, g.size(x, 0, 2), -1)
    lead, size = g.size(x, 0, 2), g.node("Shape", x)

    def pixels(row, column):
        place = g.reshape(g.add(g.mul(row, wide), column), g.size(x, 0), 1, -1)
        place = g.node("Expand", place, g.sizes(lead, 1))
        return g.reshape(g.node("GatherElements", plane, place, axis=2), size)

    def between(share, a, b):
        return g.add(g.mul(g.sub(g.scalar(1), share), a), g.mul(share, b))

    rows = [
        between(share[0], pixels(row, low[0]), pixels(row, high[0])) for row in (low[1], high[1])
    ]
    return g.node("Where", inside, between(share[1], *rows), g.scalar(layer.fill))


@converts(Resample)
def resample(g: Graph, layer: Resample, x: str, like: str = ""):
    """A matrix of weights along each axis, or the pixels that are nearest."""
    sizes = [g.size(x, axis) for axis in (2, 3)]
    if like:
        counts = [g.size(like, axis) for axis in (2, 3)]
    else:
        counts = [g.ints(count) for count in layer.size]
    ratios = [g.div(g.cast(n), g.cast(o)) for n, o in zip(sizes, counts, strict=True)]
    places = [
        # FlowNet2 has the two axes' halves mixed up.
        g.add(
            g.mul(g.cast(g.range(count)), r),
            g.sub(g.div(other, g.scalar(2)), g.scalar(0.5)),
        )
        for count, r, other in zip(counts, ratios, reversed(ratios), strict=True)
    ]
    if layer.nearest:
        return _nearest(g, x, places, counts)
    rows, columns = (
        _weights(g, layer, at, size, _sharpness(g, layer, r, ratios))
        for at, size, r in zip(places, sizes, ratios, strict=True)
    )
    across = g.node("MatMul", x, g.node("Transpose", columns, perm=[1, 0]))
    return g.node("MatMul", rows, across)


def _sharpness(g, layer, ratio, ratios):
    """Return by how much distances are shortened along an axis."""
    if not layer.antialias:
        return g.scalar(1)
    shrinks = g.node("Greater", g.node("Max", *ratios), g.scalar(1))
    return g.node("Where", shrinks, g.div(g.scalar(1), ratio), g.scalar(1))


def _weights(g, layer, at, size, sharpness):
    """Return (outputs, size): each bottom pixel's weight."""
    away = g.sub(g.reshape(at, -1, 1), g.cast(g.range(size)))
    d = g.node("Abs", g.mul(away, sharpness))
    if layer.cubic:
        d2 = g.mul(d, d)
        inner = g.sub(g.mul(g.scalar(1.5), d), g.scalar(2.5))
        inner = g.add(g.mul(inner, d2), g.scalar(1))
        outer = g.sub(g.scalar(2.5), g.mul(g.scalar(0.5), d))
        outer = g.add(g.mul(g.sub(g.mul(outer, d), g.scalar(4)), d), g.scalar(2))
        outer = g.node("Where", g.node("Less", d, g.scalar(2)), outer, g.scalar(0))
        weights = g.node("Where", g.node("LessOrEqual", d, g.scalar(1)), inner, outer)
    else:
        weights = g.node("Relu", g.sub(g.scalar(1), d))
    total = g.reduce("ReduceSum", weights, (1,))
    nothing = g.node("Equal", total, g.scalar(0))
    return g.node("Where", nothing, g.scalar(0), g.div(weights, total))


def _nearest(g, x, places, counts):
    """Return the nearest pixels; beyond a row's end the fork reads on into the next."""
    rows, columns = (g.cast(g.round_away(g.cast(at, DOUBLE)), INT64) for at in places)
    at = g.add(g.mul(g.reshape(rows, -1, 1), g.size(x, 3)), g.reshape(columns, 1, -1))
    maps = g.range(g.mul(g.size(x, 0), g.size(x, 1)))
    start = g.mul(maps, g.reduce("ReduceProd", g.size(x, 2, 4), (0,)))
    index = g.add(g.reshape(start, -1, 1), g.reshape(at, 1, -1))
    last = g.sub(g.reduce("ReduceProd", g.node("Shape", x), (0,)), g.ints(1))
    index = g.node("Max", g.node("Min", index, last), g.ints(0))
    (pixels,) = g.rows(index, g.reshape(x, -1))
    return g.reshape(pixels, g.size(x, 0, 2), *counts)
