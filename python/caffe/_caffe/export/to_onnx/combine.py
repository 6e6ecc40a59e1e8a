"""Bias, Scale, Eltwise, Concat, Slice, BatchReindex, Filter."""

from functools import reduce

from caffe.proto import caffe_pb2

from ...core.axes import canonical_axis
from ...layers.combine import Bias, Eltwise, Scale
from ...layers.indexing import BatchReindex, Concat, Filter, Slice
from .graph import INT64, Graph
from .table import converts


def _spread(g, layer, factor, factor_axes: int, x) -> str:
    """Return `factor` with axes of size 1 behind, to meet x from the layer's axis on."""
    if not factor_axes:
        return factor
    behind = g.rank(x) - canonical_axis(layer, layer.axis, g.shapes[x]) - factor_axes
    if not behind:
        return factor
    return g.node("Unsqueeze", factor, g.ints(*range(factor_axes, factor_axes + behind)))


def _factor(g, layer, bottom) -> tuple[str, int]:
    """Return the factor and its number of axes."""
    if layer.learned:
        return g.param(0), len(layer.blobs[0].shape)
    return bottom[1], g.rank(bottom[1])


@converts(Bias)
def bias(g: Graph, layer: Bias, *bottom: str):
    return g.add(bottom[0], _spread(g, layer, *_factor(g, layer, bottom), bottom[0]))


@converts(Scale)
def scale(g: Graph, layer: Scale, *bottom: str):
    factor, axes = _factor(g, layer, bottom)
    y = g.mul(bottom[0], _spread(g, layer, factor, axes, bottom[0]))
    if layer.bias is None:
        return y
    return g.add(y, _spread(g, layer, g.param(layer.bias), axes, bottom[0]))


@converts(Eltwise)
def eltwise(g: Graph, layer: Eltwise, *bottom: str):
    """Sum with coefficients, product or maximum."""
    values = list(bottom)
    if layer.lost:  # in place, BVLC fills bottom 0 first
        values[0] = g.node("Expand", g.scalar(layer.start), g.node("Shape", bottom[0]))
    if layer.operation == caffe_pb2.EltwiseParameter.SUM:
        values = [
            v if c == 1 else g.mul(v, g.scalar(c)) for v, c in zip(values, layer.coeff, strict=True)
        ]
    ops = {caffe_pb2.EltwiseParameter.PROD: "Mul", caffe_pb2.EltwiseParameter.SUM: "Add"}
    op = ops.get(layer.operation, "Max")
    return reduce(lambda total, value: g.node(op, total, value), values)


@converts(Concat)
def concat(g: Graph, layer: Concat, *bottom: str):
    axis = canonical_axis(layer, layer.axis_given, g.shapes[bottom[0]])
    return g.node("Concat", *bottom, axis=axis)


@converts(Slice)
def cut(g: Graph, layer: Slice, x: str):
    """Split: evenly, or at the slice points."""
    axis = canonical_axis(layer, layer.axis_given, g.shapes[x])
    if layer.parts == 1:
        return g.node("Identity", x)
    if not layer.points:
        return g.nodes_out("Split", layer.parts, x, axis=axis, num_outputs=layer.parts)
    edges = [0, *layer.points, g.size(x, axis)]
    return tuple(g.slice(x, a, b, axis) for a, b in zip(edges, edges[1:], strict=False))


@converts(BatchReindex)
def batch_reindex(g: Graph, layer: BatchReindex, x: str, index: str):
    return g.rows(g.cast(index, INT64), x)


@converts(Filter)
def choose(g: Graph, layer: Filter, *bottom: str):
    """The items whose selector is not 0."""
    *items, selector = bottom
    g.decides = True
    chosen = g.node("Squeeze", g.node("NonZero", g.reshape(selector, -1)), g.ints(0))
    return g.rows(chosen, *items)
