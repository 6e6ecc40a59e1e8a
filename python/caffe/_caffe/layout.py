"""Places the nodes of a directed acyclic graph in layers (Sugiyama, Tagawa, Toda, 1981).

Three steps: each node gets the rank of its longest path, pulled towards its readers; long edges
are cut into one bend per rank, and ranks are sorted by barycentres until crossings stop falling;
coordinates minimise the squared lengths of edges under the order that was found.
"""

from collections import defaultdict
from dataclasses import dataclass, field

SWEEPS = 12
SETTLE = 24
BEND_WIDTH = 10.0
# An edge of bends should run straight more than a pair of boxes should stand in line.
PULL = {0: 1.0, 1: 2.0, 2: 8.0}


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
    graph = _Graph([w for w, _ in sizes], [h for _, h in sizes], _ranks(len(sizes), edges))
    chains = [_chain(graph, start, end) for start, end in edges]
    rows = _ordered_rows(graph)
    xs = _columns(graph, rows, node_gap)
    ys, height = _row_centres(graph, rows, rank_gap)
    routes = [
        _route(graph, chain, xs, [ys[graph.ranks[node]] for node in chain]) for chain in chains
    ]
    centres = [(xs[node], ys[graph.ranks[node]]) for node in range(len(sizes))]
    width = max((xs[n] + graph.widths[n] / 2 for n in range(len(xs))), default=0.0)
    return Layout(centres, routes, width, height)


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


def _chain(graph, start, end):
    """The nodes of one edge with a bend on every rank that it crosses; bends are added."""
    chain = [start]
    for rank in range(graph.ranks[start] + 1, graph.ranks[end]):
        graph.widths.append(BEND_WIDTH)
        graph.heights.append(0.0)
        graph.ranks.append(rank)
        chain.append(len(graph.ranks) - 1)
    chain.append(end)
    for upper, lower in zip(chain, chain[1:], strict=False):
        weight = PULL[(upper not in (start, end)) + (lower not in (start, end))]
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
    """x of every node: repeated least squares against the neighbours, rank by rank."""
    xs = [0.0] * len(graph.ranks)
    for row in rows:
        at = 0.0
        for node in row:
            at += graph.widths[node] / 2
            xs[node] = at
            at += graph.widths[node] / 2 + gap
        middle = (at - gap) / 2
        for node in row:
            xs[node] -= middle
    for step in range(SETTLE):
        for row in rows if step % 2 == 0 else reversed(rows):
            _settle(graph, row, xs, gap)
    left = min((xs[n] - graph.widths[n] / 2 for n in range(len(xs))), default=0.0)
    return [x - left for x in xs]


def _settle(graph, row, xs, gap):
    """Move one row to the weighted mean of its neighbours without changing its order.

    With the distances that must be kept subtracted, the order is monotony, and the least squares
    solution is isotonic regression by pooling adjacent violators.
    """
    needed, offset = [], 0.0
    for i, node in enumerate(row):
        if i:
            offset += (graph.widths[row[i - 1]] + graph.widths[node]) / 2 + gap
        needed.append(offset)
    pools = []
    for node, shift in zip(row, needed, strict=True):
        near = graph.above[node] + graph.below[node]
        weight = sum(w for _, w in near) or 0.01
        wish = sum(xs[n] * w for n, w in near) / weight if near else xs[node]
        pools.append([wish - shift, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            value, weight, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + value * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += count
    solved = [value for value, _, count in pools for _ in range(count)]
    for node, value, shift in zip(row, solved, needed, strict=True):
        xs[node] = value + shift


def _row_centres(graph, rows, gap):
    centres, at = [], 0.0
    for row in rows:
        height = max(graph.heights[node] for node in row)
        centres.append(at + height / 2)
        at += height + gap
    return centres, max(at - gap, 0.0)


def _route(graph, chain, xs, ys):
    """From the lower border of the first node to the upper border of the last."""
    points = [(xs[node], y) for node, y in zip(chain, ys, strict=True)]
    points[0] = (points[0][0], points[0][1] + graph.heights[chain[0]] / 2)
    points[-1] = (points[-1][0], points[-1][1] - graph.heights[chain[-1]] / 2)
    return points
