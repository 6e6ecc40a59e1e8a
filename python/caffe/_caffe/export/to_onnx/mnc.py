"""Values between pixels, as MNC's layers take them: MaskResize and ROIWarping."""

from ...layers.forks.mnc import MaskResize, ROIWarping
from .graph import DOUBLE, INT64, Graph
from .table import converts


@converts(MaskResize)
def mask_resize(g: Graph, layer: MaskResize, x: str):
    """Output i of an axis is the map at i * in / out."""
    weights = []
    for axis, factor, fixed in zip((2, 3), layer.factors, layer.sizes, strict=True):
        size = g.size(x, axis)
        out = g.ints(fixed)
        if factor > 0:
            out = g.cast(g.mul(g.cast(size), g.scalar(float(factor))), INT64)
        at = g.mul(g.cast(g.range(out)), g.div(g.cast(size), g.cast(out)))
        weights.append(_weights(g, g.reshape(at, -1, 1), size))
    rows, columns = weights
    return g.node("MatMul", g.node("MatMul", rows, x), g.node("Transpose", columns, perm=[1, 0]))


@converts(ROIWarping)
def roi_warping(g: Graph, layer: ROIWarping, x: str, rois: str):
    """Value i of p of a region's axis is its image at start + i (end - start) / p."""
    g.decides = True  # where regions round to
    rows = g.reshape(rois, -1, 5)
    corners = g.mul(g.slice(rows, 1, 5, 1), g.scalar(layer.scale))
    corners = g.cast(g.round_away(g.cast(corners, DOUBLE)))
    left, top, right, bottom = g.split(g.node("Unsqueeze", corners, g.ints(2, 3)), 1, 1, 1, 1, 1)
    rows_of, columns = (
        _weights(g, _places(g, start, end, out), g.size(x, axis))
        for start, end, out, axis in (
            (top, bottom, layer.size[0], 2),
            (left, right, layer.size[1], 3),
        )
    )
    image = g.reshape(g.cast(g.slice(rows, 0, 1, 1), INT64), -1)
    (maps,) = g.rows(image, x)
    columns = g.node("Transpose", columns, perm=[0, 1, 3, 2])
    return g.node("MatMul", g.node("MatMul", rows_of, maps), columns)


def _places(g, start, end, count):
    """Return (R, 1, count, 1): where the values of regions, which begin at (R, 1, 1, 1), lie."""
    part = g.div(g.node("Relu", g.sub(end, start)), g.scalar(count))
    return g.add(start, g.mul(g.floats([[[[i] for i in range(count)]]]), part))


def _weights(g, at, size):
    """Return the weight (..., P, S) of each of S pixels in the values at (..., P, 1).

    Beyond the middle of the first and last pixel it is theirs, and 0 from half a pixel farther on.
    """
    last = g.sub(g.cast(size), g.scalar(1))
    near = g.node("Max", g.node("Min", at, last), g.scalar(0))
    weights = g.sub(g.scalar(1), g.node("Abs", g.sub(near, g.cast(g.range(size)))))
    beyond = g.node("Abs", g.sub(at, near))
    inside = g.node("LessOrEqual", beyond, g.scalar(0.5))
    return g.node("Where", inside, g.node("Relu", weights), g.scalar(0))
