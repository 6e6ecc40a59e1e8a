"""Detectors' own layers in ONNX; what they compute is held by tests/forks."""

import numpy as np
import pytest
from netkit import input_layer, net_of
from onnxkit import export, hold

import caffe
from caffe._caffe.export.to_onnx import parity


@pytest.fixture(autouse=True)
def samples(monkeypatch):
    """Predictions, not pictures, are what these nets' inputs are."""
    monkeypatch.setattr(parity, "sample", lambda shape, seed: values(*shape, seed=seed))


def values(*shape, seed=0):
    return np.random.default_rng(seed).normal(-0.3, 1, shape).astype(np.float32)


ANCHORS = " ".join(f"biases: {v}" for v in (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119))
YOLO3 = (
    input_layer("a", 1, 24, 3, 4)
    + input_layer("b", 1, 24, 6, 8)
    + """layer { name: "found" type: "Yolov3DetectionOutput" bottom: "a" bottom: "b" top: "found"
    yolov3_detection_output_param { num_classes: 3 confidence_threshold: 0.3 anchors_scale: 32
    anchors_scale: 16 mask: 3 mask: 4 mask: 5 mask: 0 mask: 1 mask: 2 mask_group_num: 2
    ANCHORS } }"""
).replace("ANCHORS", ANCHORS)
YOLO2 = (
    input_layer("x", 1, 16, 5, 5)
    + """layer { name: "found" type: "YoloDetectionOutput" bottom: "x" top: "found"
    yolo_detection_output_param { num_classes: 3 num_box: 2 confidence_threshold: 0.2
    biases: 3 biases: 4 biases: 2.5 biases: 3.5 } }"""
)
MSCNN = (
    input_layer("a", 1, 7, 8, 10)
    + input_layer("b", 1, 7, 4, 5)
    + """layer { name: "boxes" type: "BoxOutput" bottom: "a" bottom: "b" top: "boxes" top: "scored"
    bbox_reg_param { bbox_mean: 0 bbox_mean: 0.1 bbox_mean: 0 bbox_mean: -0.1
                     bbox_std: 0.1 bbox_std: 0.1 bbox_std: 0.2 bbox_std: 0.2 }
    box_output_param { fg_thr: -0.5 iou_thr: 0.3 nms_type: "IOU" field_h: 30 field_h: 60
    field_w: 20 field_w: 50 downsample_rate: 8 downsample_rate: 16 field_whr: 2 field_xyr: 2
    max_nms_num: 60 max_post_nms_num: 40 min_size: 12 } }"""
)


REFINED = """layer { name: "found" type: "DetectionOutput" bottom: "move" bottom: "score"
    bottom: "prior" bottom: "object" bottom: "first" top: "found" detection_output_param {
    num_classes: 3 code_type: CENTER_SIZE objectness_score: -0.5 nms_param { nms_threshold: 0.4 }
    confidence_threshold: 0.2 keep_top_k: 9 } }"""


def test_refinedet(tmp_path, monkeypatch):
    prior = np.random.default_rng(2).uniform(0, 0.6, (1, 2, 20, 4)).astype(np.float32)
    prior[..., 2:] += 0.7
    prior[:, 1] = 0.2
    prior = prior.reshape(1, 2, 80)
    monkeypatch.setattr(
        parity,
        "sample",
        lambda shape, seed: prior if len(shape) == 3 else values(*shape, seed=seed),
    )
    shapes = {"move": (1, 80), "score": (1, 60), "object": (1, 40), "first": (1, 80)}
    inputs = "".join(input_layer(name, *shape) for name, shape in shapes.items())
    net, session = export(tmp_path, inputs + input_layer("prior", 1, 2, 80) + REFINED)
    for seed in range(3):
        given = {name: values(*shape, seed=seed) for name, shape in shapes.items()}
        hold(net, session, prior=prior, **given)
        assert len(net.blobs["found"].data[0, 0]) > 3


@pytest.mark.parametrize("text", [YOLO3, YOLO2, MSCNN], ids=["yolo3", "yolo2", "mscnn"])
def test_boxes(text, tmp_path):
    net, session = export(tmp_path, text)
    counts = set()
    for seed in range(5):
        grow = seed if text is not YOLO2 else 0
        inputs = {
            name: values(1, blob.shape[1], blob.shape[2] + grow, blob.shape[3] + grow, seed=seed)
            for name, blob in ((n, net.blobs[n]) for n in net.inputs)
        }
        hold(net, session, **inputs)
        counts.add(net.blobs[net.outputs[0]].data.size)
    assert len(counts) > 2
    quiet = {name: np.full(net.blobs[name].shape, -9, np.float32) for name in net.inputs}
    for blob in quiet.values():
        blob[:, :1] = 9  # MS-CNN's background
    hold(net, session, **quiet)


def test_regions_move(tmp_path):
    text = (
        input_layer("prediction", 6, 8)
        + input_layer("rois", 6, 5)
        + """layer { name: "next" type: "DecodeBBox" bottom: "prediction" bottom: "rois" top: "next"
        bbox_reg_param { bbox_mean: 0 bbox_mean: 0.1 bbox_mean: 0 bbox_mean: -0.1
                         bbox_std: 0.1 bbox_std: 0.2 bbox_std: 0.3 bbox_std: 0.2 } }"""
    )
    net, session = export(tmp_path, text)
    boxes = np.random.default_rng(1).uniform(0, 90, (9, 5)).astype(np.float32)
    boxes[:, 0], boxes[:, 3:] = 0, boxes[:, 1:3] + 40
    hold(net, session, prediction=values(9, 8), rois=boxes)


@pytest.mark.parametrize(
    "text, why",
    [
        (
            MSCNN.replace('"IOU"', '"IOMU"'),
            r"\(BoxOutput\): can be written for nms_type IOU",
        ),
        (YOLO2.replace("dim: 1 ", "dim: 2 ", 1), r"'found' .* can be written for a batch of 1"),
    ],
)
def test_refusals(text, why, tmp_path):
    with pytest.raises(caffe.LayerError, match=why):
        caffe.export.onnx(net_of(text, caffe.TEST), tmp_path / "net.onnx")
