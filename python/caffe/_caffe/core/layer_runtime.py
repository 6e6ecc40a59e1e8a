"""How a layer runs: shapes, the guarded call of its functions, and autograd over one layer.

`Layer` adds what layer types use; this part is what the net calls.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch

from ...proto import caffe_pb2
from ..errors import CaffeError, LayerError
from .blob import Blob, BlobVec, check_shape


@dataclass
class Wiring:
    """How a net uses a layer: set by the net while it is built, read by the layer."""

    in_place: bool = False  # top 0 is bottom 0
    aliased: bool = False  # in place on memory that another blob shares
    overwritten: bool = False  # this layer or a later one works in place on one of its bottoms
    saves_for_backward: bool = False  # forward saves what backward needs
    readers: frozenset[str] = frozenset()  # the types of the layers that read its tops


class LayerRuntime:
    """The state of one layer, and its side towards the net."""

    # How many bottoms and tops a type takes: (least, most), most None for any number.
    bottoms: tuple[int, int | None] = (1, 1)
    tops: tuple[int, int | None] = (1, 1)
    same_count = False  # as many tops as bottoms
    is_loss = False  # weight 1 on the first top unless loss_weight says otherwise
    auto_top = False  # makes its missing tops itself (loss layers; layer.hpp AutoTopBlobs)
    no_gradient: frozenset[int] = frozenset()  # bottoms (labels) that no gradient reaches
    # Of which tops it needs diffs where a layer below learns: "all", those whose bottoms do
    # ("each"), or "none".
    asks_for = "all"
    shares_data = False  # the top is the bottom's memory (Split, Reshape, Flatten)
    stateful = False  # forward changes the layer (a carried hidden state): never run it twice
    caches_inputs = False  # backward uses what forward saw, even if the bottoms change in between
    allocates_tops = True  # forward makes new tops, whatever they held
    own_tops = False  # their memory is certainly no other blob's
    overwrites = False  # forward may write over bottom `spare`, which nobody reads after it
    spare: int | None = None
    blob_count: int | None = None  # of parameters, where that tells forks' layers apart
    ignores_trailing_ones = False  # weights of shape (1, C) fit (1, C, 1, 1)
    is_function = True  # of bottoms and parameters: it neither reads data nor runs a user's code
    any_layout = False  # takes bottoms and diffs channels last in memory, and in bfloat16
    recomputable = True  # backward can compute again what forward saved (a random mask it cannot)

    def __init__(self, param: caffe_pb2.LayerParameter, phase: int, folder: str = ""):
        self.layer_param = param
        self.name, self.type, self.phase, self.folder = param.name, param.type, phase, folder
        self.blobs: BlobVec = BlobVec()
        self.param_propagate_down: list[bool] = []
        self.wiring = Wiring()
        self.saved: Any = None  # what forward keeps for backward; the runner frees it
        self.shapes_only = False  # true while top shapes are inferred on torch's meta device
        self._leaves: dict[int, torch.Tensor] | None = None
        self._shapes: list[tuple[int, ...]] | None = None  # the bottoms' when tops were last shaped
        self._shapes_of_tops: Sequence[Sequence[int]] = ()  # as this layer last gave them

    # -- what Layer and its subclasses define

    setup: Callable
    forward: Callable
    reshape: Callable
    backward: Callable | None

    @property
    def in_place(self) -> bool:
        return self.wiring.in_place

    @property
    def saves_for_backward(self) -> bool:
        return self.wiring.saves_for_backward

    # -- what the net calls

    def check_counts(self, bottoms: int, tops: int) -> None:
        """Raise LayerError unless the type takes so many bottoms and tops."""
        for what, given, (least, most) in (
            ("bottom", bottoms, self.bottoms),
            ("top", tops, self.tops),
        ):
            if given < least or (most is not None and given > most):
                wanted = str(least) if least == most else f"{least} to {most or 'any number'}"
                self.fail(f"takes {wanted} {what} blobs, {given} given")
        if self.same_count and bottoms != tops:
            self.fail(f"takes as many tops as bottoms; {bottoms} bottoms, {tops} tops given")

    def prepare(
        self, bottom: Sequence[Blob], top: Sequence[Blob], wiring: Wiring | None = None
    ) -> None:
        """Run `setup` for these bottoms and this wiring; shape the tops."""
        self.wiring = wiring or self.wiring
        if self.is_loss and not self.layer_param.loss_weight:
            # loss_layer.cpp, LayerSetUp: it is in the layer's own description, and so in weights.
            self.layer_param.loss_weight.extend([1.0] + [0.0] * (len(top) - 1))
        self.shapes_only = True
        try:
            metas = [torch.empty(b.shape, device="meta") for b in bottom]
            self._guard(self.setup, bottom, *metas)
        finally:
            self.shapes_only = False
        self.shape_tops(bottom, top)

    def shape_tops(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the tops their shapes without computing them."""
        given = [b.shape for b in bottom]
        shapes = self._guard(self.reshape, bottom, *given)
        shapes = [self.named(check_shape, shape) for shape in shapes]
        if self.in_place:
            # BVLC goes on here with a blob that is too small, or whose values are lost.
            self.check(
                math.prod(shapes[0]) == bottom[0].count,
                f"cannot work in place: bottom shape {bottom[0].shape} becomes {shapes[0]}; "
                "give its top another name",
            )
        for blob, shape in zip(top, shapes, strict=True):
            blob.set_shape(shape)
        self._shapes, self._shapes_of_tops = given, shapes

    def forget_shapes(self) -> None:
        """Shape the tops anew before the next pass, though the bottoms' shapes stay."""
        self._shapes = None

    def run(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Compute the tops from the bottoms, after reshaping where a bottom's shape has changed."""
        if [b.shape for b in bottom] != self._shapes:
            self.shape_tops(bottom, top)
        values = self._values(bottom)
        self.saved = None
        recorded = self.saves_for_backward and self.backward is None
        if recorded:
            tops = self._record(values)
        else:
            tops = as_tuple(self._guard(self.forward, bottom, *values))
        if self.wiring.aliased and tops[0].data_ptr() != values[0].data_ptr():
            shape = tops[0].shape  # of the same count, but MVN's has four axes
            tops = (values[0].copy_(tops[0].view_as(values[0])).view(shape), *tops[1:])
        self._shapes_of_tops = [value.shape for value in tops]
        share = self.shares_data or recorded
        share = share or self.in_place and tops[0].data_ptr() == values[0].data_ptr()
        for blob, value in zip(top, tops, strict=True):
            # `.data` leaves autograd's version count behind: Caffe too computes a gradient from
            # whatever an in-place layer has since left in the blob.
            blob.put(value.data, share=share, as_computed=self.any_layout)
        if self.shares_data:
            self._reunite([*bottom[:1], *top])

    def _values(self, blobs: Sequence[Blob]) -> list[torch.Tensor]:
        """Return the blobs' values in a form that the layer takes."""
        return [b.computed() if self.any_layout else b.tensor() for b in blobs]

    def _as_made(self, tops: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return the tops in the shapes that this layer gave them: MVN in place gives four axes."""
        return [
            value
            if value.shape == shape or value.numel() != math.prod(shape)
            else value.reshape(shape)
            for value, shape in zip(tops, self._shapes_of_tops, strict=True)
        ]

    def _reunite(self, blobs: Sequence[Blob]) -> None:
        """Let blobs share one memory again where a live view has kept one of them in place."""
        held = next((blob for blob in blobs if blob.data_buffer.has_live_view()), None)
        if held is not None:
            for blob in blobs:
                blob.put(held.tensor().view(blob.shape), share=True)

    def _record(self, values: Sequence[torch.Tensor], bottom=()) -> tuple[torch.Tensor, ...]:
        self._leaves = {}
        try:
            with torch.enable_grad():
                inputs = [
                    v.data.requires_grad_(i not in self.no_gradient) for i, v in enumerate(values)
                ]
                tops = as_tuple(self._guard(self.forward, bottom or values, *inputs))
            self.saved = (inputs, self._leaves, tops)
        finally:
            self._leaves = None
        return tops

    def run_backward(
        self,
        propagate_down: Sequence[bool],
        bottom: Sequence[Blob],
        top: Sequence[Blob],
        keep: bool,
    ) -> None:
        """Put the bottoms' diffs and add to the parameters' diffs, given the tops' diffs."""
        if not (any(propagate_down) or self.blobs):
            return
        top_diff = [t.computed_diff() if self.any_layout else t.diff_tensor() for t in top]
        top_diff = self._as_made(top_diff)
        if self.backward is not None:
            args = (self._values(bottom), self._as_made(self._values(top)), top_diff)
            diffs = self._guard(self.backward, bottom, propagate_down, *args)
        else:
            diffs = self._guard(self._autograd, bottom, propagate_down, bottom, top_diff, keep)
        for blob, diff, wanted in zip(bottom, diffs, propagate_down, strict=True):
            if not wanted:
                continue
            if diff is None:
                blob.clear_diff()
            else:
                blob.put_diff(diff, as_computed=self.any_layout)
        if not keep and self.recomputable:
            self.saved = None

    def _autograd(self, propagate_down, bottom, top_diff, keep):
        if self.saved is None:
            self._record(self._values(bottom), bottom)
        inputs, leaves, tops = self.saved
        if not keep:
            self.saved = None
        wanted = [i for i, down in enumerate(propagate_down) if down and inputs[i].requires_grad]
        params = [i for i, leaf in leaves.items() if leaf.requires_grad]
        pairs = [(t, d) for t, d in zip(tops, top_diff, strict=True) if t.requires_grad]
        diffs: list[torch.Tensor | None] = [None] * len(inputs)
        if not pairs or not (wanted or params):
            return diffs
        grads = torch.autograd.grad(
            [t for t, _ in pairs],
            [inputs[i] for i in wanted] + [leaves[i] for i in params],
            [d for _, d in pairs],
            retain_graph=keep,
            allow_unused=True,
        )
        for i, grad in zip(wanted, grads, strict=False):
            diffs[i] = grad
        for i, grad in zip(params, grads[len(wanted) :], strict=True):
            if grad is not None:
                shared = any(grad.data_ptr() == d.data_ptr() for d in top_diff)
                self.blobs[i].add_diff(grad.clone() if shared else grad)
        return diffs

    def check(self, condition: bool, message: str) -> None:
        """Raise LayerError with this layer's name and type unless `condition` holds."""
        if not condition:
            self.fail(message)

    def fail(self, message: str, kind: type[CaffeError] = LayerError) -> NoReturn:
        """Raise an error of this kind with this layer's name and type."""
        raise kind(self.format_error(message))

    def format_error(self, message: str) -> str:
        """Return `message` with this layer's name and type in front."""
        return f"layer '{self.name}' ({self.type}): {message}"

    def named(self, function: Callable, *args):
        """Call `function`, putting this layer's name and type in front of a CaffeError."""
        try:
            return function(*args)
        except LayerError:
            raise
        except CaffeError as error:
            raise LayerError(self.format_error(str(error))) from error

    def _guard(self, function, bottom, *args):
        """Call `function`, re-raising torch's errors as LayerError with the bottoms' shapes."""
        try:
            return function(*args)
        except CaffeError:
            raise
        except (RuntimeError, ValueError, IndexError, TypeError, OverflowError) as error:
            shapes = ", ".join(str(tuple(b.shape)) for b in bottom) or "none"
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise LayerError(self.format_error(f"{first} (bottom shapes: {shapes})")) from error


def as_tuple(tops) -> tuple[torch.Tensor, ...]:
    return (tops,) if isinstance(tops, torch.Tensor) else tuple(tops)
