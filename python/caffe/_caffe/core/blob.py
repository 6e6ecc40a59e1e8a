"""Blob: an N-d float32 array and its gradient, on the host and on the compute device.

The two sides are kept in step as BVLC's SyncedMemory does (syncedmem.cpp): each knows which
side was written last, and copies only when the other is newer. On the host both `data` and
`diff` are seen as live numpy views.
"""

import math
import weakref

import numpy as np
import torch

from ..errors import CaffeError
from . import allocator, context

# Caffe's Blob refuses counts above INT_MAX (blob.cpp, Reshape).
MAX_COUNT = 2**31 - 1


class Buffer:
    """One array with a host side and a device side; `head` names the newer one (or both).

    A numpy view that is still referenced pins the host side: new values are copied into it, so
    that the view stays valid. Otherwise new values replace the old array, except for very large
    ones in a `persistent` buffer (one that lives as long as its net): these have storage of
    their own.
    """

    __slots__ = (
        "sides", "head", "_view", "_borrowed", "_memory", "persistent", "storage", "shared",
        "__weakref__",
    )  # fmt: skip

    def __init__(self, persistent: bool = False, storage: torch.Tensor | None = None):
        self.persistent = persistent
        self.storage = storage
        self.shared = False  # by several blobs
        self.sides: dict[str, torch.Tensor] = {}
        self.head: set[str] = set()
        self._view = None
        self._borrowed: str | None = None  # the side whose array is somebody else's
        self._memory: torch.Tensor | None = None  # all of it, where a reshape left a part unused

    def tensor(self, shape: tuple[int, ...], side: str, write: bool) -> torch.Tensor:
        """Return the array on `side`, zero if never written; `write` makes that side newest."""
        t = self.sides.get(side)
        if side not in self.head:
            if side == self._borrowed:  # out of date, and not ours to write over
                t = self._borrowed = None
            source = next((self.sides[d] for d in self.head), None)
            if source is None:
                t = self._zeros(shape, side)
            elif t is not None and t.numel() == source.numel():
                t.view(source.shape).copy_(source)
            else:
                t = torch.empty_like(source, device=context.device_of(side)).copy_(source)
            self.sides[side] = t
            self.head.add(side)
        if write:
            if side == self._borrowed:
                t = self.sides[side] = t.clone()
                self._borrowed = None
            self.head = {side}
        return t if t.shape == shape else t.view(shape)

    def _zeros(self, shape: tuple[int, ...], side: str) -> torch.Tensor:
        if not self.persistent or side != context.HOST:
            return torch.zeros(shape, device=context.device_of(side))
        fresh = self._make_storage(math.prod(shape))
        zeros = self.storage[: math.prod(shape)].view(shape)
        return zeros if fresh else zeros.zero_()

    def _into_storage(self, value: torch.Tensor) -> torch.Tensor:
        self._make_storage(value.numel())
        own = self.storage[: value.numel()].view(value.shape)
        return own if own.data_ptr() == value.data_ptr() else own.copy_(value)

    def _make_storage(self, count: int) -> bool:
        """Allocate storage for `count` values if needed; return whether it is new, and so zero."""
        if self.storage is not None and self.storage.numel() >= count:
            return False
        self.storage = allocator.persistent_zeros(count)
        return True

    def put(self, value: torch.Tensor, borrow: bool = False, share: bool = False) -> None:
        """Take `value` as the new content, of the side whose device it is on.

        With `borrow` it stays its owner's and is copied before it is written here. With `share`
        both own it.
        """
        side = context.side() if value.device == context.device() else context.HOST
        if side == context.HOST and self.has_live_view():
            mine = self.sides[side]
            if mine.numel() == value.numel():
                if mine.data_ptr() != value.data_ptr():
                    mine.copy_(value.view(mine.shape))
                self.head = {side}
                return
        if (
            self.persistent
            and side == context.HOST
            and not (borrow or share)
            and allocator.exceeds_heap(value)
        ):
            value = self._into_storage(value)
        self.sides[side] = value if value.is_contiguous() else value.contiguous()
        self.head = {side}
        self._memory = None
        if borrow or side == self._borrowed:
            self._borrowed = side if borrow else None

    def numpy(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the live host view; the host becomes the newest side."""
        t = self.tensor(shape, context.HOST, write=True)
        array = self._view() if self._view is not None else None
        if array is None or array.shape != shape or array.ctypes.data != t.data_ptr():
            array = t.numpy()
            self._view = weakref.ref(array)
        return array

    def has_live_view(self) -> bool:
        """Return whether a numpy view of this array is alive."""
        return self._view is not None and self._view() is not None

    def refresh_view(self) -> None:
        """Copy a newer device side into a live view."""
        if self.has_live_view() and context.HOST not in self.head:
            self.tensor(tuple(self.sides[context.HOST].shape), context.HOST, write=False)

    def mark_host_newest(self) -> None:
        """Treat a live view as just written: a user may have written into it unnoticed."""
        if self.has_live_view() and context.HOST in self.sides:
            self.head = {context.HOST}

    def successor(self) -> "Buffer":
        """Return an empty buffer in this one's place, with its storage unless it is shared."""
        return Buffer(
            self.persistent, None if self.shared or self.has_live_view() else self.storage
        )

    def resized(self, count: int) -> "Buffer":
        """Return a buffer of `count` values: in the same memory while that is large enough.

        The values there stay, and so do arrays that somebody holds; else all are zero, as in
        blob.cpp's Reshape.
        """
        self.unshare()
        side = context.HOST if context.HOST in self.head else next(iter(self.head), None)
        other = self.successor()
        if side is None:
            return other
        flat = self.sides[side].view(-1)
        if self._memory is not None and self._memory.data_ptr() == flat.data_ptr():
            flat = self._memory
        if count <= flat.numel():
            other._memory, other.sides[side], other.head = flat, flat[:count], {side}
        return other

    def unshare(self) -> None:
        """Copy what was borrowed."""
        side = self._borrowed
        if side is not None and side in self.head:
            self.sides[side] = self.sides[side].clone()
            self._borrowed = None

    def free(self) -> None:
        """Free the content, which is about to be replaced, unless a view is alive."""
        if not self.has_live_view():
            self._memory = None
            self.sides.clear()
            self.head = set()
            self._borrowed = None

    def clear(self) -> None:
        """Make the content zero, without touching memory unless a view is alive."""
        if self.has_live_view():
            self.sides[context.HOST].zero_()
            self.head = {context.HOST}
        else:
            self.free()


class Blob:
    """An array `data` and its gradient `diff` of one shape, as pycaffe shows them."""

    __slots__ = ("_shape", "data_buffer", "diff_buffer", "freed_reason", "__weakref__")

    def __init__(self, shape: tuple[int, ...] = (), persistent: bool = False):
        self._shape = check_shape(shape)
        self.data_buffer = Buffer(persistent=True)
        self.diff_buffer = Buffer(persistent)
        self.freed_reason = None  # why `diff` cannot be read, once a solver step has freed it

    # -- pycaffe's interface

    @property
    def data(self) -> np.ndarray:
        """Live float32 view of the values, of this blob's shape."""
        return self.data_buffer.numpy(self._shape)

    @property
    def diff(self) -> np.ndarray:
        """Live float32 view of the gradient, of this blob's shape."""
        if self.freed_reason:
            raise CaffeError(self.freed_reason)
        return self.diff_buffer.numpy(self._shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self._shape

    @property
    def count(self) -> int:
        """The number of elements."""
        return math.prod(self._shape)

    def _legacy(self, axis: int) -> int:
        # blob.hpp, LegacyShape: absent axes count as 1; more than four are refused.
        if len(self._shape) > 4:
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

    # -- the engine's face: tensors on the compute device

    def set_shape(self, shape: tuple[int, ...]) -> None:
        """Change the shape without checking it again."""
        if shape != self._shape:
            if math.prod(shape) != self.count:
                self.data_buffer = self.data_buffer.successor()
                self.diff_buffer = self.diff_buffer.successor()
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

    def put(self, value: torch.Tensor, share: bool = False) -> None:
        """Take new values, and their shape; with `share`, their memory stays another blob's too."""
        shape = tuple(value.shape)
        if shape != self._shape:
            self.set_shape(shape)
        self.data_buffer.put(value, share=share)

    def put_diff(self, value: torch.Tensor) -> None:
        """Take a new gradient of this blob's shape."""
        self.freed_reason = None
        self.diff_buffer.put(value)

    def clear_diff(self) -> None:
        """Make the gradient zero."""
        self.freed_reason = None
        self.diff_buffer.clear()

    def add_diff(self, value: torch.Tensor, part: slice | None = None) -> None:
        """Add to the gradient, or to a `part` of axis 0 (parameters accumulate, blob by blob)."""
        if part is not None:
            self.diff_tensor(write=True)[part].add_(value)
        elif self.diff_buffer.head:
            self.diff_tensor(write=True).add_(value.view(self._shape))
        else:
            self.diff_buffer.put(value)

    def unshare_diff(self) -> None:
        """Copy the gradient if its array is another's too."""
        self.diff_buffer.unshare()

    def seed_diff(self, value: float, again: bool = True) -> None:
        """Fill the gradient with a loss weight; unless `again`, only where it was never written."""
        if again or not self.diff_buffer.head:
            self.diff_tensor(write=True).fill_(value)

    def free_diff(self, why: str) -> None:
        """Free the gradient unless a view of it is alive; reading it then raises `why`."""
        if not self.diff_buffer.has_live_view():
            self.diff_buffer = self.diff_buffer.successor()
            self.freed_reason = why

    def share_data(self, other: "Blob") -> None:
        """Use `other`'s values as one's own (blob.cpp, ShareData)."""
        self.data_buffer = other.data_buffer
        self.data_buffer.shared = True

    def share_diff(self, other: "Blob") -> None:
        """Use `other`'s gradient as one's own (blob.cpp, ShareDiff)."""
        self.diff_buffer = other.diff_buffer
        self.diff_buffer.shared = True


class BlobVec(list):
    """A layer's blobs; Python layers append to it with `add_blob`."""

    def add_blob(self, *shape: int) -> None:
        """Append a zero blob of this shape."""
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
