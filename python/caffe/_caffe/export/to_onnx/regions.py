"""Faster R-CNN's and R-FCN's regions: Proposal, py-faster-rcnn's ProposalLayer, PSROIPooling."""

from onnx import TensorProto

from ...core.faster_rcnn_settings import setting
from ...layers.forks.faster_rcnn import ProposalLayer
from ...layers.forks.pvanet import Proposal
from ...layers.forks.rfcn import PSROIPooling
from .graph import DOUBLE, INT64, Graph
from .suppression import chosen, ends, suppressed
from .table import converts


@converts(Proposal)
def proposal(g: Graph, layer: Proposal, scores: str, prediction: str, picture: str):
    """PVANet's: boxes that are too small get score 0."""
    p = layer.settings
    scale = g.node("Gather", picture, g.ints(3, 2), axis=1)
    boxes, score = _predicted(g, layer.anchors, p.feat_stride, scores, prediction, picture)
    score = g.mul(score, g.cast(_large(g, boxes, g.mul(scale, g.scalar(p.min_size)))))
    most = (p.pre_nms_topn, p.nms_thresh, p.post_nms_topn)
    return _best(g, boxes, score, *most)


@converts(ProposalLayer)
def proposal_layer(g: Graph, layer, scores: str, prediction: str, picture: str):
    """py-faster-rcnn's: boxes that are too small go."""
    user = layer.pycaffe_object
    scale = g.slice(picture, 2, 3, 1)
    boxes, score = _predicted(g, user.anchors, user.stride, scores, prediction, picture)
    least = g.mul(scale, g.scalar(setting("TEST", "RPN_MIN_SIZE")))
    boxes, score = chosen(g, _large(g, boxes, least), boxes, score)
    names = ("RPN_PRE_NMS_TOP_N", "RPN_NMS_THRESH", "RPN_POST_NMS_TOP_N")
    rois, score = _best(g, boxes, score, *(setting("TEST", name) for name in names))
    return rois, g.reshape(score, -1, 1)


def _predicted(g, anchors, stride, scores, prediction, picture):
    """Return every place's boxes (M, 4), cut off at the picture's border, and scores (M,)."""
    g.batch_of_one = True
    count = len(anchors)
    shifts = [g.mul(g.range(g.size(scores, axis)), g.ints(stride)) for axis in (3, 2)]
    grid = g.size(scores, 2, 4)
    x = g.node("Expand", g.node("Unsqueeze", shifts[0], g.ints(0)), grid)
    y = g.node("Expand", g.node("Unsqueeze", shifts[1], g.ints(1)), grid)
    moved = [g.node("Unsqueeze", v, g.ints(2, 3)) for v in (x, y, x, y)]
    place = g.cast(g.node("Concat", *moved, axis=3))  # (H, W, 1, 4)
    boxes = g.reshape(g.add(place, g.floats(anchors)), -1, 4)
    low, size = _low_and_size(g, boxes)
    move, grow = g.split(_rows(g, prediction, 4), 1, 2, 2)
    middle = g.add(g.add(g.mul(move, size), low), g.div(size, g.scalar(2)))
    corners = g.node("Concat", *ends(g, middle, g.mul(g.node("Exp", grow), size)), axis=1)
    most = g.sub(g.node("Gather", picture, g.ints(1, 0, 1, 0), axis=1), g.scalar(1))
    corners = g.node("Max", g.node("Min", corners, most), g.scalar(0))
    objects = g.slice(scores, count, 2 * count, 1)
    return corners, g.reshape(_rows(g, objects, 1), -1)


def _rows(g, blob, values):
    """Return a map (1, A values, H, W) as rows (H W A, values)."""
    return g.reshape(g.node("Transpose", blob, perm=[0, 2, 3, 1]), -1, values)


def _low_and_size(g, boxes):
    """Return boxes' first corners (M, 2), and their widths and heights, last pixels included."""
    low, high = g.split(boxes, 1, 2, 2)
    return low, g.add(g.sub(high, low), g.scalar(1))


