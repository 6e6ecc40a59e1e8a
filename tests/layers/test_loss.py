"""Losses and Accuracy: values against closed forms, gradients, labels, normalisation."""

import numpy as np
import pytest
from filekit import write_blobproto
from gradcheck import build, check_gradients
from losskit import RANDOM, WEIGHT, close, labels, normal, onehot, softmax

from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2


@pytest.mark.parametrize("kind", ["SoftmaxWithLoss", "Accuracy", "InfogainLoss"])
@pytest.mark.parametrize("wrong", [21, 255, -1, np.nan])
def test_a_wrong_label_is_named(kind, wrong):
    label = labels(21, 2, 3)
    label[1, 2] = wrong
    bottoms = [normal(2, 21, 3), label] + ([normal(21, 21)] if kind == "InfogainLoss" else [])
    run = build(f'type: "{kind}"', *bottoms)
    what = r"-\d+" if np.isnan(wrong) else wrong
    message = "in 'bottom1' is outside the 21 classes, 0 to 20; ignore_label is not set"
    with pytest.raises(LayerError, match=f"label {what} {message}"):
        run.forward()


@pytest.mark.parametrize(
    "kind, bottoms, message",
    [
        ("SoftmaxWithLoss", [(2, 3, 4), (2, 3)], r"takes 8 labels, 6 given \(shape \(2, 3\)\)"),
        ("SoftmaxWithLoss", [(2, 3), (3, 1)], r"number of items \(axis 0\)"),
        ("SoftmaxWithLoss", [(2, 3)], "takes 2 bottom blobs, 1 given"),
        ("Accuracy", [(2, 3, 4), (2, 3)], "takes 8 labels, 6 given"),
        ("EuclideanLoss", [(2, 3), (2, 4)], "differ in size"),
        ("EuclideanLoss", [(2, 3), (3, 2)], "number of items"),
        ("SigmoidCrossEntropyLoss", [(2, 3), (2, 4)], "takes as many targets"),
        ("MultinomialLogisticLoss", [(2, 3), (2, 3)], "one label per item, given shape"),
        ("ContrastiveLoss", [(2, 3), (2, 4), (2, 1)], r"bottom 1 must be \(N, 3\)"),
        ("ContrastiveLoss", [(2, 3, 2), (2, 3), (2, 1)], r"bottom 0 must be \(N, 3\)"),
        ("ContrastiveLoss", [(2, 3), (2, 3), (3, 1)], "number of items"),
        ("InfogainLoss", [(2, 3), (2, 1), (2, 3)], "H must be 3 x 3"),
        ("InfogainLoss", [(2, 3), (2, 1)], "needs 'source'"),
    ],
)
def test_bottoms_that_do_not_fit(kind, bottoms, message):
    with pytest.raises(LayerError, match=message):
        build(f'type: "{kind}"', *bottoms)


@pytest.mark.parametrize("kind", ["SoftmaxWithLoss", "HingeLoss", "SigmoidCrossEntropyLoss"])
def test_no_gradient_to_labels(kind):
    run = build(f'type: "{kind}"', (2, 3), np.zeros((2, 3) if "Sig" in kind else (2,), np.float32))
    run.forward()
    with pytest.raises(LayerError, match="no gradient reaches 'bottom1'"):
        run.backward(*WEIGHT, propagate=[True, True])


# -- InfogainLoss


def infogain_by_hand(x, label, gains, axis, ignore=None):
    """Loss and gradient, summed over places."""
    p = np.moveaxis(softmax(x, axis), axis, -1)
    shape = p.shape
    p, label = p.reshape(-1, shape[-1]), label.ravel().astype(int)
    valid = label != ignore
    rows = gains[np.where(valid, label, 0)] * valid[:, None]
    loss = -(rows * np.log(np.maximum(p, 1e-20))).sum()
    diff = p * rows.sum(1, keepdims=True) - rows
    return loss, np.moveaxis(diff.reshape(shape), -1, axis), valid.sum()


@pytest.mark.parametrize(
    "settings, divisor",
    [
        ("", None),
        ("normalization: FULL", 12),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
    ],
)
def test_infogain(settings, divisor):
    x, label, gains = normal(2, 4, 3, 2), labels(4, 2, 3, 2), normal(4, 4)
    label[0, 0, 0] = label[1, 2] = 9
    text = f'type: "InfogainLoss" loss_param {{ ignore_label: 9 {settings} }}'
    run = build(text, x, label, gains)
    loss, diff, valid = infogain_by_hand(x, label, gains, 1, ignore=9)
    close(run.forward()[0], loss / (divisor or valid))
    close(run.backward(*WEIGHT)[0], 0.7 * diff / (divisor or valid), rtol=1e-4)
    check_gradients(run, top_diff=WEIGHT)


