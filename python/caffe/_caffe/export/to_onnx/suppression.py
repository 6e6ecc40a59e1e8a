"""Non-maximum suppression, and what its users share."""

from ...core.layer import Layer
from .graph import Graph


def one_picture(g: Graph, layer: Layer, x: str) -> None:
    """Enter that the file takes one picture at a time; LayerError if the net takes more."""
    layer.check(g.shapes[x][0] == 1, "can be written for a batch of 1; give the net that input")
    g.batch_of_one = True


def suppressed(
    g: Graph,
    boxes: str,
    score: str,
    threshold: float,
    before: int | None = None,
    after: int | None = None,
    last: bool = False,
    centred: bool = False,
) -> str:
    """Return the places, best first, of the boxes that no better one overlaps too much.

    Parameters
    ----------
    boxes, score : (M, 4), (M,)
    threshold : float
        A box goes whose intersection over union with a better one is larger.
    before, after : int, optional
        How many of the best are compared, and how many stay at most.
    last : bool
        Whether boxes end in their last pixel, not behind it.
    centred : bool
        Whether boxes are (middle x, y, width, height), not corners.
    """
    most = g.size(score, 0)
    if before is not None:
        most = g.node("Min", most, g.ints(before))
    score, order = g.nodes_out("TopK", 2, score, most, axis=0)
    (boxes,) = g.rows(order, boxes)
    if last:
        boxes = g.add(boxes, g.floats([0, 0, 1, 1]))
    g.decides = True
    picked = g.node(
        "NonMaxSuppression",
        g.node("Unsqueeze", boxes, g.ints(0)),
        g.node("Unsqueeze", score, g.ints(0, 1)),
        most if after is None else g.ints(after),
        g.floats([threshold]),
        center_point_box=int(centred),
    )
    return g.rows(g.at(picked, 2, axis=1), order)[0]


def ends(g: Graph, middle: str, extent: str) -> tuple[str, str]:
    """Return where boxes begin and end."""
    half = g.div(extent, g.scalar(2))
    return g.sub(middle, half), g.add(middle, half)


def chosen(g: Graph, mask: str, *values: str) -> tuple[str, ...]:
    """Return the items of values, along axis 0, where mask (M,) is true."""
    return g.rows(g.reshape(g.node("NonZero", mask), -1), *values)


def rows_or(g: Graph, rows: str, default: list[float]) -> str:
    """Return rows (R, C), or this one where R is 0."""
    count = g.node("Max", g.size(rows, 0), g.ints(1))
    return g.slice(g.node("Concat", rows, g.floats([default]), axis=0), 0, count, 0)
