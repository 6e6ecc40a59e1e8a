"""Several ranks against one: caffe.NCCL as BVLC's python/train.py uses it, and `caffe train`."""

import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import h5py
import numpy as np
import pytest

import caffe
import caffe_cli
from caffe_cli import ranks
from layers.data_layer import DataLayer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="ranks here are forks")

ROOT = Path(__file__).resolve().parent.parent
# Rows of one epoch; 2 ranks x iter_size 2 x batch 2 take as many as 1 rank x iter_size 4 x batch 2.
NET = """
layer { name: "data" type: "HDF5Data" top: "x" top: "t"
  hdf5_data_param { source: "rows.txt" batch_size: BATCH shuffle: true } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" param { name: "w" } param {}
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "again" type: "Convolution" bottom: "conv" top: "again" param { name: "w" }
  param { lr_mult: 0 } convolution_param { num_output: 3 kernel_size: 3 pad: 1 } }
NORM
layer { name: "tanh" type: "TanH" bottom: "normed" top: "normed" }
layer { name: "ip" type: "InnerProduct" bottom: "normed" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
NO_NORM = 'layer { name: "same" type: "Power" bottom: "again" top: "normed" }'
# Normalised over both ranks' batches, and the batch size of a rank. "pooled" has one value for each
# channel and rank: its own variance would be none.
SYNCED = {
    "synced": ('layer { name: "bn" type: "BatchNorm" bottom: "again" top: "normed" }', 2),
    "pspnet": (
        """layer { name: "bn" type: "BN" bottom: "again" top: "normed" bn_param { momentum: 0.8
          slope_filler { type: "uniform" min: 0.5 } bias_filler { type: "uniform" } } }""",
        2,
    ),
    "pooled": (
        """layer { name: "pool" type: "Pooling" bottom: "again" top: "pool"
          pooling_param { pool: AVE global_pooling: true } }
        layer { name: "flat" type: "Flatten" bottom: "pool" top: "flat" }
        layer { name: "bn" type: "BatchNorm" bottom: "flat" top: "bn"
          batch_norm_param { eps: 0.1 } }
        layer { name: "psp" type: "BN" bottom: "flat" top: "psp"
          bn_param { eps: 0.1 slope_filler { type: "constant" value: 1 } } }
        layer { name: "sum" type: "Eltwise" bottom: "bn" bottom: "psp" top: "sum" }
        layer { name: "gate" type: "Scale" bottom: "again" bottom: "sum" top: "normed"
          scale_param { axis: 0 } }""",
        1,
    ),
}
SOLVER = """
net: "NAME.net" base_lr: 0.05 momentum: 0.9 weight_decay: 0.01 lr_policy: "fixed" random_seed: 3
max_iter: 6 display: 2 iter_size: SIZE snapshot_prefix: "NAME" snapshot: 6 clip_gradients: CLIP
"""
# As in BVLC's python/train.py; what differs is said by the case. Rank 1 is a fork of rank 0.
WORKER = """
import os, sys
import numpy as np
import caffe
from caffe._caffe.solvers import parallel

uid = caffe.NCCL.new_uid()
assert isinstance(uid, bytes) and caffe.has_nccl()
child = os.fork()
rank = 0 if child else 1
parallel.BUCKET = 40  # several
caffe.set_solver_count(2)
caffe.set_solver_rank(rank)
caffe.set_multiprocess(True)

def solve(name, eager, steps, snapshot=None, sync=False):
    solver = caffe.SGDSolver(name + ".solver")
    if snapshot:
        solver.restore(snapshot)
    nccl = caffe.NCCL(solver, uid)
    nccl.bcast()
    solver.add_callback(nccl)
    if sync:
        nccl.sync_batch_norm()
    if eager:
        solver.net.after_backward(nccl)
    solver.step(steps)
    blobs = [b.data for blobs in solver.net.params.values() for b in blobs]
    np.savez(f"{name}-{rank}.npz", *blobs)
    return solver

solve("eager", True, 6)
solve("late", False, 6)
solve("resumed", True, 3, "three_iter_3.solverstate")
for name in ("synced", "pspnet", "pooled"):
    solve(name, True, 6, sync=True)
parallel.ranks.share_batch_norm(False)
solver = caffe.SGDSolver("lost.solver")
nccl = caffe.NCCL(solver, uid)
nccl.bcast()
if rank == 1:
    solver.add_callback(lambda: None, lambda: os._exit(1) if solver.iter == 3 else None)
solver.add_callback(nccl)
try:
    solver.step(6)
except caffe.SolverError as error:
    assert "has lost another" in str(error) and "of iteration 3," in str(error), error