def test_infogain_matrix_from_a_file_and_along_another_axis(tmp_path):
    x, label, gains = normal(2, 3, 4), labels(4, 2, 3), normal(4, 4)
    source = tmp_path / "H.binaryproto"
    write_blobproto(source, gains.reshape(1, 1, 4, 4))
    text = f'type: "InfogainLoss" infogain_loss_param {{ axis: -1 source: "{source}" }}'
    loss, p = build(text, x, label, tops=2).forward()
    want, _, _ = infogain_by_hand(x, label, gains, 2)
    close(loss, want / 6)
    close(p, softmax(x, 2))


def test_infogain_refuses(tmp_path):
    with pytest.raises(LayerError, match="not the older normalize"):
        build('type: "InfogainLoss" loss_param { normalize: true }', (2, 3), (2, 1), (3, 3))
    bad = tmp_path / "bad.binaryproto"
    bad.write_bytes(b"no blob")
    for source in (bad, tmp_path / "absent.binaryproto"):
        with pytest.raises(LayerError, match="cannot read H: .*binaryproto"):
            build(
                f'type: "InfogainLoss" infogain_loss_param {{ source: "{source}" }}', (2, 3), (2, 1)
            )


# -- the other class losses


@pytest.mark.parametrize("norm, power", [("L1", 1), ("L2", 2)])
def test_hinge(norm, power):
    x, label = normal(3, 2, 2), labels(4, 3)
    text = f'type: "HingeLoss" hinge_loss_param {{ norm: {norm} }}'
    run = build(text, x, label)
    sign = 2 * onehot(label, 4, 1) - 1
    margin = np.maximum(0, 1 - sign * x.reshape(3, 4))
    close(run.forward()[0], (margin**power).sum() / 3)
    want = -sign * (np.sign(margin) if power == 1 else 2 * margin) * 0.7 / 3
    close(run.backward(*WEIGHT)[0], want.reshape(x.shape))


def test_multinomial_logistic():
    p, label = softmax(normal(3, 4), 1), np.float32([2, 0, 3])
    p[2] = [0.5, 0.5, 0, 0]
    run = build('type: "MultinomialLogisticLoss"', p, label.reshape(3, 1, 1, 1))
    chosen = np.maximum([p[0, 2], p[1, 0], p[2, 3]], 1e-20)
    close(run.forward()[0], -np.log(chosen).mean())
    want = np.zeros((3, 4))
    want[[0, 1, 2], [2, 0, 3]] = -0.7 / 3 / chosen
    close(run.backward(*WEIGHT)[0], want)


# -- losses over values


def test_euclidean():
    a, b = normal(3, 2, 2), normal(3, 4)
    run = build('type: "EuclideanLoss"', a, b)
    close(run.forward()[0], ((a.reshape(3, 4) - b) ** 2).sum() / 6)
    da, db = run.backward(*WEIGHT)
    close(da, 0.7 * (a - b.reshape(a.shape)) / 3)
    close(db, -da.reshape(3, 4))
    check_gradients(run, top_diff=WEIGHT)
    assert run.backward(*WEIGHT, propagate=[False, True])[0] is None


@pytest.mark.parametrize("legacy", [False, True])
def test_contrastive(legacy):
    a, b = normal(6, 3, 1, 1), normal(6, 3, 1, 1)
    b[4:] = a[4:] + 0.1  # near
    similar = np.float32([1, 0, 1, 0, 0, 1])
    text = f"margin: 2.5 legacy_version: {str(legacy).lower()}"
    run = build(f'type: "ContrastiveLoss" contrastive_loss_param {{ {text} }}', a, b, similar)
    square = ((a - b) ** 2).reshape(6, 3).sum(1)
    far = np.maximum(2.5 - square, 0) if legacy else np.maximum(2.5 - np.sqrt(square), 0) ** 2
    close(run.forward()[0], np.where(similar, square, far).sum() / 12)
    check_gradients(run, top_diff=WEIGHT, step=1e-3, tol=2e-2)


