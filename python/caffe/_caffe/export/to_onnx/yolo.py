"""MobileNet-YOLO's detections."""

from ...layers.forks.yolo_output import YoloDetectionOutput, Yolov3DetectionOutput
from .detect import NOTHING
from .graph import Graph
from .suppression import chosen, ends, one_picture, rows_or, suppressed
from .table import converts


@converts(Yolov3DetectionOutput)
def yolov3_output(g: Graph, layer: Yolov3DetectionOutput, *maps: str):
    """Every class of every box whose probability times the objectness is high enough."""
    p, found = layer.settings, []
    for x, anchors, scale in zip(maps, layer.anchors, p.anchors_scale, strict=True):
        picture = g.mul(_wide_and_tall(g, x), g.scalar(scale))
        boxes, object_, classes = _split(g, layer, x, g.div(g.floats(anchors), picture))
        score = g.mul(g.node("Sigmoid", classes), g.node("Unsqueeze", object_, g.ints(1)))
        where = g.node("NonZero", g.node("Greater", score, g.scalar(p.confidence_threshold)))
        place, label = g.at(where, 0), g.at(where, 1)
        score = g.node("GatherND", score, g.node("Transpose", where, perm=[1, 0]))
        found.append((*g.rows(place, boxes), label, score))
    return _rows(g, layer, found)


@converts(YoloDetectionOutput)
def yolo_output(g: Graph, layer: YoloDetectionOutput, *maps: str):
    """The best class of every box, if its probability times the objectness is high enough."""
    found = []
    for x in maps:
        anchors = g.div(g.floats(layer.anchors), g.cast(g.size(x, 3)))
        boxes, object_, classes = _split(g, layer, x, anchors)
        probability = g.node("Softmax", classes, axis=1)
        score = g.mul(object_, g.reduce("ReduceMax", probability, (1,), keep=False))
        label = g.node("ArgMax", probability, axis=1, keepdims=0)
        least = g.scalar(layer.settings.confidence_threshold)
        found.append(chosen(g, g.node("GreaterOrEqual", score, least), boxes, label, score))
    return _rows(g, layer, found)


def _wide_and_tall(g, x):
    return g.cast(g.sizes(g.size(x, 3), g.size(x, 2)))


def _split(g, layer, x, anchors):
    """Return boxes (M, 4), objectness (M,) and class scores (M, K) of a map, by place and box.

    Boxes are (middle x, y, width, height), like the anchors as shares of the picture.
    """
    one_picture(g, layer, x)
    size = g.size(x, 2, 4)
    table = g.reshape(x, layer.boxes, 5 + layer.classes, size)
    table = g.node("Transpose", table, perm=[2, 3, 0, 1])  # (H, W, B, 5 + K)
    middle, extent, object_, classes = g.split(table, 3, 2, 2, 1, layer.classes)
    grid = [
        g.reshape(g.cast(g.range(g.size(x, axis))), *shape)
        for axis, shape in ((3, (1, -1, 1, 1)), (2, (-1, 1, 1, 1)))
    ]
    places = g.node("Concat", *(g.node("Expand", v, g.sizes(size, 1, 1)) for v in grid), axis=3)
    middle = g.div(g.add(g.node("Sigmoid", middle), places), _wide_and_tall(g, x))
    extent = g.mul(g.node("Exp", extent), anchors)
    return (
        g.reshape(g.node("Concat", middle, extent, axis=3), -1, 4),
        g.reshape(g.node("Sigmoid", object_), -1),
        g.reshape(classes, -1, layer.classes),
    )


def _rows(g, layer, found):
    """Return the top (1, 1, R, 7) of each map's boxes, labels and scores."""
    boxes, label, score = (g.node("Concat", *part, axis=0) for part in zip(*found, strict=True))
    stay = suppressed(g, boxes, score, layer.below, centred=True)
    boxes, label, score = g.rows(stay, boxes, label, score)
    head = (g.reshape(v, -1, 1) for v in (g.add(g.cast(label), g.scalar(1)), score))
    picture = g.node("Expand", g.scalar(0), g.sizes(g.size(score, 0), 1))
    rows = g.node("Concat", picture, *head, *ends(g, *g.split(boxes, 1, 2, 2)), axis=1)
    return g.reshape(rows_or(g, rows, NOTHING), 1, 1, -1, 7)
