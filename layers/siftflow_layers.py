"""SIFT Flow: every picture with 33 semantic and 3 geometric classes; tops data, sem, geo."""

import numpy as np

from layers.base import DataLayer, need
from layers.reading import locate, mat, names, picture, shifted

MEAN_BGR = np.array((114.578, 115.294, 108.353), np.float32)
INNER = "spatial_envelope_256x256_static_8outdoorcategories"


class SIFTFlowSegDataLayer(DataLayer):
    """Images, SemanticLabels and GeoLabels as unpacked; 0 (geometric also -1) is void.

    siftflow_dir  the folder, such as sift-flow
    """

    keys = ("siftflow_dir",)
    tops = ("data", "sem", "geo")
    labels = ("sem", "geo")

    def list_of(self, params):
        self.folder = locate(need(params, "siftflow_dir", type(self).__name__))
        split = need(params, "split", type(self).__name__)
        return names(self.folder / f"{split}.txt", "siftflow_dir")

    def load(self, item):
        image = self.folder / "Images" / INNER / f"{item}.jpg"
        sem = self.folder / "SemanticLabels" / INNER / f"{item}.mat"
        geo = self.folder / "GeoLabels" / INNER / f"{item}.mat"
        return (
            (image, picture(image, MEAN_BGR)),
            (sem, shifted(sem, mat(sem, "S"))),
            (geo, shifted(geo, mat(geo, "S"))),
        )
