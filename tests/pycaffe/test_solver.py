"""Solvers as pycaffe shows them."""

import os

import numpy as np
import pytest

import caffe

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "target"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { type: "constant" value: 1 } data_filler { type: "constant" value: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  param { lr_mult: 1 } param { lr_mult: 2 }
  inner_product_param { num_output: 2 weight_filler { type: "constant" value: 0.5 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "target" top: "loss" }
"""
RULES = """
net: "{net}" test_iter: 2 test_interval: 4 test_initialization: false base_lr: 0.1 momentum: 0.5
lr_policy: "fixed" max_iter: 6 display: 100 snapshot_after_train: false random_seed: 1
snapshot_prefix: "{prefix}"
"""


@pytest.fixture
def make(write, tmp_path):
    def build(extra="", kind=caffe.SGDSolver):
        path = write("net.prototxt", NET)
        rules = RULES.format(net=path, prefix=tmp_path / "model")
        return kind(write("solver.prototxt", rules + extra))

    return build


def test_step_follows_the_formula(make):
    solver = make()
    weight, bias = (blob.data for blob in solver.net.params["ip"])
    w, b, dw, db = 0.5, 0.0, 0.0, 0.0
    for _ in range(5):
        error = 3 * w + b - 2
        dw = 0.5 * dw + 0.1 * error
        db = 0.5 * db + 0.2 * error
        w, b = w - dw, b - db
        solver.step(1)
        np.testing.assert_allclose(weight, np.full((2, 3), w), rtol=1e-5)
        np.testing.assert_allclose(bias, np.full(2, b), rtol=1e-5, atol=1e-6)
    assert solver.iter == 5


def test_solve_runs_to_max_iter(make):
    solver = make()
    assert solver.iter == 0
    solver.solve()
    assert solver.iter == 6


def test_apply_update(make):
    solver = make()
    solver.net.params["ip"][0].diff[...] = 2
    solver.net.params["ip"][1].diff[...] = 1
    solver.apply_update()
    np.testing.assert_allclose(solver.net.params["ip"][0].data, 0.5 - 0.2, rtol=1e-6)
    np.testing.assert_allclose(solver.net.params["ip"][1].data, -0.2, rtol=1e-6)


def test_nets_outlive_the_solver(make):
    solver = make()
    solver.step(1)
    nets = [solver.net, *solver.test_nets]
    assert len(nets) == 2
    del solver
    for net in nets:
        values = [blob.data.sum() for blob in net.blobs.values()]
        values += [b.data.sum() + b.diff.sum() for blobs in net.params.values() for b in blobs]
        assert np.isfinite(values).all()


def test_test_nets_share_the_weights_when_tested(make):
    solver = make()
    solver.step(5)  # tests at iteration 4
    solver.net.params["ip"][0].data[...] = 9
    assert (solver.test_nets[0].params["ip"][0].data == 9).all()


def test_snapshot_and_restore(make, tmp_path):
    solver = make()
    solver.step(3)
    solver.snapshot()
    model, state = tmp_path / "model_iter_3.caffemodel", tmp_path / "model_iter_3.solverstate"
    assert model.is_file() and state.is_file()
    solver.step(3)
    again = make()
    again.restore(str(state))
    assert again.iter == 3
    again.step(3)
    np.testing.assert_array_equal(again.net.params["ip"][0].data, solver.net.params["ip"][0].data)


def test_solve_resumes(make, tmp_path):
    solver = make("snapshot: 2")
    solver.solve()
    assert sorted(p for p in os.listdir(tmp_path) if p.endswith("state")) == [
        f"model_iter_{n}.solverstate" for n in (2, 4, 6)
    ]
    again = make("snapshot: 2")
    again.solve(str(tmp_path / "model_iter_4.solverstate"))
    np.testing.assert_array_equal(again.net.params["ip"][0].data, solver.net.params["ip"][0].data)


def test_callbacks_see_every_iteration(make):
    solver = make()
    seen = []
    solver.add_callback(
        lambda: seen.append(("start", solver.iter)), lambda: seen.append(("ready", solver.iter))
    )
    solver.step(2)
    assert seen == [("start", 0), ("ready", 0), ("start", 1), ("ready", 1)]


def test_gradients_are_there_when_ready(make):
    solver = make()
    gradients = []
    solver.add_callback(
        lambda: None, lambda: gradients.append(solver.net.params["ip"][0].diff.copy())
    )
    solver.step(1)
    np.testing.assert_allclose(gradients[0], np.full((2, 3), 3 * 0.5 - 2), rtol=1e-5)


@pytest.mark.parametrize(
    "name, extra",
    [
        ("SGD", ""),
        ("Nesterov", ""),
        ("AdaGrad", "momentum: 0"),
        ("RMSProp", "momentum: 0 rms_decay: 0.9"),
        ("AdaDelta", "delta: 1e-6"),
        ("Adam", "momentum2: 0.9"),
    ],
)
def test_six_solvers_by_class_and_by_name(write, tmp_path, name, extra):
    text = RULES.format(net=write("net.prototxt", NET), prefix=tmp_path / "model")
    if "momentum:" in extra:
        text = text.replace("momentum: 0.5", "")
    path = write("solver.prototxt", text + extra + f' type: "{name}"')
    one = getattr(caffe, name + "Solver")(path)
    other = caffe.get_solver(path)
    one.step(3)
    other.step(3)
    weights = [s.net.params["ip"][0].data for s in (one, other)]
    np.testing.assert_array_equal(*weights)
    assert np.abs(weights[0] - 0.5).max() > 1e-4


def test_share_weights_with_another_net(make, make_net):
    solver = make()
    other = make_net(NET)
    solver.share_weights(other)
    solver.step(1)
    np.testing.assert_array_equal(other.params["ip"][0].data, solver.net.params["ip"][0].data)


@pytest.mark.parametrize("power, last", [(0.9, 0.0), (0, 0.1), (2, 0.0)])
def test_the_iteration_after_polys_last(write, tmp_path, power, last):
    """Momentum goes on where the rate is 0."""
    rules = RULES.format(net=write("net.prototxt", NET), prefix=tmp_path / "model")
    rules = rules.replace('"fixed"', f'"poly" power: {power}')
    solver = caffe.SGDSolver(write("solver.prototxt", rules))
    solver.step(6)
    before = solver.net.params["ip"][0].data.copy()
    assert solver.lr == pytest.approx(last)
    solver.step(1)
    after = solver.net.params["ip"][0].data
    assert np.isfinite(after).all() and not np.array_equal(after, before)


def test_a_test_of_no_passes(write, tmp_path):
    rules = RULES.format(net=write("net.prototxt", NET), prefix=tmp_path / "model")
    rules = rules.replace("test_iter: 2 test_interval: 4", "test_iter: 0 test_interval: 1")
    solver = caffe.SGDSolver(write("solver.prototxt", rules + "test_compute_loss: true"))
    solver.step(3)
    assert solver.iter == 3


def test_every_solver_is_an_sgd_solver(write, tmp_path):
    rules = RULES.format(net=write("net.prototxt", NET), prefix=tmp_path / "model")
    path = write("solver.prototxt", rules.replace("momentum: 0.5", 'type: "AdaGrad"'))
    assert isinstance(caffe.get_solver(path), caffe.SGDSolver)


def test_restoring_leaves_the_diffs(make, tmp_path):
    """A diff holds the update, which is SGD's history: restoring that must not change this."""
    changed = []
    for looks in (False, True):
        solver = make()
        solver.step(1)
        solver.snapshot()
        solver.step(2)
        if looks:
            _ = solver.net.params["ip"][0].diff
        solver.restore(str(tmp_path / "model_iter_1.solverstate"))
        changed.append(solver.net.params["ip"][0].diff.copy())
    np.testing.assert_array_equal(*changed)


def test_a_frozen_parameters_update_is_zero(write, tmp_path):
    net = NET.replace("param { lr_mult: 1 }", "param { lr_mult: 0 }")
    rules = RULES.format(net=write("net.prototxt", net), prefix=tmp_path / "model")
    solver = caffe.SGDSolver(write("solver.prototxt", rules))
    solver.net.params["ip"][0].diff[...] = 5
    solver.apply_update()
    assert not solver.net.params["ip"][0].diff.any()
    assert (solver.net.params["ip"][0].data == 0.5).all()
