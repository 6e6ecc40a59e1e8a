"""PASCAL VOC 2011 and 2012 segmentation, with seg11valid and trainaug derived from the lists.

seg11valid: the VOC 2011 validation images that are not in SBD's training split (736), on which the
paper and the reference score. trainaug: SBD's images and VOC 2012's training images without VOC
2012's validation images (10,582), on which the later systems train. trainval_hard: VOC 2012's
trainval, with the images that show a class of HARD a second time (DeepLabv3, section 4.1).
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from .. import files, parallel, prepare
from ..dataset import Archive, DataSet, Pair, apart
from ..errors import DataError
from ..labels import SBD, Png
from ..settings import BUNDLED
from . import sbd

_FOLDERS = ("JPEGImages", "SegmentationClass", "SegmentationObject", "ImageSets", "Annotations")
_LISTS = "ImageSets/Segmentation"
HARD = ("bicycle", "chair", "diningtable", "pottedplant", "sofa")


@dataclass
class Voc(DataSet):
    """One year of VOC."""

    sbd_counts: dict = field(default_factory=lambda: sbd.SBD.counts)

    def ids(self, data, split):
        return files.read_list(self.root(data) / _LISTS / f"{split}.txt")

    def has_split(self, data, split):
        return split in ("train", "val") or (self.root(data) / _LISTS / f"{split}.txt").is_file()

    def pairs(self, data, split):
        root = self.root(data)
        labels = "SegmentationClassAug" if split == "trainaug" else "SegmentationClass"
        ids = self.ids(data, split)
        return [Pair(i, root / f"JPEGImages/{i}.jpg", root / f"{labels}/{i}.png") for i in ids]

    def sbd_ids(self, data):
        """Return {split: ids} of SBD where it has been fetched, its counts held; else None."""
        folder = data / "sbdd/dataset"
        if not all((folder / f"{split}.txt").is_file() for split in self.sbd_counts):
            return None
        found = {split: files.read_list(folder / f"{split}.txt") for split in self.sbd_counts}
        for split, count in self.sbd_counts.items():
            if len(found[split]) != count:
                given = f"{len(found[split]):,} entries"
                raise DataError(f"{folder / split}.txt: {given}, expected {count:,}")
        return found


class Voc2011(Voc):
    """VOC 2011, whose `prepare` derives seg11valid."""

    def prepare(self, data, log=print):
        self.require(data)
        ids = self.seg11valid(data, log)
        files.write_list(self.root(data) / _LISTS / "seg11valid.txt", ids)
        log(f"{self.name}: seg11valid, {len(ids)} images, none of them in SBD's train split")

    def seg11valid(self, data, log):
        """VOC 2011 val minus SBD train: derived where SBD is there, else the project's list."""
        val, extended = self.ids(data, "val"), self.sbd_ids(data)
        listed = files.read_list(BUNDLED / "pascal/seg11valid.txt")
        if extended is None:
            log(f"{self.name}: SBD is not there; taking the project's own seg11valid list")
            ids = [i for i in val if i in set(listed)]
        else:
            ids = [i for i in val if i not in set(extended["train"])]
        count = self.counts["seg11valid"]
        if len(ids) != count or (count == len(listed) and set(ids) != set(listed)):
            raise DataError(
                f"{self.root(data) / _LISTS}: val minus SBD train gives {len(ids)} images, "
                f"expected the {count} of pascal/seg11valid.txt; a list is not the original"
            )
        return ids


def _shows(reader, classes, path):
    """Return whether a label map shows one of the classes."""
    return bool(np.isin(reader.read(path)[0], classes).any())


