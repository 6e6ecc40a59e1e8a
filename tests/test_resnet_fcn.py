"""FCNs on the thin ResNet-50: the published trunk, what learns, where maps lie."""

import json
from pathlib import Path

import numpy as np
import pytest

import caffe
from caffe import layers as L
from experiments import Head
from nets import resnet_fcn, surgery
from nets.load import net_of_text

GOLDEN = Path(__file__).resolve().parent / "golden" / "nets" / "open_nsfw.json"


def drawn(draw, side=64):
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, side, side])])
    draw(n)
    return n.to_proto()


def trunk(**options):
    return drawn(lambda n: resnet_fcn.trunk(n, n.data, **options))


def test_the_normalised_trunk_is_the_published_one():
    found = {}
    for layer in trunk(normalised=True).layer[1:]:
        found[layer.name] = [layer.type]
        if layer.type == "Convolution":
            p = layer.convolution_param
            pad = (list(p.pad) or [0])[0]
            found[layer.name] += [p.num_output, p.kernel_size[0], (list(p.stride) or [1])[0], pad]
            assert p.bias_term
    assert found == json.loads(GOLDEN.read_text())


def test_the_plain_trunk_is_that_without_normalisation():
    normalised = [k.name for k in trunk(normalised=True).layer if k.type == "Convolution"]
    plain = trunk()
    assert [k.name for k in plain.layer if k.type == "Convolution"] == normalised
    assert {k.type for k in plain.layer} == {"Input", "Convolution", "ReLU", "Pooling", "Eltwise"}


@pytest.mark.parametrize("output_stride, rates", [(32, (1, 1)), (16, (1, 2)), (8, (2, 4))])
def test_stages_dilate_beyond_the_output_stride(output_stride, rates):
    for layer in trunk(output_stride=output_stride).layer:
        if layer.name.startswith("conv") and layer.name.endswith("branch2b"):
            stage = int(layer.name[len("conv_stage")])
            rate = (1, 1, *rates)[stage]
            p = layer.convolution_param
            assert ((list(p.dilation) or [1])[0], list(p.pad)) == (rate, [rate]), layer.name


@pytest.mark.parametrize("normalised", [False, True])
def test_fixed_stages_do_not_learn(normalised):
    for layer in trunk(fixed=2, rate=0.1, normalised=normalised).layer:
        fixed = layer.name.endswith("_1") or "stage0" in layer.name
        if layer.type in ("Convolution", "Scale"):
            assert {p.lr_mult == 0 for p in layer.param} == {fixed}, layer.name
        if layer.type == "BatchNorm":
            assert layer.batch_norm_param.use_global_stats == fixed


def test_refusals():
    with pytest.raises(ValueError, match="output stride 4: expected one of"):
        trunk(output_stride=4)
    with pytest.raises(ValueError, match="stride 4: expected one of"):
        drawn(lambda n: resnet_fcn.fcn(n, [Head(2)], stride=4))


def impulse(net, layer, at):
    """Rows of `score` that one hot pixel of the score map `layer` reaches, weighted."""
    net.blobs[layer].data[...] = 0
    net.blobs[layer].data[0, 0, at, at] = 1
    after = next(n for n, bottoms in net.bottom_names.items() if layer in bottoms)
    net.forward(start=after)
    profile = net.blobs["score"].data[0, 0].sum(1)
    return float((profile * np.arange(len(profile))).sum() / profile.sum())


@pytest.mark.parametrize("stride", [32, 16, 8])
def test_scores_lie_where_the_trunk_saw_them(stride):
    """A pixel i of the map of stride s interpolates about pixel s i + 2 of the picture."""
    text = str(drawn(lambda n: resnet_fcn.fcn(n, [Head(1)], stride=stride), side=160))
    net = net_of_text(text)
    surgery.interp(net, surgery.interp_layers(net))
    net.forward()
    last = "score_fr" if stride == 32 else f"fuse_stride{stride}"
    assert impulse(net, last, 2) == pytest.approx(2 * stride + 2, abs=1e-3)


def test_the_refined_net_takes_any_size_and_its_last_step_keeps_places():
    net = net_of_text(str(drawn(lambda n: resnet_fcn.refined(n, [Head(3)]))))
    surgery.interp(net, surgery.interp_layers(net))
    for height, width in ((64, 64), (61, 79)):
        net.blobs["data"].reshape(1, 3, height, width)
        net.forward()
        assert net.blobs["score"].data.shape == (1, 3, height, width)
    coarse, fine = net.blobs["score_fr"].data[0], net.blobs["score"].data[0]
    np.testing.assert_allclose(fine[:, ::2, ::2], coarse, rtol=1e-4, atol=1e-6)
