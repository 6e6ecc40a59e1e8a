"""caffe train on several devices: one process each, started here or by torchrun.

A rank is told its place by the environment, as torchrun tells it: RANK, LOCAL_RANK, WORLD_SIZE.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from .common import beyond_bvlc
from .options import CommandError

UID = "CAFFE_NCCL_UID"  # what the ranks started here find each other by, in hexadecimal
FORWARDED = ("SIGINT", "SIGHUP", "SIGTERM")
GRACE = 120.0  # seconds that ranks have to write their snapshot when one is lost


def rank() -> int:
    """Return this process's place among the ranks; 0 where it is alone."""
    return int(os.environ.get("RANK", 0)) if is_rank() else 0


def is_rank() -> bool:
    """Tell whether this process is one of several ranks."""
    return int(os.environ.get("WORLD_SIZE", 1)) > 1


_BVLC = "its own `caffe train`, or its python/train.py, trains on several devices"


def own_device(devices: Sequence[int]) -> list[int]:
    """Return the one of `devices` that this rank computes on; none for the CPU."""
    local = int(os.environ.get("LOCAL_RANK", 0))
    if devices and local >= len(devices):
        raise CommandError(
            f"-gpu names {len(devices)} devices, but there is a rank {local} on this machine"
        )
    return list(devices[local : local + 1])


def take_place() -> None:
    """Tell caffe which rank this is; before the solver is made, for its data layers ask."""
    import caffe

    if not is_rank():
        return
    beyond_bvlc("CaffeError", _BVLC)
    caffe.set_solver_count(int(os.environ["WORLD_SIZE"]))
    caffe.set_solver_rank(rank())
    caffe.set_multiprocess(True)


def join(solver, sync_bn: bool) -> None:
    """Make the solver one of the ranks', with rank 0's weights; `sync_bn`: see `caffe.NCCL`."""
    import caffe

    if not is_rank():
        return
    given = os.environ.get(UID)
    nccl = caffe.NCCL(solver, bytes.fromhex(given) if given else caffe.NCCL.new_uid())
    nccl.bcast()
    if sync_bn:
        nccl.sync_batch_norm()
    solver.add_callback(nccl)
    if solver.param.layer_wise_reduce:
        solver.net.after_backward(nccl)


def launch(argv: Sequence[str], count: int) -> int:
    """Run `caffe ARGV` as `count` ranks and pass signals on to them.

    Returns
    -------
    int
        0, or the exit status of the first rank that failed.
    """
    import caffe

    beyond_bvlc("CaffeError", _BVLC)
    program = [sys.argv[0]] if os.path.basename(sys.argv[0]) == "caffe" else ["-m", "caffe_cli"]
    shared = {"WORLD_SIZE": str(count), UID: caffe.NCCL.new_uid().hex()}
    shared["OMP_NUM_THREADS"] = os.environ.get(
        "OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count))
    )
    # In sessions of their own: a terminal's Ctrl-C would reach them twice.
    ranks = [
        subprocess.Popen(
            [sys.executable, *program, *argv],
            env={**os.environ, **shared, "RANK": str(i), "LOCAL_RANK": str(i)},
            start_new_session=True,
        )
        for i in range(count)
    ]

    def forward(number, frame):
        for process in ranks:
            process.send_signal(number)

    numbers = [getattr(signal, name) for name in FORWARDED if hasattr(signal, name)]
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        return _wait(ranks)
    finally:
        for process in ranks:
            process.kill()  # if anything but their end has led here
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(ranks: Sequence[subprocess.Popen]) -> int:
    """Wait for all ranks; where one fails, only so long as the others may take to snapshot."""
    failed, until = 0, float("inf")
    while any(process.poll() is None for process in ranks) and time.monotonic() < until:
        codes = [process.poll() for process in ranks]
        if not failed and (failed := next((code for code in codes if code), 0)):
            until = time.monotonic() + GRACE
        time.sleep(0.05)
    failed = failed or next((code for code in map(_code, ranks) if code), 0)
    return failed if failed >= 0 else 128 - failed


def _code(process: subprocess.Popen) -> int:
    return process.poll() or 0
