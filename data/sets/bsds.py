"""BSDS500: 200 / 100 / 200 pictures, each with the edges that four to nine people drew.

Arbelaez, Maire, Fowlkes, Malik, "Contour detection and hierarchical image segmentation", PAMI 2011.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import images
from ..dataset import Archive, DataSet, Pair, apart
from ..errors import DataError

_COMMIT = "97b1e2210e99cd77224d58dd69aa65c4aa70b0ee"
AGREED = 3  # an edge for training is what so many people drew (HED, section 4)


def annotations(path: Path) -> list[np.ndarray]:
    """Return the H x W mask of each annotator; DataError where the file holds something else."""
    people = images.read_mat(path, "groundTruth")
    masks = []
    try:
        for person in people.ravel():
            masks.append(np.asarray(person["Boundaries"][0, 0]) > 0)
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path}: groundTruth has no Boundaries") from error
    if not masks or any(m.ndim != 2 or m.shape != masks[0].shape for m in masks):
        raise DataError(f"{path}: expected one map of edges per annotator, all of one size")
    return masks


@dataclass(frozen=True)
class Edges:
    """1 where `agreed` annotators or more drew an edge, else 0."""

    agreed: int = AGREED

    def read(self, path: Path) -> tuple[np.ndarray, list[str]]:
        """Return the label map, and a complaint where too few people could agree."""
        masks = annotations(path)
        few = f"{path}: {len(masks)} annotators, {self.agreed} would have to agree"
        label = (np.sum(masks, 0) >= self.agreed).astype(np.uint8)
        return label, [few] if len(masks) < self.agreed else []


class Bsds(DataSet):
    """The splits are the folders, and trainval, which HED trains on."""

    def pairs(self, data, split):
        if split == "trainval":
            return self.pairs(data, "train") + self.pairs(data, "val")
        root = self.root(data) / "data"
        pictures = sorted((root / "images" / split).glob("*.jpg"))
        return [Pair(p.stem, p, root / f"groundTruth/{split}/{p.stem}.mat") for p in pictures]


BSDS = Bsds(
    name="bsds500",
    title="BSDS500: edges by several people, 200 / 100 / 200 images",
    folder="BSDS500",
    classes_file="bsds/classes.txt",
    counts=dict(train=200, val=100, test=200, trainval=300),
    relations=dict(apart("train", "val", "test"), trainval=dict(union=("train", "val"))),
    needs=tuple(
        f"data/{kind}/{split}"
        for kind in ("images", "groundTruth")
        for split in ("train", "val", "test")
    ),
    reader=Edges(),
    archives=(
        Archive(
            f"BSDS500-{_COMMIT[:7]}.zip",
            (f"https://github.com/BIDS/BSDS500/archive/{_COMMIT}.zip",),
            about=70_000_000,
            unpacked=75_000_000,
            keep=("BSDS500",),
            into=".",
        ),
    ),
    homepage="https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/resources.html",
    licence="research and education",
)
