"""Solvers: rates and update rules against their formulas, refusals."""

import math

import numpy as np
import pytest
from solverkit import NET

import caffe
from caffe._caffe.core import context
from caffe._caffe.solvers import lr_policy
from caffe.proto import caffe_pb2


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


def test_intermediate_diffs_are_freed_or_kept(make):
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


def test_looking_at_the_rate_takes_no_step(make):
    solver = make('lr_policy: "multistep" gamma: 0.5 stepvalue: 1 stepvalue: 1 stepvalue: 1')
    solver.step(1)
    assert [solver.lr for _ in range(3)] == pytest.approx([0.05] * 3)
    solver.step(1)
    assert solver.lr == pytest.approx(0.025)  # of the iteration to come


def test_solve_learns_first_whether_it_can_save(make):
    solver = make('max_iter: 3 snapshot_prefix: "absent/x"')
    with pytest.raises(caffe.SolverError, match="'absent' does not exist"):
        solver.solve()
    assert solver.iter == 0


def test_outputs_that_change_their_shape_have_no_mean(make):
    shown = 'layer { name: "s" type: "Split" bottom: "x" top: "shown" }'
    solver = make("test_iter: 2 test_interval: 1", extra=shown)
    net = solver.test_nets[0]

    def grow(layer):
        if layer == 1:
            for blob in (net.blobs["x"], net.blobs["t"]):
                blob.reshape(blob.shape[0] + 1, *blob.shape[1:])

    net.before_forward(grow)
    with pytest.raises(caffe.SolverError, match=r"'shown' has shape \(6, 3\).*\(5, 3\)"):
        solver.step(1)
