"""Cityscapes: tops data, label (19 of the 34 ids, all others void)."""

from data.labels import CITYSCAPES
from layers.folder_layers import FolderSegDataLayer


class CityscapesSegDataLayer(FolderSegDataLayer):
    """As `FolderSegDataLayer`, with `root`, such as cityscapes, and `mean`."""

    keys = ("root", "mean")
    readers = (CITYSCAPES,)
