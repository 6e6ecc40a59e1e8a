"""Layer: what every layer type has in common, and the registry that finds it by its type.

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

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import torch

from ...proto import caffe_pb2
from ..errors import CaffeError, LayerError, nearest
from ..log import info
from . import context, filler
from .blob import Blob, BlobVec, check_shape

REGISTRY: dict[str, type["Layer"]] = {}
# (layer, net) -> why the layer is this fork's, or None where it is not
Recognise = Callable[[caffe_pb2.LayerParameter, caffe_pb2.NetParameter], str | None]


class Variant(NamedTuple):
    """A fork's layer that has the type name of another layer."""

    dialect: str
    layer: type["Layer"]
    recognise: Recognise | None


VARIANTS: dict[str, list[Variant]] = {}


def register(
    name: str, dialect: str = "", recognise: Recognise | None = None
) -> Callable[[type["Layer"]], type["Layer"]]:
    """Enter a class as layer type `name`.

    Parameters
    ----------
    name : str
        The type as prototxt writes it; without `dialect` it can be taken only once.
    dialect : str
        The fork whose layer this is, where another layer has the same type name.
    recognise : callable
        Returns why a layer is this fork's (its fields, its bottoms, its net), or None. Without
        it, only an explicit dialect selects the class.
    """

    def enter(cls):
        if dialect:
            VARIANTS.setdefault(name, []).append(Variant(dialect, cls, recognise))
            return cls
        if name in REGISTRY:
            raise CaffeError(f"layer type '{name}' is already {REGISTRY[name].__name__}")
        REGISTRY[name] = cls
        return cls

    return enter


def check_dialect(name: str) -> str:
    """Return `name` if it is a dialect; raise CaffeError, naming the nearest, if not."""
    known = sorted({v.dialect for variants in VARIANTS.values() for v in variants} | {"bvlc"})
    if name and name not in known:
        raise CaffeError(
            f"unknown dialect '{name}'{nearest(name, known)} (known: {', '.join(known)})"
        )
    return name


def set_dialect(name: str) -> None:
    """Give layers that several Caffe forks write alike the meaning of one fork.

    A net's own first line `# dialect: NAME` comes before it.

    Parameters
    ----------
    name : str
        A fork ("segnet", "pspnet", "hed", ...), "bvlc", or "" to decide by each layer's fields.

    Raises
    ------
    CaffeError
        For an unknown name.
    """
    context.use_dialect(check_dialect(name))


def create_layer(
    param: caffe_pb2.LayerParameter,
    phase: int,
    folder: str = "",
    net: caffe_pb2.NetParameter | None = None,
) -> "Layer":
    """Return the layer that `param` describes.

    Parameters
    ----------
    param : LayerParameter
    phase : int
    folder : str
        Where its prototxt is.
    net : NetParameter
        The net it belongs to; with its fields and dialect it decides between layers of one name.

    Raises
    ------
    LayerError
        For an unknown type, naming the nearest known one.
    """
    net = net or caffe_pb2.NetParameter()
    dialect = net.dialect or context.dialect()
    for variant in VARIANTS.get(param.type, ()):
        why = f"dialect {dialect}" if variant.dialect == dialect else None
        if not dialect and variant.recognise:
            why = variant.recognise(param, net)
        if why:
            info(f"layer '{param.name}' ({param.type}): read as {variant.dialect}'s: {why}")
            return variant.layer(param, phase, folder)
    if param.type not in REGISTRY:
        known = sorted(REGISTRY)
        raise LayerError(
            f"layer '{param.name}': unknown layer type '{param.type}'{nearest(param.type, known)} "
            f"(known types: {', '.join(known)})"
        )
    return REGISTRY[param.type](param, phase, folder)


@dataclass
class Wiring:
    """How a net uses a layer: set by the net while it is built, read by the layer.

    Attributes
    ----------
    in_place : bool
        Top 0 is bottom 0.
    aliased : bool
        In place on memory that another blob shares.
    overwritten : bool
        This layer or a later one works in place on one of its bottoms.
    saves_for_backward : bool
        Forward saves what backward needs.
    """

    in_place: bool = False
    aliased: bool = False
    overwritten: bool = False
    saves_for_backward: bool = False


