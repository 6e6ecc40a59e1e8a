"""Layer: what every layer type has in common.

A layer type is one small class:

    @register("Power")
    class Power(Layer):
        '''y = (shift + scale * x) ^ power (power_layer.cpp).'''

        def forward(self, x):
            p = self.layer_param.power_param
            return (p.shift + p.scale * x) ** p.power

Its parameters are made in `setup`. Top shapes come from running `forward` on torch's meta
device (shapes only); gradients come from autograd over this one layer. A class that defines
`backward` computes its own instead, where Caffe's differs from the true gradient or where it
saves time, and then `forward` runs without autograd.
"""

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch

from ...proto import caffe_pb2
from ..formats.records import LayerWeights
from . import context, filler
from .blob import Blob
from .layer_runtime import LayerRuntime, Wiring, as_tuple
from .registry import create_layer, register
from .windows import POINTWISE, Reach

__all__ = ["Layer", "Wiring", "as_tuple", "create_layer", "register"]


class Layer(LayerRuntime):
    """One layer of a net. Tensors are float32 on the compute device, shaped as their blobs."""

    # -- what a type defines

    def setup(self, *bottom: torch.Tensor) -> None:
        """Check settings and make parameters; `bottom` are meta tensors (shapes only)."""

    def forward(self, *bottom: torch.Tensor):
        """Return the top tensor, or a tuple of them."""
        self.fail("does not define forward")

    # A type may define, in place of autograd:
    #   def backward(self, propagate_down, bottom, top, top_diff): -> list of bottom diffs, None
    #   where propagate_down is False; parameters through self.blobs[i].add_diff(tensor). It is
    #   called only where some bottom wants its diff, or the layer has parameters.
    # Types without gradient take one of the next two as theirs.
    backward: Callable | None = None

    def refuse_backward(self, propagate_down, bottom, top, top_diff):
        """A `backward` that raises LayerError."""
        self.fail("has no gradient, but a layer below it needs one; it cannot serve as a loss")

    def zero_backward(self, propagate_down, bottom, top, top_diff) -> list:
        """A `backward` that leaves the bottoms' diffs 0; in place, bottom 0's is the top's."""
        return [top_diff[0].clone() if self.in_place else None, *[None] * (len(bottom) - 1)]

    def reshape(self, *shapes: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the top shapes for these bottom shapes; called whenever these have changed.

        A type whose `forward` sums, flips or repeats gives them itself: torch would first import
        much of itself, and sympy, for shapes alone.
        """
        self.shapes_only = True
        try:
            with torch.no_grad():
                tops = self.forward(*(torch.empty(s, device="meta") for s in shapes))
        finally:
            self.shapes_only = False
        return [tuple(t.shape) for t in as_tuple(tops)]

    # For nets made ready for inference alone (graph/inference.py), which then never run backward.

    pointwise = False  # an output depends on the bottom's channels at its own place alone

    def reach(self) -> tuple[Reach, ...] | None:
        """Return how outputs lie over the bottom's two spatial axes; None where they do not."""
        return POINTWISE if self.pointwise else None

    def reduce_pad(self, less: Sequence[int]) -> None:
        """Pad by so much less on either side of each axis than the settings say."""

    def channel_affine(self) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Return (factor, shift), each (C,), where the top is bottom * factor + shift."""

    def activation(self) -> float | None:
        """Return a slope where the top is max(0, bottom) + slope * min(0, bottom)."""

    def fold(self, after: "Layer") -> bool:
        """Apply `after` to the top, too, from now on; return False where that cannot be done."""
        return False

    def settle(self, inference: bool = True) -> None:
        """Prepare to compute in an optimized net; for inference, with what has been folded in."""

    def unfold(self) -> None:
        """Compute the top alone again."""

    def compute(self, bottom: Sequence[torch.Tensor], params: Sequence[torch.Tensor]):
        """Return the tops as a function of bottoms and parameters: nothing of the layer changes.

        For layers that are functions (`is_function`), outside a running net.
        """
        layer = copy.copy(self)
        # A parameter shared by PERMISSIVE comes in its owner's shape.
        shaped = (p.view(blob.shape) for p, blob in zip(params, self.blobs, strict=True))
        layer._leaves = dict(enumerate(shaped))
        if type(self).reshape is not Layer.reshape:
            layer.reshape(*(tuple(x.shape) for x in bottom))
        tops = as_tuple(layer.forward(*bottom))
        return tuple(t.float() if t.dtype == torch.bfloat16 else t for t in tops)

    carried: tuple[str, ...] = ()  # attributes, all numbers, from which a resumed run goes on

    def get_state(self) -> dict | None:
        """Return what a resumed run needs to go on (a data cursor), JSON-able, or None."""
        return {name: getattr(self, name) for name in self.carried} or None

    def set_state(self, state: dict) -> None:
        """Continue from what `get_state` returned."""
        for name in self.carried:
            setattr(self, name, type(getattr(self, name))(state[name]))

    def fit_weights(self, source: LayerWeights) -> list[np.ndarray | None] | None:
        """Return what each parameter takes over of a file's, None for one left as it is.

        None for the whole where they fit one by one, as they do but for a layer that copies by
        itself (FlowNet2's net.cpp, CustomCopyBlobs).
        """

    # -- what a type uses

    @property
    def training(self) -> bool:
        return self.phase == caffe_pb2.TRAIN

    def check_positive(self, param, *names: str) -> None:
        """Raise LayerError unless these fields of `param` are above 0."""
        for name in names:
            value = getattr(param, name)
            given = f"given {value:g}" if param.HasField(name) else "none is given"
            self.check(value > 0, f"needs {name} > 0, {given}")

    def asked(self, *tops) -> list:
        """Return those of all tops, or of their shapes, that the net has; the first at least."""
        return list(tops[: max(1, len(self.layer_param.top))])

    def save_for_backward(self, value):
        """Save `value` as `self.saved` where a backward may follow; return it."""
        if not self.shapes_only:
            self.saved = value if self.wiring.saves_for_backward else None
        return value

    def add_param(
        self, shape: Sequence[int], fill: caffe_pb2.FillerParameter | None = None
    ) -> None:
        """Append a learnable blob of `shape`, filled as `fill` says (zero without one)."""
        blob = self.named(lambda: Blob(tuple(shape), persistent=True))
        if fill is not None:
            self.named(filler.fill, blob, fill)
        self.blobs.append(blob)

    def param(self, index: int) -> torch.Tensor:
        """Return parameter `index` for computing (a leaf of this layer's graph)."""
        blob = self.blobs[index]
        if self.shapes_only:
            return torch.empty(blob.shape, device="meta")
        if self._leaves is None:
            return blob.tensor()
        if index not in self._leaves:
            leaf = blob.tensor().data
            self._leaves[index] = leaf.requires_grad_(self.wants_param(index))
        return self._leaves[index]

    def running_param(self, index: int) -> torch.Tensor:
        """Return parameter `index` to be changed in place (running statistics)."""
        given = self._leaves is not None and index in self._leaves
        return self.param(index) if given else self.blobs[index].tensor(write=True)

    def set_param_propagate_down(self, wanted: Sequence[bool]) -> None:
        """Set which parameters get a gradient (layer.hpp, set_param_propagate_down)."""
        self.param_propagate_down = list(wanted)

    def wants_param(self, index: int) -> bool:
        return index >= len(self.param_propagate_down) or self.param_propagate_down[index]

    def generator(self) -> torch.Generator:
        return context.generator(context.device())

    @property
    def pycaffe_object(self):
        """What pycaffe shows as this layer: for a Python layer, the user's object."""
        return self
