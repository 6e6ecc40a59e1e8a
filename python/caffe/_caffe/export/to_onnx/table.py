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


def converter_of(layer: Layer) -> Converter:
    """Return the function that writes `layer`; raise LayerError where there is none."""
    for cls in type(layer).__mro__:
        if cls in TABLE:
            return TABLE[cls]
    return layer.fail("cannot be written with ONNX's operators")
