"""Net functions of the successors: strides and dilations, sizes that fit, what learns how fast."""

from dataclasses import replace

import pytest
from net_shapes import shapes

import caffe
import experiments
from caffe import layers as L
from experiments import Head
from nets import crfrnn, deeplab, deeplabv3, dilation, generate, pspnet
from nets.conv_bn import ConvBN
from nets.outputs import Loss
from nets.resnet import resnet


def drawn(draw, *arguments, size=513, **options):
    """What `draw` returns, and the net that it gives over pictures (and labels) of `size`."""
    n = caffe.NetSpec()
    height, width = (size, size) if isinstance(size, int) else size
    n.data = L.Input(shape=[dict(dim=[1, 3, height, width])])
    n.label = L.Input(shape=[dict(dim=[1, 1, height, width])])
    result = draw(n, *arguments, **options)
    return result, n.to_proto()


def trunk(size=513, **options):
    return drawn(lambda n: resnet(n, n.data, **options), size=size)[1]


def dilations(net, ending):
    """{layer: dilation} of the layers whose name ends so."""
    found = {}
    for layer in net.layer:
        if layer.type == "Convolution" and layer.name.endswith(ending):
            p = layer.convolution_param
            found[layer.name] = (list(p.dilation) or [1])[0]
            assert list(p.pad) == [found[layer.name]], "a 3x3 convolution keeps the size"
    return found


# -- ResNet


@pytest.mark.parametrize("stem, names", [("deep", "conv{}_"), ("stock", "res{}")])
@pytest.mark.parametrize("output_stride, rates", [(32, (1, 1)), (16, (1, 2)), (8, (2, 4))])
def test_stages_dilate_beyond_the_output_stride(stem, names, output_stride, rates):
    net = trunk(stem=stem, output_stride=output_stride)
    found = dilations(net, "_3x3" if stem == "deep" else "_branch2b")
    for stage, rate in zip((2, 3, 4, 5), (1, 1, *rates), strict=True):
        stages = [v for k, v in found.items() if k.startswith(names.format(stage))]
        assert stages == [rate] * {2: 3, 3: 4, 4: 6, 5: 3}[stage]


@pytest.mark.parametrize("depth", [50, 101])
@pytest.mark.parametrize("stem", ["deep", "stock"])
def test_output_stride_and_normalisation_change_no_convolution(depth, stem):
    reference = None
    for output_stride in (32, 16, 8):
        for bn in ("BN", "BatchNorm"):
            net = trunk(depth=depth, stem=stem, output_stride=output_stride, bn=bn, pool_pad=1)
            blobs, params = shapes(net)
            assert list(blobs.values())[-1] == (2048,) + (512 // output_stride + 1,) * 2
            learned = {k.removesuffix("/bn").removesuffix("/scale"): v for k, v in params.items()}
            learned = {k.replace("scale", "bn"): v for k, v in learned.items() if v}
            total = sum(params.values())
            reference = reference or total
            assert total == reference


def test_unit_names_of_the_published_models():
    names = {k.name for k in trunk(depth=101, stem="stock", bn="BatchNorm").layer}
    assert {"res3a_branch1", "bn3a_branch1", "scale3a_branch1", "res3b3", "res4b22_branch2c",
            "res4b22_branch2a_relu", "bn_conv1", "scale_conv1", "conv1_relu"} <= names  # fmt: skip
    assert {"res2b", "res5c"} <= names and not {"res3b", "res2b1", "res3b4"} & names
    names = {k.name for k in trunk(depth=50, stem="stock").layer}
    assert {"res3d", "res4f", "bn4f_branch2c"} <= names and not {"res4g", "res4b1"} & names


def test_multi_grid_and_extra_stages():
    net = trunk(output_stride=16, multi_grid=(1, 2, 1), extra=3)
    found = dilations(net, "_3x3")
    for stage, rate in zip((5, 6, 7, 8), (2, 4, 8, 16), strict=True):
        assert [found[f"conv{stage}_{i}_3x3"] for i in (1, 2, 3)] == [rate, 2 * rate, rate]
    names = {k.name for k in net.layer}
    assert "conv5_1_1x1_proj" in names and "conv6_1_1x1_proj" not in names
    _, params = shapes(net)
    copies = [sum(v for k, v in params.items() if k.startswith(f"conv{s}_")) for s in (6, 7, 8)]
    unit = 2048 * 512 + 512 * 512 * 9 + 512 * 2048 + 2 * (512 + 512 + 2048)
    assert copies == [3 * unit] * 3


@pytest.mark.parametrize(
    "options, message",
    [
        (dict(depth=34), "ResNet-34: expected one of 50, 101"),
        (dict(stem="shallow"), "stem 'shallow': expected one of deep, stock"),
        (dict(output_stride=4), "output stride 4"),
        (dict(multi_grid=(1, 2)), r"multi_grid \(1, 2\): expected 3 rates"),
        (dict(bn="GroupNorm"), "normalisation 'GroupNorm': expected one of BN, BatchNorm"),
    ],
)
def test_refusals_of_the_trunk(options, message):
    with pytest.raises(ValueError, match=message):
        trunk(**options)


def test_frozen_normalisation_does_not_learn():
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 9, 9])])
    ConvBN(n, "resnet", "BatchNorm", frozen=True)("res2a_branch1", n.data, 4)
    _, conv, bn, scale, relu = n.to_proto().layer
    assert (bn.name, scale.name, relu.name) == (
        "bn2a_branch1", "scale2a_branch1", "res2a_branch1_relu")  # fmt: skip
    assert bn.batch_norm_param.use_global_stats
    assert [p.lr_mult for p in scale.param] == [0, 0] and scale.scale_param.bias_term
    assert [p.lr_mult for p in conv.param] == [1] and not conv.convolution_param.bias_term

    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 9, 9])])
    ConvBN(n, bn="BatchNorm", frozen=False, momentum=0.9)("conv", n.data, 4, rate=10)
    _, _, bn, scale, _ = n.to_proto().layer
    assert (bn.name, scale.name) == ("conv/bn", "conv/scale")
    assert not bn.batch_norm_param.HasField("use_global_stats")
    assert bn.batch_norm_param.moving_average_fraction == pytest.approx(0.9)
    assert [p.lr_mult for p in scale.param] == [10, 10]


