"""The nets that their authors published: equal layer by layer, and of the published sizes."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from google.protobuf import text_format
from net_shapes import shapes
from published_digest import rows

import caffe
from caffe import layers as L
from caffe.proto import caffe_pb2
from experiments import Head
from nets import deeplab, hed, ilsvrc, published

ROOT = Path(__file__).resolve().parent.parent
FILES = json.loads((ROOT / "tests/golden/nets/published.json").read_text())
VGG16 = 14_714_688  # its convolutions
LEFT_OUT = ("Input", "SoftmaxWithLoss")  # of ours; the golden file has none


def expected(name):
    """Rows of a published file, and what they ignore."""
    return [list(row) for row in FILES[name]["layers"]], FILES[name]["ignored"]


def training(draw, classes, **options):
    """The net that `draw` gives for training, over pictures and labels as inputs."""
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 321, 321])])
    n.label = L.Input(shape=[dict(dim=[1, 1, 321, 321])])
    draw(n, [Head(classes)], **options)
    return n.to_proto()


@pytest.mark.parametrize("name", published.PUBLISHED)
def test_deploy_nets_equal_the_published_ones(name):
    want, ignored = expected(name)
    got = rows(published.net(name), ignored)
    if name == "deeplab-msc-largefov":  # the file has the branches in between
        want, got = sorted(want), sorted(got)
    assert got == want


@pytest.mark.parametrize(
    "row, name",
    [
        ("voc-pspnet101", "pspnet101_VOC2012_473"),
        ("cityscapes-pspnet101", "pspnet101_cityscapes_713"),
        ("ade20k-pspnet50", "pspnet50_ADE20K_473"),
    ],
)
def test_rows_deploy_the_published_nets(row, name):
    want, ignored = expected(name)
    text = (ROOT / f"nets/{row}/deploy.prototxt").read_text()
    assert rows(text_format.Parse(text, caffe_pb2.NetParameter()), ignored) == want


@pytest.mark.parametrize("depth", [50, 101])
def test_stock_resnets_equal_the_published_ones(depth):
    want, ignored = expected(f"resnet{depth}")
    net = text_format.Parse(ilsvrc.prototxt(f"resnet{depth}", False), caffe_pb2.NetParameter())
    got = rows(net, ignored, LEFT_OUT)
    assert sorted(got) == sorted(row for row in want if row[0] != "prob")


def test_hed_trains_as_published():
    want, ignored = expected("hed/train")
    assert rows(training(hed.hed, 1, fuse_rate=0.001, losses=True), ignored, LEFT_OUT) == want


@pytest.mark.parametrize("name, multiscale", [("largefov", False), ("msc-largefov", True)])
def test_deeplab_trains_as_published(name, multiscale):
    want, ignored = expected(f"deeplab-{name}/train")
    net = training(deeplab.largefov, 21, multiscale=multiscale, train=True)
    got = rows(net, ignored, LEFT_OUT)
    different = sorted(row[0] for row in got if row not in want)
    # The file forgets the fillers of one branch of six.
    assert different == (["pool3_ms"] if multiscale else [])
    assert sorted(row[0] for row in got) == sorted(row[0] for row in want)


@pytest.mark.parametrize(
    "name, count",
    [
        ("pspnet101_VOC2012_473", 65_708_501),
        ("pspnet101_cityscapes_713", 65_707_475),
        ("pspnet50_ADE20K_473", 46_782_550),
        # FCN-32s, the skips' scores, three deconvolutions (the first has a bias), the CRF
        ("crfrnn", 134_346_581 + 21 * (513 + 257) + 21**2 * (16 + 16 + 256 + 3) + 21),
        # VGG16, five sides' scores, four deconvolutions, the fusion
        ("hed", VGG16 + 1472 + 5 + 16 + 64 + 256 + 1024 + 4 + 6),
        ("deeplab-largefov", VGG16 + (512 * 9 + 1) * 1024 + 1025 * 1024 + 1025 * 21),
    ],
)
def test_learnable_parameters(name, count):
    _, params = shapes(published.net(name))
    assert sum(params.values()) == count


@pytest.mark.parametrize(
    "name, prefix, count",
    [
        ("dilation8_pascal_voc", "ct_", 6_803_139),
        ("dilation10_cityscapes", "ctx_", 34_656),  # with the deconvolution's
    ],
)
def test_parameters_of_the_context_modules(name, prefix, count):
    _, params = shapes(published.net(name))
    assert sum(v for k, v in params.items() if k.startswith(prefix)) == count


@pytest.mark.parametrize(
    "name, convolutions, eltwise",
    [("pspnet101_VOC2012_473", 112, 33), ("pspnet50_ADE20K_473", 61, 16)],
)
def test_layers_of_pspnet(name, convolutions, eltwise):
    types = Counter(k.type for k in published.net(name).layer)
    assert types == dict(
        Convolution=convolutions, BN=convolutions - 1, ReLU=convolutions - 5, Eltwise=eltwise,
        Pooling=5, Interp=5, Concat=1, Dropout=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name, blob, size",
    [
        ("pspnet101_VOC2012_473", "conv5_3", (2048, 60, 60)),
        ("pspnet101_VOC2012_473", "conv5_3_concat", (4096, 60, 60)),
        ("pspnet101_VOC2012_473", "conv6_interp", (21, 473, 473)),
        ("pspnet101_cityscapes_713", "conv5_3_pool6", (2048, 6, 6)),
        ("pspnet101_cityscapes_713", "conv6_interp", (19, 713, 713)),
        ("dilation8_pascal_voc", "prob", (21, 66, 66)),
        ("dilation10_cityscapes", "ctx_final", (19, 128, 128)),
        ("dilation10_cityscapes", "prob", (19, 1024, 1024)),
        ("dilation8_camvid", "prob", (11, 66, 91)),
        ("dilation7_kitti", "prob", (11, 60, 159)),
        ("hed", "sigmoid-fuse", (1, 500, 500)),
        ("crfrnn", "pred", (21, 500, 500)),
        ("deeplab-largefov", "fc8_voc12", (21, 65, 65)),
        ("deeplab-largefov", "fc8_interp", (21, 513, 513)),
        ("deeplab-msc-largefov", "fc_fusion", (21, 513, 513)),
    ],
)
def test_sizes(name, blob, size):
    blobs, _ = shapes(published.net(name))
    assert blobs[blob] == size


@pytest.mark.parametrize("name", ["hed", "crfrnn"])
@pytest.mark.parametrize("size", [(1, 1), (33, 47), (321, 481), (375, 500)])
def test_crops_cover_every_input(name, size):
    blobs, _ = shapes(published.net(name), size)
    assert blobs["upscore-fuse" if name == "hed" else "pred"][1:] == size


def test_crop_offsets():
    crops = [k for k in published.net("hed").layer if k.type == "Crop"]
    # The padding shifts by 34; a deconvolution of stride s reaches s / 2 further.
    assert [list(k.crop_param.offset) for k in crops] == [[34], [35], [36], [38], [42]]
    assert {(k.name, k.crop_param.axis) for k in crops} == {("crop", 2)}
    crops = [k for k in published.net("crfrnn").layer if k.type == "Crop"]
    assert [list(k.crop_param.offset) for k in crops] == [[5], [9], [31]]


def test_inputs_stand_at_net_level():
    made = published.net("pspnet50_ADE20K_473")
    assert list(made.input) == ["data"] and "Input" not in {k.type for k in made.layer}
    assert [list(s.dim) for s in made.input_shape] == [[1, 3, 473, 473]]


def test_the_command_lists_and_prints(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["published", *arguments])
        published.main()
        return capsys.readouterr().out

    assert [line.split()[0] for line in run().splitlines()] == list(published.PUBLISHED)
    printed = text_format.Parse(run("hed"), caffe_pb2.NetParameter())
    assert printed == published.net("hed")
