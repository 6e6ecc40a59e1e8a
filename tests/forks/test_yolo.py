"""MobileNet-YOLO's loss and detections against slow loops."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(3)
ANCHORS = [(10, 13), (33, 23), (30, 61), (62, 45), (59, 119), (116, 90)]
BIASES = "".join(f"biases: {v} " for pair in ANCHORS for v in pair)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def iou(a, b):
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def box_at(v, x, y, width, height, anchor):
    return (
        (x + sigmoid(v[0])) / width, (y + sigmoid(v[1])) / height,
        math.exp(v[2]) * anchor[0], math.exp(v[3]) * anchor[1],
    )  # fmt: skip


def slow_d(x, truth, mask, logic=False, focal=False, k=3):
    """Return the differences d (N, B, 5 + K, H, W), as the fork's loops make them."""
    n, _, height, width = x.shape
    v = x.reshape(n, 3, 5 + k, height, width).astype(np.float64)
    d = np.zeros_like(v)
    size = np.array([width * 32, height * 32])
    for i in range(n):
        rows = truth[i].reshape(-1, 5).astype(np.float64)
        for b, line, column in np.ndindex(3, height, width):
            value = v[i, b, :, line, column]
            box = box_at(value, column, line, width, height, ANCHORS[mask[b]] / size)
            best = max((iou(box, r[1:]) for r in rows if r[1]), default=0)
            d[i, b, 4, line, column] = 0 if best > 0.5 else sigmoid(value[4])
        for label, cx, cy, w, h in rows:
            if not w:
                break
            column, line = int(cx * width), int(cy * height)
            shares = [iou((0, 0, w, h), (0, 0, *(a / size))) for a in np.array(ANCHORS)]
            chosen = [int(np.argmax(shares))]
            chosen = [mask.index(c) for c in chosen if c in mask]
            first = chosen[0] if chosen else int(np.argmax(shares))
            chosen += [mask.index(j) for j, s in enumerate(shares)
                       if j in mask and j != first and s > 0.4]  # fmt: skip
            for b in chosen:
                here, value = d[i, b, :, line, column], v[i, b, :, line, column]
                anchor = np.array(ANCHORS[mask[b]]) / size
                scale = 1.5 * (2 - w * h)
                here[0] = scale * (sigmoid(value[0]) - (cx * width - column))
                here[1] = scale * (sigmoid(value[1]) - (cy * height - line))
                here[2:4] = scale * (value[2:4] - np.log(np.array([w, h]) / anchor))
                here[4] = (sigmoid(value[4]) - 1) * (2 if logic else 1)
                a, label = sigmoid(value[5:]), int(label)
                y = np.eye(k)[label] * 0.8 + 0.1
                if here[5 + label]:
                    here[5 + label] = 0.7 * (a[label] - y[label])
                elif focal:
                    p = a[label]
                    weight = -0.5 * (1 - p) * (2 * p * math.log(p) + p - 1)
                    here[5:] = 0.7 * (a - np.eye(k)[label]) * weight
                else:
                    here[5:] = 0.7 * (a - y)
    return d


@pytest.mark.parametrize("mask", [[0, 1, 2], [3, 4, 5]])
@pytest.mark.parametrize("fields", ["", "use_logic_gradient: true", "use_focal_loss: true"])
def test_yolov3_loss(mask, fields):
    x = RANDOM.normal(0, 0.7, (2, 24, 4, 5)).astype(np.float32)
    truth = np.zeros((2, 1, 6, 5), np.float32)
    for i, count in enumerate((4, 2)):
        truth[i, 0, :count, 0] = RANDOM.integers(0, 3, count)
        truth[i, 0, :count, 1:3] = RANDOM.uniform(0.1, 0.9, (count, 2))
        truth[i, 0, :count, 3:] = RANDOM.uniform(0.1, 0.7, (count, 2))
    truth[0, 0, 1] = truth[0, 0, 0]  # a second box at one place
    text = (
        'type: "Yolov3" yolov3_param { num_class: 3 num: 3 coord_scale: 1.5 class_scale: 0.7 '
        "object_scale: 2 thresh: 0.5 iou_thresh: 0.4 label_smooth_eps: 0.2 "
        f"{BIASES} {fields} " + " ".join(f"mask: {m}" for m in mask) + " }"
    )
    run = build(text, x, truth)
    (loss,) = run.forward()
    logic = "logic" in fields
    d = slow_d(x, truth, mask, logic, "focal" in fields)
    np.testing.assert_allclose(loss, (d**2).sum() / 2, rtol=1e-4)
    (diff, _) = run.backward(np.float32(3))
    if logic:
        a = sigmoid(x.reshape(d.shape).astype(np.float64))
        slope = a * (1 - a)
        slope[:, :, 2:4] = 1
        d = d * slope
    np.testing.assert_allclose(diff.reshape(d.shape), d * 3 / 2, rtol=1e-3, atol=1e-5)
    assert (d[:, :, :4] != 0).sum() >= 8


