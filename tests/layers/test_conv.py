"""Convolution and Deconvolution against plain numpy, and their gradients."""

import itertools

import numpy as np
import pytest
from convkit import GAUSSIAN, columns, extents, random_filters, tap_slices
from gradcheck import build, check_gradients

from caffe import LayerError
from caffe._caffe.core import large_filters
from caffe._caffe.layers import conv


def convolve(x, w, stride, pad, dilation, group):
    seen, outputs = columns(x, w.shape[2:], stride, pad, dilation)
    y = np.zeros((x.shape[0], w.shape[0], *outputs))
    for tap, values in seen.items():
        inputs = np.split(values, group, 1)
        parts = [
            np.einsum("oc,nc...->no...", f[(..., *tap)], v)
            for f, v in zip(np.split(w, group), inputs, strict=True)
        ]
        y += np.concatenate(parts, 1)
    return y


def deconvolve(x, w, stride, pad, dilation, group):
    sizes = x.shape[2:]
    whole = [
        s * (n - 1) + e
        for s, n, e in zip(stride, sizes, extents(w.shape[2:], dilation), strict=True)
    ]
    y = np.zeros((x.shape[0], w.shape[1] * group, *whole))
    for tap in itertools.product(*(range(k) for k in w.shape[2:])):
        parts = [
            np.einsum("co,nc...->no...", f[(..., *tap)], v)
            for f, v in zip(np.split(w, group), np.split(x, group, 1), strict=True)
        ]
        y[(..., *tap_slices(tap, stride, dilation, sizes))] += np.concatenate(parts, 1)
    return y[(..., *(slice(p, n - p) for p, n in zip(pad, whole, strict=True)))]


def with_bias(run, y):
    if len(run.layer.blobs) == 1:
        return y
    return y + run.layer.blobs[1].data.reshape(-1, *[1] * (y.ndim - 2))


@pytest.fixture(params=["torch's", "own", "matrices"])
def way(request, monkeypatch):
    """The ways to the same values: torch's, up to three axes; windows laid out; and, where filters
    are large, laid out a row at a time.
    """
    if request.param == "matrices":
        monkeypatch.setattr(conv.Convolution, "_large", lambda c, _: (c.axes, c.group) == (2, 1))
        monkeypatch.setattr(large_filters, "LARGE", 4)
    if request.param == "own":
        monkeypatch.setattr(conv, "TORCH_AXES", 0)


@pytest.mark.parametrize("axes", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(8))
def test_convolution_at_any_settings(axes, seed, way):
    text, shape, settings = random_filters(seed, axes)
    run = build(f'type: "Convolution" convolution_param {{ {text} }}', shape)
    (top,) = run.forward()
    want = with_bias(run, convolve(run.bottom[0].data, run.layer.blobs[0].data, *settings))
    np.testing.assert_allclose(top, want, rtol=1e-4, atol=1e-5)
    check_gradients(run, most=8)


@pytest.mark.parametrize("axes", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(8))
def test_deconvolution_at_any_settings(axes, seed, way):
    text, shape, settings = random_filters(seed, axes)
    layer = f'type: "Deconvolution" convolution_param {{ {text} }}'
    try:
        run = build(layer, shape)
    except LayerError as error:
        assert "no output" in str(error)  # the padding cuts away the whole top
        return
    (top,) = run.forward()
    want = with_bias(run, deconvolve(run.bottom[0].data, run.layer.blobs[0].data, *settings))
    np.testing.assert_allclose(top, want, rtol=1e-4, atol=1e-5)
    check_gradients(run, most=8)


@pytest.mark.parametrize("kernel, stride, pad", [(4, 2, 1), (16, 8, 0), (3, 1, 6), (5, 3, 2)])
def test_deconvolution_is_the_adjoint_of_convolution(kernel, stride, pad):
    settings = f"kernel_size: {kernel} stride: {stride} pad: {pad} bias_term: false {GAUSSIAN}"
    small = (1, 3, 17, 18) if pad > kernel else (1, 3, 6, 5)
    up = build(f'type: "Deconvolution" convolution_param {{ num_output: 2 {settings} }}', small)
    (large,) = up.forward()
    down = build(f'type: "Convolution" convolution_param {{ num_output: 3 {settings} }}', large)
    down.layer.blobs[0].data[...] = up.layer.blobs[0].data
    y = np.random.default_rng(0).standard_normal(large.shape).astype(np.float32)
    down.bottom[0].data[...] = y
    (back,) = down.forward()
    assert np.vdot(large, y) == pytest.approx(np.vdot(up.bottom[0].data, back), rel=1e-3)


