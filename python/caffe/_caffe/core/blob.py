"""Blob: an N-d float32 array and its gradient, on the host and on the compute device.

On the host both `data` and `diff` are seen as live numpy views.
"""

import math

import numpy as np
import torch

from ..errors import CaffeError
from . import context
from .syncedmem import SyncedMemory

# Caffe's Blob refuses counts above INT_MAX (blob.cpp, Reshape).
MAX_COUNT = 2**31 - 1


class Blob:
    """An array `data` and its gradient `diff` of one shape, as pycaffe shows them."""

    __slots__ = ("_shape", "data_buffer", "diff_buffer", "freed_data", "freed_diff", "__weakref__")

    def __init__(self, shape: tuple[int, ...] = (), persistent: bool = False):
        self._shape = check_shape(shape)
        self.data_buffer = SyncedMemory(persistent)
        self.diff_buffer = SyncedMemory(persistent)
        # Why `data` or `diff` cannot be read: an optimized net or a solver's step has freed it.
        self.freed_data: str | None = None
        self.freed_diff: str | None = None

    # -- pycaffe's interface

    @property
    def data(self) -> np.ndarray:
        """Live float32 view of the values, of this blob's shape."""
        if self.freed_data:
            raise CaffeError(self.freed_data)
        return self.data_buffer.numpy(self._shape)

    @property
    def diff(self) -> np.ndarray:
        """Live float32 view of the gradient, of this blob's shape."""
        if self.freed_diff:
            raise CaffeError(self.freed_diff)
        return self.diff_buffer.numpy(self._shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def count(self) -> int:
        return math.prod(self._shape)

    def _legacy(self, axis: int) -> int:
        if len(self._shape) > 4:  # blob.hpp, LegacyShape
            raise CaffeError(
                f"num/channels/height/width need at most 4 axes, this blob has shape {self._shape}"
            )
        return self._shape[axis] if axis < len(self._shape) else 1

    num = property(lambda self: self._legacy(0), doc="Size of axis 0.")
    channels = property(lambda self: self._legacy(1), doc="Size of axis 1.")
    height = property(lambda self: self._legacy(2), doc="Size of axis 2.")
    width = property(lambda self: self._legacy(3), doc="Size of axis 3.")

    def reshape(self, *shape: int) -> None:
        """Change the shape; values are kept in order, unless they do not fit in its memory."""
        shape = check_shape(shape)
        count = math.prod(shape)
        if count != self.count:
            self.data_buffer = self.data_buffer.resized(count)
            self.diff_buffer = self.diff_buffer.resized(count)
        self._shape = shape

    # -- for the engine: tensors on the compute device

    def set_shape(self, shape: tuple[int, ...]) -> None:
        """Change the shape without checking it again."""
        if shape != self._shape:
            if math.prod(shape) != self.count:
                self.data_buffer = SyncedMemory(self.data_buffer.persistent)
                self.diff_buffer = SyncedMemory(self.diff_buffer.persistent)
            self._shape = shape

    def tensor(self, write: bool = False) -> torch.Tensor:
        """Return the values on the compute device, to read or (`write`) to change in place."""
        return self.data_buffer.tensor(self._shape, context.side(), write)

    def diff_tensor(self, write: bool = False) -> torch.Tensor:
        """Return the gradient on the compute device, to read or to change in place."""
        return self.diff_buffer.tensor(self._shape, context.side(), write)

    def host_tensor(self) -> torch.Tensor:
        """Return the values on the host, to read."""
        return self.data_buffer.tensor(self._shape, context.HOST, write=False)

    def computed(self) -> torch.Tensor:
        """Return the values to read, channels last or in bfloat16 where they were put so."""
        return self.data_buffer.computed(self._shape, context.side())

    def computed_diff(self) -> torch.Tensor:
        """Return the gradient to read, channels last or in bfloat16 where it was put so."""
        return self.diff_buffer.computed(self._shape, context.side())

    def put(self, value: torch.Tensor, share: bool = False, as_computed: bool = False) -> None:
        """Take new values, and their shape; with `share`, their memory stays another blob's too.

        With `as_computed` they may be channels last in memory or in bfloat16.
        """
        self.set_shape(tuple(value.shape))
        self.freed_data = None
        self.data_buffer.put(value, share=share, as_computed=as_computed)

    def put_diff(self, value: torch.Tensor, as_computed: bool = False) -> None:
        self.freed_diff = None
        self.diff_buffer.put(value, as_computed=as_computed)

    def clear_diff(self) -> None:
        self.freed_diff = None
        self.diff_buffer.clear()

    def add_diff(self, value: torch.Tensor) -> None:
        """Add to the gradient (parameters accumulate)."""
        if self.diff_buffer.head:
            self.diff_tensor(write=True).add_(value.reshape(self._shape))
        else:
            self.diff_buffer.put(value)

    def seed_diff(self, value: float, again: bool = True) -> None:
        """Fill the gradient with a loss weight; unless `again`, only where it was never written."""
        if again or not self.diff_buffer.head:
            self.diff_tensor(write=True).fill_(value)

    def free_diff(self, why: str) -> None:
        """Free the gradient unless a view of it is alive; reading it then raises `why`."""
        if not self.diff_buffer.has_live_view():
            self.diff_buffer = SyncedMemory(self.diff_buffer.persistent)
            self.freed_diff = why

    def free_data(self, why: str) -> None:
        """Free the values unless a view of them is alive; reading them then raises `why`."""
        if not self.data_buffer.has_live_view():
            self.data_buffer = SyncedMemory()
            self.freed_data = why

    def share_data(self, other: "Blob") -> None:
        """Use `other`'s values as one's own (blob.cpp, ShareData)."""
        self.data_buffer = other.data_buffer

    def share_diff(self, other: "Blob") -> None:
        """Use `other`'s gradient as one's own (blob.cpp, ShareDiff)."""
        self.diff_buffer = other.diff_buffer


class BlobVec(list):
    """A layer's blobs; Python layers append to it with `add_blob`."""

    def add_blob(self, *shape: int) -> None:
        self.append(Blob(shape, persistent=True))


def check_fits_memory(count: int, what: str) -> None:
    """Raise CaffeError if `count` float32 values are more than the machine's memory holds."""
    available = context.host_memory()
    if 4 * count > available:
        raise CaffeError(
            f"{what} takes {4 * count / 2**30:.1f} GiB, "
            f"this machine has {available / 2**30:.1f} GiB"
        )


def check_shape(shape) -> tuple[int, ...]:
    """Return `shape` as a tuple of ints, or raise CaffeError naming what is wrong with it."""
    sizes = tuple(int(s) for s in shape)
    if len(sizes) > 32:
        raise CaffeError(f"a blob has at most 32 axes, shape {sizes} has {len(sizes)}")
    if any(s < 0 for s in sizes):
        raise CaffeError(f"blob sizes cannot be negative: {sizes}")
    if math.prod(max(s, 1) for s in sizes) > MAX_COUNT:
        raise CaffeError(f"a blob of shape {sizes} has more than {MAX_COUNT} elements")
    check_fits_memory(math.prod(sizes), f"a blob of shape {sizes}")
    return sizes
