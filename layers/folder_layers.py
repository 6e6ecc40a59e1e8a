"""A plain folder of pictures: with masks (segmentation), or with one class each."""

import random

import numpy as np

from data.errors import DataError
from data.files import read_pairs
from data.labels import Png
from data.settings import IGNORE_LABEL, locate
from layers.augment import augment
from layers.data_layer import DataLayer, ParameterError, load_picture, read_split


class FolderSegDataLayer(DataLayer):
    """SPLIT.txt lists `image mask` lines, paths relative to the folder; tops data, label.

    Parameters beside the common ones
    ---------------------------------
    root
        The folder.
    channels
        Of the pictures: 1, 3 or 4, or any number for .npy arrays (default 3).
    mean
        Value to subtract per channel, BGR where there are three (default 0).
    void
        The mask value that is ignored (default 255).
    """

    keys: tuple[str, ...] = ("root", "channels", "mean", "void")

    def list_items(self):
        self.folder = locate(self.require("root"))
        self.channels = self.params.get("channels", 3)
        self.mean = self.params.get("mean", (0.0,) * self.channels)
        if len(self.mean) != self.channels:
            raise ParameterError(f"mean {self.mean}: expected {self.channels} values")
        self.readers = self.readers or (Png(void=self.params.get("void", IGNORE_LABEL)),)
        path = self.folder / f"{self.require('split')}.txt"
        return read_split(path, "root", read_pairs)

    def load(self, item):
        return super().load([self.folder / part for part in item])


class FolderClassDataLayer(FolderSegDataLayer):
    """SPLIT.txt lists `image class` lines, the class a number; tops data and label (N x 1)."""

    def sample(self, item, seed):
        path, number = self.folder / item[0], item[1]
        classes = self.class_count("label")
        if not number.isdigit() or (classes is not None and int(number) >= classes):
            expected = f"0 to {classes - 1}" if classes is not None else "a number"
            raise DataError(f"{path}: class {number!r} in the list, expected {expected}")
        image = load_picture(path, self.mean, self.channels)
        (image,) = augment([image], [False], random.Random(seed), self.training, **self.variation)
        return [image, np.array([int(number)])]
