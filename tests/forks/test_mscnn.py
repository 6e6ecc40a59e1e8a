"""MS-CNN's losses against slow loops."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from mscnnkit import MEAN, NORM, STD, iou, moved

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(11)


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
