"""Folding normalisation into convolutions: values, the proof, and what cannot be folded."""

import numpy as np
import pytest
from test_surgery import make, quiet

import caffe
import nets.fold
import surgery
from caffe import layers as L
from caffe import params as P
from data.errors import ProjectError
from nets.load import net_of_text
from surgery import SurgeryError


def normalised(n):
    n.a = L.Convolution(n.data, num_output=4, kernel_size=3, bias_term=False)
    n.a_bn = L.BatchNorm(n.a, in_place=True, eps=1e-3)
    n.a_scale = L.Scale(n.a_bn, in_place=True, bias_term=True)
    n.a_relu = L.ReLU(n.a_scale, in_place=True)
    n.b = L.Convolution(n.a_relu, num_output=3, kernel_size=1)
    n.b_bn = L.BatchNorm(n.b, in_place=True)
    n.c = L.Convolution(n.a_relu, num_output=3, kernel_size=1)
    n.out = L.Eltwise(n.b_bn, n.c)


@pytest.fixture
def model(tmp_path):
    net = make(tmp_path, "net", normalised)
    for name in ("a_bn", "b_bn"):
        net.params[name][1].data[...] = np.abs(net.params[name][1].data) + 0.1
        net.params[name][2].data[...] = 2.5
    net.save(str(tmp_path / "net.caffemodel"))
    return net, tmp_path / "net.prototxt", tmp_path / "net.caffemodel"


def test_folded_parameters_are_the_closed_form(model, tmp_path):
    net, prototxt, weights = model
    out = tmp_path / "folder" / "out.caffemodel"
    assert surgery.convert_folded(prototxt, weights, out, log=quiet) < 1e-5
    param = nets.fold.without_normalisation(parse(prototxt))
    assert [layer.type for layer in param.layer].count("Convolution") == 3
    assert not {"BatchNorm", "Scale"} & {layer.type for layer in param.layer}
    plain = net_of_text(str(param), out)
    w = net.params["a"][0].data
    mean, variance, _ = (b.data for b in net.params["a_bn"])
    scale, shift = (b.data for b in net.params["a_scale"])
    factor = scale / np.sqrt(variance / 2.5 + 1e-3)
    got = plain.params["a"]
    np.testing.assert_allclose(got[0].data, w * factor[:, None, None, None], rtol=1e-5)
    np.testing.assert_allclose(got[1].data, shift - mean / 2.5 * factor, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(plain.params["c"][0].data, net.params["c"][0].data)
    data = np.random.RandomState(5).standard_normal((1, 3, 8, 8))
    for each in (net, plain):
        each.blobs["data"].data[...] = data
    np.testing.assert_allclose(net.forward()["out"], plain.forward()["out"], rtol=1e-3, atol=1e-4)


def parse(path):
    from google.protobuf import text_format

    from caffe.proto import caffe_pb2

    return text_format.Parse(path.read_text(), caffe_pb2.NetParameter())


def test_a_file_in_the_way_is_named(model, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SurgeryError, match="file/out: cannot be written: "):
        surgery.convert_folded(*model[1:], tmp_path / "file" / "out", log=quiet)


def test_a_wrong_fold_is_not_written(model, tmp_path, monkeypatch):
    _, prototxt, weights = model
    right = nets.fold.affine
    monkeypatch.setattr(nets.fold, "affine", lambda *a: (1.01 * right(*a)[0], right(*a)[1]))
    with pytest.raises(SurgeryError, match=r"blobs differ by .*nothing written"):
        surgery.convert_folded(prototxt, weights, tmp_path / "out.caffemodel", log=quiet)
    assert not (tmp_path / "out.caffemodel").exists()


def apart(n):
    n.a = L.Convolution(n.data, num_output=4, kernel_size=3)
    n.a_bn = L.BatchNorm(n.a)


def pooled(n):
    n.a = L.Convolution(n.data, num_output=4, kernel_size=3)
    n.p = L.Pooling(n.a, pool=P.Pooling.MAX, kernel_size=2)
    n.a_bn = L.BatchNorm(n.p, in_place=True)


@pytest.mark.parametrize("draw", [apart, pooled])
def test_what_cannot_be_folded_is_named(tmp_path, draw):
    net = make(tmp_path, "net", draw)
    net.save(str(tmp_path / "net.caffemodel"))
    with pytest.raises(SurgeryError, match=r"'a_bn' \(BatchNorm\): expected in place, behind"):
        surgery.convert_folded(
            tmp_path / "net.prototxt", tmp_path / "net.caffemodel", tmp_path / "out", log=quiet
        )


def test_another_nets_model_is_refused(model, tmp_path):
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 8, 8])])
    n.other = L.Convolution(n.data, num_output=4, kernel_size=3)
    (tmp_path / "other.prototxt").write_text(str(n.to_proto()))
    with pytest.raises(SurgeryError, match="holds no parameters for other"):
        surgery.convert_folded(tmp_path / "other.prototxt", model[2], tmp_path / "o", log=quiet)


