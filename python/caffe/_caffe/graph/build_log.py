"""What net.cpp logs while it builds a net, layer by layer (details, see log.py)."""

from collections.abc import Iterable

from ...proto import caffe_pb2
from ..core.layer import Layer
from ..log import detail, detailed
from .node import Node
from .params import ParamTable


class BuildLog:
    """Logs one net's way through Net::Init; `param` is the net as its state has filtered it."""

    def __init__(self, param: caffe_pb2.NetParameter):
        self._bytes = 0
        if detailed():  # its text takes long
            detail(f"Initializing net from parameters: \n{param}".rstrip(), "net.cpp:53")

    def creating(self, param: caffe_pb2.LayerParameter) -> None:
        name = param.name
        detail(f"Creating layer {name}", "layer_factory.hpp:77")
        detail(f"Creating Layer {name}", "net.cpp:86")
        for bottom in param.bottom:
            detail(f"{name} <- {bottom}", "net.cpp:408")
        for j, top in enumerate(param.top):
            same = param.bottom[j : j + 1] == [top]
            mark, line = (" (in-place)", 369) if same else ("", 382)
            detail(f"{name} -> {top}{mark}", f"net.cpp:{line}")

    def set_up(self, node: Node) -> None:
        """Log the shapes of a layer's tops, and how much memory all tops take so far."""
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
        for i in range(len(layer.blobs)):
            owner = table.owner_of(layer, i)
            if owner is not None:
                detail(
                    f"Sharing parameters '{layer.layer_param.param[i].name}' owned by layer "
                    f"'{owner.layer.name}', param index {owner.index}",
                    "net.cpp:467",
                )

    def backward(self, name: str, needed: bool) -> None:
        what, line = ("needs", 200) if needed else ("does not need", 202)
        detail(f"{name} {what} backward computation.", f"net.cpp:{line}")

    def done(self, outputs: Iterable[str]) -> None:
        for name in outputs:
            detail(f"This network produces output {name}", "net.cpp:244")
        detail("Network initialization done.", "net.cpp:257")