class Voc2012(Voc):
    """VOC 2012, whose `prepare` derives trainval_hard and, with SBD there, trainaug."""

    def prepare(self, data, log=print):
        self.require(data)
        extended = self.sbd_ids(data)
        if extended is None:
            log(f"{self.name}: trainaug needs SBD: `python -m data fetch sbd`, then prepare again")
        else:
            self._write_trainaug(data, extended, log)
        self._write_hard(data, log)

    def _write_trainaug(self, data, extended, log):
        train, val = self.ids(data, "train"), set(self.ids(data, "val"))
        ids = sorted({*extended["train"], *extended["val"], *train} - val)
        if len(ids) != self.counts["trainaug"]:
            raise DataError(
                f"{self.root(data) / _LISTS}: SBD and train minus val are {len(ids):,} images, "
                f"expected {self.counts['trainaug']:,}"
            )
        prepare.convert(self._jobs(data, ids, set(train)), "trainaug", log)
        files.write_list(self.root(data) / _LISTS / "trainaug.txt", ids)

    def _write_hard(self, data, log):
        ids, classes = self.ids(data, "trainval"), self.classes(data)
        shows = partial(_shows, self.reader, [classes.index(name) for name in HARD])
        hard = parallel.run(shows, [p.label for p in self.pairs(data, "trainval")], "trainval_hard")
        again = [i for i, found in zip(ids, hard, strict=True) if found]
        files.write_list(self.root(data) / _LISTS / "trainval_hard.txt", [*ids, *again])
        log(f"{self.name}: trainval_hard, {len(again):,} of {len(ids):,} images twice")

    def _jobs(self, data, ids, own):
        """VOC's own label map where there is one (it has the finer outlines), else SBD's."""
        root = self.root(data)
        for name in ids:
            target = root / f"SegmentationClassAug/{name}.png"
            if name in own:
                yield prepare.Job(root / f"SegmentationClass/{name}.png", target, Png())
            else:
                yield prepare.Job(data / f"sbdd/dataset/cls/{name}.mat", target, SBD)


def archive(year, file, digest, size=None, about=0, mirrors=(), keep=_FOLDERS):
    """Return the trainval archive of a year; its old host redirects to https where it can."""
    path = f"pascal/VOC/voc{year}/{file}"
    thor, host = f"https://thor.robots.ox.ac.uk/{path}", f"http://host.robots.ox.ac.uk/{path}"
    urls, into = (thor, *mirrors, host), f"pascal/VOC{year}"
    return Archive(file, urls, digest, size, about, unpacked=about, keep=keep, into=into)


_COMMON: dict[str, Any] = dict(
    classes_file="pascal/classes.txt",
    needs=("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"),
    relations=dict(
        apart("train", "val"),
        trainval=dict(union=("train", "val")),
        seg11valid=dict(within="val"),
        trainaug=dict(apart=("val",)),
    ),
    reader=Png(palette=True),
    licence="research use; images under Flickr's terms",
)

VOC2011 = Voc2011(
    name="voc2011",
    title="PASCAL VOC 2011 segmentation: 20 classes and background",
    folder="pascal/VOC2011",
    elsewhere=("VOC2011", "TrainVal/VOCdevkit/VOC2011", "voc-sample/VOC2011"),
    counts=dict(train=1112, val=1111, trainval=2223, seg11valid=736),
    products=("ImageSets/Segmentation/seg11valid.txt",),
    archives=(
        archive(
            2011,
            "VOCtrainval_25-May-2011.tar",
            "md5:6c3384ef61512963050cb5d687e5bf1e",
            about=1_700_000_000,
        ),
    ),
    homepage="http://host.robots.ox.ac.uk/pascal/VOC/voc2011/",
    **_COMMON,
)

VOC2012 = Voc2012(
    name="voc2012",
    title="PASCAL VOC 2012 segmentation; with SBD, the 10,582 images of trainaug",
    folder="pascal/VOC2012",
    elsewhere=("VOC2012", "VOCdevkit/VOC2012", "voc-sample/VOC2012"),
    counts=dict(train=1464, val=1449, trainval=2913, trainaug=10582),
    products=("ImageSets/Segmentation/trainaug.txt",),
    archives=(
        archive(
            2012,
            "VOCtrainval_11-May-2012.tar",
            "md5:6cd6e144f989b92b3379bac3b3de84fd",
            size=1_999_639_040,
            about=2_000_000_000,
            mirrors=(
                "https://data.pjreddie.com/files/VOCtrainval_11-May-2012.tar",
                "https://d2l-data.s3-accelerate.amazonaws.com/VOCtrainval_11-May-2012.tar",
            ),
        ),
    ),
    homepage="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
    **_COMMON,
)
