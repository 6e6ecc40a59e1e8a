"""Cityscapes, finely labelled: 19 of its 34 ids count, on pictures of 2048 x 1024.

Cordts et al., "The Cityscapes dataset for semantic urban scene understanding", CVPR 2016.
"""

from ..dataset import Archive, DataSet, Pair, apart
from ..labels import CITYSCAPES as LABEL

_SITE = "https://www.cityscapes-dataset.com/downloads/"
_IMAGE, _LABEL = "_leftImg8bit.png", "_gtFine_labelIds.png"


class Cityscapes(DataSet):
    """leftImg8bit/SPLIT/CITY and gtFine/SPLIT/CITY; the lists are derived."""

    def pairs(self, data, split):
        root, pairs = self.root(data), []
        for image in sorted((root / "leftImg8bit" / split).glob(f"*/*{_IMAGE}")):
            name = image.name.removesuffix(_IMAGE)
            label = root / "gtFine" / split / image.parent.name / (name + _LABEL)
            pairs.append(Pair(name, image, label))
        return pairs


def _archive(name, folder, about):
    """Return one of the site's archives, which only those who registered there may download."""
    page = f"{_SITE} (registration)"
    return Archive(
        name, (), about=about, unpacked=about, page=page, keep=(folder,), into="cityscapes"
    )


CITYSCAPES = Cityscapes(
    name="cityscapes",
    title="Cityscapes, fine: 19 classes, 2,975 / 500 / 1,525 images of 2048x1024 (manual download)",
    folder="cityscapes",
    classes_file="cityscapes/classes.txt",
    # The test split's label maps are all void: scores come from the benchmark's server.
    counts=dict(train=2975, val=500, test=1525),
    relations=apart("train", "val", "test"),
    needs=("leftImg8bit", "gtFine"),
    products=("train.txt", "val.txt"),
    derived_lists=True,
    reader=LABEL,
    archives=(
        _archive("leftImg8bit_trainvaltest.zip", "leftImg8bit", 11_600_000_000),
        _archive("gtFine_trainvaltest.zip", "gtFine", 253_000_000),
    ),
    homepage=_SITE,
    licence="research use",
)
