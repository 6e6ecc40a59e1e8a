"""Which layers run backward, to which bottoms, and what they keep for it (net.cpp, Init)."""

from typing import TYPE_CHECKING

from .build_log import BuildLog

if TYPE_CHECKING:
    from .net import Net


def drop_unneeded(net: "Net", log: BuildLog) -> None:
    """Skip gradients that reach no loss, or that propagate_down cuts off (net.cpp, Init)."""
    under_loss: set[str] = set()
    skipped: set[str] = set()
    names = net._blob_names
    for i in reversed(range(len(net._layers))):
        loss_tops = {j for j, _ in net._layers[i].loss_tops}
        tops = [names[t] for t in net._tops[i]]
        contributes = bool(loss_tops) or any(t in under_loss for t in tops)
        if all(t in skipped for t in tops) and net._layer_need[i]:
            net._layer_need[i] = False
            net._bottom_need[i] = [False] * len(net._bottoms[i])
        if not contributes:
            net._layer_need[i] = False
            net._bottom_need[i] = [False] * len(net._bottoms[i])
        log.backward(net._layer_names[i], net._layer_need[i])
        for j, b in enumerate(net._bottoms[i]):
            if contributes:
                under_loss.add(names[b])
            if not net._bottom_need[i][j]:
                skipped.add(names[b])


def force(net: "Net") -> None:
    """Want every layer's gradients, to all bottoms that can have one (force_backward)."""
    for i, layer in enumerate(net._layers):
        net._layer_need[i] = True
        net._bottom_need[i] = [
            wanted or j not in layer.no_gradient for j, wanted in enumerate(net._bottom_need[i])
        ]
        layer.param_propagate_down = [True] * len(layer.blobs)


def decide_what_records(net: "Net") -> None:
    """Let a layer keep in forward what backward needs and could not find afterwards.

    In TRAIN all that is wanted is kept. In TEST, where backward is rare, it is computed again
    from the bottoms, unless they are gone: overwritten here or by a later layer in place.
    """
    last: dict[int, int] = {}  # by memory, the last layer that works in place on it
    for i, layer in enumerate(net._layers):
        if layer.inplace:
            last[net._memory[net._bottoms[i][0]]] = i
    for i, (layer, wanted) in enumerate(zip(net._layers, net._layer_need, strict=True)):
        layer.overwritten = any(last.get(net._memory[b], -1) >= i for b in net._bottoms[i])
        layer.records = wanted and (
            layer.training or layer.stateful or layer.holds or layer.overwritten
        )
