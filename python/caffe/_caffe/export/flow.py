"""A net as a function: every value is made once, whatever Caffe computes in place or shares.

A blob that layers write in place takes several values one after another. Where an in-place layer
writes memory that other blobs share (Split, Reshape and Flatten copy nothing), these take new
values too, as they do when the net runs.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..core.blob import Blob
from ..core.layer import Layer, Wiring
from ..errors import LayerError, NetError
from ..graph.net import Net
from ..graph.node import Node
from ..graph.params import ParamTable


@dataclass
class Step:
    """One layer of the function.

    Attributes
    ----------
    index : int
        Its place in the net.
    layer : Layer
        A copy that works on nothing in place and saves nothing for backward; its blobs are the
        net's.
    params : list of (str, int)
        The layer that owns each parameter, and which one of its parameters it is.
    bottoms, tops : list of str
        The values it reads and makes.
    shared : list of (str, str)
        Values that top 0 gives to blobs of the same memory: the new one, and the old one, whose
        shape it takes.
    """

    index: int
    layer: Layer
    params: list[tuple[str, int]]
    bottoms: list[str]
    tops: list[str] = field(default_factory=list)
    shared: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Flow:
    """A net's inputs, steps and outputs, each output blob with the value that it ends with.

    That value has the blob's name, unless that is an input's. `shapes` has the values' shapes as
    the net is now.
    """

    inputs: list[str]
    steps: list[Step]
    outputs: dict[str, str]
    shapes: dict[str, tuple[int, ...]]

    def swap(self, first: str, second: str) -> None:
        """Exchange the names of two values."""
        other = {first: second, second: first}

        def named(values):
            return [other.get(value, value) for value in values]

        for step in self.steps:
            step.bottoms, step.tops = named(step.bottoms), named(step.tops)
            step.shared = [(a, b) for a, b in map(named, step.shared)]
        self.outputs = dict(zip(self.outputs, named(self.outputs.values()), strict=True))
        self.shapes = dict(zip(named(self.shapes), self.shapes.values(), strict=True))


def flow_of(net: Net, known: Callable[[Layer], bool] = lambda layer: False) -> Flow:
    """Return `net` as a function of its Input layers' blobs.

    Parameters
    ----------
    net : Net
    known : callable
        Whether a layer that runs code of its own is known as a function to the caller.

    Raises
    ------
    NetError
        For a net without inputs, or an optimized one.
    LayerError
        For a layer that reads data by itself or runs a user's code.
    """
    if net.plan is not None:
        raise NetError(f"net '{net.name}' is optimized; build it anew to have it as a function")
    values = _Values(net.nodes, net.built.output_names)
    inputs, steps = [], []
    for i, node in enumerate(net.nodes):
        if node.layer.type == "Input":
            inputs += [values.make(top, name) for top, name in _tops(node)]
            continue
        if not (node.layer.is_function or known(node.layer)):
            raise LayerError(
                node.layer.format_error(
                    "is no function of the net's inputs: it reads or writes data, or runs code of "
                    "its own; give the net's deploy form, with Input layers"
                )
            )
        step = Step(i, _detached(node.layer), _owners(net.param_table, node.layer), [])
        step.bottoms = [values.now[b] for b in node.bottoms]
        if node.wiring.aliased:
            step.shared = values.rewrite_sharers(node, i)
        step.tops = [values.make(top, name) for top, name in _tops(node)]
        values.share(node)
        steps.append(step)
    if not inputs:
        raise NetError(f"net '{net.name}' has no Input layer: it is no function of inputs")
    names = net.built.names
    outputs = {names[b]: v for b, v in values.now.items() if names[b] in net.built.output_names}
    ordered = {name: outputs[name] for name in net.built.output_names}
    flow = Flow(inputs, steps, ordered, values.shapes)
    for name, value in ordered.items():
        if name != value and name not in inputs:
            flow.swap(name, value)
    return flow


def _tops(node: Node):
    return zip(node.tops, node.top_names, strict=True)


def _detached(layer: Layer) -> Layer:
    layer = copy.copy(layer)
    layer.wiring, layer.saved = Wiring(), None
    reset = getattr(layer, "reset", None)
    if callable(reset):  # begin as a net does that has not run yet
        reset()
    return layer


def _owners(table: ParamTable, layer: Layer) -> list[tuple[str, int]]:
    owners = [table.owner_of(layer, i) for i in range(len(layer.blobs))]
    return [(o.layer.name, o.index) if o else (layer.name, i) for i, o in enumerate(owners)]


class _Values:
    """The value that each blob has now, by name."""

    def __init__(self, nodes: Sequence[Node], outputs: Sequence[str]):
        self.now: dict[Blob, str] = {}
        self._names: dict[Blob, str] = {}
        self._memory: dict[Blob, Blob] = {}  # the first blob in whose memory each is
        self._made: dict[str, int] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._read_by: dict[Blob, int] = {}  # the last layer that reads each blob
        for i, node in enumerate(nodes):
            self._read_by.update(dict.fromkeys(node.bottoms, i))
            for top, name in _tops(node):
                if name in outputs:
                    self._read_by[top] = len(nodes)

    def make(self, blob: Blob, name: str) -> str:
        """Return a name for a new value of `blob`: its own, then with a number."""
        self._names[blob] = name
        self._memory.setdefault(blob, blob)
        count = self._made[name] = self._made.get(name, 0) + 1
        self.now[blob] = name if count == 1 else f"{name}@{count}"
        self.shapes[self.now[blob]] = blob.shape
        return self.now[blob]

    def share(self, node: Node) -> None:
        """Enter that the layer's tops are its bottom's memory, if so."""
        if node.layer.shares_data and node.bottoms:
            for top in node.tops:
                self._memory[top] = self._memory[node.bottoms[0]]

    def rewrite_sharers(self, node: Node, i: int) -> list[tuple[str, str]]:
        """Make new values for the blobs, read after layer `i`, whose memory it writes."""
        memory, written = self._memory[node.bottoms[0]], set(node.tops)
        others = [
            blob
            for blob, first in self._memory.items()
            if first is memory and blob not in written and self._read_by.get(blob, -1) > i
        ]
        pairs = []
        for blob in others:
            old = self.now[blob]
            pairs.append((self.make(blob, self._names[blob]), old))
        return pairs
