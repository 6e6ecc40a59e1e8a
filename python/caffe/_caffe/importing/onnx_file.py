"""An ONNX file as a Caffe net: read, drawn node by node, and held against ONNX Runtime."""

import os
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..errors import FormatError, NetError
from ..export.agreement import TOLERANCE, Sizes, difference, give, reshape
from ..export.to_onnx.parity import session_of, shown
from ..graph.net import Net
from . import onnx_layers, onnx_values
from .draft import Draft
from .onnx_table import TABLE

__all__ = ["import_onnx", "onnx_layers", "onnx_values"]

BATCH, SIDE = 1, 224  # where the file leaves an input's sizes open
MORE = (1, None, 64, 32)  # by which each open axis is larger in the second trial


def import_onnx(
    path: str | os.PathLike, prototxt: str | os.PathLike, weights: str | os.PathLike
) -> float:
    """Write an ONNX file as prototxt and caffemodel; see `caffe.importing.onnx`."""
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's and onnx's own classes share no base
        raise FormatError(f"{os.fspath(path)}: not an ONNX file: {error}") from error
    reader = Reader(model)
    reader.draw()
    net = reader.draft.net()
    worst = max(_difference(reader, net, sizes) for sizes in reader.trials())
    reshape(net, reader.sizes)
    reader.draft.write(net, prototxt, weights)
    return worst


class Reader:
    """Draws the layers of an ONNX graph.

    Attributes
    ----------
    draft : Draft
    blobs : dict of str to str
        The blob that each drawn value is.
    values : dict of str to numpy.ndarray
        Every value of one run at `sizes`: what a node is given and makes, with its shape.
    known : dict of str to bool
        Values that no layer computes: constants (True), and what follows from sizes (False).
    """

    def __init__(self, model: onnx.ModelProto):
        self.model = model
        graph = model.graph
        self.draft = Draft(graph.name or "net")
        self.weights = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.inputs = [v for v in graph.input if v.name not in self.weights]
        self.open: dict[str, list[bool]] = {}
        self.sizes: Sizes = {v.name: self._size(v) for v in self.inputs}
        self.outputs = [v.name for v in graph.output]
        self.makers = {name: node for node in graph.node for name in node.output}
        self.values = self.weights | self._run()
        self.known = dict.fromkeys(self.weights, True)
        self.blobs: dict[str, str] = {}
        self._names: set[str] = set()

    def _size(self, value) -> tuple[int, ...]:
        dims = value.type.tensor_type.shape.dim
        self.open[value.name] = [not d.HasField("dim_value") for d in dims]
        return tuple(d.dim_value or (SIDE if axis > 1 else BATCH) for axis, d in enumerate(dims))

    def _run(self) -> dict[str, np.ndarray]:
        """Return every value that the nodes make, at `sizes`."""
        whole = onnx.ModelProto()
        whole.CopyFrom(self.model)
        names = [name for name in self.makers if name]
        del whole.graph.output[:]
        whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        given = self.sample(self.sizes, 0)
        return dict(zip(names, run(whole, names, given), strict=True)) | given

    def sample(self, sizes: Sizes, seed: int) -> dict[str, np.ndarray]:
        """Return inputs to hold both against each other."""
        random = np.random.default_rng(seed)
        return {name: random.normal(0, 1, s).astype(np.float32) for name, s in sizes.items()}

    def trials(self) -> list[Sizes]:
        """Return the inputs' sizes, and larger ones where the file leaves them open."""
        larger = {
            name: tuple(
                n + (more or 0) * is_open
                for n, more, is_open in zip(size, (*MORE, *(0,) * 9), self.open[name], strict=False)
            )
            for name, size in self.sizes.items()
        }
        return [self.sizes] if larger == self.sizes else [self.sizes, larger]

    # -- drawing

    def draw(self) -> None:
        """Draw all nodes; raise NetError, naming it, for one that no layer computes."""
        for value in self.inputs:
            self.blobs[value.name] = self.draft.input(value.name, self.sizes[value.name])
            self._names.add(value.name)
        for node in self.model.graph.node:
            given = [name for name in node.input if name]
            if node.op_type == "Shape" or all(name in self.known for name in given):
                constant = node.op_type != "Shape" and all(self.known[name] for name in given)
                self.known.update(dict.fromkeys(node.output, constant))
                continue
            if node.op_type not in TABLE:
                self.fail(node, f"no layer computes this; known are {', '.join(sorted(TABLE))}")
            TABLE[node.op_type](self, node, self.attributes(node))

    def fail(self, node, why: str):
        """Raise NetError with the node's name and type."""
        raise NetError(f"node '{node.name or node.output[0]}' ({node.op_type}): {why}")

    def blob(self, node, index: int) -> str:
        """Return the blob that is the node's input `index`."""
        name = node.input[index]
        if name not in self.blobs:
            self.fail(node, f"needs a blob as input {index}, '{name}' is none")
        return self.blobs[name]

    def constant(self, node, index: int, what: str) -> np.ndarray:
        """Return the constant that is the node's input `index`."""
        if index >= len(node.input) or not self.known.get(node.input[index]):
            self.fail(node, f"no layer takes its {what} from what the net computes")
        return self.values[node.input[index]]

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a value."""
        return self.values[name].shape

    def attributes(self, node) -> dict:
        """Return the attributes that the node gives."""
        return {a.name: helper.get_attribute_value(a) for a in node.attribute}

    def add(self, kind: str, node, bottoms: Sequence[str], top: str = "", **fields) -> str:
        """Draw a layer for the node; its first output is the top, unless it has another name.

        A layer takes the name of its weights (`conv1.weight`, `conv1.0`), others the value's.
        """
        made = top or node.output[0]
        source = node.input[1] if len(node.input) > 1 and fields.get("arrays") else ""
        stem, dot, tail = source.rpartition(".")
        wanted = stem if dot and tail in ("0", "weight") and not top else made
        name = self.fresh(wanted)
        self.draft.layer(kind, name, *bottoms, top=made, **fields)
        if not top:
            self.blobs[made] = made
        return made

    def fresh(self, wanted: str) -> str:
        """Return a layer's name that no other has."""
        name, count = wanted, 1
        while name in self._names:
            count += 1
            name = f"{wanted}_{count}"
        self._names.add(name)
        return name

    def alias(self, node, source: str) -> None:
        """Make the node's output another name of a drawn value."""
        self.blobs[node.output[0]] = self.blobs[source]


