"""figure.png: rows of pictures, columns input, each net, truth, as in the paper's figure 4."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.images import write_image
from data.legend import labels_in, legend
from report.samples import Sample

CELL = 220  # pixels of a column
GAP, EDGE = 8, 20
INK, PAPER = (28, 32, 38), (255, 255, 255)


def draw(
    path: Path,
    samples: Sequence[Sample],
    nets: Mapping[str, str],
    names: Sequence[str],
    colours: np.ndarray,
) -> None:
    """Write the figure.

    `nets` are the columns between input and truth: {key in each sample's `found`: head}; `names`
    and `colours` are the classes'.
    """
    columns = ["input", *nets.values(), "truth"]
    rows = [row(sample, nets, colours) for sample in samples]
    heights = [max(cell.height for cell in cells) for cells in rows]
    width = 2 * EDGE + len(columns) * CELL + (len(columns) - 1) * GAP
    key = legend(width - 2 * EDGE, occurring(samples), names, colours, 18)
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
    write_image(path, page, optimize=True)


def left(column: int) -> int:
    """Return the left edge of a column in pixels."""
    return EDGE + column * (CELL + GAP)


def row(sample: Sample, nets: Iterable[str], colours: np.ndarray) -> list[Image.Image]:
    """Return the cells of one picture, each CELL wide."""
    labels = [sample.found[net] for net in nets] + [sample.truth]
    pictures = [sample.picture, *(colours[label] for label in labels)]
    height = round(CELL * sample.picture.shape[0] / sample.picture.shape[1])
    return [
        # Nearest: a label map's edges must not be blurred.
        Image.fromarray(p).resize(
            (CELL, height), Image.Resampling.NEAREST if i else Image.Resampling.LANCZOS
        )
        for i, p in enumerate(pictures)
    ]


def occurring(samples: Sequence[Sample]) -> list[int]:
    """Return the labels in the samples' truth and predictions, in order, void among them."""
    return labels_in(*(m for s in samples for m in (s.truth, *s.found.values())))
