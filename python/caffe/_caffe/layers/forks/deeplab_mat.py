"""DeepLab v2's layers that read and write MATLAB files (cdmh/deeplab-public-ver2)."""

import os

import numpy as np
import torch

from ...core import context
from ...core.axes import legacy_shape
from ...core.layer import Layer, register
from ...errors import FormatError
from ...formats.atomic import atomic_write
from ...log import info
from ...sources.lists import read_words


def file_names(layer: Layer, param) -> list[str]:
    """Return the first words of `source`'s lines, without their last `strip` characters."""
    layer.check(param.strip >= 0, f"strip must be 0 or more, given {param.strip}")
    names = [line[0] for line in read_words(param.source)]
    for name in names:
        layer.check(
            len(name) > param.strip, f"'{name}' has no characters left without {param.strip}"
        )
    return [name[: len(name) - param.strip] for name in names]


@register("MatWrite")
class MatWrite(Layer):
    """Writes its bottoms to MATLAB files (mat_write_layer.cpp, util/matio_io.cpp).

    Every `period`-th forward writes bottom i to PREFIX + NAME + "_blob_i.mat", NAME being the
    line of `source` of the forward's number, without its last `strip` characters (a running
    number "iter_T" without a source). The variable `data` is single, width x height x channels x
    num. Each file takes its place whole: one that is there is never half written.
    """

    bottoms = (1, None)
    is_function = False
    tops = (0, 0)
    stateful = True
    carried = ("done",)
    done = 0  # forwards
    backward = Layer.zero_backward

    def setup(self, *bottom):
        param = self.layer_param.mat_write_param
        self.check_positive(param, "period")
        self.names = None
        if param.HasField("source"):
            self.names = file_names(self, param)
            info(f"MatWrite will save a maximum of {len(self.names)} files.")

    def reshape(self, *shapes):
        return []

    def forward(self, *bottom):
        param = self.layer_param.mat_write_param
        if self.done % param.period == 0:
            name = f"iter_{self.done}"
            if self.names is not None:
                self.check(
                    self.done < len(self.names),
                    f"'{param.source}' has {len(self.names)} names, this is forward "
                    f"{self.done + 1}",
                )
                name = self.names[self.done]
            for i, x in enumerate(bottom):
                self._write(f"{param.prefix}{name}_blob_{i}.mat", x)
        self.done += 1
        return ()

    def _write(self, path, x):
        from scipy.io import savemat

        array = x.detach().cpu().numpy().reshape(legacy_shape(self, x.shape))
        try:
            with atomic_write(path) as temporary, open(temporary, "wb") as file:
                savemat(file, {"data": array.T})
        except FormatError as error:
            self.fail(str(error))


@register("MatRead")
class MatRead(Layer):
    """Reads its top (batch_size, C, H, W) from MatWrite's files (mat_read_layer.cpp).

    Item after item from PREFIX + NAME + "_blob_0.mat", NAME being the next line of `source`
    without its last `strip` characters, round and round. Each file's `data` is single, width x
    height x channels (x 1), all of the first one's size. MATLAB's format 7.3 is read, too.
    """

    is_function = False
    bottoms = (0, 0)
    tops = (1, 1)
    carried = ("done",)
    done = 0  # items

    def setup(self):
        param = self.layer_param.mat_read_param
        self.check_positive(param, "batch_size")
        self.check(param.HasField("source"), "needs 'source', the list of files")
        self.names = file_names(self, param)
        info(f"MatRead will load from a set of {len(self.names)} files.")
        self.item = self._read(0).shape

    def reshape(self):
        return [(self.layer_param.mat_read_param.batch_size, *self.item)]

    def forward(self):
        numbers = range(self.done, self.done + self.layer_param.mat_read_param.batch_size)
        batch = np.stack([self._read(n % len(self.names)) for n in numbers])
        self.done = numbers.stop
        return torch.from_numpy(batch).to(context.device())

    def _read(self, number):
        """Return the array (C, H, W) of the file of that number."""
        path = f"{self.layer_param.mat_read_param.prefix}{self.names[number]}_blob_0.mat"
        if not os.path.exists(path):
            self.fail(f"there is no file '{path}'")
        try:
            data = self._load(path)
        # SciPy's reader raises nearly anything on damaged files.
        except Exception as error:
            self.fail(f"'{path}' has no readable array 'data': {str(error) or repr(error)}")
        self.check(
            isinstance(data, np.ndarray) and data.dtype.newbyteorder("=") == np.float32,
            f"'{path}': 'data' must be single, is {getattr(data, 'dtype', type(data))}",
        )
        shape = (*data.shape, 1, 1, 1)[: max(4, data.ndim)]
        self.check(
            len(shape) == 4 and shape[3] == 1,
            f"'{path}': 'data' is {' x '.join(map(str, data.shape))}, expected width x height x "
            "channels",
        )
        array = np.ascontiguousarray(data.reshape(shape[:3], order="F").T, np.float32)
        if hasattr(self, "item"):
            self.check(
                array.shape == self.item,
                f"'{path}': holds {array.shape}, the first file {self.item} (C, H, W)",
            )
        return array

    @staticmethod
    def _load(path):
        """Return the variable `data` of a file, axes in MATLAB's order."""
        import h5py
        from scipy.io import loadmat

        if h5py.is_hdf5(path):  # format 7.3, whose axes are the other way round
            with h5py.File(path, "r") as file:
                return file["data"][()].T
        # MATLAB may store whole numbers as integers: the variable's own type counts.
        return loadmat(path, variable_names=["data"], mat_dtype=True)["data"]
