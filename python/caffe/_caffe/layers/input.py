"""Tops that come from memory: given by the caller, or made by a filler."""

import numpy as np
import torch

from ...proto import caffe_pb2
from ..core import context, filler
from ..core.blob import Blob
from ..core.layer import Layer, register
from ..log import warning


class Fixed(Layer):
    """A layer that shapes its tops once, at setup; later they are the caller's to reshape."""

    is_function = False
    bottoms = (0, 0)
    tops = (1, None)
    shaped = False

    def shape_tops(self, bottom, top):
        if not self.shaped:
            super().shape_tops(bottom, top)
            self.shaped = True

    def once_or_each(self, name, given):
        """Return `given`, repeated for every top if it is one; refuse other counts."""
        tops = len(self.layer_param.top)
        self.check(
            len(given) in (1, tops),
            f"{name} is given {len(given)} times for {tops} tops; give it once, or once per top",
        )
        return list(given) * tops if len(given) == 1 else list(given)


@register("Input")
class Input(Fixed):
    """Blobs that the caller fills; its shapes may be left out, and given by reshaping."""

    allocates_tops = False

    def reshape(self):
        shapes = [tuple(shape.dim) for shape in self.layer_param.input_param.shape]
        if not shapes:
            return [()] * len(self.layer_param.top)
        return self.once_or_each("input_param.shape", shapes)

    def shape_tops(self, bottom, top):
        if self.layer_param.input_param.shape:
            super().shape_tops(bottom, top)

    def run(self, bottom, top):
        # What the caller put into the tops stays.
        pass


@register("DummyData")
class DummyData(Fixed):
    """Blobs that fillers fill: constants once, at setup, and all others at every forward."""

    allocates_tops = False

    LEGACY = ("num", "channels", "height", "width")

    def reshape(self):
        param = self.layer_param.dummy_data_param
        legacy = [list(getattr(param, name)) for name in self.LEGACY]
        if any(legacy):
            self.check(not param.shape, "gives both shape and num/channels/height/width")
            return list(zip(*map(self.once_or_each, self.LEGACY, legacy), strict=True))
        return self.once_or_each("shape", [tuple(shape.dim) for shape in param.shape])

    def setup(self):
        param = self.layer_param.dummy_data_param
        given = list(param.data_filler) or [caffe_pb2.FillerParameter()]
        self.fillers = self.once_or_each("data_filler", given)
        self.refill = [f.type != "constant" for f in self.fillers]

    def prepare(self, bottom, top, wiring=None):
        super().prepare(bottom, top, wiring)
        for blob, fill, again in zip(top, self.fillers, self.refill, strict=True):
            # A filler that fills later has its settings checked now.
            self.named(filler.fill, Blob(blob.shape) if again else blob, fill)

    def run(self, bottom, top):
        for blob, fill, again in zip(top, self.fillers, self.refill, strict=True):
            if again:
                self.named(filler.fill, blob, fill)


@register("MemoryData")
class MemoryData(Layer):
    """Batches of the arrays last given to `set_arrays` (Net.set_input_arrays), over and over."""

    is_function = False
    bottoms = (0, 0)
    tops = (2, 2)
    carried = ("position",)

    def setup(self):
        param = self.layer_param.memory_data_param
        self.batch_size = param.batch_size
        self.item = (param.channels, param.height, param.width)
        self.check(
            min(self.batch_size, *self.item) > 0,
            "memory_data_param must give batch_size, channels, height and width, all positive; got "
            f"{self.batch_size}, {', '.join(map(str, self.item))}",
        )
        self.data: np.ndarray | None = None
        self.labels: np.ndarray | None = None
        self.position = 0
        # memory_data_layer.cpp shapes the labels (N,) at setup and (N, 1, 1, 1) from the first
        # forward on.
        self.label_shape: tuple[int, ...] = (self.batch_size,)

    def reshape(self):
        return [(self.batch_size, *self.item), self.label_shape]

    def set_arrays(self, data: np.ndarray, labels: np.ndarray) -> None:
        """Use these arrays from their first row on; they are kept, not copied.

        `data` (n, channels, height, width) and `labels` (n, 1, 1, 1), both float32 and C
        contiguous, n a multiple of batch_size; LayerError names what does not fit.
        """
        self._check_array("data array", data, self.item)
        self._check_array("labels array", labels, (1, 1, 1))
        self.check(
            len(data) == len(labels),
            f"data and labels must have the same first dimension, got {len(data)}, {len(labels)}",
        )
        self.check(
            len(data) > 0 and len(data) % self.batch_size == 0,
            f"first dimension of the arrays must be a multiple of batch_size {self.batch_size}, "
            f"got {len(data)}",
        )
        if self.layer_param.HasField("transform_param"):
            warning(
                "MemoryData does not transform array data on Reset()",
                src="memory_data_layer.cpp:90",
            )
        self.data, self.labels, self.position = data, labels, 0

    def _check_array(self, name, array, item):
        self.check(
            isinstance(array, np.ndarray), f"{name} must be a numpy array, got {type(array)}"
        )
        self.check(array.flags.c_contiguous, f"{name} must be C contiguous")
        self.check(array.ndim == 4, f"{name} must be 4-d, got {array.ndim}-d")
        self.check(array.dtype == np.float32, f"{name} must be float32, got {array.dtype}")
        for what, got, wanted in zip(("channels", "height", "width"), array.shape[1:], item,
                                     strict=True):  # fmt: skip
            self.check(got == wanted, f"{name} has wrong {what}: {got}, expected {wanted}")

    def forward(self):
        if self.data is None or self.labels is None:
            self.fail("has no data yet; call net.set_input_arrays first")
        start = self.position % len(self.data)
        rows = slice(start, start + self.batch_size)
        self.position = rows.stop % len(self.data)
        self.label_shape = (self.batch_size, 1, 1, 1)
        # Copies: an in-place layer, or a caller who writes into the blob, must not change the
        # caller's array.
        return tuple(
            torch.tensor(a[rows], device=context.device()) for a in (self.data, self.labels)
        )
