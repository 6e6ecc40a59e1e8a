"""Forward passes for inference alone: `Net.optimize()` of a TEST net, which BVLC does not have.

Layers are folded into the convolution before them, a blob is freed once its last reader is done,
and copies of rows and columns that wide padding makes are left out (elision.py).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import torch

from ..core.blob import Blob
from .layout import Layouts, kept_numbers, number_blobs
from .node import Node

FREED = (
    "blob '{}' is not there after a pass of an optimized net: name it in "
    "net.optimize(keep=[...]) to read it"
)


@dataclass
class Part:
    """A node that runs, and the blobs that nobody reads after it.

    spare: those of its bottoms that it may write over.
    """

    index: int  # of its layer in the net
    node: Node
    done: list[Blob] = field(default_factory=list)
    spare: list[int] = field(default_factory=list)

    def run(self, call: Callable[[str, int], None]) -> torch.Tensor | float:
        """Compute the tops; return their part of the loss."""
        call("before_fwd", self.index)
        node, bottoms = self.node, self.node.bottoms
        for top in node.tops:
            top.freed_data = None  # a Python layer writes into it
        free = (i for i in self.spare if not bottoms[i].data_buffer.has_live_view())
        node.layer.spare = spare = next(free, None)
        loss = node.forward()
        node.layer.spare = None
        if spare is not None:  # its values are gone: a hook is not to see what took their place
            bottoms[spare].free_data(FREED.format(node.bottom_names[spare]))
        call("after_fwd", self.index)
        return loss


class InferencePlan:
    """How an optimized TEST net runs.

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
        _find_spare(parts, self._keep)
        self.layouts = Layouts([part.node for part in parts], names, self._keep)

    def run(self, call: Callable[[str, int], None]) -> torch.Tensor | float:
        """Compute what is kept; return the weighted loss. `call` runs the net's hooks."""
        loss: torch.Tensor | float = 0.0
        for part in (*self._sources, *self._rest):
            part.node.free_tops()
        for part in self._sources:
            loss = loss + part.run(call)
        layout = self.layouts.use()
        for part in self._rest:
            loss = loss + part.run(call)
            for blob in part.done:
                blob.free_data(FREED.format(self._names.get(blob, "")))
        for blob, shape in layout.shapes.items():
            if blob not in self._keep:
                blob.free_data(FREED.format(self._names.get(blob, "")))
                blob.set_shape(shape)
        return loss


def _find_spare(parts: Sequence[Part], keep: Collection[Blob]) -> None:
    """Let layers write over maps that only they read and that share no memory."""
    uses: dict[Blob, list[Part]] = {}
    for part in parts:
        for blob in (*part.node.bottoms, *part.node.tops):
            uses.setdefault(blob, []).append(part)
    for part in parts:
        for i, blob in enumerate(part.node.bottoms if part.node.layer.overwrites else ()):
            maker, *readers = uses[blob]
            alone = len(readers) == 1 and maker.node.layer.own_tops
            if alone and blob not in keep:
                part.spare.append(i)


def _fold(nodes: Sequence[Node], keep: Collection[Blob]) -> list[Part]:
    """Fold layers into the one before, where nobody else sees what is between."""
    numbered = number_blobs(nodes)
    kept = kept_numbers(numbered, keep)
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
