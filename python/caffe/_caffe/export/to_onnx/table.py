"""Which function writes which layer class."""

from collections.abc import Callable

from ...core.layer import Layer

# (graph, layer, bottoms...) -> the tops' values, by name: one string or a tuple
Converter = Callable[..., "str | tuple[str, ...]"]
TABLE: dict[type, Converter] = {}


def converts(*classes: type) -> Callable[[Converter], Converter]:
    """Enter a function as what writes layers of these classes and of those derived from them."""

    def enter(function: Converter) -> Converter:
        TABLE.update(dict.fromkeys(classes, function))
        return function

    return enter


def find_converter(layer: Layer) -> Converter | None:
    """Return the function that writes `layer`, or a Python layer's object; None without one.

    A user's Python layer writes itself, by its method `to_onnx(graph, *bottoms)`.
    """
    made = layer.pycaffe_object
    known = next((TABLE[cls] for cls in type(made).__mro__ if cls in TABLE), None)
    if known is None and (own := getattr(made, "to_onnx", None)):
        return lambda graph, _, *bottoms: own(graph, *bottoms)
    return known


def converter_of(layer: Layer) -> Converter:
    """Return the function that writes `layer`; raise LayerError where there is none."""
    return find_converter(layer) or layer.fail("cannot be written with ONNX's operators")
