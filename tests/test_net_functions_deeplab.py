"""Net functions of DeepLab, dilation and CRF-RNN."""

import pytest
from drawkit import dilations, drawn
from net_shapes import shapes

import caffe
from caffe import layers as L
from experiments import Head
from nets import crfrnn, deeplab, deeplabv3, dilation
from nets.sizes import map_sides


@pytest.mark.parametrize("stem", ["deep", "stock"])
@pytest.mark.parametrize("crop", [513, 769, (1025, 2049)])
def test_deeplabv3_evaluates_at_8_what_trains_at_16(stem, crop):
    counts = []
    for output_stride in (16, 8):
        _, net = drawn(
            deeplabv3.deeplabv3, [Head(21)], size=crop, crop=crop, stem=stem,
            output_stride=output_stride,
        )  # fmt: skip
        blobs, params = shapes(net)
        assert blobs["aspp_concat"][0] == 5 * 256
        assert blobs["score"] == (21, *blobs["data"][1:])
        counts.append({k: v for k, v in params.items() if v})
        rate = 16 // output_stride
        found = dilations(net, tuple(f"aspp_conv{i}" for i in (1, 2, 3)))
        assert list(found.values()) == [6 * rate, 12 * rate, 18 * rate]
        stage = "conv5_{}_3x3" if stem == "deep" else "res5{}_branch2b"
        units = [stage.format(i) for i in ((1, 2, 3) if stem == "deep" else "abc")]
        found = dilations(net, tuple(units))
        assert list(found.values()) == [2 * rate, 4 * rate, 8 * rate]
    assert counts[0] == counts[1]


def test_deeplabv3_cascades():
    options = dict(crop=513, depth=101, multi_grid=(1, 2, 1), extra=3)
    _, net = drawn(deeplabv3.deeplabv3, [Head(21)], **options)
    layers = {k.name: k for k in net.layer}
    assert list(layers["logits"].bottom) == ["conv8_3"]
    assert not any(name.startswith("aspp") for name in layers)
    assert layers["conv8_2_3x3"].convolution_param.dilation[0] == 32


@pytest.mark.parametrize("crop, stride, near", [(512, 16, "497 or 513"), (4, 8, "9 or 17")])
def test_deeplabv3_refuses_sizes_that_do_not_fit(crop, stride, near):
    message = rf"{crop} pixels: expected {stride} k \+ 1 at output stride {stride}, such as {near}"
    with pytest.raises(ValueError, match=message):
        map_sides(crop, stride)


@pytest.mark.parametrize("draw", [deeplab.aspp_vgg16, deeplab.aspp_resnet])
def test_aspp(draw):
    losses, net = drawn(draw, [Head(21)], size=321, train=True)
    blobs, params = shapes(net)
    (loss,) = losses
    assert loss.label == "label_shrink" and blobs[loss.label] == (1, 41, 41)
    assert blobs[loss.score] == (21, 41, 41)
    rates = dilations(net, ("fc6_1", "fc6_2", "fc6_3", "fc6_4", "_c0", "_c1", "_c2", "_c3"))
    assert list(rates.values()) == [6, 12, 18, 24]
    (loss,), net = drawn(draw, [Head(21)], size=513)
    blobs, enlarged = shapes(net)
    assert blobs[loss.score] == (21, 513, 513) and loss.label == "label"
    assert {k: v for k, v in params.items() if v} == {k: v for k, v in enlarged.items() if v}


def test_multiscale_branches_have_the_same_weights_dense_and_strided():
    found = []
    for size, train in ((321, True), (513, False)):
        (loss,), net = drawn(deeplab.largefov, [Head(21)], size=size, multiscale=True, train=train)
        blobs, params = shapes(net)
        assert blobs[loss.score][1:] == ((41, 41) if train else (513, 513))
        found.append({k: v for k, v in params.items() if v})
    assert found[0] == found[1]


def test_only_the_multiscale_branches_learn():
    _, net = drawn(deeplab.largefov, [Head(21)], size=321, multiscale=True, train=True)
    learning = {k.name for k in net.layer if any(p.lr_mult for p in k.param)}
    parts = ("data", "pool1", "pool2", "pool3", "pool4")
    assert learning == {f"{p}_{end}" for p in parts for end in ("conv", "fc", "ms")}


@pytest.mark.parametrize("large", [False, True])
def test_the_context_module_starts_as_the_identity(large):
    n = caffe.NetSpec()
    n.scores = L.Input(shape=[dict(dim=[1, 21, 66, 66])])
    dilation.context_module(n, n.scores, 21, large=large, identity=True)
    net = n.to_proto()
    blobs, _ = shapes(net)
    assert list(blobs.values())[-1] == (21, 66, 66)
    for layer in net.layer:
        if layer.type == "Convolution":
            p = layer.convolution_param
            assert (p.weight_filler.type, p.weight_filler.num_groups) == ("identity", 21)
            assert p.weight_filler.std == pytest.approx(0.01 * 21 / p.num_output)


def test_crfrnn_continues_fcn8s():
    _, net = drawn(crfrnn.crfrnn, [Head(21)], iterations=5, size=(333, 500))
    layers = {k.name: k for k in net.layer}
    assert {"score_fr", "score_pool4", "score_pool3", "upscore8", "score"} <= set(layers)
    crf = layers["inference1"]
    assert list(crf.bottom) == ["unary", "Q0", "data"]
    p = crf.multi_stage_meanfield_param
    assert p.num_iterations == 5 and p.spatial_filter_weights_str.split() == ["3"] * 21
    assert p.bilateral_filter_weights_str.split() == ["5"] * 21
    blobs, _ = shapes(net)
    assert blobs["pred"] == (21, 333, 500)
