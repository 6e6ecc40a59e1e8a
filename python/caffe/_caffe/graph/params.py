"""The table of a net's parameters: who owns each, who shares it, at what rate it learns."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from ...proto import caffe_pb2
from ..core.blob import Blob
from ..core.layer import Layer
from ..errors import NetError

DEFAULT_SPEC = caffe_pb2.ParamSpec()
PERMISSIVE = caffe_pb2.ParamSpec.PERMISSIVE


@dataclass
class Owner:
    """A learnable blob: the layer it belongs to, and its spec, with what sharing layers write."""

    layer: Layer
    index: int
    spec: caffe_pb2.ParamSpec

    @property
    def blob(self) -> Blob:
        return self.layer.blobs[self.index]


class ParamTable:
    """Every parameter of a net in order (net.cpp, AppendParam and ShareWeights)."""

    def __init__(self):
        self.owners: list[Owner] = []
        self.learnable: list[Blob] = []
        self._named: dict[str, Owner] = {}
        self._sharers: list[tuple[Layer, int, Owner]] = []

    def add(self, layer: Layer, written: Sequence[float]) -> bool:
        """Enter a layer's parameters; return whether any of them learns.

        `written` are the rates of the specs that the prototxt has: BatchNorm and PSPNet's BN set
        rates to 0 while they are set up, and net.cpp decides who needs backward by what is written.
        """
        specs = layer.layer_param.param
        if len(written) > len(layer.blobs):
            layer.fail(
                f"{len(written)} param specs given, the layer has {len(layer.blobs)} parameters",
                kind=NetError,
            )
        learns = [i >= len(written) or written[i] != 0 for i in range(len(layer.blobs))]
        layer.set_param_propagate_down(learns)
        for i in range(len(layer.blobs)):
            self._enter(layer, i, specs[i] if i < len(specs) else DEFAULT_SPEC)
        return any(learns)

    def _enter(self, layer: Layer, index: int, spec) -> None:
        if spec.name and spec.name in self._named:
            owner = self._named[spec.name]
            self._check_shapes(layer, index, spec, owner)
            self._agree(layer, spec, owner)
            self._sharers.append((layer, index, owner))
            return
        owner = Owner(layer, index, copy.deepcopy(spec))
        self.owners.append(owner)
        self.learnable.append(owner.blob)
        if spec.name:
            self._named[spec.name] = owner

    def _check_shapes(self, layer, index, spec, owner) -> None:
        mine, theirs = layer.blobs[index], owner.blob
        permissive = spec.share_mode == PERMISSIVE
        if mine.count != theirs.count if permissive else mine.shape != theirs.shape:
            layer.fail(
                f"cannot share parameter '{spec.name}' of layer '{owner.layer.name}': its "
                f"shape is {theirs.shape}, this layer needs {mine.shape}"
                + ("" if permissive else " (share_mode: PERMISSIVE compares counts only)"),
                kind=NetError,
            )

    @staticmethod
    def _agree(layer, spec, owner) -> None:
        """Give the owner the rates that this layer writes; they must not differ from its own."""
        for field in ("lr_mult", "decay_mult"):
            if not spec.HasField(field):
                continue
            mine, theirs = getattr(spec, field), getattr(owner.spec, field)
            if owner.spec.HasField(field) and theirs != mine:
                layer.fail(
                    f"shared parameter '{spec.name}' has {field} {mine:g} here and {theirs:g} in "
                    f"layer '{owner.layer.name}'; they must be equal",
                    kind=NetError,
                )
            setattr(owner.spec, field, mine)

    def share(self) -> None:
        """Make every sharing layer's blob the owner's memory."""
        for layer, index, owner in self._sharers:
            layer.blobs[index].share_data(owner.blob)
            layer.blobs[index].share_diff(owner.blob)

    def owner_of(self, layer: Layer, index: int) -> Owner | None:
        """Return the owner of a shared parameter, None where the layer owns it itself."""
        owners = (o for sharer, i, o in self._sharers if sharer is layer and i == index)
        return next(owners, None)

    def display_name(self, layer: Layer, index: int) -> str:
        """Return the parameter's name in a log: the one it was given, or its number."""
        specs = layer.layer_param.param
        return (specs[index].name if index < len(specs) else "") or str(index)
