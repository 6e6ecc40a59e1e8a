"""figure.png: rows of pictures, columns input, each net, truth, as in the paper's figure 4."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.files import replacing
from report.samples import VOID_COLOUR, coloured

CELL = 220  # pixels of a column
GAP, EDGE = 8, 20
INK, FAINT, PAPER = (28, 32, 38), (110, 116, 124), (255, 255, 255)


def draw(path, samples, runs, names):
    """Write the figure; `runs` are the nets' columns, `names` the classes."""
    columns = ["input", *(run.label for run in runs), "truth"]
    rows = [row(sample, runs) for sample in samples]
    heights = [max(cell.height for cell in cells) for cells in rows]
    width = 2 * EDGE + len(columns) * CELL + (len(columns) - 1) * GAP
    key = legend(width - 2 * EDGE, occurring(samples), names)
    head = 34
    total = EDGE + head + sum(heights) + GAP * len(rows) + key.height + EDGE
    page = Image.new("RGB", (width, total), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(20)
    for i, text in enumerate(columns):
        pen.text((left(i) + CELL / 2, EDGE + head / 2 - 4), text, INK, font, anchor="mm")
    y = EDGE + head
    for cells, height in zip(rows, heights, strict=True):
        for i, cell in enumerate(cells):
            page.paste(cell, (left(i), y))
        y += height + GAP
    page.paste(key, (EDGE, y))
    with replacing(path) as stream:
        page.save(stream, format="PNG", optimize=True)


def left(column):
    return EDGE + column * (CELL + GAP)


def row(sample, runs):
    """The cells of one picture, each CELL wide."""
    labels = [sample.found[run.name] for run in runs] + [sample.truth]
    pictures = [sample.picture, *(coloured(label) for label in labels)]
    height = round(CELL * sample.picture.shape[0] / sample.picture.shape[1])
    return [
        # Label maps keep their hard edges: what is looked at is where these lie.
        Image.fromarray(p).resize(
            (CELL, height), Image.Resampling.NEAREST if i else Image.Resampling.LANCZOS
        )
        for i, p in enumerate(pictures)
    ]


def occurring(samples):
    """The labels in the samples' truth and predictions, in order, 255 among them."""
    maps = [m for sample in samples for m in (sample.truth, *sample.found.values())]
    return sorted({int(v) for m in maps for v in np.unique(m)})


def legend(width, labels, names):
    """Colour chips with the names of the classes that occur; 255 is void."""
    font, chip, line = ImageFont.load_default(17), 18, 30
    places, x, y = [], 0, 10
    for label in labels:
        text = name_of(label, names)
        needs = chip + 8 + round(font.getlength(text)) + 24
        if x and x + needs > width:
            x, y = 0, y + line
        places.append((x, y, label, text))
        x += needs
    image = Image.new("RGB", (width, y + line), PAPER)
    pen = ImageDraw.Draw(image)
    for x, y, label, text in places:
        pen.rectangle((x, y, x + chip, y + chip), colour(label), FAINT)
        pen.text((x + chip + 8, y + chip / 2), text, INK, font, anchor="lm")
    return image


def name_of(label, names):
    return names[label] if label < len(names) else "void"


def colour(label):
    rgb = VOID_COLOUR if label == 255 else coloured(np.array([label]))[0]
    return tuple(int(v) for v in rgb)