# -- PSPNet's BN


@pytest.fixture
def with_bn(tmp_path):
    def draw(n):
        n["a"] = L.Convolution(n.data, num_output=4, kernel_size=3, bias_term=False)
        n["a/bn"] = L.BN(n.a, in_place=True, frozen=True, eps=1e-3)
        n["b"] = L.Convolution(n["a/bn"], num_output=3, kernel_size=1)
        n["other"] = L.BN(n.b, in_place=True, momentum=0.9, param=[dict(lr_mult=10)] * 2)

    net = make(tmp_path, "bn", draw)
    rs = np.random.RandomState(3)
    for name in ("a/bn", "other"):
        for blob, low in zip(net.params[name], (0.5, -1, -1, 0.5), strict=True):
            blob.data[...] = rs.uniform(low, low + 1, blob.data.shape)
    net.save(str(tmp_path / "bn.caffemodel"))
    return net, tmp_path / "bn.prototxt", tmp_path / "bn.caffemodel"


def test_bn_becomes_batchnorm_and_scale(with_bn, tmp_path):
    net, prototxt, weights = with_bn
    out = tmp_path / "plain.caffemodel"
    assert surgery.convert_bn(prototxt, weights, out, log=quiet) < 1e-5
    param = parse(tmp_path / "plain.prototxt")
    kinds = {k.name: k.type for k in param.layer if k.type in ("BN", "BatchNorm", "Scale")}
    assert kinds == {"a/bn": "BatchNorm", "a/scale": "Scale", "other": "BatchNorm",
                     "other/scale": "Scale"}  # fmt: skip
    frozen, learning = (k for k in param.layer if k.type == "BatchNorm")
    assert frozen.batch_norm_param.use_global_stats
    assert frozen.batch_norm_param.eps == pytest.approx(1e-3)
    assert not learning.batch_norm_param.use_global_stats
    assert learning.batch_norm_param.moving_average_fraction == pytest.approx(0.9)
    rates = [[p.lr_mult for p in k.param] for k in param.layer if k.type == "Scale"]
    assert rates[1] == [10, 10]
    plain = net_of_text(str(param), out)
    slope, _, mean, variance = (b.data.ravel() for b in net.params["a/bn"])
    np.testing.assert_array_equal(plain.params["a/bn"][0].data, mean)
    np.testing.assert_array_equal(plain.params["a/bn"][1].data, variance)
    assert plain.params["a/bn"][2].data == [1]
    np.testing.assert_array_equal(plain.params["a/scale"][0].data, slope)


def test_bn_folds_into_convolutions(with_bn, tmp_path):
    net, prototxt, weights = with_bn
    out = tmp_path / "folded.caffemodel"
    assert surgery.convert_folded(prototxt, weights, out, log=quiet) < 1e-5
    plain = net_of_text((tmp_path / "folded.prototxt").read_text(), out)
    assert set(plain.params) == {"a", "b"}
    slope, bias, mean, variance = (b.data.ravel() for b in net.params["a/bn"])
    factor = slope / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(
        plain.params["a"][1].data, bias - mean * factor, rtol=1e-4, atol=1e-5
    )


def test_nets_without_bn_are_refused(model, tmp_path):
    _, prototxt, weights = model
    with pytest.raises(SurgeryError, match="has no BN layers"):
        surgery.convert_bn(prototxt, weights, tmp_path / "x.caffemodel", log=quiet)
    assert not (tmp_path / "x.caffemodel").exists()


@pytest.mark.parametrize(
    "text, message",
    [(None, "net.prototxt: no such prototxt"), ("# Title\nplain words", "is no net's")],
)
def test_what_is_no_prototxt_is_named(tmp_path, text, message):
    if text:
        (tmp_path / "net.prototxt").write_text(text)
    with pytest.raises(ProjectError, match=message):
        nets.fold.convert_folded(tmp_path / "net.prototxt", tmp_path / "m", tmp_path / "out")
