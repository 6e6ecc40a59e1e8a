"""A net as a picture: one box per layer, its in-place layers as chips below its name.

`paint` draws on a canvas of `canvas` at the places that `layout` computes.
"""

from dataclasses import dataclass, field

from .canvas import INK, LINE, SOFT_INK, text_width
from .details import details
from .layout import layered

TITLE, DETAIL, CHIP = 13, 10.5, 9.5
TITLE_LINE, DETAIL_LINE, CHIP_LINE = 17.0, 14.0, 17.0
PADDING, MARGIN, CAPTION = 9.0, 18.0, 30.0
MAX_TEXT = 44
ARROW = 5.0

# Fill and border per family of layers; everything else looks like a normalisation.
PLAIN = ("#E6EEFC", "#4C7BD9")
CHIP_COLOURS = ("#E2F3E1", "#5BA357")
COLOURS = {
    **dict.fromkeys(
        ["Data", "DummyData", "HDF5Data", "ImageData", "Input", "MemoryData", "WindowData"],
        ("#E9EDF2", "#66768A"),
    ),
    **dict.fromkeys(["Convolution", "Im2col"], ("#FDE4E0", "#DD5B4B")),
    "Deconvolution": ("#FBE3F0", "#C9478F"),
    **dict.fromkeys(["Pooling", "SPP"], ("#FFEDD5", "#E08A1E")),
    **dict.fromkeys(["InnerProduct", "Embed", "LSTM", "RNN"], ("#F0E4FA", "#9152C4")),
    **dict.fromkeys(
        ["Concat", "Crop", "Eltwise", "Flatten", "Reshape", "Slice", "Split", "Tile"],
        ("#DFF1F3", "#2F8F9D"),
    ),
    **dict.fromkeys(["Accuracy", "ArgMax", "Silence", "Softmax"], ("#FFF6CC", "#C29B0C")),
}
LOSS = ("#FFF0B8", "#B58900")


@dataclass
class Box:
    """A layer with the layers that work in place on its tops."""

    name: str
    kind: str
    details: list[str]
    chips: list[str] = field(default_factory=list)

    @property
    def size(self):
        width = max(
            text_width(self.name, TITLE),
            max((text_width(line, DETAIL) for line in self.details), default=0),
            sum(chip_width(chip) for chip in self.chips) + 4 * max(len(self.chips) - 1, 0),
        )
        height = TITLE_LINE + DETAIL_LINE * len(self.details) + CHIP_LINE * bool(self.chips)
        return width + 2 * PADDING, height + PADDING

    @property
    def colours(self):
        return LOSS if self.kind.endswith("Loss") else COLOURS.get(self.kind, PLAIN)


def chip_width(text):
    return text_width(text, CHIP) + 10


def paint(net, rankdir, canvas_type, display_lrm=False):
    """Draw the layers of a net, in the current schema, on a new `canvas_type` (`Svg` or `Raster`).

    `rankdir` is the direction of data: top to bottom (TB), bottom to top (BT), left to right (LR)
    or right to left (RL); `display_lrm` shows learning rate multipliers.
    """
    boxes, edges = collect(net, display_lrm)
    flat = rankdir in ("LR", "RL")
    sizes = [box.size[::-1] if flat else box.size for box in boxes]
    gap = 48.0 if flat else 34.0  # labels lie in the gap and are wider than high
    plan = layered(sizes, [(start, end) for start, end, _ in edges], gap)
    extent = plan.height
    width, height = (plan.height, plan.width) if flat else (plan.width, plan.height)
    caption = CAPTION if net.name else 0.0
    width = max(width, text_width(net.name, TITLE + 3))
    canvas = canvas_type(width + 2 * MARGIN, height + 2 * MARGIN + caption)

    def place(point):
        x, y = point
        if rankdir in ("BT", "RL"):
            y = extent - y
        x, y = (y, x) if flat else (x, y)
        return x + MARGIN, y + MARGIN + caption

    if net.name:
        canvas.text(width / 2 + MARGIN, MARGIN + 6, net.name, TITLE + 3)
    for route, (_, _, label) in zip(plan.routes, edges, strict=True):
        _paint_edge(canvas, route, label, place)
    for centre, box in zip(plan.centres, boxes, strict=True):
        _paint_box(canvas, box, *place(centre))
    return canvas


def collect(net, display_lrm=False):
    """Return `(boxes, edges)` of a net; an edge is (box number, box number, label or "")."""
    boxes, edges, makers = [], [], {}
    for layer in net.layer:
        bottoms, tops = list(layer.bottom), list(layer.top)
        if len(bottoms) == 1 and bottoms == tops and makers.get(bottoms[0]):
            for maker in makers[bottoms[0]]:
                boxes[maker].chips.append(" ".join([layer.type, *details(layer)][:2]))
            continue
        for blob in bottoms:
            if blob not in makers:  # an input without a layer, as in old deploy nets
                makers[blob] = [len(boxes)]
                boxes.append(Box(blob, "Input", ["no layer makes it"]))
        box = len(boxes)
        lines = [_shorten(" · ".join([layer.type, *details(layer)]))]
        if display_lrm and layer.param:
            lines.append("lr_mult " + ", ".join(f"{p.lr_mult:g}" for p in layer.param))
        kind = layer.type if bottoms else "Input"  # such as data layers in Python
        boxes.append(Box(_shorten(layer.name or layer.type), kind, lines))
        for blob in dict.fromkeys(bottoms):
            for maker in makers[blob]:
                label = "" if blob == boxes[maker].name else _shorten(blob)
                edges.append((maker, box, label))
        for blob in tops:
            # TRAIN and TEST variants drawn together both make the blob.
            others = [] if blob in bottoms else makers.get(blob, [])
            makers[blob] = [*others, box]
    return boxes, edges


def _paint_edge(canvas, route, label, place):
    # The line ends where the arrow head begins.
    (x, y), tail = route[-1], route[:-1]
    canvas.line([place(point) for point in (*tail, (x, y - ARROW))])
    head = [(x, y), (x - ARROW * 0.7, y - ARROW * 1.5), (x + ARROW * 0.7, y - ARROW * 1.5)]
    canvas.triangle([place(point) for point in head])
    if label:
        (x0, y0), (x1, y1) = route[0], route[1]
        centre_x, centre_y = place(((x0 + x1) / 2, (y0 + y1) / 2))
        width = text_width(label, CHIP) + 6
        canvas.box(centre_x - width / 2, centre_y - 6, width, 12, "white", "white", 3)
        canvas.text(centre_x, centre_y, label, CHIP, LINE)


def _paint_box(canvas, box, x, y):
    width, height = box.size
    canvas.box(x - width / 2, y - height / 2, width, height, *box.colours)
    at = y - height / 2 + PADDING / 2 + TITLE_LINE / 2
    canvas.text(x, at, box.name, TITLE, INK)
    at += (TITLE_LINE + DETAIL_LINE) / 2
    for line in box.details:
        canvas.text(x, at, line, DETAIL, SOFT_INK)
        at += DETAIL_LINE
    left = x - (sum(chip_width(c) for c in box.chips) + 4 * (len(box.chips) - 1)) / 2
    middle = y + height / 2 - PADDING / 2 - CHIP_LINE / 2 + 1
    for chip in box.chips:
        wide = chip_width(chip)
        canvas.box(left, middle - 7, wide, 14, *CHIP_COLOURS, 7.0)
        canvas.text(left + wide / 2, middle, chip, CHIP, INK)
        left += wide + 4


def _shorten(text):
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
