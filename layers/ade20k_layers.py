"""ADE20K, scene parsing challenge 2016: tops data, label (0 to 149, everything else void)."""

import numpy as np

from data.images import read_converted, to_net
from data.labels import ADE20K
from layers.folder_layers import FolderSegDataLayer


class ADE20KSegDataLayer(FolderSegDataLayer):
    """As `FolderSegDataLayer`, with `root`, such as ade20k, and `mean`."""

    keys = ("root", "mean")
    readers = (ADE20K,)

    def load(self, item):
        image, label = (self.folder / part for part in item)
        pixels = read_converted(image, 3)  # a few pictures are gray
        return (image, to_net(pixels, np.array(self.mean))), (label, ADE20K.read(label)[0])
