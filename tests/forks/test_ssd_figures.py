"""SSD's layers against single figures of weiliu89/caffe's own code (branch ssd, CPU)."""

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from gradcheck import build
from losskit import close

from caffe._caffe.errors import LayerError
from caffe._caffe.formats.detections import DetectionFiles, original_boxes
from caffe.proto import caffe_pb2

F = np.float32
BOX = (0.1, 0.1, 0.5, 0.5)
PRIORS = np.array([0.1, 0.1, 0.5, 0.5, 0.2, 0.2, 0.6, 0.6, 0.3, 0.3, 0.4, 0.4], F)
PRIOR = np.stack([PRIORS, np.full(12, 0.1, F)])[None]


def top_of(text, *bottoms, phase=caffe_pb2.TEST):
    run = build(text, *(np.array(b, F) for b in bottoms), phase=phase)
    run.layer.run(run.bottom, run.top)
    return run.top[0].data


@pytest.mark.parametrize("eta", ["", "eta: 0.99"])
def test_of_infinite_boxes_only_the_best_stays(eta):
    location = np.zeros((1, 12))
    location[0, [2, 3, 6, 7]] = 1000
    got = top_of(
        'type: "DetectionOutput" detection_output_param { num_classes: 2 code_type: CENTER_SIZE '
        f"nms_param {{ nms_threshold: 0.45 {eta} }} confidence_threshold: 0.1 }}",
        location, [[0, 0.9, 0, 0.8, 0, 0.7]], PRIOR,
    )  # fmt: skip
    inf = np.inf
    want = [[0, 1, 0.9, -inf, -inf, inf, inf], [0, 1, 0.7, 0.3, 0.3, 0.4, 0.4]]
    close(got[0, 0], np.array(want, F))


def test_no_class_is_the_background_below_zero():
    got = top_of(
        'type: "DetectionOutput" detection_output_param { num_classes: 2 share_location: false '
        "background_label_id: -2 nms_param { nms_threshold: 0.9 } confidence_threshold: 0.1 }",
        np.zeros((1, 24)), [[0.3, 0.9, 0.2, 0.8, 0, 0.7]], PRIOR,
    )  # fmt: skip
    want = [[0, 0.3], [0, 0.2], [1, 0.9], [1, 0.8], [1, 0.7]]
    close(got[0, 0][:, 1:3], np.array(want, F))


def multibox(settings, prior=PRIOR, truth=(0, 1, 0, 0.1, 0.1, 0.5, 0.45, 0)):
    location = (np.arange(12) / 7 % 1)[None]
    confidence = (np.arange(6) * 5 % 7 / 3)[None]
    truth = np.array(truth, F).reshape(-1, 1, 1, 8).swapaxes(0, 1)
    return top_of(
        f'type: "MultiBoxLoss" multibox_loss_param {{ num_classes: 2 {settings} }}',
        location, confidence, prior, truth, phase=caffe_pb2.TRAIN,
    )  # fmt: skip


@pytest.mark.parametrize("ratio, want", [(-1, 0.65515107), (1, 1.0695212)])
def test_a_negative_ratio_mines_nothing(ratio, want):
    close(multibox(f"neg_pos_ratio: {ratio}"), want)


def test_what_multibox_refuses():
    with pytest.raises(LayerError, match="background_label_id 0, given 2 and 1"):  # objects: 2
        multibox("map_object_to_agnostic: true background_label_id: 1")
    prior = PRIOR.copy()
    prior[0, 1, 3] = 0
    with pytest.raises(LayerError, match="bottom 2 has a variance that is not positive"):
        multibox("", prior)
    with pytest.raises(LayerError, match=r"bottom 3 must be \(1, 1, G, 8\), given \(1, 2, 1, 8\)"):
        multibox("", truth=[(0, 1, 0, *BOX, 0)] * 2)


