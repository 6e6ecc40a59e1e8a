"""Weights into and out of a net: by layer name, as net.cpp copies them."""

from collections.abc import Sequence

import numpy as np

from ..core import context
from ..core.layer import Layer
from ..core.registry import dialect_of
from ..errors import NetError
from ..formats import snapshot
from ..formats.records import LayerWeights
from ..log import info
from .params import ParamTable


def load(layers: Sequence[Layer], params: ParamTable, path: str) -> None:
    by_name = _by_name(layers)
    for source in snapshot.read_weights(path):
        layer = by_name.get(source.name)
        if layer is None:
            info(f"Ignoring source layer {source.name}", src="net.cpp:746")
            continue
        fitted = layer.fit_weights(source)
        if fitted is None:
            _check_count(params, layer, source, path)
        else:
            count = len(fitted)
            source = LayerWeights(source.name, fitted, [None] * count, [False] * count)
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
    loose = layer.ignores_trailing_ones and _trimmed(blob.shape) == _trimmed(array.shape)
    # An old 4-D shape fits by its last axes (blob.cpp, ShapeEquals).
    before = (1,) * (4 - len(blob.shape)) if source.legacy[index] else ()
    if not (loose or before + blob.shape == array.shape):
        equal = "; the counts are equal: surgery.py reshapes such layers (fc to conv)"
        hint = equal if array.size == blob.count else ""
        layer.fail(
            f"parameter {index} in '{path}' has shape {tuple(array.shape)}, the net's has "
            f"{blob.shape}{hint}; to learn it from scratch, rename the layer",
            kind=NetError,
        )
    for buffer, values in ((blob.data_buffer, array), (blob.diff_buffer, source.diffs[index])):
        if values is not None:
            target = buffer.tensor(blob.shape, context.HOST, write=True).numpy()
            # numpy copies straight from the file's mapped pages: no second copy in memory.
            np.copyto(target, values.reshape(blob.shape), casting="same_kind")


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without the ones at its end."""
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _by_name(layers: Sequence[Layer]) -> dict[str, Layer]:
    """Map names to layers, the first of a name where there are several."""
    return {layer.name: layer for layer in reversed(layers)}


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


def _diffs(layer: Layer) -> list:
    diffs = (b.diff_buffer.tensor(b.shape, context.HOST, write=False) for b in layer.blobs)
    return [diff.numpy() for diff in diffs]


def save(name: str, layers: Sequence[Layer], path: str, diffs: bool = False) -> None:
    """Write a .caffemodel: every layer's description and blobs."""
    snapshot.write_weights(
        path,
        name,
        (
            (
                layer.layer_param,
                [b.host_tensor().numpy() for b in layer.blobs],
                _diffs(layer) if diffs else None,
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
                    None if params.owner_of(layer, i) else b.host_tensor().numpy()
                    for i, b in enumerate(layer.blobs)
                ],
                _diffs(layer) if diffs else None,
            )
            for layer in layers
        ),
    )
