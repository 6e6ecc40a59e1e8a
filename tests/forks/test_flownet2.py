"""FlowNet2's layers beyond their figures: slow NumPy, closed forms, gradients, refusals."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import normal

from caffe._caffe.errors import LayerError


def test_neg_relu():
    x = np.float32([-2, -0.5, 0, 0.5, 3])
    run = build("type: 'NegReLU' relu_param { negative_slope: 0.25 }", x)
    np.testing.assert_allclose(run.forward()[0], [-2, -0.5, 0, 0.125, 0.75])
    np.testing.assert_allclose(run.backward(np.ones(5))[0], [1, 1, 0.25, 0.25, 0.25])


def test_channel_norm():
    run = build("type: 'ChannelNorm'", (2, 3, 4, 5))
    want = np.linalg.norm(run.bottom[0].data, axis=1, keepdims=True)
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-6)
    check_gradients(run)
    with pytest.raises(LayerError, match="N, C, H, W"):
        build("type: 'ChannelNorm'", (2, 3))


def warp_by_hand(x, flow, fill):
    height, width = x.shape[2:]
    y = np.full(x.shape, fill, np.float64)
    for n in range(len(x)):
        for i in range(height):
            for j in range(width):
                column, row = j + flow[n, 0, i, j], i + flow[n, 1, i, j]
                if not (0 <= column < width and 0 <= row < height):
                    continue
                left, top = int(column), int(row)
                right, below = min(left + 1, width - 1), min(top + 1, height - 1)
                a, b = column - left, row - top
                y[n, :, i, j] = (1 - b) * ((1 - a) * x[n, :, top, left] + a * x[n, :, top, right])
                y[n, :, i, j] += b * ((1 - a) * x[n, :, below, left] + a * x[n, :, below, right])
    return y


@pytest.mark.parametrize("fill, value", [("ZERO", 0), ("NOT_A_NUMBER", np.nan)])
def test_flow_warp(fill, value):
    x, flow = normal(2, 3, 5, 6), 2 * normal(2, 2, 5, 6)
    flow[0, 0, 0, 0], flow[0, 0, 0, 1] = np.nan, np.inf
    run = build(f"type: 'FlowWarp' flow_warp_param {{ fill_value: {fill} }}", x, flow)
    want = warp_by_hand(x, flow, value)
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-4, atol=1e-5)
    outside = np.isnan(warp_by_hand(x, flow, np.nan))[:, 0]
    dx, dflow = run.backward(np.ones_like(x))
    assert np.isfinite(dx).all() and not dflow[:, 0][outside].any()


def test_flow_warp_gradients():
    flow = np.random.default_rng(2).uniform(0.1, 0.9, (1, 2, 4, 5)).astype(np.float32)
    check_gradients(build("type: 'FlowWarp'", normal(1, 2, 4, 5), flow), tol=2e-2)


def test_flow_warp_refuses():
    for flow in ((1, 3, 4, 5), (1, 2, 4, 4)):
        with pytest.raises(LayerError, match="flow must be"):
            build("type: 'FlowWarp'", (1, 2, 4, 5), flow)


def resample_by_hand(x, height, width, cubic, antialias):
    """resample_layer.cu's loops over one map, with its exchanged ratios."""
    fy, fx = x.shape[0] / height, x.shape[1] / width
    antialias = antialias and max(fx, fy) > 1
    ax, ay = (1 / fx, 1 / fy) if antialias else (1, 1)
    reach = 4 if cubic else 2
    rx = 2 if fx < 1 else math.ceil(reach / ax)
    ry = 2 if fy < 1 else math.ceil(reach / ay)

    def weight(d):
        d = abs(d)
        if not cubic:
            return max(0, 1 - d)
        if d <= 1:
            return d * d * (1.5 * d - 2.5) + 1
        return d * (d * (-0.5 * d + 2.5) - 4) + 2 if d < 2 else 0

    y = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            row, column = i * fy + fx / 2 - 0.5, j * fx + fy / 2 - 0.5
            total = weights = 0.0
            for r in range(_round(row) - ry, _round(row) + ry + 1):
                for c in range(_round(column) - rx, _round(column) + rx + 1):
                    if 0 <= r < x.shape[0] and 0 <= c < x.shape[1]:
                        w = weight(ax * (column - c)) * weight(ay * (row - r))
                        total, weights = total + w * x[r, c], weights + w
            y[i, j] = total / weights if weights else 0
    return y


def _round(x):
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


