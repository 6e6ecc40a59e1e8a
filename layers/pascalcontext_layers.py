"""PASCAL-Context: VOC2010's pictures with 59 classes of things and stuff, 0 for all others."""

import numpy as np

from data.files import DataError
from layers.base import DataLayer, need
from layers.reading import locate, mat, names, picture

MEAN_BGR = np.array((104.007, 116.669, 122.679), np.float32)

# Three of the 59 go by another name in the full list of 459.
RENAMED = {"diningtable": "table", "bedcloth": "bedclothes", "clothes": "cloth"}


class PASCALContextSegDataLayer(DataLayer):
    """VOC2010/JPEGImages and ImageSets/Main; labels trainval/ID.mat, key LabelMap.

    voc_dir      the folder that holds VOC2010
    context_dir  the folder with trainval/, labels.txt and 59_labels.txt (lines `number: name`)
    """

    keys = ("voc_dir", "context_dir")

    def list_of(self, params):
        self.folder = locate(need(params, "voc_dir", type(self).__name__)) / "VOC2010"
        self.context = locate(need(params, "context_dir", type(self).__name__))
        self.task = task_table(self.context)
        split = need(params, "split", type(self).__name__)
        return names(self.folder / "ImageSets" / "Main" / f"{split}.txt", "voc_dir")

    def load(self, item):
        image = self.folder / "JPEGImages" / f"{item}.jpg"
        label = self.context / "trainval" / f"{item}.mat"
        full = mat(label, "LabelMap")
        if full.min() < 0 or full.max() >= len(self.task):
            raise DataError(f"{label}: labels {full.min()} to {full.max()}, 0 to 459 expected")
        return (image, picture(image, MEAN_BGR)), (label, self.task[full])


def task_table(folder):
    """For each label of the full list, its number in the 59-class task (0: none of them)."""
    full, task = folder / "labels.txt", folder / "59_labels.txt"
    numbers = {name: number for number, name in entries(full)}
    table = np.zeros(max(numbers.values(), default=0) + 1, np.uint8)
    for number, (_, name) in enumerate(entries(task), 1):
        name = RENAMED.get(name, name)
        if name not in numbers:
            raise DataError(f"{task}: class {name!r} is not in {full}")
        table[numbers[name]] = number
    return table


def entries(path):
    """(number, name without blanks) of each `number: name` line."""
    found = []
    for line in names(path, "context_dir"):
        number, colon, name = line.partition(":")
        if not colon or not number.strip().isdigit():
            raise DataError(f"{path}: line {line!r}: expected `number: name`")
        found.append((int(number), name.replace(" ", "")))
    return found