def test_a_diagonal_bilinear_deconvolution_interpolates():
    run = build(
        'type: "Deconvolution" convolution_param { num_output: 3 kernel_size: 4 stride: 2 '
        "bias_term: false }",
        (1, 3, 5, 5),
    )
    line = np.array([0.25, 0.75, 0.75, 0.25])
    run.layer.blobs[0].data[range(3), range(3)] = np.outer(line, line)
    rows, cols = np.mgrid[0:5, 0:5]
    plane = 2.0 * rows + 3.0 * cols
    run.bottom[0].data[...] = plane * np.array([1, 2, -1]).reshape(1, 3, 1, 1)
    (top,) = run.forward()
    # Away from the border a linear map stays linear; the first full sample is at (i - 1.5) / 2.
    rows, cols = (np.mgrid[2:10, 2:10] - 1.5) / 2
    want = (2 * rows + 3 * cols) * np.array([1, 2, -1]).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(top[:, :, 2:10, 2:10], want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("type_", ["Convolution", "Deconvolution"])
def test_frozen_filters_get_no_gradient(type_):
    run = build(
        f'type: "{type_}" convolution_param {{ num_output: 2 kernel_size: 3 {GAUSSIAN} }}',
        (1, 2, 5, 5),
    )
    run.layer.param_propagate_down = [False, True]
    (top,) = run.forward()
    run.backward(np.ones_like(top))
    assert not run.param_diff(0).any()
    np.testing.assert_allclose(run.param_diff(1), top[0, 0].size, rtol=1e-5)
    run.layer.param_propagate_down = [True, False]
    assert run.backward(np.ones_like(top), propagate=[False]) == [None]
    assert run.param_diff(0).any() and not run.param_diff(1).any()


def test_parameter_gradients_add_up():
    run = build(
        f'type: "Convolution" convolution_param {{ num_output: 2 kernel_size: 3 {GAUSSIAN} }}',
        (1, 2, 5, 5),
    )
    (top,) = run.forward()
    run.backward(np.ones_like(top))
    once = run.param_diff(0)
    run.layer.run_backward([True], run.bottom, run.top, keep=False)
    np.testing.assert_allclose(run.param_diff(0), 2 * once, rtol=1e-6)


def test_several_bottoms_share_the_filters():
    text = f'type: "Convolution" convolution_param {{ num_output: 2 kernel_size: 2 {GAUSSIAN} }}'
    run = build(text, (1, 3, 4, 4), (1, 3, 4, 4), tops=2)
    for top, bottom in zip(run.forward(), run.bottom, strict=True):
        want = convolve(bottom.data, run.layer.blobs[0].data, [1, 1], [0, 0], [1, 1], 1)
        np.testing.assert_allclose(top, with_bias(run, want), rtol=1e-4, atol=1e-5)
    check_gradients(run, most=12)
    diffs = run.backward(*[t.data * 0 + 1 for t in run.top], propagate=[False, True])
    assert diffs[0] is None and diffs[1].any()


@pytest.mark.parametrize("force", ["", "force_nd_im2col: true"])
@pytest.mark.parametrize("type_", ["Convolution", "Deconvolution"])
def test_axes_before_the_channels_are_batch_axes(type_, force):
    text = f"num_output: 2 kernel_size: 3 {GAUSSIAN} {force}"
    deep = build(f'type: "{type_}" convolution_param {{ axis: -3 {text} }}', (2, 3, 4, 5, 6))
    flat = build(f'type: "{type_}" convolution_param {{ {text} }}', (6, 4, 5, 6))
    flat.bottom[0].data[...] = deep.bottom[0].data.reshape(6, 4, 5, 6)
    for i in range(2):
        flat.layer.blobs[i].data[...] = deep.layer.blobs[i].data
    (top,), (want,) = deep.forward(), flat.forward()
    assert top.shape == (2, 3, *want.shape[1:])
    np.testing.assert_array_equal(top.reshape(want.shape), want)
    check_gradients(deep, most=10)


@pytest.mark.parametrize("type_", ["Convolution", "Deconvolution"])
def test_no_spatial_axis_is_an_inner_product(type_):
    run = build(f'type: "{type_}" convolution_param {{ num_output: 3 {GAUSSIAN} }}', (2, 4))
    weight = run.layer.blobs[0].data
    assert weight.shape == ((3, 4) if type_ == "Convolution" else (4, 3))
    (top,) = run.forward()
    want = run.bottom[0].data @ (weight.T if type_ == "Convolution" else weight)
    np.testing.assert_allclose(top, want + run.layer.blobs[1].data, rtol=1e-4, atol=1e-5)
    check_gradients(run)


def test_rectangular_filters():
    text = "kernel_h: 3 kernel_w: 5 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 2"
    layer = f'type: "Convolution" convolution_param {{ num_output: 2 {text} {GAUSSIAN} }}'
    run = build(layer, (1, 2, 7, 6))
    (top,) = run.forward()
    want = convolve(run.bottom[0].data, run.layer.blobs[0].data, [2, 1], [1, 2], [1, 1], 1)
    np.testing.assert_allclose(top, with_bias(run, want), rtol=1e-4, atol=1e-5)


def test_padding_larger_than_the_kernel():
    """FCN's first layer pads by 100."""
    layer = 'type: "Convolution" convolution_param { num_output: 2 kernel_size: 3 pad: 20 '
    run = build(layer + GAUSSIAN + "}", (1, 3, 4, 5))
    (top,) = run.forward()
    assert top.shape == (1, 2, 42, 43)
    np.testing.assert_allclose(top[0, :, 0, 0], run.layer.blobs[1].data)
    want = convolve(run.bottom[0].data, run.layer.blobs[0].data, [1, 1], [20, 20], [1, 1], 1)
    np.testing.assert_allclose(top, with_bias(run, want), rtol=1e-4, atol=1e-5)


def test_a_filter_overhanging_by_less_than_its_stride_is_laid_once():
    """C division cuts toward zero: (3 - 4) / 2 + 1 is 1 (conv_layer.cpp)."""
    layer = 'type: "Convolution" convolution_param { num_output: 2 kernel_size: 4 stride: 2 '
    run = build(layer + GAUSSIAN + "}", (1, 2, 3, 3))
    (top,) = run.forward()
    want = np.einsum("ocij,ncij->no", run.layer.blobs[0].data[:, :, :3, :3], run.bottom[0].data)
    np.testing.assert_allclose(top[..., 0, 0], want + run.layer.blobs[1].data, rtol=1e-4, atol=1e-5)
    check_gradients(run, most=20)
