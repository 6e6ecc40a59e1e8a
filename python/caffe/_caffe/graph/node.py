"""Node: one layer of a built net, with all that the net knows about it."""

from dataclasses import dataclass, field

import torch

from ..core.blob import Blob
from ..core.layer import Layer, Wiring
from .expansion import Expansion

FREED = (
    "the diff of blob '{}' has been freed: solver.step() releases intermediate diffs once they "
    "are used; set solver.net.keep_diffs = True before stepping, or call net.backward()"
)


@dataclass
class Node:
    """A layer with its blobs, and what net.cpp's Init decides for it."""

    layer: Layer
    bottoms: list[Blob]
    tops: list[Blob]
    bottom_names: list[str]  # as the net after splits names them
    top_names: list[str]
    propagate_down: list[bool] = field(default_factory=list)  # does backward compute their diffs
    needs_backward: bool = False  # does backward run this layer at all
    loss_weights: list[tuple[int, float]] = field(default_factory=list)  # of tops, by number
    wiring: Wiring = field(default_factory=Wiring)  # what the layer may read of this
    # In an optimized net, the tops that the layer computes without copied rows.
    expansions: list[Expansion] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.layer.name

    def forward(self) -> torch.Tensor | float:
        """Compute the tops; return their part of the loss, on the device."""
        self.layer.run(self.bottoms, self.tops)
        for expansion in self.expansions:
            expansion.expand()
        loss: torch.Tensor | float = 0.0
        for j, weight in self.loss_weights:
            top = self.tops[j]
            top.seed_diff(weight, again=False)
            loss = loss + (top.tensor() * top.diff_tensor()).sum()
        return loss

    def backward(self, keep: bool) -> None:
        """Compute diffs of bottoms and parameters; without `keep`, free what is used up."""
        if not self.needs_backward:
            return
        for expansion in reversed(self.expansions):
            expansion.contract()
        self.layer.run_backward(self.propagate_down, self.bottoms, self.tops, keep)
        if not keep:
            self._free_top_diffs()

    def free_tops(self) -> None:
        """Free values about to be computed again, so that the new ones take the same memory."""
        if self.layer.allocates_tops and not self.wiring.in_place:
            for top in self.tops:
                top.data_buffer.free()

    def _free_top_diffs(self) -> None:
        losses = {j for j, _ in self.loss_weights}
        for j, (name, top) in enumerate(zip(self.top_names, self.tops, strict=True)):
            if j not in losses and not any(top is b for b in self.bottoms):
                top.free_diff(FREED.format(name))
