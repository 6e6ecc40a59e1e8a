"""Crop and LRN against plain numpy, and their gradients; and gradients that nobody wants."""

import re

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe import LayerError

# -- Crop


@pytest.mark.parametrize(
    "text, sizes, window",
    [
        ("", (9, 9, 4, 5), np.s_[:, :, :4, :5]),
        ("offset: 2", (9, 9, 4, 5), np.s_[:, :, 2:6, 2:7]),
        ("offset: 3 offset: 1", (9, 9, 4, 5), np.s_[:, :, 3:7, 1:6]),
        ("axis: 1 offset: 1 offset: 2 offset: 3", (9, 2, 4, 5), np.s_[:, 1:3, 2:6, 3:8]),
        ("axis: -1 offset: 1", (9, 9, 9, 4), np.s_[..., 1:5]),
        ("axis: 0", (1, 2, 3, 4), np.s_[:1, :2, :3, :4]),
        ("axis: 2", (9, 9, 9, 8), np.s_[...]),
    ],
)
def test_crop(text, sizes, window):
    run = build(f'type: "Crop" crop_param {{ {text} }}', (2, 3, 9, 8), sizes)
    (top,) = run.forward()
    np.testing.assert_array_equal(top, run.bottom[0].data[window])
    dy = np.random.default_rng(1).standard_normal(top.shape)
    dx, none = run.backward(dy)
    want = np.zeros((2, 3, 9, 8), np.float32)
    want[window] = dy
    np.testing.assert_array_equal(dx, want)
    assert none is None
    nothing, zeros = run.backward(dy, propagate=[False, True])
    assert nothing is None and not zeros.any()
    run.top[0].data[...] = 7  # the top is never the bottom's memory
    assert not (run.bottom[0].data == 7).any()


@pytest.mark.parametrize(
    "text, sizes, message",
    [
        ("offset: 5", (1, 1, 34, 4), "offset 5 + size 34 exceeds 38 on axis 2 of bottom 0"),
        ("axis: 1 offset: 1 offset: 2", (1, 1, 1, 1), "one for each of the 3 axes from axis 1"),
        ("axis: 4", (1, 1, 1, 1), "axis 4 is out of range"),
        ("", (1, 1, 1), "was set up for 4 axes"),
    ],
)
def test_crops_that_do_not_fit(text, sizes, message):
    with pytest.raises(LayerError, match=re.escape(message)):
        build(f'type: "Crop" crop_param {{ {text} }}', (1, 3, 38, 38), sizes)


def test_crop_follows_its_reference():
    run = build('type: "Crop" crop_param { offset: 1 }', (1, 1, 9, 9), (1, 1, 4, 4))
    run.forward()
    run.bottom[1].reshape(1, 1, 6, 2)
    np.testing.assert_array_equal(run.forward()[0], run.bottom[0].data[:, :, 1:7, 1:3])


# -- LRN


@pytest.mark.parametrize("size", [1, 3, 5, 15])
def test_lrn_across_channels(size):
    settings = f"local_size: {size} alpha: 0.7 beta: 0.6 k: 2"
    run = build(f'type: "LRN" lrn_param {{ {settings} }}', (2, 7, 3, 4))
    x = run.bottom[0].data.astype(np.float64)
    scale = np.empty_like(x)
    for c in range(7):
        near = x[:, max(0, c - size // 2) : c + size // 2 + 1]
        scale[:, c] = 2 + 0.7 / size * (near**2).sum(1)
    np.testing.assert_allclose(run.forward()[0], x * scale**-0.6, rtol=1e-5, atol=1e-6)
    check_gradients(run, most=40)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_lrn_within_channels(size):
    settings = f"local_size: {size} alpha: 0.7 beta: 0.6 k: 2 norm_region: WITHIN_CHANNEL"
    run = build(f'type: "LRN" lrn_param {{ {settings} }}', (2, 2, 6, 4))
    x = run.bottom[0].data.astype(np.float64)
    reach = size // 2
    padded = np.pad(x, [(0, 0), (0, 0), (reach, reach), (reach, reach)])
    mean = np.empty_like(x)
    for i, j in np.ndindex(6, 4):
        mean[..., i, j] = (padded[..., i : i + size, j : j + size] ** 2).mean((2, 3))
    want = x * (1 + 0.7 * mean) ** -0.6  # k plays no part here (lrn_layer.cpp)
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5, atol=1e-6)
    check_gradients(run, most=40)


def test_lrn_settings_that_do_not_fit():
    with pytest.raises(LayerError, match="local_size must be odd, given 4"):
        build('type: "LRN" lrn_param { local_size: 4 }', (1, 2, 3, 3))
    with pytest.raises(
        LayerError, match=r"takes maps of shape \(N, C, H, W\), bottom 0 has shape \(2, 3\)"
    ):
        build('type: "LRN"', (2, 3))


def test_lrn_gradient_without_a_recorded_forward():
    run = build('type: "LRN" lrn_param { local_size: 3 alpha: 1 }', (1, 4, 2, 2))
    top = run.forward()[0]
    want = run.backward(np.ones_like(top))[0]
    run.wiring.saves_for_backward = False
    run.forward()
    np.testing.assert_array_equal(run.backward(np.ones_like(top))[0], want)


@pytest.mark.parametrize(
    "text",
    [
        'type: "Convolution" convolution_param { num_output: 2 kernel_size: 3 }',
        'type: "Deconvolution" convolution_param { num_output: 2 kernel_size: 3 }',
        'type: "Crop"',
        'type: "LRN"',
        'type: "SPP" spp_param { pyramid_height: 2 }',
    ],
)
def test_nothing_wanted_nothing_computed(text):
    bottoms = [(1, 2, 4, 4)] * (2 if "Crop" in text else 1)
    run = build(text, *bottoms)
    run.layer.param_propagate_down = [False] * len(run.layer.blobs)
    top = run.forward()[0]
    assert run.backward(np.ones_like(top), propagate=[False] * len(bottoms))[0] is None
    assert not any(run.param_diff(i).any() for i in range(len(run.layer.blobs)))
