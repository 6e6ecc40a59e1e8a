"""What's the Point's and CCNN's losses beyond their figures: formulas, gradients, refusals."""

import sys

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import softmax
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import LayerError
from caffe._caffe.layers.forks.ccnn import nearest_distribution

RANDOM = np.random.default_rng(3)
WEIGHT = [np.float32(0.7)]
TERMS = ("classes", "constraint", "location", "objectness")


def supervision(height=4, width=5, classes=(2, 4), points=((2, 2), (7, 4), (11, 0)), maps=3):
    """Return labels: points (pixel, class), objectness, the list of classes and the rank."""
    label = np.zeros((1, maps, height * width), np.float32)
    label[0, 0] = 255
    for pixel, c in points:
        label[0, 0, pixel] = c
    label[0, 1] = RANDOM.integers(0, 256, height * width)
    label[0, 2, : len(classes)] = classes
    if maps == 4:
        label[0, 3] = RANDOM.integers(1, 256, height * width)
    return label.reshape(1, maps, height, width)


def expectation(settings="", label=None, classes=6, **kwargs):
    label = supervision() if label is None else label
    text = "type: 'SoftmaxWithLossExpectation' loss_param { ignore_label: 255 %s }"
    return build(text % settings, (1, classes, *label.shape[2:]), label, **kwargs)


def formula(x, label, on=TERMS, mean=True, rank=False):
    s = softmax(x.astype(np.float64), 1)[0].reshape(x.shape[1], -1)
    label = label[0].reshape(label.shape[1], -1)
    present = {0, *label[2][: list(label[2]).index(0)].astype(int)}
    best, total = s.max(1), 0.0
    divide = (lambda value, by: value / by) if mean else (lambda value, by: value)
    if "classes" in on:
        total -= divide(sum(np.log(best[c]) for c in present), len(present))
    absent = [c for c in range(len(s)) if c not in present]
    if "constraint" in on:
        total -= divide(sum(np.log(1 - best[c]) for c in absent), len(absent))
    known = label[0] != 255
    if "location" in on:
        weight = label[3] / 255 if rank else np.ones(len(known))
        terms = [weight[i] * np.log(s[int(label[0, i]), i]) for i in np.flatnonzero(known)]
        total -= divide(sum(terms), weight[known].sum())
    if "objectness" in on:
        prior = 1 - (label[1] + 1) / 257
        terms = prior * np.log(s[0]) + (1 - prior) * np.log(1 - s[0])
        pixels = (~known).sum() if "location" in on else known.size
        total -= divide(terms[~known].sum(), pixels)
    return total


@pytest.mark.parametrize("left_out", [None, *TERMS])
def test_each_term_of_the_gpu_form(left_out):
    settings = f"ignore_{left_out}: true" if left_out else ""
    run = expectation(settings)
    (loss,) = run.forward()
    want = formula(run.bottom[0].data, run.bottom[1].data, [t for t in TERMS if t != left_out])
    np.testing.assert_allclose(loss, want, rtol=1e-5)
    check_gradients(run, top_diff=WEIGHT, step=3e-3)


def test_a_hopeless_pixel_still_learns():
    """At S = 0 the loss takes the least float, its gradient S - 1 (the .cu's backward)."""
    run = expectation("ignore_classes: true ignore_constraint: true ignore_objectness: true")
    run.bottom[0].data[0, 2, 0, 2] = -300  # the first point's class and pixel
    (loss,) = run.forward()
    diff = run.backward(WEIGHT[0], propagate=[True, False])[0][0].reshape(6, -1)
    s = softmax(run.bottom[0].data.astype(np.float64), 1)[0].reshape(6, -1)
    terms = [np.log(max(s[c, i], np.finfo(np.float32).tiny)) for i, c in ((2, 2), (7, 4), (11, 0))]
    np.testing.assert_allclose(loss, -sum(terms) / 3, rtol=1e-5)
    want = np.zeros_like(s)
    for pixel, c in ((2, 2), (7, 4), (11, 0)):
        want[:, pixel] = 0.7 / 3 * (s[:, pixel] - np.eye(6)[c])
    np.testing.assert_allclose(diff, want, atol=1e-6)


def test_nothing_is_nan_where_every_class_or_pixel_is_taken():
    everywhere = [(i, i % 6) for i in range(20)]
    run = expectation(label=supervision(classes=(1, 2, 3, 4, 5), points=everywhere))
    (loss,) = run.forward()
    want = formula(run.bottom[0].data, run.bottom[1].data, ("classes", "location"))
    np.testing.assert_allclose(loss, want, rtol=1e-5)
    check_gradients(run, top_diff=WEIGHT, step=3e-3)


