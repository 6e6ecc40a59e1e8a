"""MS-CNN's boxes and regions: BoxOutput, DecodeBBox, ROIAlign; Fast R-CNN's ROIPooling."""

import numpy as np
from onnx import TensorProto

from ...core.field_boxes import Field
from ...layers.forks.mscnn_align import ROIAlign
from ...layers.forks.mscnn_boxes import BoxOutput, DecodeBBox
from ...layers.forks.rcnn import ROIPooling
from .graph import INT64, Graph
from .suppression import chosen, one_picture, rows_or, suppressed
from .table import converts

BOOL = TensorProto.BOOL


@converts(BoxOutput)
def box_output(g: Graph, layer: BoxOutput, *maps: str):
    """The boxes of all maps, less those that a better one covers."""
    p = layer.settings
    layer.check(p.nms_type == "IOU", f"can be written for nms_type IOU, not {p.nms_type}")
    one_picture(g, layer, maps[0])
    found = [_boxes(g, layer, x, field) for x, field in zip(maps, layer.fields, strict=True)]
    boxes, score = (g.node("Concat", *part, axis=0) for part in zip(*found, strict=True))
    # Of equal scores the later comes first.
    boxes, score = g.flipped(boxes, 0), g.flipped(score, 0)
    stay = suppressed(g, boxes, score, p.iou_thr, p.max_nms_num or None, p.max_post_nms_num or None)
    boxes, score = g.rows(stay, boxes, g.reshape(score, -1, 1))
    picture = g.node("Expand", g.scalar(0), g.node("Shape", score))
    rows = g.node("Concat", picture, boxes, axis=1)
    return (
        g.reshape(rows_or(g, rows, [0, 1, 1, 10, 10]), -1, 5, 1, 1),
        g.reshape(rows_or(g, g.node("Concat", rows, score, axis=1), [0] * 6), -1, 6, 1, 1),
    )


def _boxes(g, layer, x, field: Field):
    """Return one map's boxes (M, 4), corners, and scores (M,) that are good and large enough."""
    p, channels = layer.settings, g.shapes[x][1]
    background, objects, move, grow = g.split(x, 1, 1, channels - 5, 2, 2)
    score = g.sub(g.reduce("ReduceMax", objects, (1,)), background)

    def limited(value, i):
        std, mean, limit = (
            v[i : i + 2].view(2, 1, 1) for v in (layer.std, layer.mean, field.limit)
        )
        value = g.add(g.mul(value, g.floats(std)), g.floats(mean))
        return g.node("Min", g.node("Max", value, g.floats(-limit)), g.floats(limit))

    step, size = g.scalar(field.step), g.floats(field.size.view(2, 1, 1))
    counts = [g.size(x, axis) for axis in (3, 2)]
    middles = []
    for count, shape in zip(counts, ((1, 1, 1, -1), (1, 1, -1, 1)), strict=True):
        middle = g.mul(g.add(g.cast(g.range(count)), g.scalar(0.5)), step)
        middles.append(
            g.node("Expand", g.reshape(middle, *shape), g.sizes(1, 1, counts[1], counts[0]))
        )
    middle = g.add(g.mul(limited(move, 0), size), g.node("Concat", *middles, axis=1))
    extent = g.mul(g.node("Exp", limited(grow, 2)), size)
    corner = g.node("Max", g.sub(middle, g.div(extent, g.scalar(2))), g.scalar(0))
    picture = g.reshape(g.mul(g.cast(g.sizes(*counts)), step), 1, 2, 1, 1)
    extent = g.node("Min", extent, g.sub(picture, corner))
    large = g.node("GreaterOrEqual", g.reduce("ReduceMin", extent, (1,)), g.scalar(p.min_size))
    good = g.node("And", large, g.node("GreaterOrEqual", score, g.scalar(p.fg_thr)))
    ends = g.node("Concat", corner, g.add(corner, extent), axis=1)
    rows = g.reshape(g.node("Transpose", ends, perm=[0, 2, 3, 1]), -1, 4)
    return chosen(g, g.reshape(good, -1), rows, g.reshape(score, -1))


