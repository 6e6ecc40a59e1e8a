"""MS-CNN's layers against slow loops."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(11)
MEAN, STD = [0.1, -0.1, 0.05, 0.2], [0.2, 0.3, 0.4, 0.5]
NORM = "bbox_reg_param { " + "".join(
    f"bbox_mean: {m} bbox_std: {s} " for m, s in zip(MEAN, STD, strict=True)
) + "}"  # fmt: skip


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def truth_map(n, h, w, classes=3, step=8):
    """Random truth (n, 6, h, w): a quarter objects, background with random overlaps."""
    label = RANDOM.integers(1, classes, (n, h, w)) * (RANDOM.uniform(size=(n, h, w)) < 0.25)
    y, x = np.meshgrid((np.arange(h) + 0.5) * step, (np.arange(w) + 0.5) * step, indexing="ij")
    boxes = np.stack(
        [
            x + RANDOM.uniform(-9, 9, (n, h, w)),
            y + RANDOM.uniform(-9, 9, (n, h, w)),
            RANDOM.uniform(15, 50, (n, h, w)),
            RANDOM.uniform(15, 50, (n, h, w)),
        ],
        1,
    )
    overlap = RANDOM.uniform(0, 1, (n, h, w))
    out = np.concatenate([label[:, None], boxes, overlap[:, None]], 1)
    return out.astype(np.float32)


def moved(prediction, x, y, width=40, height=30, step=8, whr=2.0, xyr=2.0):
    """Return the box (x, y, w, h) of a prediction at a place."""
    d = prediction * STD + MEAN
    d[:2], d[2:] = np.clip(d[:2], -1 / xyr, 1 / xyr), np.clip(d[2:], -math.log(whr), math.log(whr))
    w, h = width * math.exp(d[2]), height * math.exp(d[3])
    cx, cy = (x + 0.5) * step + d[0] * width, (y + 0.5) * step + d[1] * height
    return np.array([cx - w / 2, cy - h / 2, w, h])


LOSS = (
    'type: "DetectionLoss" detection_loss_param { cls_num: 3 lambda: 0.7 field_h: 30 field_w: 40 '
    "downsample_rate: 8 bg_threshold: 0.6 bg_multiple: 2 %s } " + NORM
)


def slow_loss(x, truth, background, smooth=True, weighted=False, balanced=False):
    """Return both losses, by loops; `background` tells which places of it count."""
    weight = np.ones(truth[:, 0].shape)
    objects = truth[:, 0] > 0
    if weighted:
        weight[objects] = truth[:, 5][objects]
    if balanced:
        total = objects.sum() + background.sum()
        sums = weight[objects].sum(), weight[background].sum()
        weight[objects] *= total / 3 / sums[0]
        weight[~objects] *= total * 2 / 3 / sums[1]
    shift = [MEAN[0] / 2 + MEAN[1] / 2] * 2 + [MEAN[2] / 2 + MEAN[3] / 2] * 2
    spread = [math.sqrt(STD[0] * STD[1])] * 2 + [math.sqrt(STD[2] * STD[3])] * 2
    limit = np.array([0.5, 0.5, math.log(2), math.log(2)])
    class_loss = coord_loss = 0.0
    for i, y, w in np.ndindex(*weight.shape):
        label = int(truth[i, 0, y, w])
        if label or background[i, y, w]:
            scores = x[i, :3, y, w]
            log_prob = scores[label] - math.log(np.exp(scores).sum())
            class_loss -= log_prob * weight[i, y, w]
        if label:
            cx, cy, bw, bh = truth[i, 1:5, y, w]
            want = np.array(
                [(cx - (w + 0.5) * 8) / 40, (cy - (y + 0.5) * 8) / 30,
                 math.log(max(bw, 2) / 40), math.log(max(bh, 2) / 30)]
            )  # fmt: skip
            want = (want - MEAN) / STD
            got = np.clip(x[i, 3:, y, w], (-limit - shift) / spread, (limit - shift) / spread)
            d = np.abs(got - want)
            coord_loss += (np.where(d < 1, d**2 / 2, d - 0.5) if smooth else d**2 / 2).sum()
    count = objects.sum() + background.sum()
    coord_loss *= 0.7 / max(1, 4 * objects.sum())
    return class_loss / max(1, count) + coord_loss, coord_loss


@pytest.mark.parametrize(
    "fields, options",
    [
        ("", {}),
        ("bb_smooth: false iou_weighted: true", {"smooth": False, "weighted": True}),
        ("iou_weighted: true pos_neg_weighted: true", {"weighted": True, "balanced": True}),
    ],
)
def test_detection_loss_of_all_background(fields, options):
    x = RANDOM.normal(0, 0.4, (2, 7, 4, 5)).astype(np.float32)
    truth = truth_map(2, 4, 5)
    run = build(LOSS % ('sample_mode: "all" ' + fields), x, truth)
    (top,) = run.forward()
    background = (truth[:, 0] == 0) & (truth[:, 5] < 0.6)
    np.testing.assert_allclose(top.ravel(), slow_loss(x, truth, background, **options), rtol=1e-4)
    check_gradients(run, bottoms=[0], top_diff=[np.array([1, 0]).reshape(1, 1, 1, 2)], most=50)


def test_detection_loss_takes_the_hardest_background():
    x = RANDOM.normal(0, 0.4, (1, 7, 6, 8)).astype(np.float32)
    truth = truth_map(1, 6, 8)
    (top,) = build(LOSS % ('sample_mode: "bootstrap"'), x, truth).forward()
    free = (truth[0, 0] == 0) & (truth[0, 5] < 0.6)
    taken = np.zeros_like(free)
    for k in (1, 2):
        count = max(4, 2 * int((truth[0, 0] == k).sum()))
        places = sorted(np.argwhere(free).tolist(), key=lambda p: -x[0, k, p[0], p[1]])[:count]
        for y, w in places:
            taken[y, w] = True
    np.testing.assert_allclose(top.ravel(), slow_loss(x, truth, taken[None]), rtol=1e-4)


def test_detection_loss_draws_background_at_random():
    truth = truth_map(1, 20, 20)
    x = np.zeros((1, 7, 20, 20), np.float32)
    run = build(LOSS % (""), x, truth)
    run.forward()
    free = (truth[0, 0] == 0) & (truth[0, 5] < 0.6)
    (diff, _) = run.backward(np.array([1, 0]).reshape(1, 1, 1, 2))
    taken = (diff[0, 0] < 0) & free
    wanted = 2 * (truth[0, 0] > 0).sum() * free.mean()
    assert not diff[0, :3][:, ~free & (truth[0, 0] == 0)].any()
    assert 0.5 * wanted < taken.sum() <= 2 * (truth[0, 0] > 0).sum()


def test_detection_loss_refusals():
    for text, shapes, message in (
        (LOSS % (""), ((1, 6, 2, 2), (1, 6, 2, 2)), r"takes scores and boxes \(N, 7, H, W\)"),
        (LOSS % (""), ((1, 7, 2, 2), (1, 5, 2, 2)), r"given \(1, 7, 2, 2\) and \(1, 5, 2"),
        (LOSS % ("objectness: true"), ((1, 7, 2, 2), (1, 6, 2, 2)), "objectness needs"),
        (LOSS.replace(STD_FIELD, "") % "", ((1, 7, 2, 2), (1, 6, 2, 2)), "have 4 values each"),
        ('type: "DetectionLoss"', ((1, 7, 2, 2), (1, 6, 2, 2)), "needs cls_num"),
    ):
        with pytest.raises(LayerError, match=message):
            build(text, *shapes)
    truth = truth_map(1, 2, 2)
    truth[0, 0, 0, 0] = 3
    with pytest.raises(LayerError, match="label 3 is outside the 3 classes, 0 to 2"):
        build(LOSS % (""), np.zeros((1, 7, 2, 2)), truth).forward()


STD_FIELD = f"bbox_std: {STD[3]} "


def test_detection_accuracy_against_loops():
    x = RANDOM.normal(0, 0.5, (2, 7, 4, 5)).astype(np.float32)
    truth = truth_map(2, 4, 5)
    text = (
        'type: "DetectionAccuracy" detection_accuracy_param { cls_num: 3 field_h: 30 field_w: 40 '
        "downsample_rate: 8 bg_threshold: 0.6 field_xyr: 2 } " + NORM
    )
    shares, overlap = build(text, x, truth, tops=2).forward()
    hits, objects, overlaps = [], [], []
    for i, y, w in np.ndindex(2, 4, 5):
        label = int(truth[i, 0, y, w])
        right = x[i, :3, y, w].argmax() == label
        if label or truth[i, 5, y, w] < 0.6:
            hits.append(right)
        if label:
            objects.append(right)
            cx, cy, bw, bh = truth[i, 1:5, y, w]
            box = moved(x[i, 3:, y, w].astype(float), w, y)
            overlaps.append(iou(box, (cx - bw / 2, cy - bh / 2, bw, bh)))
    np.testing.assert_allclose(shares.ravel(), [np.mean(hits), np.mean(objects)], rtol=1e-5)
    np.testing.assert_allclose(overlap.ravel(), np.mean(overlaps), rtol=1e-4)
    nothing = truth.copy()
    nothing[:, 0], nothing[:, 5] = 0, 0.9
    shares, overlap = build(text, x, nothing, tops=2).forward()
    assert shares.ravel().tolist() == [-1, -1] and overlap.ravel() == -1


def test_box_output_against_loops():
    maps = [RANDOM.normal(0, 0.8, (2, 7, 5, 6)), RANDOM.normal(0, 0.8, (2, 7, 3, 3))]
    maps = [m.astype(np.float32) for m in maps]
    fields = ((30, 40, 8), (60, 80, 16))
    text = (
        'type: "BoxOutput" box_output_param { fg_thr: -0.2 iou_thr: 0.4 min_size: 18 '
        "max_nms_num: 30 max_post_nms_num: 7 "
        + "".join(f"field_h: {h} field_w: {w} downsample_rate: {s} " for h, w, s in fields)
        + "} " + NORM
    )  # fmt: skip
    run = build(text, *maps, tops=2)
    assert [t.shape for t in run.top] == [(1, 5, 1, 1), (1, 6, 1, 1)]
    run.layer.run(run.bottom, run.top)
    want = []
    for i in range(2):
        found = []
        for x, (height, width, step) in zip(maps, fields, strict=True):
            for y, w in np.ndindex(*x.shape[2:]):
                score = x[i, 1:3, y, w].max() - x[i, 0, y, w]
                box = moved(x[i, 3:, y, w].astype(float), w, y, width, height, step)
                box[:2] = np.maximum(box[:2], 0)
                box[2:] = np.minimum(box[2:], np.array(x.shape[:1:-1]) * step - box[:2])
                if score >= -0.2 and box[2:].min() >= 18:
                    found.append((score, box))
        found.sort(key=lambda f: -f[0])
        stay = []
        for score, box in found[:30]:
            if all(iou(box, other) <= 0.4 for _, other in stay):
                stay.append((score, box))
        want += [[i, *b[:2], *(b[:2] + b[2:]), s] for s, b in stay[:7]]
    assert len(want) > 4
    np.testing.assert_allclose(run.top[1].data.reshape(-1, 6), want, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(run.top[0].data[:, :, 0, 0], run.top[1].data[:, :5, 0, 0])


def test_box_output_without_a_box_and_refusals():
    text = (
        'type: "BoxOutput" box_output_param { fg_thr: 99 field_h: 30 field_w: 40 '
        "downsample_rate: 8 nms_type: %s }"
    )
    boxes, scores = build(text % '"IOMU"', (1, 7, 4, 4), tops=2).forward()
    assert boxes.ravel().tolist() == [0, 1, 1, 10, 10] and not scores.any()
    with pytest.raises(LayerError, match="nms_type is IOU, IOMU, IOFU: 'X'"):
        build(text % '"X"', (1, 7, 4, 4))
    with pytest.raises(LayerError, match="one positive field_h for each of 2 bottoms"):
        build(text % '"IOU"', (1, 7, 4, 4), (1, 7, 2, 2))


def rois_and_boxes():
    boxes = np.array(
        [[0, 10, 10, 49, 49, 2, 0], [0, 60, 60, 99, 79, 1, 1], [1, 5, 9, 60, 40, 1, 0]]
    )
    near = RANDOM.integers(0, 3, 60)
    rois = boxes[near, :5] + np.hstack([np.zeros((60, 1)), RANDOM.uniform(-20, 20, (60, 4))])
    return rois.astype(np.float32), boxes.astype(np.float32)


def corner(box):
    return np.array([box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1], float)


TARGET = (
    'type: "ProposalTarget" proposal_target_param { cls_num: 3 batch_size: %d bg_thr_lw: 0.1 '
    "num_img_per_batch: 2 img_width: 200 img_height: 150 iou_weighted: true } " + NORM
)


@pytest.mark.parametrize("size", [24, 90, -1])
def test_proposal_target(size):
    rois, boxes = rois_and_boxes()
    run = build(TARGET % size, rois, boxes, tops=7)
    run.layer.run(run.bottom, run.top)
    rows, label, target, inside, outside, matched, weight = (
        t.data.reshape(len(t.data), -1) for t in run.top
    )
    candidates = np.vstack([rois, boxes[:, :5]])
    best = [
        max((iou(corner(c[1:]), corner(b[1:])), -j) for j, b in enumerate(boxes) if b[0] == c[0])
        for c in candidates
    ]
    objects = [(s, -j) for s, j in best if s >= 0.5 and not boxes[-j, 6]]
    assert size == -1 or len(rows) == size
    taken = int((label > 0).sum())
    assert taken == (min(len(objects), int(0.25 * size + 0.5)) if size > 0 else len(objects))
    assert (label[:taken] > 0).all() and (inside == outside).all() and target.shape[1] == 12
    for row, kind, t, mine, match in zip(rows, label[:, 0], target, inside, matched, strict=True):
        if not kind:
            assert not t.any() and not mine.any() and not match.any()
            continue
        j = next(j for j, b in enumerate(boxes) if (b[1:5] == match[1:5]).all())
        assert kind == boxes[j, 5] == match[0]
        np.testing.assert_allclose(match[5], iou(corner(row[1:]), corner(boxes[j, 1:])), rtol=1e-4)
        a, b = corner(row[1:]), corner(boxes[j, 1:])
        want = [*((b[:2] + b[2:] / 2 - a[:2] - a[2:] / 2) / a[2:]), *np.log(b[2:] / a[2:])]
        want = (np.array(want) - MEAN) / STD
        place = slice(4 * int(kind), 4 * int(kind) + 4)
        np.testing.assert_allclose(t[place], want, atol=1e-3)
        assert mine[place].all() and mine.sum() == 4
    np.testing.assert_allclose(weight[:taken].sum(), 0.25 * len(rows), rtol=1e-4)
    np.testing.assert_allclose(weight[taken:].sum(), 0.75 * len(rows), rtol=1e-4)
    ratio = matched[:taken, 5] / weight[:taken, 0]
    assert np.ptp(ratio) < 1e-4


def test_decode_bbox_and_its_accuracy():
    rois, _ = rois_and_boxes()
    rois[:, 3:] = np.maximum(rois[:, 3:], rois[:, 1:3] + 5)
    prediction = RANDOM.normal(0, 0.3, (60, 8)).astype(np.float32)
    overlap = RANDOM.uniform(0.5, 1, 60).astype(np.float32)
    label = RANDOM.integers(0, 2, 60)
    true = rois[:, 1:] + RANDOM.uniform(-4, 4, (60, 4))
    matched = np.hstack([label[:, None], true, overlap[:, None]]).astype(np.float32)
    run = build('type: "DecodeBBox" ' + NORM, prediction, rois, matched)
    run.layer.run(run.bottom, run.top)
    want, overlaps = [], []
    for p, row, match in zip(prediction, rois, matched, strict=True):
        d, size = p[4:] * STD + MEAN, row[3:] - row[1:3] + 1
        middle = d[:2] * size + (row[1:3] + row[3:]) / 2
        extent = size * np.exp(d[2:])
        start = middle - (extent - 1) / 2
        if match[5] < 0.95:
            want.append([row[0], *start, *(start + extent - 1)])
        if match[0] and match[5] <= 0.975:  # its middle is half a pixel further on
            box = np.array([*(d[:2] * size + row[1:3] + size / 2 - extent / 2), *extent])
            overlaps.append(
                (iou(box, corner(match[1:5])), iou(corner(row[1:]), corner(match[1:5])))
            )
    np.testing.assert_allclose(run.top[0].data[:, :, 0, 0], want, rtol=1e-4, atol=1e-3)
    tops = build('type: "BboxAccuracy" ' + NORM, prediction, rois, matched, tops=2).forward()
    np.testing.assert_allclose([t.ravel()[0] for t in tops], np.mean(overlaps, 0), rtol=1e-4)
    with pytest.raises(LayerError, match=r"bottom 1 must have shape \(60, 5\)"):
        build('type: "DecodeBBox"', prediction, matched)


def test_roi_pooling_with_pad_ratio_pools_larger_regions():
    x = RANDOM.normal(size=(1, 2, 20, 20)).astype(np.float32)
    inner, outer = np.array([[0, 5, 6, 8, 11]]), np.array([[0, 3, 3, 10, 14]])
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 3 pooled_w: 2 %s }'
    (padded,) = build(text % "pad_ratio: 0.5", x, inner).forward()
    (plain,) = build(text % "", x, outer).forward()
    np.testing.assert_array_equal(padded, plain)
