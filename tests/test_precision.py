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
    def build(phase=caffe.TRAIN, text=NET):
        (tmp_path / "net.prototxt").write_text(text)
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


# Every layer that takes maps channels last and in bfloat16, and some that do not (Softmax, TanH).
MIXED = """
layer { name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 3 dim: 17 dim: 15 } shape { dim: 2 dim: 5 dim: 8 dim: 7 }
  data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 0.3 } } }
layer { name: "conv1" type: "Convolution" bottom: "x" top: "conv1" convolution_param {
  num_output: 8 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param {
  pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "left" type: "Convolution" bottom: "pool1" top: "left" convolution_param {
  num_output: 8 kernel_size: 3 pad: 1 group: 2 weight_filler { type: "msra" } } }
layer { name: "leaky" type: "ReLU" bottom: "left" top: "left" relu_param { negative_slope: 0.1 } }
layer { name: "right" type: "Pooling" bottom: "pool1" top: "right" pooling_param {
  pool: AVE kernel_size: 3 stride: 1 pad: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "left" bottom: "right" top: "sum" eltwise_param {
  coeff: 1 coeff: 0.5 } }
layer { name: "both" type: "Concat" bottom: "sum" bottom: "pool1" top: "both" }
layer { name: "drop" type: "Dropout" bottom: "both" top: "both" dropout_param {
  dropout_ratio: 0.25 } include { phase: TEST } }
layer { name: "up" type: "Deconvolution" bottom: "both" top: "up" convolution_param {
  num_output: 5 kernel_size: 4 stride: 2 weight_filler { type: "msra" } } }
layer { name: "cut" type: "Crop" bottom: "up" bottom: "t" top: "cut" crop_param {
  axis: 2 offset: 3 } }
layer { name: "tanh" type: "TanH" bottom: "cut" top: "tanh" }
layer { name: "loss" type: "EuclideanLoss" bottom: "tanh" bottom: "t" top: "loss" }
"""


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_bf16_is_close_through_every_layer_that_passes_it_on(make, phase):
    net = make(phase, MIXED)
    exact = run(net)
    caffe.set_precision("bf16")
    for rounded in (run(net), run(net)):
        for name, values in rounded.items():
            assert values.dtype == np.float32 and values.flags.c_contiguous
            scale = np.abs(exact[name]).max()
            np.testing.assert_allclose(
                values, exact[name], atol=16 * BFLOAT16 * scale, err_msg=name
            )
    for name in ("conv1", "pool1", "up", "cut"):  # rounded, then only chosen among
        assert is_narrow(rounded[name]), name
    assert not is_narrow(rounded["right"]) and not is_narrow(rounded["sum"])


def test_a_layer_in_place_behind_a_split_is_seen_by_its_other_readers(make):
    """As in BVLC, where both are one memory: the sum is twice what the layer left."""
    net = make(caffe.TEST, """
layer { name: "data" type: "DummyData" top: "x" dummy_data_param {
  shape { dim: 1 dim: 3 dim: 6 dim: 5 } data_filler { type: "gaussian" std: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" convolution_param {
  num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "split" type: "Split" bottom: "conv" top: "a" top: "b" }
layer { name: "relu" type: "ReLU" bottom: "a" top: "a" }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }
""")  # fmt: skip
    caffe.set_precision("bf16")
    net.forward()
    assert (net.blobs["conv"].data >= 0).all() and net.blobs["a"].data.any()
    np.testing.assert_array_equal(net.blobs["sum"].data, 2 * net.blobs["a"].data)


def test_an_optimized_net_is_close_in_both_precisions(make):
    wanted = {}
    for optimized in (False, True):
        for precision in ("float32", "bf16"):
            caffe.set_precision(precision)
            net = make(caffe.TEST, MIXED)
            if optimized:
                net.optimize(keep=["cut"])
            caffe.set_random_seed(4)
            net.forward()
            found = net.blobs["cut"].data
            if not optimized:
                wanted[precision] = found.copy()
            else:
                near = 1e-5 if precision == "float32" else 4 * BFLOAT16
                scale = np.abs(wanted[precision]).max()
                np.testing.assert_allclose(found, wanted[precision], atol=near * scale)


def test_an_unknown_precision_names_the_nearest(capfd):
    with pytest.raises(caffe.CaffeError, match="did you mean 'bf16'"):
        caffe.set_precision("fp16")
    assert caffe_cli.main(["time", "-model", "no.prototxt", "-precision", "float23"]) == 1
    assert "did you mean 'float32'" in capfd.readouterr().err
