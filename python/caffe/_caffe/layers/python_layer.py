"""Python layers: user classes that run anywhere in a net (layers/python_layer.hpp).

The user derives from `caffe.Layer` and defines setup, reshape, forward and backward over
blobs. The runtime keeps the user's object behind an ordinary layer.
"""

import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ...proto import caffe_pb2
from ..core.blob import Blob, BlobVec
from ..core.layer import Layer, register
from ..core.python_layers import find_published
from ..errors import CaffeError, LayerError, nearest
from ..log import warning


class _EveryLayer(type):
    """To `isinstance`, every layer of a net is a caffe.Layer, as in pycaffe."""

    def __instancecheck__(cls, instance):
        known = super().__instancecheck__(instance)
        return known or (cls is PythonLayer and isinstance(instance, Layer))


class Phase(int):
    """A phase as Python layers see it: a number, as in BVLC, whose str() is TRAIN or TEST.

    py-faster-rcnn's layers look settings up by str(self.phase), the name in its Caffe.
    """

    def __str__(self) -> str:
        return caffe_pb2.Phase.Name(int(self))


class PythonLayer(metaclass=_EveryLayer):
    """Base of user layers: `param_str` and `phase` are set before `setup`.

    Layers written before Caffe 1.0 (py-faster-rcnn's) read `param_str_`, which is the same.

    setup(bottom, top), reshape(bottom, top), forward(bottom, top) and
    backward(top, propagate_down, bottom) work on lists of blobs; `reshape` runs before every
    forward. `self.blobs.add_blob(*shape)` in `setup` makes a learnable parameter.
    """

    type = "Python"

    def __init__(self, layer_param=None):
        self.layer_param = layer_param
        self.blobs = BlobVec()
        self.param_str = ""
        self.phase = Phase(caffe_pb2.TRAIN)

    @property
    def param_str_(self) -> str:
        """`param_str`, as it was called before 2015."""
        return self.param_str

    @param_str_.setter
    def param_str_(self, value: str) -> None:
        self.param_str = value

    def setup(self, bottom, top):
        """Read `param_str`, check bottoms, make parameters."""

    def reshape(self, bottom, top):
        """Give the tops their shapes."""

    def forward(self, bottom, top):
        """Compute the tops' data."""

    def backward(self, top, propagate_down, bottom):
        """Compute the diffs of the bottoms that want one, and add to the parameters' diffs."""


# Modules that Python 3 renamed.
_PYTHON_2 = ("cPickle", "StringIO", "cStringIO", "ConfigParser", "Queue", "urllib2", "__builtin__")


