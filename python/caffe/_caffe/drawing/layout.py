"""Place the nodes of a directed acyclic graph in layers (Sugiyama, Tagawa, Toda, 1981).

Each node gets the rank of its longest path; long edges are cut into one bend per rank; ranks are
sorted by barycentres; coordinates minimise the sideways run of edges in that order.
"""

from collections import defaultdict
from itertools import accumulate, pairwise
from typing import NamedTuple

from scipy.optimize import linprog
from scipy.sparse import csr_array

SWEEPS = 8
BEND_WIDTH = 10.0
NODE_GAP = 26.0  # between neighbours in a rank
# How much an edge's piece wants to be vertical: with so many bends as ends, or on a longest path.
PULL = (1.0, 2.0, 8.0)
TRUNK_PULL = 30.0


class Layout(NamedTuple):
    """Centres of the nodes, the points that each edge passes, and the size of it all."""

    centres: list[tuple[float, float]]
    routes: list[list[tuple[float, float]]]
    width: float
    height: float


def layered(sizes, edges, rank_gap=34.0) -> Layout:
    """Lay out nodes, of these widths and heights, from top to bottom.

    Edges are pairs of node numbers, each from a lower to a higher one; ranks are `rank_gap` apart.
    """
    if not sizes:
        return Layout([], [], 0.0, 0.0)
    ranks = _ranks(len(sizes), edges)
    trunk = _trunk(ranks, edges)
    chains, pulls = [], {}
    for edge in edges:
        start, end = edge
        bends = range(len(ranks), len(ranks) + ranks[end] - ranks[start] - 1)
        ranks += range(ranks[start] + 1, ranks[end])
        chains.append([start, *bends, end])
        for piece in pairwise(chains[-1]):
            pulls[piece] = TRUNK_PULL if edge in trunk else PULL[len({*bends} & {*piece})]
    rows = _rows(ranks, pulls)
    widths = [width for width, _ in sizes] + [BEND_WIDTH] * (len(ranks) - len(sizes))
    xs = _columns(rows, pulls, widths)
    tallest = [max(sizes[node][1] for node in row if node < len(sizes)) for row in rows]
    tops = [0.0, *accumulate(height + rank_gap for height in tallest)]
    centres = [(xs[n], tops[ranks[n]] + tallest[ranks[n]] / 2) for n in range(len(sizes))]
    routes = []
    for start, *between, end in chains:
        # Bends pass their rank upright, so that lines turn between ranks and touch no box.
        points = [(xs[start], centres[start][1] + sizes[start][1] / 2)]
        for bend in between:
            top = tops[ranks[bend]]
            points += [(xs[bend], top), (xs[bend], top + tallest[ranks[bend]])]
        routes.append([*points, (xs[end], centres[end][1] - sizes[end][1] / 2)])
    width = max(x + w / 2 for x, w in zip(xs, widths, strict=True))
    return Layout(centres, routes, width, tops[-1] - rank_gap)


def _ranks(count, edges):
    ranks = [0] * count
    for start, end in sorted(edges):
        ranks[end] = max(ranks[end], ranks[start] + 1)
    # Sources, such as labels, belong just above what reads them.
    for source in {start for start, _ in edges} - {end for _, end in edges}:
        ranks[source] = min(ranks[end] for start, end in edges if start == source) - 1
    return ranks


def _trunk(ranks, edges):
    """Return the edges that lie on a longest path."""
    below = defaultdict(int)
    for start, end in sorted(edges, reverse=True):
        below[start] = max(below[start], below[end] + 1)
    return {(s, e) for s, e in edges if ranks[s] + 1 + below[e] == max(ranks)}


def _rows(ranks, pieces):
    """Return the nodes of each rank from left to right."""
    rows = [[] for _ in range(max(ranks) + 1)]
    for node, rank in enumerate(ranks):
        rows[rank].append(node)
    neighbours = {True: defaultdict(list), False: defaultdict(list)}
    for upper, lower in pieces:
        neighbours[True][lower].append(upper)
        neighbours[False][upper].append(lower)
    place = {node: i for row in rows for i, node in enumerate(row)}
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 1
        for row in rows if downward else reversed(rows):
            centre = {}
            for node in row:
                near = neighbours[downward][node] or [node]
                centre[node] = sum(place[n] for n in near) / len(near)
            row.sort(key=centre.__getitem__)
            place.update((node, i) for i, node in enumerate(row))
    return rows


def _columns(rows, pulls, widths):
    """x of every node: the least weighted sum of sideways runs that keeps order and distances.

    A linear programme in the positions and, per piece of an edge, a bound on its run |x_u - x_v|.
    Its optimum lies in a corner, where most runs are exactly zero: lines come out straight.
    """
    nodes, cells, limits = len(widths), [], []

    def require(limit, *terms):  # sum of factor * variable <= limit
        cells.extend((factor, len(limits), variable) for factor, variable in terms)
        limits.append(limit)

    for i, (u, v) in enumerate(pulls):
        require(0, (1, u), (-1, v), (-1, nodes + i))
        require(0, (-1, u), (1, v), (-1, nodes + i))
    for row in rows:
        for left, right in pairwise(row):
            require(-(widths[left] + widths[right]) / 2 - NODE_GAP, (1, left), (-1, right))
    for node, width in enumerate(widths):
        require(-width / 2, (-1, node))
    factors, lines, variables = zip(*cells, strict=True)
    matrix = csr_array((factors, (lines, variables)), shape=(len(limits), nodes + len(pulls)))
    # The slight pull to the left settles what edges leave open, such as parts not connected.
    cost = [1e-3] * nodes + list(pulls.values())
    return linprog(cost, A_ub=matrix, b_ub=limits, method="highs").x[:nodes].tolist()
