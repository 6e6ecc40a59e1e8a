"""CamVid in the SegNet tutorial's layout: tops data, label."""

from data.files import read_pairs
from data.labels import CAMVID, Png
from data.settings import locate
from experiments.means import ILSVRC_MEAN
from layers.data_layer import DataLayer, read_split


class CamVidSegDataLayer(DataLayer):
    """SPLIT/X.png, SPLITannot/X.png (0 to 10, 11 for void), SPLIT.txt of `image label` lines.

    Parameters beside the common ones
    ---------------------------------
    camvid_dir
        The folder, such as CamVid. Of the paths in the lists the last two parts count, as the
        lists carry the tutorial's own folders before them.
    mean
        BGR values to subtract (default: ILSVRC's).
    void
        The stored label that is ignored (default 11).
    """

    keys = ("camvid_dir", "mean", "void")

    def list_items(self):
        folder = locate(self.require("camvid_dir"))
        self.mean = self.params.get("mean", ILSVRC_MEAN)
        self.readers = (Png(void=self.params.get("void", CAMVID.void)),)
        pairs = read_split(folder / f"{self.require('split')}.txt", "camvid_dir", read_pairs)
        return [[folder.joinpath(*p.split("/")[-2:]) for p in pair] for pair in pairs]
