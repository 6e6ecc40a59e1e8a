"""Passes of an optimized TRAIN net: copied rows and columns are left out, forward and backward.

A net with less padding and copies put back is the same function of its pictures and parameters, so
gradients behind it and of parameters are those of the whole net; blobs within have other shapes.
"""

from collections.abc import Collection, Sequence

from ..core.blob import Blob
from .layout import Layout, Layouts
from .node import Node

REDUCED = (
    "blob '{}' lacks the rows and columns that padding makes equal, for its net is optimized: "
    "name it in net.optimize(keep=[...]) to read it"
)


class TrainingPlan:
    """How an optimized TRAIN net runs.

    Parameters
    ----------
    nodes : sequence of Node
        The net's.
    names : dict
        The name of each blob.
    keep : collection of Blob
        What is to be readable besides the blobs that nothing is left out of.
    """

    def __init__(self, nodes: Sequence[Node], names: dict[Blob, str], keep: Collection[Blob]):
        self._nodes, self._names = nodes, names
        for node in nodes:
            node.layer.unfold()
            node.layer.settle(inference=False)
        self.layouts = Layouts(nodes, names, keep)
        self._layout: Layout | None = None

    def begin(self, whole: bool) -> None:
        """Lay out the nodes once the data layers have run; `whole` leaves nothing out."""
        self._layout = None
        if whole:
            self.layouts.clear()
        else:
            self._layout = self.layouts.use()

    def end_forward(self) -> None:
        """Refuse to show what lacks rows."""
        for blob in self._reduced():
            blob.freed_data = REDUCED.format(self._names[blob])

    def end_backward(self) -> None:
        """Make kept values whole again; refuse to show the diffs of what lacks rows."""
        reduced = self._reduced()
        for node in self._nodes:
            for expansion in node.expansions:
                expansion.restore()
        for blob in reduced:
            blob.freed_diff = REDUCED.format(self._names[blob])

    def _reduced(self) -> list[Blob]:
        shapes = self._layout.shapes if self._layout else {}
        return [blob for blob, shape in shapes.items() if blob.shape != shape]
