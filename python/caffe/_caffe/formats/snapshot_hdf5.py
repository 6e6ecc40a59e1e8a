"""Weights and solver states as HDF5, laid out as BVLC Caffe does.

    weights  /data/LAYER/0, /data/LAYER/1 ...   and with diffs /diff/LAYER/0 ...   (net.cpp)
    state    /iter /current_step /learned_net /history/0 ...                (sgd_solver.cpp)

A slash in a layer's name makes groups within groups; BVLC cannot write those, this can.
"""

import contextlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence

import h5py
import numpy as np

from ..errors import FormatError
from .records import LayerWeights, SolverSnapshot
from .snapshot_binary import parse_runtime

WEIGHTS = "weights (a .caffemodel.h5)"
STATE = "a solver state (.solverstate.h5)"

# As deep as slashes in layer names go; also ends a group that a damaged file links into itself.
_DEEPEST = 16
# More than any HDF5 filter can expand its bytes; what claims more is damaged.
_MOST_EXPANSION = 2048


@contextlib.contextmanager
def _reading(path: str | os.PathLike) -> Iterator[h5py.File]:
    """The HDF5 file at `path`; whatever the library says about a bad one becomes a FormatError."""
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise FormatError(f"{path}: is damaged or not HDF5: {reason}") from error


def read_weights(path: str | os.PathLike) -> list[LayerWeights]:
    """Return the layers under /data, in the order HDF5 lists names; diffs stay, as in BVLC."""
    with _reading(path) as file:
        found = [(name, _numbered(group)) for name, group in _layers(_group(file, "data", WEIGHTS))]
    return [
        LayerWeights(name, blobs, [None] * len(blobs), [False] * len(blobs), hdf5=True)
        for name, blobs in found
    ]


def _layers(
    group: h5py.Group, prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, h5py.Group]]:
    """The groups that are layers, by full name: those with datasets, and empty ones."""
    if depth > _DEEPEST:
        raise FormatError(f"groups nest more than {_DEEPEST} deep below '{prefix}'")
    for key in group:
        child = _linked(group, key)
        name = f"{prefix}{key}"
        if isinstance(child, h5py.Dataset) and depth:
            continue  # a blob of the layer that this group is
        if not isinstance(child, h5py.Group):
            raise FormatError(f"'{child.name}' is a dataset where a layer is expected")
        inner = [_linked(child, k) for k in child]
        if not inner or any(isinstance(item, h5py.Dataset) for item in inner):
            yield name, child
        if any(isinstance(item, h5py.Group) for item in inner):
            yield from _layers(child, f"{name}/", depth + 1)


def _linked(group: h5py.Group, key: str) -> h5py.Group | h5py.Dataset:
    """Return the member `key`; links out of the file are not followed."""
    if isinstance(group.get(key, getlink=True), h5py.ExternalLink):
        raise FormatError(f"'{group.name}/{key}' links to another file")
    item = group[key]
    if not isinstance(item, (h5py.Group, h5py.Dataset)):
        raise FormatError(f"'{item.name}' is neither a group nor a dataset")
    return item


def _numbered(group: h5py.Group) -> list[np.ndarray | None]:
    """Return the datasets 0, 1 ... of `group`; None where a number is left out."""
    found: dict[int, np.ndarray] = {}
    for key in group:
        item = _linked(group, key)
        if isinstance(item, h5py.Group):
            continue
        if not (key.isdecimal() and key.isascii()):
            raise FormatError(f"'{item.name}' is not a blob's number")
        if int(key) >= len(group) + 1024:
            raise FormatError(f"'{item.name}': a layer has no {key} blobs")
        found[int(key)] = _values(item)
    return [found.get(i) for i in range(max(found, default=-1) + 1)]


