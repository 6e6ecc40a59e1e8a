"""BSDS500: tops data, label (1 where enough annotators drew an edge, else 0)."""

from data.errors import DataError
from data.sets.bsds import AGREED, Edges
from data.settings import locate
from layers.data_layer import DataLayer

FOLDERS = {"trainval": ("train", "val")}


class BSDSEdgeDataLayer(DataLayer):
    """data/images/SPLIT/X.jpg and data/groundTruth/SPLIT/X.mat; the split may be trainval.

    Parameters beside the common ones
    ---------------------------------
    bsds_dir
        The folder, such as BSDS500.
    mean
        BGR values to subtract.
    agreed
        How many annotators must have drawn an edge (default 3).
    """

    keys = ("bsds_dir", "mean", "agreed")

    def list_items(self):
        root = locate(self.require("bsds_dir")) / "data"
        self.mean = self.require("mean")
        self.readers = (Edges(self.params.get("agreed", AGREED)),)
        split = self.require("split")
        items = []
        for name in FOLDERS.get(split, (split,)):
            pictures = sorted((root / "images" / name).glob("*.jpg"))
            if not pictures:
                raise DataError(
                    f"{root / 'images' / name}: no pictures there; "
                    "run `python -m data fetch bsds500`"
                )
            truth = root / "groundTruth" / name
            items += [(p, truth / f"{p.stem}.mat") for p in pictures]
        return items
