"""Damaged weights, solver states and means: each loads, or raises one of caffe's exceptions."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from mutations import damaged_bytes

import caffe

NET = """
layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 2 dim: 3 dim: 5 dim: 5 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "norm" type: "BatchNorm" bottom: "conv" top: "norm" }
layer { name: "ip" type: "InnerProduct" bottom: "norm" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1
  reduction_param { operation: SUMSQ } }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" type: "Adam" momentum: 0.9 '
FORMS = {"binary": ("BINARYPROTO", ""), "hdf5": ("HDF5", ".h5")}
bounded = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(params=FORMS)
def trained(request, tmp_path, monkeypatch):
    """A solver after two steps, and its snapshot's extension; tmp_path is the current folder."""
    form, ext = FORMS[request.param]
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(
        SOLVER + f'snapshot_prefix: "snap" snapshot_format: {form} snapshot_diff: true'
    )
    solver = caffe.get_solver("solver.prototxt")
    solver.step(2)
    solver.snapshot()
    return solver, ext


def outcomes(raw, name, load):
    """Damage `raw` many times and `load` it from file `name`; return how many loaded, refused."""
    count = {True: 0, False: 0}

    @bounded
    @given(damaged_bytes(raw))
    def check(damaged):
        Path(name).write_bytes(damaged)
        try:
            with np.errstate(all="ignore"):
                load()
        except caffe.CaffeError as error:
            assert os.path.basename(name) in str(error)
            count[False] += 1
        else:
            count[True] += 1

    check()
    return count[True], count[False]


def test_weights(trained):
    solver, ext = trained
    name = "damaged.caffemodel" + ext
    raw = Path("snap_iter_2.caffemodel" + ext).read_bytes()
    shapes = [b.data.shape for p in solver.net.params.values() for b in p]
    loaded, refused = outcomes(raw, name, lambda: solver.net.copy_from(name))
    assert loaded and refused
    assert shapes == [b.data.shape for p in solver.net.params.values() for b in p]


def test_solver_states(trained):
    solver, ext = trained
    name = "damaged.solverstate" + ext
    raw = Path("snap_iter_2.solverstate" + ext).read_bytes()
    loaded, refused = outcomes(raw, name, lambda: solver.restore(name))
    assert loaded and refused


def test_every_cut(trained):
    """A file cut short anywhere is refused, or (between two layers) is a shorter one."""
    solver, ext = trained
    raw = Path("snap_iter_2.caffemodel" + ext).read_bytes()
    refused = 0
    for end in range(0, len(raw), max(1, len(raw) // 300)):
        Path("cut.caffemodel").write_bytes(raw[:end])
        try:
            solver.net.copy_from("cut.caffemodel")
        except caffe.CaffeError:
            refused += 1
    assert refused > 200


def test_each_given_as_the_other(trained):
    solver, ext = trained
    weights, state = "snap_iter_2.caffemodel" + ext, "snap_iter_2.solverstate" + ext
    with pytest.raises(caffe.CaffeError, match="solver state"):
        solver.net.copy_from(state)
    with pytest.raises(caffe.CaffeError, match="weights"):
        solver.restore(weights)
