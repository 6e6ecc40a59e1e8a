"""MS-CNN's ROIAlign; MNC's ROIWarping, MaskPooling, MaskResize: values, gradients, refusals."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import normal

from caffe._caffe.errors import LayerError

F = np.float32
ROIS = np.array([[0, 2, 4, 21, 30], [1, -9, 3, 12, 11], [1, 8, 8, 60, 25], [0, 5, 9, 12.4, 9]], F)


def at(plane, y, x):
    """The bilinear value at a place, 0 from half a pixel beyond the map on."""
    height, width = plane.shape
    if not (-0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5):
        return 0.0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    low, left = int(y), int(x)
    down, right = min(low + 1, height - 1), min(left + 1, width - 1)
    a, b = y - low, x - left
    upper = (1 - b) * plane[low, left] + b * plane[low, right]
    return (1 - a) * upper + a * ((1 - b) * plane[down, left] + b * plane[down, right])


def test_roi_align():
    x = normal(2, 3, 9, 8)
    text = "roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 pad_ratio: 0.2 }"
    flat = np.vstack([ROIS, [[0, 8, 9, 2, 9]]]).astype(F)  # ends before its start
    run = build(f'type: "ROIAlign" {text}', x, flat)
    (top,) = run.forward()
    assert top.shape == (5, 3, 4, 3)
    for n, (i, x1, y1, x2, y2) in enumerate(flat.astype(float)):
        pads = 0.2 * (x2 - x1 + 1), 0.2 * (y2 - y1 + 1)
        left, low = 0.25 * (x1 - pads[0]) - 0.5, 0.25 * (y1 - pads[1]) - 0.5
        right, high = 0.25 * (x2 + pads[0]) - 0.5, 0.25 * (y2 + pads[1]) - 0.5
        for c, p, q in np.ndindex(3, 4, 3):
            place = low + p * (high - low) / 3, left + q * (right - left) / 2
            want = at(x[int(i), c], *place) if right > left and high > low else 0
            assert top[n, c, p, q] == pytest.approx(want, abs=1e-5)
    assert not top[4].any() and top[:4].any()
    check_gradients(run, bottoms=[0])


def rounded(value):
    return math.copysign(math.floor(abs(value) + 0.5), value)


def warped(roi, sizes=(4, 3), scale=0.25):
    """Start, end and places of rows and of columns."""
    x1, y1, x2, y2 = (rounded(v * scale) for v in roi[1:].astype(float))
    axes = []
    for start, end, count in ((y1, y2, sizes[0]), (x1, x2, sizes[1])):
        step = max(end - start, 0) / count
        axes.append((start, end, [start + k * step for k in range(count)]))
    return axes


def test_roi_warping():
    x = normal(2, 3, 9, 8)
    run = build(
        'type: "ROIWarping" roi_warping_param { pooled_h: 4 pooled_w: 3 spatial_scale: 0.25 }',
        x, ROIS,
    )  # fmt: skip
    (top,) = run.forward()
    for n, roi in enumerate(ROIS):
        (*_, rows), (*_, columns) = warped(roi)
        for c, p, q in np.ndindex(3, 4, 3):
            want = at(x[int(roi[0]), c], rows[p], columns[q])
            assert top[n, c, p, q] == pytest.approx(want, abs=1e-5)
    dy = normal(*top.shape)
    dx, drois = run.backward(dy)
    want = np.zeros_like(x), np.zeros_like(ROIS)
    for n, roi in enumerate(ROIS):
        slow_warping(x, roi, dy[n], want[0], want[1][n])
    np.testing.assert_allclose(dx, want[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(drois, want[1], rtol=1e-4, atol=1e-4)
    assert np.abs(drois[:, 1:]).max() > 0.1 and not drois[:, 0].any()
    (only,) = run.backward(dy, propagate=[False, True])[1:]
    np.testing.assert_array_equal(only, drois)


def slow_warping(x, roi, dy, dx, droi):
    """Add one region's gradients, pixel by pixel, as the fork's two kernels find them."""
    image, (height, width) = int(roi[0]), x.shape[2:]
    rows, columns = warped(roi)
    for c, p, q in np.ndindex(dy.shape):
        y, z = rows[2][p], columns[2][q]
        if not (-0.5 <= y <= height - 0.5 and -0.5 <= z <= width - 0.5):
            continue
        y, z = min(max(y, 0), height - 1), min(max(z, 0), width - 1)
        for h, w in np.ndindex(height, width):
            weight = max(0, 1 - abs(y - h)) * max(0, 1 - abs(z - w))
            for (start, end, places), pixel, k in ((rows, h, p), (columns, w, q)):
                part = max(end - start + 1, 1) / len(places)
                first = math.floor((pixel - start - 1) / part - 1)
                last = math.ceil((pixel - start + 1) / part)
                weight *= start <= pixel <= end and first <= k < last
            dx[image, c, h, w] += weight * dy[c, p, q]
        low, left = int(y), int(z)
        if low + 1 > height - 1 or left + 1 > width - 1:
            continue
        v, a, b = x[image, c, low : low + 2, left : left + 2], y - low, z - left
        over = (1 - a) * (v[0, 1] - v[0, 0]) + a * (v[1, 1] - v[1, 0])
        down = (1 - b) * (v[1, 0] - v[0, 0]) + b * (v[1, 1] - v[0, 1])
        share = [(place - axis[0]) / (max(axis[1] - axis[0], 0) + 1)
                 for place, axis in ((z, columns), (y, rows))]  # fmt: skip
        slopes = np.array([over * (1 - share[0]), down * (1 - share[1]), over * share[0],
                           down * share[1]])  # fmt: skip
        droi[1:] += 0.25 * dy[c, p, q] * slopes


def test_mask_pooling():
    run = build('type: "MaskPooling"', (2, 3, 4, 5), (2, 1, 4, 5))
    x, mask = (b.data for b in run.bottom)
    np.testing.assert_array_equal(run.forward()[0], x * mask)
    check_gradients(run)


@pytest.mark.parametrize("size", [(3, 2), (5, 7), (10, 4)])
def test_mask_resize(size):
    x = normal(1, 2, 5, 4)
    param = f"mask_resize_param {{ output_height: {size[0]} output_width: {size[1]} }}"
    run = build(f'type: "MaskResize" {param}', x)
    (top,) = run.forward()
    for c, p, q in np.ndindex(2, *size):
        want = at(x[0, c], p * 5 / size[0], q * 4 / size[1])
        assert top[0, c, p, q] == pytest.approx(want, abs=1e-5)
    if size == (3, 2):
        check_gradients(run)
    dy, want = normal(*top.shape), np.zeros_like(x)
    ratios = 5 / size[0], 4 / size[1]
    for c, h, w in np.ndindex(2, 5, 4):
        for p in (int(h / ratios[0]), int(h / ratios[0]) + 1):
            for q in (int(w / ratios[1]), int(w / ratios[1]) + 1):
                y, z = p * ratios[0], q * ratios[1]
                if p < size[0] and q < size[1] and abs(y - h) < 1 and abs(z - w) < 1:
                    y, z = min(y, 4), min(z, 3)
                    want[0, c, h, w] += (1 - abs(y - h)) * (1 - abs(z - w)) * dy[0, c, p, q]
    np.testing.assert_allclose(run.backward(dy)[0], want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("factors", "size"),
    [("factor_height: 0.7 factor_width: 0.25", (7, 2)), ("factor_width: 0.5", (1, 4))],
)
def test_mask_resize_by_factors(factors, size):
    """SSTD's: 10 x 0.7 is 7 in single precision, 6.9999999 in double."""
    x = normal(1, 2, 10, 8)
    text = f"mask_resize_param {{ output_height: 1 output_width: 1 {factors} }}"
    (top,) = build(f'type: "MaskResize" {text}', x).forward()
    assert top.shape == (1, 2, *size)
    for p, q in np.ndindex(*size):
        want = at(x[0, 1], p * 10 / size[0], q * 8 / size[1])
        assert top[0, 1, p, q] == pytest.approx(want, abs=1e-5)


