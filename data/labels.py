"""Label maps as each data set stores them, read into class numbers with 255 as void.

A reader has `read(path)`, which returns (uint8 H x W label map, list of complaints about its form),
and raises DataError where there is nothing to read. Readers are plain values, so that they can be
sent to worker processes.
"""

from dataclasses import dataclass

import numpy as np

from . import images
from .files import DataError
from .palette import voc_palette

VOID = 255


@dataclass(frozen=True)
class Png:
    """A PNG of class numbers: with VOC's palette where `palette` is True, else palette or gray."""

    palette: bool = False
    void: int = VOID  # the number that the file uses for void

    def read(self, path):
        with images.opened(path) as image:
            if image.mode not in ("P", "L", "1"):
                raise DataError(
                    f"{path}: mode {image.mode}: a label map is one channel of class numbers "
                    "(mode P or L); colour masks are converted by `python -m data new`"
                )
            label = np.array(image if image.mode != "1" else image.convert("L"), np.uint8)
            wrong = self._palette_complaints(path, image, label) if self.palette else []
        if self.void != VOID:
            label[label == self.void] = VOID
        return label, wrong

    def _palette_complaints(self, path, image, label):
        if image.mode != "P":
            return [f"{path}: mode {image.mode}: expected a palette PNG (mode P), as VOC's are"]
        used = np.unique(label)
        stored = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        stored = np.concatenate([stored, np.zeros((256 - len(stored), 3), np.uint8)])
        strange = [k for k in used if (stored[k] != voc_palette()[k]).any()]
        if not strange:
            return []
        first = int(strange[0])
        colours = tuple(map(int, stored[first])), tuple(map(int, voc_palette()[first]))
        return [
            f"{path}: palette entry {first} is {colours[0]}, VOC's is {colours[1]}: "
            "the class numbers may stand for other classes"
        ]


@dataclass(frozen=True)
class Mat:
    """A MATLAB label map: `variable`, or the field `field` of the struct `variable`.

    shift: 1 where the file has 0 (or below) as void and classes from 1; table: new label of each
    stored number (as a tuple), where classes are merged.
    """

    variable: str
    field: str = ""
    shift: int = 0
    most: int = VOID  # the largest number that the file may hold
    table: tuple = ()

    def read(self, path):
        stored = self._stored(path)
        if stored.ndim != 2 or stored.dtype.kind not in "uif":
            raise DataError(
                f"{path}: {self.variable} has shape {stored.shape} and type {stored.dtype}: "
                "expected an H x W map of numbers"
            )
        numbers = np.nan_to_num(stored).astype(np.int64)
        if (numbers != stored).any():
            raise DataError(f"{path}: {self.variable} holds values that are no whole numbers")
        stored = np.maximum(numbers, 0)
        if stored.max(initial=0) > self.most:
            raise DataError(f"{path}: label {stored.max()}, expected 0 to {self.most}")
        if self.table:
            stored = np.array(self.table, np.int64)[stored]
        label = (stored - self.shift).astype(np.uint8)  # void: 0 - 1 wraps to 255
        return label, []

    def _stored(self, path):
        value = images.read_mat(path, self.variable)
        try:
            return np.asarray(value[self.field][0, 0] if self.field else value)
        except (IndexError, KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path}: {self.variable} has no field {self.field!r}") from error


def complaints(path, label, classes):
    """What is wrong with the numbers of a label map for `classes` classes: one line or none."""
    counts = np.bincount(label.ravel(), minlength=256)
    beyond = [k for k in range(classes, VOID) if counts[k]]
    if not beyond:
        return []
    pixels = int(counts[beyond].sum())
    names = ", ".join(map(str, beyond[:5])) + (", ..." if len(beyond) > 5 else "")
    return [
        f"{path}: label {names} ({pixels:,} pixels): expected 0 to {classes - 1}, or 255 for void"
    ]
