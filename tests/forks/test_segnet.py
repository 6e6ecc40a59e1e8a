"""SegNet's layers beyond their figures: closed forms, slow NumPy, gradients, refusals."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, labels, normal, onehot, softmax
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import LayerError
from caffe.proto import caffe_pb2

ONE = "scale_filler { type: 'constant' value: 1 }"


def bn(settings, *bottom, **kwargs):
    return build(f"type: 'BN' bn_param {{ {settings} }}", *bottom, **kwargs)


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
def test_learn_takes_the_batch_in_both_phases(phase):
    x = np.random.default_rng(0).normal(1, 3, (3, 2, 4, 5)).astype(np.float32)
    run = bn(f"{ONE} shift_filler {{ type: 'constant' value: 0.5 }}", x, phase=phase, tops=3)
    y, mean, var = run.forward()
    want = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(mean, want[0], rtol=1e-5)
    np.testing.assert_allclose(var, want[1], rtol=1e-5)
    np.testing.assert_allclose(y, (x - want[0]) / np.sqrt(want[1]) + 0.5, rtol=1e-4, atol=1e-5)


def test_bn_gradients():
    zero = [np.zeros((1, 2, 1, 1), np.float32)] * 2
    dy = np.random.default_rng(1).standard_normal((3, 2, 4, 3)).astype(np.float32)
    check_gradients(bn(ONE, (3, 2, 4, 3), tops=3), top_diff=[dy, *zero])
    check_gradients(bn(f"{ONE} bn_mode: INFERENCE", (3, 2, 4, 3)))


@pytest.mark.parametrize("mode", ["LEARN", "INFERENCE"])
def test_parameter_diffs_are_overwritten_whether_they_are_wanted_or_not(mode):
    run = bn(f"{ONE} bn_mode: {mode}", (2, 2, 3, 3))
    run.layer.set_param_propagate_down([False, False])
    (y,) = run.forward()
    run.backward(np.ones_like(y))
    once = run.param_diff(1)
    np.testing.assert_allclose(once.ravel(), [18, 18])
    run.layer.blobs[1].diff[...] = 100
    run.forward()
    run.layer.run_backward([True], run.bottom, run.top, keep=False)
    np.testing.assert_allclose(run.param_diff(1), once)


@pytest.mark.parametrize(
    "mode, top, dx, scale_diff",
    [
        (
            "LEARN",
            [2.3223355, -1.567775, 0.504061, -0.3511144, -2.5263968, -1.0811107],
            [[1.7007669, 0.845259], [-2.7212272, 0.5635059], [1.0204604, -1.4087648]],
            [0.5808377, -1.1355499],
        ),
        (
            "INFERENCE",
            [2.1, -1.25, 0.6, 0, -1.9, -0.75],
            [[2, 1], [-2, 0.25], [0.5, -1.5]],
            [0.5, -1.5],
        ),
    ],
)
def test_bn_of_fewer_axes_makes_four_of_them(mode, top, dx, scale_diff):
    """As behind an InnerProduct; the figures are caffe-segnet's."""
    run = bn(f"bn_mode: {mode}", np.float32([[1, -0.5], [0.25, 2], [-1, 0.5]]))
    for blob, values in zip(run.layer.blobs, ([2, 0.5], [0.1, -1]), strict=True):
        blob.data.flat = values
    close(run.forward()[0], np.reshape(top, (3, 2, 1, 1)))
    close(run.backward(np.float32([1, 2, -1, 0.5, 0.25, -3]).reshape(3, 2, 1, 1))[0], dx)
    close(run.param_diff(0).ravel(), scale_diff)
    close(run.param_diff(1).ravel(), [0.25, -0.5])


def test_fields_net_or_dialect_distinguish_it_from_pspnets():
    bare = input_layer("x", 1, 2, 4, 4)
    bare += 'layer { name: "bn" type: "BN" bottom: "x" top: "x" }'
    pooled = (
        bare
        + """
        layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "m"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "u" }
    """
    )
    assert len(net_of(bare).params["bn"]) == 4
    assert len(net_of(pooled).params["bn"]) == 2
    assert len(net_of('dialect: "segnet" ' + bare).params["bn"]) == 2
    assert len(net_of('dialect: "pspnet" ' + pooled).params["bn"]) == 4
    caffe.set_dialect("segnet")
    try:
        assert len(net_of(bare).params["bn"]) == 2
    finally:
        caffe.set_dialect("")


@pytest.mark.parametrize(
    "settings, shape, tops, message",
    [
        (f"{ONE} momentum: 0.9", (1, 2, 3, 3), 1, "are SegNet's"),
        (ONE, (1, 2, 3, 3, 3), 1, "at most 4 axes"),
        (f"{ONE} bn_mode: INFERENCE", (1, 2, 3, 3), 2, "takes 1 top"),
    ],
)
def test_bn_refuses(settings, shape, tops, message):
    with pytest.raises(LayerError, match=message):
        bn(settings, shape, tops=tops)


def upsample(settings, x, mask):
    return build(f"type: 'Upsample' upsample_param {{ {settings} }}", x, mask)


