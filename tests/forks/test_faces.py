"""Layers of face recognition against the forks' loops: values, gradients, refusals."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, normal
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2

F = np.float32
TYPES = ("SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")


def test_center_loss():
    x, label = normal(5, 2, 3), F([1, 0, 1, 3, 1])
    text = "center_loss_param { num_output: 4 center_filler { type: 'gaussian' } }"
    run = build(f'type: "CenterLoss" {text}', x, label)
    centres = run.layer.blobs[0].data
    distance = x.reshape(5, 6) - centres[label.astype(int)]
    close(run.forward()[0], (distance**2).sum() / 10)
    check_gradients(run, top_diff=WEIGHT, bottoms=[0], params=[])
    run.forward()
    run.backward(F(0.3))
    want = np.zeros_like(centres)
    for c in range(4):
        mine = distance[label == c]
        want[c] = -mine.sum(0) / (len(mine) + 1)
    close(run.param_diff(0), want)


def multiple(c, kind):
    """cos(m theta) continued downwards, by its branches: (-1)^k cos(m theta) - 2 k."""
    m, theta = TYPES.index(kind) + 1, math.acos(max(-1.0, min(1.0, c)))
    k = min(int(theta * m / math.pi), m - 1)
    return (-1) ** k * math.cos(m * theta) - 2 * k


def margin(layer, kind, x, label, tops=2, **fields):
    param = {"LargeMarginInnerProduct": "largemargin_inner_product_param",
             "MarginInnerProduct": "margin_inner_product_param"}[layer]  # fmt: skip
    values = {"base": 10, "gamma": 0.5, "power": 2, "lambda_min": 0.1, "iteration": 3, **fields}
    settings = " ".join(f"{k}: {v}" for k, v in values.items())
    return build(
        f'type: "{layer}" {param} {{ num_output: 6 type: {kind} {settings} '
        'weight_filler { type: "gaussian" } }',
        x, label, tops=tops,
    )  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("layer", ["LargeMarginInnerProduct", "MarginInnerProduct"])
def test_angular_margins(layer, kind):
    x, label = normal(12, 4), np.arange(12).astype(F) % 6
    run = margin(layer, kind, x, label)
    top, mix = run.forward()
    weight = run.layer.blobs[0].data.astype(np.float64)
    if layer == "MarginInnerProduct":
        close((weight**2).sum(1), np.ones(6))
    want = x @ weight.T
    lam = 10 * (1 + 0.5 * 4) ** -2
    assert mix == pytest.approx(lam)
    if kind != "SINGLE":
        for i, k in enumerate(label.astype(int)):
            size = np.linalg.norm(x[i]) * np.linalg.norm(weight[k])
            changed = size * multiple(want[i, k] / size, kind)
            want[i, k] = (changed + lam * want[i, k]) / (1 + lam)
    close(top, want, rtol=1e-4, atol=1e-5)
    assert run.forward()[1] == pytest.approx(10 * 3.5**-2)
    assert run.layer.get_state() == {"iteration": 5}


@pytest.mark.parametrize("kind", TYPES)
def test_the_large_margin_s_gradients_are_true(kind):
    x, label = normal(5, 4), F([0, 1, 2, 3, 4])
    run = margin("LargeMarginInnerProduct", kind, x, label, tops=1, power=0)
    check_gradients(run, step=2e-3, tol=2e-2)


@pytest.mark.parametrize("kind", TYPES[1:])
def test_spherefaces_gradients(kind):
    x, label = normal(5, 4), F([0, 1, 2, 3, 4])
    run = margin("MarginInnerProduct", kind, x, label)
    _, lam = run.forward()
    dy = normal(5, 6)
    dx, _ = run.backward(dy, F([0]))
    w = run.layer.blobs[0].data.astype(np.float64)
    close(run.param_diff(0), dy.T @ x, rtol=1e-4, atol=1e-5)
    want = dy @ w
    for i, k in enumerate(label.astype(int)):
        size = np.linalg.norm(x[i])
        c, h = x[i] @ w[k] / size, 1e-6
        slope = (multiple(c + h, kind) - multiple(c - h, kind)) / (2 * h)
        shares = np.array([slope, (multiple(c, kind) - c * slope) / size])
        shares /= np.linalg.norm(shares)
        own = shares[0] * w[k] + shares[1] * x[i]
        want[i] += dy[i, k] / (1 + lam[0]) * (own - w[k])
    close(dx, want, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4, 5)])
def test_normalize(kind, shape):
    param = f'normalize_param {{ normalize_type: "{kind}" bp_norm: true }}'
    run = build(f'type: "Normalize" {param}', shape, tops=2)
    y, length = run.forward()
    x = run.bottom[0].data
    want = (np.abs(x) if kind == "L1" else x**2).sum(1, keepdims=True) + 1e-6
    want = want if kind == "L1" else np.sqrt(want)
    close(length.reshape(want.shape), want, atol=1e-5)
    close(y.reshape(shape), x / want, atol=1e-5)
    check_gradients(run, step=1e-3)
    alone = build(f'type: "Normalize" normalize_param {{ normalize_type: "{kind}" }}', x)
    (one,) = alone.forward()
    dy = normal(*one.shape)
    run.forward()
    close(alone.backward(dy)[0], run.backward(dy, np.zeros_like(length))[0], atol=1e-5)
    fixed = build(
        f'type: "Normalize" normalize_param {{ normalize_type: "{kind}" fix_gradient: true }}', x
    )
    fixed.forward()
    close(fixed.backward(dy)[0], alone.backward(dy)[0] * want, rtol=1e-4, atol=1e-5)


def test_a_normalize_without_fields_is_ssds():
    assert len(build('type: "Normalize"', (1, 2, 3, 4)).layer.blobs) == 1
    assert not build('type: "Normalize"', (1, 2, 3, 4), tops=2).layer.blobs


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_label_specific_add(phase):
    x, label = F([[0.5, 0.1, 0.9], [0.2, 0.3, 0.4]]), F([2, 1])
    run = build(
        'type: "LabelSpecificAdd" label_specific_add_param { bias: -0.35 }', x, label, phase=phase
    )
    want = x.copy()
    if phase == caffe.TRAIN:
        want[0, 2] -= 0.35  # 0.3 stays what it is: it would fall below 0
    close(run.forward()[0], want)
    dy = normal(2, 3)
    np.testing.assert_array_equal(run.backward(dy)[0], dy)


def test_its_bias_can_change_with_the_iterations():
    text = (
        "label_specific_add_param { bias_base: 0 bias_gamma: -0.1 bias_power: 1 bias_min: -0.25 "
        "bias_max: 0 iteration: 1 }"
    )
    net = net_of(
        input_layer("x", 1, 2) + input_layer("l", 1)
        + 'layer { name: "a" type: "LabelSpecificAdd" bottom: "x" bottom: "l" top: "x" top: "m" '
        + text + " }"
    )  # fmt: skip
    for bias in (-0.1, -0.2, -0.25, -0.25):
        net.blobs["x"].data[...] = [[1, 2]]
        net.forward()
        close(net.blobs["x"].data, [[1 + bias, 2]])
        close(net.blobs["m"].data, [bias])


def test_channel_scale():
    for shape, scale in (((2, 3, 4, 5), (2, 1, 4, 5)), ((2, 3), (2,)), ((2, 3), (2, 1, 1, 1))):
        run = build('type: "ChannelScale"', shape, scale)
        x, s = (b.data for b in run.bottom)
        close(run.forward()[0], x * s.reshape(2, 1, *shape[2:]))
        check_gradients(run)


def test_a_bare_normalize_takes_its_net_s_dialect():
    layers = [
        'layer { name: "n" type: "Normalize" bottom: "x" top: "n" }',
        'layer { name: "ip" type: "InnerProduct" bottom: "n" top: "ip" inner_product_param { '
        'num_output: 3 bias_term: false normalize: true weight_filler { type: "gaussian" } } }',
    ]
    net = net_of(input_layer("x", 2, 4) + "".join(layers))
    assert list(net.params) == ["ip"]
    x = net.blobs["x"].data[...] = normal(2, 4)
    before = net.params["ip"][0].data.copy()
    net.forward()
    weight = net.params["ip"][0].data
    close(weight, before / np.linalg.norm(before, axis=1, keepdims=True), rtol=1e-3)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    close(net.blobs["ip"].data, unit @ weight.T, atol=1e-5)
    spread = layers[0].replace("}", "norm_param { across_spatial: false } }")
    assert "n" in net_of(input_layer("x", 2, 4) + spread + layers[1]).params


@pytest.mark.parametrize("kind", ["L1", "L2"])
@pytest.mark.parametrize("given", [False, True])
def test_inner_distance(kind, given):
    param = f'inner_distance_param {{ num_output: 3 distance_type: "{kind}" '
    param += 'weight_filler { type: "gaussian" } }'
    run = build(f'type: "InnerDistance" {param}', (5, 2, 2), *([(3, 2, 2)] if given else []))
    x = run.bottom[0].data.reshape(5, 1, 4)
    weight = (run.bottom[1] if given else run.layer.blobs[0]).data.reshape(3, 4)
    power = int(kind[1])
    close(run.forward()[0], (np.abs(x - weight) ** power).sum(2), atol=1e-5)
    check_gradients(run, step=1e-3)


@pytest.mark.parametrize("kind", ["L1", "L2"])
def test_inner_distance_of_a_label_s_row(kind):
    text = f'inner_distance_param {{ distance_type: "{kind}" update_center_only: true }}'
    x, weight, label = normal(4, 2), normal(3, 2), F([2, 0, 2, 2])
    run = build(f'type: "InnerDistance" {text}', x, weight, label)
    run.forward()
    dy = normal(4, 3)
    dx, dw, _ = run.backward(dy)
    slope = np.sign if kind == "L1" else lambda d: 2 * d
    want_x, want_w = np.zeros_like(x), np.zeros_like(weight)
    for m in range(4):
        for n in range(3):
            want_x[m] += dy[m, n] * slope(x[m] - weight[n])
            if n == label[m]:
                want_w[n] += dy[m, n] * slope(weight[n] - x[m])
    close(dx, want_x, atol=1e-5)
    close(dw, want_w, atol=1e-5)


def test_inner_distance_brings_its_rows_to_length_one():
    text = 'num_output: 3 normalize: true weight_filler { type: "gaussian" std: 4 }'
    run = build(f'type: "InnerDistance" inner_distance_param {{ {text} }}', (2, 4))
    run.forward()
    close((run.layer.blobs[0].data ** 2).sum(1), np.ones(3), atol=1e-5)


def test_a_parameter_s_filler():
    text = 'parameter_param { shape { dim: 5 dim: 4 } blob_filler { type: "gaussian_unitball" } }'
    net = net_of('layer { name: "p" type: "Parameter" top: "p" ' + text + " }")
    net.forward()
    close((net.blobs["p"].data ** 2).sum(1), np.ones(5), atol=1e-5)
    assert (net.blobs["p"].data < 0).any()


def test_refusals():
    for text, shapes, message in (
        ('"CenterLoss"', ((2, 3), (2,)), "num_output > 0"),
        ('"CenterLoss" center_loss_param { num_output: 2 distance_type: "L1" }', ((2, 3), (2,)),
         "L2 only"),
        ('"CenterLoss" center_loss_param { num_output: 2 }', ((2, 3), (2, 2)), "must have shape"),
        ('"MarginInnerProduct" margin_inner_product_param { num_output: 2 }', ((2, 3), (3,)),
         "a label each item"),
        ('"Normalize" normalize_param { normalize_type: "L3" }', ((2, 3),), "L1 or L2"),
        ('"LabelSpecificAdd"', ((2, 3), (3,)), "their labels"),
        ('"ChannelScale"', ((2, 3, 4, 5), (2, 4)), "N H W numbers"),
        ('"InnerProduct" inner_product_param { num_output: 2 normalize: true transpose: true }',
         ((2, 3),), "normalize or transpose"),
        ('"InnerDistance" inner_distance_param { transpose: true }', ((2, 3),), "no transpose"),
        ('"InnerDistance"', ((2, 3),), "needs num_output > 0"),
        ('"InnerDistance"', ((2, 3), (2, 4)), "its weights are"),
        ('"InnerDistance"', ((2, 3), (2, 3), (2,)), "labels with update_center_only"),
        ('"InnerDistance" inner_distance_param { distance_type: "L3" }', ((2, 3),), "L1 or L2"),
    ):  # fmt: skip
        with pytest.raises(LayerError, match=message):
            build(f"type: {text}", *shapes, phase=caffe_pb2.TRAIN)
    run = margin("MarginInnerProduct", "DOUBLE", normal(1, 4), F([6]))
    with pytest.raises(LayerError, match="label 6"):
        run.forward()
