"""Region proposals: py-faster-rcnn's Python layers, PVANet's Proposal; against slow loops."""

import sys
import types

import numpy as np
import pytest
from gradcheck import build

import caffe
from caffe._caffe.core import anchors

RANDOM = np.random.default_rng(5)


def net_of(tmp_path, text, **inputs):
    path = tmp_path / "net.prototxt"
    shapes = "".join(
        f'layer {{ name: "{n}" type: "Input" top: "{n}" input_param {{ shape {{ '
        + "".join(f"dim: {d} " for d in np.shape(v))
        + "} } }\n"
        for n, v in inputs.items()
    )
    path.write_text(shapes + text)
    net = caffe.Net(str(path), caffe.TEST if "ProposalLayer" in text else caffe.TRAIN)
    for name, value in inputs.items():
        net.blobs[name].data[...] = value
    return net


def python_layer(module, layer, bottoms, tops, settings):
    names = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops)
    return (
        f'layer {{ name: "p" type: "Python"{names} python_param {{ module: "{module}" '
        f'layer: "{layer}" param_str: "{settings}" }} }}'
    )


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0]) + 1
    h = min(a[3], b[3]) - max(a[1], b[1]) + 1
    both = max(w, 0) * max(h, 0)
    area = [(x[2] - x[0] + 1) * (x[3] - x[1] + 1) for x in (a, b)]
    return both / (area[0] + area[1] - both)


def test_anchors_are_the_published_ones():
    got = anchors.make_anchors(16, (0.5, 1, 2), (8, 16, 32)).numpy()
    assert got[0].tolist() == [-84, -40, 99, 55]  # its 1-based list starts with -83 -39 100 56
    assert got[4].tolist() == [-120, -120, 135, 135]
    assert got[8].tolist() == [-168, -344, 183, 359]


def proposals(prob, prediction, height, width, scale, *, count, stride=16, least=16, most=300):
    """Return regions and scores, by loops."""
    base = anchors.make_anchors(16, (0.5, 1, 2), (8, 16, 32)).numpy()
    found = []
    for y in range(prob.shape[2]):
        for x in range(prob.shape[3]):
            for a in range(count):
                box = base[a] + stride * np.array([x, y, x, y])
                dx, dy, dw, dh = prediction[0, 4 * a : 4 * a + 4, y, x]
                w, h = box[2] - box[0] + 1, box[3] - box[1] + 1
                cx, cy = box[0] + w / 2 + dx * w, box[1] + h / 2 + dy * h
                w, h = w * np.exp(dw), h * np.exp(dh)
                box = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
                box = np.clip(box, 0, [width - 1, height - 1] * 2)
                if min(box[2:] - box[:2]) + 1 >= least * scale:
                    found.append((prob[0, count + a, y, x], box))
    found.sort(key=lambda f: -f[0])
    stay = []
    for score, box in found:
        if all(iou(box, other) <= 0.7 for _, other in stay):
            stay.append((score, box))
    return np.array([[0, *b] for _, b in stay[:most]]), np.array([s for s, _ in stay[:most]])


def test_proposal_layer_against_loops(tmp_path, capfd):
    prob = RANDOM.uniform(0, 1, (1, 18, 6, 7)).astype(np.float32)
    prediction = RANDOM.normal(0, 0.3, (1, 36, 6, 7)).astype(np.float32)
    text = python_layer(
        "rpn.proposal_layer", "ProposalLayer", "abc", ("rois", "scores"), r"'feat_stride': 16\n"
    )
    net = net_of(tmp_path, text, a=prob, b=prediction, c=[[100, 120, 1.5]])
    assert "using this Caffe's own ProposalLayer" in capfd.readouterr().err
    assert tuple(net.blobs["rois"].shape) == (1, 5)
    net.forward()
    rois, scores = proposals(prob, prediction, 100, 120, 1.5, count=9)
    np.testing.assert_allclose(net.blobs["rois"].data, rois, atol=1e-3)
    np.testing.assert_allclose(net.blobs["scores"].data[:, 0], scores)
    assert 10 < len(rois) < 300


