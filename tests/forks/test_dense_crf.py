"""Dense CRFs: the lattice against a slow one and exact Gaussians; the layers in detail."""

import math

import numpy as np
import pytest
import torch
from crfkit import RANDOM, features, one_thread, picture  # noqa: F401
from gradcheck import build

from caffe._caffe.core.permutohedral import Lattice
from caffe._caffe.errors import LayerError


def slow_filter(points, values):
    """The lattice with a dictionary, point by point, in doubles (points apart from ties)."""
    points = [*points, *np.zeros((-len(points) % 4, points.shape[1]))]
    d, grid, homes = points[0].size, {}, []
    for i, point in enumerate(points):
        scaled = [
            p * math.sqrt(2 / 3) * (d + 1) / math.sqrt((j + 1) * (j + 2))
            for j, p in enumerate(point)
        ]
        lifted = np.array([sum(scaled[j:]) - (j and j * scaled[j - 1]) for j in range(d + 1)])
        base = np.round(lifted / (d + 1)) * (d + 1)
        order = sorted(range(d + 1), key=lambda j: base[j] - lifted[j])
        rank = np.argsort(order) + base.sum() / (d + 1)
        base += (d + 1) * ((rank < 0) * 1.0 - (rank > d))
        rank = (rank % (d + 1)).astype(int)
        rest = np.sort((lifted - base) / (d + 1))[::-1]
        weights = [1 + rest[-1] - rest[0], *(rest[:-1] - rest[1:])[::-1]]
        homes.append([])
        for r, weight in enumerate(weights):
            vertex = tuple((base + r - (d + 1) * (rank > d - r)).astype(int))
            total = grid.setdefault(vertex, np.zeros(values.shape[1]))
            if i < len(values):
                grid[vertex] = total + weight * values[i]
            homes[-1].append((vertex, weight))
    for axis in range(d + 1):
        step = np.ones(d + 1, int)
        step[axis] = -d
        absent = np.zeros(values.shape[1])
        grid = {
            v: g + sum(grid.get(tuple(np.array(v) + s * step), absent) for s in (1, -1)) / 2
            for v, g in grid.items()
        }
    scale = 1 + 2.0**-d
    return np.array([sum(w * grid[v] for v, w in home) / scale for home in homes[: len(values)]])


