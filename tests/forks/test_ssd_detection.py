"""SSD's DetectionOutput and DetectionEvaluate: slow versions and written files."""

import json

import numpy as np
import pytest
import torch
from gradcheck import build
from losskit import close, normal
from ssdkit import RNG, iou, priors

from caffe._caffe.core import boxes as box_math
from caffe._caffe.errors import CaffeError
from caffe.proto import caffe_pb2

F = np.float32


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


@pytest.mark.parametrize("threshold", [0.4, 0.02])
def test_keep_top_k_looks_at_as_many_as_it_needs(threshold):
    run = detections("keep_top_k: 6", count=300)
    run.layer.settings.nms_param.nms_threshold = threshold
    kept = rows_of(run)
    run.layer.settings.keep_top_k = -1
    everything = rows_of(run)
    for i in range(2):
        rows = everything[everything[:, 0] == i]
        best = rows[np.argsort(-rows[:, 2], kind="stable")[:6]]
        close(kept[kept[:, 0] == i], best[np.argsort(best[:, 1], kind="stable")])


@pytest.mark.parametrize("chunk", [1, 7, 256])
def test_detections_by_hand(chunk, monkeypatch):
    monkeypatch.setattr("caffe._caffe.layers.forks.ssd_detection.CHUNK", chunk)
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


@pytest.mark.parametrize("shared", [True, False])
def test_refinedet_moves_the_priors_and_leaves_out_what_is_no_object(shared):
    count, classes = 40, 3
    prior, move = priors(count), 0.2 * normal(1, count * 4)
    objects = RNG.random((1, count * 2)).astype(F)
    location = 0.3 * normal(1, count * 4 * (1 if shared else classes))
    score = RNG.random((1, count * classes)).astype(F)
    text = (
        f'type: "DetectionOutput" detection_output_param {{ num_classes: {classes} '
        f"share_location: {str(shared).lower()} objectness_score: 0.4 code_type: CENTER_SIZE "
        "nms_param { nms_threshold: 0.4 } confidence_threshold: 0.2 }"
    )
    moved = box_math.decode(
        torch.from_numpy(move).view(-1, 4),
        *box_math.priors_and_variances(torch.from_numpy(prior)),
        box_math.CENTER_SIZE,
        False,
    )
    there = prior.copy()
    there[0, 0] = moved.numpy().ravel()
    left = score.reshape(count, classes) * (objects.reshape(count, 2)[:, 1:] >= F(0.4))
    want = rows_of(build(text, location, left.reshape(1, -1), there, phase=caffe_pb2.TEST))
    got = rows_of(build(text, location, score, prior, objects, move, phase=caffe_pb2.TEST))
    assert len(want) > 5
    close(got, want)
    with pytest.raises(CaffeError, match="bottom 4 must be"):
        build(text, location, score, prior, objects, objects, phase=caffe_pb2.TEST)


def test_priors_of_the_first_item_count_for_all():
    some = np.arange(2 * 2 * 12, dtype=F).reshape(2, 2, 12)
    boxes, variances = box_math.priors_and_variances(torch.from_numpy(some))
    close(boxes.numpy().ravel(), some[0, 0])
    close(variances.numpy().ravel(), some[0, 1])


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
    # The fork counts a pixel for boxes that are apart, too: with these of no size, all of them.
    found, truth = [(0, 1, 0.5, 0.1, 0.1, 0.1, 0.1)], [(0, 1, 0, 0.8, 0.8, 0.8, 0.8, 0)]
    assert evaluated(found, truth, sizes)[-1][3:] == [1, 0]
