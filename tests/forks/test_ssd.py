"""SSD's layers: slow Python versions, gradients, files, refusals, and a detector that learns."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, normal
from netkit import input_layer, net_of

import caffe
from caffe._caffe.core import boxes as box_math
from caffe._caffe.errors import CaffeError, LayerError
from caffe.proto import caffe_pb2

RNG = np.random.default_rng(3)
F = np.float32


def some_boxes(count):
    return np.sort(RNG.random((count, 2, 2)), 1).reshape(count, 4).astype(F)


def iou(a, b):
    width, height = (min(a[2 + i], b[2 + i]) - max(a[i], b[i]) for i in (0, 1))
    both = max(width, 0) * max(height, 0)
    size = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return both / (sum(size) - both) if both else 0.0


def priors(count):
    boxes = some_boxes(count)
    variance = np.tile(np.array([0.1, 0.1, 0.2, 0.2], F), count)
    return np.stack([boxes.ravel(), variance])[None]


# -- Permute, Normalize, PriorBox


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


def test_prior_boxes_are_made_once_per_size():
    run = build('type: "PriorBox" prior_box_param { min_size: 4 }', (1, 2, 3, 4), (1, 3, 60, 80))
    run.forward()
    made = run.layer.made
    run.forward()
    assert run.layer.made is made
    run.bottom[0].reshape(1, 2, 5, 4)
    run.layer.run(run.bottom, run.top)
    assert run.top[0].shape == (1, 2, 5 * 4 * 4)


# -- boxes


@pytest.mark.parametrize("code", [1, 2, 3])
@pytest.mark.parametrize("in_target", [False, True])
def test_decoding_undoes_encoding(code, in_target):
    boxes, prior = (torch.from_numpy(some_boxes(9)) for _ in range(2))
    variance = torch.full((9, 4), 0.2)
    coded = box_math.encode(boxes, prior, variance, code, in_target)
    close(box_math.decode(coded, prior, variance, code, in_target), boxes, atol=1e-5)


@pytest.mark.parametrize("eta", [1.0, 0.8])
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_suppression_by_hand(eta, threshold):
    boxes = some_boxes(200)
    stay, now = [], threshold
    for i, box in enumerate(boxes):
        if all(iou(box, boxes[j]) <= now for j in stay):
            stay.append(i)
            if eta < 1 and now > 0.5:
                now *= eta
    assert box_math.suppress(torch.from_numpy(boxes), threshold, eta) == stay


# -- MultiBoxLoss


def truth_rows(pictures, classes):
    rows = [
        (i, RNG.integers(1, classes), 0, *box, 0)
        for i, count in enumerate(pictures)
        for box in some_boxes(count)
    ]
    return np.array(rows or [(-1,) * 8], F)[None, None]


def multibox(settings, pictures=(3, 0, 2), count=30, classes=4, sets=1, **kwargs):
    num = len(pictures)
    return build(
        f'type: "MultiBoxLoss" multibox_loss_param {{ num_classes: {classes} {settings} }}',
        0.3 * normal(num, count * 4 * sets),
        normal(num, count * classes),
        priors(count),
        truth_rows(pictures, classes),
        **kwargs,
    )


@pytest.mark.parametrize(
    "settings",
    [
        "code_type: CENTER_SIZE overlap_threshold: 0.3",
        "code_type: CORNER mining_type: NONE loc_loss_type: L2",
        "code_type: CORNER_SIZE mining_type: NONE conf_loss_type: LOGISTIC",
        "code_type: CENTER_SIZE match_type: BIPARTITE loc_weight: 3",
        "code_type: CENTER_SIZE bp_inside: true overlap_threshold: 0.2",
    ],
)
def test_multibox_gradients(settings):
    # Mining looks at the losses, so an example may change over within a difference: few moves.
    run = multibox(settings, seed=5)
    check_gradients(run, top_diff=WEIGHT, bottoms=(0, 1), step=2e-3, tol=2e-2, most=12)


def test_multibox_by_hand_without_mining():
    run = multibox("mining_type: NONE overlap_threshold: 0.35 code_type: CORNER")
    (loss,) = run.forward()
    location, confidence, prior, truth = (b.data for b in run.bottom)
    boxes = prior[0, 0].reshape(-1, 4)
    total, matches = 0.0, 0
    for i in range(3):
        mine = truth[0, 0][truth[0, 0, :, 0] == i]
        shares = np.array([[iou(b, t[3:7]) for t in mine] for b in boxes]).reshape(30, -1)
        match = np.full(30, -1)
        left = shares.copy()
        for _ in mine:
            b, t = np.unravel_index(left.argmax(), left.shape)
            if left[b, t] <= 1e-6:
                break
            match[b] = t
            left[b], left[:, t] = -1, -1
        for b in range(30):
            if match[b] < 0 and len(mine) and shares[b].max() >= 0.35:
                match[b] = shares[b].argmax()
        score = confidence[i].reshape(30, 4)
        for b, t in enumerate(match):
            label = int(mine[t, 1]) if t >= 0 else 0
            total += np.log(np.exp(score[b]).sum()) - score[b, label]
            if t >= 0:
                d = np.abs(
                    location[i].reshape(30, 4)[b] - (mine[t, 3:7] - boxes[b]) / [0.1, 0.1, 0.2, 0.2]
                )
                total += np.where(d < 1, d * d / 2, d - 0.5).sum()
                matches += 1
    assert matches
    close(loss, total / matches, rtol=1e-4)


def test_mining_takes_the_hardest_negatives():
    run = multibox("neg_pos_ratio: 2 neg_overlap: 0.5 code_type: CENTER_SIZE", pictures=(2,))
    run.forward()
    diff = run.backward(np.float32(1))[1].reshape(30, 4)
    score = run.bottom[1].data.reshape(30, 4)
    touched = np.flatnonzero(np.abs(diff).max(1))
    negative = [p for p in touched if diff[p, 0] < 0]  # the background is to win
    positive = [p for p in touched if p not in negative]
    assert positive and len(negative) <= 2 * len(positive)
    loss = np.log(np.exp(score).sum(1)) - score[:, 0]
    best = np.zeros(30)
    for box in run.bottom[3].data[0, 0, :, 3:7]:
        best = np.maximum(best, [iou(p, box) for p in run.bottom[2].data[0, 0].reshape(-1, 4)])
    open_ = [p for p in range(30) if p not in positive and best[p] < 0.5]
    assert sorted(negative) == sorted(sorted(open_, key=lambda p: -loss[p])[: len(negative)])


@pytest.mark.parametrize("extra", ["", "nms_param { nms_threshold: 0.3 top_k: 20 }"])
def test_hard_examples_are_at_most_sample_size(extra):
    run = multibox(
        f"mining_type: HARD_EXAMPLE sample_size: 7 code_type: CENTER_SIZE {extra}", pictures=(3,)
    )
    run.forward()
    diff = run.backward(np.float32(1))[1].reshape(30, 4)
    assert 0 < (np.abs(diff).max(1) > 0).sum() <= 7


def test_locations_of_their_own_for_each_class():
    run = multibox(
        "share_location: false mining_type: NONE code_type: CENTER_SIZE overlap_threshold: 0.3",
        sets=4,
    )
    run.forward()
    diff = run.backward(np.float32(1))[0].reshape(3, 30, 4, 4)
    assert not diff[:, :, 0].any() and diff[:, :, 1:].any()


def test_predictions_can_be_matched_instead_of_priors():
    run = multibox("use_prior_for_matching: false code_type: CORNER mining_type: NONE")
    prior_run = multibox("use_prior_for_matching: true code_type: CORNER mining_type: NONE")
    for run_, other in zip(prior_run.bottom, run.bottom, strict=True):
        run_.data[...] = other.data
    run.bottom[0].data[...] = prior_run.bottom[0].data[...] = 0  # predictions are the priors
    close(run.forward()[0], prior_run.forward()[0])


def test_a_picture_without_truth_learns_nothing_when_mining():
    run = multibox("code_type: CENTER_SIZE", pictures=(2, 0))
    run.forward()
    diffs = run.backward(np.float32(1))
    assert diffs[1][0].any() and not diffs[1][1].any()


def test_no_truth_at_all_is_no_loss():
    run = multibox("code_type: CENTER_SIZE", pictures=(0,))
    assert run.forward()[0] == 0 and not run.backward(np.float32(1))[1].any()


@pytest.mark.parametrize(
    "text, bottoms, message",
    [
        ("Permute permute_param { order: 1 order: 1 }", [(1, 2, 3)], "names an axis twice"),
        ("Permute permute_param { order: 3 }", [(1, 2, 3)], "expected 0 to 2"),
        ("Normalize", [(4,)], "2 axes or more"),
        ("PriorBox", [(1, 1, 2, 2), (1, 3, 9, 9)], "needs a min_size"),
        ("PriorBox prior_box_param { min_size: 9 max_size: 5 }", [(1, 1, 2, 2), (1, 3, 9, 9)],
         "max_size 5 must be greater than min_size 9"),
        ("PriorBox prior_box_param { min_size: 9 variance: 1 variance: 1 }",
         [(1, 1, 2, 2), (1, 3, 9, 9)], "1 or 4 positive numbers"),
        ("PriorBox prior_box_param { min_size: 9 step: 2 step_h: 2 }",
         [(1, 1, 2, 2), (1, 3, 9, 9)], "takes step, or step_h and step_w"),
        ("MultiBoxLoss", [(1, 8), (1, 4), (1, 2, 8), (1, 1, 1, 8)], "needs num_classes"),
        ("MultiBoxLoss multibox_loss_param { num_classes: 2 }",
         [(1, 8), (1, 6), (1, 2, 8), (1, 1, 1, 8)], r"bottom 1 must be \(1, 4\) for 2 priors"),
        ("MultiBoxLoss multibox_loss_param { num_classes: 2 share_location: false }",
         [(1, 16), (1, 4), (1, 2, 8), (1, 1, 1, 8)], "mines only with share_location"),
        ("DetectionOutput detection_output_param { num_classes: 2 nms_param { eta: 0 } }",
         [(1, 8), (1, 4), (1, 2, 8)], "eta must be in"),
        ("DetectionOutput detection_output_param { num_classes: 2 }",
         [(1, 8), (1, 4), (1, 1, 8)], "PriorBox's"),
        ("DetectionEvaluate detection_evaluate_param { num_classes: 2 }",
         [(1, 1, 3, 6), (1, 1, 2, 8)], r"must be \(1, 1, K, 7\)"),
    ],
)  # fmt: skip
def test_refusals(text, bottoms, message):
    kind, _, rest = text.partition(" ")
    with pytest.raises(LayerError, match=message):
        build(f'type: "{kind}" {rest}', *bottoms)


@pytest.mark.parametrize("label", [0, 4, -2])
def test_a_wrong_label_in_the_truth_is_named(label):
    run = multibox("code_type: CENTER_SIZE")
    run.bottom[3].data[0, 0, 0, 1] = label
    with pytest.raises(LayerError, match=f"ground truth has label {label}; expected 0 to 3"):
        run.forward()


# -- DetectionOutput, DetectionEvaluate


def detections(settings="", count=40, classes=4, num=2, folder=None):
    return build(
        f'type: "DetectionOutput" detection_output_param {{ num_classes: {classes} {settings} '
        "code_type: CENTER_SIZE nms_param { nms_threshold: 0.4 } confidence_threshold: 0.2 }",
        0.3 * normal(num, count * 4),
        RNG.random((num, count * classes)).astype(F),
        priors(count),
        phase=caffe_pb2.TEST,
    )


def rows_of(run):
    run.layer.run(run.bottom, run.top)
    return run.top[0].data.reshape(-1, 7).copy()


def test_detections_by_hand():
    run = detections()
    got = rows_of(run)
    location, score, prior = (torch.from_numpy(b.data.copy()) for b in run.bottom)
    want = []
    for i in range(2):
        boxes = box_math.decode(
            location[i].view(-1, 4), *box_math.priors_and_variances(prior), 2, False
        ).numpy()
        for c in range(1, 4):
            scores, stay = score[i].view(-1, 4)[:, c].numpy(), []
            for p in np.argsort(-scores, kind="stable"):
                if scores[p] > F(0.2) and all(iou(boxes[p], boxes[q]) <= F(0.4) for q in stay):
                    stay.append(p)
            want += [[i, c, scores[p], *boxes[p]] for p in stay]
    close(got, np.array(want, F))
    kept = rows_of(detections("keep_top_k: 5"))
    assert len(kept) == 10 and (np.diff(kept[:5, 1]) >= 0).all()


def save_settings(folder, style):
    (folder / "map.prototxt").write_text(
        "".join(
            f'item {{ name: "{n}" label: {i} display_name: "{n}" }}\n'
            for i, n in enumerate(("none", "cat", "2", "dog"))
        )
    )
    (folder / "sizes.txt").write_text("a 60 80\n7 30 40\n")
    return (
        f'save_output_param {{ output_directory: "{folder}/out" output_name_prefix: "det_" '
        f'output_format: "{style}" label_map_file: "{folder}/map.prototxt" '
        f'name_size_file: "{folder}/sizes.txt" num_test_image: 2 }}'
    )


@pytest.mark.parametrize("style", ["VOC", "COCO", "ILSVRC"])
def test_detections_are_written(style, tmp_path):
    run = detections(save_settings(tmp_path, style))
    rows = rows_of(run)
    files = sorted(p.name for p in (tmp_path / "out").iterdir())
    pixels = np.clip(rows[:, 3:], 0, 1) * np.where(rows[:, :1] == 0, [80, 60] * 2, [40, 30] * 2)
    if style == "COCO":
        found = json.loads((tmp_path / "out" / "det_.json").read_text())
        assert [f["image_id"] for f in found] == ["a" if r == 0 else 7 for r in rows[:, 0]]
        close([f["bbox"][0] for f in found], pixels[:, 0], atol=0.006)
        return
    if style == "VOC":
        assert files == ["det_2.txt", "det_cat.txt", "det_dog.txt"]
        rows, pixels = rows[rows[:, 1] == 1], pixels[rows[:, 1] == 1]
    name = {"VOC": "det_cat.txt", "ILSVRC": "det_.txt"}[style]
    lines = (tmp_path / "out" / name).read_text().splitlines()
    assert len(lines) == len(rows)
    for line, row, box in zip(lines, rows, pixels, strict=True):
        name, *label, score, left, top, right, bottom = line.split()
        assert name == ("a" if row[0] == 0 else "7") and (not label or int(label[0]) == row[1])
        close(float(score), row[2], rtol=1e-4)
        np.testing.assert_allclose([float(v) for v in (left, top, right, bottom)], box, atol=2)


def test_a_missing_label_map_is_named(tmp_path):
    run = detections(save_settings(tmp_path, "VOC"))
    (tmp_path / "map.prototxt").unlink()
    with pytest.raises(CaffeError, match="label_map_file '.*map.prototxt' cannot be read"):
        rows_of(run)


def evaluated(found, truth, settings=""):
    run = build(
        f'type: "DetectionEvaluate" detection_evaluate_param {{ num_classes: 3 {settings} }}',
        np.array(found, F)[None, None],
        np.array(truth, F)[None, None],
        phase=caffe_pb2.TEST,
    )
    run.layer.run(run.bottom, run.top)
    return run.top[0].data.reshape(-1, 5).tolist()


BOX, ELSEWHERE = (0.1, 0.1, 0.5, 0.5), (0.6, 0.6, 0.9, 0.9)


def test_evaluation():
    truth = [(0, 1, 0, *BOX, 0), (0, 1, 0, *ELSEWHERE, 1), (1, 2, 0, *BOX, 0)]
    found = [
        (0, 1, 0.5, *BOX),  # found again, with a smaller score
        (0, 1, 0.75, *BOX),
        (0, 1, 0.25, *ELSEWHERE),
        (0, 2, 0.5, *BOX),  # no such label there
        (1, -1, -1, -1, -1, -1, -1),
        (2, 2, 0.5, *BOX),  # no truth there
    ]
    heads = [[-1, 1, 2, -1, -1], [-1, 2, 1, -1, -1]]
    rest = [
        [0, 1, 0.75, 1, 0],
        [0, 1, 0.5, 0, 1],
        [0, 1, 0.25, 1, 0],
        [0, 2, 0.5, 0, 1],
        [2, 2, 0.5, 0, 1],
    ]
    assert evaluated(found, truth) == heads + rest
    heads[0][2], rest[2][3] = 1, 0  # the difficult one does not count, for or against
    assert evaluated(found, truth, "evaluate_difficult_gt: false") == heads + rest


def test_evaluation_in_pixels(tmp_path):
    (tmp_path / "sizes.txt").write_text("a 10 10\n")
    sizes = f'name_size_file: "{tmp_path}/sizes.txt" overlap_threshold: 0.3'
    found, truth = [(0, 1, 0.5, 0.0, 0.0, 0.1, 0.1)], [(0, 1, 0, 0.1, 0.0, 0.2, 0.1, 0)]
    assert evaluated(found, truth)[-1][3:] == [0, 1]  # they touch only
    # As pixels 0 to 1 and 1 to 2, the shared column counts: 2 of 6.
    assert evaluated(found, truth, sizes)[-1][3:] == [1, 0]


# -- a detector learns


def scenes(rng, count):
    """Pictures of one bright square each, red or green, and their truth."""
    images, rows = 0.1 * rng.standard_normal((count, 3, 32, 32)), []
    for i in range(count):
        y, x = rng.integers(0, 20, 2)
        label = rng.integers(1, 3)
        images[i, label, y : y + 12, x : x + 12] += 1
        rows.append((i, label, 0, x / 32, y / 32, (x + 12) / 32, (y + 12) / 32, 0))
    return images, np.array(rows, F)[None, None]


HEAD = """
layer { name: "c1" type: "Convolution" bottom: "data" top: "c1" convolution_param { num_output: 8
  kernel_size: 5 stride: 2 pad: 2 weight_filler { type: "xavier" } } }