def suppressed(found, threshold=0.45):
    found.sort(key=lambda f: -f[1])
    stay = []
    for label, score, box in found:
        if all(iou(box, other[2]) < threshold for other in stay):
            stay.append((label, score, box))
    return [[0, c + 1, s, b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2]
            for c, s, b in stay]  # fmt: skip


def test_yolov3_detections():
    maps = [RANDOM.normal(-0.5, 1, (1, 24, s, s + 1)).astype(np.float32) for s in (3, 6)]
    text = (
        'type: "Yolov3DetectionOutput" yolov3_detection_output_param { num_classes: 3 '
        f"confidence_threshold: 0.3 anchors_scale: 32 anchors_scale: 16 {BIASES} "
        "mask: 3 mask: 4 mask: 5 mask: 0 mask: 1 mask: 2 }"
    )
    run = build(text, *maps)
    run.layer.run(run.bottom, run.top)
    found = []
    for x, scale, mask in zip(maps, (32, 16), ([3, 4, 5], [0, 1, 2]), strict=True):
        height, width = x.shape[2:]
        v = x.reshape(3, 8, height, width).astype(np.float64)
        for line, column, b in np.ndindex(height, width, 3):
            anchor = np.array(ANCHORS[mask[b]]) / (width * scale, height * scale)
            value = v[b, :, line, column]
            box = box_at(value, column, line, width, height, anchor)
            scores = sigmoid(value[5:]) * sigmoid(value[4])
            found += [(c, s, box) for c, s in enumerate(scores) if s > 0.3]
    want = suppressed(found)
    assert 5 < len(want) < len(found)
    np.testing.assert_allclose(run.top[0].data[0, 0], want, rtol=1e-3, atol=1e-4)


def test_yolo_detections():
    x = RANDOM.normal(0, 1, (1, 16, 4, 4)).astype(np.float32)
    text = (
        'type: "YoloDetectionOutput" yolo_detection_output_param { num_classes: 3 num_box: 2 '
        "confidence_threshold: 0.2 biases: 3 biases: 4 biases: 2.5 biases: 3.5 }"
    )
    run = build(text, x)
    run.layer.run(run.bottom, run.top)
    found = []
    v = x.reshape(2, 8, 4, 4).astype(np.float64)
    for line, column, b in np.ndindex(4, 4, 2):
        value = v[b, :, line, column]
        box = box_at(value, column, line, 4, 4, np.array([(3, 4), (2.5, 3.5)][b]) / 4)
        e = np.exp(value[5:])
        score = sigmoid(value[4]) * e.max() / e.sum()
        if score >= 0.2:
            found.append((int(e.argmax()), score, box))
    want = suppressed(found)
    assert 3 < len(want) < len(found)
    np.testing.assert_allclose(run.top[0].data[0, 0], want, rtol=1e-3, atol=1e-4)


def test_nothing_found_and_refusals():
    text = (
        'type: "YoloDetectionOutput" yolo_detection_output_param { num_classes: 3 num_box: 2 '
        "confidence_threshold: 2 biases: 1 biases: 2 biases: 2.5 biases: 1.5 }"
    )
    run = build(text, (2, 16, 4, 4))
    run.layer.run(run.bottom, run.top)
    assert run.top[0].data.tolist() == [[[[0, *[-1] * 6], [1, *[-1] * 6]]]]
    loss = f'type: "Yolov3" yolov3_param {{ num_class: 3 num: 3 mask: 0 mask: 1 mask: 2 {BIASES} }}'
    for snippet, shapes, message in (
        (text, ((2, 15, 4, 4),), r"bottom 0 must be \(N, 16, H, W\), 2 boxes of 5 \+ 3 values"),
        (text, ((2, 16, 4, 5),), "takes square maps"),
        (text.replace("biases: 1.5", ""), ((2, 16, 4, 4),), "each of 2 anchors or more, given 3"),
        (loss.replace("num: 3", "num: 3 iou_loss: GIOU"), ((1, 24, 4, 4), (1, 1, 3, 5)), "GIOU"),
        (loss, ((1, 24, 4, 4), (1, 15)), r"bottom 1 must be \(1, 1, T, 5\)"),
        (loss.replace("mask: 2", ""), ((1, 24, 4, 4), (1, 1, 3, 5)), "mask needs num 3"),
    ):
        with pytest.raises(LayerError, match=message):
            build(snippet, *shapes)
    truth = np.array([3, 0.5, 0.5, 0.1, 0.1]).reshape(1, 1, 1, 5)
    with pytest.raises(LayerError, match="label 3 is outside num_class 3"):
        build(loss, np.zeros((1, 24, 4, 4)), truth).forward()
    with pytest.raises(LayerError, match=r"middle \(1, 0.5\) lies outside the picture"):
        build(loss, np.zeros((1, 24, 4, 4)), np.float32([[[[1, 1, 0.5, 0.1, 0.1]]]])).forward()


def test_mish():
    x = np.float32([-30, -2, -0.5, 0.25, 3, 40])
    run = build('type: "Mish"', x)
    want = x * np.tanh(np.log1p(np.exp(np.float64(x))))
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5, atol=1e-9)
    check_gradients(run)