# -- PSPNet


def test_pspnet_trains_with_two_losses():
    losses, net = drawn(
        pspnet.pspnet, [Head(19)], size=89, crop=89, depth=50, auxiliary=True, frozen=False
    )
    assert losses == [Loss("conv6_interp"), Loss("conv6_aux_interp", "label", "loss_aux", 0.4)]
    blobs, _ = shapes(net)
    assert blobs["conv6_interp"] == blobs["conv6_aux_interp"] == (19, 89, 89)
    layers = {k.name: k for k in net.layer}
    assert list(layers["conv4_aux"].bottom) == ["conv4_6"]
    for name in ("conv6", "conv6_aux"):
        assert [p.lr_mult for p in layers[name].param] == [10, 20]
    for name in ("conv5_4", "conv5_3_pool1_conv", "conv4_aux"):
        assert [p.lr_mult for p in layers[name].param] == [10]
        assert [p.lr_mult for p in layers[name + "/bn"].param] == [10, 10, 0, 0]
    assert [p.lr_mult for p in layers["conv5_3_3x3"].param] == [1]
    assert not any(k.bn_param.frozen for k in net.layer if k.type == "BN")
    deep = {k.name: k for k in drawn(pspnet.pspnet, [Head(19)], crop=89, auxiliary=True)[1].layer}
    assert list(deep["conv4_aux"].bottom) == ["conv4_23"]


@pytest.mark.parametrize("crop, near", [(470, "425 or 473"), (475, "473 or 521"), (20, "41 or 89")])
def test_pspnet_refuses_crops_that_do_not_fit(crop, near):
    with pytest.raises(ValueError, match=f"crop {crop}: expected 48 k - 7 pixels, such as {near}"):
        pspnet.map_side(crop)


def test_pspnet_takes_exactly_the_crops_that_divide():
    fitting = []
    for crop in range(1, 800):
        try:
            side = pspnet.map_side(crop)
        except ValueError:
            continue
        assert (side - 1) * 8 + 1 == crop and not any(side % bins for bins in pspnet.BINS)
        fitting.append(crop)
    assert fitting == [48 * k - 7 for k in range(1, 17)]


# -- DeepLabv3


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
        deeplabv3.map_sides(crop, stride)


# -- DeepLab, dilation, CRF-RNN


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


# -- from a row to its nets


def pspnet_row():
    row = experiments.Experiment(
        "tiny-pspnet", "voc", "pspnet.pspnet", dict(crop=89, depth=50),
        train_options=dict(auxiliary=True, frozen=False), scores="conv6_interp", net_inputs=True,
        normalize=True,
    )  # fmt: skip
    return row, replace(experiments.data_of(row), deploy_size=(89, 89))


def test_training_differs_by_its_options_alone():
    train, val, deploy = (generate.net(*pspnet_row(), phase) for phase in generate.PHASES)
    losses = {
        phase: {k.name: (list(k.bottom), list(k.loss_weight)) for k in net.layer
                if k.type == "SoftmaxWithLoss"}
        for phase, net in (("train", train), ("val", val), ("deploy", deploy))
    }  # fmt: skip
    main = (["conv6_interp", "label"], [])
    second = (["conv6_aux_interp", "label"], [pytest.approx(0.4)])
    assert losses == dict(train={"loss": main, "loss_aux": second}, val={"loss": main}, deploy={})
    frozen = [{k.bn_param.frozen for k in net.layer if k.type == "BN"} for net in (train, val)]
    assert frozen == [{False}, {True}]
    assert list(deploy.input) == ["data"] and [list(s.dim) for s in deploy.input_shape] == [
        [1, 3, 89, 89]
    ]
    assert deploy.layer[0].name == "conv1_1_3x3_s2"


def test_heads_are_named_as_the_row_s_nets_name_them():
    _, data = pspnet_row()
    assert [head.score for head in data.heads] == ["conv6_interp"]
    assert [h.score for h in experiments.data_of(experiments.find("siftflow-fcn8s")).heads] == [
        "score_sem",
        "score_geo",
    ]
