"""HDF5 files as data source and as sink."""

import math

import numpy as np

from ..core.blob import MAX_COUNT
from ..core.layer import Layer, register
from ..errors import FormatError, LayerError, placed
from ..formats.text_file import read_text
from ..log import info
from ..sources.prefetch import ORDER, BatchReader, PrefetchingLayer, new_seed, stream


@register("HDF5Data")
class HDF5Data(PrefetchingLayer):
    """Rows of the datasets named like the tops, from the HDF5 files that a list file names.

    shuffle: the files' order, and the rows' order within each file, change in every epoch; rows
    of different files are never mixed (hdf5_data_layer.cpp).
    """

    tops = (1, None)

    def open(self):
        param = self.layer_param.hdf5_data_param
        self.check(
            not self.layer_param.HasField("transform_param"),
            "does not transform data; leave out transform_param",
        )
        info(f"Loading list of HDF5 filenames from: {param.source}", src="hdf5_data_layer.cpp:77")
        files = [HDF5File(name, self.layer_param.top) for name in read_names(param.source)]
        info(f"Number of HDF5 files: {len(files)}", src="hdf5_data_layer.cpp:91")
        return RowReader(files, param, new_seed() if param.shuffle else 0)


class RowReader(BatchReader):
    """Batches of rows; the file in use is in memory."""

    def __init__(self, files, param, seed):
        self.files, self.seed, self.shuffle = files, seed, param.shuffle
        self.batch_size = param.batch_size
        for file in files[1:]:
            file.check_like(files[0])
        self.shapes = [(self.batch_size, *shape[1:]) for shape in files[0].shapes]
        self._rows = sum(file.rows for file in files)
        self._loaded, self._arrays = None, []
        self._plan, self._plan_of = [], None

    def batch(self, first):
        out = [np.empty(shape, np.float32) for shape in self.shapes]
        for i in range(self.batch_size):
            file, row = self._place(self.share.number(first + i))
            if file != self._loaded:
                self._arrays, self._loaded = [], None
                self._arrays, self._loaded = self.files[file].load(), file
            for top, array in zip(out, self._arrays, strict=True):
                top[i] = array[row]
        return out

    def _place(self, number):
        """Return (file, row) of the row of that number, counted through all epochs."""
        epoch, left = divmod(number, self._rows)
        if self._plan_of != (self.seed, epoch):
            self._plan, self._plan_of = self._order(epoch), (self.seed, epoch)
        for file, rows in self._plan:
            if left < self.files[file].rows:
                return file, left if rows is None else rows[left]
            left -= self.files[file].rows

    def _order(self, epoch):
        """Return (file, order of its rows) in the order of that epoch."""
        if not self.shuffle:
            return [(file, None) for file in range(len(self.files))]
        draws = stream(self.seed, ORDER, epoch)
        order = draws.permutation(len(self.files))
        return [(file, draws.permutation(self.files[file].rows)) for file in order]


