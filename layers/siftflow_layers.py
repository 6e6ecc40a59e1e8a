"""SIFT Flow: every picture with 33 semantic and 3 geometric classes; tops data, sem, geo."""

import numpy as np

from data.labels import SIFTFLOW, SIFTFLOW_GEOMETRIC
from data.settings import locate
from experiments.means import SIFTFLOW_MEAN
from layers.data_layer import DataLayer, load_picture, read_split

INNER = "spatial_envelope_256x256_static_8outdoorcategories"


class SIFTFlowSegDataLayer(DataLayer):
    """Images, SemanticLabels and GeoLabels as unpacked; 0 (geometric also -1) is void.

    Parameters beside the common ones
    ---------------------------------
    siftflow_dir
        The folder, such as sift-flow.
    """

    keys = ("siftflow_dir",)
    tops = ("data", "sem", "geo")
    labels = ("sem", "geo")

    def list_items(self):
        self.folder = locate(self.require("siftflow_dir"))
        return read_split(self.folder / f"{self.require('split')}.txt", "siftflow_dir")

    def load(self, item):
        image = self.folder / "Images" / INNER / f"{item}.jpg"
        sem = self.folder / "SemanticLabels" / INNER / f"{item}.mat"
        geo = self.folder / "GeoLabels" / INNER / f"{item}.mat"
        return (
            (image, load_picture(image, np.array(SIFTFLOW_MEAN, np.float32))),
            (sem, SIFTFLOW.read(sem)[0]),
            (geo, SIFTFLOW_GEOMETRIC.read(geo)[0]),
        )