def test_pvanet_proposal_is_the_same_with_its_own_settings():
    prob = RANDOM.uniform(0, 1, (1, 18, 5, 4)).astype(np.float32)
    prediction = RANDOM.normal(0, 0.3, (1, 36, 5, 4)).astype(np.float32)
    text = (
        'type: "Proposal" proposal_param { ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 '
        "scale: 32 post_nms_topn: 12 }"
    )
    run = build(text, prob, prediction, np.array([[70, 90, 1.5, 1.5, 0, 0]]), tops=2)
    assert [t.shape for t in run.top] == [(12, 5), (12,)]
    run.layer.run(run.bottom, run.top)  # fewer or as many regions as announced
    rois, scores = proposals(prob, prediction, 70, 90, 1.5, count=9, most=12)
    np.testing.assert_allclose(run.top[0].data, rois, atol=1e-3)
    np.testing.assert_allclose(run.top[1].data, scores)


def anchor_targets(tmp_path, boxes, size=(128, 144)):
    text = python_layer(
        "rpn.anchor_target_layer",
        "AnchorTargetLayer",
        "abc",
        ("labels", "targets", "inner", "outer"),
        "{feat_stride: 16, 'scales': [2, 4], 'ratios': [1], 'allowed_border': 0}",
    )
    score = np.zeros((1, 4, 8, 9), np.float32)
    net = net_of(tmp_path, text, a=score, b=boxes, c=[[*size, 1]])
    net.forward()
    return [net.blobs[n].data.copy() for n in ("labels", "targets", "inner", "outer")]


def test_anchor_targets_need_a_box_and_an_anchor(tmp_path):
    box = np.array([[2, 2, 9, 9, 1]], np.float32)
    with pytest.raises(caffe.LayerError, match="1 boxes, and 0 anchors within .* of 20 x 30 pix"):
        anchor_targets(tmp_path, box, (20, 30))
    with pytest.raises(caffe.LayerError, match="given 0 boxes, and 62 anchors"):
        anchor_targets(tmp_path, box[:0])


def test_anchor_targets_against_loops(tmp_path):
    boxes = np.array([[20, 20, 52, 50, 3], [70, 60, 130, 120, 1]], np.float32)
    np.random.seed(3)
    labels, targets, inner, outer = anchor_targets(tmp_path, boxes)
    assert labels.shape == (1, 1, 16, 9) and targets.shape == inner.shape == (1, 8, 8, 9)
    labels = labels.reshape(2, 8, 9)
    base = anchors.make_anchors(16, (1,), (2, 4)).numpy()
    shares = np.zeros((2, 8, 9, 2))
    inside = np.zeros((2, 8, 9), bool)
    for a, y, x in np.ndindex(2, 8, 9):
        box = base[a] + 16 * np.array([x, y, x, y])
        inside[a, y, x] = box.min() >= 0 and box[2] < 144 and box[3] < 128
        shares[a, y, x] = [iou(box, b) for b in boxes] if inside[a, y, x] else -1
    best = (shares == shares.max((0, 1, 2))).any(-1) | (shares.max(-1) >= 0.7)
    assert (labels[~inside] == -1).all() and ((labels == 1) == best).all() and best.sum() >= 2
    assert ((labels == 0) == (inside & (shares.max(-1) < 0.3) & ~best)).all()
    a, y, x = np.argwhere(best)[0]
    box = base[a] + 16 * np.array([x, y, x, y])
    truth = boxes[shares[a, y, x].argmax(), :4]
    size, wanted = box[2:] - box[:2] + 1, truth[2:] - truth[:2] + 1
    middle = (truth[:2] + wanted / 2 - box[:2] - size / 2) / size
    got = targets.reshape(2, 4, 8, 9)[a, :, y, x]
    np.testing.assert_allclose(got, [*middle, *np.log(wanted / size)], rtol=1e-5)
    inner, outer = inner.reshape(2, 4, 8, 9), outer.reshape(2, 4, 8, 9)
    assert ((inner == 1).all(1) == best).all() and (inner[:, 0] == best).all()
    np.testing.assert_allclose(outer[:, 2], (labels >= 0) / (labels >= 0).sum(), rtol=1e-6)


