"""A step of two ranks beside one rank's that takes as many pictures by twice the iter_size.

The measured process is rank 0. It starts rank 1, `python -m benchmarks.ranks`, and tells it by a
line each time to take its steps, so that rank 1 computes only while rank 0 is timed.
"""

import json
import subprocess
import sys
from collections.abc import Callable

from . import with_caffe
from .config import Config

SOLVERS = {"lenet": with_caffe.lenet_solver, "fcn8s": with_caffe.fcn8s_solver}


def alone(config: Config, name: str) -> Callable[[], float]:
    """Make the step of the one rank; `name` is a key of SOLVERS."""
    return with_caffe.steps(SOLVERS[name](config._replace(iter_size=2)), config)


def together(config: Config, name: str) -> Callable[[], float]:
    """Make the step of the two ranks."""
    import caffe

    uid = caffe.NCCL.new_uid()
    other = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ranks", name, uid.hex(), json.dumps(config)],
        stdin=subprocess.PIPE,
        cwd=with_caffe.ROOT,
    )
    unit = _rank(0, name, uid, config)
    orders = other.stdin
    assert orders is not None

    def both() -> float:
        orders.write(b"\n")
        orders.flush()
        return unit()

    return both


def _rank(rank: int, name: str, uid: bytes, config: Config) -> Callable[[], float]:
    """Return the unit of one of the two."""
    import torch

    import caffe

    if config.gpu:
        caffe.set_device(rank)
    else:  # they share the processor, as the ranks of `caffe train` do
        torch.set_num_threads(max(1, torch.get_num_threads() // 2))
    caffe.set_solver_count(2)
    caffe.set_solver_rank(rank)
    caffe.set_multiprocess(True)
    solver = SOLVERS[name](config)
    nccl = caffe.NCCL(solver, uid)
    nccl.bcast()
    solver.add_callback(nccl)
    solver.net.after_backward(nccl)
    return with_caffe.steps(solver, config)


def main(name: str, uid: str, config: str) -> None:
    """Be rank 1 until rank 0 ends."""
    unit = _rank(1, name, bytes.fromhex(uid), Config(*json.loads(config)))
    for _ in sys.stdin:
        unit()


if __name__ == "__main__":
    main(*sys.argv[1:])
