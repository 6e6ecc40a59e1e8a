"""A user's own data sets: `own/NAME.json` in the data folder, and the set it describes.

`python -m data new` writes the file; one written by hand needs `root` and `classes` alone:

    root      folder with train.txt and val.txt, whose lines are `image mask` relative to it;
              relative to the data folder, or absolute
    classes   list of class names, in label order
    images    entries of val.txt (default: counted)
    void      label that is not counted (default 255)
    channels  channels of the pictures (default 3)
    mean      value to subtract per channel, BGR where there are three (default: ILSVRC's, else 0)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files, labels
from .dataset import DataSet, apart
from .errors import DataError
from .settings import IGNORE_LABEL


@dataclass(frozen=True)
class Description:
    """The content of one own/NAME.json, checked."""

    name: str
    root: str
    classes: tuple[str, ...]
    channels: int = 3
    void: int = IGNORE_LABEL
    mean: tuple[float, ...] = ()
    images: int | None = None

    def val_count(self, data: Path) -> int:
        """Return the number of entries of val.txt."""
        return self.images or len(files.read_list(data / self.root / "val.txt"))


def names(data: Path) -> list[str]:
    """Return the names of the own/*.json files, which are not read."""
    return sorted(path.stem for path in (data / "own").glob("*.json"))


def read(name: str, data: Path) -> Description:
    """Return the checked content of own/NAME.json; DataError names file and fault."""
    path = data / "own" / f"{name}.json"
    content = files.read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a JSON object")
    lacking = [key for key in ("root", "classes") if key not in content]
    if lacking:
        raise DataError(f"{path}: lacks {', '.join(lacking)}; `python -m data new` writes it")
    classes, channels = content["classes"], content.get("channels", 3)
    mean, images = content.get("mean") or (), content.get("images")
    void = content.get("void", IGNORE_LABEL)
    # A test that must hold, the value it is about, and what was expected.
    for holds, key, expected in (
        (isinstance(content["root"], str), "root", "a folder"),
        (_is_list(classes, str) and len(classes) > 1, "classes", "a list of two names or more"),
        (_is_number(channels) and channels > 0, "channels", "a number of at least 1"),
        (images is None or _is_number(images) and images > 0, "images", "the entries of val.txt"),
        (_is_number(void) and 0 <= void <= 255, "void", "a label of 0 to 255"),
        (not mean or _is_list(mean, (int, float)) and len(mean) == channels, "mean",
         f"{channels} numbers"),
    ):  # fmt: skip
        if not holds:
            raise DataError(f"{path}: {key} {content.get(key)!r}: expected {expected}")
    return Description(name, content["root"], tuple(classes), channels, void, tuple(mean), images)


def _is_list(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and all(isinstance(v, kind) for v in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass
class Custom(DataSet):
    """A user's own data set, for check and stats."""

    names: tuple[str, ...] = ()

    def classes(self, data):
        return list(self.names)

    def fetch(self, data, log=print):
        log(f"{self.name}: your own data; nothing to fetch")


def data_set(name: str, data: Path) -> Custom:
    """Return the data set that own/NAME.json describes."""
    made = read(name, data)
    return Custom(
        name=name,
        title=f"your own: {len(made.classes)} classes, {made.channels} channels",
        folder=made.root,
        needs=("train.txt", "val.txt"),
        relations=apart("train", "val"),
        reader=labels.Png(void=made.void),
        names=made.classes,
    )


def sets(data: Path) -> tuple[dict[str, Custom], dict[str, str]]:
    """Return {NAME: data set} of the own/*.json, and {NAME: what is wrong} of the broken ones."""
    found, broken = {}, {}
    for name in names(data):
        try:
            found[name] = data_set(name, data)
        except DataError as error:
            broken[name] = str(error)
    return found, broken
