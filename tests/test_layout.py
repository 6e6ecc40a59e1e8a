"""The layered layout that drawings stand on."""

import pytest

from caffe._caffe.drawing.layout import layered


def crossings(plan, edges):
    """Pairs of straight runs between the same rows that cross."""
    runs = [(p, q) for route in plan.routes for p, q in zip(route, route[1:], strict=False)]
    return sum(
        a[0][1] == b[0][1] and (a[0][0] - b[0][0]) * (a[1][0] - b[1][0]) < 0
        for i, a in enumerate(runs)
        for b in runs[:i]
    )


def test_a_chain_is_a_straight_line():
    sizes = [(40 + 10 * (i % 3), 20) for i in range(12)]
    plan = layered(sizes, [(i, i + 1) for i in range(11)])
    assert len({round(x, 6) for x, _ in plan.centres}) == 1
    ys = [y for _, y in plan.centres]
    assert ys == sorted(ys) and plan.height == ys[-1] + 10
    assert plan.width == pytest.approx(60)


def test_skips_pass_beside_the_trunk():
    sizes = [(50, 20)] * 6
    edges = [(i, i + 1) for i in range(5)] + [(0, 5), (1, 4)]
    plan = layered(sizes, edges)
    trunk = {round(x, 6) for x, _ in plan.centres}
    assert len(trunk) == 1
    for route in plan.routes[-2:]:
        bends = [x for x, _ in route[1:-1]]
        assert len(bends) >= 2 and len({round(x, 6) for x in bends}) == 1
        assert abs(bends[0] - trunk.copy().pop()) >= 25
    assert crossings(plan, edges) == 0


def test_sources_stand_above_their_readers():
    plan = layered([(10, 10)] * 5, [(0, 2), (2, 3), (3, 4), (1, 4)])
    assert plan.centres[1][1] == plan.centres[3][1]


def test_crossings_are_removed_where_that_is_possible():
    edges = [(0, 3), (0, 4), (1, 2), (2, 5), (3, 5), (4, 5)]
    plan = layered([(20, 10)] * 6, edges)
    assert crossings(plan, edges) == 0


def test_nothing_and_unconnected_nodes():
    assert layered([], []).centres == []
    plan = layered([(30, 10), (30, 10)], [])
    (x0, y0), (x1, y1) = plan.centres
    assert y0 == y1 and abs(x1 - x0) >= 30
