"""KITTI road scenes with 11 classes: 100 pictures of sequence 00 to train, 46 of 07 to test.

Ros, Ramos, Granados, Bakhtiary, Vazquez, Lopez, "Vision-based offline-online perception paradigm
for autonomous driving", WACV 2015. The label maps are colours; the page that had them asks for a
form to be filled in, so that they are put in place by hand.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import files, images, prepare
from ..dataset import DataSet, apart, copy_bundled
from ..errors import DataError
from ..labels import Png
from ..masks import by_colour, read_classes
from ..settings import BUNDLED

FOLDERS = {"train": "Training_00", "test": "Validation_07"}


@dataclass(frozen=True)
class Colours:
    """Label maps in the colours of `data/kitti/colours.txt`; black is void."""

    def read(self, path: Path) -> tuple[np.ndarray, list[str]]:
        """Return the label map, and no complaints: a colour of no class is an error."""
        classes = read_classes(BUNDLED / "kitti" / "colours.txt")
        return by_colour(path, images.read_converted(path, 3), classes.colours), []


class Kitti(DataSet):
    """RGB/ and GT/ of both sequences; prepare writes labels/ beside them, and the lists."""

    def fetch(self, data, log=print):
        """Say where to put it."""
        if not self.fetched(data):
            raise DataError(
                f"{data / self.folder}: kitti has no public address; ask for it at {self.homepage} "
                f"and unpack {' and '.join(FOLDERS.values())}, with RGB and GT in each, there"
            )
        log(f"{self.name}: {self.root(data)} is there")

    def prepare(self, data, log=print):
        """Write labels/X.png, palette PNGs of class numbers, train.txt, test.txt, class list."""
        self.require(data)
        root = self.root(data)
        for split, folder in FOLDERS.items():
            pictures = sorted((root / folder / "RGB").glob("*.png"))
            if not pictures:
                raise DataError(f"{root / folder / 'RGB'}: no pictures (PNG) there")
            names, place = [p.name for p in pictures], root / folder
            jobs = [prepare.Job(place / "GT" / n, place / "labels" / n, READER) for n in names]
            prepare.convert(jobs, f"kitti {split}", log)
            lines = [f"{folder}/RGB/{n} {folder}/labels/{n}" for n in names]
            files.write_list(root / f"{split}.txt", lines)
        copy_bundled(data, self.classes_file)

    def require(self, data):
        """DataError, with what to do, unless it is there."""
        if not self.fetched(data):
            self.fetch(data)


READER = Colours()
KITTI = Kitti(
    name="kitti",
    title="KITTI road scenes: 11 classes, 100 / 46 images",
    folder="kitti",
    classes_file="kitti/classes.txt",
    counts=dict(train=100, test=46),
    relations=apart("train", "test"),
    needs=tuple(f"{folder}/{kind}" for folder in FOLDERS.values() for kind in ("RGB", "GT")),
    products=("train.txt", "test.txt"),
    reader=Png(),
    homepage="http://adas.cvc.uab.es/s2uad/",
    licence="research use",
)
