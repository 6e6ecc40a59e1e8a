"""NYUDv2: indoor scenes with depth, 40 classes, as the FCN authors' archive holds them.

The classes are those of Gupta, Arbelaez and Malik, CVPR 2013; HHA that of Gupta, Girshick, Arbelaez
and Malik, ECCV 2014.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import files, hha, images, parallel, prepare
from ..dataset import Archive, DataSet, Pair, apart, bundled, copy_bundled
from ..errors import DataError
from ..labels import NYUD as LABEL

_LISTS = ("train.txt", "val.txt", "trainval.txt", "test.txt", "classes.txt")


def _depth_problem(paths):
    """Return what is wrong with the depth and HHA pictures of one image, as lines."""
    found = []
    try:
        depth = images.read_depth(paths[0])
        encoded = images.read_image(paths[1])
        if encoded.shape != (*depth.shape, 3):
            found.append(f"{paths[1]}: shape {encoded.shape}, expected {(*depth.shape, 3)}")
    except DataError as error:
        found.append(str(error))
    return found


@dataclass(frozen=True)
class HhaJob:
    """Compute one HHA picture from its depth picture."""

    source: Path
    target: Path

    def run(self):
        images.write_image(self.target, hha.encode(images.read_depth(self.source)))


class Nyud(DataSet):
    """The splits of the authors' lists, and HHA pictures where they are missing."""

    def pairs(self, data, split):
        root, ids = self.root(data), files.read_list(bundled(data, f"{self.folder}/{split}.txt"))
        images, labels = root / "data/images", root / "segmentation"
        return [Pair(i, images / f"img_{i}.png", labels / f"img_{i}.mat") for i in ids]

    def inputs(self, pair):
        folder = pair.image.parent.parent
        return {
            "color": images.read_image(pair.image),
            "log depth": np.log(images.read_depth(folder / "depth" / pair.image.name))[..., None],
            "hha": images.read_image(folder / "hha" / pair.image.name),
        }

    def problems(self, data):
        root = self.root(data) / "data"
        names = sorted({p.image.name for split in self.splits(data) for p in split.pairs})
        jobs = [(root / "depth" / name, root / "hha" / name) for name in names]
        return [line for some in parallel.run(_depth_problem, jobs, "check depth") for line in some]

    def prepare(self, data, log=print, compute_hha=False):
        """Put the lists in place; compute what HHA the archive lacks.

        compute_hha: also compute all of it into data/hha-computed, to compare with the stored one.
        """
        self.require(data)
        copy_bundled(data, *(f"{self.folder}/{name}" for name in _LISTS))
        root = self.root(data) / "data"
        depths = sorted((root / "depth").glob("img_*.png"))
        lacking = [path for path in depths if not (root / "hha" / path.name).exists()]
        self._encode(lacking, root / "hha", log)
        if compute_hha:
            self._encode(depths, root / "hha-computed", log)
        log(f"{self.name}: lists in place, {len(depths) - len(lacking):,} HHA pictures as stored")

    def _encode(self, depths, folder, log):
        if depths:
            prepare.convert([HhaJob(p, folder / p.name) for p in depths], f"HHA {folder.name}", log)


NYUD = Nyud(
    name="nyud",
    title="NYUDv2: 40 classes of indoor scenes, with depth and HHA",
    folder="nyud",
    classes_file="nyud/classes.txt",
    counts=dict(train=381, val=414, trainval=795, test=654),
    relations=dict(apart("train", "val", "test"), trainval=dict(union=("train", "val"))),
    needs=("data/images", "data/depth", "segmentation"),
    products=("data/hha", "trainval.txt", "test.txt"),
    reader=LABEL,
    archives=(
        Archive(
            "nyud.tar.gz",
            ("http://dl.caffe.berkeleyvision.org/nyud.tar.gz",),
            unpacked=1_300_000_000,
            keep=("data", "segmentation"),
            into="nyud",
        ),
    ),
    homepage="https://cs.nyu.edu/~silberman/datasets/nyu_depth_v2.html",
    licence="research use",
)
