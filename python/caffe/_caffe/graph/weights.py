"""Weights into and out of a net: by layer name, as net.cpp copies them."""

from collections.abc import Iterable, Sequence

import numpy as np

from ..core import context
from ..core.blob import Blob
from ..core.layer import Layer
from ..core.registry import dialect_of
from ..errors import NetError
from ..formats import snapshot
from ..log import info
from .params import ParamTable


def load(layers: Sequence[Layer], params: ParamTable, path: str) -> None:
    """Copy weights from a file to the layers of the same name."""
    by_name = _by_name(layers)
    for source in snapshot.read_weights(path):
        layer = by_name.get(source.name)
        if layer is None:
            info(f"Ignoring source layer {source.name}", src="net.cpp:746")
            continue
        _check_count(params, layer, source, path)
        for index, array in enumerate(source.blobs):
            if array is not None:
                _copy(layer, index, array, source, path)


def _check_count(params, layer, source, path) -> None:
    have, want = len(source.blobs), len(layer.blobs)
    # HDF5 leaves out what another layer owns (net.cpp, CopyTrainedLayersFromHDF5).
    absent = [i for i in range(want) if i >= have or source.blobs[i] is None]
    if have <= want and all(source.hdf5 and params.owner_of(layer, i) for i in absent):
        return
    remedy = "rename the layer to train it from scratch"
    if fork := dialect_of(layer.type, have):
        remedy = (
            f"{have} are those of {fork}'s {layer.type}: let the net's file begin with "
            f"'# dialect: {fork}', or call caffe.set_dialect('{fork}')"
        )
    layer.fail(
        f"'{path}' holds {have} parameter blobs for it, the net has {want}; {remedy}", kind=NetError
    )


def _copy(layer: Layer, index: int, array: np.ndarray, source, path: str) -> None:
    blob = layer.blobs[index]
    legacy = bool(source.legacy) and source.legacy[index]
    loose = layer.ignores_trailing_ones and _trimmed(blob.shape) == _trimmed(array.shape)
    if not (loose or _same_shape(blob, array.shape, legacy)):
        hint = ""
        if array.size == blob.count:
            hint = "; the counts are equal: surgery.py reshapes such layers (fc to conv)"
        layer.fail(
            f"parameter {index} in '{path}' has shape {tuple(array.shape)}, the net's has "
            f"{blob.shape}{hint}; to learn it from scratch, rename the layer",
            kind=NetError,
        )
    target = blob.data_buffer.tensor(blob.shape, context.HOST, write=True)
    # numpy copies straight from the file's mapped pages: no second copy in memory.
    np.copyto(target.numpy(), array.reshape(blob.shape), casting="same_kind")


def _same_shape(blob: Blob, shape: tuple[int, ...], legacy: bool) -> bool:
    """Compare shapes; an old 4-D one fits by its last axes (blob.cpp, ShapeEquals)."""
    if not legacy:
        return tuple(shape) == blob.shape
    if len(blob.shape) > 4:
        return False
    return tuple(shape) == (1,) * (4 - len(blob.shape)) + blob.shape


def _trimmed(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without the ones at its end."""
    shape = tuple(shape)
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _by_name(layers: Iterable[Layer]) -> dict[str, Layer]:
    """Map names to layers, the first of a name where there are several."""
    by_name: dict[str, Layer] = {}
    for layer in layers:
        by_name.setdefault(layer.name, layer)
    return by_name


def share(layers: Sequence[Layer], others: Sequence[Layer]) -> None:
    """Make the layers of the same name use the others' values (ShareTrainedLayersWith)."""
    by_name = _by_name(layers)
    for source in others:
        layer = by_name.get(source.name)
        if layer is None:
            info(f"Ignoring source layer {source.name}", src="net.cpp:678")
            continue
        if len(layer.blobs) != len(source.blobs):
            layer.fail(
                f"cannot share weights: {len(source.blobs)} blobs there, {len(layer.blobs)} here",
                kind=NetError,
            )
        for index, (mine, theirs) in enumerate(zip(layer.blobs, source.blobs, strict=True)):
            if mine.shape != theirs.shape:
                layer.fail(
                    f"cannot share parameter {index}: its shape is {theirs.shape} there, "
                    f"{mine.shape} here",
                    kind=NetError,
                )
            mine.share_data(theirs)


def _host(blob: Blob, which: str) -> np.ndarray:
    buffer = blob.data_buffer if which == "data" else blob.diff_buffer
    return buffer.tensor(blob.shape, context.HOST, write=False).numpy()


def save(name: str, layers: Sequence[Layer], path: str, diffs: bool = False) -> None:
    """Write a .caffemodel: every layer's description and blobs."""
    snapshot.write_weights(
        path,
        name,
        (
            (
                layer.layer_param,
                [_host(b, "data") for b in layer.blobs],
                [_host(b, "diff") for b in layer.blobs] if diffs else None,
            )
            for layer in layers
        ),
    )


def save_hdf5(layers: Sequence[Layer], params: ParamTable, path: str, diffs: bool = False) -> None:
    """Write HDF5 weights; a shared parameter is stored with its owner only."""
    snapshot.write_weights_hdf5(
        path,
        (
            (
                layer.name,
                [
                    None if params.owner_of(layer, i) else _host(b, "data")
                    for i, b in enumerate(layer.blobs)
                ],
                [_host(b, "diff") for b in layer.blobs] if diffs else None,
            )
            for layer in layers
        ),
    )
