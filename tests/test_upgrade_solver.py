"""Old solvers, and files that are upgraded when they are read."""

import os

import pytest
from upgradekit import V0_NET, V2_NET, net

from caffe._caffe.errors import FormatError
from caffe._caffe.formats.prototxt import parse_solver, read_net, read_solver


@pytest.mark.parametrize(
    "old, new",
    [
        ("SGD", "SGD"),
        ("NESTEROV", "Nesterov"),
        ("ADAGRAD", "AdaGrad"),
        ("RMSPROP", "RMSProp"),
        ("ADADELTA", "AdaDelta"),
        ("ADAM", "Adam"),
        ("1", "Nesterov"),
    ],
)
def test_solver_type(old, new):
    solver = parse_solver(f"base_lr: 0.1 solver_type: {old}")
    assert solver.type == new and not solver.HasField("solver_type")


def test_solver_with_both_types_is_refused():
    with pytest.raises(FormatError, match="both solver_type .* and type"):
        parse_solver('solver_type: SGD type: "SGD"')


def test_nets_inside_a_solver_are_upgraded():
    solver = parse_solver(
        """net_param { layers { type: RELU } } train_net_param { layers { type: TANH } }
           test_net_param { layers { type: BNLL } }"""
    )
    nets = solver.net_param, solver.train_net_param, solver.test_net_param[0]
    assert [n.layer[0].type for n in nets] == ["ReLU", "TanH", "BNLL"]


def test_snapshot_prefix(tmp_path):
    path = tmp_path / "run.solver.prototxt"
    path.write_text("base_lr: 1")
    assert read_solver(path).snapshot_prefix == str(tmp_path / "run.solver")
    path.write_text(f'base_lr: 1 snapshot_prefix: "{tmp_path}"')
    assert read_solver(path).snapshot_prefix == str(tmp_path / "run.solver")
    path.write_text('base_lr: 1 snapshot_prefix: "snaps/net"')
    assert read_solver(path).snapshot_prefix == "snaps/net"


def test_read_net_upgrades(tmp_path):
    path = tmp_path / "old.prototxt"
    path.write_text(V0_NET)
    assert read_net(path) == net(V2_NET)


def test_a_solver_in_a_folder_that_is_not_utf_8(tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    path = os.fsdecode(folder + b"/solver.prototxt")
    with open(path, "w") as file:
        file.write("base_lr: 1")
    with pytest.raises(FormatError, match="is not UTF-8; give a snapshot_prefix"):
        read_solver(path)
    with open(path, "a") as file:
        file.write(' snapshot_prefix: "model"')
    assert read_solver(path).snapshot_prefix == "model"
