"""YOLO v2's loss and its judge against slow loops after the forks' code."""

import math

import numpy as np
import pytest
from gradcheck import build
from test_yolo import box_at, iou, sigmoid

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(4)
F = np.float32
K, S = 3, 4
ANCHORS = [(1.0, 1.2), (2.5, 0.8), (0.7, 2.2), (3.0, 3.1), (1.6, 1.9)]
SETTINGS = (
    f"num_class: {K} side: {S} num: 5 object_scale: 5 class_scale: 0.7 noobject_scale: 0.9 "
    "coord_scale: 1.3 thresh: 0.3 " + "".join(f"biases: {v} " for pair in ANCHORS for v in pair)
)


def softmax(v):
    e = np.exp(v - v.max())
    return e / e.sum()


def slow_d(x, truths, rescore, bias_match, intel):
    """The differences (N, B, 5 + K, S, S); `truths` is (label, x, y, w, h) of each picture."""
    v = x.reshape(len(x), 5, 5 + K, S, S).astype(np.float64)
    d = np.zeros_like(v)
    anchors = np.array(ANCHORS) / S
    for i, rows in enumerate(truths):
        for b, line, column in np.ndindex(5, S, S):
            value = v[i, b, :, line, column]
            box = box_at(value, column, line, S, S, anchors[b])
            best, s = max((iou(box, r[1:]) for r in rows), default=0), sigmoid(value[4])
            d[i, b, 4, line, column] = 0 if best > 0.3 else 0.9 * s * s * (1 - s)
        for label, cx, cy, w, h in rows:
            column, line = int(cx * S), int(cy * S)
            at = [box_at(v[i, b, :, line, column], column, line, S, S, anchors[b])
                  for b in range(5)]  # fmt: skip
            sizes = anchors if bias_match else [box[2:] for box in at]
            b = int(np.argmax([iou((0, 0, *size), (0, 0, w, h)) for size in sizes]))
            here, value = d[i, b, :, line, column], v[i, b, :, line, column]
            share, s, (sx, sy) = iou(at[b], (cx, cy, w, h)), sigmoid(value[4]), sigmoid(value[:2])
            change = np.array([sx - (cx * S - column), sy - (cy * S - line),
                               value[2] - math.log(w / anchors[b][0]),
                               value[3] - math.log(h / anchors[b][1])])  # fmt: skip
            scale, sure = 1.3, (s - (share if rescore else 1)) * s * (1 - s)
            if intel:
                change, sure = np.clip(change, -1, 1), -2 * (1 - s) ** 3 * s * (1 - s)
            elif not rescore:
                scale *= 2 - w * h
            change[:2] *= [sx * (1 - sx), sy * (1 - sy)]
            here[:4], here[4] = scale * change, 5 * sure
            here[5:] = 0.7 * (softmax(value[5:]) - np.eye(K)[int(label)])
    return d


def some_truths():
    rows = []
    for count in (3, 0, 2):
        middle, size = RANDOM.uniform(0.2, 0.8, (count, 2)), RANDOM.uniform(0.1, 0.7, (count, 2))
        rows.append(np.column_stack([RANDOM.integers(0, K, count), middle, size]).astype(F))
    return rows


def as_annotated(truths):
    """Rows of SSD's AnnotatedData, and one of -1."""
    rows = [(-1,) * 8]
    for i, boxes in enumerate(truths):
        for label, x, y, w, h in boxes:
            rows.append((i, label + 1, 0, x - w / 2, y - h / 2, x + w / 2, y + h / 2, 0))
    return np.array(rows, F)[None, None]


@pytest.mark.parametrize("rescore", [0, 1])
@pytest.mark.parametrize("bias_match", [0, 1])
@pytest.mark.parametrize("intel", [False, True])
def test_region_loss(rescore, bias_match, intel):
    x, truths = RANDOM.normal(0, 1, (3, 5 * (5 + K), S, S)).astype(F), some_truths()
    if intel:
        label = as_annotated(truths)
    else:
        label = np.zeros((3, 1, 6, 5), F)
        for i, rows in enumerate(truths):
            label[i, 0, : len(rows)] = rows
    fields = f"{SETTINGS} rescore: {rescore} bias_match: {bias_match}"
    run = build(f'type: "RegionLoss" region_loss_param {{ {fields} }}', x, label)
    d = slow_d(x, truths, rescore, bias_match, intel)
    np.testing.assert_allclose(run.forward()[0], (d**2).sum() / (1 if intel else 3), rtol=1e-4)
    (diff, _) = run.backward(F(2))
    np.testing.assert_allclose(diff.reshape(d.shape), d * 2 / 3, rtol=1e-3, atol=1e-5)
    assert (d[:, :, :4] != 0).sum() >= 12