def run(model: onnx.ModelProto, outputs: Sequence[str], given: dict[str, np.ndarray]) -> list:
    """Return these values of the model by ONNX Runtime; raise NetError where it refuses."""
    try:
        return session_of(model.SerializeToString()).run(outputs, given)
    except Exception as error:  # ONNX Runtime's own classes share no base
        raise NetError(
            f"ONNX Runtime cannot run the file with float32 inputs {shown(given)}: {error}"
        ) from error


def _difference(reader: Reader, net: Net, sizes: Sizes) -> float:
    """Return how far the net's outputs are from ONNX Runtime's, by each one's largest value."""
    given = reader.sample(sizes, 1)
    give(net, given)
    net.run_forward()
    worst, blobs = 0.0, net.built.by_name
    wanted, at = run(reader.model, reader.outputs, given), shown(given)
    for name, want in zip(reader.outputs, wanted, strict=True):
        if name not in reader.blobs:
            raise NetError(f"output '{name}' is computed by no layer")
        found = blobs[reader.blobs[name]].data
        if found.shape != want.shape:
            raise NetError(f"'{name}' has shape {found.shape} at {at}, {want.shape} in the file")
        share = difference(found, want)
        if not share <= TOLERANCE:
            raise NetError(
                f"'{name}' differs from the file's at {at}, by {share:.2g} of its largest value; "
                "nothing was written"
            )
        worst = max(worst, share)
    return worst