@pytest.mark.parametrize(
    "resize, height, width, want",
    [
        ("FIT_LARGE_SIZE_AND_PAD height: 30 width: 50", 20, 90,
         [[9, 0, 54, 12.7], [4.5, 0.4, 18, 2], [27, 4.6, 90, 20]]),
        ("FIT_LARGE_SIZE_AND_PAD height: 30 width: 50", 70, 40,
         [[0, 21, 31.66667, 38.5], [2, 1.4, 8, 7], [0, 28, 40, 70]]),
        ("FIT_SMALL_SIZE height: 30 width: 50 height_scale: 40 width_scale: 60", 70, 50,
         [[6, 12, 36, 22], [3, 0.8, 12, 4], [18, 16, 50, 44]]),
    ],
)  # fmt: skip
def test_boxes_in_the_padding_altogether_stay_as_they_are(resize, height, width, want):
    param = text_format.Parse(f"resize_mode: {resize}", caffe_pb2.ResizeParameter())
    boxes = torch.tensor([[0.1, 0.3, 0.6, 0.55], [0.05, 0.02, 0.2, 0.1], [0.3, 0.4, 1.2, 1.1]])
    close(original_boxes(boxes, (height, width), [param]).numpy(), np.array(want, F))


def evaluated(found, truth, settings=""):
    text = f'type: "DetectionEvaluate" detection_evaluate_param {{ num_classes: 3 {settings} }}'
    return top_of(text, [[found]], [[truth]])[0, 0].tolist()


@pytest.mark.parametrize("resize, right", [("", 0), ("height_scale: 10 width_scale: 10", 1)])
def test_scaled_boxes_leave_their_last_pixel_out_of_the_union(resize, right, tmp_path):
    (tmp_path / "sizes.txt").write_text("a 10 10\n")
    settings = (
        f'name_size_file: "{tmp_path}/sizes.txt" overlap_threshold: 0.66 '
        f"resize_param {{ resize_mode: FIT_SMALL_SIZE height: 10 width: 10 {resize} }}"
    )
    found, truth = (0, 1, 0.5, 0.1, 0.1, 0.4, 0.3), (0, 1, 0, 0.2, 0.1, 0.5, 0.3, 0)
    assert evaluated([found], [truth], settings)[-1][3:] == [right, 1 - right]


def test_detections_of_no_picture_leave_zeros():
    found = [(-1, 1, 0.9, *BOX), (0, 1, 0.5, *BOX), (-1, 0, 0.9, *BOX), (-1,) * 7]
    got = evaluated(found, [(0, 1, 0, *BOX, 0)])
    want = [[-1, 1, 1, -1, -1], [-1, 2, 0, -1, -1], [0, 1, 0.5, 1, 0], [0] * 5, [0] * 5]
    assert got == want


def test_an_unreadable_name_size_file_names_the_layer(tmp_path):
    with pytest.raises(LayerError, match=r"\(DetectionEvaluate\): name_size_file .*none"):
        evaluated([(0, 1, 0.5, *BOX)], [(0, 1, 0, *BOX, 0)], f'name_size_file: "{tmp_path}/none"')


def test_written_sizes_are_rounded_as_c_rounds_them(tmp_path):
    (tmp_path / "map").write_text('item { name: "a" label: 1 display_name: "a" }')
    (tmp_path / "sizes").write_text("picture 400 690\n")
    save = caffe_pb2.SaveOutputParameter(
        output_directory=f"{tmp_path}", output_name_prefix="all", output_format="ILSVRC",
        label_map_file=f"{tmp_path}/map", name_size_file=f"{tmp_path}/sizes",
    )  # fmt: skip
    files = DetectionFiles(save, caffe_pb2.DetectionOutputParameter(num_classes=2))
    files.add(np.array([[0, 1, 0.5, 0.071720816, 0.25, 0.85577154, 0.5]], F))
    # 540.995 pixels, as float32 a little less: 541 all the same.
    assert (tmp_path / "all.txt").read_text() == "picture 1 0.5 49 100 590 200\n"
