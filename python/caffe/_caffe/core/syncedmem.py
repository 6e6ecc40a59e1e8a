"""SyncedMemory: one float32 array on the host and on the compute device (syncedmem.cpp).

Each side knows whether it is the newest, and is copied only when the other is newer.
"""

import math
import weakref

import numpy as np
import torch

from . import allocator, context


class SyncedMemory:
    """One array with a host side and a device side; `head` names the newer one (or both).

    A numpy view that is still referenced pins the host side: new values are copied into it, so
    that the view stays valid. Otherwise new values replace the old array.
    A `persistent` buffer, of parameters and solver history, has its first zeros off the heap.
    """

    __slots__ = ("sides", "head", "_view", "_borrowed", "_memory", "persistent", "__weakref__")

    def __init__(self, persistent: bool = False):
        self.persistent = persistent
        self.sides: dict[str, torch.Tensor] = {}
        self.head: set[str] = set()
        self._view: weakref.ref | None = None
        self._borrowed: str | None = None  # the side whose array another buffer owns
        self._memory: torch.Tensor | None = None  # all of it, where a reshape left a part unused

    def tensor(self, shape: tuple[int, ...], side: str, write: bool) -> torch.Tensor:
        """Return the array on `side`, zero if never written; `write` makes that side newest."""
        if side not in self.head:
            self.sides[side] = self._up_to_date(shape, side)
            self.head.add(side)
        t = self.sides[side]
        if not is_plain(t):
            t = self.sides[side] = t.to(torch.float32, memory_format=torch.contiguous_format)
        if write:
            if side == self._borrowed:
                t = self.sides[side] = t.clone()
                self._borrowed = None
            self.head = {side}
        return t if t.shape == shape else t.view(shape)

    def computed(self, shape: tuple[int, ...], side: str) -> torch.Tensor:
        """Return the array on `side`, to read, in the order and precision that it was put in."""
        t = self.sides.get(side) if side in self.head else None
        return t if t is not None and t.shape == shape else self.tensor(shape, side, write=False)

    def _up_to_date(self, shape: tuple[int, ...], side: str) -> torch.Tensor:
        old = self.sides.get(side)
        if side == self._borrowed or (old is not None and not is_plain(old)):
            # out of date, and not ours to write over, or of another kind
            old = self._borrowed = None
        source = next((self.sides[newest] for newest in self.head), None)
        if source is None:
            return self._zeros(shape, side)
        if old is None or old.numel() != source.numel():
            return torch.empty_like(source, device=context.device_of(side)).copy_(source)
        old.view(source.shape).copy_(source)
        return old

    def _zeros(self, shape: tuple[int, ...], side: str) -> torch.Tensor:
        if self.persistent and side == context.HOST:
            return allocator.persistent_zeros(math.prod(shape)).view(shape)
        return torch.zeros(shape, device=context.device_of(side))

    def put(
        self,
        value: torch.Tensor,
        borrow: bool = False,
        share: bool = False,
        as_computed: bool = False,
    ) -> None:
        """Take `value` as the new content, of the side whose device it is on.

        With `borrow` it stays its owner's and is copied before it is written here. With `share`
        both own it. With `as_computed` it may stay channels last in memory, or in bfloat16, until
        `tensor` is asked for it.
        """
        side = context.side() if value.device == context.device() else context.HOST
        if side == context.HOST and self.has_live_view():
            mine = self.sides[side]
            if mine.numel() == value.numel():
                if mine.data_ptr() != value.data_ptr():
                    mine.view(value.shape).copy_(value)
                self.head = {side}
                return
        if not (is_plain(value) or as_computed and is_channels_last(value)):
            keeps = as_computed and value.is_contiguous()
            value = value if keeps else value.to(torch.float32).contiguous()
        self.sides[side] = value
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
        return self._view is not None and self._view() is not None

    def refresh_view(self) -> None:
        """Copy a newer device side into a live view."""
        if self.has_live_view() and context.HOST not in self.head:
            self.tensor(tuple(self.sides[context.HOST].shape), context.HOST, write=False)

    def mark_host_newest(self) -> None:
        """Treat a live view as just written: a user may have written into it unnoticed."""
        if self.has_live_view() and context.HOST in self.sides:
            self.head = {context.HOST}

    def resized(self, count: int) -> "SyncedMemory":
        """Return a buffer of `count` values: in the same memory while that is large enough.

        Values in that memory are kept and live views stay valid; otherwise all are zero, as in
        blob.cpp's Reshape.
        """
        self.unshare()
        side = context.HOST if context.HOST in self.head else next(iter(self.head), None)
        other = SyncedMemory(self.persistent)
        if side is None:
            return other
        flat = self.sides[side].reshape(-1).to(torch.float32)
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


def is_plain(t: torch.Tensor) -> bool:
    """Tell whether a tensor is as numpy shows it: float32, the last axis running fastest."""
    return t.dtype == torch.float32 and t.is_contiguous()


def is_channels_last(t: torch.Tensor) -> bool:
    """Tell whether a map (N, C, H, W) runs through its channels fastest."""
    return t.dim() == 4 and t.is_contiguous(memory_format=torch.channels_last)