def _large(g, boxes, least):
    """Return (M,) bool: whether both sides of a box reach `least`, (1, 1) or (1, 2)."""
    fits = g.cast(g.node("GreaterOrEqual", _low_and_size(g, boxes)[1], least))
    return g.cast(g.reduce("ReduceMin", fits, (1,), keep=False), TensorProto.BOOL)


def _best(g, boxes, score, before, threshold, after):
    """Return the regions (R, 5) that suppression leaves, best first, and their scores (R,)."""
    most = before if before > 0 else None, after if after > 0 else None
    boxes, score = g.rows(suppressed(g, boxes, score, threshold, *most, last=True), boxes, score)
    image = g.node("Expand", g.floats([[0]]), g.sizes(g.size(score, 0), 1))
    return g.node("Concat", image, boxes, axis=1), score


@converts(PSROIPooling)
def psroi_pooling(g: Graph, layer: PSROIPooling, x: str, rois: str):
    """Sums over rectangles from cumulative sums in double precision, as the layer takes them."""
    g.decides = True  # where regions round to
    flat = g.cast(g.reshape(rois, -1, 5), DOUBLE)
    picture, x1, y1, x2, y2 = g.split(flat, 1, *(1,) * 5)
    left, right = _edges(g, layer, x1, x2, g.size(x, 3))
    first, end = _edges(g, layer, y1, y2, g.size(x, 2))
    sums = g.node("Pad", g.cast(x, DOUBLE), g.ints(1, 1, 0, 0), "", g.ints(2, 3))
    for axis in (2, 3):
        sums = g.node("CumSum", sums, g.whole(axis))
    channels = layer.outputs * layer.group**2
    plane = g.mul(g.reshape(g.cast(picture, INT64), -1, 1, 1, 1), g.ints(channels))
    part = g.range(g.ints(channels))
    plane = g.add(plane, g.reshape(part, 1, layer.outputs, layer.group, layer.group))
    values, tall, wide = g.reshape(sums, -1), g.size(sums, 2), g.size(sums, 3)

    def upto(row, column):
        place = g.add(g.mul(plane, tall), g.node("Unsqueeze", row, g.ints(1, 3)))
        place = g.add(g.mul(place, wide), g.node("Unsqueeze", column, g.ints(1, 2)))
        return g.rows(place, values)[0]

    total = g.add(
        g.sub(upto(end, right), upto(first, right)), g.sub(upto(first, left), upto(end, left))
    )
    sides = (g.sub(end, first), g.ints(3)), (g.sub(right, left), g.ints(2))
    tall, wide = (
        g.node("Unsqueeze", g.node("Unsqueeze", g.node("Max", side, g.ints(0)), g.ints(1)), axis)
        for side, axis in sides
    )
    area = g.mul(tall, wide)
    mean = g.div(total, g.cast(g.node("Max", area, g.ints(1)), DOUBLE))
    filled = g.node("Greater", area, g.ints(0))
    return g.node("Where", filled, g.cast(mean), g.scalar(0))


def _edges(g, layer, start, end, limit):
    """Return where a region's parts begin and end along one axis, (R, group) int64 twice."""
    scale = g.scalar(layer.scale)
    start = g.mul(g.cast(g.round_away(start)), scale)
    one = g.cast(g.scalar(1), DOUBLE)
    end = g.mul(g.cast(g.add(g.round_away(end), one)), scale)
    size = g.node("Max", g.sub(end, start), g.scalar(0.1))
    part = g.div(size, g.scalar(layer.group))
    edges = []
    for op, first in (("Floor", 0), ("Ceil", 1)):
        index = g.floats([range(first, first + layer.group)])
        edge = g.cast(g.node(op, g.add(g.mul(index, part), start)), INT64)
        edges.append(g.node("Min", g.node("Max", edge, g.ints(0)), limit))
    return edges
