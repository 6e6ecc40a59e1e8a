"""Fillers: the values, bounds and moments that filler.hpp defines, and what each refuses."""

import numpy as np
import pytest

from caffe._caffe.core import context
from caffe._caffe.core.blob import Blob
from caffe._caffe.core.filler import fill
from caffe._caffe.errors import CaffeError
from caffe.proto import caffe_pb2

FAN_IN, FAN_OUT, AVERAGE = 0, 1, 2
NAN, INF = float("nan"), float("inf")


def filled(shape, type="constant", seed=3, **settings):
    context.set_random_seed(seed)
    blob = Blob(shape)
    fill(blob, caffe_pb2.FillerParameter(type=type, **settings))
    return blob.data.copy()


def test_constant_is_the_default_and_zero():
    assert caffe_pb2.FillerParameter().type == "constant"
    assert not filled((2, 3)).any()
    assert (filled((2, 3), value=-1.5) == -1.5).all()
    assert filled((), value=0.25) == np.float32(0.25)


def test_constant_zero_overwrites_what_was_there():
    blob = Blob((3,))
    blob.data[...] = 7
    fill(blob, caffe_pb2.FillerParameter())
    assert not blob.data.any()


def test_uniform_covers_its_range():
    x = filled((100, 100), "uniform", min=-1, max=3)
    assert -1 <= x.min() < -0.99 and 2.99 < x.max() <= 3
    assert abs(x.mean() - 1) < 0.05
    assert (filled((4,), "uniform", min=2, max=2) == 2).all()


def test_gaussian_has_its_moments():
    x = filled((100, 100), "gaussian", mean=2, std=0.5)
    assert abs(x.mean() - 2) < 0.02 and abs(x.std() - 0.5) < 0.02


def test_sparse_keeps_that_share_of_axis_0():
    x = filled((50, 400), "gaussian", sparse=5)
    assert abs((x != 0).mean() - 5 / 50) < 0.01
    assert abs(x[x != 0].std() - 1) < 0.05
    assert not filled((50, 40), "gaussian", sparse=0).any()
    assert (filled((5, 40), "gaussian", sparse=5) != 0).all()


def test_positive_unitball_rows_sum_to_one():
    x = filled((6, 2, 5, 3), "positive_unitball")
    assert (x >= 0).all()
    np.testing.assert_allclose(x.reshape(6, -1).sum(1), 1, rtol=1e-5)


# (shape, fan_in, fan_out): count over axis 0, count over axis 1, count itself without an axis 1.
FANS = [((30, 20, 5, 5), 500, 750), ((40, 500), 500, 40), ((5000,), 1, 5000)]


@pytest.mark.parametrize("shape, fan_in, fan_out", FANS)
@pytest.mark.parametrize("norm", [FAN_IN, FAN_OUT, AVERAGE])
def test_xavier_and_msra_scale_by_the_fan(shape, fan_in, fan_out, norm):
    n = {FAN_IN: fan_in, FAN_OUT: fan_out, AVERAGE: (fan_in + fan_out) / 2}[norm]
    x = filled(shape, "xavier", variance_norm=norm)
    bound = np.sqrt(3 / n)
    assert 0.98 * bound < np.abs(x).max() <= bound * (1 + 1e-6)
    y = filled(shape, "msra", variance_norm=norm)
    assert abs(y.std() / np.sqrt(2 / n) - 1) < 0.05 and abs(y.mean()) < 0.1 * y.std()


def test_bilinear_kernels():
    even = np.outer([0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.75, 0.25])
    odd = np.outer([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3])
    for size, kernel in ((4, even), (5, odd)):
        x = filled((2, 3, size, size), "bilinear")
        # Every channel pair alike: BVLC's filler knows no groups.
        np.testing.assert_allclose(x, np.broadcast_to(kernel, x.shape), atol=1e-6)


@pytest.mark.parametrize("type", ["uniform", "gaussian", "positive_unitball", "xavier", "msra"])
def test_a_seed_repeats_the_draw(type):
    a, b = filled((7, 5), type, max=1), filled((7, 5), type, max=1)
    assert np.array_equal(a, b)
    assert not np.array_equal(a, filled((7, 5), type, seed=4, max=1))