@converts(DecodeBBox)
def decode_bbox(g: Graph, layer: DecodeBBox, prediction: str, rois: str):
    """Regions moved by what the next stage predicts."""
    value = g.slice(g.reshape(prediction, -1, 8), 4, 8, 1)
    value = g.add(g.mul(value, g.floats(layer.std)), g.floats(layer.mean))
    move, grow = g.split(value, 1, 2, 2)
    picture, low, high = _enlarged(g, rois, 0)
    size = g.add(g.sub(high, low), g.scalar(1))
    middle = g.add(g.mul(move, size), g.div(g.add(low, high), g.scalar(2)))
    reach = g.sub(g.mul(size, g.node("Exp", grow)), g.scalar(1))
    start = g.sub(middle, g.div(reach, g.scalar(2)))
    boxes = g.node("Concat", picture, start, g.add(start, reach), axis=1)
    return g.reshape(boxes, -1, 5, 1, 1)


def _enlarged(g, rois, ratio) -> tuple[str, str, str]:
    """Return regions' pictures (R, 1), first and last corners (R, 2), made larger on each side."""
    picture, low, high = g.split(g.reshape(rois, -1, 5), 1, 1, 2, 2)
    if ratio:
        pad = g.mul(g.add(g.sub(high, low), g.scalar(1)), g.scalar(ratio))
        low, high = g.sub(low, pad), g.add(high, pad)
    return picture, low, high


@converts(ROIPooling)
def roi_pooling(g: Graph, layer: ROIPooling, x: str, rois: str):
    """MaxRoiPool, which is Fast R-CNN's, of regions enlarged by MS-CNN's pad_ratio."""
    g.decides = True  # where regions round to
    rows = g.node("Concat", *_enlarged(g, rois, layer.pad), axis=1)
    return g.node("MaxRoiPool", x, rows, pooled_shape=layer.size, spatial_scale=layer.scale)


@converts(ROIAlign)
def roi_align(g: Graph, layer: ROIAlign, x: str, rois: str):
    """RoiAlign: one sample in the middle of each of its parts, which lie round the corners."""
    g.decides = True  # which corners are on the map
    picture, low, high = _enlarged(g, rois, layer.pad)
    scale, half = g.scalar(layer.scale), g.scalar(0.5)
    start, end = (g.sub(g.mul(v, scale), half) for v in (low, high))
    parts = np.array(layer.parts[::-1])  # of width and height
    step = g.div(g.sub(end, start), g.floats(parts))
    margin = g.sub(g.div(step, g.scalar(2)), half)
    rows = g.node("Concat", g.sub(start, margin), g.add(end, g.add(margin, g.scalar(1))), axis=1)
    y = g.node(
        "RoiAlign", x, rows, g.reshape(g.cast(picture, INT64), -1),
        output_height=layer.parts[0] + 1, output_width=layer.parts[1] + 1, sampling_ratio=1,
    )  # fmt: skip
    # Half a pixel beyond the map's last ones it is 0, which is a whole one in ONNX.
    kept = g.cast(g.reduce("ReduceMin", g.cast(g.node("Greater", end, start)), (1,)), BOOL)
    for axis, shape in ((0, (-1, 1, 1, parts[0] + 1)), (1, (-1, 1, parts[1] + 1, 1))):
        first, width = (g.slice(v, axis, axis + 1, 1) for v in (start, step))
        at = g.add(first, g.mul(width, g.floats(np.arange(parts[axis] + 1)[None])))
        limit = g.sub(g.cast(g.size(x, 3 - axis)), half)
        on = g.node(
            "And", g.node("GreaterOrEqual", at, g.scalar(-0.5)), g.node("LessOrEqual", at, limit)
        )
        y = g.node("Where", g.reshape(g.node("And", on, kept), *map(int, shape)), y, g.scalar(0))
    return y
