"""A small SSD: what building it loads, and that it learns."""

import subprocess
import sys

import numpy as np
from netkit import input_layer, net_of

import caffe

F = np.float32


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
