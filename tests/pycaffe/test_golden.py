"""BVLC Caffe's own figures, held through the public pycaffe API alone.

Passes on any pycaffe; see tests/golden/README.md for what the files hold.
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import caffe

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LAYERS = sorted((GOLDEN / "layers").glob("*.npz"))
RANDOM = sorted((GOLDEN / "random" / "layers").glob("*.npz"))
SOLVERS = sorted(p for p in (GOLDEN / "solvers").iterdir() if p.is_dir())
TOLERANCE = 1e-4


def hold(what, got, want):
    """Compare within TOLERANCE of the wanted array's scale; infinities must agree in place."""
    got = np.asarray(got, dtype=np.float64).reshape(want.shape)
    finite = np.isfinite(want)
    assert np.array_equal(np.isfinite(got), finite), what
    scale = max(1.0, np.abs(want[finite]).max(initial=0.0))
    assert np.abs(got[finite] - want[finite]).max(initial=0.0) <= TOLERANCE * scale, what


def entries(case, kind):
    """Yield (key, array) of one kind, the key without it."""
    for name in case.files:
        if name.startswith(kind + "/"):
            yield name[len(kind) + 1 :], case[name]


def param(net, key):
    layer, index = key.rsplit("/", 1)
    return net.params[layer][int(index)]


@pytest.mark.parametrize("path", LAYERS + RANDOM, ids=lambda p: f"{p.parent.parent.name}-{p.stem}")
def test_forward_and_backward(path, tmp_path):
    case = np.load(path)
    (tmp_path / "net.prototxt").write_text(str(case["prototxt"]))
    net = caffe.Net(str(tmp_path / "net.prototxt"), getattr(caffe, str(case["phase"])))
    for key, value in entries(case, "param"):
        param(net, key).data[...] = value
    for key, value in entries(case, "in"):
        net.blobs[key].data[...] = value
    for _ in range(int(case["steps"])):
        net.forward()
    for key, value in entries(case, "out"):
        assert tuple(net.blobs[key].shape) == value.shape, key
        hold(f"data of {key}", net.blobs[key].data, value)
    for key, value in entries(case, "after"):
        hold(f"param {key} afterwards", param(net, key).data, value)
    wanted = list(entries(case, "indiff")), list(entries(case, "paramdiff"))
    if not any(wanted):
        return
    net.clear_param_diffs()
    for key, value in entries(case, "topdiff"):
        net.blobs[key].diff[...] = value
    net.backward()
    for key, value in wanted[0]:
        if value.any():
            hold(f"diff of {key}", net.blobs[key].diff, value)
    for key, value in wanted[1]:
        hold(f"diff of param {key}", param(net, key).diff, value)


def feed(net, case):
    for key, value in entries(case, "in"):
        net.blobs[key].data[...] = value


def hold_params(net, case, iteration):
    for key, value in entries(case, f"iter{iteration}"):
        hold(f"iteration {iteration}, {key}", param(net, key).data, value)


@pytest.fixture
def run_folder(request, tmp_path, monkeypatch):
    """A copy of a solver's folder, as the current folder."""
    for item in request.param.iterdir():
        shutil.copy(item, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("run_folder", SOLVERS, ids=lambda p: p.name, indirect=True)
def test_solver_trajectory(run_folder):
    case = np.load("trace.npz")
    solver = caffe.get_solver("solver.prototxt")
    for key, value in entries(case, "init"):
        param(solver.net, key).data[...] = value
    feed(solver.net, case)
    for iteration in range(1, 21):
        solver.step(1)
        loss = np.ravel(solver.net.blobs["loss"].data)[0]
        hold(f"loss at {iteration}", loss, case["loss"][iteration - 1])
        hold_params(solver.net, case, iteration)


@pytest.mark.parametrize(
    "run_folder", [p for p in SOLVERS if "snapshot" in p.name], ids=lambda p: p.name, indirect=True
)
def test_resume_from_what_bvlc_wrote(run_folder):
    case = np.load("trace.npz")
    state = next(f for f in os.listdir(".") if ".solverstate" in f)
    solver = caffe.get_solver("solver.prototxt")
    solver.restore(state)
    feed(solver.net, case)
    assert solver.iter == 10
    hold_params(solver.net, case, 10)
    solver.step(10)
    hold_params(solver.net, case, 20)
