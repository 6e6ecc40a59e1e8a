"""BVLC Caffe's own figures, held through the public pycaffe API alone.

Passes on any pycaffe; see tests/golden/README.md for what the files hold.
"""

import os
import shutil
from pathlib import Path

import pytest
from golden_case import Case

import caffe

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LAYERS = sorted((GOLDEN / "layers").glob("*.npz"))
RANDOM = sorted((GOLDEN / "random" / "layers").glob("*.npz"))
SOLVERS = sorted(p for p in (GOLDEN / "solvers").iterdir() if p.is_dir())


@pytest.mark.parametrize("path", LAYERS + RANDOM, ids=lambda p: f"{p.parent.parent.name}-{p.stem}")
def test_forward_and_backward(path, tmp_path):
    case = Case(path)
    (tmp_path / "net.prototxt").write_text(str(case["prototxt"]))
    net = caffe.Net(str(tmp_path / "net.prototxt"), getattr(caffe, str(case["phase"])))
    case.hold_passes(net)


@pytest.fixture
def run_folder(request, tmp_path, monkeypatch):
    """A copy of a solver's folder, as the current folder."""
    shutil.copytree(request.param, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("run_folder", SOLVERS, ids=lambda p: p.name, indirect=True)
def test_solver_trajectory(run_folder):
    Case("trace.npz").hold_training(caffe.get_solver("solver.prototxt"))


@pytest.mark.parametrize(
    "run_folder", [p for p in SOLVERS if "snapshot" in p.name], ids=lambda p: p.name, indirect=True
)
def test_resume_from_what_bvlc_wrote(run_folder):
    case = Case("trace.npz")
    state = next(f for f in os.listdir(".") if ".solverstate" in f)
    solver = caffe.get_solver("solver.prototxt")
    solver.restore(state)
    case.feed(solver.net)
    assert solver.iter == 10
    case.hold_params(solver.net, "iter10")
    solver.step(10)
    case.hold_params(solver.net, "iter20")
