"""Boundary IU against its definition by plain loops, and by hand."""

import numpy as np
import pytest

from data.boundary import boundary_counts, boundary_iu, in_band


def naive_band(labels, band):
    height, width = labels.shape
    near = np.zeros(labels.shape, bool)
    for y in range(height):
        for x in range(width):
            around = labels[max(0, y - band) : y + band + 1, max(0, x - band) : x + band + 1]
            near[y, x] = (around != labels[y, x]).any()
    return near


@pytest.mark.parametrize("band", [1, 3])
def test_counts_are_those_of_plain_loops(band):
    rs = np.random.RandomState(band)
    truth = np.kron(rs.randint(0, 3, (3, 4)), np.ones((6, 5), int))
    found = np.roll(truth, 1, axis=1)
    truth[4:9, 3:17] = 255
    filled = np.where(truth == 255, found, truth)
    near = [naive_band(m, band) & (truth != 255) for m in (filled, found)]
    want = np.zeros((3, 3), int)
    for c in range(3):
        a, b = near[0] & (filled == c), near[1] & (found == c)
        want[:, c] = (a & b).sum(), a.sum(), b.sum()
    np.testing.assert_array_equal(boundary_counts(truth, found, 3, band), want)
    assert want.min() > 0


def test_a_shifted_border_by_hand():
    truth, found = np.zeros((2, 30), int), np.zeros((2, 30), int)
    truth[:, 15:] = 1
    found[:, 17:] = 1
    assert in_band(truth)[0].nonzero()[0].tolist() == [12, 13, 14, 15, 16, 17]
    counts = boundary_counts(truth, found, 3)
    # class 0: 12..14 in the truth, 14..16 in the prediction; class 1: 15..17 and 17..19
    np.testing.assert_array_equal(counts, [[2, 2, 0], [6, 6, 0], [6, 6, 0]])
    np.testing.assert_array_equal(boundary_iu(counts), [0.2, 0.2, np.nan])


def test_the_picture_s_edge_and_void_are_no_border():
    truth = np.zeros((9, 9), np.uint8)
    truth[3:6] = 255
    assert not boundary_counts(truth, np.zeros((9, 9), np.uint8), 2).any()
    np.testing.assert_array_equal(
        boundary_counts(np.full((9, 9), 255), np.eye(9, dtype=int), 2), np.zeros((3, 2))
    )