@pytest.mark.parametrize(
    "shape, settings, message",
    [
        ((2, 3), {"type": "gausian"}, "unknown filler 'gausian'; did you mean 'gaussian'"),
        ((2, 0), {"type": "xavier"}, "empty blob of shape \\(2, 0\\)"),
        ((2, 3), {"type": "xavier", "sparse": 2}, "'xavier' does not support sparse"),
        ((2, 3), {"type": "gaussian", "sparse": 3}, "sparse is 3.* 2 outputs"),
        ((2, 3), {"type": "gaussian", "sparse": -2}, "sparse is -1 .* -2"),
        ((2, 3), {"type": "gaussian", "std": 0}, "std > 0, given 0"),
        ((2, 3), {"type": "uniform", "min": 2, "max": 1}, "min <= max.* given 2.0 and 1.0"),
        ((2, 3), {"type": "uniform", "min": NAN}, "finite, given nan and 1.0"),
        ((2, 3), {"type": "uniform", "max": INF}, "finite, given 0.0 and inf"),
        ((2, 3), {"type": "uniform", "min": -3e38, "max": 3e38}, "distance finite"),
        ((2, 3, 4, 5), {"type": "bilinear"}, "square kernel, given \\(2, 3, 4, 5\\)"),
        ((2, 4, 4), {"type": "bilinear"}, "4 axes"),
        ((), {"type": "msra"}, "at least 1 axis"),
        ((), {"type": "positive_unitball"}, "at least 1 axis"),
    ],
)
def test_refuses(shape, settings, message):
    with pytest.raises(CaffeError, match=message):
        fill(Blob(shape), caffe_pb2.FillerParameter(**settings))


@pytest.mark.parametrize("size, ramp", [(2, [0.75, 0.75]), (4, [0.25, 0.75, 0.75, 0.25])])
def test_bilinear_upsampling_has_the_old_centre(size, ramp):
    factor = (size + 1) // 2
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    want = [1 - abs(i / factor - centre) for i in range(size)]
    got = filled((2, 1, size, size), "bilinear_upsampling")
    np.testing.assert_allclose(got[1, 0], np.outer(want, want), atol=1e-7)
    if size == 4:
        np.testing.assert_allclose(want, ramp)
    with pytest.raises(CaffeError, match="square kernel"):
        filled((2, 1, 3, 4), "bilinear_upsampling")


def test_identity_passes_channels_on_or_averages_them():
    got = filled((3, 3, 3, 3), "identity")
    np.testing.assert_array_equal(got[:, :, 1, 1], np.eye(3))
    assert np.count_nonzero(got) == 3
    got = filled((4, 2, 1, 1), "identity", num_groups=2, value=3)[..., 0, 0]
    np.testing.assert_array_equal(got, [[1.5, 0], [1.5, 0], [0, 1.5], [0, 1.5]])
    noisy = filled((4, 4, 5, 5), "identity", std=0.1)
    np.testing.assert_array_equal(np.diagonal(noisy[:, :, 2, 2]), 1)
    assert 0.05 < noisy[:, :, 0].std() < 0.15


def test_diagonal_averages_over_the_kernel():
    got = filled((3, 3, 2, 2), "diagonal", diag_val=[2, -1])
    np.testing.assert_array_equal(got.sum((2, 3)), np.diag([2, -1, 1]))
    assert got[0, 0, 1, 1] == 0.5
    np.testing.assert_array_equal(filled((2, 3), "diagonal", diag_val=[3]), [[3, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    "shape, type, settings, message",
    [
        ((4, 4), "identity", {}, "needs a blob of 4 axes"),
        ((4, 4, 1, 1), "identity", {"num_groups": 3}, "in num_groups .3. equal groups"),
        ((4, 4, 1, 1), "identity", {"num_groups": 0}, "equal groups"),
        ((4, 4, 1, 1), "identity", {"std": 0}, "std > 0"),
        ((4, 1, 1, 1, 1), "diagonal", {}, "needs a blob of 1 to 4 axes"),
    ],
)
def test_fillers_of_forks_refuse(shape, type, settings, message):
    with pytest.raises(CaffeError, match=message):
        filled(shape, type, **settings)
