"""PSPNet's BN and Interp beyond their figures: closed forms, slow NumPy, gradients, refusals."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import LayerError

ONE = "slope_filler { type: 'constant' value: 1 }"


def bn(settings, *bottom, **kwargs):
    return build(f"type: 'BN' bn_param {{ {settings} }}", *bottom, **kwargs)


def test_running_statistics_move_at_every_forward():
    x = np.random.default_rng(0).normal(3, 2, (4, 2, 3, 5)).astype(np.float32)
    run = bn(f"{ONE} momentum: 0.75", x)
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    for step in (1, 2, 3):
        (y,) = run.forward()
        part = 1 - 0.75**step
        np.testing.assert_allclose(run.layer.blobs[2].data.ravel(), part * mean, rtol=1e-5)
        np.testing.assert_allclose(run.layer.blobs[3].data.ravel(), part * var, rtol=1e-5)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var((0, 2, 3)), var / (var + 1e-5), rtol=1e-4)


def test_one_value_a_channel_has_variance_zero():
    """And the top is the bias to the last digit, as in the fork, however large the bottom."""
    x = np.array([1.2345, -77.7, 123.4], np.float32).reshape(1, 3, 1, 1)
    run = bn(f"{ONE} bias_filler {{ type: 'constant' value: 0.25 }}", x)
    (y,) = run.forward()
    assert (y == 0.25).all() and not run.layer.blobs[3].data.any()


def test_gradients():
    check_gradients(bn(f"{ONE} bias_filler {{ type: 'gaussian' std: 1 }} eps: 0.01", (3, 2, 4, 3)),
                    params=[0, 1])  # fmt: skip
    check_gradients(bn(f"{ONE} frozen: true", (2, 3, 4, 4)), params=[])


def test_gradients_without_what_forward_saved():
    """A net that runs backward twice computes again what forward freed."""
    run = bn(f"{ONE} eps: 0.01", (3, 2, 4, 3))
    (y,) = run.forward()
    dy = np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)
    first = run.backward(dy)[0]
    np.testing.assert_allclose(run.backward(dy)[0], first, rtol=1e-4, atol=1e-6)


def test_frozen_uses_what_is_stored_and_learns_nothing():
    run = bn(f"{ONE} frozen: true eps: 0.5", (2, 2, 3, 3))
    assert run.layer.blobs[3].data.ravel().tolist() == [1, 1]
    run.layer.blobs[2].data[...] = np.array([1, -2]).reshape(1, 2, 1, 1)
    run.layer.blobs[3].data[...] = np.array([4, 0.5]).reshape(1, 2, 1, 1)
    x, (y,) = run.bottom[0].data, run.forward()
    scale = 1 / np.sqrt(np.array([4.5, 1.0])).reshape(1, 2, 1, 1)
    want = (x - run.layer.blobs[2].data) * scale
    np.testing.assert_allclose(y, want, rtol=1e-5, atol=1e-6)
    (dx,) = run.backward(np.ones_like(y))
    np.testing.assert_allclose(dx, np.broadcast_to(scale, dx.shape), rtol=1e-5)
    assert not any(run.param_diff(i).any() for i in range(4))
    assert [spec.lr_mult for spec in run.layer.layer_param.param] == [0, 0, 0, 0]


def test_rates_that_were_written_stay_for_slope_and_bias():
    specs = "param { lr_mult: 7 } param { lr_mult: 8 decay_mult: 0 } param { lr_mult: 9 }"
    run = build(f"type: 'BN' {specs} bn_param {{ {ONE} }}", (1, 2, 3, 3))
    assert [s.lr_mult for s in run.layer.layer_param.param] == [7, 8, 0, 0]
    assert [s.decay_mult for s in run.layer.layer_param.param] == [1, 0, 0, 0]


def test_without_fillers_slope_is_zero_and_the_guess_is_logged(caplog):
    run = build("type: 'BN'", (1, 2, 3, 3))
    assert len(run.layer.blobs) == 4 and not run.forward()[0].any()
    assert "SegNet's" in caplog.text


def test_yjxiongs_parameters_are_flat():
    net = (
        input_layer("x", 2, 3, 4, 4)
        + f"""layer {{ name: "bn" type: "BN" bottom: "x" top: "y"
        bn_param {{ {ONE} }} }}"""
    )
    shapes = {}
    for dialect in ("pspnet", "yjxiong"):
        built = net_of(f'dialect: "{dialect}" {net}')
        shapes[dialect] = [tuple(b.shape) for b in built.params["bn"]]
        assert built.forward()["y"].shape == (2, 3, 4, 4)
    assert shapes == {"pspnet": [(1, 3, 1, 1)] * 4, "yjxiong": [(1, 3)] * 4}


def test_l_softmaxs_last_parameter_is_the_running_inverse_of_the_deviation():
    caffe.set_dialect("l-softmax")
    try:
        run = bn(f"{ONE} momentum: 0.75 eps: 0.5", (4, 2, 3, 5))
        still = bn(f"{ONE} frozen: true eps: 0.5", (2, 2, 3, 3))
    finally:
        caffe.set_dialect("")
    assert [b.data.shape for b in run.layer.blobs] == [(1, 2)] * 4
    assert run.layer.blobs[3].data.tolist() == [[1, 1]] and not run.layer.layer_param.param
    inverse = 1 / np.sqrt(run.bottom[0].data.var((0, 2, 3)) + 0.5)
    for step in (1, 2, 3):
        run.forward()
        want = 0.75**step + (1 - 0.75**step) * inverse
        np.testing.assert_allclose(run.layer.blobs[3].data[0], want, rtol=1e-5)
    still.layer.blobs[2].data[...] = [[1, -2]]
    still.layer.blobs[3].data[...] = [[4, 0.5]]
    scale = np.array([4, 0.5]).reshape(1, 2, 1, 1)
    (y,) = still.forward()
    want = (still.bottom[0].data - np.array([1, -2]).reshape(1, 2, 1, 1)) * scale
    np.testing.assert_allclose(y, want, rtol=1e-5, atol=1e-6)
    (dx,) = still.backward(np.ones_like(y))
    np.testing.assert_allclose(dx, np.broadcast_to(scale, dx.shape), rtol=1e-5)


@pytest.mark.parametrize(
    "settings, shape, message",
    [
        (f"{ONE} scale_filler {{ value: 1 }}", (2, 3, 4, 4), "scale_filler"),
        (f"{ONE} var_eps: 1", (2, 3, 4, 4), "third BN"),
        (ONE, (4,), "2 to 4 axes"),
        (ONE, (1, 2, 3, 4, 5), "2 to 4 axes"),
    ],
)
def test_bn_refuses(settings, shape, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: 'BN' bn_param {{ {settings} }}", shape)


def test_bn_refuses_other_channels():
    net = net_of(
        input_layer("x", 1, 3, 2, 2)
        + f"""layer {{ name: "bn" type: "BN" bottom: "x"
        top: "y" bn_param {{ {ONE} }} }}"""
    )
    net.blobs["x"].reshape(1, 4, 2, 2)
    with pytest.raises(LayerError, match="3 channels"):
        net.forward()


def interp_by_hand(x, height, width):
    """interp.cpp's loops, pixel by pixel."""
    rows, columns = x.shape
    ry = np.float32(rows - 1) / np.float32(height - 1) if height > 1 else np.float32(0)
    rx = np.float32(columns - 1) / np.float32(width - 1) if width > 1 else np.float32(0)
    y = np.empty((height, width))
    for i in range(height):
        top = int(ry * np.float32(i))
        beta = float(ry * np.float32(i)) - top
        below = top + (top < rows - 1)
        for j in range(width):
            left = int(rx * np.float32(j))
            alpha = float(rx * np.float32(j)) - left
            right = left + (left < columns - 1)
            upper = (1 - alpha) * x[top, left] + alpha * x[top, right]
            lower = (1 - alpha) * x[below, left] + alpha * x[below, right]
            y[i, j] = (1 - beta) * upper + beta * lower
    return y


