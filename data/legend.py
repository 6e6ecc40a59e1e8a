"""The classes' colours over a picture, and the legend that names them."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .settings import IGNORE_LABEL

OPACITY = 0.55  # the class colours' share in an overlay


def labels_in(*maps: np.ndarray) -> list[int]:
    """Return the labels that occur in any of the label maps, in order, void among them."""
    return sorted({int(v) for label in maps for v in np.unique(label)})


def name_of(label: int, names: Sequence[str]) -> str:
    """Return a label's class name; "void" where it is no class."""
    return names[label] if label < len(names) else "void"


def legend(
    width: int, labels: Iterable[int], names: Sequence[str], colours: np.ndarray, size: int = 16
) -> Image.Image:
    """Draw a colour chip and the name of each label; of those that are no class "void".

    Parameters
    ----------
    width
        Of the image in pixels; a single longer entry widens it.
    names
        Of the classes, in label order.
    colours
        256 x 3 uint8 RGB (`palette.palette`).
    size
        Of the text and the chips in pixels.
    """
    font, gap, line = ImageFont.load_default(size), size // 2, size + 12
    places, x, y, widest = [], 0, 0, width
    for label in labels:
        text = name_of(label, names)
        taken = size + gap + round(font.getlength(text)) + 3 * gap
        if x and x + taken > width:
            x, y = 0, y + line
        places.append((x, y, label, text))
        x += taken
        widest = max(widest, x)
    image = Image.new("RGB", (widest, y + line), "white")
    pen = ImageDraw.Draw(image)
    for x, y, label, text in places:
        fill = tuple(int(c) for c in colours[label])
        pen.rectangle((x, y + 6, x + size, y + 6 + size), fill, "gray")
        pen.text((x + size + gap, y + 6 + size / 2), text, (28, 32, 38), font, anchor="lm")
    return image


def overlay(
    pixels: np.ndarray, label: np.ndarray, names: Sequence[str], colours: np.ndarray
) -> Image.Image:
    """Lay the classes' colours over a picture, with a legend below.

    Parameters
    ----------
    pixels
        H x W x C, or H x W, uint8 RGB or gray.
    label
        H x W class numbers. The first class, where it is called background, stays uncoloured.
    names, colours
        See `legend`.
    """
    pixels = pixels.reshape(*label.shape, -1)
    pixels = pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    mixed = colours[label] * OPACITY + pixels * (1 - OPACITY)
    plain = (label == 0) & (names[0] == "background")
    picture = np.where(plain[:, :, None], pixels, mixed).astype(np.uint8)
    present = [k for k in labels_in(label) if k != IGNORE_LABEL]
    strip = legend(picture.shape[1], present, names, colours)
    whole = Image.new("RGB", (strip.width, picture.shape[0] + strip.height), "white")
    whole.paste(Image.fromarray(picture))
    whole.paste(strip, (0, picture.shape[0]))
    return whole
