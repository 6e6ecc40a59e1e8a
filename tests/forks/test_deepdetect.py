"""DeepDetect's layers, and OSVOS's loss."""

import itertools

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2


def test_selu():
    x = np.array([[-3, -0.5, 0.25, 2]], np.float32)
    run = build('type: "SeLu"', x)
    (y,) = run.forward()
    want = np.where(x > 0, x, 1.67326324 * (np.exp(x) - 1)) * 1.050700987
    np.testing.assert_allclose(y, want, rtol=1e-6)
    check_gradients(run)
    (y,) = build('type: "SeLu" selu_param { alpha: 2 lambda: 3 }', x).forward()
    np.testing.assert_allclose(y, np.where(x > 0, 3 * x, 6 * (np.exp(x) - 1)), rtol=1e-6)


def test_continuation_indicator():
    text = 'type: "ContinuationIndicator" continuation_indicator_param { time_step: 3 axis: %d }'
    (top,) = build(text % 1, (5, 2, 4)).forward()
    assert top.tolist() == [[0, 0], [1, 1], [1, 1]]
    with pytest.raises(LayerError, match="axis 3 is out of range for bottom shape"):
        build(text % 3, (5, 2, 4))
    with pytest.raises(LayerError, match="needs time_step > 0"):
        build('type: "ContinuationIndicator"', (5, 2))


def test_lstm_learns_behind_what_its_marks_are_counted_on():
    head = (
        input_layer("x", 3, 2, 4)
        + """
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param {
  num_output: 5 axis: 2 weight_filler { type: "xavier" } } }"""
    )
    marks = (
        'layer { name: "c" type: "ContinuationIndicator" bottom: "ip" top: "c" '
        "continuation_indicator_param { time_step: 3 axis: 1 } }",
        input_layer("c", 3, 2),
    )
    tail = """
layer { name: "l" type: "LSTM" bottom: "ip" bottom: "c" top: "l" recurrent_param {
  num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Reduction" bottom: "l" top: "sum" loss_weight: 1 }"""
    x = np.random.default_rng(1).standard_normal((3, 2, 4)).astype(np.float32)
    nets = [net_of(head + mark + tail) for mark in marks]
    nets[1].blobs["c"].data[...] = [[0, 0], [1, 1], [1, 1]]
    for net in nets:
        net.blobs["x"].data[...] = x
        for name, params in nets[0].params.items():
            for one, other in zip(params, net.params[name], strict=True):
                other.data[...] = one.data
        net.forward()
        net.backward()
    first, second = (net.params["ip"][0].diff for net in nets)
    assert first.any()
    np.testing.assert_array_equal(first, second)


def test_osvos_balances_as_hed_does():
    x, target = np.array([[1.0, -2, 0.5, 3]]), np.array([[1, 0, 0, 0]])
    (loss,) = build('type: "SigmoidCrossEntropyBalanceLoss"', x, target).forward()
    zeros = np.log1p(np.exp(x[0, 1:])).sum()
    np.testing.assert_allclose(loss, np.log1p(np.exp(-1)) * 0.75 + zeros * 0.25, rtol=1e-6)


def test_selu_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(3).standard_normal(200_000).astype(np.float32)
    text = 'type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.3 }'
    run = build(text, x)
    (y,) = run.forward()
    assert abs(y.mean()) < 0.01 and abs(y.var() - 1) < 0.02
    low, alpha = y[run.backward(np.ones_like(x))[0] == 0], -1.75809932
    scale = (0.7 * (1 + alpha**2 * 0.3)) ** -0.5
    assert abs(len(low) / len(x) - 0.3) < 0.01
    np.testing.assert_allclose(low, scale * alpha - scale * 0.3 * alpha, rtol=1e-5)
    run.forward()
    dx = run.backward(np.ones_like(x))[0]
    np.testing.assert_allclose(dx[dx != 0], scale, rtol=1e-5)
    test = build(text, x, phase=caffe_pb2.TEST)
    np.testing.assert_array_equal(test.forward()[0], x)
    np.testing.assert_array_equal(test.backward(x)[0], x)
    with pytest.raises(LayerError, match="between 0 and 1"):
        build(text.replace("0.3", "0"), x)


CTC = 'type: "CtcLoss" ctc_loss_param { alphabet_size: 3 time_step: 4 blank_label: 0 }'


def reading(path):
    """The classes of a path without equal neighbours, then without blanks."""
    return [c for c, before in zip(path, [None, *path], strict=False) if c != before and c]


def test_ctc_sums_over_all_paths():
    x = np.random.default_rng(4).standard_normal((5, 3, 3)).astype(np.float32)
    label = np.float32([[1, 2], [0, 1], [2, 2]])
    run = build(CTC, x, label)
    chance = np.exp(x) / np.exp(x).sum(2, keepdims=True)
    total = 0.0
    for n in range(3):
        wanted = [c for c in label[n] if c]
        paths = (p for p in itertools.product(range(3), repeat=4) if reading(p) == wanted)
        total -= np.log(sum(np.prod([chance[t, n, c] for t, c in enumerate(p)]) for p in paths))
    np.testing.assert_allclose(run.forward()[0], total / 3, rtol=1e-5)
    dx = run.backward(np.float32(1))[0]
    assert not dx[4].any()  # beyond time_step
    for at in ((0, 0, 1), (3, 2, 0), (1, 1, 2)):
        values = []
        for step in (1e-2, -1e-2):
            run.bottom[0].data[...] = x
            run.bottom[0].data[at] += step
            values.append(run.forward()[0] * 3)  # the fork's gradient is the sum's
        np.testing.assert_allclose(dx[at], (values[0] - values[1]) / 2e-2, atol=2e-3)


def test_ctc_label_longer_than_the_steps_counts_nothing():
    x = np.random.default_rng(4).standard_normal((4, 2, 3)).astype(np.float32)
    both = build(CTC, x, np.float32([[1, 0, 0], [1, 1, 1]]))
    one = build(CTC, x[:, :1], np.float32([[1, 0, 0]]))
    np.testing.assert_allclose(both.forward()[0] * 2, one.forward()[0], rtol=1e-6)
    assert not both.backward(np.float32(1))[0][:, 1].any()


def test_ctc_refuses():
    with pytest.raises(LayerError, match="takes scores"):
        build(CTC, (3, 2, 3), (2, 2))
    with pytest.raises(LayerError, match="takes labels"):
        build(CTC, (4, 2, 3), (3, 2))
    with pytest.raises(LayerError, match="blank_label 3"):
        build(CTC.replace("blank_label: 0", "blank_label: 3"), (4, 2, 3), (2, 2))
    with pytest.raises(LayerError, match="labels from 1 to 3"):
        build(CTC, (4, 1, 3), np.float32([[1, 3]])).forward()
    with pytest.raises(LayerError, match="no label but the blank"):
        build(CTC, (4, 1, 3), np.float32([[0, 0]])).forward()


def test_labelsequence_accuracy():
    best = [[1, 1, 0, 2], [1, 0, 1, 1], [0, 0, 2, 1], [0, 0, 0, 0]]
    x = np.eye(3, dtype=np.float32)[best]
    label = np.float32([[1, 2, 0], [1, 0, 0], [2, 1, 0], [0, 0, 0]])
    text = 'type: "LabelsequenceAccuracy" labelsequence_accuracy_param { blank_label: 0 }'
    assert build(text, x, label).forward()[0] == 0.75  # the second reads 1 1
    with pytest.raises(LayerError, match="takes scores"):
        build(text, x, label[:3])
