"""Net functions of ResNet and PSPNet: strides, dilations, sizes that fit, what learns how fast."""

import pytest
from drawkit import dilations, drawn
from net_shapes import shapes

import caffe
from caffe import layers as L
from experiments import Head
from nets import pspnet
from nets.conv_bn import ConvBN
from nets.outputs import Loss
from nets.resnet import resnet
from nets.sizes import map_sides


def trunk(size=513, **options):
    return drawn(lambda n: resnet(n, n.data, **options), size=size)[1]


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
    with pytest.raises(ValueError, match=f"{crop} pixels: expected 48 k - 7 .*such as {near}"):
        map_sides(crop, 8, 6)


def test_pspnet_takes_exactly_the_crops_that_divide():
    fitting = []
    for crop in range(1, 800):
        try:
            side, _ = map_sides(crop, 8, max(pspnet.BINS))
        except ValueError:
            continue
        assert (side - 1) * 8 + 1 == crop and not any(side % bins for bins in pspnet.BINS)
        fitting.append(crop)
    assert fitting == [48 * k - 7 for k in range(1, 17)]