def _fork_hint(error: Exception) -> str:
    """Tell what becomes of a module that a fork has put into its own caffe package."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    if not (name or "").startswith("caffe."):
        return ""
    return (
        f"'{name}' is no part of this caffe; where it is a fork's, copy its files beside the net, "
        "and name them without 'caffe.'\n"
    )


def _python2_hint(error: Exception) -> str:
    """Return how to translate the module, where `error` shows that it is written in Python 2."""
    if isinstance(error, SyntaxError):  # a print statement, tabs among spaces
        file = error.filename
    elif isinstance(error, ModuleNotFoundError) and error.name in _PYTHON_2:
        frames = traceback.extract_tb(error.__traceback__)
        file = next((f.filename for f in reversed(frames) if os.path.exists(f.filename)), None)
    else:
        file = None
    if file is None:
        return ""
    return (
        f"'{file}' is Python 2: `caffe upgrade {_above_package(file)}` writes a Python 3 copy and "
        "tells which folder to put first on PYTHONPATH\n"
    )


def _above_package(file: str) -> str:
    """Return the folder that `file`'s package is in, or `file` itself where it is in none.

    A module of a package finds the others only in a copy of the whole.
    """
    above, found = os.path.dirname(file), file
    while os.path.exists(os.path.join(above, "__init__.py")):
        above = found = os.path.dirname(above)
    return found


# What NumPy says since 1.12 of a float as a size, a slice's end or an index.
_FLOAT_REFUSED = re.compile(
    "slice indices must be integers|only integers, slices|interpreted as an integer"
    "|sequence of integers or a single integer"
)


def _float_hint(error: Exception, message: str) -> str:
    """Return a hint where a layer written for old NumPy uses a float as a size or index."""
    if isinstance(error, (TypeError, IndexError)) and _FLOAT_REFUSED.search(message):
        return "; NumPy before 1.12 took floats as sizes and indices: write int(...)"
    return ""


@register("Python")
class _PythonLayer(Layer):
    """Runs a user's object as a layer of the net."""

    is_function = False
    bottoms = (0, None)
    tops = (0, None)
    allocates_tops = False

    user: Any = None  # the user's object

    @property
    def pycaffe_object(self):
        return self.user

    def prepare(self, bottom: Sequence[Blob], top: Sequence[Blob], wiring=None) -> None:
        python = self.layer_param.python_param
        self.wiring = wiring or self.wiring
        self.user = self._make(python.module, python.layer)
        self.user.param_str = python.param_str
        self.user.phase = Phase(self.phase)
        self._call(self.user.setup, bottom, top)
        self.blobs = self.user.blobs
        self.shape_tops(bottom, top)

    def _make(self, module_name: str, class_name: str):
        cls = self._find(module_name, class_name)
        made = cls.__new__(cls)
        # A user's __init__ that forgets the base's would lack blobs and param_str.
        PythonLayer.__init__(made, self.layer_param)
        self._call(cls.__init__, made, self.layer_param)
        return made

    def _find(self, module_name: str, class_name: str) -> type[PythonLayer]:
        try:
            module = self._import(module_name)
        except LayerError as error:
            known = find_published(module_name, class_name, self.wiring.readers)
            if known is None:
                raise
            # No name for the cause: its traceback would hold this frame, and this frame it.
            first = str(error).splitlines()[0]
            warning(f"{first}; using this Caffe's own {class_name}")
            return type(class_name, (known, PythonLayer), {})
        cls = getattr(module, class_name, None)
        if cls is None:
            self.fail(
                f"module '{module_name}' ({getattr(module, '__file__', 'built in')}) has no "
                f"layer '{class_name}'{nearest(class_name, vars(module))}"
            )
        if not (isinstance(cls, type) and issubclass(cls, PythonLayer)):
            self.fail(f"'{module_name}.{class_name}' is not a caffe.Layer")
        return cls

    def _import(self, name: str):
        if not name:
            self.fail("python_param needs a module")
        folder = self.folder and os.path.abspath(self.folder)
        beside = bool(folder) and folder not in sys.path
        if beside:
            sys.path.append(folder)
        try:
            return importlib.import_module(name)
        except CaffeError:
            raise
        except Exception as error:
            absent = isinstance(error, ModuleNotFoundError) and error.name == name.split(".")[0]
            tried = ", ".join(dict.fromkeys(p or os.getcwd() for p in sys.path))
            text = (
                f"cannot import module '{name}': {type(error).__name__}: {error}\n"
                f"{_python2_hint(error)}{_fork_hint(error)}looked in: {tried}"
            )
            # Where the module is there, what it does wrong is in the traceback.
            raise LayerError(
                self.format_error(text if absent else f"{text}\n{traceback.format_exc()}")
            ) from (None if absent else error)
        finally:
            if beside and folder in sys.path:
                sys.path.remove(folder)

    def _call(self, function: Callable, *args) -> None:
        try:
            function(*args)
        except Exception as error:
            raise self._named(error) from error.__cause__

    def _named(self, error: Exception) -> Exception:
        """Put the layer's name in front of the user's own exception, whose type stays."""
        front = self.format_error("")
        message = error.args[0] if len(error.args) == 1 else None
        notes = hasattr(error, "add_note")  # from Python 3.11 on
        if isinstance(error, OSError) and error.strerror:
            error.strerror = front + error.strerror
        elif isinstance(error, ImportError):
            error.msg = f"{front}{error.msg}{self._own_layer_hint()}"
        elif isinstance(message, str) and not (notes and isinstance(error, KeyError)):
            if not message.startswith(front):
                error.args = (front + message + _float_hint(error, message),)
        elif notes:  # its arguments are more than a message
            error.add_note(front.rstrip(": "))
        else:
            error.args = (front + str(error), *error.args)
        return error

    def _own_layer_hint(self) -> str:
        """Tell of this Caffe's own form of a published layer, which needs none of its modules."""
        param = self.layer_param.python_param
        if find_published(param.module, param.layer, self.wiring.readers) is None:
            return ""
        return (
            f" (this Caffe has its own {param.layer}, which is taken where no module "
            f"'{param.module}' is found: not beside the net nor on PYTHONPATH)"
        )

    def shape_tops(self, bottom, top) -> None:
        self._call(self.user.reshape, bottom, top)

    def run(self, bottom, top) -> None:
        with torch.enable_grad():  # a user's layer may use torch itself
            self.shape_tops(bottom, top)
            self._call(self.user.forward, bottom, top)

    def run_backward(self, propagate_down, bottom, top, keep) -> None:
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.freed_diff = None
        with torch.enable_grad():
            self._call(self.user.backward, top, list(propagate_down), bottom)

    def get_state(self):
        """Ask the user's layer, where it offers one (our data layers do), for its cursor."""
        ask = getattr(self.user, "snapshot_state", None)
        return ask() if ask else None

    def set_state(self, state) -> None:
        tell = getattr(self.user, "restore_state", None)
        if tell:
            tell(state)