@pytest.mark.parametrize("kind", ["LINEAR", "CUBIC"])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", [(5, 4), (16, 18), (4, 13), (8, 9)])
def test_resample(kind, antialias, size):
    settings = f"type: {kind} height: {size[0]} width: {size[1]}"
    settings += f" antialias: {str(antialias).lower()}"
    run = build(f"type: 'Resample' resample_param {{ {settings} }}", (1, 2, 8, 9))
    (y,) = run.forward()
    for c in range(2):
        want = resample_by_hand(run.bottom[0].data[0, c], *size, kind == "CUBIC", antialias)
        np.testing.assert_allclose(y[0, c], want, rtol=1e-3, atol=1e-4)


def test_resample_nearest_and_by_a_map():
    x = normal(1, 2, 4, 6)
    near = build("type: 'Resample' resample_param { type: NEAREST height: 2 width: 3 }", x)
    np.testing.assert_array_equal(near.forward()[0], x[:, :, 1::2, 1::2])
    by_map = build("type: 'Resample'", x, (1, 1, 7, 9))
    assert by_map.forward()[0].shape == (1, 2, 7, 9)


def test_resample_refuses():
    for settings, message in (
        ("type: AREA height: 3 width: 3", "AREA"),
        ("height: 3", "must be positive"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f"type: 'Resample' resample_param {{ {settings} }}", (1, 1, 4, 4))
    run = build("type: 'Resample' resample_param { height: 3 width: 3 }", (1, 1, 4, 4))
    run.forward()
    with pytest.raises(LayerError, match="no gradient"):
        run.backward(np.ones((1, 1, 3, 3)), propagate=[True])


def correlate_by_hand(a, b, pad, kernel, far, stride, step, subtract):
    a, b = (np.pad(m, ((0, 0), (pad, pad), (pad, pad))) for m in (a, b))
    radius, half = far // step, kernel // 2
    centres = [range(far + half, n - far - half, stride) for n in a.shape[1:]]
    channels = []
    for p in range(-radius, radius + 1):
        for o in range(-radius, radius + 1):
            plane = []
            for r in centres[0]:
                for c in centres[1]:
                    one = a[:, r - half : r + half + 1, c - half : c + half + 1]
                    r2, c2 = r + p * step, c + o * step
                    two = b[:, r2 - half : r2 + half + 1, c2 - half : c2 + half + 1]
                    plane.append(np.abs(one - two).mean() if subtract else (one * two).mean())
            channels.append(np.reshape(plane, (len(centres[0]), len(centres[1]))))
    return np.array(channels)


@pytest.mark.parametrize(
    "pad, kernel, far, stride, step",
    [(4, 1, 4, 1, 2), (3, 3, 2, 1, 1), (0, 1, 2, 1, 2), (2, 1, 2, 2, 1), (3, 3, 3, 2, 2)],
)
@pytest.mark.parametrize("kind", ["MULTIPLY", "SUBTRACT"])
def test_correlation(pad, kernel, far, stride, step, kind):
    run = build(
        f"""type: 'Correlation' correlation_param {{ pad: {pad} kernel_size: {kernel}
        max_displacement: {far} stride_1: {stride} stride_2: {step}
        correlation_type: {kind} }}""", (2, 3, 8, 9), (2, 3, 8, 9),
    )  # fmt: skip
    (y,) = run.forward()
    for n in range(2):
        a, b = (blob.data[n].astype(np.float64) for blob in run.bottom)
        want = correlate_by_hand(a, b, pad, kernel, far, stride, step, kind == "SUBTRACT")
        np.testing.assert_allclose(y[n], want, rtol=1e-4, atol=1e-5)
    if kind == "MULTIPLY":
        check_gradients(run, most=20)


@pytest.mark.parametrize(
    "settings, shapes, message",
    [
        ("kernel_size: 1", [(1, 2, 6, 6)] * 2, "max_displacement"),
        ("max_displacement: 1", [(1, 2, 6, 6)] * 2, "kernel_size"),
        ("kernel_size: 2 max_displacement: 1", [(1, 2, 6, 6)] * 2, "odd"),
        ("kernel_size: 1 max_displacement: 3", [(1, 2, 6, 6)] * 2, "do not fit"),
        ("kernel_size: 1 max_displacement: 1", [(1, 2, 6, 6), (1, 2, 6, 5)], "one shape"),
        ("kernel_size: 1 max_displacement: 1 stride_2: 0", [(1, 2, 6, 6)] * 2, "stride_2 > 0"),
    ],
)
def test_correlation_refuses(settings, shapes, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: 'Correlation' correlation_param {{ {settings} }}", *shapes)
