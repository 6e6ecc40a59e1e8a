"""PASCAL VOC, and its extended labels from SBD: tops data, label."""

from data.labels import SBD, Png
from data.settings import locate
from layers.data_layer import DataLayer, read_split


class VOCSegDataLayer(DataLayer):
    """A VOC year folder: JPEGImages, SegmentationClass (palette PNG), ImageSets/Segmentation.

    Parameters beside the common ones
    ---------------------------------
    voc_dir
        The folder, such as pascal/VOC2011.
    mean
        BGR values to subtract.
    labels
        Its folder of label maps (default SegmentationClass).
    """

    keys = ("voc_dir", "mean", "labels")
    readers = (Png(),)

    def list_items(self):
        folder, self.mean = locate(self.require("voc_dir")), self.require("mean")
        maps = folder / self.params.get("labels", "SegmentationClass")
        lists = folder / "ImageSets" / "Segmentation"
        ids = read_split(lists / f"{self.require('split')}.txt", "voc_dir")
        return [(folder / "JPEGImages" / f"{i}.jpg", maps / f"{i}.png") for i in ids]


class SBDDSegDataLayer(DataLayer):
    """The `dataset` folder of SBD: img, cls (MATLAB, GTcls.Segmentation), train.txt, val.txt.

    Beside the common parameters it has `sbdd_dir`, such as sbdd/dataset, and `mean`, BGR.
    """

    keys = ("sbdd_dir", "mean")
    readers = (SBD,)

    def list_items(self):
        folder, self.mean = locate(self.require("sbdd_dir")), self.require("mean")
        ids = read_split(folder / f"{self.require('split')}.txt", "sbdd_dir")
        return [(folder / "img" / f"{i}.jpg", folder / "cls" / f"{i}.mat") for i in ids]
