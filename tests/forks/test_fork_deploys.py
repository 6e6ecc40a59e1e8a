"""A small deploy net of each fork with a caffemodel in that fork's own form: loaded, and run.

The description of each layer carries the fork's field numbers, many of which mean something else
in BVLC Caffe; only names, types and blobs count.
"""

import numpy as np
import pytest
from netkit import input_layer
from wirekit import floats, layer, message, number, v1_layer

import caffe


def conv(name, bottom, top, outputs, more=""):
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{top}" '
        f"convolution_param {{ num_output: {outputs} kernel_size: 3 pad: 1 {more} }} }}\n"
    )


# name -> its net, and what the fork's schema adds to a layer's description: 143 is BVLC's
# input_param, 146 recurrent_param, 137 embed_param, 144 crop_param.
FORKS = {
    "pspnet": (
        input_layer("data", 1, 3, 9, 9)
        + conv("conv1", "data", "conv1", 4, "bias_term: false")
        + """layer { name: "conv1/bn" type: "BN" bottom: "conv1" top: "conv1" bn_param {
          slope_filler { type: "constant" value: 1 } bias_filler { type: "constant" value: 0 }
          frozen: true } }
        layer { name: "relu" type: "ReLU" bottom: "conv1" top: "conv1" }
        layer { name: "pool" type: "Pooling" bottom: "conv1" top: "pool"
          pooling_param { pool: AVE kernel_size: 3 stride: 3 } }
        layer { name: "interp" type: "Interp" bottom: "pool" top: "interp"
          interp_param { height: 9 width: 9 } }""",
        {
            "conv1/bn": message(
                152, message(1, message(1, b"constant") + floats(2, 1)) + number(5, 1)
            ),
            "interp": message(143, number(1, 9) + number(2, 9)),
        },
    ),
    "crfasrnn": (
        input_layer("data", 1, 3, 6, 6)
        + conv("score", "data", "coarse", 3)
        + """layer { name: "split" type: "Split" bottom: "coarse" top: "unary" top: "Q0" }
        layer { name: "inference1" type: "MultiStageMeanfield" bottom: "unary" bottom: "Q0"
          bottom: "data" top: "pred" multi_stage_meanfield_param { num_iterations: 2
          theta_alpha: 160 theta_beta: 3 theta_gamma: 3 } }""",
        {"inference1": message(146, number(1, 0) + floats(3, 160) + floats(4, 3) + number(6, 2))},
    ),
    "segnet": (
        input_layer("data", 1, 3, 8, 8)
        + conv("conv1", "data", "conv1", 4)
        + """layer { name: "bn" type: "BN" bottom: "conv1" top: "conv1" bn_param {
          scale_filler { value: 1 } shift_filler { value: 0 } bn_mode: INFERENCE } }
        layer { name: "pool" type: "Pooling" bottom: "conv1" top: "pool" top: "mask"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "up" type: "Upsample" bottom: "pool" bottom: "mask" top: "up"
          upsample_param { scale: 2 } }""",
        {"bn": message(45, number(3, 1)), "up": message(137, number(1, 2))},
    ),
    "hed": (
        "# dialect: hed\n"
        + input_layer("data", 1, 3, 8, 8)
        + conv("conv1_1", "data", "conv1_1", 2)
        + """layer { name: "pool1" type: "Pooling" bottom: "conv1_1" top: "pool1"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "upsample_2" type: "Deconvolution" bottom: "pool1" top: "upscore"
          convolution_param { num_output: 2 kernel_size: 4 stride: 2 } }
        layer { name: "crop" type: "Crop" bottom: "upscore" bottom: "data" top: "crop" }""",
        {},
    ),
    "ssd": (
        input_layer("data", 1, 3, 6, 6)
        + conv("conv4_3", "data", "conv4_3", 4)
        + """layer { name: "conv4_3_norm" type: "Normalize" bottom: "conv4_3" top: "norm"
          norm_param { across_spatial: false channel_shared: false
          scale_filler { value: 20 } } }\n"""
        + conv("loc", "norm", "loc", 4)
        + conv("conf", "norm", "conf", 2)
        + """layer { name: "loc_perm" type: "Permute" bottom: "loc" top: "loc_perm"
          permute_param { order: 0 order: 2 order: 3 order: 1 } }
        layer { name: "loc_flat" type: "Flatten" bottom: "loc_perm" top: "loc_flat" }
        layer { name: "conf_perm" type: "Permute" bottom: "conf" top: "conf_perm"
          permute_param { order: 0 order: 2 order: 3 order: 1 } }
        layer { name: "conf_flat" type: "Flatten" bottom: "conf_perm" top: "conf_flat" }
        layer { name: "prior" type: "PriorBox" bottom: "norm" bottom: "data" top: "prior"
          prior_box_param { min_size: 2 } }
        layer { name: "found" type: "DetectionOutput" bottom: "loc_flat" bottom: "conf_flat"
          bottom: "prior" top: "found" detection_output_param { num_classes: 2 } }""",
        {
            "conv4_3_norm": message(206, number(1, 0) + number(3, 0)),
            "loc_perm": message(202, b"".join(number(1, i) for i in (0, 2, 3, 1))),
            "conf_perm": message(202, b"".join(number(1, i) for i in (0, 2, 3, 1))),
            "prior": message(203, floats(1, 2) + floats(6, 0.1)),
            "found": message(204, number(1, 2)),
        },
    ),
    "faster-rcnn": (
        input_layer("data", 1, 3, 8, 8)
        + input_layer("rois", 2, 5)
        + conv("conv5_3", "data", "conv5_3", 2)
        + """layer { name: "roi_pool5" type: "ROIPooling" bottom: "conv5_3" bottom: "rois"
          top: "pool5" roi_pooling_param { pooled_w: 2 pooled_h: 2 spatial_scale: 0.5 } }
        layer { name: "fc6" type: "InnerProduct" bottom: "pool5" top: "fc6"
          inner_product_param { num_output: 3 } }""",
        {"roi_pool5": message(8266711, number(1, 2) + number(2, 2) + floats(3, 0.5))},
    ),
    "deeplab-v2": (
        input_layer("data", 1, 3, 8, 8)
        + input_layer("data_dim", 1, 1, 1, 2)
        + conv("fc8", "data", "fc8", 3, "dilation: 2")
        + """layer { name: "fc8_interp" type: "Interp" bottom: "fc8" top: "fc8_interp"
          interp_param { zoom_factor: 1 shrink_factor: 1 height: 8 width: 8 } }
        layer { name: "crf" type: "DenseCRF" bottom: "fc8_interp" bottom: "data_dim" bottom: "data"
          top: "crf" dense_crf_param { max_iter: 2 pos_w: 3 pos_xy_std: 3 bi_w: 4 bi_xy_std: 49
          bi_rgb_std: 5 } }""",
        {
            "fc8_interp": message(143, number(3, 1) + number(1, 8) + number(2, 8)),
            "crf": message(146, number(1, 2) + floats(2, 3) + floats(3, 3) + floats(6, 4)),
        },
    ),
    "deeplab-v1": (
        input_layer("data", 1, 3, 8, 8) + conv("fc8", "data", "fc8", 3, "hole: 2"),
        # In a V1 layer, whose convolution_param (10) has hole as 17, force_nd_im2col in BVLC's.
        {"fc8": message(10, number(1, 3) + number(4, 3) + number(17, 2))},
    ),
}


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """What MultiStageMeanfield reads from the working directory while it is set up."""
    for name in ("spatial.par", "bilateral.par"):
        (tmp_path / name).write_text("1 2 3")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("fork", FORKS)
