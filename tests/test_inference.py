"""Scales, mirror images and windows, against plain loops over the published procedure."""

import argparse
import json
import math
import sys

import numpy as np
import pytest
import tiny
from PIL import Image

import caffe
import experiments
import infer
import score
from caffe import layers as L
from data.images import read_converted, to_net
from nets.load import forward, net_of_text
from training import inference, options
from training.inference import Procedure
from training.run import Run
from training.segment import Segmenter, is_softmax


def triangle(have, want):
    """Weights (want x have) of bilinear resizing; shrinking widens the triangle."""
    scale = have / want
    wide = max(scale, 1.0)
    made = np.zeros((want, have))
    for i in range(want):
        centre = (i + 0.5) * scale
        for j in range(have):
            made[i, j] = max(0.0, 1 - abs(j + 0.5 - centre) / wide)
        made[i] /= made[i].sum()
    return made


def slow_resize(maps, size):
    rows, columns = (triangle(*pair) for pair in zip(maps.shape[1:], size, strict=True))
    return np.einsum("yi,cij,xj->cyx", rows, maps.astype(float), columns)


def softmax(scores):
    powers = np.exp(scores.astype(float))
    return powers / powers.sum(0)


def slow(net, picture, scales, flip, crop, base):
    """`eval_sub.m` and `scale_process.m`, pixel by pixel where that is plainest."""
    own, total = picture.shape[1:], 0
    for scale in scales:
        long_side = base * scale + 1
        size = [math.floor(long_side / max(own) * side + 0.5) for side in own]
        image = slow_resize(picture, size)
        padded = np.zeros((3, max(size[0], crop), max(size[1], crop)))
        padded[:, : size[0], : size[1]] = image
        stride = math.ceil(crop * 2 / 3)
        grid = [math.ceil((side - crop) / stride) + 1 for side in padded.shape[1:]]
        sums, count = 0, np.zeros(padded.shape[1:])
        for gy in range(grid[0]):
            for gx in range(grid[1]):
                bottom = min(gy * stride + crop, padded.shape[1])
                right = min(gx * stride + crop, padded.shape[2])
                y, x = bottom - crop, right - crop
                part = padded[:, y:bottom, x:right]
                scores = run(net, part)
                if flip:
                    scores = scores + run(net, part[:, :, ::-1])[:, :, ::-1]
                here = np.zeros((len(scores), *padded.shape[1:]))
                here[:, y:bottom, x:right] = softmax(scores)
                sums = sums + here
                count[y:bottom, x:right] += 1
        found = slow_resize((sums / count)[:, : size[0], : size[1]], own)
        total = total + found / found.sum(0)
    return total / len(scales)


def run(net, picture):
    forward(net, {"data": picture})
    return net.blobs["score"].data[0].copy()


@pytest.fixture(scope="module")
def net():
    """Three classes; what a pixel gets depends on its surroundings, and on left and right."""
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 9, 9])])
    n.hidden = L.Convolution(n.data, num_output=4, kernel_size=3, pad=1, dilation=1)
    n.relu = L.ReLU(n.hidden, in_place=True)
    n.score = L.Convolution(n.relu, num_output=3, kernel_size=5, pad=2)
    made = net_of_text(str(n.to_proto()))
    rs = np.random.RandomState(0)
    for blobs in made.params.values():
        for blob in blobs:
            blob.data[...] = rs.standard_normal(blob.data.shape) * 0.1
    return made


def forward_of(net):
    def call(inputs):
        forward(net, inputs)
        return {"score": net.blobs["score"].data[0]}

    return call


@pytest.mark.parametrize(
    "size, scales, flip, crop, base",
    [
        ((20, 31), (1,), False, 13, 30),
        ((31, 20), (0.5, 1, 1.75), True, 13, 24),
        ((7, 9), (0.5, 1.5), True, 12, 8),
        ((12, 40), (1,), True, 16, 40),  # the shorter side is filled up
    ],
)
def test_the_procedure_is_the_published_one(net, size, scales, flip, crop, base):
    picture = np.random.RandomState(1).uniform(-9, 9, (3, *size)).astype(np.float32)
    procedure = Procedure(scales, flip, (crop, crop), base)
    passes = []
    got = procedure.probabilities(
        forward_of(net), {"data": picture}, {"score": True}, passes.append
    )["score"]
    want = slow(net, picture, scales, flip, crop, base)
    np.testing.assert_allclose(got, want, atol=2e-6)
    assert np.ptp(want) > 0.2
    assert len(passes) == procedure.passes(size) and set(passes) == {1}


def test_windows_overlap_by_a_third_and_the_last_is_pulled_back():
    assert Procedure(window=(473, 473)).windows((473, 1000)) == [(0, 0), (0, 316), (0, 527)]
    assert Procedure(window=(713, 713)).windows((1025, 713)) == [(0, 0), (312, 0)]
    assert Procedure(window=(9, 9)).windows((5, 4)) == [(0, 0)]
    assert Procedure(base=2048).scaled((1024, 2048), 0.5) == (513, 1025)
    assert Procedure(base=512).scaled((375, 500), 1) == (385, 513)
    assert Procedure().scaled((375, 500), 0.5) == (188, 250)
    assert str(Procedure((0.5, 1), True, (41, 89), 64)) == (
        "scales 0.5, 1, mirrored as well, windows of 41 x 89, longer side 64 x scale + 1"
    )


