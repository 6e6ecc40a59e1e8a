"""AnnotatedData: its pictures, labels, mirrors and crops."""

import numpy as np
import pytest
from annotkit import BOXES, annotated, database, net
from sourcekit import image

import caffe
from caffe._caffe.errors import LayerError

F = np.float32


def test_pictures_and_labels(tmp_path):
    pictures = [image(i) for i in range(3)]
    path = database(
        tmp_path,
        annotated(pictures[0], BOXES),
        annotated(pictures[1], []),
        annotated(pictures[2], BOXES[:1], encoded=False),
    )
    run = net(tmp_path, path, "mean_value: 10 mean_value: 20 mean_value: 30 scale: 0.5", batch=3)
    run.forward()
    want = [
        (p.transpose(2, 0, 1) - np.array([10.0, 20, 30]).reshape(3, 1, 1)) / 2 for p in pictures
    ]
    assert np.array_equal(run.blobs["data"].data, np.array(want, F))
    rows = [(0, 3, 0, 0.1, 0.2, 0.5, 0.6, 0), (0, 1, 2, 0.5, 0.5, 1, 1, 1)]
    rows.append((2, 3, 0, 0.1, 0.2, 0.5, 0.6, 0))
    assert np.array_equal(run.blobs["label"].data, np.array([[rows]], F))


def test_no_boxes_give_a_row_of_minus_one(tmp_path):
    run = net(tmp_path, database(tmp_path, annotated(image(0), [])))
    run.forward()
    assert run.blobs["label"].data.tolist() == [[[[-1] * 8]]]


def test_datums_without_type_give_plain_labels(tmp_path):
    run = net(tmp_path, database(tmp_path, annotated(image(0), [], typed=False, label=7)))
    run.forward()
    assert run.blobs["label"].data.tolist() == [[[[7]]]]


def test_every_datum_has_the_first_one_s_kind_of_annotation(tmp_path):
    path = database(tmp_path, annotated(image(0), BOXES), annotated(image(1), BOXES, typed=False))
    with pytest.raises(LayerError, match="has no annotation type"):
        net(tmp_path, path, batch=2).forward()


def test_expanding_needs_a_ratio_above_1(tmp_path):
    path = database(tmp_path, annotated(image(0), BOXES))
    with pytest.raises(LayerError, match="max_expand_ratio > 1, given 1"):
        net(tmp_path, path, "expand_param { prob: 0.5 }")


def test_a_mirrored_picture_has_mirrored_boxes(tmp_path):
    picture = image(1)
    run = net(tmp_path, database(tmp_path, annotated(picture, BOXES[:1])), "mirror: true")
    seen = set()
    for _ in range(20):
        run.forward()
        got, box = run.blobs["data"].data[0], run.blobs["label"].data[0, 0, 0, 3:7]
        flipped = np.array_equal(got, picture.transpose(2, 0, 1)[:, :, ::-1])
        assert flipped or np.array_equal(got, picture.transpose(2, 0, 1))
        np.testing.assert_allclose(
            box, (0.5, 0.2, 0.9, 0.6) if flipped else (0.1, 0.2, 0.5, 0.6), rtol=1e-5
        )
        seen.add(flipped)
    assert seen == {True, False}


def test_a_crop_cuts_the_boxes(tmp_path):
    picture = image(2, height=8, width=10)
    run = net(
        tmp_path, database(tmp_path, annotated(picture, BOXES)), "crop_h: 4 crop_w: 5",
        phase=caffe.TEST,
    )  # fmt: skip
    run.forward()
    assert np.array_equal(run.blobs["data"].data[0], picture[2:6, 2:7].transpose(2, 0, 1))
    want = [[0, 0, 0.6, 0.7], [0.6, 0.5, 1, 1]]
    np.testing.assert_allclose(run.blobs["label"].data[0, 0, :, 3:7], want, atol=1e-6)


@pytest.mark.parametrize(
    "kind, left",
    [
        ("emit_type: CENTER", 1),
        ("emit_type: MIN_OVERLAP emit_overlap: 0.3", 1),
        ("emit_type: MIN_OVERLAP emit_overlap: 0.01", 2),
    ],
)
def test_the_emit_constraint_drops_boxes_at_the_edge(kind, left, tmp_path):
    boxes = [BOXES[0], (1, 2, (0.6, 0.6, 1.0, 1.0), False)]
    run = net(
        tmp_path,
        database(tmp_path, annotated(image(2, height=8, width=8), boxes)),
        f"crop_size: 4 emit_constraint {{ {kind} }}",
        phase=caffe.TEST,
    )
    run.forward()  # the middle 4 x 4 pixels
    assert run.blobs["label"].data[0, 0, :, 1].tolist() == [3, 1][:left]