def test_a_forks_caffemodel_gives_its_deploy_net_every_number(fork, tmp_path, kernels):
    text, described = FORKS[fork]
    (tmp_path / "deploy.prototxt").write_text(text)
    net, again = (caffe.Net(str(tmp_path / "deploy.prototxt"), caffe.TEST) for _ in range(2))
    random = np.random.default_rng(1)
    types = dict(zip(net._layer_names, (each.type for each in net.layers), strict=True))
    body = message(1, fork.encode())
    for name, params in net.params.items():
        arrays = [random.random(p.data.shape, dtype=np.float32) + 0.5 for p in params]
        for param, array in zip(again.params[name], arrays, strict=True):
            param.data[...] = array
        if fork == "deeplab-v1":
            body += v1_layer(name, 4, arrays, described.get(name, b""))
        else:
            body += layer(name, types[name], arrays, described.get(name, b""))
    for name in set(described) - set(net.params):
        body += layer(name, types[name], [], described[name])
    (tmp_path / "fork.caffemodel").write_bytes(body)
    net.copy_from(str(tmp_path / "fork.caffemodel"))
    for name, params in again.params.items():
        for loaded, wanted in zip(net.params[name], params, strict=True):
            np.testing.assert_array_equal(loaded.data, wanted.data)
    for each in (net, again):
        each.blobs["data"].data[...] = np.arange(each.blobs["data"].count).reshape(
            each.blobs["data"].data.shape
        )
        if "rois" in each.blobs:
            each.blobs["rois"].data[...] = [[0, 0, 0, 7, 7], [0, 4, 4, 15, 15]]
        if "data_dim" in each.blobs:
            each.blobs["data_dim"].data[...] = 8
    for (name, output), same in zip(net.forward().items(), again.forward().values(), strict=True):
        assert np.isfinite(output).all() and output.any(), name
        np.testing.assert_array_equal(output, same)