def test_upsample_keeps_the_last_value_of_a_repeated_index():
    x = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 2, 2)
    run = upsample("upsample_h: 3 upsample_w: 3", x, np.float32([4, 4, 0, 4]).reshape(1, 1, 2, 2))
    (y,) = run.forward()
    assert y.ravel().tolist() == [3, 0, 0, 0, 4, 0, 0, 0, 0]
    (dx, _) = run.backward(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3))
    assert dx.ravel().tolist() == [4, 4, 0, 4]


def test_upsample_undoes_pooling():
    text = (
        input_layer("x", 2, 3, 7, 9)
        + """
        layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "m"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "u"
          upsample_param { upsample_h: 7 upsample_w: 9 } }
    """
    )
    net = net_of(text)
    x = normal(2, 3, 7, 9)
    net.blobs["x"].data[...] = x
    u = net.forward()["u"]
    assert ((u == x) | (u == 0)).all()
    for i in range(4):
        for j in range(5):
            window = u[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            assert ((window != 0).sum((2, 3)) == 1).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ("scale: 1", "must exceed 1"),
        ("scale_h: 2", "scale_h and scale_w"),
        ("scale: 2 scale_h: 2 scale_w: 2", "scale_h and scale_w"),
        ("scale: 3 pad_out_h: true", "pad_out_h"),
        ("upsample_h: 1 upsample_w: 4", "must exceed 1"),
    ],
)
def test_upsample_refuses(settings, message):
    with pytest.raises(LayerError, match=message):
        upsample(settings, (1, 1, 2, 2), (1, 1, 2, 2))


def test_upsample_refuses_masks_of_other_shapes_and_indices_outside():
    with pytest.raises(LayerError, match="one shape"):
        upsample("", (1, 1, 2, 2), (1, 1, 2, 3))
    for index in (16, -1):
        run = upsample("", (1, 1, 2, 2), np.float32([0, 1, 2, index]).reshape(1, 1, 2, 2))
        with pytest.raises(LayerError, match=f"index {index}"):
            run.forward()
    # One of upsample_h and upsample_w alone is not looked at, as in SegNet.
    assert upsample("upsample_h: 9", (1, 1, 2, 2), (1, 1, 2, 2)).top[0].shape == (1, 1, 4, 4)


@pytest.mark.parametrize("normalize", [True, False])
def test_weighted_softmax_loss(normalize):
    x, label = normal(2, 3, 4, 5), labels(3, 2, 1, 4, 5)
    label[0, 0, :2] = 255
    weights = np.float32([0.5, 2, 0.25])
    run = build(
        f"""type: "SoftmaxWithLoss" loss_param {{
        ignore_label: 255 normalize: {str(normalize).lower()}
        weight_by_label_freqs: true class_weighting: 0.5 class_weighting: 2
        class_weighting: 0.25 }}""", x, label, tops=2,
    )  # fmt: skip
    p, chosen = softmax(x, 1), onehot(label[:, 0], 3, 1)
    weight = (chosen * weights.reshape(1, 3, 1, 1)).sum(1, keepdims=True)
    divisor = (label != 255).sum() if normalize else 2
    loss, prob = run.forward()
    close(loss, -(np.log(p) * chosen * weight).sum() / divisor)
    close(prob, p)
    zero = np.zeros_like(p)
    close(run.backward(*WEIGHT, zero)[0], 0.7 * weight * (p - chosen) / divisor)
    check_gradients(run, top_diff=[*WEIGHT, zero])


def test_softmax_loss_of_nothing_is_nan():
    text = 'type: "SoftmaxWithLoss" loss_param { ignore_label: 7 weight_by_label_freqs: false }'
    run = build(text, (1, 3, 2, 2), np.full((1, 1, 2, 2), 7, np.float32))
    assert np.isnan(run.forward()[0])


def test_softmax_loss_refuses():
    label = np.zeros((1, 1, 2, 2), np.float32)
    for settings, message in (
        ("weight_by_label_freqs: true class_weighting: 1", "given 1 times for 3"),
        ("weight_by_label_freqs: true normalization: FULL", "normalization"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f'type: "SoftmaxWithLoss" loss_param {{ {settings} }}', (1, 3, 2, 2), label)


def test_dropout_that_samples_at_test_time():
    x = np.ones((1, 1000), np.float32)
    text = "type: 'Dropout' dropout_param { dropout_ratio: 0.25 sample_weights_test: true }"
    run = build(text, x, phase=caffe_pb2.TEST)
    (y,) = run.forward()
    assert set(np.unique(y).round(5)) == {0, np.float32(4 / 3).round(5)}
    assert 0.65 < (y != 0).mean() < 0.85 and (run.forward()[0] != y).any()
    run = build("type: 'Dropout' dropout_param { dropout_ratio: 0.25 scale_train: false }", x)
    assert set(np.unique(run.forward()[0])) == {0, 1}
    run = build(
        "type: 'Dropout' dropout_param { dropout_ratio: 0.25 scale_train: false }", x,
        phase=caffe_pb2.TEST,
    )  # fmt: skip
    assert (run.forward()[0] == 0.75).all() and (run.backward(x)[0] == 0.75).all()
