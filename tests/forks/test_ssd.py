"""SSD's Permute, Normalize and PriorBox, and the mathematics of boxes."""

import math

import numpy as np
import pytest
import torch
from gradcheck import build, check_gradients
from losskit import close
from ssdkit import iou, some_boxes

from caffe._caffe.core import boxes as box_math

F = np.float32


def test_permute_completes_the_order():
    run = build('type: "Permute" permute_param { order: 2 order: 0 }', (2, 3, 4, 5))
    (top,) = run.forward()
    assert np.array_equal(top, run.bottom[0].data.transpose(2, 0, 1, 3))
    check_gradients(run)


@pytest.mark.parametrize("across", ["true", "false"])
@pytest.mark.parametrize("shared", ["true", "false"])
def test_normalize(across, shared):
    run = build(
        f'type: "Normalize" norm_param {{ across_spatial: {across} channel_shared: {shared} '
        'scale_filler { type: "constant" value: 20 } }',
        (2, 3, 4, 5),
    )
    x = run.bottom[0].data.copy()
    axes = (1, 2, 3) if across == "true" else 1
    close(run.forward()[0], 20 * x / np.sqrt((x**2).sum(axes, keepdims=True)), rtol=1e-4)
    assert run.layer.blobs[0].shape == (() if shared == "true" else (3,))
    check_gradients(run)  # with equal scales the fork's gradient is the derivative


def test_normalize_leaves_the_scales_out_of_the_projection():
    run = build('type: "Normalize" norm_param { channel_shared: false }', (1, 2, 1, 1))
    x = np.array([[[[3.0]], [[4.0]]]], F)
    run.bottom[0].data[...] = x
    scale = run.layer.blobs[0].data[...] = np.array([1.0, 10.0], F)
    run.forward()
    dy = np.array([[[[1.0]], [[1.0]]]], F)
    want = (dy - x * (x * dy).sum() / 25) / 5 * scale.reshape(1, 2, 1, 1)
    close(run.backward(dy)[0], want)


def slow_priors(param, cells, size, step):
    ratios = [1.0]
    for r in param.aspect_ratio:
        if all(abs(r - q) >= 1e-6 for q in ratios):
            ratios += [r, 1 / r] if param.flip else [r]
    rows = []
    for y, x in np.ndindex(*cells):
        middle = (x + param.offset) * step[1], (y + param.offset) * step[0]
        for i, low in enumerate(int(s) for s in param.min_size):
            shapes = [(low, low)]
            if param.max_size:
                shapes.append((math.sqrt(low * int(param.max_size[i])),) * 2)
            shapes += [(low * math.sqrt(r), low / math.sqrt(r)) for r in ratios[1:]]
            for w, h in shapes:
                ends = [m + s * e / 2 for s in (-1, 1) for m, e in zip(middle, (w, h), strict=True)]
                rows.append([v / t for v, t in zip(ends, size[::-1] * 2, strict=True)])
    rows = np.array(rows)
    return np.clip(rows, 0, 1) if param.clip else rows


@pytest.mark.parametrize(
    "settings, step",
    [
        ("min_size: 30.7 max_size: 60 aspect_ratio: 2 aspect_ratio: 3", None),
        ("min_size: 30 min_size: 50 aspect_ratio: 2 aspect_ratio: 0.5 flip: false clip: true",
         None),
        ("min_size: 20 aspect_ratio: 2 aspect_ratio: 0.5 step: 16 offset: 0.25", (16, 16)),
        ("min_size: 20 step_h: 9 step_w: 12", (9, 12)),
    ],
)  # fmt: skip
def test_prior_boxes(settings, step):
    run = build(f'type: "PriorBox" prior_box_param {{ {settings} }}', (1, 2, 3, 4), (1, 3, 60, 80))
    (top,) = run.forward()
    param = run.layer.layer_param.prior_box_param
    want = slow_priors(param, (3, 4), (60, 80), step or (20, 20))
    close(top[0, 0], want.ravel(), atol=1e-6)
    assert (top[0, 1] == F(0.1)).all()


def test_prior_boxes_to_the_last_digit():
    """Against figures of the fork's own code."""
    text = (
        'type: "PriorBox" prior_box_param { min_size: 7.6 max_size: 13 aspect_ratio: 2 '
        "aspect_ratio: 3 variance: 0.1 }"
    )
    run = build(text, (1, 1, 1, 2), (1, 1, 31, 37))
    run.layer.run(run.bottom, run.top)
    want = """
        0.1554054 0.38709676 0.3445946 0.61290324 0.121089295 0.34613883 0.37891072 0.65386117
        0.11622304 0.42016536 0.38377696 0.57983464 0.18311152 0.34033072 0.31688848 0.6596693
        0.08615736 0.4348153 0.41384265 0.5651847 0.19538578 0.30444586 0.30461422 0.69555414
        0.6554054 0.38709676 0.8445946 0.61290324 0.6210893 0.34613883 0.8789107 0.65386117
        0.61622304 0.42016536 0.88377696 0.57983464 0.68311155 0.34033072 0.81688845 0.6596693
        0.5861574 0.4348153 0.9138426 0.5651847 0.6953858 0.30444586 0.8046142 0.69555414
    """
    assert np.array_equal(run.top[0].data[0, 0], np.array(want.split(), np.float32))


def test_prior_boxes_are_made_once_per_size():
    run = build('type: "PriorBox" prior_box_param { min_size: 4 }', (1, 2, 3, 4), (1, 3, 60, 80))
    run.forward()
    made = run.layer.made
    run.forward()
    assert run.layer.made is made
    run.bottom[0].reshape(1, 2, 5, 4)
    run.layer.run(run.bottom, run.top)
    assert run.top[0].shape == (1, 2, 5 * 4 * 4)


@pytest.mark.parametrize("code", [1, 2, 3])
@pytest.mark.parametrize("in_target", [False, True])
def test_decoding_undoes_encoding(code, in_target):
    boxes, prior = (torch.from_numpy(some_boxes(9)) for _ in range(2))
    variance = torch.full((9, 4), 0.2)
    coded = box_math.encode(boxes, prior, variance, code, in_target)
    close(box_math.decode(coded, prior, variance, code, in_target), boxes, atol=1e-5)


@pytest.mark.parametrize("eta", [1.0, 0.8])
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_suppression_by_hand(eta, threshold, monkeypatch):
    monkeypatch.setattr(box_math, "PAIRS", 200 * 60)  # several rounds
    boxes = some_boxes(200)
    stay, now = [], threshold
    for i, box in enumerate(boxes):
        if all(iou(box, boxes[j]) <= now for j in stay):
            stay.append(i)
            if eta < 1 and now > 0.5:
                now *= eta
    assert box_math.suppress(torch.from_numpy(boxes), threshold, eta) == stay
