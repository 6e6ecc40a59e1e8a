"""SIFT Flow: outdoor scenes with 33 semantic and 3 geometric classes.

Liu, Yuen and Torralba, "Nonparametric scene parsing via label transfer", PAMI 2011; geometric
labels of Tighe and Lazebnik, ECCV 2010. The lists have 2,486 and 200 of the 2,688 images: two have
no annotation (highway_bost181, street_urb506).
"""

import numpy as np

from .. import files, parallel
from ..dataset import Archive, DataSet, Pair, apart, bundled, copy_bundled
from ..errors import DataError
from ..labels import SIFTFLOW as LABEL
from ..labels import SIFTFLOW_GEOMETRIC

SCENES = "spatial_envelope_256x256_static_8outdoorcategories"


def _occurring(path):
    """Return the classes of a label map."""
    return np.unique(LABEL.read(path)[0])


class SiftFlow(DataSet):
    """The pictures with both label maps."""

    # Never in the test split: left out of the means (paper, section 5, SIFT Flow).
    absent = ("cow", "desert", "moon")

    def pairs(self, data, split):
        root, ids = self.root(data), files.read_list(bundled(data, f"{self.folder}/{split}.txt"))
        images, labels = root / "Images" / SCENES, root / "SemanticLabels" / SCENES
        return [Pair(i, images / f"{i}.jpg", labels / f"{i}.mat") for i in ids]

    def label_maps(self, data, pair):
        geo = self.root(data) / "GeoLabels" / SCENES / pair.label.name
        classes = len(self.classes(data))
        return [(self.reader, classes, pair.label), (SIFTFLOW_GEOMETRIC, 3, geo)]

    def prepare(self, data, log=print):
        """Copy the split and class lists, and check that the absent classes are absent."""
        self.require(data)
        lists = ("trainval.txt", "test.txt", "classes.txt", "classes-geo.txt")
        copy_bundled(data, *(f"{self.folder}/{name}" for name in lists))
        maps = [pair.label for pair in self.pairs(data, "test")]
        found = parallel.run(_occurring, maps, "siftflow test classes")
        seen = {int(k) for some in found for k in some}
        names = self.classes(data)
        wrong = [name for name in self.absent if names.index(name) in seen]
        if wrong:
            raise DataError(f"{self.root(data)}: {', '.join(wrong)} must not occur in test, but do")
        log(f"{self.name}: lists in place; {', '.join(self.absent)} do not occur in test")


SIFTFLOW = SiftFlow(
    name="siftflow",
    title="SIFT Flow: 33 semantic and 3 geometric classes of outdoor scenes",
    folder="sift-flow",
    elsewhere=("SiftFlowDataset",),
    classes_file="sift-flow/classes.txt",
    counts=dict(trainval=2486, test=200),
    relations=apart("trainval", "test"),
    needs=("Images", "SemanticLabels", "GeoLabels"),
    products=("trainval.txt", "test.txt"),
    reader=LABEL,
    archives=(
        Archive(
            "SiftFlowDataset.zip",
            (
                "https://www.cs.unc.edu/~jtighe/Papers/ECCV10/siftflow/SiftFlowDataset.zip",
                "http://www.cs.unc.edu/~jtighe/Papers/ECCV10/siftflow/SiftFlowDataset.zip",
            ),
            unpacked=300_000_000,
            keep=("Images", "SemanticLabels", "GeoLabels"),
            into="sift-flow",
        ),
    ),
    homepage="http://people.csail.mit.edu/celiu/SIFTflow/",
    licence="research use",
)
