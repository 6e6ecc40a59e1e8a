"""PrefetchingLayer: what layers that load batches share. Threads load the next batches.

A batch is a pure function of (seed, number of its first item). So a snapshot needs only these
two to continue with the same data, whatever was loaded ahead; nothing random is carried from
one batch to the next.
"""

import copy
import os
import weakref
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
import torch

from ..core import context
from ..core.layer import Layer
from ..errors import FormatError

ORDER, BATCH = 0, 1  # what a random stream is for


def stream(seed: int, purpose: int, number: int) -> np.random.RandomState:
    """Return the random stream of one epoch's order or of the batch from one item on.

    RandomState, because NumPy promises that its draws never change: a run resumed under another
    NumPy keeps its data order.
    """
    return np.random.RandomState((seed, purpose, number & 0xFFFFFFFF, number >> 32))


def new_seed() -> int:
    """Draw a seed from the stream that `set_random_seed` seeds."""
    return int(torch.randint(2**31, (), generator=context.generator(context.CPU)))


class EpochOrder:
    """The order of `count` items in every epoch: their own, or with `shuffle` a random one."""

    def __init__(self, count: int, shuffle: bool):
        self.count, self.shuffle = count, shuffle
        # The last epoch's, replaced as a whole: several threads may ask.
        self._last: tuple[tuple[int, int], np.ndarray] = ((0, -1), np.empty(0, int))

    def place(self, number: int, seed: int) -> int:
        """Return which item is number `number`, counted through all epochs."""
        epoch, place = divmod(number, self.count)
        if not self.shuffle:
            return place
        of, order = self._last
        if of != (seed, epoch):
            order = stream(seed, ORDER, epoch).permutation(self.count)
            self._last = ((seed, epoch), order)
        return int(order[place])


class Share(NamedTuple):
    """Which items a rank takes where several train together: rank, rank + ranks, and so on.

    By this BVLC's data layers skip (data_layer.cpp and hdf5_data_layer.cpp, Skip).
    """

    rank: int
    ranks: int

    def number(self, own: int) -> int:
        """Return the number, among all items, of the rank's item number `own`."""
        return self.rank + own * self.ranks


WHOLE = Share(0, 1)


class BatchReader:
    """Loads batches. `batch` is called from one thread at a time; `another` serves a second."""

    batch_size: int
    seed: int
    shapes: list[tuple[int, ...]]  # of the tops
    share = WHOLE
    first = 0  # number of the first item to give out

    def batch(self, first: int) -> list[np.ndarray]:
        """Return float32 arrays, one per top, of the share's items from number `first` on."""
        raise FormatError("this reader does not say how to load a batch")

    def another(self) -> "BatchReader":
        """Return a reader of the same items that runs beside this one."""
        return copy.copy(self)


class PrefetchingLayer(Layer):
    """A layer that loads its tops; a subclass's `open` returns its BatchReader."""

    is_function = False
    bottoms = (0, 0)
    tops: tuple[int, int | None] = (2, 2)

    def open(self) -> BatchReader:
        """Check settings and files, and return what loads the batches."""
        self.fail("does not define open")

    def setup(self):
        self.queue: Prefetch | None = None
        # BVLC too takes this from data_param whatever the type (base_data_layer.cpp).
        self.depth = self.layer_param.data_param.prefetch
        self.check(self.depth > 0, "data_param.prefetch is 0, expected at least 1 batch")
        self.reader = self.named(self.open)
        self.check(
            self.reader.batch_size > 0,
            f"batch_size is {self.reader.batch_size}, expected 1 or more",
        )
        if self.training:
            self.reader.share = Share(context.solver_rank(), context.solver_count())
        self.shapes = self.reader.shapes
        self.next = self.reader.first  # number of the first item not yet given out

    def reshape(self):
        return self.shapes

    def forward(self):
        # Threads start with the first batch asked for, and anew in a forked process.
        if self.queue is None or self.queue.process != os.getpid():
            self.queue = Prefetch(self, self.next)
        try:
            batch = self.named(self.queue.next)
        except BaseException:
            # Asked again, load the same batch again: data is never skipped.
            self.stop()
            raise
        self.next += self.reader.batch_size
        self.shapes = [tuple(t.shape) for t in batch]
        return tuple(t.to(context.device(), non_blocking=True) for t in batch)

    def check_new_size(self, param) -> None:
        """Raise LayerError unless new_height and new_width are both set or neither."""
        self.check(
            (param.new_height > 0) == (param.new_width > 0),
            f"new_height {param.new_height} and new_width {param.new_width} must both be set, or "
            "neither",
        )

    def stop(self) -> None:
        """End the background loading; the next forward starts it again."""
        if self.queue is not None:
            self.queue.stop()
            self.queue = None

    def get_state(self) -> dict:
        """Return the number of the next item to give out and the seed of all that is random.

        The number is counted over all ranks, so that any number of them can go on from it.
        """
        return {"next": self.next * self.reader.share.ranks, "seed": self.reader.seed}

    def set_state(self, state: dict) -> None:
        try:
            position, seed = int(state["next"]), int(state["seed"])
        except (KeyError, TypeError, ValueError):
            self.fail(f"state {state!r} is not {{'next': item number, 'seed': number}}")
        self.check(position >= 0 and seed >= 0, f"state {state!r} has a negative number")
        self.stop()
        self.next, self.reader.seed = position // self.reader.share.ranks, seed


class Prefetch:
    """Batches of a source in order, loaded `depth` ahead by background threads.

    The threads end when the source is stopped or collected.
    """

    def __init__(self, source: PrefetchingLayer, first: int):
        self.process = os.getpid()
        workers = context.data_workers()
        self._size, self._first = source.reader.batch_size, first
        self._readers: SimpleQueue[BatchReader] = SimpleQueue()  # those that no thread is using
        for each in [source.reader, *(source.reader.another() for _ in range(workers - 1))]:
            self._readers.put(each)
        self._pin = context.device().type == "cuda"
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="caffe-prefetch")
        self._end = weakref.finalize(source, self._pool.shutdown, wait=False, cancel_futures=True)
        self._coming = deque()
        for _ in range(max(source.depth, workers)):
            self._order()

    def _order(self) -> None:
        self._coming.append(self._pool.submit(_load, self._readers, self._first, self._pin))
        self._first += self._size

    def next(self) -> list[torch.Tensor]:
        batch = self._coming.popleft().result()
        self._order()
        return batch

    def stop(self) -> None:
        """End the threads, once they have finished the batches they are at."""
        self._end.detach()
        if self.process == os.getpid():
            self._pool.shutdown(wait=True, cancel_futures=True)


def _load(readers: "SimpleQueue[BatchReader]", first: int, pin: bool) -> list[torch.Tensor]:
    reader = readers.get()
    try:
        batch = [torch.from_numpy(array) for array in reader.batch(first)]
    finally:
        readers.put(reader)
    # From pinned memory the copy to the GPU runs beside the computing.
    return [t.pin_memory() for t in batch] if pin else batch
