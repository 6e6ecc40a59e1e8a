"""From a net to an ONNX model: a node or more per layer, free sizes where the net's are free."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import NodeProto, helper

from ....proto import caffe_pb2
from ...errors import CaffeError, NetError
from ...graph.net import Net
from ..flow import Flow, Step, flow_of
from .decisions import Decision
from .graph import FLOAT, Graph
from .table import converter_of, find_converter

CHANNEL_ORDERS = ("BGR", "RGB")


@dataclass(frozen=True)
class Picture:
    """What a user of the file must know of its input, and of its classes.

    Attributes
    ----------
    mean : sequence of float
        What is subtracted from each channel, in the net's channel order.
    channel_order : str
        "BGR", as Caffe's own tools read pictures, or "RGB".
    classes : sequence of str
        The names of the classes, from index 0 on.
    """

    mean: Sequence[float] = ()
    channel_order: str = "BGR"
    classes: Sequence[str] = ()

    def __post_init__(self):
        if self.channel_order not in CHANNEL_ORDERS:
            raise CaffeError(
                f"channel_order must be {' or '.join(CHANNEL_ORDERS)}, got {self.channel_order!r}"
            )

    def metadata(self) -> dict[str, str]:
        """Return it as ONNX's metadata: texts by name."""
        given = {"channel_order": self.channel_order}
        if self.mean:
            given["mean"] = json.dumps([float(m) for m in self.mean])
        if self.classes:
            given["class_names"] = json.dumps(list(self.classes))
        return given


def write_graph(net: Net) -> tuple[Graph, Flow, list[Decision]]:
    """Write every layer of `net`; raise LayerError, naming it, for one that ONNX cannot express."""
    if net.phase != caffe_pb2.TEST:
        raise NetError(f"net '{net.name}' is in TRAIN; build it with caffe.TEST to export it")
    flow = flow_of(net, lambda layer: find_converter(layer) is not None)
    # An input that no layer reads is an output, too: there is nothing to compute.
    flow.outputs = {blob: v for blob, v in flow.outputs.items() if v not in flow.inputs}
    for name in flow.inputs:
        if name in flow.outputs:
            raise NetError(
                f"net '{net.name}': blob '{name}' is input and, changed in place, output: ONNX has "
                "one value for a name; give the last layer's top another"
            )
    if not flow.outputs:
        raise NetError(f"net '{net.name}' computes nothing from its inputs")
    graph = Graph(flow.shapes)
    graph.reserve([*flow.shapes, *flow.outputs])
    owned = {(o.layer.name, o.index): o.blob for o in net.param_table.owners}
    stored = {
        key: graph.store(graph.reserve([f"{key[0]}.{key[1]}"])[0], blob.host_tensor().numpy())
        for key, blob in owned.items()
    }
    values = {name: name for name in flow.inputs}
    decisions = []
    for step in flow.steps:
        _write(graph, step, values, [(stored[key], owned[key].shape) for key in step.params])
        if graph.decides:
            node = net.nodes[step.index]
            bottoms, tops = (
                {values[v]: blob for v, blob in zip(given, blobs, strict=True)}
                for given, blobs in ((step.bottoms, node.bottoms), (step.tops, node.tops))
            )
            decisions.append(Decision(graph.layer_nodes, step.index, bottoms, tops))
    _leave_out_unread(graph, stored.values())
    graph.scope = "outputs"
    for blob, value in flow.outputs.items():
        if values[value] != blob:
            graph.rename(values[value], blob)
    return graph, flow, decisions


def _leave_out_unread(graph: Graph, names: Iterable[str]) -> None:
    """Remove those of the parameters that no node reads: what a layer has counted."""
    unread = set(names) - set(_read(graph.nodes))
    made = graph.model.graph.initializer
    for i in reversed(range(len(made))):  # one by one: the others stay where they are in memory
        if made[i].name in unread:
            del made[i]


def _read(nodes: Iterable[NodeProto]) -> Iterator[str]:
    for node in nodes:
        yield from node.input
        for attribute in node.attribute:
            yield from _read(attribute.g.node)


def _write(graph: Graph, step: Step, values: dict[str, str], params: Sequence[tuple]) -> None:
    graph.begin(step.layer.name, [name for name, _ in params])
    for i, (blob, (name, shape)) in enumerate(zip(step.layer.blobs, params, strict=True)):
        if blob.shape != shape:  # shared by PERMISSIVE
            graph.parameters[i] = graph.reshape(name, *blob.shape)
    bottoms = [values[b] for b in step.bottoms]
    for bottom, value in zip(bottoms, step.bottoms, strict=True):
        graph.shapes[bottom] = graph.shapes[value]
    tops = converter_of(step.layer)(graph, step.layer, *bottoms)
    for top, made in zip(step.tops, (tops,) if isinstance(tops, str) else tops, strict=False):
        values[top] = graph.rename_last(made, top)
    for new, old in step.shared:
        shape = graph.node("Shape", values[old])
        values[new] = graph.rename_last(
            graph.node("Reshape", values[step.tops[0]], shape, allowzero=1), new
        )


def complete(net: Net, graph: Graph, flow: Flow, free: Sequence[str], picture: Picture) -> None:
    """Enter inputs, outputs and metadata into the model that `write_graph` has begun.

    Sizes in `free` (of "batch", "height" and "width") may be others at run time.
    """
    blobs = net.built.by_name

    def info(name, known):
        shape = [
            f"{name}_{axis}" if _axis_is_free(axis, blobs[name].shape, free) or not known else size
            for axis, size in enumerate(blobs[name].shape)
        ]
        return helper.make_tensor_value_info(name, FLOAT, shape)

    whole = graph.model.graph
    whole.name = net.name or "net"
    whole.input.extend(info(name, known=True) for name in flow.inputs)
    sized = not (free or graph.batch_of_one)
    whole.output.extend(info(name, known=sized) for name in flow.outputs)
    helper.set_model_props(graph.model, picture.metadata())


def _axis_is_free(axis: int, shape: tuple[int, ...], free: Sequence[str]) -> bool:
    if axis == 0:
        return "batch" in free
    return len(shape) == 4 and axis >= 2 and ("height", "width")[axis - 2] in free


def sample(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return an input of this shape to hold two programs against each other.

    Values as of a picture less its mean; regions (R, 5) get corners within one; what has no more
    than two axes, or one value an item (marks, indices, labels), gets zeros and ones.
    """
    random = np.random.default_rng(seed)
    if shape[1:] in ((5,), (5, 1, 1)):
        corners = np.sort(random.uniform(0, 200, (shape[0], 2, 2)), 1).reshape(shape[0], 4)
        return np.c_[np.zeros(shape[0]), corners].astype(np.float32).reshape(shape)
    if len(shape) <= 2 or math.prod(shape[1:]) == 1:
        return random.integers(0, 2, shape).astype(np.float32)
    return random.normal(0, 50, shape).astype(np.float32)
