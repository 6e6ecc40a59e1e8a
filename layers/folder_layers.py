"""A plain folder of pictures: with masks (segmentation), or with one class each."""

import random

import numpy as np

from data.files import DataError
from layers.augment import vary
from layers.base import DataLayer, need
from layers.reading import VOID, label_png, locate, names, picture


class FolderSegDataLayer(DataLayer):
    """SPLIT.txt lists `image mask` lines, paths relative to the folder; tops data, label.

    root      the folder
    channels  of the pictures: 1, 3 or 4, or any number for .npy arrays (default 3)
    mean      value to subtract per channel, BGR where there are three (default 0)
    void      the mask value that does not count (default 255)
    """

    keys = ("root", "channels", "mean", "void")

    def list_of(self, params):
        self.folder = locate(need(params, "root", type(self).__name__))
        self.channels = params.get("channels", 3)
        self.mean = np.array(params.get("mean", [0.0] * self.channels))
        if len(self.mean) != self.channels:
            raise ValueError(f"mean {params['mean']}: expected {self.channels} values")
        self.void = params.get("void", VOID)
        path = self.folder / f"{need(params, 'split', type(self).__name__)}.txt"
        return [self.pair(path, line) for line in names(path, "root")]

    def pair(self, path, line):
        # A tab allows for blanks in file names.
        parts = line.split("\t") if "\t" in line else line.split()
        if len(parts) != 2:
            raise DataError(f"{path}: line {line!r}: expected two entries")
        return parts

    def load(self, item):
        image, label = (self.folder / part for part in item)
        stored = label_png(label)
        stored[stored == self.void] = VOID
        return (image, picture(image, self.mean, self.channels)), (label, stored)


class FolderClassDataLayer(FolderSegDataLayer):
    """SPLIT.txt lists `image class` lines, the class a number; tops data and label (N x 1)."""

    def sample(self, item, seed):
        path, number = self.folder / item[0], item[1]
        classes = self.class_count("label")
        if not number.isdigit() or (classes is not None and int(number) >= classes):
            raise DataError(f"{path}: class {number!r} in the list, expected 0 to {classes - 1}")
        image = picture(path, self.mean, self.channels)
        (image,) = vary([image], [False], random.Random(seed), self.training, **self.variation)
        return image, np.array([int(number)])
