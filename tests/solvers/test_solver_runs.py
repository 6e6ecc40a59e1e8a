"""Solver runs: snapshots, exact resuming, test nets, callbacks, what is logged."""

import os

import numpy as np
import pytest
from solverkit import NET

import caffe

DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "y" top: "y" }'


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_a_resumed_run_continues_exactly(make, form, kind):
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


def test_test_nets_share_the_weights_and_requests_are_served(make, capfd):
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


def test_a_nan_learning_rate_changes_nothing(make):
    solver = make('lr_policy: "poly" power: 0.5 max_iter: 2')
    solver.step(3)
    before = solver.net.params["ip"][0].data.copy()
    with pytest.raises(caffe.SolverError, match="'poly' gives NaN at iteration 3"):
        solver.step(1)
    np.testing.assert_array_equal(solver.net.params["ip"][0].data, before)


def test_steps_of_one_log_their_speed(make, capfd):
    solver = make("display: 1")
    for _ in range(3):
        solver.step(1)
    shown = [line for line in capfd.readouterr().err.splitlines() if " iter/s, " in line]
    speeds = [float(line.split("(")[1].split(" iter/s")[0]) for line in shown]
    assert speeds[0] == 0 and all(speed > 0 for speed in speeds[1:]) and len(speeds) == 3


def test_test_nets_log_their_blobs_too(make, capfd):
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