def test_contrastive_gradient_at_distance_zero():
    a = normal(1, 3)
    run = build('type: "ContrastiveLoss"', a, a, np.float32([0]))
    assert run.forward()[0] == 0.5
    assert not run.backward(*WEIGHT)[0].any()


@pytest.mark.parametrize(
    "settings, divisor",
    [
        ("", 2),
        ("normalize: false", 2),
        ("normalize: true", 5),
        ("normalization: VALID", 5),
        ("normalization: FULL", 6),
        ("normalization: NONE", 1),
        ("normalize: true normalization: BATCH_SIZE", 2),
    ],
)
def test_sigmoid_cross_entropy(settings, divisor):
    x, t = normal(2, 3) * 3, RANDOM.uniform(0, 0.99, (2, 3)).astype(np.float32)
    t[1, 0] = -1
    valid = t != -1
    text = f'type: "SigmoidCrossEntropyLoss" loss_param {{ ignore_label: -1 {settings} }}'
    run = build(text, x, t)
    s = 1 / (1 + np.exp(-x))
    terms = -(t * np.log(s) + (1 - t) * np.log(1 - s)) * valid
    close(run.forward()[0], terms.sum() / divisor, rtol=1e-4)
    close(run.backward(*WEIGHT)[0], 0.7 * (s - t) * valid / divisor)
    check_gradients(run, top_diff=WEIGHT)


def test_sigmoid_cross_entropy_far_out():
    run = build('type: "SigmoidCrossEntropyLoss"', np.float32([[500, -500]]), np.float32([[0, 1]]))
    assert run.forward()[0] == 1000
    close(run.backward(np.float32(1))[0], [[1, -1]])


# -- Accuracy


def test_accuracy_counts_a_tie_against_the_label():
    x = np.float32([[1, 1, 0], [0, 2, 1], [3, 2, 1], [1, 1, 1]])
    label = np.float32([0, 1, 2, 0])
    (accuracy,) = build('type: "Accuracy"', x, label).forward()
    assert accuracy == 0.25
    (accuracy,) = build('type: "Accuracy" accuracy_param { top_k: 2 }', x, label).forward()
    assert accuracy == 0.5
    (accuracy,) = build('type: "Accuracy" accuracy_param { top_k: 3 }', x, label).forward()
    assert accuracy == 1


@pytest.mark.parametrize("top_k", [1, 2])
def test_accuracy_per_class_along_an_axis_with_ignored_labels(top_k):
    x, label = normal(2, 3, 5), labels(4, 2, 3)  # class 4 never occurs
    label[0, 1] = 255
    text = f"axis: 2 ignore_label: 255 top_k: {top_k}"
    accuracy, per_class = build(
        f'type: "Accuracy" accuracy_param {{ {text} }}', x, label, tops=2
    ).forward()
    rows, flat = x.reshape(-1, 5), label.ravel()
    right, seen = np.zeros(5), np.zeros(5)
    for row, c in zip(rows, flat.astype(int), strict=True):
        if c != 255:
            seen[c] += 1
            right[c] += (row >= row[c]).sum() <= top_k
    close(accuracy, right.sum() / seen.sum())
    close(per_class, right / np.maximum(seen, 1))


def test_accuracy_of_nothing_is_zero():
    run = build('type: "Accuracy" accuracy_param { ignore_label: 0 }', (2, 3), (2,), tops=2)
    run.bottom[1].data[...] = 0
    accuracy, per_class = run.forward()
    assert accuracy == 0 and not per_class.any()


def test_accuracy_refuses():
    with pytest.raises(LayerError, match="top_k is 4, there are only 3 classes"):
        build('type: "Accuracy" accuracy_param { top_k: 4 }', (2, 3), (2,))
    run = build('type: "Accuracy"', (2, 3), np.float32([0, 1]))
    run.forward()
    with pytest.raises(LayerError, match="has no gradient"):
        run.backward(*WEIGHT, propagate=[True, False])


def test_losses_know_that_they_are():
    for kind, is_loss in (("SoftmaxWithLoss", True), ("EuclideanLoss", True), ("Accuracy", False)):
        layer = build(
            f'type: "{kind}"', (2, 3), np.zeros((2, 3) if "Eu" in kind else (2,), np.float32)
        ).layer
        assert layer.is_loss is is_loss and layer.auto_top is is_loss
    assert caffe_pb2.LossParameter().normalization == caffe_pb2.LossParameter.VALID
