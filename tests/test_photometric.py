"""Variations of colours: closed forms of each kind, what they leave alone, and refusals."""

import random

import numpy as np
import pytest
import tiny
from tiny_layers import forward, voc

from layers.data_layer import ParameterError
from layers.photometric import draw_colours, recolour

LUMA = np.array([0.114, 0.587, 0.299])  # of BGR
PICTURE = np.random.RandomState(0).uniform(-100, 120, (3, 4, 5)).astype(np.float32)


class Fixed:
    """A random source that always gives the same number."""

    def __init__(self, value):
        self.value = value

    def uniform(self, least, most):
        assert (least, most) == (-1, 1)
        return self.value


def varied(spread, value=1.0):
    return recolour(PICTURE, *draw_colours(spread, Fixed(value)))


def chroma(picture):
    """I and Q of NTSC's YIQ, as a complex number per pixel."""
    b, g, r = picture.astype(np.float64)
    return (0.5957 * r - 0.2744 * g - 0.3213 * b) + 1j * (0.2115 * r - 0.5226 * g + 0.3111 * b)


def luma(picture):
    return np.tensordot(LUMA, picture.astype(np.float64), 1)


def test_nothing_varies_by_default():
    np.testing.assert_allclose(varied({}), PICTURE, atol=1e-4)


@pytest.mark.parametrize("value", [-1.0, 0.5])
def test_brightness_and_contrast(value):
    got = varied(dict(brightness=0.1, contrast=0.4), value)
    np.testing.assert_allclose(got, PICTURE * (1 + 0.4 * value) + 25.5 * value, atol=1e-3)


def test_without_saturation_only_the_luma_is_left():
    got = varied(dict(saturation=1), -1)
    np.testing.assert_allclose(got, np.broadcast_to(luma(PICTURE), (3, 4, 5)), atol=0.05)


@pytest.mark.parametrize("turn", [0.25, -0.1])
def test_hue_turns_the_chroma_and_leaves_the_luma(turn):
    got = varied(dict(hue=abs(turn)), np.sign(turn))
    np.testing.assert_allclose(luma(got), luma(PICTURE), atol=0.02)
    expected = chroma(PICTURE) * np.exp(2j * np.pi * turn)
    np.testing.assert_allclose(chroma(got), expected, atol=0.02)


def test_each_kind_draws_its_own_number():
    draw = random.Random(3)
    brightness, contrast, saturation, hue = (draw.uniform(-1, 1) for _ in range(4))
    spread = dict(brightness=0.2, contrast=0.3, saturation=0.4, hue=0.1)
    matrix, offset = draw_colours(spread, random.Random(3))
    assert offset == pytest.approx(51 * brightness)
    grey = matrix @ np.ones(3)  # stays grey, whatever its hue and saturation
    np.testing.assert_allclose(grey, 1 + 0.3 * contrast, rtol=1e-3)
    volume = (1 + 0.3 * contrast) ** 3 * (1 + 0.4 * saturation) ** 2
    assert np.linalg.det(matrix) == pytest.approx(volume, rel=1e-3)
    without, _ = draw_colours(dict(spread, hue=0), random.Random(3))
    assert np.abs(without - matrix).max() > 0.01 and hue


def test_a_layer_varies_pictures_and_not_labels(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    data = tiny.Maker(tmp_path, size=(24, 30))
    tiny.voc(data, "pascal/VOC2011", ["train", "val"], 21)
    jitter = dict(brightness=0.2, contrast=0.3, saturation=0.4, hue=0.05)
    plain, net, again = voc(data), voc(data, jitter=jitter), voc(data, jitter=jitter)
    for _ in range(3):
        same, got, repeated = ({k: v.copy() for k, v in forward(n).items()}
                               for n in (plain, net, again))  # fmt: skip
        np.testing.assert_array_equal(got["label"], same["label"])
        np.testing.assert_array_equal(got["data"], repeated["data"])
        assert np.abs(got["data"] - same["data"]).max() > 1
        # one affine map of colours explains the whole picture
        x = np.concatenate([same["data"][0].reshape(3, -1), np.ones((1, same["data"][0, 0].size))])
        y = got["data"][0].reshape(3, -1)
        fit = np.linalg.lstsq(x.T, y.T, rcond=None)[0]
        np.testing.assert_allclose(x.T @ fit, y.T, atol=0.05)
    scored, bare = voc(data, split="val", jitter=jitter), voc(data, split="val")
    np.testing.assert_array_equal(forward(scored)["data"], forward(bare)["data"])


@pytest.mark.parametrize(
    "jitter, message",
    [
        (0.3, "expected a dict of brightness"),
        (dict(hues=0.1), "unknown kind 'hues'.*hue"),
        (dict(hue=2), "hue 2: expected a number from 0 to 1"),
        (dict(contrast="much"), "contrast 'much'"),
    ],
)
def test_refusals(tmp_path, monkeypatch, jitter, message):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    data = tiny.Maker(tmp_path, size=(24, 30))
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    with pytest.raises(ParameterError, match=message):
        voc(data, jitter=jitter)


def test_cached_pictures_are_read_once_and_vary_as_others_do(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    data = tiny.Maker(tmp_path, size=(24, 30))
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    varied = dict(jitter=dict(contrast=0.3), mirror=True, scale=(0.8, 1.2), crop=(16, 16))
    plain, cached = voc(data, **varied), voc(data, cache=True, **varied)
    layer, reads = cached.layers[0], []
    load = layer.load
    layer.load = lambda item: reads.append(item) or load(item)
    for _ in range(8):
        got, want = forward(cached), forward(plain)
        np.testing.assert_array_equal(got["data"], want["data"])
        np.testing.assert_array_equal(got["label"], want["label"])
    assert len(reads) < len(tiny.IDS) + 1 and len(layer.cached) == len(tiny.IDS)
