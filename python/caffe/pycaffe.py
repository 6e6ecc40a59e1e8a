"""The Python face of nets and solvers: named blobs, forward and backward with arrays."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import zip_longest

import numpy as np

from . import _caffe
from ._caffe import (
    NCCL,
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    CaffeError,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    Timer,
)
from ._caffe.errors import MissingBlob, MissingLayer, nearest

__all__ = [
    "AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "NCCL", "NesterovSolver", "Net",
    "RMSPropSolver", "SGDSolver", "Timer",
]  # fmt: skip


class Net(_caffe.Net):
    """A net with its blobs, layers and parameters by name.

    Net(network_file, phase, level=0, stages=None, weights=None); the older
    Net(network_file, weights, phase) works too.
    """

    @cached_property
    def blobs(self) -> "OrderedDict[str, _caffe.Blob]":
        """Blobs by name, from input to output."""
        return OrderedDict(zip(self._blob_names, self._blobs, strict=True))

    @cached_property
    def blob_loss_weights(self) -> "OrderedDict[str, float]":
        """Each blob's weight in the loss, by blob name."""
        return OrderedDict(zip(self._blob_names, self._blob_loss_weights, strict=True))

    @cached_property
    def layer_dict(self) -> OrderedDict:
        """Layers by name, from input to output."""
        return OrderedDict(zip(self._layer_names, self.layers, strict=True))

    @cached_property
    def params(self) -> "OrderedDict[str, list[_caffe.Blob]]":
        """The parameter blobs of each layer that has some, by layer name."""
        layers = zip(self._layer_names, self.layers, strict=True)
        return OrderedDict((name, layer.blobs) for name, layer in layers if layer.blobs)

    @cached_property
    def top_names(self) -> "OrderedDict[str, list[str]]":
        """The names of each layer's tops, by layer name."""
        return self._names_by_layer(self._top_ids)

    @cached_property
    def bottom_names(self) -> "OrderedDict[str, list[str]]":
        """The names of each layer's bottoms, by layer name."""
        return self._names_by_layer(self._bottom_ids)

    @property
    def inputs(self) -> list[str]:
        """The names of the Input layers' blobs."""
        return [self._blob_names[i] for i in self._inputs]

    @property
    def outputs(self) -> list[str]:
        """The names of the blobs that no layer consumes, in alphabetical order."""
        return [self._blob_names[i] for i in self._outputs]

    def _names_by_layer(self, ids) -> "OrderedDict[str, list[str]]":
        names = enumerate(self._layer_names)
        return OrderedDict((name, [self._blob_names[j] for j in ids(i)]) for i, name in names)

    def _layer_index(self, name: str) -> int:
        if name not in self._layer_names:
            raise MissingLayer(
                f"net '{self.name}' has no layer '{name}'{nearest(name, self._layer_names)}"
            )
        return self._layer_names.index(name)

    def _set_batch(self, arrays: dict, names: list[str], which: str) -> None:
        if set(arrays) != set(names):
            raise CaffeError(
                f"{which} arrays are given for {sorted(arrays)}, the net's are {sorted(names)}"
            )
        for name, array in arrays.items():
            blob = self.blobs[name]
            if array.shape[0] != blob.shape[0]:
                raise CaffeError(
                    f"the {which} array for '{name}' has {array.shape[0]} items, the blob's batch "
                    f"size is {blob.shape[0]}"
                )
            (blob.data if which == "input" else blob.diff)[...] = array

    def forward(self, blobs=None, start=None, end=None, **kwargs) -> dict[str, np.ndarray]:
        """Run the net forward.

        Parameters
        ----------
        blobs : list of str, optional
            Blobs to return as well.
        start, end : str, optional
            Layers to run from and to (inclusive).
        **kwargs : ndarray
            All the inputs, by name; without any, data layers feed the net.

        Returns
        -------
        dict of str to ndarray
            The outputs (with `end` that layer's tops), live.
        """
        extra = list(blobs or [])
        first = 0 if start is None else self._layer_index(start)
        if end is None:
            last, wanted = len(self.nodes) - 1, self.outputs + extra
        else:
            last, wanted = self._layer_index(end), self.top_names[end] + extra
        if kwargs:
            self._set_batch(kwargs, self.inputs, "input")
        self.run_forward(first, last)
        return {name: self._blob(name).data for name in dict.fromkeys(wanted)}

    def backward(self, diffs=None, start=None, end=None, **kwargs) -> dict[str, np.ndarray]:
        """Run the net backward.

        Parameters
        ----------
        diffs : list of str, optional
            Blobs whose diffs to return as well.
        start, end : str, optional
            Layers to run from and to (inclusive).
        **kwargs : ndarray
            Diffs of all the outputs, by name; without any, the losses' weights.

        Returns
        -------
        dict of str to ndarray
            The inputs' diffs (with `end` those of that layer's bottoms), live.
        """
        extra = list(diffs or [])
        first = len(self.nodes) - 1 if start is None else self._layer_index(start)
        if end is None:
            last, wanted = 0, self.inputs + extra
        else:
            last, wanted = self._layer_index(end), self.bottom_names[end] + extra
        if kwargs:
            self._set_batch(kwargs, self.outputs, "diff")
        self._backward(first, last)
        return {name: self._blob(name).diff for name in dict.fromkeys(wanted)}

    def _blob(self, name: str) -> _caffe.Blob:
        if name not in self.blobs:
            raise MissingBlob(f"net '{self.name}' has no blob '{name}'{nearest(name, self.blobs)}")
        return self.blobs[name]

    def forward_all(self, blobs=None, **kwargs) -> dict[str, np.ndarray]:
        """Run any number of items forward in batches; return each output for all of them."""
        outs = {out: [] for out in dict.fromkeys(self.outputs + list(blobs or []))}
        for batch in self._batch(kwargs):
            for out, value in self.forward(blobs=blobs, **batch).items():
                outs[out].extend(value.copy())
        return _stack(outs, kwargs)

    def forward_backward_all(self, blobs=None, diffs=None, **kwargs) -> tuple[dict, dict]:
        """Run any number of items forward and backward in batches.

        Parameters
        ----------
        blobs, diffs : list of str, optional
            Blobs and diffs to return besides the outputs and the inputs' diffs.
        **kwargs : ndarray
            Inputs and, for the backward pass, output diffs, by name.

        Returns
        -------
        (dict, dict)
            Blobs and diffs by name, of all items.
        """
        outs = {out: [] for out in dict.fromkeys(self.outputs + list(blobs or []))}
        grads = {diff: [] for diff in dict.fromkeys(self.inputs + list(diffs or []))}
        forwards = self._batch({k: kwargs[k] for k in self.inputs if k in kwargs})
        backwards = self._batch({k: kwargs[k] for k in self.outputs if k in kwargs})
        for inputs, tops in zip_longest(forwards, backwards, fillvalue={}):
            for out, value in self.forward(blobs=blobs, **inputs).items():
                outs[out].extend(value.copy())
            for name, value in self.backward(diffs=diffs, **tops).items():
                grads[name].extend(value.copy())
        return _stack(outs, kwargs), _stack(grads, kwargs)

    def set_input_arrays(self, data: np.ndarray, labels: np.ndarray) -> None:
        """Feed the net's MemoryData layer: data N x C x H x W, labels N, both float32."""
        if labels.ndim == 1:
            labels = np.ascontiguousarray(labels[:, np.newaxis, np.newaxis, np.newaxis])
        self._set_input_arrays(data, labels)

    def _batch(self, blobs: dict) -> Iterator[dict[str, np.ndarray]]:
        """Cut arrays into batches of the net's size, the last one padded with zeros."""
        if not blobs:
            return
        count = len(next(iter(blobs.values())))
        size = next(iter(self.blobs.values())).shape[0]
        for begin in range(0, count, size):
            yield {name: _padded(values[begin : begin + size], size) for name, values in
                   blobs.items()}  # fmt: skip


def _padded(values: Iterable, size: int) -> np.ndarray:
    values = np.asarray(values)
    if len(values) == size:
        return values
    return np.concatenate([values, np.zeros((size - len(values), *values.shape[1:]))])


def _stack(rows: dict[str, list], given: dict) -> dict[str, np.ndarray]:
    """Make arrays of lists of items, without those that padded the last batch."""
    count = len(next(iter(given.values()))) if given else None
    return {name: np.asarray(values)[:count] for name, values in rows.items()}


# Solvers make nets of this class, so that `solver.net` has this face too.
_caffe.Solver.net_type = Net
