"""Host memory: what a pass used is kept for the next one, as torch itself does on a GPU.

Every pass allocates maps of many megabytes, and the system clears each page of fresh memory when
it is first touched: on a CPU, nearly half of a training step of FCN-8s. So glibc is asked to
keep what is freed on its heap and to map no array by itself, however large. Parameters and solver
history live as long as their net and would break the heap up: they are mapped apart.
"""

import ctypes
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# malloc.h
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
# Bytes from which persistent arrays are mapped apart from the heap.
LARGE = 1 << 16


def keep_freed_memory() -> bool:
    """Ask glibc to reuse what is freed; tell whether it does (elsewhere: no).

    A user's own allocator settings (MALLOC_..., GLIBC_TUNABLES) are left alone.
    """
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return False
    if os.name != "posix":
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    return bool(libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, -1))


@contextmanager
def returned_memory() -> Iterator[None]:
    """Map arrays of a MB and more apart meanwhile, so that the system has them back once freed.

    For passes that come once, at sizes of their own: what they free on the heap is broken up by
    small objects that stay, and the heap grows.
    """
    if not keep_freed_memory():
        yield
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, 1 << 20)
    libc.mallopt(M_MMAP_MAX, 1 << 16)
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_MAX, 0)


def persistent_zeros(count: int) -> torch.Tensor:
    """Return `count` zeros for a persistent array; pages are taken when they are first touched."""
    if 4 * count < LARGE:
        return torch.zeros(count)
    return torch.from_numpy(np.frombuffer(mmap.mmap(-1, 4 * count), np.float32))
