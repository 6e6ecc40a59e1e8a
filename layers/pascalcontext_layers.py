"""PASCAL-Context: VOC2010's pictures with 59 classes of things and stuff, 0 for all others."""

import numpy as np

from data.labels import pascal_context
from data.settings import locate
from experiments.means import PASCAL_CONTEXT_MEAN
from layers.data_layer import DataLayer, read_split


class PASCALContextSegDataLayer(DataLayer):
    """VOC2010/JPEGImages and ImageSets/Main; labels trainval/ID.mat, key LabelMap.

    Beside the common parameters it has `voc_dir`, which holds VOC2010, and `context_dir`, which
    holds trainval/.
    """

    keys = ("voc_dir", "context_dir")
    mean = np.array(PASCAL_CONTEXT_MEAN, np.float32)

    def list_items(self):
        self.readers = (pascal_context(),)
        folder = locate(self.require("voc_dir")) / "VOC2010"
        maps = locate(self.require("context_dir")) / "trainval"
        ids = read_split(folder / "ImageSets/Main" / f"{self.require('split')}.txt", "voc_dir")
        return [(folder / "JPEGImages" / f"{i}.jpg", maps / f"{i}.mat") for i in ids]
