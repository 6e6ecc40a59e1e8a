"""Place the nodes of a directed acyclic graph in layers (Sugiyama, Tagawa, Toda, 1981).

Three steps: each node gets the rank of its longest path, pulled towards its readers; long edges
are cut into one bend per rank, and ranks are sorted by barycentres until crossings stop falling;
coordinates minimise the sideways run of edges under the order that was found.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from scipy.optimize import linprog
from scipy.sparse import csr_array

SWEEPS = 12
BEND_WIDTH = 10.0
# An edge of bends should run straight more than a pair of boxes should line up.
PULL = {0: 1.0, 1: 2.0, 2: 8.0}
# The longest paths are the trunk of the net and should be vertical above all.
TRUNK_PULL = 30.0


@dataclass
class Layout:
    """Centres of the nodes, the points that each edge passes, and the size of it all."""

    centres: list[tuple[float, float]]
    routes: list[list[tuple[float, float]]]
    width: float
    height: float


@dataclass
class _Graph:
    """Nodes and bends alike: widths, heights, ranks, and weighted neighbours above and below."""

    widths: list[float]
    heights: list[float]
    ranks: list[int]
    above: dict[int, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    below: dict[int, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))


def layered(sizes, edges, rank_gap=34.0, node_gap=26.0):
    """A `Layout` from top to bottom for nodes of ``sizes`` (width, height).

    ``edges`` are pairs of node numbers, each from a lower to a higher number.
    """
    if not sizes:
        return Layout([], [], 0.0, 0.0)
    graph = _Graph([w for w, _ in sizes], [h for _, h in sizes], _ranks(len(sizes), edges))
    trunk = _trunk(graph.ranks, edges)
    chains = [_chain(graph, start, end, (start, end) in trunk) for start, end in edges]
    rows = _ordered_rows(graph)
    xs = _columns(graph, rows, node_gap)
    borders = _row_borders(graph, rows, rank_gap)
    routes = [_route(graph, chain, xs, borders) for chain in chains]
    centres = [(xs[node], sum(borders[graph.ranks[node]]) / 2) for node in range(len(sizes))]
    width = max(xs[n] + graph.widths[n] / 2 for n in range(len(xs)))
    return Layout(centres, routes, width, borders[-1][1])


def _ranks(count, edges):
    readers, writers = defaultdict(list), defaultdict(list)
    for start, end in edges:
        readers[start].append(end)
        writers[end].append(start)
    ranks = [0] * count
    for node in range(count):
        ranks[node] = max((ranks[w] + 1 for w in writers[node]), default=0)
    # Sources, such as labels, belong just above what reads them.
    for node in range(count):
        if not writers[node] and readers[node]:
            ranks[node] = min(ranks[r] for r in readers[node]) - 1
    return ranks


def _trunk(ranks, edges):
    """The edges that lie on a longest path."""
    below = defaultdict(int)
    for start, end in sorted(edges, reverse=True):
        below[start] = max(below[start], below[end] + 1)
    longest = max(ranks, default=0)
    return {(s, e) for s, e in edges if ranks[s] + 1 + below[e] == longest}


def _chain(graph, start, end, trunk):
    """The nodes of one edge with a bend on every rank that it crosses; bends are added."""
    chain = [start]
    for rank in range(graph.ranks[start] + 1, graph.ranks[end]):
        graph.widths.append(BEND_WIDTH)
        graph.heights.append(0.0)
        graph.ranks.append(rank)
        chain.append(len(graph.ranks) - 1)
    chain.append(end)
    for upper, lower in zip(chain, chain[1:], strict=False):
        bends = (upper not in (start, end)) + (lower not in (start, end))
        weight = TRUNK_PULL if trunk else PULL[bends]
        graph.below[upper].append((lower, weight))
        graph.above[lower].append((upper, weight))
    return chain


def _ordered_rows(graph):
    rows = [[] for _ in range(max(graph.ranks, default=-1) + 1)]
    for node, rank in enumerate(graph.ranks):
        rows[rank].append(node)
    best, fewest = [list(row) for row in rows], _crossings(graph, rows)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        neighbours = graph.above if downward else graph.below
        for row in rows if downward else reversed(rows):
            _sort_by_barycentre(row, rows, graph, neighbours)
        crossings = _crossings(graph, rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _sort_by_barycentre(row, rows, graph, neighbours):
    centre = {}
    for place, node in enumerate(row):
        near = neighbours[node]
        if near:
            places = rows[graph.ranks[near[0][0]]]
            centre[node] = sum(places.index(n) for n, _ in near) / len(near)
        else:
            centre[node] = place
    row.sort(key=centre.__getitem__)


def _crossings(graph, rows):
    total = 0
    for upper, lower in zip(rows, rows[1:], strict=False):
        place = {node: i for i, node in enumerate(lower)}
        ends = [sorted(place[n] for n, _ in graph.below[node]) for node in upper]
        for i, mine in enumerate(ends):
            for others in ends[i + 1 :]:
                total += sum(a > b for a in mine for b in others)
    return total


def _columns(graph, rows, gap):
    """x of every node: the least weighted sum of sideways runs that keeps order and distances.

    A linear programme in the positions and, per edge, a bound ``d`` on its run |x_u - x_v|. Its
    optimum lies in a corner, where most runs are exactly zero: lines come out straight.
    """
    edges = [(u, v, w) for u in graph.below for v, w in graph.below[u]]
    nodes = len(graph.ranks)
    cells, limits = [], []

    def require(terms, limit):  # sum of factor * variable <= limit
        cells.extend((factor, len(limits), variable) for factor, variable in terms)
        limits.append(limit)

    for i, (u, v, _) in enumerate(edges):
        require([(1, u), (-1, v), (-1, nodes + i)], 0)
        require([(-1, u), (1, v), (-1, nodes + i)], 0)
    for row in rows:
        for left, right in zip(row, row[1:], strict=False):
            apart = (graph.widths[left] + graph.widths[right]) / 2 + gap
            require([(1, left), (-1, right)], -apart)
    for node in range(nodes):
        require([(-1, node)], -graph.widths[node] / 2)
    factors, lines, variables = zip(*cells, strict=True)
    matrix = csr_array((factors, (lines, variables)), shape=(len(limits), nodes + len(edges)))
    # The slight pull to the left settles what edges leave open, such as parts not connected.
    cost = [1e-3] * nodes + [w for _, _, w in edges]
    return linprog(cost, A_ub=matrix, b_ub=limits, method="highs").x[:nodes].tolist()


def _row_borders(graph, rows, gap):
    """``(top, bottom)`` of every row."""
    borders, at = [], 0.0
    for row in rows:
        height = max(graph.heights[node] for node in row)
        borders.append((at, at + height))
        at += height + gap
    return borders


def _route(graph, chain, xs, borders):
    """From the lower border of the first node to the upper border of the last.

    Bends pass their row upright, so that lines turn between rows only and touch no box.
    """

    def middle(node):
        return sum(borders[graph.ranks[node]]) / 2

    first, *bends, last = chain
    points = [(xs[first], middle(first) + graph.heights[first] / 2)]
    for bend in bends:
        top, bottom = borders[graph.ranks[bend]]
        points += [(xs[bend], top), (xs[bend], bottom)]
    return [*points, (xs[last], middle(last) - graph.heights[last] / 2)]
