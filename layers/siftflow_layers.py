"""SIFT Flow: every picture with 33 semantic and 3 geometric classes; tops data, sem, geo."""

import numpy as np

from data.labels import SIFTFLOW, SIFTFLOW_GEOMETRIC
from data.sets.siftflow import SCENES
from data.settings import locate
from experiments.means import SIFTFLOW_MEAN
from layers.data_layer import DataLayer, read_split


class SIFTFlowSegDataLayer(DataLayer):
    """Images, SemanticLabels and GeoLabels as unpacked; 0 (geometric also -1) is void.

    Beside the common parameters it has `siftflow_dir`, such as sift-flow.
    """

    keys = ("siftflow_dir",)
    tops = ("data", "sem", "geo")
    labels = ("sem", "geo")

    mean = np.array(SIFTFLOW_MEAN, np.float32)
    readers = (SIFTFLOW, SIFTFLOW_GEOMETRIC)

    def list_items(self):
        folder = locate(self.require("siftflow_dir"))
        images, sem, geo = (folder / f / SCENES for f in ("Images", "SemanticLabels", "GeoLabels"))
        ids = read_split(folder / f"{self.require('split')}.txt", "siftflow_dir")
        return [(images / f"{i}.jpg", sem / f"{i}.mat", geo / f"{i}.mat") for i in ids]