@pytest.mark.parametrize("count, d", [(60, 2), (61, 3), (43, 5), (90, 5)])
def test_lattice_is_that_of_a_slow_dictionary(count, d):
    points = RANDOM.normal(0, 1.5, (count, d)).astype(np.float32)
    values = RANDOM.standard_normal((count, 3)).astype(np.float32)
    lattice = Lattice(torch.from_numpy(points.T.copy()))
    got = lattice.filter(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(got, slow_filter(points, values), atol=2e-5)


def test_transposed_filter_is_the_transpose():
    lattice = Lattice(torch.from_numpy(RANDOM.normal(0, 2, (5, 50)).astype(np.float32)))
    identity = torch.eye(50)
    np.testing.assert_allclose(
        lattice.filter(identity).T, lattice.filter(identity, transposed=True), atol=1e-6
    )
    np.testing.assert_allclose(
        lattice.average(identity).T, lattice.average_transposed(identity), atol=1e-6
    )
    np.testing.assert_allclose(lattice.average(torch.ones(50, 1)), 1, atol=1e-6)


def gaussian(points):
    """Exact normalised kernel between all points (n x d), themselves included."""
    distance = ((points[:, None] - points[None]) ** 2).sum(2)
    kernel = np.exp(-distance / 2)
    return kernel / kernel.sum(1, keepdims=True)


@pytest.mark.parametrize("sigmas", [(3, 3), (8, 8, 12, 12, 12)])
def test_lattice_comes_near_the_exact_gaussian(sigmas):
    image = picture(16, 20) if len(sigmas) > 2 else None
    points = features(16, 20, sigmas, image)
    values = RANDOM.random((320, 4)).astype(np.float32)
    values[:, 0] = np.arange(320) % 20 > 9
    got = Lattice(points).average(torch.from_numpy(values)).numpy()
    want = gaussian(points.numpy().T.astype(np.float64)) @ values
    assert np.abs(got - want).max() < 0.08
    assert np.corrcoef(got[:, 0], want[:, 0])[0, 1] > 0.99


def exact_mean_field(score, kernels, rounds):
    rows = score[0].reshape(score.shape[1], -1).T.astype(np.float64)

    def softmax(x):
        e = np.exp(x - x.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    q = softmax(rows)
    for _ in range(rounds):
        q = softmax(rows + sum(w * k @ q for w, k in kernels))
    return q.T.reshape(score.shape)


DEEPLAB = "type: 'DenseCRF' dense_crf_param { max_iter: %d pos_w: 1 pos_xy_std: 2 bi_w: 2 "
DEEPLAB += "bi_xy_std: 8 bi_rgb_std: 12 %s }"


def deeplab(score, image, settings="", rounds=5, dim=None):
    dim = np.array(dim or [score.shape[2:]] * len(score), np.float32)
    return build(DEEPLAB % (rounds, settings), score, dim.reshape(len(score), 1, 1, 2), image)


def noisy_score(height=14, width=16):
    """Two classes, one on each half, under noise."""
    score = RANDOM.normal(0, 1, (1, 2, height, width)).astype(np.float32)
    score[0, 1, :, width // 2 :] += 1
    score[0, 0, :, : width // 2] += 1
    return score


def test_deeplabs_layer_comes_near_the_exact_crf():
    image, score = picture(14, 16)[None], noisy_score()
    (got,) = deeplab(score, image).forward()
    kernels = [
        (1, gaussian(features(14, 16, (2, 2)).numpy().T.astype(np.float64))),
        (2, gaussian(features(14, 16, (8, 8, 12, 12, 12), image[0]).numpy().T.astype(np.float64))),
    ]
    want = exact_mean_field(score, kernels, 5)
    assert np.abs(got - want).max() < 0.15 and np.abs(got - want).mean() < 0.02
    assert (got.argmax(1) == want.argmax(1)).mean() > 0.99
    truth = np.arange(16) >= 8
    before, after = (score.argmax(1) == truth).mean(), (got.argmax(1) == truth).mean()
    assert before < 0.85 < 0.98 < after


def test_deeplab_forms_of_the_result():
    image, score = picture(6, 7)[None], RANDOM.normal(0, 3, (1, 4, 6, 7)).astype(np.float32)
    (prob,) = deeplab(score, image).forward()
    np.testing.assert_allclose(prob.sum(1), 1, rtol=1e-5)
    run = deeplab(score, image, "output_probability: false")
    (log,) = run.forward()
    positive = prob > 0
    np.testing.assert_allclose(log[positive], np.log(prob[positive]), rtol=1e-4)
    (once,) = deeplab(score, image, rounds=0).forward()
    e = np.exp(score - score.max(1, keepdims=True))
    np.testing.assert_allclose(once, e / e.sum(1, keepdims=True), atol=1e-6)
    assert all(not d.any() for d in run.backward(log, propagate=[True] * 3))
    score[:, 1:] = score[:, :1] + np.float32([-19.9, -20.1, -1])[:, None, None]
    (far,) = deeplab(score, image, rounds=0).forward()
    assert far[:, 1].all() and not far[:, 2].any()  # what is below exp(-20) of the largest is 0


def test_deeplab_leaves_padding_out_and_takes_the_first_images_colours():
    image = np.stack([picture(6, 8), picture(6, 8) + 50])
    score = RANDOM.normal(0, 1, (2, 3, 6, 8)).astype(np.float32)
    (got,) = deeplab(score, image, dim=[(4, 5), (9, 9)]).forward()
    assert not got[0, :, 4:].any() and not got[0, :, :, 5:].any()
    (alone,) = deeplab(score[:1, :, :4, :5], image[:1, :, :4, :5]).forward()
    np.testing.assert_allclose(got[0, :, :4, :5], alone[0], atol=1e-6)
    (second,) = deeplab(score[1:], image[:1]).forward()
    np.testing.assert_allclose(got[1], second[0], atol=1e-6)


@pytest.mark.parametrize(
    "settings, image, dim, message",
    [
        ("pos_w: 1", (1, 3, 4, 5), None, "as many of pos_w and pos_xy_std, given 2, 1"),
        ("", (1, 4, 4, 5), None, r"colour image of shape \(1, 3, 4, 5\)"),
        ("", (1, 3, 5, 5), None, "colour image"),
        ("", None, None, "needs the image as third bottom"),
        ("bi_w: 1 bi_xy_std: 0 bi_rgb_std: 1", (1, 3, 4, 5), None, "every bi_xy_std > 0"),
    ],
)
def test_deeplab_refusals(settings, image, dim, message):
    images = [] if image is None else [np.zeros(image, np.float32)]
    text = "bottom: 's' bottom: 'd'" + " bottom: 'i'" * len(images)
    text += " " + DEEPLAB % (2, settings)
    with pytest.raises(LayerError, match=message):
        build(text, (1, 3, 4, 5), (1, 1, 1, 2), *images)


def test_deeplab_refuses_what_it_sees_only_in_forward():
    image = picture(4, 5)[None]
    with pytest.raises(LayerError, match="dim gives an item 9 x 2 pixels, the map has 4 x 5"):
        deeplab(np.zeros((1, 2, 4, 5), np.float32), image, dim=[(9, 2)]).forward()
    with pytest.raises(LayerError, match="16 bits"):
        deeplab(np.zeros((1, 2, 4, 5), np.float32), image * np.float32(np.nan)).forward()
    with pytest.raises(LayerError, match="16 bits"):
        deeplab(np.zeros((1, 2, 4, 5), np.float32), image * 1e6).forward()


CCNN = "type: 'DenseCRF' bottom: 's' bottom: 'i' "


def test_ccnns_layer_labels_as_the_exact_crf():
    image = np.clip(picture(14, 16)[None] + 100, 0, 255)
    score = np.concatenate([noisy_score(), np.full((1, 1, 14, 16), -9, np.float32)], 1)
    settings = "x_gauss: 2 y_gauss: 2 wt_gauss: 1 x_bilateral: 8 y_bilateral: 8 r_bilateral: 12 "
    settings += "g_bilateral: 12 b_bilateral: 12 wt_bilateral: 2"
    run = build(CCNN + f"densecrf_param {{ {settings} }}", score, image)
    (got,) = run.forward()
    colours = np.floor(image[0, ::-1]).astype(np.float32)
    kernels = [
        (1, gaussian(features(14, 16, (2, 2)).numpy().T.astype(np.float64))),
        (2, gaussian(features(14, 16, (8, 8, 12, 12, 12), colours).numpy().T.astype(np.float64))),
    ]
    want = exact_mean_field(score, kernels, 10).argmax(1)
    assert got.shape == (1, 1, 14, 16) and (got[:, 0] == want).mean() > 0.99
    with pytest.raises(LayerError, match="has no gradient"):
        run.backward(got, propagate=[True, False])


def test_ccnns_layer_is_recognised_by_its_bottoms_and_refuses():
    assert build(CCNN, (1, 3, 4, 4), (1, 3, 4, 4)).forward()[0].shape == (1, 1, 4, 4)
    with pytest.raises(LayerError, match="the score comes first"):
        build(CCNN, (1, 3, 4, 4), (1, 5, 4, 4))
    with pytest.raises(LayerError, match="needs a colour image"):
        build(CCNN, (1, 3, 4, 4), (1, 2, 4, 4))
    with pytest.raises(LayerError, match="r_bilateral > 0"):
        build(CCNN + "densecrf_param { r_bilateral: 0 }", (1, 3, 4, 4), (1, 3, 4, 4))
