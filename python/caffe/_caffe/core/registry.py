"""The registry: finds a layer's class by its type, and resolves types that several forks define."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ...proto import caffe_pb2
from ..errors import CaffeError, LayerError, nearest
from ..formats import fork_fields
from ..formats.crop_offsets import ALIGNING
from ..log import info
from . import context, unknown_type

LayerClass = type[Any]  # a subclass of Layer, which this file must not import
REGISTRY: dict[str, LayerClass] = {}
# (layer, net) -> why the layer is this fork's, or None where it is not
Recognise = Callable[[caffe_pb2.LayerParameter, caffe_pb2.NetParameter], str | None]


class Variant(NamedTuple):
    """A fork's layer that has the type name of another layer."""

    dialect: str
    layer: LayerClass
    recognise: Recognise | None


VARIANTS: dict[str, list[Variant]] = {}


def register(
    name: str, dialect: str = "", recognise: Recognise | None = None
) -> Callable[[LayerClass], LayerClass]:
    """Enter a class as layer type `name`, which without a `dialect` can be taken only once.

    `dialect` is the fork whose layer this is, where another layer has the same type name.
    `recognise` returns why a layer is this fork's (its fields, its bottoms, its net), or None;
    without it, only an explicit dialect selects the class.
    """

    def enter(cls: LayerClass) -> LayerClass:
        if dialect:
            variants = VARIANTS.setdefault(name, [])
            if any(other.dialect == dialect for other in variants):
                raise CaffeError(f"layer type '{name}' of {dialect} is already there")
            variants.append(Variant(dialect, cls, recognise))
            return cls
        if name in REGISTRY:
            raise CaffeError(f"layer type '{name}' is already {REGISTRY[name].__name__}")
        REGISTRY[name] = cls
        return cls

    return enter


def check_dialect(name: str) -> str:
    """Return `name` if it is a dialect; raise CaffeError, naming the nearest, if not."""
    forks = {v.dialect for variants in VARIANTS.values() for v in variants}
    known = sorted(forks | {"bvlc", *ALIGNING})
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


def dialect_of(type_name: str, blobs: int) -> str | None:
    """Return the dialect whose layer of this type has so many parameters; None for none."""
    variants = VARIANTS.get(type_name, ())
    return next((v.dialect for v in variants if v.layer.blob_count == blobs), None)


def create_layer(
    param: caffe_pb2.LayerParameter,
    phase: int,
    folder: str = "",
    net: caffe_pb2.NetParameter | None = None,
) -> Any:
    """Return the layer that `param` describes; `folder` is where its prototxt is.

    `net` decides, by its fields and dialect, between layers of one name. LayerError for an unknown
    type, naming its fork and the nearest known one, and for a fork's field that nothing here reads.
    """
    net = net or caffe_pb2.NetParameter()
    dialect = net.dialect or context.dialect()
    variants = VARIANTS.get(param.type, ())
    # A dialect decides between the layers that it has; for the rest the fields do, as without one.
    decided = dialect == "bvlc" or any(v.dialect == dialect for v in variants)
    for variant in variants:
        why = f"dialect {dialect}" if variant.dialect == dialect else None
        if not decided and variant.recognise:
            why = variant.recognise(param, net)
        if why:
            info(f"layer '{param.name}' ({param.type}): read as {variant.dialect}'s: {why}")
            _refuse_unread(param)
            return variant.layer(param, phase, folder)
    if param.type not in REGISTRY:
        raise LayerError(f"layer '{param.name}': {unknown_type.describe(param.type, REGISTRY)}")
    _refuse_unread(param)
    return REGISTRY[param.type](param, phase, folder)


def _refuse_unread(param):
    if message := fork_fields.unread(param):
        raise LayerError(f"layer '{param.name}' ({param.type}): {message}")
