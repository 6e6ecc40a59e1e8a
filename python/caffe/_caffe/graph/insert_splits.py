"""From a net's description to the layers that one state runs: filter, then insert splits.

Both work on NetParameter messages alone, as net.cpp (FilterNet) and insert_splits.cpp do.
"""

import copy
from collections import Counter

from ...proto import caffe_pb2
from ..errors import NetError, nearest
from ..log import detail


def misses(state: caffe_pb2.NetState, rule: caffe_pb2.NetStateRule) -> tuple[str, str] | None:
    """Return how a state misses a rule, with net.cpp's line that logs it; None if it meets it."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return f"phase ({state.phase}) differed from the phase ({rule.phase})", "net.cpp:296"
    if rule.HasField("min_level") and state.level < rule.min_level:
        return f"level ({state.level}) is above the min_level ({rule.min_level})", "net.cpp:306"
    if rule.HasField("max_level") and state.level > rule.max_level:
        return f"level ({state.level}) is above the max_level ({rule.max_level})", "net.cpp:316"
    for stage in rule.stage:
        if stage not in state.stage:
            return f"did not contain stage '{stage}'", "net.cpp:332"
    for stage in rule.not_stage:
        if stage in state.stage:
            return f"contained a not_stage '{stage}'", "net.cpp:347"
    return None


def included(state: caffe_pb2.NetState, layer: caffe_pb2.LayerParameter) -> bool:
    if layer.include and layer.exclude:
        raise NetError(
            f"layer '{layer.name}' has both include and exclude rules; give one kind only"
        )
    for rule in layer.include or layer.exclude:
        missed = misses(state, rule)
        if missed is None:
            return bool(layer.include)
        what, src = missed
        detail(f"The NetState {what} specified by a rule in layer {layer.name}", src)
    return not layer.include


def filter_net(net: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    kept = copy.deepcopy(net)
    del kept.layer[:]
    kept.layer.extend(layer for layer in net.layer if included(net.state, layer))
    return kept


def split_name(layer: str, blob: str, top: int) -> str:
    """Return Caffe's name for the Split layer of a blob (its tops add `_0`, `_1` ...)."""
    return f"{blob}_{layer}_{top}_split"


def insert_splits(net: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    """Return the net with a Split layer behind every blob that is used more than once.

    A use is a bottom, or being a loss by an explicit loss_weight. NetError for a bottom that no
    layer before makes.
    """
    sources = _sources(net)
    uses = Counter(sources.values())
    weights: dict[tuple[int, int], float] = {}
    for i, layer in enumerate(net.layer):
        for j, weight in enumerate(layer.loss_weight[: len(layer.top)]):
            if weight:
                weights[i, j] = weight
                uses[i, j] += 1
    taken: Counter = Counter()
    result = copy.deepcopy(net)
    del result.layer[:]
    for i, layer in enumerate(net.layer):
        result.layer.append(layer)
        mine = result.layer[-1]
        for j, blob in enumerate(layer.bottom):
            source = sources[i, j]
            if uses[source] > 1:
                base = split_name(net.layer[source[0]].name, blob, source[1])
                mine.bottom[j] = f"{base}_{taken[source]}"
                taken[source] += 1
        for j, blob in enumerate(layer.top):
            if uses[i, j] > 1:
                split = result.layer.add(name=split_name(layer.name, blob, j), type="Split")
                split.bottom.append(blob)
                split.top.extend(f"{split.name}_{k}" for k in range(uses[i, j]))
                if (i, j) in weights:
                    # The loss is the split's first top; every other use comes after it.
                    split.loss_weight.extend([weights[i, j]] + [0.0] * (uses[i, j] - 1))
                    mine.ClearField("loss_weight")
                    taken[i, j] += 1
    return result


def _sources(net: caffe_pb2.NetParameter) -> dict[tuple[int, int], tuple[int, int]]:
    """Map (layer, bottom index) to the (layer, top index) that makes the blob."""
    made: dict[str, tuple[int, int]] = {}
    sources = {}
    for i, layer in enumerate(net.layer):
        for j, blob in enumerate(layer.bottom):
            if blob not in made:
                raise NetError(_unknown_bottom(net, i, j, made))
            sources[i, j] = made[blob]
        for j, blob in enumerate(layer.top):
            made[blob] = (i, j)
    return sources


def _unknown_bottom(net, i, j, made) -> str:
    layer, blob = net.layer[i], net.layer[i].bottom[j]
    later = [other.name for other in net.layer[i:] if blob in other.top]
    if later:
        why = f"; layer '{later[0]}' makes it, but comes later (or the net has a cycle)"
    elif not made:
        why = "; no layer before it makes any blob (a deploy net needs an Input layer)"
    else:
        why = nearest(blob, made) or f" (known so far: {', '.join(list(made)[-8:])})"
    return f"layer '{layer.name}' ({layer.type}): unknown bottom blob '{blob}' (index {j}){why}"
