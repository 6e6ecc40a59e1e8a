"""The figures of Caffe's forks, held through the public pycaffe API; see tests/golden/README.md."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import caffe

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "forks"
LAYERS = sorted((GOLDEN / "layers").glob("*.npz"))
SOLVERS = sorted(p for p in (GOLDEN / "solvers").iterdir() if p.is_dir())
TOLERANCE = 1e-4
# Cases whose text alone does not tell whose layers they hold.
DIALECTS = {
    "Crop-coord": "fcn-future",
    "SigmoidCrossEntropyLoss-hed": "hed",
    "SoftmaxWithLossExpectation-cpu": "whats-the-point-cpu",
}


@pytest.fixture
def dialect(path):
    """Set what the case needs, and nothing afterwards."""
    caffe.set_dialect(next((d for k, d in DIALECTS.items() if path.stem.startswith(k)), ""))
    yield
    caffe.set_dialect("")


def hold(what, got, want, tolerance):
    """Compare within the tolerance, of the wanted array's scale; NaN must agree in place."""
    got = np.asarray(got, dtype=np.float64).reshape(want.shape)
    finite = np.isfinite(want)
    assert np.array_equal(np.isfinite(got), finite), what
    scale = max(1.0, np.abs(want[finite]).max(initial=0.0))
    assert np.abs(got[finite] - want[finite]).max(initial=0.0) <= tolerance * scale, what


def entries(case, kind):
    """Yield (key, array) of one kind, the key without it."""
    for name in case.files:
        if name.startswith(kind + "/"):
            yield name[len(kind) + 1 :], case[name]


def param(net, key):
    layer, index = key.rsplit("/", 1)
    return net.params[layer][int(index)]


def build(case, folder):
    for name, content in entries(case, "file"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = content.dtype.kind == "U"
        target.write_bytes(str(content).encode() if text else content.tobytes())
    (folder / "net.prototxt").write_text(str(case["prototxt"]))
    net = caffe.Net(str(folder / "net.prototxt"), getattr(caffe, str(case["phase"])))
    for key, value in entries(case, "init"):
        hold(f"param {key} as filled", param(net, key).data, value, TOLERANCE)
    for key, value in entries(case, "param"):
        param(net, key).data[...] = value
    for key, value in entries(case, "in"):
        net.blobs[key].data[...] = value
    return net


@pytest.mark.parametrize("path", LAYERS, ids=lambda p: p.stem)
def test_forward_and_backward(path, dialect, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = np.load(path)
    tolerance = max(TOLERANCE, float(case["tol"]) if "tol" in case.files else 0)
    net = build(case, tmp_path)
    for _ in range(int(case["steps"])):
        net.forward()
    for key, value in entries(case, "out"):
        assert tuple(net.blobs[key].shape) == value.shape, key
        hold(f"data of {key}", net.blobs[key].data, value, tolerance)
    for key, value in entries(case, "after"):
        hold(f"param {key} afterwards", param(net, key).data, value, tolerance)
    wanted = list(entries(case, "indiff")), list(entries(case, "paramdiff"))
    if not any(wanted):
        return
    net.clear_param_diffs()
    for key, value in entries(case, "topdiff"):
        net.blobs[key].diff[...] = value
    net.backward()
    for key, value in wanted[0]:
        if value.any():
            hold(f"diff of {key}", net.blobs[key].diff, value, tolerance)
    for key, value in wanted[1]:
        hold(f"diff of param {key}", param(net, key).diff, value, tolerance)


@pytest.mark.parametrize("path", SOLVERS, ids=lambda p: p.stem)
def test_training(path, tmp_path, monkeypatch):
    shutil.copytree(path, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    case = np.load(path / "trace.npz")
    solver = caffe.get_solver("solver.prototxt")
    for key, value in entries(case, "init"):
        param(solver.net, key).data[...] = value
    for key, value in entries(case, "in"):
        solver.net.blobs[key].data[...] = value
    for iteration in range(1, 21):
        solver.step(1)
        loss = solver.net.blobs["loss"].data
        hold(f"loss {iteration}", loss, np.float64(case["loss"][iteration - 1]), 10 * TOLERANCE)
        for key, value in entries(case, f"iter{iteration}"):
            what = f"iteration {iteration}, {key}"
            hold(what, param(solver.net, key).data, value, 10 * TOLERANCE)
