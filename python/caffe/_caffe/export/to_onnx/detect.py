"""SSD's PriorBox and DetectionOutput."""

import torch

from ...core.boxes import CENTER_SIZE, CORNER
from ...layers.forks.ssd import PriorBox
from ...layers.forks.ssd_detection import DetectionOutput
from ...log import warning
from .graph import INT64, Graph
from .suppression import chosen, ends, one_picture, rows_or, suppressed
from .table import converts

NOTHING = [0.0] + [-1.0] * 6  # the row (picture, label, score, box) of a picture without boxes


@converts(PriorBox)
def prior_box(g: Graph, layer: PriorBox, x: str, picture: str):
    """The boxes round the middle of every cell, from the sizes at run time."""
    cells = [g.size(x, axis) for axis in (2, 3)]
    if layer.picture:
        size = [g.floats([s]) for s in layer.picture]
    else:
        size = [g.cast(g.size(picture, axis)) for axis in (2, 3)]
    if layer.step:
        step = [g.floats([s]) for s in layer.step]
    else:
        step = [g.div(s, g.cast(c)) for s, c in zip(size, cells, strict=True)]
    y, x = (_middles(g, layer, c, s) for c, s in zip(cells, step, strict=True))
    grid = g.sizes(*cells)
    middle = [  # each (H, W, 1, 1)
        g.node("Unsqueeze", g.node("Expand", v, grid), g.ints(2, 3))
        for v in (g.node("Unsqueeze", x, g.ints(0)), g.node("Unsqueeze", y, g.ints(1)))
    ]
    if any(layer.shifts):
        shifts = g.floats(torch.tensor(layer.shifts).repeat(len(layer.sizes)).view(1, 1, -1, 1))
        middle[1] = g.add(middle[1], g.mul(shifts, step[0]))
    half = torch.tensor(layer.sizes, dtype=torch.float32).repeat_interleave(len(layer.shifts), 0)
    half = half.view(1, 1, -1, 2) / 2
    halves = [g.floats(half[..., i : i + 1]) for i in (0, 1)]
    parts = []
    for op in ("Sub", "Add"):
        for i in (0, 1):
            edge = g.node(op, middle[i], halves[i])
            parts.append(g.div(edge, size[1 - i]))
    boxes = g.node("Concat", *parts, axis=3)
    if layer.clip:
        boxes = g.node("Max", g.node("Min", boxes, g.scalar(1)), g.scalar(0))
    rows = g.reshape(boxes, 1, 1, -1)
    given = list(layer.settings.variance) or [0.1]
    four = g.floats(given * (4 // len(given)))
    table = g.node("Expand", four, g.sizes(g.div(g.size(rows, 2), g.ints(4)), 4))
    return g.node("Concat", rows, g.reshape(table, 1, 1, -1), axis=1)


def _middles(g, layer, cells, step):
    """(cell + offset) * step for each cell of an axis."""
    return g.mul(g.add(g.cast(g.range(cells)), g.scalar(layer.settings.offset)), step)


@converts(DetectionOutput)
def detection_output(g: Graph, layer: DetectionOutput, location, confidence, prior, *more):
    """Decode, suppress class by class, and keep the best of one picture.

    Rows come by class and, within it, by score, as Caffe's; where nothing is left there is one
    row of -1. A batch of several pictures would need a loop.
    """
    p, nms = layer.settings, layer.settings.nms_param
    layer.check(nms.eta == 1, f"nms_param.eta {nms.eta} below 1 cannot be written")
    if layer.saves:
        warning(layer.format_error("the ONNX file leaves save_output_param out"))
    one_picture(g, layer, location)
    sets = 1 if p.share_location else p.num_classes
    table = g.reshape(prior, 2, -1, 1, 4)
    priors, variances = g.at(table, 0), g.at(table, 1)
    scores = g.reshape(confidence, -1, p.num_classes)
    if len(more) == 2:  # RefineDet's
        priors = _decoded(g, p, g.reshape(more[1], -1, 1, 4), priors, variances)
        object_ = g.slice(g.reshape(more[0], -1, 2), 1, 2, 1)
        background = g.floats([[float(c == 0) for c in range(p.num_classes)]])
        nothing = g.node("Less", object_, g.scalar(p.objectness_score))
        scores = g.node("Where", nothing, background, scores)
    boxes = _decoded(g, p, g.reshape(location, -1, sets, 4), priors, variances)
    found = [
        _one_class(g, p, c, boxes, scores, 0 if p.share_location else c)
        for c in range(p.num_classes)
        if c != p.background_label_id
    ]
    rows = g.node("Concat", *found, axis=0)
    if p.keep_top_k > -1:
        rows = _best(g, rows, p.keep_top_k)
    return g.reshape(rows_or(g, rows, NOTHING), 1, 1, -1, 7)


def _decoded(g, p, prediction, priors, variances):
    """Return the boxes (P, sets, 4) that the predictions at priors (P, 1, 4) mean (DecodeBBox)."""
    if not p.variance_encoded_in_target:
        prediction = g.mul(prediction, variances)
    if p.code_type == CORNER:
        return g.add(priors, prediction)
    low, high = g.split(priors, 2, 2, 2)
    size = g.sub(high, low)
    if p.code_type != CENTER_SIZE:
        return g.add(priors, g.mul(prediction, g.node("Concat", size, size, axis=2)))
    move, grow = g.split(prediction, 2, 2, 2)
    middle = g.add(g.mul(move, size), g.div(g.add(low, high), g.scalar(2)))
    return g.node("Concat", *ends(g, middle, g.mul(g.node("Exp", grow), size)), axis=2)


def _one_class(g, p, c, boxes, scores, box_set):
    """Return the rows (K, 7) of class c: the top_k best boxes less those that a better covers."""
    mine, score = g.at(boxes, box_set, axis=1), g.at(scores, c, axis=1)
    least = p.confidence_threshold if p.HasField("confidence_threshold") else float("-inf")
    score, mine = chosen(g, g.node("Greater", score, g.scalar(least)), score, mine)
    nms = p.nms_param
    most = nms.top_k if nms.HasField("top_k") and nms.top_k > -1 else None
    stay = suppressed(g, mine, score, nms.nms_threshold, most)
    mine, score = g.rows(stay, mine, g.node("Unsqueeze", score, g.ints(1)))
    head = g.node("Expand", g.floats([[0, c]]), g.sizes(g.size(score, 0), 2))
    return g.node("Concat", head, score, mine, axis=1)


def _best(g, rows, most):
    """Return the rows of the best scores, in the order they have."""
    score = g.reshape(g.slice(rows, 2, 3, 1), -1)
    count = g.node("Min", g.size(rows, 0), g.ints(most))
    order = g.nodes_out("TopK", 2, score, count, axis=0)[1]
    # Back to the classes' order: sort the places themselves.
    place = g.nodes_out("TopK", 2, g.cast(order, INT64), count, axis=0, largest=0)[0]
    return g.rows(place, rows)[0]
