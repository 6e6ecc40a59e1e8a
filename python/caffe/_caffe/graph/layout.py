"""What is left out of a net's maps, found anew for each size of its inputs (elision.py)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..core.blob import Blob
from ..core.windows import Reach
from . import elision
from .expansion import Expansion
from .node import Node


@dataclass
class Layout:
    """What holds for one shape of the inputs: shapes of all blobs, and by node what is left out."""

    shapes: dict[Blob, tuple[int, ...]]
    less_pad: list[list[int]]
    expansions: list[list[Expansion]]


class Layouts:
    """The layouts of some nodes, each made once.

    Parameters
    ----------
    nodes : sequence of Node
        Those without bottoms are run first; their tops' shapes decide.
    blobs : collection of Blob
        All of the net's.
    keep : collection of Blob
        What is to be whole.
    """

    def __init__(self, nodes: Sequence[Node], blobs: Collection[Blob], keep: Collection[Blob]):
        self._sources = [node for node in nodes if not node.bottoms]
        self._nodes = [node for node in nodes if node.bottoms]
        self._blobs, self._keep = list(blobs), set(keep)
        self._known: dict[tuple, Layout] = {}

    def use(self) -> Layout:
        """Lay the nodes out for what the sources have given."""
        key = tuple(top.shape for node in self._sources for top in node.tops)
        if key not in self._known:
            self._known[key] = self._make()
        layout = self._known[key]
        for node, pad, found in zip(self._nodes, layout.less_pad, layout.expansions, strict=True):
            node.layer.reduce_pad(pad)
            node.expansions = found
        return layout

    def clear(self) -> None:
        """Leave nothing out, until the next `use`."""
        for node in self._nodes:
            node.layer.reduce_pad((0, 0))
            node.expansions = []

    def _make(self) -> Layout:
        self.clear()
        for node in self._nodes:
            node.layer.shape_tops(node.bottoms, node.tops)
        shapes = {blob: blob.shape for blob in self._blobs}
        return Layout(shapes, *_elide(self._nodes, self._keep))


Numbered = list[tuple[Node, list[int], list[int]]]


def number_blobs(nodes: Sequence[Node]) -> Numbered:
    """Number what each node reads and writes; a blob written in place gets a new number."""
    current: dict[Blob, int] = {}
    found, count = [], 0
    for node in nodes:
        for bottom in node.bottoms:
            if bottom not in current:
                current[bottom], count = count, count + 1
        bottoms = [current[b] for b in node.bottoms]
        tops = list(range(count, count + len(node.tops)))
        count += len(tops)
        current.update(zip(node.tops, tops, strict=True))
        found.append((node, bottoms, tops))
    return found


def kept_numbers(numbered: Numbered, keep: Collection[Blob]) -> set[int]:
    """Return the numbers of the kept blobs' last values."""
    last = {b: n for node, _, tops in numbered for b, n in zip(node.tops, tops, strict=True)}
    return {number for blob, number in last.items() if blob in keep}


def _elide(nodes: Sequence[Node], keep: Collection[Blob]):
    """Return, by node, what the padding is reduced by and which tops are expanded."""
    numbered = number_blobs(nodes)
    whole = kept_numbers(numbered, keep)
    whole.update(tops[j] for node, _, tops in numbered for j, _ in node.loss_weights)
    less_pad: list[list[int]] = [[0, 0] for _ in nodes]
    expansions: list[list[Expansion]] = [[] for _ in nodes]
    if any(node.wiring.aliased for node in nodes):  # what is made whole has memory of its own
        return less_pad, expansions
    reaches = [_reach(node) for node in nodes]
    # What reads each element in place leaves no copies for the gradients of layers before it.
    spoilt = {
        node.tops[0]
        for node, reach in zip(nodes, reaches, strict=True)
        if reach is None and node.wiring.in_place
    }
    for axis in (0, 1):
        steps = [
            _step(axis, None if spoilt.intersection(each[0].tops) else reach, *each)
            for each, reach in zip(numbered, reaches, strict=True)
        ]
        elision.plan(steps, whole)
        for i, step in enumerate(steps):
            less_pad[i][axis] = step.less_pad
            for top, rows in step.expand.items():
                blob = nodes[i].tops[step.tops.index(top)]
                expansions[i].append(Expansion(blob, 2 + axis, rows))
    return less_pad, expansions


def _reach(node: Node) -> tuple[Reach, ...] | None:
    return node.layer.reach() if len(node.bottoms[0].shape) == 4 else None


def _step(axis: int, reach, node: Node, bottoms: list[int], tops: list[int]) -> elision.Step:
    if reach is None:
        return elision.Step(bottoms, tops, None, 0, 0)
    return elision.Step(
        bottoms, tops, reach[axis], node.bottoms[0].shape[2 + axis], node.tops[0].shape[2 + axis]
    )