def test_whole_pictures_at_their_own_size(net):
    picture = np.random.RandomState(2).uniform(-9, 9, (3, 11, 14)).astype(np.float32)
    got = Procedure().probabilities(forward_of(net), {"data": picture}, {"score": True})["score"]
    np.testing.assert_allclose(got, softmax(run(net, picture)), atol=1e-6)
    mirrored = Procedure(flip=True).probabilities(
        forward_of(net), {"data": picture}, {"score": True}
    )["score"]
    both = run(net, picture) + run(net, picture[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(mirrored, softmax(both), atol=1e-6)


def test_probabilities_are_taken_as_they_are():
    """A net that ends in Softmax is averaged without a second one."""
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 4, 4])])
    n.prob = L.Softmax(n.data)
    net = net_of_text(str(n.to_proto()))
    assert is_softmax(net, "prob") and not is_softmax(net, "data")
    picture = np.random.RandomState(3).uniform(-2, 2, (3, 4, 4)).astype(np.float32)

    def call(inputs):
        forward(net, inputs)
        return {"prob": net.blobs["prob"].data[0]}

    got = Procedure(flip=True).probabilities(call, {"data": picture}, {"prob": False})["prob"]
    np.testing.assert_allclose(got, softmax(picture), atol=1e-6)


def test_memory_is_that_of_the_window(net):
    """No forward pass sees more than the window, whatever the picture's size."""
    seen = set()

    def call(inputs):
        seen.add(inputs["data"].shape)
        return forward_of(net)(inputs)

    picture = np.zeros((3, 50, 70), np.float32)
    Procedure((1, 2), True, (16, 20)).probabilities(call, {"data": picture}, {"score": True})
    assert seen == {(3, 16, 20)}


# -- the commands

TINY = dict(widths=(4, 4, 4, 4, 4), depths=(1, 1, 1, 1, 1), dense=8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A row with weights, of a net that takes any size."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCN_DATA", str(folder / "data"))
        patch.setenv("FCN_RUNS", str(folder / "runs"))
        tiny.shapes(tiny.Maker(folder / "data", size=(40, 48)))
        row = experiments.Experiment(
            "tiny-fcn32s", "shapes", "vgg_small.small_fcn", TINY, init=(), base_lr=0.1,
            normalize=True,
        )  # fmt: skip
        patch.setitem(experiments.EXPERIMENTS, row.name, row)
        run_ = Run(row, steps=2)
        run_.begin()
        run_.train()
        yield folder


def test_score_and_infer_take_scales_flip_and_window(trained, monkeypatch, capsys):
    def command(*words):
        monkeypatch.setattr(sys, "argv", [words[0], "tiny-fcn32s", *map(str, words[1:])])
        capsys.readouterr()
        (score if words[0] == "score" else infer).main()
        return capsys.readouterr().out

    saved, out, own = trained / "saved", trained / "out", trained / "runs/tiny-fcn32s/score.json"
    own.unlink()
    how = ["--scales", "0.5,1", "--flip", "--window", "32x40"]
    said = command("score", *how, "--save", saved, "--json", trained / "ms.json")
    assert "score: pixel acc." in said and "loss" not in said
    result = json.loads((trained / "ms.json").read_text())
    assert sum(map(sum, result["heads"]["score"]["confusion"])) == 2 * (40 * 48 - 5)
    assert not own.exists()

    picture = trained / "data/shapes/JPEGImages/a.jpg"
    command("infer", picture, *how, "--out", out, "--only", "labels")
    with Image.open(out / "a.png") as one, Image.open(saved / "a.png") as other:
        np.testing.assert_array_equal(np.array(one), np.array(other))
    segmenter = Segmenter("tiny-fcn32s", None, Procedure((0.5, 1.0), True, (32, 40)))
    pixels = read_converted(picture, 3)
    values = to_net(pixels, np.array(segmenter.input.mean))
    want = segmenter.probabilities({"data": values})["score"].argmax(0)
    np.testing.assert_array_equal(segmenter.segment(pixels)["score"], want)
    assert "loss" in command("score") and own.exists()


def test_options_are_read_and_refused():
    assert options.scales("0.5,1,1.75") == (0.5, 1.0, 1.75)
    assert options.window("713") == (713, 713) and options.window("1025x2049") == (1025, 2049)
    for wrong in ("", "0", "1,a", "-1", "99"):
        with pytest.raises(argparse.ArgumentTypeError, match="expected factors"):
            options.scales(wrong)
    for wrong in ("", "0", "7x", "axb", "1x2x3", "-5"):
        with pytest.raises(argparse.ArgumentTypeError, match="expected pixels"):
            options.window(wrong)
    assert inference.resize(np.ones((1, 2, 2)), (2, 2)).shape == (1, 2, 2)
