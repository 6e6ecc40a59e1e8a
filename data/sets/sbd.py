"""The Semantic Boundaries Dataset: 8,498 training images of VOC with label maps in MATLAB files.

Hariharan, Arbelaez, Bourdev, Maji and Malik, "Semantic contours from inverse detectors", ICCV 2011.
"""

from .. import files, prepare
from ..dataset import Archive, DataSet, Pair, apart
from ..labels import SBD as LABEL
from ..labels import Mat


class Sbd(DataSet):
    """The splits of the benchmark's own lists."""

    def pairs(self, data, split):
        root = self.root(data)
        ids = files.read_list(root / f"{split}.txt")
        return [Pair(i, root / f"img/{i}.jpg", root / f"cls/{i}.mat") for i in ids]

    def prepare(self, data, log=print):
        """Write cls/ID.png and inst/ID.png, palette PNGs, beside the MATLAB files."""
        self.require(data)
        for kind, variable in (("cls", "GTcls"), ("inst", "GTinst")):
            sources = sorted((self.root(data) / kind).glob("*.mat"))
            jobs = [
                prepare.Job(path, path.with_suffix(".png"), Mat(variable, "Segmentation"))
                for path in sources
            ]
            prepare.convert(jobs, f"sbd {kind}", log)
        files.write_json(self.root(data) / "prepared.json", dict(labels="cls/*.png, inst/*.png"))


SBD = Sbd(
    name="sbd",
    title="Semantic Boundaries Dataset: VOC's classes on 11,355 images",
    folder="sbdd/dataset",
    elsewhere=("benchmark_RELEASE/dataset",),
    classes_file="pascal/classes.txt",
    counts=dict(train=8498, val=2857),
    relations=apart("train", "val"),
    needs=("img", "cls", "inst", "train.txt", "val.txt"),
    products=("prepared.json",),
    reader=LABEL,
    archives=(
        Archive(
            "benchmark.tgz",
            (
                "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/"
                "semantic_contours/benchmark.tgz",
            ),
            "md5:82b4d87ceb2ed10f6038a1cba92111cb",
            size=1_419_539_633,
            about=1_420_000_000,
            unpacked=1_700_000_000,
            keep=("dataset",),
            into="sbdd",
        ),
    ),
    homepage="http://home.bharathh.info/pubs/codes/SBD/download.html",
    licence="research use; images under Flickr's terms",
)
