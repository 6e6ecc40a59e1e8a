"""Layers that decide: a label, which boxes stay, which places a region has.

A decision may turn on a value's last digit, so that two programs that agree to 1e-6 go different
ways from there. (The last digit of a value of 1000 is also much to a Sigmoid or a Softmax, whose
tops are within 1.) Such a file is cut at its decisions: each is given the very values that the net
decided by, and what comes after it what the net made of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from onnx import ModelProto, helper

from ...core.blob import Blob
from .graph import FLOAT


class Decision(NamedTuple):
    """What a deciding layer was written as.

    Attributes
    ----------
    nodes : range
        Its nodes' places in the graph.
    layer : int
        Its place in the net.
    bottoms, tops : dict of str to Blob
        The file's values, and the net's blobs that have them before and after the layer.
    """

    nodes: range
    layer: int
    bottoms: dict[str, Blob]
    tops: dict[str, Blob]


def cut(model: ModelProto, decisions: Sequence[Decision]) -> dict[str, str]:
    """Cut `model` in place; return the value at each cut, with the name to give it by.

    Each such value is an output, too.
    """
    graph = model.graph
    inputs, outputs = ({value.name for value in values} for values in (graph.input, graph.output))
    blobs = {name: b for d in decisions for name, b in {**d.bottoms, **d.tops}.items()}
    cuts = {name: f"{name}/given" for name in blobs if name not in inputs}
    own = {i: decision.tops for decision in decisions for i in decision.nodes}
    for i, node in enumerate(graph.node):
        for k, name in enumerate(node.input):
            if name in cuts and name not in own.get(i, ()):
                node.input[k] = cuts[name]
    for name, given in cuts.items():
        any_size = [None] * len(blobs[name].shape)
        graph.input.append(helper.make_tensor_value_info(given, FLOAT, any_size))
        if name not in outputs:
            graph.output.append(helper.make_tensor_value_info(name, FLOAT, any_size))
    return cuts
