"""NYUDv2 in the authors' archive: colour, depth and HHA pictures with the 40 classes."""

import numpy as np

from data.images import read_depth
from data.labels import NYUD
from data.settings import locate
from experiments.means import NYUD_HHA_MEAN, NYUD_LOG_DEPTH_MEAN, NYUD_MEAN
from layers.data_layer import DataLayer, ParameterError, load_picture, read_split


class NYUDSegDataLayer(DataLayer):
    """data/{images,depth,hha}/img_N.png and segmentation/img_N.mat, 0 there being void.

    Parameters beside the common ones
    ---------------------------------
    nyud_dir
        The folder, such as nyud.
    tops
        Which of color, depth, hha and label come out, in the order of the layer's tops.
    """

    keys = ("nyud_dir", "tops")

    def list_items(self):
        self.folder = locate(self.require("nyud_dir"))
        self.tops = tuple(self.require("tops"))
        self.loads = dict(color=self.color, depth=self.depth, hha=self.hha, label=self.label)
        unknown = [top for top in self.tops if top not in self.loads]
        if unknown:
            raise ParameterError(f"tops {unknown}: expected some of {', '.join(self.loads)}")
        return read_split(self.folder / f"{self.require('split')}.txt", "nyud_dir")

    def load(self, item):
        return [self.loads[top](item) for top in self.tops]

    def color(self, item):
        path = self.folder / "data" / "images" / f"img_{item}.png"
        return path, load_picture(path, np.array(NYUD_MEAN, np.float32))

    def hha(self, item):
        # Horizontal disparity, height, angle: no colours, so the channels are not reversed.
        path = self.folder / "data" / "hha" / f"img_{item}.png"
        return path, load_picture(path, np.array(NYUD_HHA_MEAN, np.float32), bgr=False)

    def depth(self, item):
        """Return the logarithm of the depth in millimetres, 1 x H x W."""
        path = self.folder / "data" / "depth" / f"img_{item}.png"
        depth = read_depth(path).astype(np.float32)
        return path, (np.log(depth) - np.array(NYUD_LOG_DEPTH_MEAN, np.float32))[np.newaxis]

    def label(self, item):
        path = self.folder / "segmentation" / f"img_{item}.mat"
        return path, NYUD.read(path)[0]
