"""TextBoxes' PriorBox, each box twice, told by what scores its map; SSTD's, told by its layers."""

import numpy as np
import pytest
from netkit import input_layer, net_of

import caffe

# The first boxes at the first and at the last cell of a map of 2 x 3 below a picture of 40 x 60, by
# the fork's prior_box_layer.cpp.
FIRST = [
    [0.0775000006, 0.116250001, 0.255833328, 0.383749992],
    [0.0775000006, 0.366250008, 0.255833328, 0.633750021],
    [0.0420478024, 0.0630717054, 0.291285545, 0.436928302],
    [0.0420478024, 0.313071698, 0.291285545, 0.686928272],
    [0.0405659601, 0.155424476, 0.292767376, 0.344575524],
    [0.0405659601, 0.405424476, 0.292767376, 0.594575524],
    [0, 0.190185189, 0.366049409, 0.309814811],
    [0, 0.440185189, 0.366049409, 0.559814811],
]
LAST = [
    [0.744166672, 0.616249979, 0.922500014, 0.883750021],
    [0.744166672, 0.866249979, 0.922500014, 1],
    [0.708714485, 0.563071728, 0.957952201, 0.936928272],
    [0.708714485, 0.813071728, 0.957952201, 1],
]


def net_text(prior, boxes=8, classes=2):
    """A map's two convolutions for so many boxes, and its PriorBox."""
    heads = "".join(
        f"layer {{ name: '{name}' type: 'Convolution' bottom: 'map' top: '{name}' "
        f"convolution_param {{ kernel_size: 1 num_output: {count} }} }}"
        f"layer {{ name: '{name}_flat' type: 'Flatten' bottom: '{name}' top: '{name}_flat' }}"
        for name, count in (("loc", 4 * boxes), ("conf", classes * boxes))
    )
    return (
        input_layer("data", 1, 3, 40, 60)
        + "layer { name: 'map' type: 'Pooling' bottom: 'data' top: 'map' "
        "pooling_param { kernel_size: 20 stride: 20 } }"
        + heads
        + "layer { name: 'prior' type: 'PriorBox' bottom: 'map' bottom: 'data' top: 'prior' "
        f"prior_box_param {{ {prior} }} }}"
        "layer { name: 'found' type: 'DetectionOutput' bottom: 'loc_flat' bottom: 'conf_flat' "
        f"bottom: 'prior' top: 'found' detection_output_param {{ num_classes: {classes} }} }}"
    )


ONE = "min_size: 10.7 max_size: 20.9 aspect_ratio: 2 aspect_ratio: 5 flip: false"


def test_boxes(caplog):
    """Clipped without a word, and sizes not cut to integers."""
    with caplog.at_level("INFO", "caffe"):
        net = net_of(net_text(ONE), caffe.TEST)
    assert "'prior' (PriorBox): read as textboxes's: its map's convolutions" in caplog.text
    net.forward()
    top = net.blobs["prior"].data
    assert top.shape == (1, 2, 2 * 3 * 8 * 4)
    rows = top[0, 0].reshape(2, 3, 8, 4)
    np.testing.assert_allclose(rows[0, 0], FIRST, atol=1e-7)
    np.testing.assert_allclose(rows[1, 2, :4], LAST, atol=1e-7)
    assert (top[0, 1] == np.float32(0.1)).all()
    unclipped = net_of(net_text(ONE + " clip: false"), caffe.TEST)
    unclipped.forward()
    assert unclipped.blobs["prior"].data.max() > 1


@pytest.mark.parametrize("classes", [2, 8, 21])
def test_ssds_own_are_left(classes):
    """8 classes: SSD's 4 P and 8 P are what TextBoxes' convolutions with 2 classes give."""
    net = net_of(net_text(ONE, 4, classes), caffe.TEST)
    assert net.blobs["prior"].data.shape == (1, 2, 2 * 3 * 4 * 4)


def test_a_dialect_and_its_refusal():
    text = net_text("min_size: 10 min_size: 12", 4)
    with pytest.raises(caffe.LayerError, match="takes one min_size"):
        net_of('dialect: "textboxes" ' + text, caffe.TEST)


def test_onnx(tmp_path):
    """Held against the net as it is written."""
    pytest.importorskip("onnxruntime")
    from caffe.export import onnx

    net = net_of(net_text(ONE), caffe.TEST)
    for name in ("loc", "conf"):
        weights = net.params[name][0].data
        weights[...] = np.random.default_rng(0).normal(scale=1e-3, size=weights.shape)
    onnx(net, tmp_path / "net.onnx")


def test_sstds_boxes(caplog):
    """Ratios 0.5 and 2 are both flipped; widths and heights are min and min r."""
    mask = (
        'layer { name: "m" type: "MaskResize" bottom: "map" top: "m" '
        "mask_resize_param { output_height: 1 output_width: 1 factor_height: 0.5 } }"
    )
    prior = "min_size: 7.5 max_size: 20.9 aspect_ratio: 0.5 aspect_ratio: 2 flip: true"
    with caplog.at_level("INFO", "caffe"):
        net = net_of(net_text(prior, boxes=6) + mask, caffe.TEST)
    assert "'prior' (PriorBox): read as sstd's: 'm' (MaskResize) is SSTD's" in caplog.text
    net.forward()
    rows = net.blobs["prior"].data[0, 0].reshape(2, 3, 6, 4)[0, 0] * [60, 40, 60, 40]
    square = np.sqrt(7.5 * 20)
    wanted = [(7.5, 7.5), (square, square), (3.75, 7.5), (15, 7.5), (7.5, 3.75), (7.5, 15)]
    np.testing.assert_allclose(rows[:, 2:] - rows[:, :2], wanted, rtol=1e-5)
    np.testing.assert_allclose((rows[:, 2:] + rows[:, :2]) / 2, [[10, 10]] * 6, rtol=1e-5)
