"""Layers of SENet, ShuffleNet, MobileNets, caffe-windows: closed forms, gradients, refusals."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import normal
from netkit import input_layer, net_of

from caffe._caffe.core.registry import register
from caffe._caffe.errors import CaffeError, LayerError


@pytest.mark.parametrize(
    "scale, shape",
    [
        ((2, 3), (2, 3, 4, 5)),
        ((2, 3, 1, 1), (2, 3, 4, 5)),
        ((2, 3, 1), (2, 3, 4)),
        ((2, 3), (2, 3)),
    ],
)
def test_axpy(scale, shape):
    run = build("type: 'Axpy'", scale, shape, shape)
    s, x, y = (b.data for b in run.bottom)
    want = s.reshape(2, 3, *[1] * (len(shape) - 2)) * x + y
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-6)
    check_gradients(run)


def test_axpy_refuses():
    for shapes, message in (
        (((2, 4), (2, 3, 4, 5), (2, 3, 4, 5)), "bottom 0 must be"),
        (((2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5)), "bottom 0 must be"),
        (((2, 3), (2, 3, 4, 5), (2, 3, 4, 4)), "one shape"),
    ):
        with pytest.raises(LayerError, match=message):
            build("type: 'Axpy'", *shapes)


def test_shuffle_channel():
    x = normal(2, 12, 3, 2)
    run = build("type: 'ShuffleChannel' shuffle_channel_param { group: 3 }", x)
    (y,) = run.forward()
    for i in range(3):
        for j in range(4):
            np.testing.assert_array_equal(y[:, j * 3 + i], x[:, i * 4 + j])
    np.testing.assert_array_equal(run.backward(y)[0], x)
    flat = build("type: 'ShuffleChannel' shuffle_channel_param { group: 3 }", x[:, :, 0, 0])
    np.testing.assert_array_equal(flat.forward()[0], y[:, :, :1, :1])
    np.testing.assert_array_equal(flat.backward(y[:, :, :1, :1])[0], x[:, :, 0, 0])
    with pytest.raises(LayerError, match="not a multiple of group 5"):
        build("type: 'ShuffleChannel' shuffle_channel_param { group: 5 }", x)
    with pytest.raises(LayerError, match="needs group > 0"):
        build("type: 'ShuffleChannel' shuffle_channel_param { group: 0 }", x)


@pytest.mark.parametrize("slope", [0, 0.5])
def test_relu6(slope):
    x = np.float32([-2, -0.5, 0, 0.5, 3, 6, 7])
    run = build(f"type: 'ReLU6' relu6_param {{ negative_slope: {slope} }}", x)
    want = np.minimum(np.maximum(x, 0) + slope * np.minimum(x, 0), 6)
    np.testing.assert_allclose(run.forward()[0], want)
    assert run.backward(np.ones(7))[0].tolist() == [slope, slope, slope, 1, 1, 0, 0]


def test_upsample_without_a_mask_repeats():
    x = normal(2, 3, 2, 4)
    run = build("type: 'Upsample' bottom: 'x' upsample_param { scale: 3 }", x)
    np.testing.assert_array_equal(run.forward()[0], x.repeat(3, 2).repeat(3, 3))
    check_gradients(run)
    assert build("type: 'Upsample' bottom: 'x'", x).top[0].shape == x.shape
    with pytest.raises(LayerError, match="scale alone, not upsample_h"):
        build("type: 'Upsample' bottom: 'x' upsample_param { upsample_h: 3 }", x)


def test_a_fork_s_type_is_entered_once():
    with pytest.raises(CaffeError, match="'Upsample' of mobilenet-yolo is already there"):
        register("Upsample", dialect="mobilenet-yolo")(object)


@pytest.mark.parametrize(
    "settings, axes",
    [("", [3]), ("flip_height: true", [2, 3]), ("flip_width: false", []),
     ("flip_height: true flip_width: false", [2])],
)  # fmt: skip
def test_flip(settings, axes):
    x = normal(2, 2, 3, 4)
    run = build(f"type: 'Flip' flip_param {{ {settings} }}", x)
    (y,) = run.forward()
    np.testing.assert_array_equal(y, np.flip(x, axes))
    np.testing.assert_array_equal(run.backward(y)[0], x)


def test_depthwise_spellings():
    """One is Convolution with group; the other takes num_output and group from the bottom."""
    x = normal(2, 4, 6, 7)
    conv = (
        "kernel_size: 3 pad: 1 stride: 2 weight_filler { type: 'xavier' } bias_filler { value: 1 }"
    )
    grouped = f"convolution_param {{ num_output: 4 group: 4 {conv} }}"
    runs = [
        build(f"type: '{name}' {settings}", x)
        for name, settings in (
            ("Convolution", grouped),
            ("DepthwiseConvolution", grouped),
            ("ConvolutionDepthwise", f"convolution_param {{ num_output: 99 {conv} }}"),
        )
    ]
    tops = [run.forward()[0] for run in runs]
    np.testing.assert_array_equal(tops[0], tops[1])
    np.testing.assert_array_equal(tops[0], tops[2])
    assert runs[2].layer.blobs[0].shape == (4, 1, 3, 3)
    check_gradients(runs[2])
    # A multiple of the channels is another layer than the depthwise one.
    two = build(
        f"type: 'DepthwiseConvolution' convolution_param {{ num_output: 8 group: 2 {conv} }}", x
    )
    assert two.layer.blobs[0].shape == (8, 2, 3, 3)


def test_l1_loss():
    a, b = normal(4, 3, 2), normal(4, 6)
    a[0, 0, 0] = b[0, 0]
    run = build("type: 'L1Loss'", a, b)
    difference = a - b.reshape(a.shape)
    np.testing.assert_allclose(run.forward()[0], np.abs(difference).sum() / 4, rtol=1e-6)
    da, db = run.backward(np.float32(0.5))
    np.testing.assert_allclose(da, np.sign(difference) / 8)
    np.testing.assert_array_equal(db, -da.reshape(b.shape))
    with pytest.raises(LayerError, match="differ in size"):
        build("type: 'L1Loss'", (4, 3), (4, 2))
    with pytest.raises(LayerError, match="number of items"):
        build("type: 'L1Loss'", (4, 3), (3, 4))


def test_eltwise_accuracy():
    scores = np.float32([[[[3, 1, 2, 0, 5]], [[1, 1, 3, 9, 0]], [[2, 0, 1, 8, 1]]]])
    label = np.float32([[[[0, 0, 0, 7, 2]]]])
    text = "type: 'EltwiseAccuracy' eltwise_accuracy_param { %s }"
    # Right, the lower of two equals, second, no class, second.
    for given, want in (("", 1 / 5), ("top_k: 2", 4 / 5), ("ignore_label: 7", 1 / 4)):
        (top,) = build(text % given, scores, label).forward()
        assert top.shape == (1, 1, 1, 1)
        assert top.item() == pytest.approx(want)
    (top,) = build(text % "ignore_label: 2", scores, np.full_like(label, 2)).forward()
    assert np.isnan(top).all()
    with pytest.raises(LayerError, match="there are only 3 classes"):
        build(text % "top_k: 4", scores, label)
    with pytest.raises(LayerError, match="takes scores"):
        build(text % "", scores, label[0])


def spatial_dropout(settings):
    return net_of(
        input_layer("x", 3, 50, 2, 2) + 'layer { name: "d" type: "Python" bottom: "x" top: "y" '
        'python_param { module: "spatial_dropout" layer: "SpatialDropoutLayer" '
        f'param_str: "{settings}" }} }} force_backward: true'
    )


def test_spatial_dropout():
    x = normal(3, 50, 2, 2)
    net = spatial_dropout("{'phase': 'TRAIN', 'p': '0.25'}")
    net.blobs["x"].data[...] = x
    ratio = net.forward()["y"] / x
    kept = ratio[:, :, 0, 0] > 0
    np.testing.assert_allclose(ratio, np.broadcast_to(kept[..., None, None] / 0.75, x.shape), 1e-6)
    assert 0.6 < kept.mean() < 0.9 and (kept[0] != kept[1]).any()
    net.blobs["y"].diff[...] = 1
    net.backward()
    np.testing.assert_allclose(net.blobs["x"].diff, ratio, rtol=1e-6)
    net = spatial_dropout("{'phase': 'TEST', 'p': 0.2}")
    net.blobs["x"].data[...] = x
    np.testing.assert_allclose(net.forward()["y"], x / 0.8, rtol=1e-6)
    for settings in ("0.5", "{'p': 0.5}"):
        with pytest.raises(CaffeError, match="param_str is a dict"):
            spatial_dropout(settings)
    with pytest.raises(CaffeError, match="p must lie between"):
        spatial_dropout("{'phase': 'TEST', 'p': 1}")
