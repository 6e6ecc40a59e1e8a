"""PASCAL VOC, and its extended labels from SBD: tops data, label."""

from data.labels import SBD, Png
from data.settings import locate
from layers.data_layer import DataLayer, load_picture, read_split


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

    def list_items(self):
        self.folder, self.mean = locate(self.require("voc_dir")), self.require("mean")
        self.maps = self.folder / self.params.get("labels", "SegmentationClass")
        lists = self.folder / "ImageSets" / "Segmentation"
        return read_split(lists / f"{self.require('split')}.txt", "voc_dir")

    def load(self, item):
        image = self.folder / "JPEGImages" / f"{item}.jpg"
        label = self.maps / f"{item}.png"
        return (image, load_picture(image, self.mean)), (label, Png().read(label)[0])


class SBDDSegDataLayer(DataLayer):
    """The `dataset` folder of SBD: img, cls (MATLAB, GTcls.Segmentation), train.txt, val.txt.

    Parameters beside the common ones
    ---------------------------------
    sbdd_dir
        The folder, such as sbdd/dataset.
    mean
        BGR values to subtract.
    """

    keys = ("sbdd_dir", "mean")

    def list_items(self):
        self.folder, self.mean = locate(self.require("sbdd_dir")), self.require("mean")
        return read_split(self.folder / f"{self.require('split')}.txt", "sbdd_dir")

    def load(self, item):
        image = self.folder / "img" / f"{item}.jpg"
        label = self.folder / "cls" / f"{item}.mat"
        return (image, load_picture(image, self.mean)), (label, SBD.read(label)[0])
