"""Winograd's convolution is the direct one, at every size and padding, in optimized nets alone."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import caffe
from caffe._caffe.core import winograd
from caffe._caffe.core.windows import Windows

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


def windows(pad, dilation=(1, 1)):
    return Windows((3, 3), (1, 1), pad, dilation)


def draw(*shape):
    return torch.from_numpy(np.random.default_rng(len(shape)).standard_normal(shape))


@pytest.mark.parametrize("size", [(3, 4), (4, 4), (5, 9), (8, 15), (18, 3), (33, 34)])
@pytest.mark.parametrize("pad, dilation", [((0, 0), (1, 1)), ((1, 1), (1, 1)), ((2, 5), (1, 3)),
                                           ((4, 3), (4, 2)), ((12, 18), (12, 18))])  # fmt: skip
@pytest.mark.parametrize("tile", winograd.TILES, ids=lambda tile: f"{tile.outputs}x{tile.outputs}")
def test_it_is_the_direct_convolution(size, pad, dilation, tile, monkeypatch):
    monkeypatch.setattr(winograd, "STRIP", 36 * 8 * 3)  # several strips, the last one shorter
    monkeypatch.setattr(winograd, "CHANNELS", 3)  # in three parts
    monkeypatch.setattr(winograd, "PART", 0)
    x, weight, bias = draw(2, 8, *size), draw(5, 8, 3, 3), draw(5)
    for shift in (bias, None):
        want = F.conv2d(x, weight, shift, padding=pad, dilation=dilation)
        found = winograd.convolve(x, weight, shift, windows(pad, dilation), tile)
        assert found.shape == want.shape
        torch.testing.assert_close(found, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("pad, dilation", [((0, 0), (1, 1)), ((1, 2), (1, 1)), ((2, 0), (2, 3))])
def test_its_adjoint_is_the_gradient_by_the_bottom(pad, dilation):
    x, weight = draw(2, 3, 7, 10).requires_grad_(), draw(5, 3, 3, 3)
    y = F.conv2d(x, weight, padding=pad, dilation=dilation)
    dy = draw(*y.shape)
    (want,) = torch.autograd.grad(y, x, dy)
    for tile in winograd.TILES:
        found = winograd.adjoint(dy, weight, windows(pad, dilation), tile)
        torch.testing.assert_close(found, want, rtol=0, atol=1e-12)


def test_the_tile_with_the_fewest_products_is_taken():
    weight = torch.zeros(256, 256, 3, 3)
    best = [
        winograd.best_tile(weight, (size, size), windows((d, d), (d, d)))
        for size, d in ((64, 1), (65, 2), (66, 11), (6, 1), (65, 36))
    ]
    four, three = winograd.TILES
    assert best == [four, four, three, None, None]
    assert winograd.best_tile(weight[:40], (64, 64), windows((1, 1))) is None
    assert winograd.best_tile(weight.bfloat16(), (64, 64), windows((1, 1))) is None


def test_tiles_end_before_the_map_where_the_rest_takes_fewer_products():
    """By hand: 17 values make 5 tiles of 4, or 4 and one value; 19 make 5 or 4 and three."""
    four, three = winograd.TILES
    cover = four.cover((65, 76), windows((4, 4), (4, 4)))  # maps of 17 and 16; of 19
    assert cover == ((4, 64), (5, 76))
    assert four.cost(cover, (65, 76), windows((4, 4), (4, 4))) == 16 * 4 * 5 * 36 + 76 * 9
    assert three.cover((2, 2), windows((1, 1))) == ((1, 2), (1, 2))


def test_taps_on_the_padding_are_not_counted():
    """By hand: 5 values, pad 2, steps of 2: the outer taps meet 3 values each, the middle one 5."""
    assert winograd._taps_inside(5, 2, 2) == 11
    assert winograd._taps_inside(5, 0, 1) == 9 and winograd._taps_inside(1, 1, 1) == 1


def test_its_error_in_float32_is_a_few_units():
    draws = np.random.default_rng(6)
    x = torch.from_numpy(draws.standard_normal((1, 128, 20, 21), dtype=np.float32)).relu()
    weight = torch.from_numpy(draws.standard_normal((128, 128, 3, 3), dtype=np.float32))
    want = F.conv2d(x.double(), weight.double(), padding=1)
    for tile in winograd.TILES:
        found = winograd.convolve(x, weight, None, windows((1, 1)), tile)
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


@pytest.mark.parametrize("options", ["pad: 1", "dilation: 2 pad: 2"])
def test_an_optimized_net_uses_it_with_what_is_folded_in(make, monkeypatch, options):
    monkeypatch.setattr(f"{__name__}.NET", NET.replace("pad: 1", ""))
    calls, net = count_calls(monkeypatch), make(options)
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


@pytest.mark.parametrize("options", ["stride: 2", "group: 2", "kernel_h: 1"])
def test_other_convolutions_stay_direct(make, monkeypatch, options):
    calls = count_calls(monkeypatch)
    options = options if "kernel" not in options else "kernel_h: 1 kernel_w: 3"
    text = NET.replace("kernel_size: 3", "") if "kernel_h" in options else NET
    monkeypatch.setattr(f"{__name__}.NET", text)
    net = make(options)
    net.optimize()
    net.forward()
    assert not calls