class Layer:
    """One layer of a net. Tensors are float32 on the compute device, shaped as their blobs."""

    # How many bottoms and tops a type takes: (least, most), most None for any number.
    bottoms: tuple[int, int | None] = (1, 1)
    tops: tuple[int, int | None] = (1, 1)
    same_count = False  # as many tops as bottoms
    is_loss = False  # weight 1 on the first top unless loss_weight says otherwise
    auto_top = False  # makes its missing tops itself (loss layers; layer.hpp AutoTopBlobs)
    no_gradient: frozenset[int] = frozenset()  # bottoms (labels) that no gradient reaches
    shares_data = False  # the top is the bottom's memory (Split, Reshape, Flatten)
    stateful = False  # forward changes the layer (a carried hidden state): never run it twice
    caches_inputs = False  # backward uses what forward saw, even if the bottoms change in between
    allocates_tops = True  # forward makes new tops, whatever they held
    recomputable = True  # backward can compute again what forward saved (a random mask it cannot)

    def __init__(self, param: caffe_pb2.LayerParameter, phase: int, folder: str = ""):
        self.layer_param = param
        self.name, self.type, self.phase, self.folder = param.name, param.type, phase, folder
        self.blobs: BlobVec = BlobVec()
        self.param_propagate_down: list[bool] = []
        self.wiring = Wiring()
        self.saved = None  # what forward keeps for backward; the runner frees it
        self.shapes_only = False  # true while top shapes are inferred on torch's meta device
        self._leaves: dict[int, torch.Tensor] | None = None
        self._shapes: list[tuple[int, ...]] | None = None  # the bottoms' when tops were last shaped

    # -- what a type defines

    def setup(self, *bottom: torch.Tensor) -> None:
        """Check settings and make parameters; `bottom` are meta tensors (shapes only)."""

    def forward(self, *bottom: torch.Tensor):
        """Return the top tensor, or a tuple of them."""
        raise LayerError(self.format_error("does not define forward"))

    # A type may define, in place of autograd:
    #   def backward(self, propagate_down, bottom, top, top_diff): -> list of bottom diffs, None
    #   where propagate_down is False; parameters through self.blobs[i].add_diff(tensor).
    backward = None

    def reshape(self, *shapes: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the top shapes for these bottom shapes; called whenever these have changed."""
        self.shapes_only = True
        try:
            with torch.no_grad():
                tops = self.forward(*(torch.empty(s, device="meta") for s in shapes))
        finally:
            self.shapes_only = False
        return [tuple(t.shape) for t in as_tuple(tops)]

    def get_state(self) -> dict | None:
        """Return what a resumed run needs to go on (a data cursor), JSON-able, or None."""
        return None

    def set_state(self, state: dict) -> None:
        """Continue from what `get_state` returned."""

    # -- what a type uses

    @property
    def training(self) -> bool:
        """True in the TRAIN phase."""
        return self.phase == caffe_pb2.TRAIN

    @property
    def in_place(self) -> bool:
        """True if top 0 is bottom 0."""
        return self.wiring.in_place

    @property
    def saves_for_backward(self) -> bool:
        """True if forward is to save what backward needs."""
        return self.wiring.saves_for_backward

    def save_for_backward(self, value):
        """Save `value` as `self.saved` where a backward may follow; return it."""
        if not self.shapes_only:
            self.saved = value if self.wiring.saves_for_backward else None
        return value

    def add_param(
        self, shape: Sequence[int], fill: caffe_pb2.FillerParameter | None = None
    ) -> None:
        """Append a learnable blob of `shape`, filled as `fill` says (zero without one)."""
        try:
            blob = Blob(tuple(shape), persistent=True)
            if fill is not None:
                filler.fill(blob, fill)
        except CaffeError as error:
            raise LayerError(self.format_error(str(error))) from error
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

    def set_param_propagate_down(self, wanted: Sequence[bool]) -> None:
        """Set which parameters get a gradient (layer.hpp, set_param_propagate_down)."""
        self.param_propagate_down = list(wanted)

    def wants_param(self, index: int) -> bool:
        """Return whether parameter `index` gets a gradient."""
        return index >= len(self.param_propagate_down) or self.param_propagate_down[index]

    def generator(self) -> torch.Generator:
        """Return the random stream of the compute device."""
        return context.generator(context.device())

    def check(self, condition: bool, message: str) -> None:
        """Raise LayerError with this layer's name and type unless `condition` holds."""
        if not condition:
            raise LayerError(self.format_error(message))

    def fail(self, message: str) -> NoReturn:
        """Raise LayerError with this layer's name and type."""
        raise LayerError(self.format_error(message))

    def format_error(self, message: str) -> str:
        """Return `message` with this layer's name and type in front."""
        return f"layer '{self.name}' ({self.type}): {message}"

    @property
    def pycaffe_object(self):
        """What pycaffe shows as this layer: for a Python layer, the user's object."""
        return self

    # -- what the net calls

    def check_counts(self, bottoms: int, tops: int) -> None:
        """Raise LayerError unless the type takes so many bottoms and tops."""
        for what, given, (least, most) in (
            ("bottom", bottoms, self.bottoms),
            ("top", tops, self.tops),
        ):
            if given < least or (most is not None and given > most):
                wanted = str(least) if least == most else f"{least} to {most or 'any number'}"
                raise LayerError(self.format_error(f"takes {wanted} {what} blobs, {given} given"))
        if self.same_count and bottoms != tops:
            raise LayerError(
                self.format_error(
                    f"takes as many tops as bottoms; {bottoms} bottoms, {tops} tops given"
                )
            )

    def prepare(
        self, bottom: Sequence[Blob], top: Sequence[Blob], wiring: Wiring | None = None
    ) -> None:
        """Set up for these bottoms and for what the net tells of them; shape the tops."""
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
        try:
            shapes = [check_shape(shape) for shape in shapes]
        except CaffeError as error:
            raise LayerError(self.format_error(str(error))) from error
        if self.in_place:
            # BVLC goes on here with a blob that is too small, or whose values are freed_reason.
            self.check(
                math.prod(shapes[0]) == bottom[0].count,
                f"cannot work in place: bottom shape {bottom[0].shape} becomes {shapes[0]}; "
                "give its top another name",
            )
        for blob, shape in zip(top, shapes, strict=True):
            blob.set_shape(shape)
        self._shapes = given

    def run(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Compute the tops from the bottoms, after reshaping where a bottom's shape has changed."""
        if [b.shape for b in bottom] != self._shapes:
            self.shape_tops(bottom, top)
        values = [b.tensor() for b in bottom]
        self.saved = None
        recorded = self.saves_for_backward and self.backward is None
        if recorded:
            tops = self._record(values)
        else:
            tops = as_tuple(self._guard(self.forward, bottom, *values))
        if self.wiring.aliased and tops[0].data_ptr() != values[0].data_ptr():
            shape = tops[0].shape  # of the same count, but MVN's has four axes
            tops = (values[0].copy_(tops[0].view_as(values[0])).view(shape), *tops[1:])
        share = self.shares_data or recorded
        share = share or self.in_place and tops[0].data_ptr() == values[0].data_ptr()
        for blob, value in zip(top, tops, strict=True):
            # `.data` leaves autograd's version count behind: Caffe too computes a gradient from
            # whatever an in-place layer has since left in the blob.
            blob.put(value.data, share=share)
        if self.shares_data:
            self._reunite([*bottom[:1], *top])

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
        top_diff = [t.diff_tensor() for t in top]
        if self.backward is not None:
            args = ([b.tensor() for b in bottom], [t.tensor() for t in top], top_diff)
            diffs = self._guard(self.backward, bottom, propagate_down, *args)
        else:
            diffs = self._guard(self._autograd, bottom, propagate_down, bottom, top_diff, keep)
        for blob, diff, wanted in zip(bottom, diffs, propagate_down, strict=True):
            if not wanted:
                continue
            if diff is None:
                blob.clear_diff()
            else:
                blob.put_diff(diff)
        if not keep and self.recomputable:
            self.saved = None

    def _autograd(self, propagate_down, bottom, top_diff, keep):
        if self.saved is None:
            self._record([b.tensor() for b in bottom], bottom)
        inputs, leaves, tops = self.saved
        if not keep:
            self.saved = None
        wanted = [i for i, down in enumerate(propagate_down) if down and inputs[i].requires_grad]
        params = [i for i, leaf in leaves.items() if leaf.requires_grad]
        pairs = [(t, d) for t, d in zip(tops, top_diff, strict=True) if t.requires_grad]
        diffs = [None] * len(inputs)
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
    """Return what a `forward` returned as a tuple of tops."""
    return (tops,) if isinstance(tops, torch.Tensor) else tuple(tops)
