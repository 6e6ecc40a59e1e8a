"""ADE20K as the scene parsing challenge of 2016 has it: 150 classes, 0 = everything else.

Zhou, Zhao, Puig, Fidler, Barriuso and Torralba, "Scene parsing through ADE20K dataset", CVPR 2017.
"""

from ..dataset import Archive, DataSet, Pair, apart
from ..labels import ADE20K as LABEL

_FOLDERS = {"train": "training", "val": "validation"}


class Ade20k(DataSet):
    """images/ and annotations/, each with training/ and validation/; the lists are derived."""

    def pairs(self, data, split):
        root, folder = self.root(data), _FOLDERS[split]
        pictures = sorted((root / "images" / folder).glob("*.jpg"))
        return [Pair(p.stem, p, root / f"annotations/{folder}/{p.stem}.png") for p in pictures]


ADE20K = Ade20k(
    name="ade20k",
    title="ADE20K (scene parsing challenge 2016): 150 classes, 20,210 / 2,000 images",
    folder="ade20k",
    classes_file="ade20k/classes.txt",
    counts=dict(train=20210, val=2000),
    relations=apart("train", "val"),
    needs=("images", "annotations"),
    products=("train.txt", "val.txt"),
    derived_lists=True,
    reader=LABEL,
    archives=(
        Archive(
            "ADEChallengeData2016.zip",
            ("http://data.csail.mit.edu/places/ADEchallenge/ADEChallengeData2016.zip",),
            "sha1:219e1696abb36c8ba3a3afe7fb2f4b4606a897c7",
            about=970_000_000,
            unpacked=1_000_000_000,
            keep=("images", "annotations"),
            into="ade20k",
        ),
    ),
    homepage="http://sceneparsing.csail.mit.edu",
    licence="images: research use; annotations: BSD-3-Clause",
)
