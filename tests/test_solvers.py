"""Solvers: rates and update rules against their formulas, snapshots, exact resuming, refusals."""

import math
import os

import numpy as np
import pytest

import caffe
from caffe._caffe.core import context
from caffe._caffe.solvers import lr_policy
from caffe.proto import caffe_pb2

NET = """
layer {{ name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {{
  shape {{ dim: 4 dim: 3 }} shape {{ dim: 4 dim: 2 }}
  data_filler {{ type: "gaussian" std: 1 }} data_filler {{ type: "constant" value: 0.5 }} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  param {{ lr_mult: 1 decay_mult: 1 }} param {{ lr_mult: 2 decay_mult: 0 }}
  inner_product_param {{ num_output: 2 weight_filler {{ type: "xavier" }} }} }}
{extra}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }}
"""
DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "y" top: "y" }'


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a solver from settings, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def solver(settings="", extra="", net=None):
        (tmp_path / "net.prototxt").write_text(net or NET.format(extra=extra))
        text = f'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" random_seed: 7 {settings}'
        for line in ("base_lr: 0.1", 'lr_policy: "fixed"'):
            if text.count(line.split(":")[0] + ":") > 1:
                text = text.replace(line, "", 1)
        (tmp_path / "solver.prototxt").write_text(text)
        return caffe.get_solver("solver.prototxt")

    return solver


def settings(**fields):
    return caffe_pb2.SolverParameter(**fields)


@pytest.mark.parametrize(
    "fields, at, want",
    [
        (dict(lr_policy="fixed"), 50, 1.0),
        (dict(lr_policy="step", gamma=0.5, stepsize=10), 25, 0.25),
        (dict(lr_policy="exp", gamma=0.9), 3, 0.729),
        (dict(lr_policy="inv", gamma=0.1, power=2), 10, 0.25),
        (dict(lr_policy="poly", power=2, max_iter=100), 75, 0.0625),
        (dict(lr_policy="sigmoid", gamma=0.1, stepsize=10), 20, math.e / (1 + math.e)),
        (dict(lr_policy="sigmoid", gamma=9.0, stepsize=1), 10000, 1.0),
    ],
)
def test_rates(fields, at, want):
    p = settings(base_lr=1.0, **fields)
    lr_policy.check(p)
    assert lr_policy.rate(p, at, lr_policy.current_step(p, at, 0)) == pytest.approx(want)


def test_multistep_takes_one_step_an_iteration():
    p = settings(base_lr=1, lr_policy="multistep", gamma=0.1, stepvalue=[2, 2, 5])
    steps = [0]
    for it in range(1, 7):
        steps.append(lr_policy.current_step(p, it, steps[-1]))
    assert steps == [0, 0, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    "text, words",
    [
        ('lr_policy: "fixt"', "did you mean 'fixed'"),
        ('lr_policy: "step" gamma: 0.1', "stepsize > 0"),
        ('lr_policy: "exp" gamma: -1', "gamma >= 0"),
        ("average_loss: 0", "average_loss"),
        ("iter_size: 0", "iter_size"),
        ('regularization_type: "L3"', "known: L1, L2"),
        ('type: "Adom"', "did you mean 'Adam'"),
        ('type: "AdaGrad" momentum: 0.9', "momentum cannot be used"),
        ('type: "RMSProp" rms_decay: 1.5', "rms_decay"),
        ("test_iter: 1", "test_interval"),
        ("test_iter: 1 test_interval: 5 test_state { } test_state { }", "test_state"),
        ('train_net: "net.prototxt"', "exactly one of"),
        ('snapshot: 5 snapshot_prefix: "absent/x"', "'absent' does not exist"),
    ],
)
def test_settings_that_cannot_be_met(make, text, words):
    with pytest.raises(caffe.SolverError, match=words):
        make(text)