def test_refusals():
    maps, rois = (1, 2, 4, 4), (3, 5)
    for text, shapes, message in (
        ('"ROIAlign" roi_pooling_param { pooled_h: 2 }', (maps, rois), "needs pooled_w > 0"),
        ('"ROIWarping" roi_warping_param { pooled_w: 2 }', (maps, rois), "needs pooled_h > 0"),
        ('"ROIWarping" roi_warping_param { pooled_w: 2 pooled_h: 2 }', (maps, (3, 4)), "regions"),
        ('"MaskPooling"', (maps, (1, 2, 4, 4)), r"masks \(1, 1, 4, 4\)"),
        ('"MaskResize" mask_resize_param { output_height: 2 }', (maps,), "output_width"),
        (
            '"MaskResize" mask_resize_param { output_height: 2 output_width: 2 factor_width: 0.1 }',
            (maps,),
            r"leave nothing of \(4, 4\)",
        ),
    ):
        with pytest.raises(LayerError, match=message):
            build(f"type: {text}", *shapes)
    run = build(
        'type: "ROIAlign" roi_pooling_param { pooled_h: 2 pooled_w: 2 }', maps,
        np.array([[1, 0, 0, 3, 3]], F),
    )  # fmt: skip
    with pytest.raises(LayerError, match="image 1"):
        run.forward()
