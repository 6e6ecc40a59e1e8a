"""The table of a net's parameters: who owns each, who shares it, at what rate it learns."""

from dataclasses import dataclass

import torch

from ...proto import caffe_pb2
from ..core.blob import Blob
from ..core.layer import Layer
from ..errors import NetError

DEFAULT_SPEC = caffe_pb2.ParamSpec()
PERMISSIVE = caffe_pb2.ParamSpec.PERMISSIVE


@dataclass
class Owner:
    """A learnable blob: the layer it belongs to, its rates, and whether they were written."""

    layer: Layer
    index: int
    lr: float
    decay: float
    has_lr: bool
    has_decay: bool

    @property
    def blob(self) -> Blob:
        """The parameter itself."""
        return self.layer.blobs[self.index]


class ParamTable:
    """Every parameter of a net in order (net.cpp, AppendParam and ShareWeights)."""

    def __init__(self):
        self.owners: list[Owner] = []
        self.learnable: list[Blob] = []
        self._named: dict[str, Owner] = {}
        self._sharers: list[tuple[Layer, int, Owner]] = []

    def add(self, layer: Layer, given: int) -> bool:
        """Enter a layer's parameters.

        Parameters
        ----------
        layer : Layer
        given : int
            How many specs the prototxt wrote. BatchNorm adds its own with rate 0 while it is set
            up, and net.cpp decides who needs backward by what was written before.

        Returns
        -------
        bool
            Whether any of them learns.
        """
        specs = layer.layer_param.param
        if given > len(layer.blobs):
            raise NetError(
                layer.format_error(
                    f"{given} param specs given, the layer has {len(layer.blobs)} parameters"
                )
            )
        learns = [specs[i].lr_mult != 0 if i < given else True for i in range(len(layer.blobs))]
        layer.set_param_propagate_down(learns)
        for i in range(len(layer.blobs)):
            self._enter(layer, i, specs[i] if i < len(specs) else DEFAULT_SPEC)
        return any(learns)

    def _enter(self, layer: Layer, index: int, spec) -> None:
        if spec.name and spec.name in self._named:
            owner = self._named[spec.name]
            self._check_shapes(layer, index, spec, owner)
            self._agree(layer, spec, owner, "lr_mult", "lr", "has_lr")
            self._agree(layer, spec, owner, "decay_mult", "decay", "has_decay")
            self._sharers.append((layer, index, owner))
            return
        owner = Owner(
            layer, index, spec.lr_mult, spec.decay_mult,
            spec.HasField("lr_mult"), spec.HasField("decay_mult"),
        )  # fmt: skip
        self.owners.append(owner)
        self.learnable.append(owner.blob)
        if spec.name:
            self._named[spec.name] = owner

    def _check_shapes(self, layer, index, spec, owner) -> None:
        mine, theirs = layer.blobs[index], owner.blob
        permissive = spec.share_mode == PERMISSIVE
        if mine.count != theirs.count if permissive else mine.shape != theirs.shape:
            raise NetError(
                layer.format_error(
                    f"cannot share parameter '{spec.name}' of layer '{owner.layer.name}': its "
                    f"shape is {theirs.shape}, this layer needs {mine.shape}"
                    + ("" if permissive else " (share_mode: PERMISSIVE compares counts only)")
                )
            )

    @staticmethod
    def _agree(layer, spec, owner, field, kept, written) -> None:
        if not spec.HasField(field):
            return
        value = getattr(spec, field)
        if getattr(owner, written) and getattr(owner, kept) != value:
            raise NetError(
                layer.format_error(
                    f"shared parameter '{spec.name}' has {field} {value:g} here and "
                    f"{getattr(owner, kept):g} in layer '{owner.layer.name}'; they must be equal"
                )
            )
        setattr(owner, kept, value)
        setattr(owner, written, True)

    def share(self) -> None:
        """Make every sharing layer's blob the owner's memory."""
        for layer, index, owner in self._sharers:
            layer.blobs[index].share_data(owner.blob)
            layer.blobs[index].share_diff(owner.blob)

    def owner_of(self, layer: Layer, index: int) -> Owner | None:
        """Return the owner of a shared parameter, None where the layer owns it itself."""
        for sharer, i, owner in self._sharers:
            if sharer is layer and i == index:
                return owner
        return None

    def display_name(self, layer: Layer, index: int) -> str:
        """Return the parameter's name in a log: the one it was given, or its number."""
        specs = layer.layer_param.param
        return (specs[index].name if index < len(specs) else "") or str(index)

    def clear_diffs(self) -> None:
        """Set every diff to zero."""
        for blob in self.learnable:
            blob.clear_diff()

    def gradients(self) -> list[torch.Tensor]:
        """Return the diffs on the compute device, to change in place."""
        return [blob.diff_tensor(write=True) for blob in self.learnable]