def test_a_class_map_renames_intels_labels(tmp_path):
    (tmp_path / "map").write_text("2\n0\n1\n")
    x, truths = RANDOM.normal(0, 1, (3, 5 * (5 + K), S, S)).astype(F), some_truths()
    text = f'type: "RegionLoss" region_loss_param {{ {SETTINGS} class_map: "{tmp_path}/map" }}'
    got = build(text, x, as_annotated(truths)).forward()[0]
    for rows in truths:
        rows[:, 0] = np.array([2, 0, 1])[rows[:, 0].astype(int)]
    np.testing.assert_allclose(got, (slow_d(x, truths, 0, 1, True) ** 2).sum(), rtol=1e-4)


def slow_judgement(x, rows, nms, threshold, kind):
    v, found = x.reshape(5, 5 + K, S, S).astype(np.float64), []
    for line, column, b in np.ndindex(S, S, 5):
        value = v[b, :, line, column]
        p, s = softmax(value[5:]), sigmoid(value[4])
        score = {"OBJ": s, "PROB": p.max(), "MULTIPLY": s * p.max()}[kind]
        box = box_at(value, column, line, S, S, np.array(ANCHORS[b]) / S)
        found.append((score, int(p.argmax()), box))
    stay = []
    for one in sorted(found, key=lambda f: -f[0]):
        if all(iou(one[2], other[2]) < nms for other in stay):
            stay.append(one)
    row, taken = [sum(int(r[0]) == c for r in rows) for c in range(K)], set()
    for c in range(K):
        for score, label, box in stay:
            if label != c or score < 0.005:
                continue
            shares = {j: iou(box, r[1:]) for j, r in enumerate(rows) if int(r[0]) == c}
            verdict = [0, 1]
            if shares:
                best = max(shares, key=shares.get)
                verdict = [0, 0] if shares[best] < threshold else [int(best not in taken)] * 2
                if shares[best] >= threshold:
                    verdict[1] = 1 - verdict[0]
                    taken.add(best)
            row += [c, score, *verdict]
    return row


@pytest.mark.parametrize("kind", ["OBJ", "PROB", "MULTIPLY"])
def test_eval_detection(kind):
    x, truths = RANDOM.normal(0, 1, (3, 5 * (5 + K), S, S)).astype(F), some_truths()
    fields = SETTINGS[: SETTINGS.index("num: 5")] + SETTINGS[SETTINGS.index("biases") :]
    text = (
        'type: "EvalDetection" eval_detection_param { num_object: 5 nms: 0.4 threshold: 0.2 '
        f"score_type: {kind} {fields} }}"
    )
    run = build(text, x, as_annotated(truths), (3, 3, 8, 8))
    (top,) = run.forward()
    assert top.shape == (3, K + S * S * 5 * 4)
    seen = []
    for i, rows in enumerate(truths):
        want = slow_judgement(x[i], rows, 0.4, 0.2, kind)
        np.testing.assert_allclose(top[i, : len(want)], want, rtol=1e-4, atol=1e-6)
        assert not top[i, len(want) :].any()
        seen += [tuple(want[j + 2 : j + 4]) for j in range(K, len(want), 4)]
    assert {(1, 0), (0, 1), (0, 0)} <= set(seen)


def test_refusals():
    shapes = (2, 5 * (5 + K), S, S), (2, 1, 6, 5)
    for text, bottoms, message in (
        (SETTINGS, ((2, 39, S, S), shapes[1]), r"must be \(N, 40, H, W\)"),
        (SETTINGS, (shapes[0], (3, 1, 6, 5)), r"bottom 1 must be \(2, 1, T, 5\) or"),
        (SETTINGS + "coords: 5", shapes, "coords must be 4"),
        (SETTINGS.replace("side: 4", "side: 5"), (shapes[0], (1, 1, 2, 8)), "side is 5"),
        (SETTINGS + 'softmax_tree: "t"', shapes, "softmax_tree"),
        ("num: 5", shapes, "each of 5 anchors or more, given 0"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f'type: "RegionLoss" region_loss_param {{ {text} }}', *bottoms)
    label = np.zeros((2, 1, 6, 5), F)
    label[0, 0, 0] = (K, 0.5, 0.5, 0.1, 0.1)
    run = build(
        f'type: "RegionLoss" region_loss_param {{ {SETTINGS} }}', np.zeros(shapes[0], F), label
    )
    with pytest.raises(LayerError, match=f"label {K} is outside num_class {K}"):
        run.forward()
