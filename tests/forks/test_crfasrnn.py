"""MultiStageMeanfield beyond its figures: its formula, gradients, .par files, refusals."""

import numpy as np
import pytest
import torch
from crfkit import RANDOM, features, one_thread, picture  # noqa: F401
from gradcheck import build, check_gradients

from caffe._caffe.core.permutohedral import Lattice
from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2

MEANFIELD = "type: 'MultiStageMeanfield' multi_stage_meanfield_param { num_iterations: %d "
MEANFIELD += "theta_alpha: 5 theta_gamma: 2 theta_beta: %g %s }"
STRINGS = "spatial_filter_weights_str: '3 2 1' bilateral_filter_weights_str: '5 4 3'"


def meanfield(
    iterations=3, settings=STRINGS, shape=(2, 3, 5, 6), image=None, theta_beta=20, **kwargs
):
    image = np.stack([picture(*shape[2:])] * shape[0]) if image is None else image
    return build(MEANFIELD % (iterations, theta_beta, settings), shape, shape, image, **kwargs)


def fill_matrices(run):
    for blob in run.layer.blobs:
        blob.data[...] += 0.3 * RANDOM.standard_normal(blob.shape)


def test_meanfield_is_its_formula():
    run = meanfield(2, shape=(1, 3, 5, 6))
    fill_matrices(run)
    (got,) = run.forward()
    unary, current, image = (b.data[0].copy() for b in run.bottom)
    spatial = Lattice(features(5, 6, (2, 2)))
    bilateral = Lattice(features(5, 6, (5, 5, 20, 20, 20), image))
    w_s, w_b, w_c = (b.data[0, 0] for b in run.layer.blobs)
    for _ in range(2):
        e = np.exp(current)
        q = torch.from_numpy((e / e.sum(0)).reshape(3, -1).T.copy())
        near, alike = (k.average(q).numpy().T for k in (spatial, bilateral))
        current = unary - (w_c @ (w_s @ near + w_b @ alike)).reshape(3, 5, 6)
    np.testing.assert_allclose(got[0], current, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
def test_meanfield_gradients(phase):
    run = meanfield(2, shape=(2, 2, 3, 4), phase=phase)
    fill_matrices(run)
    check_gradients(run, most=8 if phase == caffe_pb2.TRAIN else 2)
    run.wiring.saves_for_backward = False  # as in TEST: backward computes forward again
    check_gradients(run, most=2)


def test_meanfield_overwrites_the_matrices_diffs():
    run = meanfield()
    (y,) = run.forward()
    run.backward(np.ones_like(y))
    once = [run.param_diff(i) for i in range(3)]
    run.forward()
    run.layer.run_backward([True, True, False], run.bottom, run.top, keep=False)
    for i, diff in enumerate(once):
        assert diff.any()
        np.testing.assert_allclose(run.param_diff(i), diff)


def test_meanfield_reads_par_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LayerError, match="there is no spatial.par in the working directory"):
        meanfield(settings="")
    (tmp_path / "spatial.par").write_text("1.5 2\n2.5\n9")
    with pytest.raises(LayerError, match="there is no bilateral.par"):
        meanfield(settings="")
    (tmp_path / "bilateral.par").write_text("4 5 six")
    with pytest.raises(LayerError, match="file bilateral.par must hold numbers"):
        meanfield(settings="")
    (tmp_path / "bilateral.par").write_text("4 5")
    with pytest.raises(LayerError, match="bilateral.par holds 2 numbers, the 3 classes need"):
        meanfield(settings="")
    (tmp_path / "bilateral.par").write_text("4\n5\n6\n")
    spatial, bilateral, compatibility = (b.data[0, 0] for b in meanfield(settings="").layer.blobs)
    np.testing.assert_array_equal(spatial, np.diag([1.5, 2, 2.5]))
    np.testing.assert_array_equal(bilateral, np.diag([4, 5, 6]))
    np.testing.assert_array_equal(compatibility, -np.eye(3))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: meanfield(1), "num_iterations >= 2, given 1"),
        (lambda: meanfield(theta_beta=0), "theta_beta > 0"),
        (lambda: meanfield(image=np.zeros((2, 1, 5, 6))), r"image of shape \(2, 3, 5, 6\)"),
        (lambda: build(MEANFIELD % (2, 20, STRINGS), (1, 3, 4, 4), (1, 3, 4, 4)), "takes 3 bottom"),
        (
            lambda: build(MEANFIELD % (2, 20, STRINGS), (1, 3, 4, 4), (1, 2, 4, 4), (1, 3, 4, 4)),
            "a start of the same shape",
        ),
    ],
)
def test_meanfield_refusals(make, message):
    with pytest.raises(LayerError, match=message):
        make()


def test_lattice_serves_other_sizes_after_a_reshape():
    run = meanfield(shape=(1, 3, 5, 6))
    for blob, shape in zip(run.bottom, [(1, 3, 7, 9)] * 3, strict=True):
        blob.reshape(*shape)
        blob.data[...] = RANDOM.standard_normal(shape)
    (got,) = run.forward()
    assert got.shape == (1, 3, 7, 9) and np.isfinite(got).all()
