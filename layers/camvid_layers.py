"""CamVid in the SegNet tutorial's layout: tops data, label."""

import numpy as np

from data.files import DataError
from layers.base import DataLayer, need
from layers.reading import VOID, label_png, locate, names, picture

MEAN_BGR = (104.00699, 116.66877, 122.67892)


class CamVidSegDataLayer(DataLayer):
    """SPLIT/X.png, SPLITannot/X.png (0 to 10, 11 for void), SPLIT.txt of `image label` lines.

    camvid_dir  the folder, such as CamVid; of the paths in the lists the last two parts count,
                as the lists carry the tutorial's own folders before them
    mean        BGR values to subtract (default: that of ILSVRC)
    void        the stored label that does not count (default 11)
    """

    keys = ("camvid_dir", "mean", "void")

    def list_of(self, params):
        self.folder = locate(need(params, "camvid_dir", type(self).__name__))
        self.mean = np.array(params.get("mean", MEAN_BGR))
        self.void = params.get("void", 11)
        path = self.folder / f"{need(params, 'split', type(self).__name__)}.txt"
        return [self.pair(path, line) for line in names(path, "camvid_dir")]

    def pair(self, path, line):
        parts = [self.folder.joinpath(*p.split("/")[-2:]) for p in line.split()]
        if len(parts) != 2:
            raise DataError(f"{path}: line {line!r}: expected `image label`")
        return parts

    def load(self, item):
        image, label = item
        stored = label_png(label)
        stored[stored == self.void] = VOID
        return (image, picture(image, self.mean)), (label, stored)