layer { name: "r1" type: "ReLU" bottom: "c1" top: "c1" }
layer { name: "c2" type: "Convolution" bottom: "c1" top: "c2" convolution_param { num_output: 16
  kernel_size: 5 stride: 2 pad: 2 weight_filler { type: "xavier" } } }
layer { name: "r2" type: "ReLU" bottom: "c2" top: "c2" }
layer { name: "norm" type: "Normalize" bottom: "c2" top: "norm" norm_param { across_spatial: false
  channel_shared: false scale_filler { type: "constant" value: 4 } } }
layer { name: "loc" type: "Convolution" bottom: "norm" top: "loc" convolution_param { num_output: 4
  kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "locp" type: "Permute" bottom: "loc" top: "locp"
  permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "locf" type: "Flatten" bottom: "locp" top: "locf" }
layer { name: "conf" type: "Convolution" bottom: "norm" top: "conf" convolution_param {
  num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "confp" type: "Permute" bottom: "conf" top: "confp"
  permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "conff" type: "Flatten" bottom: "confp" top: "conff" }
layer { name: "prior" type: "PriorBox" bottom: "norm" bottom: "data" top: "prior"
  prior_box_param { min_size: 12 variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 } }
"""
LOSS = """
layer { name: "loss" type: "MultiBoxLoss" bottom: "locf" bottom: "conff" bottom: "prior"
  bottom: "truth" top: "loss" propagate_down: true propagate_down: true propagate_down: false
  propagate_down: false multibox_loss_param { num_classes: 3 code_type: CENTER_SIZE } }
"""
FOUND = """
layer { name: "score" type: "Reshape" bottom: "conff" top: "score"
  reshape_param { shape { dim: 0 dim: -1 dim: 3 } } }
layer { name: "soft" type: "Softmax" bottom: "score" top: "soft" softmax_param { axis: 2 } }
layer { name: "flat" type: "Flatten" bottom: "soft" top: "flat" }
layer { name: "found" type: "DetectionOutput" bottom: "locf" bottom: "flat" bottom: "prior"
  top: "found" detection_output_param { num_classes: 3 code_type: CENTER_SIZE keep_top_k: 1
  nms_param { nms_threshold: 0.45 } confidence_threshold: 0.01 } }
layer { name: "right" type: "DetectionEvaluate" bottom: "found" bottom: "truth" top: "right"
  detection_evaluate_param { num_classes: 3 } }
"""


def test_building_does_not_load_torchs_compiler(tmp_path):
    # Some operations on the meta device do, which takes seconds.
    inputs = input_layer("data", 8, 3, 32, 32) + input_layer("truth", 1, 1, 8, 8)
    boxes = input_layer("rois", 4, 5) + "".join(
        f'layer {{ name: "{name}" type: "{name}" bottom: "data" bottom: "rois" top: "{name}" '
        f"{settings} }}"
        for name, settings in (
            ("ROIPooling", "roi_pooling_param { pooled_h: 2 pooled_w: 2 }"),
            (
                "PSROIPooling",
                "psroi_pooling_param { spatial_scale: 1 output_dim: 3 group_size: 1 }",
            ),
            ("SmoothL1Loss", ""),
        )
    ).replace('type: "SmoothL1Loss" bottom: "data"', 'type: "SmoothL1Loss" bottom: "rois"')
    (tmp_path / "net.prototxt").write_text(inputs + HEAD + LOSS + FOUND + boxes)
    code = (
        "import sys, caffe; caffe.Net(sys.argv[1], caffe.TRAIN); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "net.prototxt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_small_ssd_learns_to_find_squares(tmp_path):
    inputs = input_layer("data", 8, 3, 32, 32) + input_layer("truth", 1, 1, 8, 8)
    (tmp_path / "net.prototxt").write_text(inputs + HEAD + LOSS)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.02 momentum: 0.9 lr_policy: "fixed" '
        "random_seed: 3 max_iter: 200 snapshot_after_train: false"
    )
    solver, rng = caffe.get_solver(str(tmp_path / "solver.prototxt")), np.random.default_rng(5)
    for _ in range(120):
        solver.net.blobs["data"].data[...], solver.net.blobs["truth"].data[...] = scenes(rng, 8)
        solver.step(1)
    test = net_of(inputs + HEAD + FOUND, caffe.TEST)
    test.share_with(solver.net)
    test.blobs["data"].data[...], test.blobs["truth"].data[...] = scenes(rng, 8)
    test.forward()
    rows = test.blobs["right"].data.reshape(-1, 5)
    assert rows[rows[:, 0] >= 0, 3].sum() >= 7  # of 8 squares
