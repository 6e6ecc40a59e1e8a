"""The nets at every size of picture: outputs cover inputs, by Caffe's rules."""

import ast
from pathlib import Path

import pytest
from google.protobuf import text_format
from net_shapes import shapes

import caffe
import experiments
from caffe.proto import caffe_pb2
from nets import generate, ilsvrc

ROOT = Path(__file__).resolve().parent.parent
ROWS = list(experiments.EXPERIMENTS.values())


def parsed(relative, message=caffe_pb2.NetParameter):
    return text_format.Parse((ROOT / relative).read_text(), message())


def sizes(net, side):
    """Side of each blob for a square input, by Caffe's rules (pooling rounds up)."""
    known = {}
    for layer in net.layer:
        bottoms = [known[b] for b in layer.bottom]
        if layer.type == "Input":
            out = side
        elif layer.type in ("Convolution", "Deconvolution"):
            p = layer.convolution_param
            k, s = p.kernel_size[0], (p.stride or [1])[0]
            k = (p.dilation or [1])[0] * (k - 1) + 1
            pad = (p.pad or [0])[0]
            down = (bottoms[0] + 2 * pad - k) // s + 1
            out = down if layer.type == "Convolution" else s * (bottoms[0] - 1) + k - 2 * pad
        elif layer.type == "Pooling":
            p = layer.pooling_param
            out = -(-(bottoms[0] + 2 * p.pad - p.kernel_size) // p.stride) + 1
            if p.pad and (out - 1) * p.stride >= bottoms[0] + p.pad:
                out -= 1
        elif layer.type == "Python":  # ReflectLayer
            given = ast.literal_eval(layer.python_param.param_str)
            out = bottoms[0] + -bottoms[0] % given["multiple"] + 2 * given["margin"]
        elif layer.type == "Crop":
            assert layer.crop_param.offset[0] + bottoms[1] <= bottoms[0], (layer.name, side)
            out = bottoms[1]
        else:
            assert len(set(bottoms)) == 1, (layer.name, side, bottoms)
            out = bottoms[0]
        assert out >= 1, (layer.name, side)
        known.update(dict.fromkeys(layer.top, out))
    return known


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if "classifier" not in r.net and r.window is None],
    ids=lambda row: row.name,
)
def test_the_output_covers_every_input(row):
    data = experiments.data_of(row)
    net = parsed(f"nets/{row.name}/deploy.prototxt")
    for side in [*range(32, 140), 227, 321, 500, 513, 640, 1023]:
        known = sizes(net, side)
        assert {known[head.score] for head in data.heads} == {side}


@pytest.mark.parametrize("row", [r for r in ROWS if r.window], ids=lambda row: row.name)
def test_nets_of_one_size_score_every_pixel(row):
    """At the committed size, and at the next sizes that fit."""
    data = experiments.data_of(row)
    least = 48 if row.net.endswith(".pspnet") else 8
    for more in (0, 1, 2):
        window = tuple(side + more * least for side in row.window)
        drawn = row.for_window(window)
        net = generate.net(drawn, experiments.data_of(drawn), "deploy")
        blobs, _ = shapes(net)
        for head in data.heads:
            assert blobs[head.score] == (head.classes, *window)


def test_size_rules_agree_with_the_runtime():
    net = caffe.Net(str(ROOT / "nets/demo-fcn8s/deploy.prototxt"), caffe.TEST)
    for side in (32, 33, 47, 64, 95):
        net.blobs["data"].reshape(1, 3, side, side)
        net.reshape()
        known = sizes(parsed("nets/demo-fcn8s/deploy.prototxt"), side)
        for name, expected in known.items():
            assert net.blobs[name].data.shape[2:] == (expected, expected), name


@pytest.mark.parametrize("kind", ilsvrc.CLASSIFIERS)
def test_classifiers_draw_both_forms(kind):
    full, convolutional = (
        text_format.Parse(ilsvrc.prototxt(kind, c), caffe_pb2.NetParameter()) for c in (False, True)
    )
    assert [k.name for k in full.layer] == [k.name for k in convolutional.layer]
    types = {k.name: k.type for k in full.layer}
    assert types[ilsvrc.CLASSIFIERS[kind][1]] == "InnerProduct"
    assert "InnerProduct" not in {k.type for k in convolutional.layer}
    side, last = ilsvrc.CLASSIFIERS[kind]
    assert sizes(convolutional, side)[last] == 1
