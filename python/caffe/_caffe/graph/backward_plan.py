"""Which layers run backward, to which bottoms, and what they save for it (net.cpp, Init).

Each function is one pass over the nodes of a net.
"""

from collections.abc import Sequence

from ..core.blob import Blob
from .build_log import BuildLog
from .node import Node


def prune_backward(nodes: Sequence[Node], log: BuildLog) -> None:
    """Skip gradients that reach no loss, or that propagate_down cuts off."""
    under_loss: set[Blob] = set()
    skipped: set[Blob] = set()
    for node in reversed(nodes):
        contributes = bool(node.loss_weights) or not under_loss.isdisjoint(node.tops)
        if not contributes or skipped.issuperset(node.tops):
            if node.needs_backward or not contributes:
                node.propagate_down = [False] * len(node.bottoms)
            node.needs_backward = False
        log.backward(node.name, node.needs_backward)
        if contributes:
            under_loss.update(node.bottoms)
        skipped.update(
            b for b, down in zip(node.bottoms, node.propagate_down, strict=True) if not down
        )


def force_backward(nodes: Sequence[Node]) -> None:
    """Run every layer backward, to all bottoms that can have a gradient (force_backward: true)."""
    for node in nodes:
        node.needs_backward = True
        node.propagate_down = [
            wanted or j not in node.layer.no_gradient
            for j, wanted in enumerate(node.propagate_down)
        ]
        node.layer.set_param_propagate_down([True] * len(node.layer.blobs))


def plan_saving(nodes: Sequence[Node], memory: dict[Blob, Blob]) -> None:
    """Decide which layers save in forward what backward could not find afterwards.

    In TRAIN all that is wanted is saved. In TEST, where backward is rare, it is computed again
    from the bottoms, unless they are overwritten here or by a later layer in place. `memory`
    maps each blob to the first blob whose memory it shares.
    """
    last: dict[Blob, int] = {}  # by memory, the last layer that works in place on it
    for i, node in enumerate(nodes):
        if node.wiring.in_place:
            last[memory[node.bottoms[0]]] = i
    for i, node in enumerate(nodes):
        layer, wiring = node.layer, node.wiring
        wiring.overwritten = any(last.get(memory[b], -1) >= i for b in node.bottoms)
        runs = node.needs_backward and bool(any(node.propagate_down) or layer.blobs)
        wiring.saves_for_backward = runs and (
            layer.training or layer.stateful or layer.caches_inputs or wiring.overwritten
        )
