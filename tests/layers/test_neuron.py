"""Neuron layers: values against closed forms, gradients by finite differences, Caffe's quirks."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2

TEST = caffe_pb2.TEST
X = np.array([[-3.0, -0.6, -0.1, 0.2], [0.7, 1.3, 2.4, 60.0]], np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


CLOSED = {
    'type: "AbsVal"': np.abs,
    'type: "BNLL"': lambda x: np.logaddexp(0, x),
    'type: "Clip" clip_param { min: -0.5 max: 1 }': lambda x: np.clip(x, -0.5, 1),
    'type: "ELU"': lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    'type: "ELU" elu_param { alpha: 0.3 }': lambda x: np.where(x > 0, x, 0.3 * np.expm1(x)),
    'type: "Exp" exp_param { base: 2 scale: 0.1 shift: 1.5 }': lambda x: 2 ** (1.5 + 0.1 * x),
    'type: "Exp" exp_param { scale: -0.1 shift: 0.5 }': lambda x: np.exp(0.5 - 0.1 * x),
    'type: "Log" log_param { shift: 4 }': lambda x: np.log(x + 4),
    'type: "Log" log_param { base: 2 scale: 3 shift: 10 }': lambda x: np.log2(3 * x + 10),
    'type: "Power"': lambda x: x,
    'type: "Power" power_param { power: 2 scale: -0.5 shift: 3 }': lambda x: (3 - 0.5 * x) ** 2,
    'type: "Power" power_param { power: 3 }': lambda x: x**3,
    'type: "Power" power_param { power: 0.5 scale: 2 shift: 7 }': lambda x: np.sqrt(7 + 2 * x),
    'type: "Power" power_param { power: 1 scale: -2 shift: 1 }': lambda x: 1 - 2 * x,
    'type: "Power" power_param { power: 0 shift: 5 }': np.ones_like,
    'type: "Power" power_param { power: 3 scale: 0 shift: 2 }': lambda x: np.full_like(x, 8),
    'type: "PReLU"': lambda x: np.where(x > 0, x, 0.25 * x),
    'type: "ReLU"': lambda x: np.maximum(x, 0),
    'type: "ReLU" relu_param { negative_slope: 0.2 }': lambda x: np.where(x > 0, x, 0.2 * x),
    'type: "Sigmoid"': sigmoid,
    'type: "Swish"': lambda x: x * sigmoid(x),
    'type: "Swish" swish_param { beta: 0.4 }': lambda x: x * sigmoid(0.4 * x),
    'type: "TanH"': np.tanh,
}


@pytest.mark.parametrize("text", CLOSED)
def test_values(text):
    with np.errstate(over="ignore"):
        want = CLOSED[text](X)
    (y,) = build(text, X).forward()
    np.testing.assert_allclose(y, want, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("text", CLOSED)
def test_gradients(text):
    run = build(text, np.minimum(X, 3))
    check_gradients(run, tol=2e-2)


@pytest.mark.parametrize("text", CLOSED)
def test_in_place_gives_the_same_values(text):
    if "AbsVal" in text:
        with pytest.raises(LayerError, match="'layer' .AbsVal.: cannot work in place"):
            in_place(text)
        return
    net = in_place(text)
    net.blobs["x"].data[...] = X
    (want,) = build(text, X).forward()
    net.forward()
    np.testing.assert_array_equal(net.blobs["h"].data, want)


def in_place(text):
    """A net that copies x to h and applies the layer to h in place."""
    return net_of(
        "force_backward: true "
        + input_layer("x", 2, 4)
        + 'layer { name: "copy" type: "Power" bottom: "x" top: "h" }'
        + f'layer {{ name: "layer" {text} bottom: "h" top: "h" }}'
    )


def gradient_in_place(text, x, dy):
    net = in_place(text)
    net.blobs["x"].data[...] = x
    net.forward()
    net.blobs["h"].diff[...] = dy
    net.backward()
    return net.blobs["x"].diff.copy()


# Layers whose gradient in place is the true one: what they read survives being overwritten.
@pytest.mark.parametrize(
    "text",
    [
        t
        for t in CLOSED
        if any(name in t for name in ("ELU", "Exp", "PReLU", "ReLU", "Sigmoid", "Swish", "TanH"))
    ],
)
def test_in_place_gradient_is_true(text):
    dy = np.random.default_rng(0).standard_normal(X.shape).astype(np.float32)
    run = build(text, X)
    run.forward()
    (want,) = run.backward(dy)
    np.testing.assert_allclose(gradient_in_place(text, X, dy), want, rtol=1e-5, atol=1e-6)


def test_in_place_quirks_are_caffes():
    dy = np.random.default_rng(0).standard_normal(X.shape).astype(np.float32)
    # clip_layer.cpp reads its bottom, which in place has been clipped: nothing is cut off.
    clip = 'type: "Clip" clip_param { min: -0.5 max: 1 }'
    np.testing.assert_array_equal(gradient_in_place(clip, X, dy), dy)
    # bnll_layer.cpp likewise takes the output for the input.
    y = np.logaddexp(0, X)
    np.testing.assert_allclose(gradient_in_place('type: "BNLL"', X, dy), dy * sigmoid(y), rtol=1e-5)
    # log_layer.cpp and power_layer.cpp build the slope where dy stood, and square it.
    log = 'type: "Log" log_param { shift: 4 }'
    np.testing.assert_allclose(
        gradient_in_place(log, X, dy), 1 / (np.log(X + 4) + 4) ** 2, rtol=1e-4
    )
    power = 'type: "Power" power_param { scale: 3 }'
    np.testing.assert_allclose(gradient_in_place(power, X, dy), np.full_like(X, 9))


def test_an_in_place_layer_changes_what_the_layer_below_reads():
    """tanh_layer.cpp reads its top, which the Exp above has overwritten."""
    net = net_of(
        "force_backward: true "
        + input_layer("x", 2, 4)
        + 'layer { name: "t" type: "TanH" bottom: "x" top: "t" }'
        + 'layer { name: "e" type: "Exp" bottom: "t" top: "t" }'
    )
    net.blobs["x"].data[...] = X / 10
    net.forward()
    net.blobs["t"].diff[...] = 1
    net.backward()
    y = np.exp(np.tanh(X / 10))
    np.testing.assert_allclose(net.blobs["x"].diff, y * (1 - y * y), rtol=1e-4, atol=1e-5)


def test_gradient_at_the_kinks():
    zero = np.zeros((1, 1), np.float32)
    for text, at_zero in (
        ('type: "AbsVal"', 0),
        ('type: "ReLU"', 0),
        ('type: "ReLU" relu_param { negative_slope: 0.2 }', 0.2),
        ('type: "PReLU"', 0.25),
        ('type: "ELU" elu_param { alpha: 0.3 }', 0.3),
        ('type: "Clip" clip_param { min: 0 max: 1 }', 1),
        ('type: "Power" power_param { power: 2 }', 0),
    ):
        run = build(text, zero)
        run.forward()
        assert run.backward(np.ones((1, 1)))[0] == np.float32(at_zero), text


def test_power_gradient_is_nan_where_caffe_divides_zero_by_zero():
    run = build('type: "Power" power_param { power: 3 }', np.zeros((1, 2), np.float32))
    run.forward()
    assert np.isnan(run.backward(np.ones((1, 2)))[0]).all()


def test_relu_passes_nan_down():
    run = build('type: "ReLU"', -np.ones((1, 2), np.float32))
    run.forward()
    assert np.isnan(run.backward(np.full((1, 2), np.nan))[0]).all()


def test_clip_with_crossed_bounds_gives_min():
    (y,) = build('type: "Clip" clip_param { min: 2 max: 1 }', X).forward()
    assert (y == 2).all()


def test_bnll_far_out():
    run = build('type: "BNLL"', np.array([[-200.0, 200.0]], np.float32))
    assert np.array_equal(run.forward()[0], [[0, 200]])
    np.testing.assert_allclose(run.backward(np.ones((1, 2)))[0], [[0, 1]], atol=1e-7)


def test_prelu_slopes():
    x = np.random.default_rng(1).standard_normal((2, 3, 4, 5)).astype(np.float32)
    x += 0.1 * np.sign(x)  # no value within a finite difference of the kink
    run = build('type: "PReLU" prelu_param { filler { type: "uniform" min: 0.1 max: 0.9 } }', x)
    assert run.layer.blobs[0].shape == (3,)
    slope = run.layer.blobs[0].data.reshape(3, 1, 1)
    np.testing.assert_allclose(run.forward()[0], np.where(x > 0, x, slope * x), rtol=1e-6)
    check_gradients(run)
    shared = build('type: "PReLU" prelu_param { channel_shared: true }', x)
    assert shared.layer.blobs[0].shape == ()
    np.testing.assert_allclose(shared.forward()[0], np.where(x > 0, x, x / 4), rtol=1e-6)
    check_gradients(shared)
    run.bottom[0].reshape(2, 4, 5, 5)
    with pytest.raises(LayerError, match=r"has 3 slopes, bottom shape \(2, 4, 5, 5\) does not fit"):
        run.forward()


def test_dropout_in_training():
    x = np.ones((100, 100), np.float32)
    run = build('type: "Dropout" dropout_param { dropout_ratio: 0.3 }', x)
    (y,) = run.forward()
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.7], rtol=1e-6)
    assert abs((y > 0).mean() - 0.7) < 0.02
    (dx,) = run.backward(2 * np.ones_like(x))
    np.testing.assert_allclose(dx, 2 * y, rtol=1e-6)
    assert not np.array_equal(run.forward()[0], y), "a new mask every time"


def test_dropout_in_testing_and_with_ratio_zero():
    x = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    run = build('type: "Dropout"', x, phase=TEST)
    assert np.array_equal(run.forward()[0], x)
    assert np.array_equal(run.backward(x)[0], x)
    run.top[0].data[...] = 0
    assert np.array_equal(run.bottom[0].data, x), "its top is a copy"
    run = build('type: "Dropout" dropout_param { dropout_ratio: 0 }', x)
    assert np.array_equal(run.forward()[0], x)


def test_dropout_in_place_keeps_its_mask():
    net = in_place('type: "Dropout"')
    net.blobs["x"].data[...] = 1
    net.forward()
    y = net.blobs["h"].data.copy()
    net.blobs["h"].diff[...] = 3
    net.backward()
    np.testing.assert_array_equal(net.blobs["x"].diff, 3 * y)


def test_threshold():
    run = build('type: "Threshold" threshold_param { threshold: 0.2 }', X)
    assert np.array_equal(run.forward()[0], X > np.float32(0.2))
    with pytest.raises(LayerError, match="has no gradient"):
        run.backward(np.ones_like(X), propagate=[True])


@pytest.mark.parametrize(
    "text, message",
    [
        ('type: "Clip" clip_param { min: 1 }', "needs 'max'"),
        ('type: "Dropout" dropout_param { dropout_ratio: 1 }', "below 1, given 1.0"),
        ('type: "Exp" exp_param { base: 0 }', "base must be positive"),
        ('type: "Log" log_param { base: -2 }', "base must be positive, or -1 for e; given -2"),
        ('type: "Log" log_param { base: 1 }', "base 1 has no logarithm"),
    ],
)
def test_refuses(text, message):
    with pytest.raises(LayerError, match=f"layer 'layer' .*{message}"):
        build(text, X)


def test_prelu_refuses_a_list():
    with pytest.raises(LayerError, match="at least 2 axes"):
        build('type: "PReLU"', (3,))
