"""R-CNN's and R-FCN's region pooling: slow NumPy versions, gradients, refusals."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import close, normal
from roikit import random_rois

from caffe._caffe.errors import LayerError

RNG = np.random.default_rng(7)


def away(value):
    return math.copysign(math.floor(abs(value) + 0.5), value)


def slow_roi_pooling(x, rois, size, scale, dy):
    """Top and bottom diff, pixel by pixel (roi_pooling_layer.cpp and .cu)."""
    top, dx = np.zeros((len(rois), x.shape[1], *size), np.float32), np.zeros_like(x)
    for r, (image, *corners) in enumerate(rois):
        left, top_, right, bottom = (int(away(np.float32(c) * np.float32(scale))) for c in corners)
        extent = max(bottom - top_ + 1, 1), max(right - left + 1, 1)
        bins = [np.float32(e) / np.float32(s) for e, s in zip(extent, size, strict=True)]
        for i, j in np.ndindex(*size):
            y0, y1 = math.floor(i * bins[0]) + top_, math.ceil((i + 1) * bins[0]) + top_
            x0, x1 = math.floor(j * bins[1]) + left, math.ceil((j + 1) * bins[1]) + left
            y0, y1 = (min(max(v, 0), x.shape[2]) for v in (y0, y1))
            x0, x1 = (min(max(v, 0), x.shape[3]) for v in (x0, x1))
            if y1 <= y0 or x1 <= x0:
                continue
            for c in range(x.shape[1]):
                part = x[int(image), c, y0:y1, x0:x1]
                v, u = np.unravel_index(part.argmax(), part.shape)
                top[r, c, i, j] = part[v, u]
                if top_ <= v + y0 <= bottom and left <= u + x0 <= right:
                    dx[int(image), c, v + y0, u + x0] += dy[r, c, i, j]
    return top, dx


@pytest.mark.parametrize("size, scale", [((7, 7), 0.0625), ((2, 3), 0.5), ((1, 1), 0.1)])
@pytest.mark.parametrize("quantized", [False, True])
def test_roi_pooling_by_hand(size, scale, quantized):
    x = normal(2, 3, 13, 17)
    if quantized:  # ties, among them of -0 and 0
        x = np.round(x) * np.where(RNG.random(x.shape) < 0.5, -1, 1).astype(np.float32)
    rois = random_rois(40, 2, 17 / scale, 13 / scale)
    run = build(
        f'type: "ROIPooling" roi_pooling_param {{ pooled_h: {size[0]} pooled_w: {size[1]} '
        f"spatial_scale: {scale} }}",
        x,
        rois,
    )
    (top,) = run.forward()
    dy = normal(*top.shape)
    want, dx = slow_roi_pooling(x, rois, size, scale, dy)
    assert np.array_equal(top, want)
    close(run.backward(dy)[0], dx, atol=1e-5)


def test_roi_pooling_recomputes_what_it_did_not_save():
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    run = build(text, normal(1, 2, 6, 6), np.array([[0, 1, 1, 4, 5]], np.float32))
    (top,) = run.forward()
    dy = normal(*top.shape)
    want = run.backward(dy)[0]
    run.layer.saved = None
    assert np.array_equal(run.backward(dy)[0], want)


def test_roi_pooling_passes_over_nan():
    x = np.full((1, 1, 4, 4), np.nan, np.float32)
    x[0, 0, 1, 1] = -3
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 1 pooled_w: 2 }'
    run = build(text, x, np.array([[0, 0, 0, 3, 3]], np.float32))
    (top,) = run.forward()
    assert top.ravel().tolist() == [-3, -np.finfo(np.float32).max]
    dx = run.backward(np.ones_like(top))[0]
    assert dx[0, 0, 1, 1] == 1 and dx.sum() == 1
    run.bottom[0].data[0, 0, :, 2:] = [[-np.inf, np.inf]] * 4
    assert run.forward()[0].ravel().tolist() == [-3, np.inf]
    assert run.backward(np.ones_like(top))[0][0, 0, 0].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "text",
    [
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }',
        'type: "PSROIPooling" psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 1 }',
    ],
)
def test_regions_get_no_gradient(text):
    # Those of Faster R-CNN's proposal layer do: its bottoms are scores.
    run = build(text, normal(1, 2, 6, 6), np.array([[0, 1, 1, 4, 5]], np.float32))
    (top,) = run.forward()
    dx, drois = run.backward(normal(*top.shape), propagate=[True, True])
    assert dx.any() and not drois.any()


def test_no_regions_pool_to_nothing():
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    run = build(text, normal(1, 3, 6, 6), np.zeros((1, 5), np.float32))
    run.bottom[1].reshape(0, 5)
    run.layer.run(run.bottom, run.top)
    assert run.top[0].shape == (0, 3, 2, 2)


def slow_psroi(x, rois, outputs, group, scale):
    top = np.zeros((len(rois), outputs, group, group), np.float32)
    f = np.float32
    for r, (image, *corners) in enumerate(rois):
        x1, y1 = (f(away(c)) * f(scale) for c in corners[:2])
        x2, y2 = (f(away(c) + 1) * f(scale) for c in corners[2:])
        bins = [max(f(b - a), f(0.1)) / f(group) for a, b in ((y1, y2), (x1, x2))]
        for c, i, j in np.ndindex(outputs, group, group):
            rows = math.floor(f(i) * bins[0] + y1), math.ceil(f(i + 1) * bins[0] + y1)
            columns = math.floor(f(j) * bins[1] + x1), math.ceil(f(j + 1) * bins[1] + x1)
            rows, columns = np.clip(rows, 0, x.shape[2]), np.clip(columns, 0, x.shape[3])
            part = x[int(image), (c * group + i) * group + j, slice(*rows), slice(*columns)]
            top[r, c, i, j] = part.mean() if part.size else 0
    return top


def test_psroi_pooling_by_hand():
    x, rois = normal(2, 18, 9, 11), random_rois(30, 2, 44, 36)
    run = build(
        'type: "PSROIPooling" psroi_pooling_param { spatial_scale: 0.25 output_dim: 2 '
        "group_size: 3 }",
        x,
        rois,
    )
    close(run.forward()[0], slow_psroi(x, rois, 2, 3, 0.25), atol=1e-5)
    check_gradients(run)


@pytest.mark.parametrize(
    "text, bottoms, message",
    [
        ('"ROIPooling"', [(1, 1, 4, 4), (2, 5)], "needs pooled_h > 0, none is given"),
        ('"ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }', [(1, 1, 4, 4), (2, 4)],
         r"takes regions of shape \(R, 5\)"),
        ('"ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }', [(1, 4, 4), (2, 5)],
         r"maps of shape \(N, C, H, W\)"),
        ('"PSROIPooling" psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 2 }',
         [(1, 9, 4, 4), (2, 5)], "= 8 channels, bottom 0 has 9"),
        ('"PSROIPooling" psroi_pooling_param { spatial_scale: 1 output_dim: 2 }',
         [(1, 9, 4, 4), (2, 5)], "needs group_size > 0"),
        ('"BoxAnnotatorOHEM"', [(4, 5), (4, 1), (4, 1), (4, 8)], "needs roi_per_img > 0"),
        ('"BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 2 }',
         [(4, 5), (4, 2), (4, 1), (4, 8)], r"bottom 1 must have shape \(4, 1, 1, 1\)"),
        ('"SmoothL1Loss" bottom: "a" bottom: "b"', [(2, 3), (2, 4)], "must have one shape"),
        ('"SmoothL1Loss" smooth_l1_loss_param { sigma: 0 } bottom: "a" bottom: "b"',
         [(2, 3), (2, 3)], "sigma that is not 0"),
    ],
)  # fmt: skip
def test_refusals(text, bottoms, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", *bottoms, tops=2 if "OHEM" in text else 1)


def test_a_region_of_no_image_is_named():
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    run = build(text, normal(1, 1, 4, 4), np.array([[3, 0, 0, 2, 2]], np.float32))
    with pytest.raises(LayerError, match="image 3 in 'bottom1' is outside the 1 images"):
        run.forward()