RULES = {
    "SGD": ("momentum: 0.9", lambda s, g, lr, t: _sgd(s, g, lr)),
    "Nesterov": ("momentum: 0.9", lambda s, g, lr, t: _nesterov(s, g, lr)),
    "AdaGrad": ("delta: 1e-3", lambda s, g, lr, t: _adagrad(s, g, lr)),
    "RMSProp": ("delta: 1e-3 rms_decay: 0.8", lambda s, g, lr, t: _rmsprop(s, g, lr)),
    "AdaDelta": ("delta: 1e-3 momentum: 0.9", lambda s, g, lr, t: _adadelta(s, g, lr)),
    "Adam": (
        "delta: 1e-3 momentum: 0.9 momentum2: 0.99",
        lambda s, g, lr, t: _adam(s, g, lr, t),
    ),
}


def _sgd(s, g, lr):
    s["h"] = 0.9 * s.get("h", 0) + lr * g
    return s["h"]


def _nesterov(s, g, lr):
    old = s.get("h", 0)
    s["h"] = 0.9 * old + lr * g
    return 1.9 * s["h"] - 0.9 * old


def _adagrad(s, g, lr):
    s["h"] = s.get("h", 0) + g**2
    return lr * g / (np.sqrt(s["h"]) + 1e-3)


def _rmsprop(s, g, lr):
    s["h"] = 0.8 * s.get("h", 0) + 0.2 * g**2
    return lr * g / (np.sqrt(s["h"]) + 1e-3)


def _adadelta(s, g, lr):
    s["h"] = 0.9 * s.get("h", 0) + 0.1 * g**2
    update = g * np.sqrt((s.get("d", 0) + 1e-3) / (s["h"] + 1e-3))
    s["d"] = 0.9 * s.get("d", 0) + 0.1 * update**2
    return lr * update


def _adam(s, g, lr, t):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.99 * s.get("v", 0) + 0.01 * g**2
    scale = np.sqrt(1 - 0.99**t) / (1 - 0.9**t)
    return lr * scale * s["m"] / (np.sqrt(s["v"]) + 1e-3)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("decay", ["L2", "L1"])
