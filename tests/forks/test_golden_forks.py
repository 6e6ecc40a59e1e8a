"""The figures of Caffe's forks, held through the public pycaffe API; see tests/golden/README.md."""

import shutil
from pathlib import Path

import pytest
from golden_case import Case

import caffe

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "forks"
LAYERS = sorted((GOLDEN / "layers").glob("*.npz"))
SOLVERS = sorted(p for p in (GOLDEN / "solvers").iterdir() if p.is_dir())
# Cases whose text alone does not tell whose layers they hold.
DIALECTS = {
    "Crop-coord": "fcn-future",
    "SigmoidCrossEntropyLoss-hed": "hed",
    "SoftmaxWithLossExpectation-cpu-a": "whats-the-point-cpu",
}


@pytest.fixture
def dialect(path):
    """Set what the case needs, and nothing afterwards."""
    caffe.set_dialect(next((d for k, d in DIALECTS.items() if path.stem.startswith(k)), ""))
    yield
    caffe.set_dialect("")


@pytest.mark.parametrize("path", LAYERS, ids=lambda p: p.stem)
def test_forward_and_backward(path, dialect, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = Case(path)
    for name, content in case.entries("file"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = content.dtype.kind == "U"
        target.write_bytes(str(content).encode() if text else content.tobytes())
    (tmp_path / "net.prototxt").write_text(str(case["prototxt"]))
    net = caffe.Net("net.prototxt", getattr(caffe, str(case["phase"])))
    case.hold_params(net, "init")  # as the net's fillers leave them
    case.hold_passes(net)


@pytest.mark.parametrize("path", SOLVERS, ids=lambda p: p.stem)
def test_training(path, tmp_path, monkeypatch):
    shutil.copytree(path, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    case = Case("trace.npz", tolerance=1e-3)
    case.hold_training(caffe.get_solver("solver.prototxt"))
