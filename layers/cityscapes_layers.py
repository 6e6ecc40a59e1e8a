"""Cityscapes: tops data, label (19 of the 34 ids, all others void)."""

from data.labels import CITYSCAPES
from layers.folder_layers import FolderSegDataLayer


class CityscapesSegDataLayer(FolderSegDataLayer):
    """SPLIT.txt lists `image label` lines, paths relative to the folder.

    Parameters beside the common ones
    ---------------------------------
    root
        The folder, such as cityscapes.
    mean
        BGR values to subtract.
    """

    keys = ("root", "mean")
    readers = (CITYSCAPES,)
