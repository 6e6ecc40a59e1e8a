"""ArgMax, Embed, InnerProduct, Parameter, Reduction, and the recurrent layers."""

import math

import numpy as np

from ...core.axes import canonical_axis
from ...layers.common import ArgMax, Embed, InnerProduct, Parameter, Reduction
from ...layers.forks.caffe_lstm import Lstm
from ...layers.forks.caffe_windows import InnerDistance
from ...layers.recurrent import LSTM, RNN, LSTMUnit, Recurrent
from .graph import INT64, Graph
from .table import converts


@converts(InnerProduct)
def inner_product(g: Graph, layer: InnerProduct, x: str):
    """Gemm on the axes behind as one."""
    axis = canonical_axis(layer, layer.given_axis, g.shapes[x])
    flat = g.reshape(x, -1, layer.inputs)
    bias = [g.param(1)] if layer.bias else []
    y = g.node("Gemm", flat, g.param(0), *bias, transB=int(not layer.transpose))
    if axis == 1:
        return y
    return g.reshape(y, *([g.size(x, 0, axis)] if axis else []), layer.outputs)


@converts(InnerDistance)
def inner_distance(g: Graph, layer: InnerDistance, x: str, *more: str):
    """The squared length, or sum, of each difference."""
    size = math.prod(g.shapes[x][layer.axis :])
    rows = g.reshape(x, -1, 1, size)
    weight = g.reshape(more[0] if more else g.param(0), -1, size)
    if layer.settings.normalize and not more:
        length = g.reduce("ReduceSumSquare", weight, (1,))
        weight = g.div(weight, g.node("Sqrt", g.add(length, g.scalar(1e-6))))
    op = "ReduceSumSquare" if layer.settings.distance_type == "L2" else "ReduceL1"
    y = g.reduce(op, g.sub(rows, weight), (2,), keep=False)
    return g.reshape(y, g.size(x, 0, layer.axis), g.size(weight, 0))


@converts(Embed)
def embed(g: Graph, layer: Embed, x: str):
    """Rows of the weights."""
    (y,) = g.rows(g.cast(x, INT64), g.param(0))
    return g.add(y, g.param(1)) if layer.bias else y


@converts(Parameter)
def parameter(g: Graph, layer: Parameter):
    return g.node("Identity", g.param(0))


@converts(Reduction)
def reduction(g: Graph, layer: Reduction, x: str):
    """A sum over the axes behind, times coeff."""
    p = layer.layer_param.reduction_param
    ops = {p.ASUM: "ReduceL1", p.SUMSQ: "ReduceSumSquare", p.MEAN: "ReduceMean"}
    axes = range(canonical_axis(layer, layer.given_axis, g.shapes[x]), g.rank(x))
    y = g.reduce(ops.get(p.operation, "ReduceSum"), x, axes, keep=False)
    return y if layer.coeff == 1 else g.mul(y, g.scalar(layer.coeff))


@converts(ArgMax)
def argmax(g: Graph, layer: ArgMax, x: str):
    """The last of equals first: ONNX's TopK on the reversed axis, which takes the first."""
    g.decides = True
    if layer.axis is not None:
        axis = canonical_axis(layer, layer.axis, g.shapes[x])
        values, places = _largest(g, layer, x, axis)
        return values if layer.values else places
    values, places = _largest(g, layer, g.reshape(x, g.size(x, 0), -1), 1)
    count = 1 + int(layer.values)
    both = g.node("Concat", places, values, axis=1) if layer.values else places
    return g.reshape(both, g.size(x, 0), count, layer.top_k, *(1,) * (g.rank(x) - 3))


def _largest(g, layer, x, axis):
    values, places = g.nodes_out("TopK", 2, g.flipped(x, axis), g.ints(layer.top_k), axis=axis)
    last = g.sub(g.size(x, axis), g.ints(1))
    return values, g.cast(g.sub(last, places))


# -- recurrent layers: unrolled, as Caffe's own are


def _lstm_step(g, cell, gates, cont):
    """One step of an LSTM: cell (N, D), gates (N, 4D) as i f o g, cont (N, 1)."""
    i, f, o, c = g.nodes_out("Split", 4, gates, axis=1, num_outputs=4)
    forget = g.mul(cont, g.node("Sigmoid", f))
    fresh = g.mul(g.node("Sigmoid", i), g.node("Tanh", c))
    cell = g.add(g.mul(forget, cell), fresh)
    return cell, g.mul(g.node("Sigmoid", o), g.node("Tanh", cell))


def _first(g, x):
    return g.node("Squeeze", x, g.ints(0))


