"""Training on several devices, one process each, gradients averaged (parallel.cpp, BVLC's NCCL).

Every rank has the whole net and draws its share of the data. An iteration ends with the mean
of all ranks' gradients, so k ranks with iter_size n take the step that one takes with iter_size
k * n. The gradients are summed in buckets, each of them while backward is still at the layers
below.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from ..core import context, ranks
from ..core.blob import Blob
from ..errors import SolverError
from ..graph.net import Net
from . import snapshots
from .solver import Solver

BUCKET = 25 << 20  # bytes; fewer, larger messages against an early start


class Bucket:
    """Parameters whose gradients are complete once backward has passed layer `ready`."""

    def __init__(self, ready: int):
        self.ready = ready
        self.blobs: list[Blob] = []
        self._sent: tuple[list[torch.Tensor], torch.Tensor, Callable] | None = None

    @property
    def bytes(self) -> int:
        return sum(4 * blob.count for blob in self.blobs)

    def send(self) -> None:
        """Begin to sum the gradients over all ranks, unless that has begun."""
        if self._sent is not None:
            return
        diffs = [blob.diff_tensor(write=True) for blob in self.blobs]
        flat = diffs[0] if len(diffs) == 1 else torch.cat([d.view(-1) for d in diffs])
        self._sent = (diffs, flat, ranks.start_sum(flat))

    def receive(self, count: int) -> None:
        """Put the means of `count` ranks into the diffs, once they are there."""
        assert self._sent is not None
        (diffs, flat, wait), self._sent = self._sent, None
        wait()
        flat.mul_(1 / count)
        if len(diffs) > 1:
            parts = flat.split([d.numel() for d in diffs])
            torch._foreach_copy_([d.view(-1) for d in diffs], list(parts))


def make_buckets(net: Net) -> list[Bucket]:
    """Divide the parameters that learn, from the last layer's to the first's."""
    ready: dict[Blob, int] = {}
    for i, node in reversed(list(enumerate(net.nodes))):
        for j in range(len(node.layer.blobs)):
            if node.layer.wants_param(j):
                owner = net.param_table.owner_of(node.layer, j)
                ready[owner.blob if owner else node.layer.blobs[j]] = i
    buckets: list[Bucket] = []
    for blob, i in sorted(ready.items(), key=lambda pair: -pair[1]):
        if not buckets or buckets[-1].bytes + 4 * blob.count > BUCKET:
            buckets.append(Bucket(i))
        buckets[-1].ready = i
        buckets[-1].blobs.append(blob)
    return buckets


class NCCL:
    """One solver's part in a training on several devices.

    As in BVLC: `solver.add_callback(nccl)` averages the gradients of each iteration, and
    `solver.net.after_backward(nccl)` begins with it while backward still runs. Before,
    `caffe.set_solver_count(n)` and `caffe.set_solver_rank(i)` say who this solver is, which the
    data layers want to know when they are made. It works on the CPU too.

    Parameters
    ----------
    solver : Solver
    uid : bytes
        `NCCL.new_uid()`'s answer, the same on all ranks.

    Raises
    ------
    CaffeError
        If the ranks cannot meet.
    """

    reads_diffs = False  # of blobs, as a hook of the net

    def __init__(self, solver: Solver, uid: bytes):
        ranks.join(uid)
        self._solver = solver
        self._count = context.solver_count()
        self._buckets = make_buckets(solver.net)
        self._passes = 0
        self._before: tuple[dict, dict] | None = None

    @staticmethod
    def new_uid() -> bytes:
        """Return the identifier by which a training's ranks find each other; keep the caller alive.

        Under torchrun every rank may ask for itself.
        """
        return ranks.new_uid()

    def bcast(self) -> None:
        """Give every rank the weights of rank 0, and its place in the data.

        Raises
        ------
        SolverError
            If a rank is at another iteration than rank 0 or has another net.
        """
        solver = self._solver
        own = [solver.iter, *(list(blob.shape) for blob in solver.net.learnable_params)]
        first = ranks.of_rank_0(own)
        if ranks.largest(own != first):
            raise SolverError(
                f"rank {context.solver_rank()} is at iteration {own[0]} with {len(own) - 1} "
                f"parameters, rank 0 at {first[0]} with {len(first) - 1}; all must have the same "
                "net, and restore the same snapshot"
            )
        for blob in solver.net.learnable_params:
            ranks.broadcast(blob.tensor(write=True))
        state = ranks.of_rank_0(solver.net.get_state())
        if context.solver_rank():
            solver.net.set_state(state)

    def sync_batch_norm(self) -> None:
        """Let batch normalisation in training take mean and variance over all ranks' batches.

        BVLC has no such thing; PSPNet's Caffe does it. Gradients flow through it; the statistics
        that are stored for testing become the same on all ranks.
        """
        ranks.share_batch_norm(True)

    # -- as a solver's callback and as a net's hook

    def on_start(self) -> None:
        self._passes = 0
        self._before = (context.random_state(), self._solver.net.get_state())

    def __call__(self, layer: int) -> None:
        """Send what is complete when backward has passed this layer, in the last pass."""
        if self._before is None:  # a backward pass of the user's own
            return
        if layer == len(self._solver.net.nodes) - 1:
            self._passes += 1
        if self._passes == self._solver.param.iter_size:
            for bucket in self._buckets:
                if bucket.ready == layer:
                    bucket.send()

    def on_gradients_ready(self) -> None:
        """Wait until all gradients are the ranks' means."""
        with self.watch():
            for bucket in self._buckets:
                bucket.send()
            for bucket in self._buckets:
                bucket.receive(self._count)
        self._before = None

    def agree(self, value: int) -> int:
        """Return the largest value that any rank gave; all of them must ask."""
        with self.watch():
            return ranks.largest(value)

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of an array over all ranks, as float64; all of them must ask."""
        with self.watch():
            found = ranks.total(torch.from_numpy(np.array(values, np.float64))).numpy()
        ranks.meet()
        return found

    def meet(self) -> None:
        """Wait until all ranks have come here; before one may end, which breaks connections."""
        ranks.meet()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """End the training with a snapshot where the other ranks cannot be reached.

        Every rank that is left writes it, all of them the same files: nobody knows who is left.
        """
        try:
            yield
        except ranks.RankLost as error:
            solver = self._solver
            if self._before is not None:  # the iteration has not ended: its data come again
                context.restore_random_state(self._before[0])
                solver.net.set_state(self._before[1])
            snapshots.write(solver)
            raise SolverError(
                f"{error}; there is a snapshot of iteration {solver.iter}, from which any number "
                "of ranks can resume"
            ) from error
