"""Forward passes for inference alone: `Net.optimize()`, which BVLC does not have.

Layers are folded into the convolution before them, a blob is freed once its last reader is done,
and copies of rows and columns that wide padding makes are left out (elision.py).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import torch

from ..core.blob import Blob
from . import elision
from .node import Node

FREED = (
    "blob '{}' is not there after a pass of an optimized net: name it in "
    "net.optimize(keep=[...]) to read it"
)
Expansion = tuple[Blob, int, torch.Tensor]  # a top, one of its axes, and which rows it is to have


@dataclass
class Layout:
    """What holds for one shape of the inputs: shapes of all blobs, and by node what is left out."""

    shapes: dict[Blob, tuple[int, ...]]
    less_pad: list[list[int]]
    expand: list[list[Expansion]]


@dataclass
class Part:
    """A node that runs, and the blobs that nobody reads after it."""

    index: int  # of its layer in the net
    node: Node
    done: list[Blob] = field(default_factory=list)

    def run(self, call: Callable[[str, int], None], expand: Sequence[Expansion] = ()):
        """Compute the tops; return their part of the loss."""
        call("before_fwd", self.index)
        for top in self.node.tops:
            top.freed_data = None  # a Python layer writes into it
        loss = self.node.forward()
        for blob, axis, rows in expand:
            blob.put(blob.tensor().index_select(axis, rows))
        call("after_fwd", self.index)
        return loss


class InferencePlan:
    """How an optimized net runs.

    Parameters
    ----------
    nodes : sequence of Node
        The net's.
    names : dict
        The name of each blob.
    keep : collection of Blob
        What is to be readable afterwards; nothing else is.
    """

    def __init__(self, nodes: Sequence[Node], names: dict[Blob, str], keep: Collection[Blob]):
        self._names, self._keep = names, set(keep)
        parts = _fold(nodes, self._keep)
        self._sources = [part for part in parts if not part.node.bottoms]
        self._rest = [part for part in parts if part.node.bottoms]
        last = {b: part for part in parts for b in (*part.node.bottoms, *part.node.tops)}
        for blob, part in last.items():
            if blob not in self._keep:
                part.done.append(blob)
        self._layouts: dict[tuple, Layout] = {}

    def run(self, call: Callable[[str, int], None]) -> torch.Tensor | float:
        """Compute what is kept; return the weighted loss. `call` runs the net's hooks."""
        loss: torch.Tensor | float = 0.0
        for part in self._sources:
            loss = loss + part.run(call)
        layout = self._layout()
        for part, pad, expand in zip(self._rest, layout.less_pad, layout.expand, strict=True):
            part.node.layer.reduce_pad(pad)
            loss = loss + part.run(call, expand)
            for blob in part.done:
                blob.free_data(FREED.format(self._names.get(blob, "")))
        for blob, shape in layout.shapes.items():
            if blob not in self._keep:
                blob.free_data(FREED.format(self._names.get(blob, "")))
                blob.set_shape(shape)
        return loss

    def _layout(self) -> Layout:
        """Return the layout for what the sources have given, made once for each shape."""
        key = tuple(top.shape for part in self._sources for top in part.node.tops)
        if key not in self._layouts:
            nodes = [part.node for part in self._rest]
            for node in nodes:
                node.layer.reduce_pad((0, 0))
                node.layer.shape_tops(node.bottoms, node.tops)
            shapes = {blob: blob.shape for blob in self._names}
            self._layouts[key] = Layout(shapes, *_elide(nodes, self._keep))
        return self._layouts[key]


Numbered = list[tuple[Node, list[int], list[int]]]


def _number(nodes: Sequence[Node]) -> Numbered:
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


def _kept(numbered: Numbered, keep: Collection[Blob]) -> set[int]:
    """Return the numbers of what is kept: blobs as their last writer leaves them."""
    last = {b: n for node, _, tops in numbered for b, n in zip(node.tops, tops, strict=True)}
    return {number for blob, number in last.items() if blob in keep}


def _fold(nodes: Sequence[Node], keep: Collection[Blob]) -> list[Part]:
    """Fold layers into the one before, where nobody else sees what is between."""
    numbered = _number(nodes)
    kept = _kept(numbered, keep)
    readers: dict[int, list[int]] = {}
    for i, (_, bottoms, _) in enumerate(numbered):
        for number in bottoms:
            readers.setdefault(number, []).append(i)
    folded: set[int] = set()
    parts = []
    for i, (node, _, tops) in enumerate(numbered):
        if i in folded:
            continue
        node.layer.unfold()
        end = node
        while len(tops) == 1 and tops[0] not in kept and len(readers.get(tops[0], ())) == 1:
            (reader,) = readers[tops[0]]
            after, bottoms, its_tops = numbered[reader]
            alone = len(bottoms) == len(its_tops) == 1 and not (end.loss_weights)
            if not (alone and node.layer.fold(after.layer)):
                break
            folded.add(reader)
            end, tops = after, its_tops
        node.layer.settle()
        parts.append(Part(i, replace(node, tops=end.tops, loss_weights=end.loss_weights)))
    return parts


def _elide(nodes: Sequence[Node], keep: Collection[Blob]):
    """Return, by node, what the padding is reduced by and which tops are expanded."""
    numbered = _number(nodes)
    kept = _kept(numbered, keep)
    less_pad: list[list[int]] = [[0, 0] for _ in nodes]
    expand: list[list[Expansion]] = [[] for _ in nodes]
    for axis in (0, 1):
        steps = [_step(axis, *each) for each in numbered]
        elision.plan(steps, kept)
        for i, step in enumerate(steps):
            less_pad[i][axis] = step.less_pad
            for number, rows in step.expand.items():
                blob = nodes[i].tops[step.tops.index(number)]
                index = torch.tensor(rows, device=blob.tensor().device)
                expand[i].append((blob, 2 + axis, index))
    return less_pad, expand


def _step(axis: int, node: Node, bottoms: list[int], tops: list[int]) -> elision.Step:
    reach = node.layer.reach() if len(node.bottoms[0].shape) == 4 else None
    if reach is None:
        return elision.Step(bottoms, tops, None, 0, 0)
    return elision.Step(
        bottoms, tops, reach[axis], node.bottoms[0].shape[2 + axis], node.tops[0].shape[2 + axis]
    )
