"""NYUDv2 in the authors' archive: colour, depth and HHA pictures with the 40 classes."""

import numpy as np

from data.files import DataError
from layers.base import DataLayer, need
from layers.reading import locate, mat, names, picture, pixels, shifted

MEAN_BGR = np.array((116.190, 97.203, 92.318), np.float32)
MEAN_HHA = np.array((132.431, 94.076, 118.477), np.float32)
MEAN_LOG_DEPTH = np.float32(7.844)


class NYUDSegDataLayer(DataLayer):
    """data/{images,depth,hha}/img_N.png and segmentation/img_N.mat, 0 there being void.

    nyud_dir  the folder, such as nyud
    tops      which of color, depth, hha and label come out, in the order of the layer's tops
    """

    keys = ("nyud_dir", "tops")

    def list_of(self, params):
        self.folder = locate(need(params, "nyud_dir", type(self).__name__))
        self.tops = list(need(params, "tops", type(self).__name__))
        self.loads = dict(color=self.color, depth=self.depth, hha=self.hha, label=self.label)
        unknown = [top for top in self.tops if top not in self.loads]
        if unknown:
            raise ValueError(f"tops {unknown}: expected of {', '.join(self.loads)}")
        split = need(params, "split", type(self).__name__)
        return names(self.folder / f"{split}.txt", "nyud_dir")

    def load(self, item):
        return [self.loads[top](item) for top in self.tops]

    def color(self, item):
        path = self.folder / "data" / "images" / f"img_{item}.png"
        return path, picture(path, MEAN_BGR)

    def hha(self, item):
        # Horizontal disparity, height, angle: no colours, so nothing to turn round.
        path = self.folder / "data" / "hha" / f"img_{item}.png"
        return path, picture(path, MEAN_HHA, bgr=False)

    def depth(self, item):
        """Logarithm of the depth in millimetres, 1 x H x W."""
        path = self.folder / "data" / "depth" / f"img_{item}.png"
        stored = pixels(path, ("I;16", "I", "L"))
        if stored.min() <= 0:
            raise DataError(f"{path}: depth {stored.min()}: expected filled-in depths above 0")
        return path, (np.log(stored.astype(np.float32)) - MEAN_LOG_DEPTH)[np.newaxis]

    def label(self, item):
        path = self.folder / "segmentation" / f"img_{item}.mat"
        return path, shifted(path, mat(path, "segmentation"))
