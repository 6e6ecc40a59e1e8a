"""From a NetParameter to a built net, in the order and by the rules of net.cpp (Init).

filter by state -> settle crops -> insert splits -> connect layer by layer -> share parameters
-> prune backward -> plan what is saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from ...proto import caffe_pb2
from ..core import context
from ..core.blob import Blob
from ..core.layer import Layer
from ..core.registry import check_dialect, create_layer
from ..errors import NetError
from ..log import warning
from .align_crops import settle_crops
from .backward_plan import force_backward, plan_saving, prune_backward
from .build_log import BuildLog
from .insert_splits import filter_net, insert_splits
from .node import Node
from .params import ParamTable


@dataclass
class BuiltNet:
    """What `build` returns: nodes in order, blobs by name, outputs and the parameter table."""

    name: str
    nodes: list[Node]
    blob_names: list[str]
    blobs: list[Blob]
    inputs: list[Blob]
    output_names: list[str]
    params: ParamTable
    bytes: int

    @property
    def by_name(self) -> dict[str, Blob]:
        return dict(zip(self.blob_names, self.blobs, strict=True))

    @property
    def names(self) -> dict[Blob, str]:
        return dict(zip(self.blobs, self.blob_names, strict=True))


def build(param: caffe_pb2.NetParameter, folder: str) -> BuiltNet:
    """Build the net that `param`, upgraded, describes in its own state.

    In `folder`, besides the working directory, modules of Python layers and relative files may be.
    NetError or LayerError names a layer that cannot be connected or set up.
    """
    check_dialect(param.dialect or context.dialect())
    param = filter_net(param)
    settle_crops(param)
    log = BuildLog(param)
    param = insert_splits(param)
    builder = _Builder(param, folder)
    for layer_param in param.layer:
        builder.add(layer_param, log)
    nodes = builder.nodes
    prune_backward(nodes, log)
    if param.force_backward:
        force_backward(nodes)
    plan_saving(nodes, builder.memory)
    # net.cpp walks a std::set here, so the outputs are in name order.
    outputs = sorted(builder.available)
    log.done(outputs)
    builder.params.share()
    size = 4 * sum(b.count for b, first in builder.memory.items() if b is first)
    if size > context.host_memory():
        warning(
            f"the blobs of net '{param.name}' take {size / 2**30:.1f} GiB, this machine has "
            f"{context.host_memory() / 2**30:.1f} GiB: it can be built but not run"
        )
    return BuiltNet(
        param.name, nodes, builder.blob_names, builder.blobs, builder.inputs, outputs,
        builder.params, size,
    )  # fmt: skip


def _readers(net: caffe_pb2.NetParameter) -> dict[str, set[str]]:
    """Return the types of the layers that read each blob, itself or through a Split."""
    readers: dict[str, set[str]] = {}
    for layer in reversed(net.layer):
        types = {layer.type}
        if layer.type == "Split":
            types = set().union(*(readers.get(top, ()) for top in layer.top))
        for bottom in layer.bottom:
            readers.setdefault(bottom, set()).update(types)
    return readers


class _Builder:
    """The state of one net under construction."""

    def __init__(self, net: caffe_pb2.NetParameter, folder: str):
        self.net, self.phase, self.folder = net, net.state.phase, folder
        self.nodes: list[Node] = []
        self.blobs: list[Blob] = []
        self.blob_names: list[str] = []
        self.inputs: list[Blob] = []
        self.params = ParamTable()
        self.memory: dict[Blob, Blob] = {}  # the first blob in whose memory each is
        self.available: dict[str, None] = {}  # names that no layer has taken yet
        self._by_name: dict[str, Blob] = {}
        self._wants_diff: set[Blob] = set()
        self._readers = _readers(net)

    def add(self, param: caffe_pb2.LayerParameter, log: BuildLog) -> None:
        """Connect one layer, set it up and enter its parameters."""
        if not param.HasField("phase"):
            param.phase = self.phase
        log.creating(param)
        written_rates = [spec.lr_mult for spec in param.param]
        node = self._connect(create_layer(param, param.phase, self.folder, self.net))
        node.layer.prepare(node.bottoms, node.tops, node.wiring)
        self._set_loss_weights(node)
        self.nodes.append(node)
        learns = self.params.add(node.layer, written_rates)
        wanted = [blob in self._wants_diff for blob in node.bottoms]
        node.needs_backward = learns or any(wanted)
        if node.needs_backward and node.layer.asks_for == "all":
            self._wants_diff.update(node.tops)
        elif node.layer.asks_for == "each":
            self._wants_diff.update(compress(node.tops, wanted))
        log.set_up(node)
        log.sharing(node.layer, self.params)

    def _connect(self, layer: Layer) -> Node:
        param = layer.layer_param
        for name in param.bottom:
            del self.available[name]  # insert_splits has made one blob for each reader
        bottoms = [self._by_name[name] for name in param.bottom]
        tops = []
        for j, name in enumerate(param.top):
            tops.append(self._make_top(param, j, name))
            self.available[name] = None
        if param.type == "Input":
            self.inputs.extend(tops)
        names = list(param.top)
        while layer.auto_top and len(tops) < layer.tops[0]:
            names.append("(automatic)")
            tops.append(self._new_blob(names[-1]))
        layer.check_counts(len(bottoms), len(tops))
        node = Node(layer, bottoms, tops, list(param.bottom), names)
        node.propagate_down = self._propagate_down(param, bottoms)
        node.wiring.readers = frozenset().union(*(self._readers.get(t, ()) for t in param.top))
        if bottoms and tops and bottoms[0] is tops[0]:
            node.wiring.in_place = True
            first = self.memory[bottoms[0]]
            node.wiring.aliased = sum(m is first for m in self.memory.values()) > 1
        if layer.shares_data:
            for top in tops:
                self.memory[top] = self.memory[bottoms[0]]
        return node

    def _make_top(self, param, j: int, name: str) -> Blob:
        if j < len(param.bottom) and name == param.bottom[j]:
            return self._by_name[name]
        if name in self._by_name:
            makers = (n.name for n in self.nodes if name in n.top_names)
            raise NetError(
                f"layer '{param.name}' ({param.type}): top blob '{name}' is already made by layer "
                f"'{next(makers, param.name)}'; only a layer that has it as bottom {j} "
                "may write it (in place)"
            )
        self._by_name[name] = self._new_blob(name)
        return self._by_name[name]

    def _new_blob(self, name: str) -> Blob:
        blob = Blob()
        self.blobs.append(blob)
        self.blob_names.append(name)
        self.memory[blob] = blob
        return blob

    def _propagate_down(self, param, bottoms: Sequence[Blob]) -> list[bool]:
        given = list(param.propagate_down)
        if given and len(given) != len(bottoms):
            raise NetError(
                f"layer '{param.name}' ({param.type}): propagate_down is given {len(given)} times "
                f"for {len(bottoms)} bottoms; give it once per bottom or not at all"
            )
        return given or [b in self._wants_diff for b in bottoms]

    def _set_loss_weights(self, node: Node) -> None:
        """Record each top's loss weight, and write it to the top's diff, where backward reads it.

        Automatic tops count (net.cpp makes them before SetLossWeights compares).
        """
        given = list(node.layer.layer_param.loss_weight)
        if given and len(given) != len(node.tops):
            node.layer.fail(
                f"loss_weight is given {len(given)} times for {len(node.tops)} tops; give it "
                "once per top or not at all",
                kind=NetError,
            )
        node.loss_weights = [(j, weight) for j, weight in enumerate(given) if weight]
        for j, weight in node.loss_weights:
            node.tops[j].seed_diff(weight)
