"""Class lists and colour tables of a user's own masks."""

import re
from dataclasses import dataclass

import numpy as np

from . import files
from .errors import DataError
from .settings import IGNORE_LABEL

VOID_NAMES = ("void", "ignore", "unlabelled", "unlabeled")
# name, then R G B or #RRGGBB
_LINE = re.compile(r"(.*?)(?:[\s,]+(\d+)[\s,]+(\d+)[\s,]+(\d+)|\s+#([0-9a-fA-F]{6}))?")


@dataclass(frozen=True)
class Classes:
    """Class names in label order, and the colour of each (and of void) where masks are coloured."""

    names: tuple
    colours: tuple = ()  # ((r, g, b), label) pairs, void as 255


def read_classes(path):
    """Return the classes of a file: `name`, `name R G B` or `name #RRGGBB` per line; no void."""
    names: list[str] = []
    colours: list[tuple[tuple[int, ...], int]] = []
    for number, line in enumerate(files.read_list(path), 1):
        match = _LINE.fullmatch(line)
        name, r, g, b, code = match.groups() if match else (line, None, None, None, None)
        void = name.lower() in VOID_NAMES
        label = IGNORE_LABEL if void else len(names)
        if not void:
            names.append(name)
        if code:
            colours.append((tuple(bytes.fromhex(code)), label))
        elif r is not None:
            rgb = tuple(int(v) for v in (r, g, b) if v is not None)
            if max(rgb) > 255:
                raise DataError(f"{path}, line {number}: colour {r} {g} {b}: expected 0 to 255")
            colours.append((rgb, label))
    if not 2 <= len(names) <= IGNORE_LABEL or len(set(names)) != len(names):
        raise DataError(f"{path}: {len(names)} classes: expected 2 to 255, each named once")
    if colours and len({c for c, _ in colours}) < max(len(colours), len(names)):
        raise DataError(f"{path}: every class needs a colour of its own, or none has one")
    return Classes(tuple(names), tuple(colours))


def by_colour(path, pixels, colours):
    """Return the uint8 H x W label map of an H x W x 3 colour mask."""
    packed = pixels.astype(np.int64) @ np.array([65536, 256, 1])
    found, where = np.unique(packed, return_inverse=True)
    table = {r * 65536 + g * 256 + b: label for (r, g, b), label in colours}
    strange = [code for code in found if int(code) not in table]
    if strange:
        code = int(strange[0])
        rgb = code >> 16, code >> 8 & 255, code & 255
        count = int(np.isin(packed, strange).sum())
        raise DataError(
            f"{path}: colour {rgb} ({count:,} pixels with {len(strange)} such colours) is no "
            "class's; masks must be stored without loss (PNG) and without smoothed edges"
        )
    numbers = np.array([table[int(code)] for code in found], np.uint8)
    return numbers[where].reshape(packed.shape)
