"""Label maps as each data set stores them, read into class numbers with 255 as void.

A `Reader` raises DataError where there is nothing to read. Readers are plain values, so that they
can be sent to worker processes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from . import files, images
from .errors import DataError
from .palette import voc_palette
from .settings import BUNDLED, IGNORE_LABEL


class Reader(Protocol):
    """What reads the label maps of a data set."""

    def read(self, path: Path) -> tuple[np.ndarray, list[str]]:
        """Return the H x W uint8 label map, void 255, and complaints about its form."""


@dataclass(frozen=True)
class Png:
    """A PNG of class numbers: with VOC's palette where `palette` is True, else palette or gray."""

    palette: bool = False
    void: int = IGNORE_LABEL  # the number that the file uses for void
    table: tuple[int, ...] = ()  # new label of each stored number, where the file has others

    def read(self, path: Path) -> tuple[np.ndarray, list[str]]:
        with images.opened(path) as image:
            if image.mode not in ("P", "L", "1") and not image.mode.startswith("I"):
                raise DataError(
                    f"{path}: mode {image.mode}: a label map is one channel of class numbers "
                    "(mode P or L); colour masks are converted by `python -m data new`"
                )
            stored = np.array(image if image.mode != "1" else image.convert("L"))
            if stored.min() < 0 or stored.max() > 255:
                raise DataError(f"{path}: labels {stored.min()} to {stored.max()}: over 255")
            label = stored.astype(np.uint8)
            wrong = self._palette_complaints(path, image, label) if self.palette else []
        if self.table:
            if label.max() >= len(self.table):
                raise DataError(f"{path}: label {label.max()}, expected 0 to {len(self.table) - 1}")
            label = np.array(self.table, np.uint8)[label]
        if self.void != IGNORE_LABEL:
            label[label == self.void] = IGNORE_LABEL
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
            "the class numbers may mean other classes"
        ]


@dataclass(frozen=True)
class Mat:
    """A MATLAB label map: `variable`, or the field `field` of the struct `variable`."""

    variable: str
    field: str = ""
    shift: int = 0  # 1 where the file has 0 (or below) as void and classes from 1
    most: int = IGNORE_LABEL  # the largest number that the file may hold
    table: tuple[int, ...] = ()  # new label of each stored number, where classes are merged

    def read(self, path: Path) -> tuple[np.ndarray, list[str]]:
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


# What the label files of the data sets hold, for their layers and for `python -m data`.
SBD = Mat("GTcls", "Segmentation")
NYUD = Mat("segmentation", shift=1, most=40)
SIFTFLOW = Mat("S", shift=1, most=33)
SIFTFLOW_GEOMETRIC = Mat("S", shift=1, most=3)  # 0 and -1 are void
CAMVID = Png(void=11)
ADE20K = Png(table=(IGNORE_LABEL, *range(150)))  # 0 is everything else
# The 19 of Cityscapes' 34 ids that count (cityscapesScripts, labels.py: id, then trainId).
_CITYSCAPES = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
CITYSCAPES = Png(
    table=tuple(_CITYSCAPES.index(k) if k in _CITYSCAPES else IGNORE_LABEL for k in range(34))
)

# Three of PASCAL-Context's 59 classes have another name in the full list of 459.
_RENAMED = {"diningtable": "table", "bedcloth": "bedclothes", "clothes": "cloth"}


def pascal_context() -> Mat:
    """Return PASCAL-Context's reader: 459 labels become the 59 of the task; 0 is all others."""
    lists = (f"pascal-context/classes-{count}.txt" for count in (59, 459))
    task, full = ([n.replace(" ", "") for n in files.read_list(BUNDLED / name)] for name in lists)
    place = {_RENAMED.get(name, name): k for k, name in enumerate(task) if k}
    return Mat("LabelMap", most=459, table=(0, *(place.get(name, 0) for name in full)))


def complaints(path: object, label: np.ndarray, classes: int) -> list[str]:
    """Return what is wrong with a label map's numbers for `classes` classes: one line or none."""
    counts = np.bincount(label.ravel(), minlength=256)
    beyond = [k for k in range(classes, IGNORE_LABEL) if counts[k]]
    if not beyond:
        return []
    pixels = int(counts[beyond].sum())
    names = ", ".join(map(str, beyond[:5])) + (", ..." if len(beyond) > 5 else "")
    return [
        f"{path}: label {names} ({pixels:,} pixels): expected 0 to {classes - 1}, or 255 for void"
    ]
