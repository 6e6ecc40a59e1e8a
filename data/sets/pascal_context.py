"""PASCAL-Context: VOC 2010 images labelled with 459 classes, of which the task takes 59.

Mottaghi et al., "The role of context for object detection and semantic segmentation in the wild",
CVPR 2014. Three of the 59 go by another name among the 459; everything else is background (0).
"""

from .. import files, prepare
from ..dataset import Archive, DataSet, Pair, apart, copy_bundled
from ..labels import pascal_context
from ..settings import BUNDLED
from .voc import archive

_LISTS = ("pascal-context/classes-59.txt", "pascal-context/classes-459.txt")


class PascalContext(DataSet):
    """The pictures of VOC 2010 with maps of 459 classes, merged to 59."""

    def pairs(self, data, split):
        voc, root = data / "pascal/VOC2010", self.root(data)
        ids = files.read_list(voc / f"ImageSets/Main/{split}.txt")
        return [Pair(i, voc / f"JPEGImages/{i}.jpg", root / f"trainval/{i}.mat") for i in ids]

    def prepare(self, data, log=print):
        """Write the label lists in the site's own form, the 59-class maps as PNGs (labels59/)."""
        self.require(data)
        copy_bundled(data, *_LISTS)
        task, full = (files.read_list(BUNDLED / name) for name in _LISTS)
        root = self.root(data)
        for name, listed in (("59_labels.txt", task[1:]), ("labels.txt", full)):
            files.write_list(root / name, [f"{k}: {c}" for k, c in enumerate(listed, 1)])
        sources = sorted((root / "trainval").glob("*.mat"))
        jobs = [prepare.Job(p, root / f"labels59/{p.stem}.png", self.reader) for p in sources]
        prepare.convert(jobs, "pascal-context 459 to 59", log)
        files.write_json(root / "prepared.json", dict(labels="labels59/*.png"))


PASCAL_CONTEXT = PascalContext(
    name="pascal-context",
    title="PASCAL-Context: 59 classes and background on VOC 2010",
    folder="pascal-context",
    classes_file="pascal-context/classes-59.txt",
    counts=dict(train=4998, val=5105),
    relations=apart("train", "val"),
    needs=("trainval", "../pascal/VOC2010/JPEGImages", "../pascal/VOC2010/ImageSets/Main"),
    products=("prepared.json", "labels.txt", "59_labels.txt"),
    reader=pascal_context(),
    archives=(
        archive(
            2010,
            "VOCtrainval_03-May-2010.tar",
            "md5:da459979d0c395079b5c75ee67908abb",
            about=1_300_000_000,
            keep=("JPEGImages", "ImageSets"),
        ),
        Archive(
            "trainval.tar.gz",
            ("https://cs.stanford.edu/~roozbeh/pascal-context/trainval.tar.gz",),
            "md5:df034edb2c12aa7d33b42b20bb1796e3",
            about=31_000_000,
            unpacked=60_000_000,
            keep=("trainval",),
            into="pascal-context",
        ),
    ),
    homepage="https://cs.stanford.edu/~roozbeh/pascal-context/",
    licence="research use; images under Flickr's terms",
)
