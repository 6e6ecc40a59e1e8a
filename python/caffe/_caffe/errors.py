"""What can go wrong, as exceptions a caller can catch.

    CaffeError            anything this package refuses
    +-- FormatError       a file or text that is not what it should be
    +-- NetError          a net that cannot be connected, or lacks a layer or blob asked for
    +-- LayerError        one layer and what it was given
    +-- SolverError       a solver's settings, or training that cannot go on

BVLC Caffe ends the process where these are raised (glog's CHECK).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .._nearest import nearest as nearest


class CaffeError(RuntimeError):
    """Base of everything raised on purpose by caffe."""


class FormatError(CaffeError):
    """A file or text that cannot be read as what it is given as."""


class NetError(CaffeError):
    """Layers that cannot be connected into a net."""


class LayerError(CaffeError):
    """A layer whose settings or bottoms do not fit; names layer and type."""


class SolverError(CaffeError):
    """Solver settings that cannot be met."""


class MissingLayer(NetError, ValueError):
    """A name that no layer of the net has; pycaffe raises ValueError."""


class MissingBlob(NetError, KeyError):
    """A name that no blob of the net has; pycaffe raises KeyError."""

    __str__ = Exception.__str__  # KeyError's shows a repr


def placed(path: str) -> str:
    """Return a path in quotes, with the folder that it is relative to."""
    return f"'{path}'" + ("" if os.path.isabs(path) else f" (relative to {os.getcwd()})")


def reason(error: Exception) -> str:
    """Return what went wrong, without the number and the name that an OSError shows too."""
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def optional_extra(extra: str, packages: tuple[str, ...], task: str) -> Iterator[None]:
    """Turn the import error of a missing optional package into a CaffeError that names its extra.

    Parameters
    ----------
    extra : str
        Of this package: what pip installs.
    packages : tuple of str
        That it brings.
    task : str
        What needs them, to begin the message with.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in packages:
            raise
        raise CaffeError(
            f"{task} needs the package {error.name}: pip install 'fcn-caffe[{extra}]'"
        ) from None
