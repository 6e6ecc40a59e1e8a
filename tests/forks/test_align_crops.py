"""Crops without crop_param: BVLC's offset 0 with a warning, or the forks' aligned offset."""

import numpy as np
import pytest
from google.protobuf import text_format
from netkit import input_layer, net_of

import caffe
from caffe import coord_map
from caffe import layers as L
from caffe._caffe.errors import CaffeError, NetError
from caffe._caffe.formats import prototxt
from caffe.proto import caffe_pb2

CONV = "convolution_param { num_output: 1 kernel_size: 3 pad: 5 }"
PADDED = (
    input_layer("data", 1, 1, 6, 7)
    + f"""
    layer {{ name: "c" type: "Convolution" bottom: "data" top: "c" {CONV} }}
    layer {{ name: "crop" type: "Crop" bottom: "c" bottom: "data" top: "y" }}
"""
)


def offset(net, name="crop"):
    """The offset in the layer's description, None where there is none."""
    layer = net.layers[list(net._layer_names).index(name)]
    return list(layer.layer_param.crop_param.offset)


def hed(stages, pad, loss=False):
    """A net of HED's kind: a stack of convolution and pooling, and a side output of each stage."""
    text, bottom = input_layer("data", 1, 1, 16, 16) + input_layer("label", 1, 1, 16, 16), "data"
    for i in range(1, stages + 1):
        side, kernel = f"s{i}", 2**i
        text += f"""
            layer {{ name: "c{i}" type: "Convolution" bottom: "{bottom}" top: "c{i}"
              convolution_param {{ num_output: 1 kernel_size: 3 pad: {pad if i == 1 else 1} }} }}
            layer {{ name: "r{i}" type: "ReLU" bottom: "c{i}" top: "c{i}" }}
            layer {{ name: "s{i}" type: "Convolution" bottom: "c{i}" top: "s{i}"
              convolution_param {{ num_output: 1 kernel_size: 1 }} }}
            layer {{ name: "pool{i}" type: "Pooling" bottom: "c{i}" top: "p{i}"
              pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}"""
        if i > 1:
            side = f"u{i}"
            text += f"""
            layer {{ name: "u{i}" type: "Deconvolution" bottom: "s{i}" top: "u{i}"
              convolution_param {{
              num_output: 1 kernel_size: {kernel} stride: {kernel // 2} }} }}"""
        text += f"""
            layer {{ name: "crop{i}" type: "Crop" bottom: "{side}" bottom: "data" top: "y{i}" }}"""
        if loss:
            text += f"""
            layer {{ name: "l{i}" type: "SigmoidCrossEntropyLoss" bottom: "y{i}" bottom: "label"
              top: "l{i}" }}"""
        bottom = f"p{i}"
    return text


@pytest.mark.parametrize("dialect", ["ccnn", "crfasrnn", "fcn-future", "hed", "whats-the-point"])
def test_a_dialect_aligns(dialect):
    net = net_of(f'dialect: "{dialect}" {PADDED}')
    assert offset(net) == [4, 4]
    net.blobs["data"].data[...] = np.random.default_rng(0).standard_normal((1, 1, 6, 7))
    net.params["c"][0].data[...] = np.eye(3)[1] * np.eye(3)[1][:, None]  # the middle tap alone
    np.testing.assert_array_equal(net.forward()["y"], net.blobs["data"].data)


def test_without_a_dialect_bvlcs_offset_and_a_warning_of_both(caplog):
    net = net_of(PADDED)
    assert offset(net) == [] and net.blobs["y"].shape == (1, 1, 6, 7)
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert "'crop'" in record.message and "offset 0, 0" in record.message
    assert "4, 4" in record.message and "# dialect: NAME" in record.message


@pytest.mark.parametrize(
    "text",
    [
        'dialect: "bvlc" ' + PADDED,
        PADDED.replace("pad: 5", "pad: 1"),  # aligned as it is
        PADDED.replace('top: "y"', 'top: "y" crop_param { axis: 2 }'),
        input_layer("a", 1, 1, 6, 6) + input_layer("b", 1, 1, 4, 4)
        + 'layer { name: "crop" type: "Crop" bottom: "a" bottom: "b" top: "y" }',
    ],
)  # fmt: skip
def test_no_warning_where_none_is_due(text, caplog):
    net_of(text)
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_crop_of_a_crop_is_warned_of_as_the_forks_mean_it(caplog):
    text = (
        PADDED
        + f"""
        layer {{ name: "d" type: "Convolution" bottom: "y" top: "d" {CONV} }}
        layer {{ name: "crop2" type: "Crop" bottom: "d" bottom: "data" top: "z" }}"""
    )
    net_of(text)
    warned = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert len(warned) == 2 and all("4, 4" in w for w in warned)


@pytest.mark.parametrize("stages, pad", [(2, 7), (3, 12), (4, 35)])
def test_heds_side_outputs_against_the_closed_form(stages, pad):
    """c1 shifts by pad - 1; each pooling and its Deconvolution by 2^(i - 1) - 1 between them."""
    net = net_of('dialect: "hed" ' + hed(stages, pad))
    for i in range(1, stages + 1):
        # 2 x 2 pools: the middle of the first window lies (2^k - 1) / 2 to the right, k = i - 1;
        # the kernel of 2^i laid back covers it from (2^i - 1) / 2 on.
        shift = (2**i - 1) / 2 - (2 ** (i - 1) - 1) / 2 if i > 1 else 0
        assert offset(net, f"crop{i}") == [pad - 1 + shift] * 2


