"""The CRF behind a net: against exact kernels in NumPy, its settings and their search."""

import json

import numpy as np
import pytest

from data.errors import DataError
from training import crf, crf_search
from training.crf import DenseCRF, Settings

RANDOM = np.random.default_rng(3)


def scene(height=14, width=16):
    """Noisy scores of two classes, the picture of two colours, and the truth."""
    truth = np.arange(width) >= width // 2
    image = RANDOM.normal(0, 4, (3, height, width))
    image += truth * np.array([40, -30, 20])[:, None, None] + 100
    scores = (
        RANDOM.normal(0, 1, (3, height, width)) + np.stack([~truth, truth, truth & False])[:, None]
    )
    return scores.astype(np.float32), image.astype(np.float32), np.tile(truth, (height, 1)) * 1


def exact(scores, image, s):
    """Mean-field with Gaussian kernels between all pairs of pixels, each averaged."""
    classes, height, width = scores.shape
    y, x = np.mgrid[:height, :width]
    place = np.stack([x.ravel(), y.ravel()], 1)
    colour = image.reshape(3, -1).T
    kernels = []
    for weight, points in (
        (s.pos_w, place / s.pos_xy_std),
        (s.bi_w, np.hstack([place / s.bi_xy_std, colour / s.bi_rgb_std])),
    ):
        kernel = np.exp(-((points[:, None] - points[None]) ** 2).sum(2) / 2)
        kernels.append((weight, kernel / kernel.sum(1, keepdims=True)))
    rows = scores.reshape(classes, -1).T.astype(np.float64)
    q = np.exp(rows) / np.exp(rows).sum(1, keepdims=True)
    for _ in range(s.max_iter):
        total = np.exp(rows + sum(w * k @ q for w, k in kernels))
        q = total / total.sum(1, keepdims=True)
    return q.T.reshape(scores.shape)


@pytest.mark.parametrize(
    "settings", [Settings(5, 2, 8, 12, 1, 2), Settings(10, 0.5, 6, 20, 0.5, 3)]
)
def test_mean_field_comes_near_the_exact_one(settings):
    scores, image, truth = scene()
    got, want = DenseCRF(settings)(scores, image), exact(scores, image, settings)
    assert np.abs(got - want).mean() < 0.02 and np.abs(got - want).max() < 0.2
    assert (got.argmax(0) == want.argmax(0)).mean() > 0.98
    assert (got.argmax(0) == truth).mean() > (scores.argmax(0) == truth).mean() + 0.05


def test_the_presets_are_their_authors_numbers():
    assert crf.PRESETS["deeplab"] == Settings(10, 5, 50, 10, 3, 3)
    assert crf.PRESETS["ccnn"] == Settings(10, 35, 61, 10, 15, 19)


def test_another_size_and_the_mean_change_nothing():
    refine = DenseCRF(Settings())
    first, second = scene(6, 8), scene(9, 7)
    alone = DenseCRF(Settings())(*second[:2])
    refine(*first[:2])
    np.testing.assert_array_equal(refine(*second[:2]), alone)
    moved = refine(second[0], second[1] - np.array([104, 117, 123])[:, None, None])
    # The lattice's cells move, the kernels do not.
    assert (moved.argmax(0) == alone.argmax(0)).mean() > 0.95


def test_pictures_that_do_not_fit_are_refused():
    scores, image, _ = scene(6, 8)
    with pytest.raises(DataError, match=r"colour picture of the scores' size, \(6, 8\)"):
        DenseCRF(Settings())(scores, image[:1])
    with pytest.raises(DataError, match=r"given one of shape \(3, 6, 7\)"):
        DenseCRF(Settings())(scores, image[:, :, 1:])


def test_search_finds_better_settings_and_a_run_remembers_them(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_RUNS", str(tmp_path))
    pictures = [crf_search.Picture(*scene()) for _ in range(2)]
    start, lines = Settings(3, 1, 0.5, 12, 0.01, 2), []
    best = crf_search.search(pictures, start, lines.append)
    assert best.mean_iu > crf_search.score(pictures, start).mean_iu + 0.1
    assert best == crf_search.score(pictures, best.settings)
    assert lines[0].split() == ["bi_w", "bi_xy_std", "bi_rgb_std", "mean", "IU", "boundary", "IU"]
    assert len(lines) > 8 and lines[1].endswith("the net alone")
    assert crf.named("", "mine") == crf.PRESETS["deeplab"]
    crf.write(tmp_path / "mine" / crf.FILE, best.settings)
    assert crf.named("", "mine") == best.settings
    assert crf.named("ccnn", "mine") == crf.PRESETS["ccnn"]


def test_settings_that_are_none_are_refused(tmp_path):
    with pytest.raises(DataError, match="no CRF preset 'deplab'; did you mean 'deeplab'"):
        crf.named("deplab", "mine")
    for content in ([], dict(bi_w=1), dict.fromkeys(vars(Settings()), "3")):
        (tmp_path / "crf.json").write_text(json.dumps(content))
        with pytest.raises(DataError, match="expected numbers for bi_rgb_std"):
            crf.read(tmp_path / "crf.json")


def test_a_caffe_without_the_layer_is_named(monkeypatch):
    monkeypatch.setattr("caffe.layer_type_list", lambda: ["Input", "Softmax"])  # of a BVLC build
    with pytest.raises(DataError, match="a layer DenseCRF, which a BVLC build"):
        DenseCRF(Settings())
