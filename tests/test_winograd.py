"""Winograd's convolution is the direct one, at every size and padding, in optimized nets alone."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import caffe
from caffe._caffe.core import winograd

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 128 dim: 40 dim: 36 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
  num_output: 130 kernel_size: 3 pad: 1 weight_filler { type: "msra" }
  bias_filler { type: "gaussian" std: 0.1 } %s } }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param {
  filler { type: "uniform" min: 0.5 max: 2 } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "top" type: "Convolution" bottom: "conv" top: "top" convolution_param {
  num_output: 2 kernel_size: 1 weight_filler { type: "msra" } } }
"""  # noqa: E501


@pytest.mark.parametrize("size", [(3, 4), (4, 4), (5, 9), (8, 15), (18, 3), (33, 34)])
@pytest.mark.parametrize("pad", [(0, 0), (1, 1), (2, 5)])
def test_it_is_the_direct_convolution(size, pad, monkeypatch):
    monkeypatch.setattr(winograd, "STRIP", 36 * 8 * 3)  # several strips, the last one shorter
    draws = np.random.default_rng(5)
    x = torch.from_numpy(draws.standard_normal((2, 8, *size)))
    weight = torch.from_numpy(draws.standard_normal((5, 8, 3, 3)))
    bias = torch.from_numpy(draws.standard_normal(5))
    monkeypatch.setattr(winograd, "MEMORY", 3 * 4 * 36 * 5)  # channels in three parts
    assert not winograd.fits(weight) and winograd.fits(weight[:, :3])
    for shift, filters in ((bias, winograd.transform(weight)), (None, weight), (bias, weight)):
        want = F.conv2d(x, weight, shift, padding=pad)
        found = winograd.convolve(x, filters, shift, pad)
        assert found.shape == want.shape
        torch.testing.assert_close(found, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("pad", [(0, 0), (1, 2)])
def test_its_adjoint_is_the_gradient_by_the_bottom(pad):
    draws = np.random.default_rng(5)
    x = torch.from_numpy(draws.standard_normal((2, 3, 7, 10))).requires_grad_()
    weight = torch.from_numpy(draws.standard_normal((5, 3, 3, 3)))
    y = F.conv2d(x, weight, padding=pad)
    dy = torch.from_numpy(draws.standard_normal(y.shape))
    (want,) = torch.autograd.grad(y, x, dy)
    torch.testing.assert_close(winograd.adjoint(dy, weight, pad), want, rtol=0, atol=1e-12)


def test_its_error_in_float32_is_a_few_units():
    draws = np.random.default_rng(6)
    x = torch.from_numpy(draws.standard_normal((1, 128, 20, 21), dtype=np.float32)).relu()
    weight = torch.from_numpy(draws.standard_normal((128, 128, 3, 3), dtype=np.float32))
    want = F.conv2d(x.double(), weight.double(), padding=1)
    found = winograd.convolve(x, winograd.transform(weight), None, (1, 1))
    assert (found - want).abs().max() < 6e-6 * want.abs().max()


@pytest.fixture
def make(tmp_path):
    def build(options=""):
        (tmp_path / "net.prototxt").write_text(NET % options)
        caffe.set_random_seed(2)
        net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
        net.blobs["data"].data[...] = np.random.default_rng(3).standard_normal((1, 128, 40, 36))
        return net

    yield build
    caffe.set_precision("float32")


def count_calls(monkeypatch):
    calls = []
    plain = winograd.convolve
    monkeypatch.setattr(winograd, "convolve", lambda *args: calls.append(1) or plain(*args))
    return calls


def test_an_optimized_net_uses_it_with_what_is_folded_in(make, monkeypatch):
    calls, net = count_calls(monkeypatch), make()
    want = net.forward()["top"].copy()
    assert not calls
    net.optimize()
    for _ in range(2):
        np.testing.assert_allclose(net.forward()["top"], want, atol=1e-5 * np.abs(want).max())
    assert len(calls) == 2
    net.params["conv"][0].data[...] *= -1  # another call makes it follow
    net.optimize()
    np.testing.assert_array_less(1e-3, np.abs(net.forward()["top"] - want).max())
    net.blobs["data"].reshape(2, 128, 6, 5)
    assert net.forward()["top"].shape == (2, 2, 6, 5)
    calls.clear()
    caffe.set_precision("bf16")
    net.forward()
    assert not calls


def test_maps_smaller_than_the_filters_stay_direct(make, monkeypatch):
    calls, net = count_calls(monkeypatch), make()
    net.blobs["data"].reshape(1, 128, 9, 7)
    net.reshape()
    net.optimize()
    net.forward()
    assert not calls


@pytest.mark.parametrize("options", ["stride: 2", "dilation: 2", "group: 2", "kernel_h: 1"])
def test_other_convolutions_stay_direct(make, monkeypatch, options):
    calls = count_calls(monkeypatch)
    options = options if "kernel" not in options else "kernel_h: 1 kernel_w: 3"
    text = NET.replace("kernel_size: 3", "") if "kernel_h" in options else NET
    monkeypatch.setattr(f"{__name__}.NET", text)
    net = make(options)
    net.optimize()
    net.forward()
    assert not calls