def test_sums_rank_and_probabilities():
    sums = " ".join(
        f"normalize_{t}: false" for t in ("classes", "constraint", "supervised", "objectness")
    )
    run = expectation(sums)
    (loss,) = run.forward()
    want = formula(run.bottom[0].data, run.bottom[1].data, mean=False)
    np.testing.assert_allclose(loss, want, rtol=1e-5)
    run = expectation("ignore_rank: false", supervision(maps=4), tops=2)
    loss, prob = run.forward()
    want = formula(run.bottom[0].data, run.bottom[1].data, rank=True)
    np.testing.assert_allclose(loss, want, rtol=1e-5)
    np.testing.assert_allclose(prob, softmax(run.bottom[0].data, 1), rtol=1e-5)


def test_siftflow_counts_from_one_and_implies_no_background():
    label = supervision(classes=(3, 5), points=((0, 3), (7, 5)))
    settings = "is_siftflow: true ignore_objectness: true"
    run = expectation(settings, label)
    x = run.bottom[0].data
    (loss,) = run.forward()
    s = softmax(x.astype(np.float64), 1)[0].reshape(6, -1)
    best = s.max(1)
    want = -(np.log(best[2]) + np.log(best[4])) / 2
    want -= sum(np.log(1 - best[c]) for c in (0, 1, 3, 5)) / 4
    want -= (np.log(s[2, 0]) + np.log(s[4, 7])) / 2
    np.testing.assert_allclose(loss, want, rtol=1e-5)


