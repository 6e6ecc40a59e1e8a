"""FlowNet2's layers that read maps between pixels: Accum and DataAugmentation."""

from ...layers.forks.flownet2_sampling import Accum, DataAugmentation
from .graph import INT64, Graph
from .table import converts


def _between(g, x, *places):
    """Return x at these rows and columns, bilinear between pixels."""
    for axis, at, shape in zip((2, 3), places, ((-1, 1), (-1,)), strict=True):
        low = g.cast(g.node("Floor", at), INT64)
        share = g.reshape(g.sub(at, g.cast(low)), *shape)
        last = g.sub(g.size(x, axis), g.ints(1))
        high = g.node("Min", g.add(low, g.ints(1)), last)
        lower, upper = (g.node("Gather", x, index, axis=axis) for index in (low, high))
        x = g.add(g.mul(g.sub(g.scalar(1), share), lower), g.mul(share, upper))
    return x


@converts(Accum)
def accum(g: Graph, layer: Accum, *bottom: str):
    """Corner pixels stay corner pixels."""
    joined = bottom[: len(bottom) - layer.reference]
    size = g.size(bottom[-1], 2, 4) if layer.reference else _size(g, layer, bottom)
    counts = g.split(size, 0, 1, 1)

    def places(x):
        for axis, count in zip((2, 3), counts, strict=True):
            ends = (g.cast(g.sub(n, g.ints(1))) for n in (count, g.size(x, axis)))
            last, reach = ends
            yield g.mul(g.div(g.cast(g.range(count)), last), reach)

    return g.node("Concat", *(_between(g, x, *places(x)) for x in joined), axis=1)


def _size(g, layer, bottom):
    """Return the top's height and width, by the largest bottom's."""
    p = layer.layer_param.accum_param
    sizes = [g.size(x, 2, 4) for x in bottom]
    largest = g.node("Max", *sizes)
    wanted = g.ints(p.top_height, p.top_width)
    if p.HasField("size_divisible_by"):
        step = g.ints(p.size_divisible_by)
        wanted = g.mul(g.div(g.add(largest, g.sub(step, g.ints(1))), step), step)
    exceeds = g.cast(g.node("Greater", wanted, largest), INT64)
    both = g.node("Equal", g.reduce("ReduceMin", exceeds, (0,)), g.ints(1))
    return g.node("Where", both, wanted, largest)


@converts(DataAugmentation)
def data_augmentation(g: Graph, layer: DataAugmentation, x: str):
    """The middle, less the mean."""
    layer.check_settled()
    if layer.cuts:
        places = []
        for axis, count in zip((2, 3), layer.size, strict=True):
            size = g.cast(g.size(x, axis))
            start = g.div(g.sub(size, g.scalar(count)), g.scalar(2))
            at = g.add(g.cast(g.range(g.ints(count))), start)
            at = g.node("Min", at, g.sub(size, g.scalar(1.05)))
            places.append(g.node("Max", at, g.scalar(0)))
        x = _between(g, x, *places)
    if layer.limit:
        return g.sub(x, g.param(1 if layer.by_pixel else 2))
    if layer.constant:
        return g.sub(x, g.reshape(g.floats(layer.constant), 1, 3, 1, 1))
    return g.node("Identity", x)
