"""Weights, solver states and mean images in files, as BVLC Caffe writes and reads them.

Reading goes by a file's content, writing by what is asked for.  Every write leaves either the
whole new file or the old one.  All functions raise FormatError, naming the file, the layer and
blob, and the byte where something is wrong.
"""

import os
from collections.abc import Iterable

import numpy as np

from ...proto import caffe_pb2 as pb
from . import file_type, snapshot_binary
from .atomic import atomic_write
from .records import LayerWeights, SolverSnapshot
from .snapshot_binary import read_blobproto

__all__ = [
    "LayerWeights", "SolverSnapshot", "read_blobproto", "read_solverstate", "read_weights",
    "write_solverstate", "write_weights", "write_weights_hdf5",
]  # fmt: skip

Arrays = list[np.ndarray]
Gaps = list[np.ndarray | None]


def read_weights(path: str | os.PathLike) -> list[LayerWeights]:
    """Return the layers of a .caffemodel (V0, V1 or V2 layers) or .caffemodel.h5, in its order.

    The arrays are read-only views of the file, which is mapped: it must not be cut short in place
    while they live (writing through this module replaces it and is safe).
    """
    if _is_hdf5(path):
        return _hdf5().read_weights(path)
    return snapshot_binary.read_weights(path)


def write_weights(
    path: str | os.PathLike,
    net_name: str,
    layers: Iterable[tuple[pb.LayerParameter, Arrays, Gaps | None]],
) -> None:
    """Write a .caffemodel of layers (LayerParameter without blobs, blobs, diffs or None).

    A generator will do: one layer's arrays are held at a time.
    """
    with atomic_write(path) as temporary:
        snapshot_binary.write_weights(temporary, net_name, layers)


def write_weights_hdf5(
    path: str | os.PathLike, layers: Iterable[tuple[str, Gaps, Arrays | None]]
) -> None:
    """Write a .caffemodel.h5 of layers (name, blobs, diffs or None).

    A blob given as None is another layer's, stored there only (ToHDF5 in net.cpp); diffs are stored
    for all.
    """
    with atomic_write(path) as temporary:
        _hdf5().write_weights(temporary, layers)


def read_solverstate(path: str | os.PathLike) -> SolverSnapshot:
    """Return the solver state in a .solverstate or .solverstate.h5."""
    if _is_hdf5(path):
        return _hdf5().read_solverstate(path)
    return snapshot_binary.read_solverstate(path)


def write_solverstate(path: str | os.PathLike, state: SolverSnapshot) -> None:
    """Write `state`; as HDF5 where the name ends in .h5 (the rule of Solver::Restore)."""
    form = _hdf5() if os.fspath(path).endswith(".h5") else snapshot_binary
    with atomic_write(path) as temporary:
        form.write_solverstate(temporary, state)


def _hdf5():
    """Return the HDF5 half, imported when first needed: h5py takes a quarter of a second."""
    from . import snapshot_hdf5

    return snapshot_hdf5


def _is_hdf5(path: str | os.PathLike) -> bool:
    """Tell whether `path` is HDF5 by its content; what cannot be opened is left to the reader.

    A pipe is not looked into: its bytes can be read only once.
    """
    try:
        return os.path.isfile(path) and file_type.is_hdf5(path)
    except OSError:
        return False
