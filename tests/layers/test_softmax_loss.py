"""SoftmaxWithLoss: normalisation, labels, its second top, its weight, on the CPU and a GPU."""

import numpy as np
import pytest
import torch
from gradcheck import check_gradients
from losskit import WEIGHT, close, labels, normal, onehot, softmax, softmax_loss
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import LayerError

PLACES = 2 * 4 * 3
IGNORED = np.zeros((2, 4, 3), bool)
IGNORED[0, :2], IGNORED[1, 3, 2] = True, True


@pytest.mark.parametrize(
    "settings, divisor",
    [
        ("", PLACES - IGNORED.sum()),
        ("normalization: VALID", PLACES - IGNORED.sum()),
        ("normalization: FULL", PLACES),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalize: true", PLACES - IGNORED.sum()),
        ("normalize: false", 2),
        ("normalize: false normalization: FULL", PLACES),
    ],
)
def test_softmax_loss_normalization(settings, divisor):
    x, label = normal(2, 5, 4, 3), labels(5, 2, 4, 3)
    label[IGNORED] = 255
    run = softmax_loss(f"loss_param {{ ignore_label: 255 {settings} }}", x, label)
    p = softmax(x, 1)
    chosen = onehot(label, 5, 1)
    assert run.top[0].shape == ()
    close(run.forward()[0], -(np.log(p) * chosen).sum() / divisor)
    want = (p - chosen) * ~IGNORED[:, None] * 0.7 / divisor
    close(run.backward(*WEIGHT)[0], want)
    check_gradients(run, top_diff=WEIGHT)


@pytest.mark.parametrize(
    "axis, shape", [(0, (3, 3)), (1, (2, 4)), (-1, (2, 3, 5)), (2, (2, 3, 5, 2))]
)
def test_softmax_loss_axis(axis, shape):
    x, classes = normal(*shape), shape[axis]
    label = labels(classes, shape[0], x.size // classes // shape[0])
    run = softmax_loss(f"softmax_param {{ axis: {axis} }}", x, label)
    rows = np.moveaxis(softmax(x, axis), axis, -1).reshape(-1, classes)
    want = -np.log(rows[np.arange(len(rows)), label.ravel().astype(int)]).mean()
    close(run.forward()[0], want)
    check_gradients(run, top_diff=WEIGHT)


def test_softmax_loss_takes_labels_of_any_shape_with_the_count():
    x = normal(2, 3, 2, 2)
    label = labels(3, 2, 2, 2)
    losses = [
        softmax_loss("", x, label.reshape(s)).forward()[0]
        for s in ((2, 2, 2), (2, 1, 2, 2), (2, 4))
    ]
    assert losses[0] == losses[1] == losses[2]


def test_softmax_loss_second_top_is_the_probability():
    x = normal(2, 3, 2)
    loss, p = softmax_loss("", x, labels(3, 2, 2), tops=2).forward()
    close(p, softmax(x, 1))
    assert loss.shape == ()


def test_softmax_loss_with_everything_ignored():
    run = softmax_loss("loss_param { ignore_label: 0 }", normal(2, 3), np.zeros((2, 1), np.float32))
    assert run.forward()[0] == 0
    assert not run.backward(*WEIGHT)[0].any()


def test_softmax_loss_of_a_probability_of_zero():
    """The loss stops at -log FLT_MIN, the gradient is p - 1 (softmax_loss_layer.cpp)."""
    run = softmax_loss("", np.float32([[0, 200]]), np.float32([0]))
    close(run.forward()[0], -np.log(np.finfo(np.float32).tiny))
    close(run.backward(np.float32(1))[0], [[-1, 1]])


def test_softmax_loss_truncates_labels():
    x = normal(3, 4)
    whole = softmax_loss("", x, np.float32([0, 1, 2])).forward()[0]
    assert softmax_loss("", x, np.float32([-0.9, 1.99, 2.5])).forward()[0] == whole


def test_softmax_loss_backward_without_recorded_forward():
    x, label = normal(2, 3), labels(3, 2)
    run = softmax_loss("", x, label)
    run.wiring.saves_for_backward = False
    close(run.backward(np.float32(2))[0], softmax(x, 1) - onehot(label, 3, 1))


def test_a_wrong_label_names_the_ignore_label_too():
    run = softmax_loss("loss_param { ignore_label: 255 }", (2, 3), np.float32([254, 0]))
    with pytest.raises(LayerError, match="label 254 .* 3 classes, 0 to 2; ignore_label is 255"):
        run.forward()


def test_loss_weight_multiplies_the_gradient_in_a_net():
    def net(weight):
        return net_of(
            "force_backward: true "
            + input_layer("x", 2, 3)
            + input_layer("t", 2)
            + 'layer { name: "l" type: "SoftmaxWithLoss" bottom: "x" bottom: "t" top: "l" '
            + f"{weight} }}"
        )

    diffs = []
    x = normal(2, 3)
    for weight in ("", "loss_weight: 2.5"):
        n = net(weight)
        n.blobs["x"].data[...] = x
        n.forward()
        n.backward()
        diffs.append(n.blobs["x"].diff.copy())
    close(diffs[1], 2.5 * diffs[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_wrong_label_on_a_gpu_makes_the_loss_nan_and_is_named_by_a_later_call():
    caffe.set_mode_gpu()
    try:
        run = softmax_loss("", normal(2, 3), np.float32([0, 3]))
        assert np.isnan(run.forward()[0])
        with pytest.raises(LayerError, match="label 3 in 'bottom1' is outside the 3 classes"):
            run.forward()
    finally:
        caffe.set_mode_cpu()


def test_a_certain_prediction_costs_zero_and_not_minus_zero():
    run = softmax_loss("", np.float32([[200, 0]]), np.float32([0]))
    (loss,) = run.forward()
    assert loss == 0 and not np.signbit(loss)