@pytest.mark.parametrize(
    "settings, shape, size, crop",
    [
        ("height: 9 width: 4", (5, 7), (9, 4), (0, 0)),
        ("height: 1 width: 1", (5, 7), (1, 1), (0, 0)),
        ("zoom_factor: 3", (4, 5), (10, 13), (0, 0)),
        ("shrink_factor: 3", (10, 12), (4, 4), (0, 0)),
        ("shrink_factor: 2 zoom_factor: 4", (8, 7), (13, 13), (0, 0)),
        ("height: 6 width: 5 shrink_factor: 2 zoom_factor: 4", (8, 7), (6, 5), (0, 0)),
        ("height: 6 width: 5 zoom_factor: 2", (3, 4), (5, 7), (0, 0)),
        ("height: 6 zoom_factor: 2", (3, 4), (5, 7), (0, 0)),
        ("height: 6 width: 8 pad_beg: -1 pad_end: -2", (7, 9), (6, 8), (1, 2)),
    ],
)
def test_interp(settings, shape, size, crop):
    run = build(f"type: 'Interp' interp_param {{ {settings} }}", (2, 2, *shape))
    x, (y,) = run.bottom[0].data, run.forward()
    inner = x[:, :, crop[0] : shape[0] - crop[1], crop[0] : shape[1] - crop[1]]
    want = [[interp_by_hand(c, *size) for c in item] for item in inner]
    np.testing.assert_allclose(y, want, rtol=1e-5, atol=1e-6)
    check_gradients(run, tol=2e-3)


