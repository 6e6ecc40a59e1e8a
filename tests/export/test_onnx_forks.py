"""Forks' layers that resize, warp, filter and weigh maps, in ONNX, at sizes of the tests' own."""

import numpy as np
import pytest
from netkit import input_layer, net_of
from onnxkit import export, hold, random, session_of

import caffe


@pytest.mark.parametrize(
    "kind, param, rois",
    [
        (
            "ROIPooling",
            "roi_pooling_param { pad_ratio: 0.25",
            [[0, 9, 7, 30, 21], [1, 2, 3, 4, 5], [0, 20, 10, 46, 35]],
        ),
        (
            "ROIAlign",
            "roi_pooling_param { pad_ratio: 0.2",
            [[0, 2, 4, 21, 30], [1, -9, 3, 12, 11], [1, 8, 8, 60, 25], [0, 8, 9, 2, 9]],
        ),
        (
            "ROIWarping",
            "roi_warping_param {",
            [[0, 9, 7, 30, 21], [1, 2, 3, 4, 5], [0, 20, 10, 60, 45], [1, 12, 9, 8, 2]],
        ),
    ],
)
def test_regions(kind, param, rois, tmp_path):
    text = input_layer("x", 2, 3, 9, 12) + input_layer("rois", 4, 5)
    text += f"""layer {{ name: "r" type: "{kind}" bottom: "x" bottom: "rois" top: "y"
        {param} pooled_h: 4 pooled_w: 3 spatial_scale: 0.25 }} }}"""
    net, session = export(tmp_path, text)
    hold(net, session, x=random(2, 3, 9, 12), rois=np.float32(rois))
    hold(net, session, x=random(2, 3, 11, 8), rois=np.float32(rois[1:]))
    assert net.blobs["y"].data.std() > 0.1


@pytest.mark.parametrize(
    "size",
    [
        "output_height: 4 output_width: 5",
        "output_height: 21 output_width: 30",
        "output_height: 1 output_width: 1 factor_height: 2.5 factor_width: 0.4",
    ],
)
def test_masks_are_resized(size, tmp_path):
    text = input_layer("x", 1, 2, 8, 9) + 'layer { name: "r" type: "MaskResize" bottom: "x" top: '
    text += f'"y" mask_resize_param {{ {size} }} }}'
    net, session = export(tmp_path, text)
    hold(net, session, x=random(3, 2, 6, 14))


@pytest.mark.parametrize("kind", ["DomainTransform", "DomainTransformForwardOnly"])
def test_a_filter_stays_within_each_item(kind, tmp_path):
    text = input_layer("x", 1, 3, 12, 16) + input_layer("dim", 1, 1, 1, 2)
    text += f"""
    layer {{ name: "edge" type: "Convolution" bottom: "x" top: "edge" convolution_param {{
            num_output: 1 kernel_size: 1 weight_filler {{ type: "xavier" }} }} }}
    layer {{ name: "r" type: "ReLU" bottom: "edge" top: "edge" }}
    layer {{ name: "d" type: "{kind}" bottom: "x" bottom: "edge" bottom: "dim" top: "y"
            domain_transform_param {{ num_iter: 2 spatial_sigma: 6 range_sigma: 2 }} }}"""
    net, session = export(tmp_path, text)
    dim = np.float32([[9, 14], [6, 7]]).reshape(2, 1, 1, 2)
    hold(net, session, x=random(2, 3, 9, 15), dim=dim)


def test_a_dense_crf_is_tried_within_the_map(tmp_path):
    text = input_layer("data", 1, 3, 20, 24) + input_layer("dim", 1, 1, 1, 2)
    text += """
    layer { name: "score" type: "Convolution" bottom: "data" top: "score" convolution_param {
            num_output: 3 kernel_size: 1 weight_filler { type: "gaussian" std: 0.02 } } }
    layer { name: "crf" type: "DenseCRF" bottom: "score" bottom: "dim" bottom: "data" top: "crf"
            dense_crf_param { max_iter: 2 pos_w: 3 pos_xy_std: 3
                              bi_w: 4 bi_xy_std: 9 bi_rgb_std: 20 } }"""
    net, session = export(tmp_path, text)
    dim = np.float32([13, 27]).reshape(1, 1, 1, 2)
    hold(net, session, data=30 * random(1, 3, 14, 29), dim=dim)


def test_one_number_at_each_place(tmp_path):
    text = input_layer("x", 2, 3, 5, 4) + input_layer("scale", 2, 1, 5, 4)
    text += 'layer { name: "c" type: "ChannelScale" bottom: "x" bottom: "scale" top: "y" }'
    net, session = export(tmp_path, text)
    hold(net, session, x=random(3, 3, 6, 7), scale=random(3, 1, 6, 7, seed=1))


@pytest.mark.parametrize("kind", ["L1", "L2"])
@pytest.mark.parametrize("normalize", ["true", "false"])
def test_distances_to_rows(kind, normalize, tmp_path):
    text = input_layer("x", 2, 3, 4) + (
        'layer { name: "d" type: "InnerDistance" bottom: "x" top: "y" inner_distance_param { '
        f'num_output: 5 distance_type: "{kind}" normalize: {normalize} '
        'weight_filler { type: "uniform" min: -1 max: 1 } } }'
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(4, 3, 4))


def test_one_process_gathers_its_own(tmp_path):
    text = (
        input_layer("a", 1, 3)
        + input_layer("b", 1, 2)
        + (
            'layer { name: "g" type: "Gather" bottom: "a" bottom: "b" top: "c" top: "d" }'
            'layer { name: "s" type: "Scatter" bottom: "c" top: "e" }'
            'layer { name: "r" type: "ReLU" bottom: "e" top: "f" }'
        )
    )
    net, session = export(tmp_path, text)
    hold(net, session, a=random(2, 3), b=random(2, 2))


def test_a_batch_norm_that_stores_the_inverse(tmp_path):
    text = input_layer("x", 2, 3, 4, 5) + 'layer { name: "bn" type: "BN" bottom: "x" top: "y" }'
    caffe.set_dialect("l-softmax")
    try:
        net = net_of(text, caffe.TEST)
    finally:
        caffe.set_dialect("")
    for i, row in enumerate(([0.5, 2, 3], [1, -1, 0], [0.1, 0.4, -2], [0.5, 2, 3])):
        net.params["bn"][i].data[...] = row
    caffe.export.onnx(net, tmp_path / "net.onnx")
    hold(net, session_of(tmp_path / "net.onnx"), x=random(3, 3, 2, 7))