def test_update_rules(make, name, decay):
    text, rule = RULES[name]
    solver = make(f'type: "{name}" {text} weight_decay: 0.01 regularization_type: "{decay}"')
    assert type(solver).__name__ == f"{name}Solver"
    params = solver.net.params["ip"]
    states = [{}, {}]
    for t in range(1, 5):
        solver.net.clear_param_diffs()
        solver.net.forward()
        solver.net.backward()
        want = []
        for i, (lr, towards) in enumerate([(0.1, 0.01), (0.2, 0.0)]):
            w = params[i].data.astype(np.float64)
            g = params[i].diff + towards * (w if decay == "L2" else np.sign(w))
            want.append((w, rule(states[i], g, lr, t)))
        solver.apply_update()
        for blob, (w, update) in zip(params, want, strict=True):
            np.testing.assert_allclose(blob.data, w - update, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(blob.diff, update, rtol=1e-4, atol=1e-6)


def test_long_parameters_are_updated_whole(make):
    """Longer than the stretch that the CPU's update works in, and not a multiple of it."""
    net = NET.format(extra="").replace("dim: 3", "dim: 70001")
    solver = make("momentum: 0.5 weight_decay: 0.1", net=net)
    w = solver.net.params["ip"][0].data.copy()
    solver.step(1)
    moved = solver.net.params["ip"][0]
    np.testing.assert_allclose(moved.data, w - moved.diff, atol=1e-6)
    assert (moved.diff != 0).all()


def test_iter_size_and_clipping(make):
    solver = make("iter_size: 3 clip_gradients: 0.01")
    before = [b.data.copy() for b in solver.net.params["ip"]]
    solver.step(1)
    moved = [(b.data - a) / lr for a, b, lr in
             zip(before, solver.net.params["ip"], (0.1, 0.2), strict=True)]  # fmt: skip
    norm = math.sqrt(sum(float((m**2).sum()) for m in moved))
    # Clipping sees the sum over iter_size passes, which is then divided (sgd_solver.cpp).
    assert norm == pytest.approx(0.01 / 3, rel=1e-3)


def test_clipping_without_parameters_is_nothing_to_do(make):
    net = """
    layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param { shape { dim: 2 } } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "x" bottom: "t" top: "loss" }"""
    solver = make("clip_gradients: 0.01", net=net)
    solver.step(1)
    assert solver.iter == 1


def test_a_frozen_parameter_stays_and_costs_no_history(make):
    solver = make("momentum: 0.9", net=NET.format(extra="").replace("lr_mult: 1", "lr_mult: 0"))
    weights = solver.net.params["ip"][0].data.copy()
    solver.step(3)
    assert np.array_equal(solver.net.params["ip"][0].data, weights)
    assert not solver.history[0].data_buffer.head
    assert solver.net.params["ip"][1].data.any()


def test_intermediate_diffs_are_let_go_or_kept(make):
    solver = make(extra='layer { name: "relu" type: "ReLU" bottom: "y" top: "z" }'
                        'layer { name: "id" type: "Power" bottom: "z" top: "y2" }')  # fmt: skip
    net = solver.net
    solver.step(1)
    with pytest.raises(caffe.CaffeError, match="blob 'y'.*keep_diffs = True"):
        _ = net.blobs["y"].diff
    assert net.params["ip"][0].diff.any()
    net.forward()
    net.backward()
    right = net.blobs["y"].diff.copy()
    assert right.any()
    net.keep_diffs = True
    solver.step(1)
    assert net.blobs["y"].diff.shape == right.shape and net.blobs["y"].diff.any()


def test_nan_is_named_before_it_spreads(make):
    solver = make()
    solver.step(1)
    good = solver.net.params["ip"][0].data.copy()
    solver.net.params["ip"][1].data[0] = np.nan
    with pytest.raises(caffe.SolverError, match="NaN at iteration 1.*parameter 1 of layer 'ip'"):
        solver.step(1)
    assert np.array_equal(solver.net.params["ip"][0].data, good)


def test_on_a_gpu_nan_is_found_before_it_is_saved(make, monkeypatch, tmp_path):
    """There the loss is not waited for; a second set of CPU tensors stands in for the device."""
    monkeypatch.setattr(context._state, "gpu", True)
    solver = make('snapshot: 2 snapshot_prefix: "s"')
    solver.step(1)
    solver.net.params["ip"][1].data[0] = np.nan
    with pytest.raises(caffe.SolverError, match="NaN"):
        solver.step(1)
    assert not list(tmp_path.glob("s_iter_*"))


def test_streams_of_absent_devices_are_left_out():
    context.restore_random_state({"cuda:99": "00"})
    with pytest.raises(RuntimeError):
        context.restore_random_state({"cpu": "00"})


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_a_resumed_run_goes_on_exactly(make, form, kind):
    """Parameters, history, rate, data order and dropout: bit for bit."""
    text = (
        f'type: "{kind}" momentum: 0.9 lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 6 '
        f'snapshot_prefix: "s" snapshot_format: {form}'
    )
    straight = make(text, DROPOUT)
    straight.step(4)
    straight.snapshot()
    straight.step(5)
    caffe.set_random_seed(99)
    again = make(text.replace("random_seed: 7", ""), DROPOUT)
    again.restore("s_iter_4.solverstate" + (".h5" if form == "HDF5" else ""))
    assert again.iter == 4
    again.step(5)
    assert again.lr == straight.lr
    for a, b in zip(straight.net.params["ip"], again.net.params["ip"], strict=True):
        assert np.array_equal(a.data, b.data)
    for a, b in zip(straight.history, again.history, strict=True):
        assert np.array_equal(a.data, b.data)


def test_a_state_of_another_solver_or_net_is_refused(make):
    solver = make('snapshot_prefix: "s"')
    solver.step(1)
    solver.snapshot()
    other = make('type: "Adam"')
    before = other.net.params["ip"][0].data.copy()
    with pytest.raises(caffe.SolverError, match="2 history blobs, Adam on this net has 4"):
        other.restore("s_iter_1.solverstate")
    wide = make(net=NET.format(extra="").replace("dim: 3", "dim: 5"))
    with pytest.raises(caffe.CaffeError, match="history blob 0 has shape"):
        wide.restore("s_iter_1.solverstate")
    os.remove("s_iter_1.caffemodel")
    with pytest.raises(caffe.CaffeError, match="neither there nor beside"):
        make().restore("s_iter_1.solverstate")
    assert np.array_equal(other.net.params["ip"][0].data, before)


def test_a_moved_snapshot_finds_its_model_beside_it(make, tmp_path):
    solver = make('snapshot_prefix: "s"')
    solver.step(2)
    solver.snapshot()
    (tmp_path / "away").mkdir()
    for f in ("s_iter_2.caffemodel", "s_iter_2.solverstate"):
        os.rename(f, f"away/{f}")
    again = make()
    again.restore("away/s_iter_2.solverstate")
    assert np.array_equal(again.net.params["ip"][0].data, solver.net.params["ip"][0].data)


def test_test_nets_share_the_weights_and_requests_are_heeded(make, capfd):
    solver = make('test_iter: 2 test_interval: 2 test_compute_loss: true snapshot_prefix: "s"')
    caffe.set_random_seed(1)
    answers = iter(["none"] * 3 + ["snapshot", "none", "stop"] + ["none"] * 9)
    solver.set_action_function(lambda: next(answers))
    solver.step(10)
    test = solver.test_nets[0]
    assert test.params["ip"][0].data.ctypes.data == solver.net.params["ip"][0].data.ctypes.data
    assert 0 < solver.iter < 10
    assert any(f.endswith(".solverstate") for f in os.listdir("."))


def test_solve_runs_to_max_iter_and_snapshots(make):
    solver = make('max_iter: 6 display: 2 average_loss: 2 snapshot_prefix: "s" debug_info: true')
    solver.solve()
    assert solver.iter == 6 and os.path.exists("s_iter_6.caffemodel")
    again = make('max_iter: 8 snapshot_prefix: "s" snapshot_after_train: false')
    again.solve("s_iter_6.solverstate")
    assert again.iter == 8 and not os.path.exists("s_iter_8.caffemodel")


def test_callbacks_frame_each_iteration(make):
    solver, calls = make(), []
    solver.add_callback(lambda: calls.append("start"), lambda: calls.append("ready"))
    solver.step(2)
    assert calls == ["start", "ready"] * 2


def test_a_rate_that_is_no_number_changes_nothing(make):
    solver = make('lr_policy: "poly" power: 0.5 max_iter: 2')
    solver.step(3)
    before = solver.net.params["ip"][0].data.copy()
    with pytest.raises(caffe.SolverError, match="'poly' gives NaN at iteration 3"):
        solver.step(1)
    np.testing.assert_array_equal(solver.net.params["ip"][0].data, before)


def test_steps_of_one_tell_their_speed(make, capfd):
    solver = make("display: 1")
    for _ in range(3):
        solver.step(1)
    shown = [line for line in capfd.readouterr().err.splitlines() if " iter/s, " in line]
    speeds = [float(line.split("(")[1].split(" iter/s")[0]) for line in shown]
    assert speeds[0] == 0 and all(speed > 0 for speed in speeds[1:]) and len(speeds) == 3


def test_test_nets_tell_their_blobs_too(make, capfd):
    solver = make("debug_info: true test_iter: 1 test_interval: 5 display: 5")
    solver.step(1)
    said = capfd.readouterr().err
    first, rest = said.split("Iteration 0 (", 1)
    assert "[Forward] Layer ip, top blob y data: " in first.split("Testing net")[1]
    assert "E" in [line[0] for line in said.splitlines() if "All net params" in line]
    assert "[Update]" not in said


def test_a_stopped_solver_steps_on(make):
    solver = make("max_iter: 9")
    solver.set_action_function(lambda: "stop" if solver.iter == 2 else "none")
    solver.solve()
    assert solver.iter == 2
    solver.step(3)
    assert solver.iter == 5