def test_settings_of_the_script_come_first(tmp_path, monkeypatch):
    config = types.ModuleType("fast_rcnn.config")
    config.cfg = {"TRAIN": {"RPN_BATCHSIZE": 8, "RPN_POSITIVE_WEIGHT": 0.25}, "TEST": {}}
    monkeypatch.setitem(sys.modules, "fast_rcnn.config", config)
    boxes = np.array([[20, 20, 52, 50, 3]], np.float32)
    labels, _, _, outer = anchor_targets(tmp_path, boxes)
    assert (labels >= 0).sum() == 8
    outer = outer.reshape(2, 4, 8, 9)[:, 0]
    labels = labels.reshape(2, 8, 9)
    np.testing.assert_allclose(outer[labels == 1], 0.25 / (labels == 1).sum(), rtol=1e-6)
    np.testing.assert_allclose(outer[labels == 0], 0.75 / (labels == 0).sum(), rtol=1e-6)


def test_proposal_targets(tmp_path, monkeypatch):
    boxes = np.array([[10, 10, 49, 49, 2], [60, 60, 99, 79, 1]], np.float32)
    shifts = RANDOM.uniform(-25, 25, (300, 4))
    rois = np.hstack([np.zeros((300, 1)), boxes[RANDOM.integers(0, 2, 300), :4] + shifts])
    names = ("rois", "labels", "targets", "inner", "outer")
    text = python_layer(
        "rpn.proposal_target_layer", "ProposalTargetLayer", "ab", names, "'num_classes': 4"
    )
    net = net_of(tmp_path, text, a=rois, b=boxes)
    net.forward()
    got, labels, targets, inner, outer = (net.blobs[n].data for n in names)
    assert len(got) == 128 and targets.shape == (128, 16) and labels.shape == (128,)
    candidates = np.vstack([rois, np.hstack([np.zeros((2, 1)), boxes[:, :4]])]).astype(np.float32)
    assert (labels > 0).sum() == min(
        32, sum(max(iou(c[1:], b) for b in boxes) >= 0.5 for c in candidates)
    )
    for row, label, target, weight in zip(got, labels, targets, inner, strict=True):
        assert (np.abs(candidates - row).max(1) == 0).any()
        shares = [iou(row[1:].astype(float), b.astype(float)) for b in boxes]
        there = int(label)
        if there:
            assert max(shares) >= 0.5 and there == boxes[np.argmax(shares), 4]
            truth, size = boxes[np.argmax(shares), :4], row[3:] - row[1:3] + 1
            wanted = truth[2:] - truth[:2] + 1
            middle = (truth[:2] + wanted / 2 - row[1:3] - size / 2) / size
            want = [*middle, *np.log(wanted / size)]
            np.testing.assert_allclose(target[4 * there : 4 * there + 4], want, atol=1e-5)
            assert weight[4 * there : 4 * there + 4].tolist() == [1] * 4
        else:
            assert 0.1 <= max(shares) < 0.5 and not weight.any()
        assert np.count_nonzero(target) <= 4 and weight.sum() == (4 if there else 0)
    assert (outer == (inner > 0)).all()


