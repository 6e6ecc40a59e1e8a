"""PASCAL VOC, and its extended labels from SBD: tops data, label."""

import numpy as np

from layers.base import DataLayer, need
from layers.reading import label_png, locate, mat, names, picture


class VOCSegDataLayer(DataLayer):
    """A VOC year folder: JPEGImages, SegmentationClass (palette PNG), ImageSets/Segmentation.

    voc_dir   the folder, such as pascal/VOC2011
    mean      BGR values to subtract
    """

    keys = ("voc_dir", "mean")

    def list_of(self, params):
        self.folder = locate(need(params, "voc_dir", type(self).__name__))
        self.mean = np.array(need(params, "mean", type(self).__name__))
        split = need(params, "split", type(self).__name__)
        return names(self.folder / "ImageSets" / "Segmentation" / f"{split}.txt", "voc_dir")

    def load(self, item):
        image = self.folder / "JPEGImages" / f"{item}.jpg"
        label = self.folder / "SegmentationClass" / f"{item}.png"
        return (image, picture(image, self.mean)), (label, label_png(label))


class SBDDSegDataLayer(DataLayer):
    """The `dataset` folder of SBD: img, cls (MATLAB, GTcls.Segmentation), train.txt, val.txt.

    sbdd_dir  the folder, such as sbdd/dataset
    mean      BGR values to subtract
    """

    keys = ("sbdd_dir", "mean")

    def list_of(self, params):
        self.folder = locate(need(params, "sbdd_dir", type(self).__name__))
        self.mean = np.array(need(params, "mean", type(self).__name__))
        split = need(params, "split", type(self).__name__)
        return names(self.folder / f"{split}.txt", "sbdd_dir")

    def load(self, item):
        image = self.folder / "img" / f"{item}.jpg"
        label = self.folder / "cls" / f"{item}.mat"
        return (image, picture(image, self.mean)), (label, mat(label, "GTcls", "Segmentation"))