def test_agrees_with_coord_map():
    """Python's coord_map walks a NetSpec; the engine's a NetParameter, in fractions."""
    n = caffe.NetSpec()
    n.data = L.Input(shape={"dim": [1, 1, 40, 40]})
    n.c1 = L.Convolution(n.data, num_output=1, kernel_size=5, stride=2, pad=20)
    n.p1 = L.Pooling(n.c1, kernel_size=2, stride=2)
    n.c2 = L.Convolution(n.p1, num_output=1, kernel_size=3, dilation=2)
    n.up = L.Deconvolution(n.c2, convolution_param={"num_output": 1, "kernel_size": 9, "stride": 4})
    want = coord_map.crop(n.up, n.data).fn.params["crop_param"]["offset"]
    n.crop = L.Crop(n.up, n.data)
    param = n.to_proto()
    param.dialect = "fcn-future"
    assert offset(caffe.Net(param, caffe.TEST)) == want * (2 // len(want))


def test_a_guess_by_loss_and_crops_is_heds(caplog):
    net = net_of(hed(2, 7, loss=True))
    assert offset(net, "crop1") == [6, 6]
    assert any("a guess" in r.message and "bvlc" in r.message for r in caplog.records)
    assert offset(net_of('dialect: "bvlc" ' + hed(2, 7, loss=True)), "crop1") == []
    explicit = hed(2, 7, loss=True).replace('top: "y1"', 'top: "y1" crop_param { offset: 6 }')
    assert offset(net_of(explicit), "crop2") == []  # it has BVLC's Crop


def test_rows_and_columns_apart():
    text = (
        input_layer("data", 1, 1, 6, 8)
        + """
        layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {
          num_output: 1 kernel_h: 3 kernel_w: 5 pad_h: 4 pad_w: 3 } }
        layer { name: "crop" type: "AutoCrop" bottom: "c" bottom: "data" top: "y" }"""
    )
    assert offset(net_of(text)) == [3, 1]


@pytest.mark.parametrize(
    "layer, message",
    [
        ('name: "m" type: "InnerProduct" inner_product_param { num_output: 3 }',
         r"layer 'm' \(InnerProduct\) on the way has no coordinate map"),
        ('name: "m" type: "Scale"', r"layer 'm' \(Scale\)"),
        ('name: "m" type: "Convolution" convolution_param { num_output: 1 kernel_size: 2 }',
         "-0.5 pixels apart"),
        ('name: "m" type: "Convolution" convolution_param { num_output: 1 kernel_size: 3 }',
         "1 pixels inside"),
        ('name: "m" type: "Convolution" '
         "convolution_param { num_output: 1 kernel_size: 1 stride: 2 }", "different strides"),
        ('name: "m" type: "Pooling" pooling_param { global_pooling: true }', "no coordinate map"),
    ],
)  # fmt: skip
def test_what_cannot_be_aligned_is_refused_under_a_dialect_alone(layer, message):
    text = input_layer("data", 1, 1, 9, 9) + input_layer("small", 1, 1, 1, 1)
    text += f"""layer {{ {layer} bottom: "data" top: "m" }}
        layer {{ name: "f" type: "Reshape" bottom: "m" top: "f"
          reshape_param {{ shape {{ dim: 1 dim: 1 dim: 1 dim: -1 }} }} }}"""
    crop = 'layer { name: "crop" type: "Crop" bottom: "m" bottom: "data" top: "y" }'
    text = text[: text.index('layer { name: "f"')] + crop
    with pytest.raises(NetError, match=message):
        net_of('dialect: "hed" ' + text)


def test_disconnected_bottoms_are_refused():
    text = input_layer("a", 1, 1, 6, 6) + input_layer("b", 1, 1, 4, 4)
    text += 'layer { name: "crop" type: "Crop" bottom: "a" bottom: "b" top: "y" }'
    with pytest.raises(NetError, match="no common blob"):
        net_of('dialect: "crfasrnn" ' + text)


V1 = """
input: "data" input_dim: 1 input_dim: 1 input_dim: 6 input_dim: 7
layers { name: "c" type: CONVOLUTION bottom: "data" top: "c"
  convolution_param { num_output: 1 kernel_size: 3 pad: 5 } }
layers { name: "crop" type: CROP bottom: "c" bottom: "data" top: "y" }
"""


def test_v1s_crop_is_always_a_forks():
    net = prototxt.parse_net(V1)
    (crop,) = [layer for layer in net.layer if layer.name == "crop"]
    assert crop.type == "Crop" and list(crop.crop_param.offset) == [4, 4]
    unmapped = prototxt.parse_net(V1.replace("CONVOLUTION", "INNER_PRODUCT"))
    with pytest.raises(CaffeError, match="no coordinate map"):
        caffe.Net(unmapped, caffe.TEST)


def test_the_first_line_of_a_file_and_set_dialect(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text("# dialect: hed\n" + PADDED)
    assert offset(caffe.Net(str(path), caffe.TEST)) == [4, 4]
    path.write_text(PADDED)
    caffe.set_dialect("fcn-future")
    try:
        assert offset(caffe.Net(str(path), caffe.TEST)) == [4, 4]
    finally:
        caffe.set_dialect("")
    with pytest.raises(CaffeError, match="did you mean 'fcn-future'|nearest"):
        caffe.set_dialect("fcn-futur")


def test_the_users_message_is_left_alone():
    param = text_format.Parse(f'dialect: "hed" {PADDED}', caffe_pb2.NetParameter())
    before = param.SerializeToString()
    caffe.Net(param, caffe.TEST)
    assert param.SerializeToString() == before
