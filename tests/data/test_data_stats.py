"""Counts, means and the upper bound, against figures worked out by hand and the definition."""

import json

import numpy as np
import pytest
from PIL import Image

from data import stats
from data.errors import DataError
from data.sets import ALL, shapes


def test_confusion_and_mean_iu_by_hand():
    truth = np.array([[0, 0, 1], [1, 2, 255]], np.uint8)
    guess = np.array([[0, 1, 1], [1, 1, 1]], np.uint8)
    matrix = stats.confusion(truth, guess, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert stats.mean_iu(matrix) == pytest.approx((1 / 2 + 2 / 4 + 0 / 1) / 3)
    assert np.isnan(stats.mean_iu(np.zeros((2, 2))))


def slowly(label, factor, classes):
    """The definition, pixel by pixel: shares of cells, bilinear between their centres."""
    height, width = label.shape
    rows, columns = -(-height // factor), -(-width // factor)
    share = np.zeros((rows, columns, classes))
    for r in range(rows):
        for c in range(columns):
            cell = label[r * factor : (r + 1) * factor, c * factor : (c + 1) * factor]
            known = cell[cell < classes]
            for k in known:
                share[r, c, k] += 1 / len(known)
    out = np.zeros(label.shape, np.uint8)
    for y in range(height):
        for x in range(width):
            fy = min(max((y + 0.5) / factor - 0.5, 0), rows - 1)
            fx = min(max((x + 0.5) / factor - 0.5, 0), columns - 1)
            r, c = int(fy), int(fx)
            r1, c1 = min(r + 1, rows - 1), min(c + 1, columns - 1)
            wy, wx = fy - r, fx - c
            mixed = (1 - wy) * ((1 - wx) * share[r, c] + wx * share[r, c1])
            mixed = mixed + wy * ((1 - wx) * share[r1, c] + wx * share[r1, c1])
            out[y, x] = mixed.argmax()
    return out


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_coarse_is_its_definition(factor):
    random = np.random.RandomState(3)
    label = random.randint(0, 3, (8, 10)).repeat(3, 0).repeat(3, 1)[:23, :29].astype(np.uint8)
    label[5:7, 4:9] = 255
    fast, slow = stats.coarse(label, factor, 3), slowly(label, factor, 3)
    # Ties between classes may fall either way with the rounding of the weights.
    assert (fast != slow).mean() < 0.02, np.argwhere(fast != slow)
    if factor == 1:
        assert (fast[label != 255] == label[label != 255]).all()


def test_a_straight_edge_between_cells_survives_and_a_small_thing_does_not():
    label = np.zeros((32, 32), np.uint8)
    label[:, 16:] = 1
    assert (stats.coarse(label, 8, 2) == label).all()
    label[:] = 0
    label[9:12, 9:12] = 1
    assert not stats.coarse(label, 8, 2).any()


@pytest.fixture
def data(tmp_path):
    shapes.generate(tmp_path / "shapes", train=4, val=3, singles=(0, 0), workers=1)
    return tmp_path


def test_the_tally_counts_every_pixel(data):
    data_set = ALL["shapes"]
    split = data_set.splits(data)[1]
    tally = stats.measure(data_set, data, split, (8,))
    figures = stats.summary(data_set, data, split, tally)
    label = np.concatenate([np.array(Image.open(p.label)).ravel() for p in split.pairs])
    pixels = np.concatenate([np.array(Image.open(p.image)).reshape(-1, 3) for p in split.pairs])
    assert figures["pictures"] == 3 and figures["pixels"] == label.size
    assert [c["pixels"] for c in figures["classes"]] == [int((label == k).sum()) for k in range(7)]
    assert figures["labelled"] == pytest.approx((label < 7).mean())
    assert np.allclose(figures["mean"]["image"], pixels.mean(0))
    matrix = sum(
        stats.confusion(t, stats.coarse(t, 8, 7), 7)
        for t in (np.array(Image.open(p.label)) for p in split.pairs)
    )
    assert figures["bound"]["8"] == pytest.approx(stats.mean_iu(matrix))
    assert sum(figures["sizes"].values()) == 3
    json.dumps(figures)


def test_the_report_names_what_never_occurs(data):
    data_set = ALL["shapes"]
    split = data_set.splits(data)[1]
    tally = stats.measure(data_set, data, split)
    tally.counts[3] = tally.holding[3] = 0
    text = "\n".join(stats.report(stats.summary(data_set, data, split, tally)))
    assert "ladder" in text and text.count("(never occurs)") >= 1
    assert "50.9   73.3   86.1   92.8   96.4   98.5   (a subset of VOC 2011 val)" in text


def test_a_label_out_of_range_sends_to_check(data):
    path = data / "shapes/SegmentationClass/val_00001.png"
    with Image.open(path) as image:
        size = image.size
    Image.new("L", size, 9).save(path)
    with pytest.raises(DataError, match="val_00001.png: label 9, .*`python -m data check shapes`"):
        stats.measure(ALL["shapes"], data, ALL["shapes"].splits(data)[1])


def test_plot(data):
    pytest.importorskip("matplotlib")
    data_set = ALL["shapes"]
    figures = [
        stats.summary(data_set, data, split, stats.measure(data_set, data, split, ()))
        for split in data_set.splits(data)
    ]
    stats.plot(figures, data / "bars.png")
    with pytest.raises(DataError, match="bars.txt: expected a name that ends in .png or .svg"):
        stats.plot(figures, data / "bars.txt")
    with Image.open(data / "bars.png") as image:
        assert min(image.size) > 200