def _values(item: h5py.Dataset) -> np.ndarray:
    """Return the dataset as float32; FormatError if its shape asks for more than is stored."""
    if item.dtype.kind not in "fiu":
        raise FormatError(f"'{item.name}' holds {item.dtype}, expected numbers")
    if item.shape is None:
        raise FormatError(f"'{item.name}' holds nothing, expected numbers")
    needed = math.prod(item.shape) * item.dtype.itemsize
    stored = item.id.get_storage_size()
    limit = stored if item.chunks is None else stored * _MOST_EXPANSION
    if needed > limit or item.is_virtual or item.external:
        raise FormatError(
            f"'{item.name}': shape {'x'.join(map(str, item.shape))} needs {needed} bytes, "
            f"{stored} are stored in the file"
        )
    values = np.empty(item.shape, "<f4")
    if values.size:
        item.read_direct(values)
    return values


def write_weights(
    path: str, layers: Iterable[tuple[str, list[np.ndarray | None], list[np.ndarray] | None]]
) -> None:
    """Write (layer name, blobs, diffs or None); a None blob is left out."""
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        taken = set()
        for name, blobs, diffs in layers:
            if not name or name in taken:
                raise FormatError(
                    f"HDF5 weights need a name of its own for every layer, '{name}' is "
                    f"{'taken' if name else 'none'}; name the layers or save as .caffemodel"
                )
            taken.add(name)
            # Not create_group: "a/b" may have made "a" already.
            _write_numbered(data.require_group(name), blobs)
            if diffs is not None:
                _write_numbered(file.require_group(f"diff/{name}"), diffs)


def _write_numbered(group: h5py.Group, arrays: Sequence[np.ndarray | None]) -> None:
    for i, array in enumerate(arrays):
        if array is not None:
            group.create_dataset(str(i), data=np.asarray(array, "<f4"))


def read_solverstate(path: str | os.PathLike) -> SolverSnapshot:
    with _reading(path) as file:
        history = _numbered(_group(file, "history", STATE))
        gaps = [i for i, array in enumerate(history) if array is None]
        if gaps:
            raise FormatError(f"history {gaps[0]} is missing")
        runtime = _string(file, "runtime_state")
        state = SolverSnapshot(
            iter=_int(file, "iter"),
            learned_net=_string(file, "learned_net"),
            current_step=_int(file, "current_step"),
            history=[array for array in history if array is not None],
        )
    if runtime is not None:
        state.runtime_state = parse_runtime(runtime, os.fspath(path))
    return state


def write_solverstate(path: str, state: SolverSnapshot) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("iter", data=np.array([state.iter], "<i4"))
        if state.learned_net is not None:
            _write_string(file, "learned_net", state.learned_net)
        file.create_dataset("current_step", data=np.array([state.current_step], "<i4"))
        _write_numbered(file.create_group("history"), state.history)
        if state.runtime_state is not None:
            _write_string(file, "runtime_state", json.dumps(state.runtime_state))


def _group(file: h5py.File, name: str, what: str) -> h5py.Group:
    found = _linked(file, name) if name in file else None
    if isinstance(found, h5py.Group):
        return found
    known = STATE if "history" in file else WEIGHTS if "data" in file else "HDF5 of another kind"
    raise FormatError(f"is {known}, expected {what}; it has no group /{name}")


def _int(file: h5py.File, name: str) -> int:
    if name not in file:
        raise FormatError(f"has no '{name}', expected {STATE}")
    item = _linked(file, name)
    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "iu" or item.size != 1:
        raise FormatError(f"'{name}' is not one whole number")
    return int(np.reshape(item[()], -1)[0])


def _string(file: h5py.File, name: str) -> str | None:
    """Return a text dataset, or None where there is none."""
    if name not in file:
        return None
    item = _linked(file, name)
    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "SO" or item.shape != ():
        raise FormatError(f"'{name}' is not a text")
    value = item[()]
    raw = value if isinstance(value, bytes) else str(value).encode()
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def _write_string(file: h5py.File, name: str, text: str) -> None:
    """A fixed-length text that ends in a zero byte: BVLC reads up to that (util/hdf5.cpp)."""
    raw = text.encode() + b"\0"
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(raw))
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    dataset = h5py.h5d.create(file.id, name.encode(), kind, space)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(raw, f"S{len(raw)}"), kind)
