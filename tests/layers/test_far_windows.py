"""Windows that reach, or step, far beyond their map: the few values they hold, soon.

torch's CPU library ends in SIGSEGV or SIGFPE at many of these strides and pads, and a map padded
to where the windows reach would not fit into memory.
"""

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe import LayerError
from caffe._caffe.core.windows import lay_windows

MOST = 2**31 - 1
LOWEST = np.finfo(np.float32).min


def filters(kind, kernel, stride, pad, dilation, more=""):
    return (
        f'type: "{kind}" convolution_param {{ kernel_h: 1 kernel_w: {kernel} stride_h: 1 '
        f"stride_w: {stride} pad_h: 0 pad_w: {pad} dilation: 1 dilation: {dilation} {more} }}"
    )


def seen(size, outputs, kernel, stride, pad, dilation):
    """(output, tap, element) for every element that a window sees."""
    for o in range(outputs):
        for k in range(kernel):
            at = o * stride - pad + k * dilation
            if 0 <= at < size:
                yield o, k, at


FAR = [  # kernel, stride, pad, dilation on a map 7 wide
    (2, MOST, MOST, 1),
    (1, 16384, 8192, 1),
    (3, 2**30, 2**30 + 1, 2**29),
    (2, 524287, 524286, 1),
    (2, 4294967295, 4294967295, 4294967294),
    (3, 1, 2**27, 2**27),
    (1, 300, 299, 1),
    (2, MOST, 0, 1),
]


@pytest.mark.parametrize("settings", FAR, ids=str)
def test_convolution(settings):
    kernel, stride, pad, dilation = settings
    more = 'num_output: 4 group: 2 weight_filler { type: "gaussian" }'
    run = build(filters("Convolution", *settings, more), (2, 4, 3, 7))
    (top,) = run.forward()
    x, (w, b) = run.bottom[0].data, (blob.data for blob in run.layer.blobs)
    outputs = (7 + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    want = np.zeros((2, 4, 3, outputs)) + b[:, None, None]
    for o, k, at in seen(7, outputs, *settings):
        for g in (slice(0, 2), slice(2, 4)):
            want[:, g, :, o] += np.einsum("oc,ncy->noy", w[g, :, 0, k], x[:, g, :, at])
    np.testing.assert_allclose(top, want, rtol=1e-5, atol=1e-6)
    check_gradients(run, most=20)


@pytest.mark.parametrize("settings", FAR, ids=str)
def test_im2col(settings):
    kernel = settings[0]
    run = build(filters("Im2col", *settings), (1, 2, 1, 7))
    (top,) = run.forward()
    want = np.zeros((1, 2, kernel, 1, top.shape[3]))
    for o, k, at in seen(7, top.shape[3], *settings):
        want[:, :, k, :, o] = run.bottom[0].data[..., at]
    np.testing.assert_array_equal(top, want.reshape(top.shape))
    check_gradients(run, most=10)


@pytest.mark.parametrize("settings", [(3, 11999, 0, 1), (1, 16384, 8192, 1), (2, 700, 900, 300)])
def test_deconvolution(settings):
    more = 'num_output: 2 weight_filler { type: "gaussian" }'
    run = build(filters("Deconvolution", *settings, more), (1, 3, 1, 4))
    (top,) = run.forward()
    x, (w, b) = run.bottom[0].data, (blob.data for blob in run.layer.blobs)
    want = np.zeros(top.shape) + b[:, None, None]
    for i, k, at in seen(top.shape[3], 4, *settings):
        want[..., at] += np.einsum("co,ncy->noy", w[:, :, 0, k], x[..., i])
    np.testing.assert_allclose(top, want, rtol=1e-5, atol=1e-6)
    check_gradients(run, most=10)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "kernel, stride, pad",
    [
        (MOST, 8, MOST // 2),
        (2**25, 2**26 - 1, 2**25 - 1),
        (2**31 + 6, 2**31, 2**31),
        (2, 2**30, 0),
    ],
)
def test_pooling(method, kernel, stride, pad):
    run = build(
        f'type: "Pooling" pooling_param {{ pool: {method} kernel_h: 1 kernel_w: {kernel} stride_h: '
        f"1 stride_w: {stride} pad_h: 0 pad_w: {pad} }}",
        (2, 3, 2, 7),
    )
    (top,) = run.forward()
    x = run.bottom[0].data.astype(float)
    dy = np.random.default_rng(1).standard_normal(top.shape)
    (dx,) = run.backward(dy)
    want, dx_want = np.empty(top.shape), np.zeros(x.shape)
    for o in range(top.shape[3]):
        start = o * stride - pad
        inside = slice(max(start, 0), max(min(start + kernel, 7), 0))
        held = x[..., inside]
        if not held.size:
            want[..., o] = LOWEST if method == "MAX" else 0
        elif method == "MAX":
            want[..., o] = held.max(3)
            dx_want[..., inside] += dy[..., o, None] * (held == held.max(3, keepdims=True))
        else:
            area = min(start + kernel, 7 + pad) - start
            want[..., o] = held.sum(3) / area
            dx_want[..., inside] += dy[..., o, None] / area
    np.testing.assert_allclose(top, want, rtol=1e-5)
    np.testing.assert_allclose(dx, dx_want, rtol=1e-5, atol=1e-12)


def test_pooling_takes_out_windows_only_where_that_is_less():
    fcn = lay_windows((500, 375), (2, 2), (2, 2), (0, 0), True)
    assert fcn.native and not fcn.taken
    padded = lay_windows((60, 60), (60, 60), (1, 1), (31, 31), True)
    assert not padded.native and not padded.taken
    assert lay_windows((2, 7), (1, 2), (1, 2**30), (0, 0), True).taken


@pytest.mark.parametrize("kernel, pad, size", [(2**31, 2**31 - 1, 1), (70000, 69999, 60000)])
def test_more_than_the_machine_holds(kernel, pad, size, monkeypatch):
    monkeypatch.setattr("caffe._caffe.core.context.host_memory", lambda: 1 << 24)
    text = f"kernel_h: 1 kernel_w: {kernel} stride: 1 pad_h: 0 pad_w: {pad}"
    with pytest.raises(LayerError, match=rf"shape \(40, 1, 1, {size}\) take .* GiB to lay out"):
        build(f'type: "Pooling" pooling_param {{ {text} }}', (40, 1, 1, size))
