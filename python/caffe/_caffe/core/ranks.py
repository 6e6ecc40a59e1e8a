"""The processes that train together, and what they tell each other (torch.distributed).

Arrays go over NCCL where they are on a GPU, over gloo where they are on the host.
"""

import atexit
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from ..errors import CaffeError
from . import context

# What torchrun tells each process that it starts.
ENVIRONMENT = b"env://"
# A rank may have to wait while rank 0 scores. One that is lost shows at once, by its connections.
PATIENCE = timedelta(hours=12)

_hosted: list[dist.TCPStore] = []
_stores: list[dist.Store] = []  # what all ranks read and write, once they have met
_shared_batch_norm = False


class RankLost(CaffeError):
    """Another rank cannot be reached any more."""


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise RankLost(f"rank {context.solver_rank()} has lost another: {error}") from error


def new_uid() -> bytes:
    """Return the identifier by which the ranks of one training find each other.

    Under torchrun that is its environment; otherwise an address at which this process, which must
    outlive the ranks, introduces them to each other.
    """
    if {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys():
        return ENVIRONMENT
    store = dist.TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
    _hosted.append(store)
    return f"localhost:{store.port}".encode()


def join(uid: bytes) -> None:
    """Meet the other ranks: `context.solver_count()` in all, this one the `solver_rank()`th.

    Raises CaffeError if they cannot be met.
    """
    if dist.is_initialized():
        return
    rank, count = context.solver_rank(), context.solver_count()
    backend = "cpu:gloo,cuda:nccl" if context.device().type == "cuda" else "gloo"
    try:
        if uid == ENVIRONMENT:
            store, *_ = next(iter(dist.rendezvous(uid.decode(), rank, count)))
        else:
            host, _, port = uid.decode().rpartition(":")
            store = dist.TCPStore(host, int(port), is_master=False)
        dist.init_process_group(
            backend,
            rank=rank,
            world_size=count,
            timeout=PATIENCE,
            store=dist.PrefixStore("group", store),
        )
    except (RuntimeError, ValueError) as error:
        raise CaffeError(
            f"rank {rank} of {count} cannot meet the others at {uid!r}: {error}"
        ) from error
    _stores.append(dist.PrefixStore("caffe", store))
    atexit.register(dist.destroy_process_group)


def meet() -> None:
    """Wait until all ranks have come here, a minute at most.

    Before any of them may end: its connections close, and what another has received by then but
    not looked at yet is lost to it. So they do not meet by these connections.
    """
    try:
        place = _stores[0].add("meetings", 1)
        count = context.solver_count()
        whole = -(-place // count) * count  # all of this meeting
        until = time.monotonic() + 60
        while _stores[0].add("meetings", 0) < whole and time.monotonic() < until:
            time.sleep(0.001)
    except RuntimeError:  # who keeps the count has ended
        return


# -- what they tell each other; each call raises RankLost where one cannot be reached


def start_sum(values: torch.Tensor) -> Callable[[], None]:
    """Begin to sum `values`, contiguous, over all ranks in place; return what waits for that."""

    def wait():
        with _reached():
            work.wait()

    with _reached():
        work = dist.all_reduce(values, async_op=True)
    return wait


def total(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of `values`, contiguous and overwritten, over all ranks."""
    start_sum(values)()
    return values


def broadcast(values: torch.Tensor) -> None:
    """Replace `values` by rank 0's."""
    with _reached():
        dist.broadcast(values, 0)


def largest(value: int) -> int:
    found = torch.tensor(value)
    with _reached():
        dist.all_reduce(found, dist.ReduceOp.MAX)
    return int(found)


def share_batch_norm(shared: bool) -> None:
    """Set whether training normalises by the moments of all ranks' batches together."""
    global _shared_batch_norm
    _shared_batch_norm = shared


def batch_norm_is_shared() -> bool:
    """Tell whether training normalises by the moments of all ranks' batches together."""
    return _shared_batch_norm


def of_rank_0(value: Any) -> Any:
    """Return rank 0's `value`."""
    sent = [value]
    with _reached():
        dist.broadcast_object_list(sent, 0, device=context.CPU)
    return sent[0]
