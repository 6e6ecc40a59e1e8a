"""caffe.set_precision: what multiplies in bfloat16, what stays float32, and how close it is."""

import numpy as np
import pytest
import torch

import caffe
import caffe_cli

NET = """
layer { name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 4 dim: 7 dim: 7 } shape { dim: 2 dim: 3 }
  data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 0.3 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" convolution_param {
  num_output: 6 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "up" type: "Deconvolution" bottom: "conv" top: "up" convolution_param {
  num_output: 4 kernel_size: 2 stride: 2 weight_filler { type: "msra" } } }
layer { name: "tanh" type: "TanH" bottom: "up" top: "tanh" }
layer { name: "ip" type: "InnerProduct" bottom: "tanh" top: "ip" inner_product_param {
  num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
BFLOAT16 = 2.0**-8  # what rounding to 8 bits leaves uncertain, relatively


@pytest.fixture(autouse=True)
def float32_afterwards():
    yield
    caffe.set_precision("float32")


@pytest.fixture
def make(tmp_path):
    def build(phase=caffe.TRAIN):
        (tmp_path / "net.prototxt").write_text(NET)
        caffe.set_random_seed(3)
        return caffe.Net(str(tmp_path / "net.prototxt"), phase)

    return build


def run(net):
    caffe.set_random_seed(4)
    net.clear_param_diffs()
    net.forward()
    net.backward()
    blobs = {name: blob.data.copy() for name, blob in net.blobs.items()}
    diffs = {f"{k} {i}": b.diff.copy() for k, v in net.params.items() for i, b in enumerate(v)}
    return blobs | diffs


def is_narrow(values):
    """Tell whether float32 values all are bfloat16's: their lower 16 bits are zero."""
    return not (values.view(np.uint32) & 0xFFFF).any()


def test_bf16_is_close_and_only_where_it_is_said(make):
    net = make()
    exact = run(net)
    caffe.set_precision("bf16")
    rounded = run(net)
    for name, values in rounded.items():
        assert values.dtype == np.float32
        scale = np.abs(exact[name]).max()
        np.testing.assert_allclose(values, exact[name], atol=6 * BFLOAT16 * scale)
        narrow = name.split()[0] in ("conv", "up", "ip")  # and not data, TanH, loss
        assert is_narrow(values) == narrow, name
    assert not is_narrow(net.params["conv"][0].data)
    caffe.set_precision("float32")
    again = run(net)
    assert all(np.array_equal(again[name], exact[name]) for name in exact)


def test_products_are_torchs_in_bfloat16(make):
    net = make(caffe.TEST)
    caffe.set_precision("bf16")
    net.forward()
    x, weight, bias = (
        torch.from_numpy(a) for a in (net.blobs["x"].data, *(b.data for b in net.params["conv"]))
    )
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        want = torch.nn.functional.conv2d(x, weight, bias)
    assert want.dtype == torch.bfloat16
    np.testing.assert_array_equal(net.blobs["conv"].data, want.float().numpy())


def test_an_optimized_net_multiplies_in_bf16_too(make):
    net = make(caffe.TEST)
    caffe.set_precision("bf16")
    caffe.set_random_seed(4)
    want = net.forward(blobs=["up"])["up"].copy()
    net.optimize(keep=["up"])
    caffe.set_random_seed(4)
    assert np.array_equal(net.forward(blobs=["up"])["up"], want)


def test_an_unknown_precision_names_the_nearest(capfd):
    with pytest.raises(caffe.CaffeError, match="did you mean 'bf16'"):
        caffe.set_precision("fp16")
    assert caffe_cli.main(["time", "-model", "no.prototxt", "-precision", "float23"]) == 1
    assert "did you mean 'float32'" in capfd.readouterr().err
