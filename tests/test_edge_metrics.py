"""Edge maps' scores against brute force: matching, thinning, suppression, the three figures."""

import itertools

import numpy as np
import pytest

from data import edge_maps
from data.edge_metrics import Counts, count, f_measure, match, scores


def best_matching(a, b, reach):
    """(pairs, total distance) of the best one-to-one matching, of all there are."""
    best = (0, 0.0)
    a, b = (a, b) if len(a) <= len(b) else (b, a)
    for chosen in itertools.permutations([*range(len(b)), *[None] * len(a)], len(a)):
        pairs = [(p, b[k]) for p, k in zip(a, chosen, strict=True) if k is not None]
        distances = [np.hypot(*(p - q)) for p, q in pairs]
        if all(d <= reach for d in distances):
            best = max(best, (len(pairs), -sum(distances)))
    return best


@pytest.mark.parametrize("seed", range(8))
def test_matching_is_the_best_of_all(seed):
    rs = np.random.RandomState(seed)
    found, truth = (np.zeros((6, 8), bool) for _ in range(2))
    found.flat[rs.choice(48, 4, replace=False)] = True
    truth.flat[rs.choice(48, rs.randint(2, 5), replace=False)] = True
    reach = 0.25 * 10
    pairs, distance = best_matching(np.argwhere(found), np.argwhere(truth), reach)
    a, b = match(found, truth, 0.25)
    assert not (a & ~found).any() and not (b & ~truth).any()
    assert a.sum() == b.sum() == pairs
    # The matched pixels alone can be matched no nearer than by the best of all matchings.
    assert best_matching(np.argwhere(a), np.argwhere(b), reach) == pytest.approx((pairs, distance))


def test_a_pixel_is_matched_once_and_only_near():
    truth = np.zeros((300, 400), bool)  # the diagonal is 500: 3.75 pixels
    truth[100, 50:60] = True
    for shift, want in ((3, 10), (4, 0)):
        a, b = match(np.roll(truth, shift, 0), truth)
        assert a.sum() == b.sum() == want
    twice = truth | np.roll(truth, 2, 0)
    a, b = match(twice, truth)
    assert b.all(where=truth) and a.sum() == 10 and (a == truth).all()
    assert not match(truth, np.zeros_like(truth))[0].any()


def naive_thin(mask):
    mask = np.pad(mask, 1).astype(int)
    while True:
        before = mask.copy()
        for half in (0, 1):
            gone = []
            for r, c in np.argwhere(mask[1:-1, 1:-1]) + 1:
                east, ne, north, nw, west, sw, south, se = (
                    mask[r + i, c + j] for i, j in edge_maps.AROUND
                )
                ring = [east, ne, north, nw, west, sw, south, se, east]
                joined = sum(not ring[k] and (ring[k + 1] or ring[k + 2]) for k in (0, 2, 4, 6))
                n = min(
                    sum(ring[k] or ring[k + 1] for k in (0, 2, 4, 6)),
                    sum(ring[k] or ring[k + 1] for k in (1, 3, 5, 7)),
                )
                there = ((ne, north, se, east), (sw, south, nw, west))[half]
                keeps = (there[0] or there[1] or not there[2]) and there[3]
                if joined == 1 and n in (2, 3) and not keeps:
                    gone.append((r, c))
            for place in gone:
                mask[place] = 0
        if (mask == before).all():
            return mask[1:-1, 1:-1] > 0


def test_thinning_is_that_of_plain_loops_and_leaves_lines():
    rs = np.random.RandomState(0)
    for mask in (rs.rand(20, 24) > 0.4, np.kron(rs.rand(5, 6) > 0.5, np.ones((4, 4))) > 0):
        np.testing.assert_array_equal(edge_maps.thin(mask), naive_thin(mask))
    bar = np.zeros((9, 30), bool)
    bar[3:6, 4:26] = True
    thinned = edge_maps.thin(bar)
    assert thinned[4, 6:24].all() and thinned.sum() <= 22 and thinned.any(0).sum() == thinned.sum()
    np.testing.assert_array_equal(edge_maps.thin(thinned), thinned)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 120, 160])
def test_suppression_leaves_the_ridge_of_an_edge(angle):
    y, x = np.mgrid[:80, :80] - 39.5
    across = x * np.sin(np.radians(angle)) - y * np.cos(np.radians(angle))
    edges = np.exp(-(across**2) / 8)
    kept = edge_maps.suppress(edges)
    inner = (slice(12, -12),) * 2
    assert np.abs(across[inner][kept[inner] > 0.1]).max() < 1.05
    assert kept[inner].astype(bool).sum() >= 55
    assert not kept[0].any() and (kept <= edges).all()


def test_counts_and_figures_by_plain_loops():
    rs = np.random.RandomState(1)
    pictures = []
    for _ in range(2):
        truths = [np.zeros((40, 30), bool) for _ in range(3)]
        for k, truth in enumerate(truths):
            truth[10 + k, 3:25] = True
            truth[5:30, 12 + k] |= k != 1
        edges = np.where(truths[0] | truths[1], 0.3 + 0.6 * rs.rand(40, 30), 0.2 * rs.rand(40, 30))
        edges[35, 5:20] = 0.95
        pictures.append((edges, truths))
    thresholds = np.array([0.1, 0.25, 0.5, 0.8, 0.9])
    counted = [count(*picture, thresholds) for picture in pictures]

    rows = []
    for edges, truths in pictures:
        for t in thresholds:
            mask = naive_thin(edges >= t)
            hits = [match(mask, truth) for truth in truths]
            found = hits[0][0] | hits[1][0] | hits[2][0]
            truth = sum(t.sum() for t in truths)
            rows.append((sum(b.sum() for _, b in hits), truth, found.sum(), mask.sum()))
    rows = np.array(rows).reshape(2, 5, 4)
    for got, want in zip(counted, rows, strict=True):
        np.testing.assert_array_equal(np.stack(list(vars(got).values()), 1), want)

    total = rows.sum(0)
    r, p = total[:, 0] / total[:, 1], total[:, 2] / np.maximum(total[:, 3], 1)
    fine = [
        f_measure(*(np.float64(v[k] * (1 - d) + v[k + 1] * d) for v in (p, r)))
        for k in range(4)
        for d in np.arange(100) / 99
    ]
    own = sum(
        picture[np.argmax([2 * a * c / max(a * d + b * c, 1) for a, b, c, d in picture])]
        for picture in rows
    )
    area = 0
    for at in np.arange(101) / 100:
        below, above = r[r <= at], r[r >= at]
        if len(below) and len(above):
            lo, hi = below.max(), above.min()
            share = 0 if hi == lo else (at - lo) / (hi - lo)
            ends = [p[np.flatnonzero(r == end)[0]] for end in (lo, hi)]
            area += 0.01 * (ends[0] * (1 - share) + ends[1] * share)
    got = scores(counted, thresholds)
    assert got["ods"] == pytest.approx(max(fine))
    assert got["ois"] == pytest.approx(2 * own[0] * own[2] / (own[0] * own[3] + own[1] * own[2]))
    assert got["ap"] == pytest.approx(area)
    assert 0 < got["ap"] < got["ods"] <= got["ois"] + 1e-3


def test_nothing_found_scores_nothing():
    zero = count(np.zeros((20, 20)), [np.eye(20, dtype=bool)], np.array([0.3, 0.6]))
    assert isinstance(zero, Counts) and zero.found.tolist() == [0, 0]
    assert scores([zero], np.array([0.3, 0.6])) == dict(ods=0, threshold=0.3, ois=0, ap=0)