def test_interp_to_the_size_of_another_blob():
    run = build("type: 'Interp' interp_param { use_blob_size: true }", (2, 2, 5, 7), (1, 3, 9, 4))
    want = [[interp_by_hand(c, 9, 4) for c in item] for item in run.bottom[0].data]
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5, atol=1e-6)
    check_gradients(run, tol=2e-3)
    run.bottom[1].reshape(1, 3, 5, 7)
    np.testing.assert_array_equal(run.forward()[0], run.bottom[0].data)
    with pytest.raises(LayerError, match="use_blob_size"):
        build("type: 'Interp' interp_param { height: 9 width: 4 }", (2, 2, 5, 7), (1, 3, 9, 4))


def test_interp_of_labels_mixes_nothing():
    x = np.random.default_rng(2).integers(0, 21, (1, 1, 41, 33)).astype(np.float32)
    run = build("type: 'Interp' interp_param { shrink_factor: 8 }", x)
    np.testing.assert_array_equal(run.forward()[0], x[:, :, ::8, ::8])


@pytest.mark.parametrize(
    "settings, message",
    [
        ("", "needs height and width"),
        ("height: 3", "one of height and width alone"),
        ("height: 0 width: 3", "must be positive"),
        ("zoom_factor: 0", "zoom_factor must be at least 1"),
        ("shrink_factor: 0", "shrink_factor must be at least 1"),
        ("zoom_factor: 2 pad_beg: 1", "pad_beg"),
        ("zoom_factor: 2 pad_beg: -2 pad_end: -3", "leave nothing"),
        ("height: 3 width: 3 mode: NEAREST", "LINEAR"),
        ("height: 3 width: 3 use_blob_size: true", "use_blob_size"),
    ],
)
def test_interp_refuses(settings, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: 'Interp' interp_param {{ {settings} }}", (1, 1, 5, 5))


def test_a_pyramid_learns():
    """A PPM trains: iter_size moves the statistics at each of its passes."""
    text = input_layer("data", 2, 4, 6, 6) + input_layer("label", 2, 1, 6, 6)
    text += f"""
        layer {{ name: "p" type: "Pooling" bottom: "data" top: "p"
          pooling_param {{ pool: AVE kernel_size: 3 stride: 3 }} }}
        layer {{ name: "c" type: "Convolution" bottom: "p" top: "c" convolution_param {{
          num_output: 2 kernel_size: 1 bias_term: false weight_filler {{ type: "xavier" }} }} }}
        layer {{ name: "bn" type: "BN" bottom: "c" top: "c" bn_param {{ {ONE} }} }}
        layer {{ name: "i" type: "Interp" bottom: "c" top: "i"
          interp_param {{ height: 6 width: 6 }} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "i" bottom: "label" top: "loss" }}
    """
    caffe.set_random_seed(1)
    net = net_of(text)
    random = np.random.default_rng(3)
    net.blobs["data"].data[...] = random.standard_normal((2, 4, 6, 6))
    net.blobs["label"].data[...] = random.integers(0, 2, (2, 1, 6, 6))
    before = float(net.forward()["loss"])
    for _ in range(30):
        net.clear_param_diffs()
        net.backward()
        for name in net.params:
            for blob in net.params[name]:
                blob.data[...] -= 0.5 * blob.diff
        after = float(net.forward()["loss"])
    assert after < 0.9 * before
    assert net.params["bn"][3].data.all()
