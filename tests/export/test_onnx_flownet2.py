"""FlowNet2's nets in ONNX: what they begin with, and how a flow is stretched."""

import onnx
import pytest
import torch
from netkit import input_layer, net_of
from onnxkit import export, hold, random, session_of

import caffe


@pytest.mark.parametrize(
    "settings", ["have_reference: true", "", "top_height: 20 top_width: 30", "size_divisible_by: 8"]
)
def test_accum(settings, tmp_path):
    text = input_layer("a", 1, 2, 6, 9) + input_layer("b", 1, 3, 7, 8)
    text += 'layer { name: "m" type: "Accum" bottom: "a" bottom: "b" top: "y" '
    net, session = export(tmp_path, f"{text} accum_param {{ {settings} }} }}")
    hold(net, session, a=random(2, 2, 9, 11), b=random(2, 3, 16, 12, seed=1))
    hold(net, session, a=random(1, 2, 18, 20), b=random(1, 3, 5, 6, seed=1))


IMAGE = """
    layer {{ name: "s" type: "Eltwise" bottom: "x" top: "s" eltwise_param {{ coeff: 0.25 }} }}
    layer {{ name: "aug" type: "DataAugmentation" bottom: "s" top: "y"
            augmentation_param {{ {} }} }}"""


@pytest.mark.parametrize(
    "settings, other",
    [
        ("recompute_mean: 5 mean_per_pixel: false augment_during_test: true", (9, 12)),
        ("recompute_mean: 5", (8, 11)),
        ("mean: 1 mean: 2 mean: 3 mean_per_pixel: false", (6, 7)),
        ("crop_height: 5 crop_width: 6 recompute_mean: 5", (9, 12)),
        ("", (4, 5)),
    ],
)
def test_data_augmentation(settings, other, tmp_path):
    net = net_of(input_layer("x", 1, 3, 8, 11) + IMAGE.format(settings), caffe.TEST)
    number, *means = net.params["aug"]
    number.data[...] = 5
    for blob in means:
        blob.data[...] = random(*blob.data.shape)
    caffe.export.onnx(net, tmp_path / "net.onnx")
    assert number.data.item() == 5  # the passes that hold the file do not count
    x = random(2, 3, *other)
    hold(net, session_of(tmp_path / "net.onnx"), x=x)
    stored = onnx.load(tmp_path / "net.onnx").graph.initializer
    assert not {"aug.0"} & {i.name for i in stored}  # no node reads the count
    module, counted = caffe.torch_module(net), number.data.item()
    with torch.no_grad():
        y = module(torch.from_numpy(x))["y"]
    torch.testing.assert_close(y, torch.from_numpy(net.blobs["y"].data))
    assert number.data.item() == counted  # which is the net's own


def test_a_mean_that_still_changes_is_refused(tmp_path):
    net = net_of(input_layer("x", 1, 3, 4, 4) + IMAGE.format("recompute_mean: 5"), caffe.TEST)
    for _ in range(2):
        net.forward()
    with pytest.raises(caffe.LayerError, match="of 2 batches and changes until there have been 5"):
        caffe.export.onnx(net, tmp_path / "net.onnx")
