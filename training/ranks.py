"""Training by several processes that `torchrun` starts: torchrun --nproc-per-node 2 solve.py NAME.

Each is a rank: it draws its share of the pictures, and all take their steps together. Rank 0
prints, logs and snapshots; each scores its share of the validation split.
"""

import os
import sys
from typing import Any

import numpy as np

import caffe
from data.errors import ProjectError


def rank() -> int:
    """Return this process's place among the ranks; 0 where it is alone."""
    return caffe.solver_rank()


def local() -> int:
    """Return this process's place among the ranks of its machine."""
    return int(os.environ.get("LOCAL_RANK", 0))


def _count() -> int:
    return int(os.environ.get("WORLD_SIZE", 1))


def several() -> bool:
    """Return whether this process is one of several ranks."""
    return _count() > 1


def take_place() -> None:
    """Tell caffe which rank this is, before data layers are made; silence all but rank 0."""
    if _count() == 1:
        return
    if not hasattr(caffe, "CaffeError"):
        raise ProjectError("a BVLC build trains on several GPUs by its own python/train.py")
    caffe.set_solver_count(_count())
    caffe.set_solver_rank(int(os.environ["RANK"]))
    caffe.set_multiprocess(True)
    if rank():
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (until the process ends)


class Ranks:
    """What one solver has of the others; alone, nothing."""

    def __init__(self, solver: Any):
        self.solver = solver
        self.nccl: Any = None

    def join(self, sync_bn: bool) -> None:
        """Take rank 0's weights, and average gradients from now on; `sync_bn`: see `caffe.NCCL`."""
        if _count() == 1:
            return
        self.nccl = caffe.NCCL(self.solver, caffe.NCCL.new_uid())
        self.nccl.bcast()
        if sync_bn:
            self.nccl.sync_batch_norm()
        self.solver.add_callback(self.nccl)
        self.solver.net.after_backward(self.nccl)

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set on any rank; all of them must ask."""
        if self.nccl is None:
            return flag
        found = bool(self.nccl.agree(int(flag)))
        if found:  # all may end now
            self.nccl.meet()
        return found

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of an array over all ranks; all of them must ask."""
        return self.nccl.total(values) if self.nccl else values
