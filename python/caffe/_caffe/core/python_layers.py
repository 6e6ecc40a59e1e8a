"""Python layers of published systems that this Caffe brings along.

A net names them by module and class. The user's own module comes first; these are used where
there is none, for instance because it needs a C++ library that no longer builds.
"""

from collections.abc import Callable, Iterable

_PUBLISHED: dict[tuple[str, str], list[tuple[frozenset[str], type]]] = {}


def published(module: str, layer: str, read_by: Iterable[str] = ()) -> Callable[[type], type]:
    """Enter a class, with setup, reshape, forward and backward as a caffe.Layer's, as `layer`.

    Where two systems have a module of one name, `read_by` are the types of layers that tell this
    one: its tops are read by one of them.
    """

    def enter(cls):
        _PUBLISHED.setdefault((module, layer), []).append((frozenset(read_by), cls))
        return cls

    return enter


def find_published(module: str, layer: str, readers: frozenset[str]) -> type | None:
    """Return the class entered as `layer` for a net where `readers` read its tops, if any."""
    found = _PUBLISHED.get((module, layer), ())
    mine = (cls for read_by, cls in found if read_by & readers)
    return next(mine, next((cls for read_by, cls in found if not read_by), None))