@converts(LSTMUnit)
def lstm_unit(g: Graph, layer: LSTMUnit, cell: str, gates: str, cont: str):
    mark = g.reshape(cont, -1, 1)
    made = _lstm_step(g, _first(g, cell), _first(g, gates), mark)
    return tuple(g.node("Unsqueeze", v, g.ints(0)) for v in made)


@converts(RNN, LSTM)
def recurrent(g: Graph, layer: Recurrent, x: str, cont: str, *rest: str):
    """All steps one after another; a hidden state that is not exposed begins with zeros."""
    steps, first = layer.steps, 2 + layer.static
    flat = g.reshape(x, steps, g.size(x, 1), -1)
    inputs = g.add(g.node("MatMul", flat, _transposed(g, 0)), g.param(1))
    if layer.static:
        static = g.reshape(rest[0], g.size(rest[0], 0), -1)
        inputs = g.add(inputs, g.node("MatMul", static, _transposed(g, 2)))
    marks = g.node("Unsqueeze", cont, g.ints(2))
    state = _begin(g, layer, x, rest[layer.static :])
    hidden = []
    for t in range(steps):
        step, mark = g.at(inputs, t), g.at(marks, t)
        state = _recur(g, layer, first, state, step, mark)
        hidden.append(g.node("Unsqueeze", state[0], g.ints(0)))
    top = g.node("Concat", *hidden, axis=0)
    if isinstance(layer, RNN):
        out = g.node("MatMul", top, _transposed(g, first + 1))
        top = g.node("Tanh", g.add(out, g.param(first + 2)))
    if not layer.exposed:
        return top
    return (top, *(g.node("Unsqueeze", s, g.ints(0)) for s in state))


def _transposed(g, index):
    return g.node("Transpose", g.param(index), perm=[1, 0])


def _begin(g, layer, x, exposed):
    if layer.exposed:
        return [_first(g, s) for s in exposed]
    shape = g.sizes(g.size(x, 1), layer.size)
    return [g.node("Expand", g.scalar(0), shape) for _ in layer.states]


def _recur(g, layer, first, state, step, mark):
    carried = g.mul(state[0], mark)
    gates = g.add(step, g.node("MatMul", carried, _transposed(g, first)))
    if isinstance(layer, RNN):
        return [g.node("Tanh", gates)]
    cell, hidden = _lstm_step(g, state[1], gates, mark)
    return [hidden, cell]


@converts(Lstm)
def jun_hyuk_oh_s_lstm(g: Graph, layer: Lstm, x: str, *clip: str):
    """All steps one after another, from a state of zeros; the file has the net's own number.

    CTPN's without clip is ONNX's own LSTM, whose gates stand in the order i, o, f, g.
    """
    if layer.lead == 2 and not clip:
        size = layer.size
        order = g.ints(*(i * size + j for i in (0, 2, 1, 3) for j in range(size)))
        weight, recurrent, bias = (
            g.node("Unsqueeze", g.node("Gather", g.param(i), order, axis=0), g.ints(0))
            for i in range(3)
        )
        bias = g.node("Concat", bias, g.floats(np.zeros((1, 4 * size))), axis=1)
        sequences = g.node("Reshape", x, g.ints(0, 0, -1))
        y = g.node("LSTM", sequences, weight, recurrent, bias, hidden_size=size)
        return g.node("Squeeze", y, g.ints(1))
    g.batch_of_one = True  # axis 0 has the steps, too
    steps, width = math.prod(g.shapes[x][: layer.lead]) // layer.num, layer.blobs[0].shape[1]
    inputs = g.add(g.node("MatMul", g.reshape(x, -1, width), _transposed(g, 0)), g.param(2))
    inputs = g.reshape(inputs, steps, layer.num, -1)
    if clip:
        marks = g.node("Equal", g.reshape(*clip, steps, layer.num, 1), g.scalar(0))
        marks = g.cast(g.node("Not", marks))
    else:
        marks = g.floats(np.arange(steps).clip(0, 1)[:, None, None])
    cell = hidden = g.floats(np.zeros((layer.num, layer.size)))
    made = []
    for t in range(steps):
        mark = g.at(marks, t)
        gates = g.add(g.at(inputs, t), g.node("MatMul", g.mul(hidden, mark), _transposed(g, 1)))
        cell, hidden = _lstm_step(g, cell, gates, mark)
        made.append(hidden)
    rows = g.node("Concat", *made, axis=0)
    return rows if layer.lead == 1 else g.reshape(rows, steps, layer.num, layer.size)