@pytest.mark.parametrize("dialect", ["", "whats-the-point-cpu"])
def test_a_loss_may_name_no_top(dialect):
    """Caffe makes its top then (layer.hpp, AutoTopBlobs)."""
    x, label = RANDOM.standard_normal((1, 6, 4, 5)).astype(np.float32), supervision()
    layer = 'name: "loss" type: "SoftmaxWithLossExpectation" bottom: "x" bottom: "label"'
    losses = []
    for top in ("", 'top: "loss"'):
        text = input_layer("x", *x.shape) + input_layer("label", *label.shape)
        caffe.set_dialect(dialect)
        try:
            net = net_of(f"{text} layer {{ {layer} {top} loss_param {{ ignore_label: 255 }} }}")
        finally:
            caffe.set_dialect("")
        net.blobs["x"].data[...], net.blobs["label"].data[...] = x, label
        net.forward()
        losses.append(list(net.blobs.values())[-1].data.item())
    assert losses[0] == losses[1] != 0


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: expectation(label=supervision()[:, :2]), r"label of shape \(1, 3, 4, 5\)"),
        (lambda: expectation("ignore_rank: false"), r"label of shape \(1, 4, 4, 5\)"),
        (lambda: expectation(label=supervision(classes=(2, 9))).forward(), "class 9 in the list"),
        (lambda: expectation(label=supervision(classes=[1] * 20)).forward(), "end with a 0"),
        (lambda: expectation(label=supervision(points=((0, 8),))).forward(), "label 8 in"),
        (
            lambda: build("type: 'SoftmaxWithLossExpectation'", (2, 3, 4, 4), (2, 3, 4, 4)),
            "one image at a time",
        ),
        (
            lambda: expectation().backward(WEIGHT[0], propagate=[True, True]),
            "no gradient reaches 'bottom1'",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(LayerError, match=message):
        make()


@pytest.mark.parametrize("normalize", [True, False])
def test_the_cpu_form_by_its_dialect(normalize):
    caffe.set_dialect("whats-the-point-cpu")
    try:
        run = expectation("" if normalize else "normalize: false")
    finally:
        caffe.set_dialect("")
    x, label = run.bottom[0].data.copy(), run.bottom[1].data[0].reshape(3, -1)
    (loss,) = run.forward()
    s = softmax(x.astype(np.float64), 1)[0].reshape(6, -1)
    mixture = np.zeros_like(s)
    mixture[0] = 1 - label[1] / 255
    mixture[[2, 4]] = (1 - mixture[0]) / 2
    known = label[0] != 255
    pixel = np.arange(20)
    chosen = s[np.where(known, label[0], 0).astype(int), pixel]
    terms = np.where(known, chosen, (mixture * s).sum(0))
    divisor = 20 if normalize else 1
    np.testing.assert_allclose(loss, -np.log(terms).sum() / divisor, rtol=1e-5)
    target = np.where(np.isin(np.arange(6), (2, 4))[:, None], s * mixture, 0)
    target = target / (s * mixture).sum(0)
    target[:, known] = np.eye(6)[:, label[0][known].astype(int)]
    (diff,) = run.backward(WEIGHT[0], propagate=[True, False])[:1]
    want = 0.7 * (s - target) / divisor
    np.testing.assert_allclose(diff.reshape(6, -1), want, atol=1e-6)


WEAK = (
    input_layer("f", 2, 4, 5, 6)
    + input_layer("tags", 2, 4, 1, 1)
    + "force_backward: true\n"
    + 'layer { name: "loss" type: "Python" bottom: "f" bottom: "tags" top: "loss" loss_weight: 1'
    + ' python_param { module: "python_layers" layer: "WeakLoss" } }'
)


def weak_net(scale=1.0):
    net = net_of(WEAK)
    net.blobs["f"].data[...] = RANDOM.normal(0, scale, (2, 4, 5, 6))
    net.blobs["tags"].data[...] = np.array([[1, 0, 1, 0], [1, 0, 0, 0]]).reshape(2, 4, 1, 1)
    return net


def test_weak_loss_is_the_distance_and_its_gradient():
    net = weak_net()
    net.forward()
    net.backward()
    f = net.blobs["f"].data.astype(np.float64)
    q = softmax(f, 1)
    p = q - net.blobs["f"].diff * 30
    assert np.abs(p[0, [1, 3]]).max() < 1e-6 and np.abs(p[1, 1:]).max() < 1e-6
    means = p[0].mean((1, 2))
    assert 0.3 - 1e-3 < means[0] < 0.7 + 1e-3 and means[2] > 0.05 - 1e-3
    p = np.maximum(p, 0)
    want = (p * (np.log(np.maximum(p, 1e-10)) - np.log(q))).sum() / 30
    np.testing.assert_allclose(float(net.blobs["loss"].data.ravel()[0]), want, rtol=1e-3)


def test_weak_loss_takes_settings_from_param_str():
    found = []
    for text in ("", "{'normalization': False}"):
        net = net_of(WEAK.replace('"WeakLoss"', f'"WeakLoss" param_str: "{text}"'))
        net.blobs["f"].data[...] = np.random.default_rng(4).normal(size=(2, 4, 5, 6))
        net.blobs["tags"].data[...] = np.array([[1, 0, 1, 0], [1, 0, 0, 0]]).reshape(2, 4, 1, 1)
        net.forward()
        net.backward()
        found.append((net.blobs["loss"].data.item(), net.blobs["f"].diff))
    np.testing.assert_allclose(found[1][0], 30 * found[0][0], rtol=1e-5)
    np.testing.assert_allclose(found[1][1], 30 * found[0][1], rtol=1e-5, atol=1e-7)
    for text, match in (
        (
            "{'normalisation': False}",
            "param_str has normalisation; .* may have bg_lower, .*hardness",
        ),
        ("{'hardness': 'soft'}", "param_str must give numbers"),
    ):
        with pytest.raises(caffe.LayerError, match=match):
            net_of(WEAK.replace('"WeakLoss"', f'"WeakLoss" param_str: "{text}"'))


def test_nearest_distribution_meets_its_bounds_at_least_distance():
    scores = RANDOM.normal(0, 1, (40, 3))
    scores[:, 0] += 4
    absent = np.array([False, False, True])
    upper = [(np.array([-1.0, 0, 0]), -0.7, 1e10)]
    p = nearest_distribution(scores, absent, upper)
    assert abs(p[:, 0].mean() - 0.7) < 1e-3 and not p[:, 2].any()
    # Where the bound holds the solution tilts every pixel's odds by one factor.
    tilt = np.log(p[:, 0] / p[:, 1]) - (scores[:, 0] - scores[:, 1])
    assert np.ptp(tilt) < 1e-6
    free = nearest_distribution(scores, absent, [(np.array([1.0, 0, 0]), 0.3, 1e10)])
    np.testing.assert_allclose(free[:, :2], softmax(scores[:, :2], 1))
    slack = nearest_distribution(scores, absent, [(np.array([0, 1.0, 0]), 0.9, 0.01)])
    assert slack[:, 1].mean() < 0.5
    only = nearest_distribution(scores, np.array([True, False, True]), upper)
    np.testing.assert_allclose(only, np.eye(3)[np.ones(40, int)])


def test_the_users_own_python_layer_comes_first(tmp_path, monkeypatch, capfd):
    weak_net()
    assert "using this Caffe's own WeakLoss" in capfd.readouterr().err
    (tmp_path / "python_layers.py").write_text(
        "import caffe\nclass WeakLoss(caffe.Layer):\n"
        "    def reshape(self, bottom, top): top[0].reshape(7)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "python_layers", raising=False)
    assert net_of(WEAK).blobs["loss"].data.shape == (7,)
    del sys.modules["python_layers"]


def test_weak_loss_refusals():
    with pytest.raises(caffe.LayerError, match="an indicator for each class of each item"):
        net_of(WEAK.replace("dim: 2 dim: 4 dim: 1", "dim: 2 dim: 3 dim: 1"))
    with pytest.raises(caffe.LayerError, match="takes scores and class indicators"):
        net_of(WEAK.replace(' bottom: "tags" top', " top"))
