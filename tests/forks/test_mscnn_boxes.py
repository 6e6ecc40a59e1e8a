"""MS-CNN's boxes and regions against slow loops."""

import numpy as np
import pytest
from gradcheck import build
from mscnnkit import MEAN, NORM, STD, iou, moved

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(11)


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