def test_rfcns_losses_tell_its_copy_of_the_layer(tmp_path):
    """Its tops have four axes, so that losses per region add up (py-R-FCN)."""
    names = ("rois", "labels", "targets", "inner", "outer")
    text = python_layer(
        "rpn.proposal_target_layer", "ProposalTargetLayer", "ab", names, "'num_classes': 2"
    )
    text += """
        layer { name: "cls" type: "SoftmaxWithLossOHEM" bottom: "score" bottom: "labels"
                top: "l" top: "p" top: "each" }
        layer { name: "box" type: "SmoothL1LossOHEM" bottom: "box" bottom: "targets"
                bottom: "inner" top: "m" top: "each_box" }
        layer { name: "sum" type: "Eltwise" bottom: "each" bottom: "each_box" top: "sum" }
        layer { name: "o" type: "BoxAnnotatorOHEM" bottom: "rois" bottom: "sum" bottom: "labels"
                bottom: "inner" top: "hard" top: "hard_inner"
                box_annotator_ohem_param { roi_per_img: 3 ignore_label: -1 } }"""
    boxes = np.array([[10, 10, 49, 49, 1]], np.float32)
    rois = np.array([[0, 10, 10, 49, 48]], np.float32)
    box = RANDOM.standard_normal((1, 8, 1, 1))
    net = net_of(tmp_path, text, a=rois, b=boxes, score=np.zeros((1, 2, 1, 1)), box=box)
    assert [net.blobs[n].data.shape for n in (*names[:3], "sum", "hard")] == [
        (1, 5, 1, 1), (1, 1, 1, 1), (1, 8, 1, 1), (1, 1, 1, 1), (1, 1, 1, 1)
    ]  # fmt: skip
    net.blobs["score"].reshape(2, 2, 1, 1)
    net.blobs["box"].reshape(2, 8, 1, 1)
    net.forward()  # the region and the box itself, both of class 1
    assert net.blobs["rois"].data.shape == (2, 5, 1, 1) and (net.blobs["hard"].data == 1).all()
    far = np.abs(net.blobs["box"].data - net.blobs["targets"].data)[:, 4:]
    each = np.where(far < 1, far**2 / 2, far - 0.5).sum((1, 2, 3))
    np.testing.assert_allclose(net.blobs["sum"].data.ravel(), np.log(2) + each, rtol=1e-5)


@pytest.mark.parametrize(
    "settings, message",
    [
        ("'scales': [8]", "own form of the layer takes feat_stride and may have scales, ratios"),
        ("'feat_stride': 16, 'num_attr_classes': 4", "num_attr_classes"),
        ("feat_stride 16", "is not a list of 'name': value"),
    ],
)
def test_settings_that_are_refused(tmp_path, settings, message):
    text = python_layer("rpn.proposal_layer", "ProposalLayer", "abc", ("rois",), settings)
    arrays = {"a": np.zeros((1, 18, 2, 2)), "b": np.zeros((1, 36, 2, 2)), "c": np.zeros((1, 3))}
    with pytest.raises(caffe.LayerError, match=r"layer 'p' \(Python\).*" + message):
        net_of(tmp_path, text, **arrays)


def test_inputs_that_are_refused(tmp_path):
    text = python_layer("rpn.proposal_layer", "ProposalLayer", "abc", ("r",), "'feat_stride': 16")
    arrays = {"a": np.zeros((2, 18, 2, 2)), "b": np.zeros((2, 36, 2, 2)), "c": np.zeros((1, 3))}
    with pytest.raises(caffe.LayerError, match=r"one picture, \(1, 18, H, W\), given \(2, 18"):
        net_of(tmp_path, text, **arrays).forward()
    settings = 'type: "Proposal" proposal_param { ratio: 1 scale: 8 }'
    for shapes, message in (
        (((1, 3, 2, 2), (1, 4, 2, 2), (1, 4)), r"two for each of 1 anchors, \(1, 2, H, W\)"),
        (((1, 2, 2, 2), (1, 8, 2, 2), (1, 4)), r"bottom 1 must be \(1, 4, 2, 2\)"),
        (((1, 2, 2, 2), (1, 4, 2, 2), (1, 3)), r"bottom 2 must be \(1, 4\)"),
    ):
        with pytest.raises(caffe.LayerError, match=message):
            build(settings, *shapes)
    with pytest.raises(caffe.LayerError, match="needs a ratio and a scale"):
        build('type: "Proposal"', (1, 2, 2, 2), (1, 4, 2, 2), (1, 4))
