"""BatchNorm, MVN, Softmax."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2

RANDOM = np.random.default_rng(23)
TEST = caffe_pb2.TEST


def normal(*shape):
    return (RANDOM.standard_normal(shape) * 2 + 1).astype(np.float32)


def close(got, want, **tolerance):
    np.testing.assert_allclose(got, want, **{"rtol": 1e-4, "atol": 1e-5, **tolerance})


# -- BatchNorm


def moments(x):
    """Mean and variance (biased) over all axes but 1, and how many values each took."""
    axes = (0, *range(2, x.ndim))
    return x.mean(axes), x.var(axes), x.size // x.shape[1]


def spread(v, x):
    return v.reshape(-1, *[1] * (x.ndim - 2))


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 2)])
def test_batch_norm_in_training(shape):
    eps, fraction = 0.01, 0.9
    x = normal(*shape)
    run = build(
        f'type: "BatchNorm" batch_norm_param {{ eps: {eps} moving_average_fraction: {fraction} }}',
        x,
    )
    want = np.zeros(3), np.zeros(3), 0
    for _ in range(3):
        x = normal(*shape)
        run.bottom[0].data[...] = x
        mean, variance, m = moments(x)
        close(run.forward()[0], (x - spread(mean, x)) / np.sqrt(spread(variance, x) + eps))
        batch = mean, variance * m / (m - 1), 1
        want = [fraction * w + b for w, b in zip(want, batch, strict=True)]
    for blob, w in zip(run.layer.blobs, want, strict=True):
        close(blob.data, np.reshape(w, blob.shape))
    check_gradients(run, params=[], step=2e-2, tol=3e-2)


@pytest.mark.parametrize("weight", [0, 1, 2.5])
def test_batch_norm_with_stored_statistics(weight):
    x = normal(2, 3, 4)
    run = build('type: "BatchNorm" batch_norm_param { eps: 0.1 }', x, phase=TEST)
    mean, variance = np.float32([1, -1, 2]), np.float32([0.5, 1, 4])
    for blob, value in zip(run.layer.blobs, (mean, variance, weight), strict=True):
        blob.data[...] = value
    scale = 1 / weight if weight else 0  # a weight of 0 means statistics of 0
    deviation = np.sqrt(spread(variance * scale, x) + 0.1)
    close(run.forward()[0], (x - spread(mean * scale, x)) / deviation)
    dy = normal(2, 3, 4)
    close(run.backward(dy)[0], dy / deviation)
    assert np.array_equal(run.layer.blobs[0].data, mean), "unchanged"


def test_batch_norm_phase_can_be_overruled():
    x = normal(4, 2)
    train = build('type: "BatchNorm" batch_norm_param { use_global_stats: false }', x, phase=TEST)
    close(train.forward()[0].mean(0), 0)
    stored = build('type: "BatchNorm" batch_norm_param { use_global_stats: true }', x)
    close(stored.forward()[0], x / np.sqrt(1e-5), rtol=1e-3)


def test_batch_norm_of_one_value_per_channel():
    run = build('type: "BatchNorm"', normal(1, 3))
    close(run.forward()[0], 0, atol=1e-3)
    assert np.array_equal(run.layer.blobs[1].data, [0, 0, 0]), "no m / (m - 1) for m = 1"


def test_batch_norm_statistics_are_not_learned():
    layer = build('type: "BatchNorm"', (2, 3)).layer
    assert [p.lr_mult for p in layer.layer_param.param] == [0, 0, 0]
    build('type: "BatchNorm" param { lr_mult: 0 }', (2, 3))
    with pytest.raises(LayerError, match="lr_mult of param 1 must be 0, given 1"):
        build('type: "BatchNorm" param { lr_mult: 0 } param { decay_mult: 0 }', (2, 3))


def test_batch_norm_refuses():
    with pytest.raises(LayerError, match="at least 2 axes"):
        build('type: "BatchNorm"', (3,))
    run = build('type: "BatchNorm"', (2, 3))
    run.bottom[0].reshape(2, 4)
    with pytest.raises(LayerError, match=r"3 channels, bottom shape \(2, 4\)"):
        run.forward()


def test_batch_norm_scale_relu_in_place():
    """The usual trio on one blob has the gradient of the same trio on three."""

    def trio(in_place):
        b, s, r = ("h", "h", "h") if in_place else ("b", "s", "r")
        net = net_of(
            "force_backward: true "
            + input_layer("x", 4, 3, 2)
            + 'layer { name: "copy" type: "Power" bottom: "x" top: "h" }'
            + f'layer {{ name: "bn" type: "BatchNorm" bottom: "h" top: "{b}" }}'
            + f'layer {{ name: "sc" type: "Scale" bottom: "{b}" top: "{s}" scale_param {{ '
            + "bias_term: true filler { value: 0.7 } bias_filler { value: 0.2 } } }"
            + f'layer {{ name: "re" type: "ReLU" bottom: "{s}" top: "{r}" }}'
        )
        net.blobs["x"].data[...] = x
        net.forward()
        net.blobs[r].diff[...] = dy
        net.backward()
        return net.blobs[r].data, net.blobs["x"].diff, *(p.diff for p in net.params["sc"])

    x, dy = normal(4, 3, 2), normal(4, 3, 2)
    for got, want in zip(trio(True), trio(False), strict=True):
        close(got, want, rtol=1e-5)


# -- MVN


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("variance", [False, True])
def test_mvn(across, variance):
    x = normal(2, 3, 4, 5)
    run = build(
        'type: "MVN" mvn_param { eps: 1e-6 '
        f"across_channels: {str(across).lower()} normalize_variance: {str(variance).lower()} }}",
        x,
    )
    axes = (1, 2, 3) if across else (2, 3)
    want = x - x.mean(axes, keepdims=True)
    if variance:
        want /= x.std(axes, keepdims=True) + 1e-6
    close(run.forward()[0], want)
    check_gradients(run, step=2e-2, tol=3e-2)


def test_mvn_gradient_treats_eps_as_caffe_does():
    x, dy = normal(1, 1, 2, 4), normal(1, 1, 2, 4)
    run = build('type: "MVN" mvn_param { eps: 0.5 }', x)
    (y,) = run.forward()
    want = (dy - dy.mean() - (dy * y).mean() * y) / (x.std() + 0.5)
    close(run.backward(dy)[0], want)


def test_mvn_gives_four_axes():
    run = build('type: "MVN" mvn_param { across_channels: true }', (3, 5))
    (y,) = run.forward()
    assert y.shape == (3, 5, 1, 1)
    assert run.backward(y)[0].shape == (3, 5)
    with pytest.raises(LayerError, match="at most 4 axes"):
        build('type: "MVN"', (1, 2, 3, 4, 5))


def test_mvn_of_a_constant_is_zero():
    assert not build('type: "MVN"', np.full((1, 2, 3, 3), 7, np.float32)).forward()[0].any()


# -- Softmax


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(axis):
    x = normal(3, 4, 5)
    run = build(f'type: "Softmax" softmax_param {{ axis: {axis} }}', x)
    e = np.exp(x - x.max(axis, keepdims=True))
    close(run.forward()[0], e / e.sum(axis, keepdims=True))
    check_gradients(run)


def test_softmax_of_large_values():
    (y,) = build('type: "Softmax"', np.float32([[1000, 0, -1000]])).forward()
    assert np.array_equal(y, [[1, 0, 0]])


def test_softmax_refuses():
    with pytest.raises(LayerError, match="axis 2 is out of range"):
        build('type: "Softmax" softmax_param { axis: 2 }', (2, 3))