class HDF5File:
    """The datasets `names` of one file: float or integer, as many rows in each."""

    def __init__(self, path: str, names):
        self.path, self.names = path, list(names)
        with self._file() as file:
            self.shapes = [self._dataset(file, name).shape for name in self.names]
        self.rows = self.shapes[0][0]
        for name, shape in zip(self.names, self.shapes, strict=True):
            if shape[0] != self.rows or not self.rows:
                raise FormatError(
                    f"HDF5 file '{path}': dataset '{name}' has {shape[0]} rows, "
                    f"'{self.names[0]}' has {self.rows}; expected as many in each, at least one"
                )

    def load(self) -> list[np.ndarray]:
        with self._file() as file:
            arrays = [self._read(file, name) for name in self.names]
        if [array.shape for array in arrays] != self.shapes:
            raise FormatError(f"HDF5 file '{self.path}' has changed since it was first read")
        return arrays

    def check_like(self, other: "HDF5File") -> None:
        """Raise FormatError unless the rows have the shapes of another file's."""
        for name, mine, theirs in zip(self.names, self.shapes, other.shapes, strict=True):
            if mine[1:] != theirs[1:]:
                raise FormatError(
                    f"HDF5 file '{self.path}': rows of dataset '{name}' are {mine[1:]}, in "
                    f"'{other.path}' they are {theirs[1:]}; all files must agree"
                )

    def _file(self):
        import h5py

        try:
            return h5py.File(self.path, "r")
        except (OSError, ValueError, RuntimeError) as error:
            raise FormatError(f"HDF5 file {placed(self.path)} cannot be opened: {error}") from error

    def _dataset(self, file, name):
        import h5py

        try:
            found = file.get(name)
            if not isinstance(found, h5py.Dataset):
                known = ", ".join(f"'{key}'" for key in file) or "nothing"
                raise FormatError(
                    f"HDF5 file '{self.path}' has no dataset '{name}', which a top asks for "
                    f"(it holds {known})"
                )
            shape, kind, stored = found.shape, found.dtype, found.id.get_storage_size()
            # A boolean is an HDF5 enumeration, which hdf5.cpp refuses too.
            plain = kind.kind in "fiu" and not kind.metadata
            whole = found.chunks is None and not found.is_virtual and not found.external
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise FormatError(self._unreadable(name, error)) from error
        size = math.prod(shape or (0,))
        if not shape or size > MAX_COUNT or not plain:
            raise FormatError(
                f"HDF5 file '{self.path}': dataset '{name}' is of shape {shape} and type {kind}; "
                f"expected one axis or more, at most {MAX_COUNT} values, floats or integers"
            )
        if whole and stored < size * kind.itemsize:
            raise FormatError(
                f"HDF5 file '{self.path}': dataset '{name}' of shape {shape} has {stored} bytes "
                f"stored, expected {size * kind.itemsize}; it was never wholly written"
            )
        return found

    def _read(self, file, name):
        dataset = self._dataset(file, name)
        try:
            return dataset.astype(np.float32)[...]
        except (OSError, ValueError, RuntimeError, TypeError, MemoryError) as error:
            raise FormatError(self._unreadable(name, error)) from error

    def _unreadable(self, name, error):
        return f"HDF5 file '{self.path}': dataset '{name}' cannot be read: {error}"


def read_names(source: str) -> list[str]:
    """Return the file names in a list file, separated by white space."""
    names = read_text(source).split()
    if not names:
        raise FormatError(f"list file '{source}' is empty; expected names of HDF5 files")
    return names


@register("HDF5Output")
class HDF5Output(Layer):
    """Writes its bottoms as datasets `data` and `label`, 4-D, into hdf5_output_param.file_name.

    The file is made anew with the layer. BVLC can write one batch only (its second forward fails
    on the existing datasets); here the rows of later batches follow.
    """

    bottoms = (2, 2)
    is_function = False
    tops = (0, 0)
    backward = Layer.zero_backward
    DATASETS = ("data", "label")

    def setup(self, data, label):
        self.path = self.layer_param.hdf5_output_param.file_name
        self.check(bool(self.path), "hdf5_output_param.file_name is not set")
        self._write("w", lambda file: None)

    def reshape(self, *shapes):
        data, label = shapes
        for shape in shapes:
            self.check(
                0 < len(shape) <= 4, f"writes blobs of 1 to 4 axes, a bottom has shape {shape}"
            )
        self.check(
            data[0] == label[0], f"data has {data[0]} rows and label {label[0]}; expected as many"
        )
        return []

    def forward(self, *bottom):
        # Legacy 4-D: axes that a blob lacks count as 1.
        arrays = [b.reshape(tuple(b.shape) + (1,) * (4 - b.ndim)).cpu().numpy() for b in bottom]
        self._write("a", lambda file: self._append(file, arrays))
        return ()

    def _append(self, file, arrays):
        for name, array in zip(self.DATASETS, arrays, strict=True):
            if name not in file:
                file.create_dataset(name, data=array, maxshape=(None, *array.shape[1:]))
                continue
            rows = file[name]
            if rows.shape[1:] != array.shape[1:]:
                self.fail(
                    f"'{name}' in '{self.path}' has rows of {rows.shape[1:]}, this batch has "
                    f"{array.shape[1:]}"
                )
            rows.resize(len(rows) + len(array), axis=0)
            rows[len(rows) - len(array) :] = array

    def _write(self, access, work):
        import h5py

        try:
            with h5py.File(self.path, access) as file:
                work(file)
        except LayerError:
            raise
        except (OSError, ValueError, RuntimeError) as error:
            self.fail(f"'{self.path}' cannot be written: {error}")
