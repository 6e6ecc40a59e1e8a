"""PASCAL-Context: VOC2010's pictures with 59 classes of things and stuff, 0 for all others."""

import numpy as np

from data.labels import pascal_context
from data.settings import locate
from experiments.means import PASCAL_CONTEXT_MEAN
from layers.data_layer import DataLayer, load_picture, read_split


class PASCALContextSegDataLayer(DataLayer):
    """VOC2010/JPEGImages and ImageSets/Main; labels trainval/ID.mat, key LabelMap.

    Parameters beside the common ones
    ---------------------------------
    voc_dir
        The folder that holds VOC2010.
    context_dir
        The folder with trainval/.
    """

    keys = ("voc_dir", "context_dir")

    def list_items(self):
        self.folder = locate(self.require("voc_dir")) / "VOC2010"
        self.context = locate(self.require("context_dir"))
        self.reader = pascal_context()
        lists = self.folder / "ImageSets" / "Main"
        return read_split(lists / f"{self.require('split')}.txt", "voc_dir")

    def load(self, item):
        image = self.folder / "JPEGImages" / f"{item}.jpg"
        label = self.context / "trainval" / f"{item}.mat"
        return (
            (image, load_picture(image, np.array(PASCAL_CONTEXT_MEAN, np.float32))),
            (label, self.reader.read(label)[0]),
        )
