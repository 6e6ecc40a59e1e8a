"""What net.cpp logs while it builds a net, layer by layer (details, see log.py)."""

from collections.abc import Iterable

from ...proto import caffe_pb2
from ..core.layer import Layer
from ..log import detail, detailed
from .node import Node
from .params import ParamTable


class BuildLog:
    """Logs one net's way through Net::Init, if the log's details are on."""

    def __init__(self, param: caffe_pb2.NetParameter):
        """Begin with `param`, the net as its state has filtered it."""
        self._on = detailed()
        self._bytes = 0
        if self._on:
            detail(f"Initializing net from parameters: \n{param}".rstrip(), "net.cpp:53")

    def creating(self, param: caffe_pb2.LayerParameter) -> None:
        """Log a layer, its bottoms and its tops, before it is made."""
        if not self._on:
            return
        name = param.name
        detail(f"Creating layer {name}", "layer_factory.hpp:77")
        detail(f"Creating Layer {name}", "net.cpp:86")
        for bottom in param.bottom:
            detail(f"{name} <- {bottom}", "net.cpp:408")
        for j, top in enumerate(param.top):
            if j < len(param.bottom) and param.bottom[j] == top:
                detail(f"{name} -> {top} (in-place)", "net.cpp:369")
            else:
                detail(f"{name} -> {top}", "net.cpp:382")

    def set_up(self, node: Node) -> None:
        """Log the shapes of a layer's tops, and how much memory all tops take so far."""
        if not self._on:
            return
        for _ in range(len(node.tops) - len(node.layer.layer_param.top)):
            detail(f"{node.name} -> (automatic)", "net.cpp:382")
        detail(f"Setting up {node.name}", "net.cpp:124")
        weights = dict(node.loss_weights)
        for j, top in enumerate(node.tops):
            sizes = "".join(f"{size} " for size in top.shape)
            detail(f"Top shape: {sizes}({top.count})", "net.cpp:131")
            if j in weights:
                detail(f"    with loss weight {weights[j]:g}", "net.cpp:134")
            self._bytes += 4 * top.count
        detail(f"Memory required for data: {self._bytes}", "net.cpp:139")

    def sharing(self, layer: Layer, table: ParamTable) -> None:
        """Log which of a layer's parameters are another layer's."""
        for i in range(len(layer.blobs) if self._on else 0):
            owner = table.owner_of(layer, i)
            if owner is not None:
                detail(
                    f"Sharing parameters '{layer.layer_param.param[i].name}' owned by layer "
                    f"'{owner.layer.name}', param index {owner.index}",
                    "net.cpp:467",
                )

    def backward(self, name: str, needed: bool) -> None:
        """Log whether a layer takes part in backward."""
        if needed:
            detail(f"{name} needs backward computation.", "net.cpp:200")
        else:
            detail(f"{name} does not need backward computation.", "net.cpp:202")

    def done(self, outputs: Iterable[str]) -> None:
        """Log the net's outputs."""
        for name in outputs:
            detail(f"This network produces output {name}", "net.cpp:244")
        detail("Network initialization done.", "net.cpp:257")
