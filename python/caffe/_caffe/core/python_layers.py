"""Python layers of published systems that this Caffe brings along.

A net names them by module and class. The user's own module comes first; these are used where
there is none, for instance because it needs a C++ library that no longer builds.
"""

from collections.abc import Callable

PUBLISHED: dict[tuple[str, str], type] = {}


def published(module: str, layer: str) -> Callable[[type], type]:
    """Enter a class, with setup, reshape, forward and backward as a caffe.Layer's, as `layer`."""

    def enter(cls):
        PUBLISHED[module, layer] = cls
        return cls

    return enter
