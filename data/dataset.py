"""Data sets: files on the network, folder here, splits and label maps."""

from dataclasses import dataclass, field
from pathlib import Path

from . import archive, fetch, files, images, prepare, settings
from .errors import DataError
from .labels import Png, Reader


@dataclass(frozen=True)
class Pair:
    """One example: its name in the split, its picture and its label map (absolute paths)."""

    name: str
    image: Path
    label: Path


@dataclass
class Split:
    """A named list of pairs. `count`: how many there must be, where the data set defines it."""

    name: str
    pairs: list
    count: int | None = None
    apart: tuple = ()  # names of splits with which it shares nothing
    union: tuple = ()  # names of the splits that it is the union of
    within: str = ""  # name of the split that holds all of it
    note: str = ""  # why its pairs cannot be looked at here


@dataclass(frozen=True)
class Archive(fetch.Remote):
    """A file to fetch and how to unpack it: what below the folders `keep`, into data/`into`."""

    keep: tuple = ()  # none: it is used as it is
    into: str = "."
    limit: int | None = None


@dataclass
class DataSet:
    """A data set by name; a subclass defines what differs. `data` is the data folder."""

    name: str = ""
    title: str = ""
    folder: str = ""  # under the data folder, as the data layers name it
    elsewhere: tuple = ()  # other folders accepted by check and stats, whose splits may be samples
    classes_file: str = ""
    archives: tuple = ()
    needs: tuple = ()  # paths under the folder that exist once it is fetched
    products: tuple = ()  # paths under the folder that prepare makes
    reader: Reader = Png()
    homepage: str = ""
    licence: str = ""
    derived_lists: bool = False  # whether prepare writes SPLIT.txt from what the folders hold
    counts: dict = field(default_factory=dict)  # entries that each split must have
    relations: dict = field(default_factory=dict)  # of each split: Split's apart, union, within

    def _found(self, data):
        """Return the folder that is there: the usual one, else one of `elsewhere`, else None."""
        for folder in (self.folder, *self.elsewhere):
            needs = self.needs if folder == self.folder else self.needs[:1]
            if all((data / folder / need).exists() for need in needs):
                return data / folder
        return None

    def root(self, data):
        """Return the folder that is there, else the usual one."""
        return self._found(data) or data / self.folder

    def official(self, data):
        """Return whether the folder is the data set's own, which must be complete."""
        return self.root(data) == data / self.folder

    def fetched(self, data):
        return self._found(data) is not None

    def prepared(self, data):
        return self.fetched(data) and all((self.root(data) / p).exists() for p in self.products)

    def classes(self, data):
        """Return the class names in label order."""
        return files.read_list(bundled(data, self.classes_file))

    def fetch(self, data, log=print):
        """Download and unpack what is not there yet."""
        if self.fetched(data):
            log(f"{self.name}: {self.root(data)} is there")
            return
        log(f"{self.name}: licence: {self.licence} ({self.homepage})")
        for item in self.archives:
            if item.keep and all((data / item.into / name).exists() for name in item.keep):
                continue  # unpacked for another data set, or by hand
            path = fetch.get(item, data / "downloads", data, log)
            if item.keep:
                archive.unpack(path, item.keep, data / item.into, item.limit)
        if not self.fetched(data):
            lacking = [n for n in self.needs if not (data / self.folder / n).exists()]
            raise DataError(f"{data / self.folder}: unpacked, but lacks {', '.join(lacking)}")
        log(f"{self.name}: unpacked in {data / self.folder}; {data / 'downloads'} may be removed")

    def require(self, data):
        """DataError, with the command to run, unless the data set has been fetched."""
        if not self.fetched(data):
            raise DataError(
                f"{data / self.folder}: {self.name} is not there; run `python -m data fetch "
                f"{self.name}`, or set {settings.VARIABLE} to the folder that has it"
            )

    def prepare(self, data, log=print):
        """Put the lists in place; a subclass brings files into the form that layers read."""
        self.require(data)
        if self.classes_file:
            copy_bundled(data, self.classes_file)
        if self.derived_lists:
            prepare.write_lists(self.root(data), self.splits(data), log)
        else:
            log(f"{self.name}: the files are read as they are")

    def splits(self, data):
        """Return the Splits that can be read here; empty where the data set has no pictures."""
        return [
            Split(name, self.pairs(data, name), self.counts.get(name), **relation)
            for name, relation in self.relations.items()
            if self.has_split(data, name)
        ]

    def has_split(self, data, split):
        """Return whether a split is there; one that is derived may not be."""
        return True

    def pairs(self, data, split):
        """Return the Pairs of a split, in order; here those that SPLIT.txt lists."""
        root = self.root(data)
        listed = files.read_pairs(root / f"{split}.txt")
        return [Pair(image, root / image, root / label) for image, label in listed]

    def label_maps(self, data, pair):
        """Return (reader, number of classes, file) of each label map of a pair."""
        return [(self.reader, len(self.classes(data)), pair.label)]

    def inputs(self, pair):
        """Return {name: H x W x C array} of what a net sees of a pair."""
        return {"image": images.read_image(pair.image)}

    def problems(self, data):
        """Complaints beyond those about single pairs and splits."""
        return []


def apart(*splits):
    """Return the relations of splits of which no two share a picture."""
    return {name: dict(apart=splits[i + 1 :]) for i, name in enumerate(splits)}


def bundled(data, name):
    """Return the path of a class list or split file: the data folder's copy, else the project's."""
    path = data / name
    return path if path.is_file() else settings.BUNDLED / name


def copy_bundled(data, *names):
    """Put the project's copies of list files into the data folder, where layers look for them."""
    for name in names:
        if not (data / name).is_file():
            files.write_text(data / name, (settings.BUNDLED / name).read_text(encoding="utf-8"))