else:
    sys.exit("the lost rank was not missed")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) - 1)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Rows, and solvers by name: their nets, iter_sizes, and what else the cases want."""
    path = tmp_path_factory.mktemp("parallel")
    draw = np.random.RandomState(0)
    with h5py.File(path / "rows.h5", "w") as file:
        file["x"] = draw.randn(11, 3, 4, 5).astype(np.float32)
        file["t"] = draw.randn(11, 2).astype(np.float32)
    (path / "rows.txt").write_text("rows.h5\n")
    return path


def write(folder, name, size, batch=2, norm=NO_NORM, more=""):
    net = NET.replace("BATCH", str(batch)).replace("NORM", norm)
    (folder / f"{name}.net").write_text(net)
    text = (SOLVER + more).replace("NAME", name).replace("SIZE", str(size))
    # Clipped before it is divided by iter_size (sgd_solver.cpp): the sum, or the ranks' mean of it.
    text = text.replace("CLIP", str(size / 8))
    (folder / f"{name}.solver").write_text(text)


def one(name, steps, snapshot=None):
    """Train with one rank; return all parameters."""
    solver = caffe.get_solver(f"{name}.solver")
    if snapshot:
        solver.restore(snapshot)
    solver.step(steps)
    return solver, parameters(solver.net)


def parameters(net):
    return [b.data.copy() for blobs in net.params.values() for b in blobs]


def same(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def of_rank(name, rank):
    with np.load(f"{name}-{rank}.npz") as arrays:
        return [arrays[key] for key in arrays.files]


def test_two_ranks_are_one_of_twice_the_iter_size(folder, monkeypatch):
    monkeypatch.chdir(folder)
    write(folder, "one", 4)
    write(folder, "three", 4)
    for name in ("eager", "late", "resumed", "lost"):
        write(folder, name, 2)
    solver, wanted = one("three", 3)
    solver.snapshot()
    _, wanted = one("one", 6)
    whole = {}
    for name, (norm, batch) in SYNCED.items():
        write(folder, name, 2, batch=batch, norm=norm)
        write(folder, f"whole-{name}", 2, batch=2 * batch, norm=norm)
        _, whole[name] = one(f"whole-{name}", 6)
    environment = {**os.environ, "GLOG_minloglevel": "2"}
    command = [sys.executable, "-W", "ignore", "-c", WORKER]
    assert subprocess.run(command, timeout=250, env=environment).returncode == 0
    for name in ("eager", "late", "resumed"):
        for rank in (0, 1):
            same(of_rank(name, rank), wanted)
    for name, parameters_wanted in whole.items():
        for rank in (0, 1):
            same(of_rank(name, rank), parameters_wanted)
    # What is left of a run whose rank was lost goes on, with the data of the unfinished iteration.
    write(folder, "lost", 4)
    same(one("lost", 3, "lost_iter_3.solverstate")[1], wanted)


def test_caffe_train_starts_the_ranks(folder, monkeypatch, capfd):
    monkeypatch.chdir(folder)
    write(folder, "alone", 4)
    write(folder, "both", 2)
    _, wanted = one("alone", 6)
    capfd.readouterr()
    assert caffe_cli.main(["train", "-solver", "both.solver", "-ranks", "2"]) == 0
    log = capfd.readouterr().err
    assert log.count("Iteration 4,") == log.count("Iteration 4 (") == 1  # rank 0's alone
    assert log.count("Optimization Done.") == 2  # solver.cpp's and caffe.cpp's
    net = caffe.Net("both.net", caffe.TEST, weights="both_iter_6.caffemodel")
    same(parameters(net), wanted)


def test_a_rank_that_fails_ends_the_command(monkeypatch):
    started = []
    real = subprocess.Popen

    def start(command, env, **options):  # rank 0 waits for ever, rank 1 fails
        code = "import time; time.sleep(60)" if env["RANK"] == "0" else "raise SystemExit(3)"
        started.append(real([sys.executable, "-c", code], env=env, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(ranks, "GRACE", 0.2)
    assert ranks.launch(["train"], 2) == 3
    assert started[0].wait(5) == -signal.SIGKILL


def test_ranks_take_turns_at_the_pictures(tmp_path, monkeypatch):
    """Each rank of data_layer.py draws its batches of one order; any number can resume."""

    class Numbers(DataLayer):
        def list_items(self):
            return list(range(10))

        def load(self, item):
            return [("", np.full((1, 2, 2), item, np.float32)), ("", np.zeros((2, 2), np.uint8))]

    module = types.ModuleType("numbers_layer")
    module.Numbers = Numbers
    monkeypatch.setitem(sys.modules, "numbers_layer", module)
    net = tmp_path / "net.prototxt"
    net.write_text("""layer { name: "data" type: "Python" top: "data" top: "label" python_param {
        module: "numbers_layer" layer: "Numbers"
        param_str: "{'split': 'train', 'seed': 5, 'batch': 2}" } }""")

    def take(rank, count, passes, state=None):
        caffe.set_solver_count(count)
        caffe.set_solver_rank(rank)
        one = caffe.Net(str(net), caffe.TRAIN)
        if state:
            one.layers[0].restore_state(state)
        found = [one.forward()["data"][:, 0, 0, 0].tolist() for _ in range(passes)]
        return found, one.layers[0].snapshot_state()

    try:
        alone, _ = take(0, 1, 12)
        (first, state), (second, other) = take(0, 2, 3), take(1, 2, 3)
        assert first == alone[0:6:2] and second == alone[1:6:2] and state == other
        for count in (1, 2, 3):
            for rank in range(count):
                more, _ = take(rank, count, 2, state)
                assert more == alone[6 + rank :: count][:2]
    finally:
        caffe.set_solver_count(1)
        caffe.set_solver_rank(0)
