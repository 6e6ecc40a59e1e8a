"""A user's own pictures and masks as a data set: own/NAME/ and own/NAME.json in the data folder.

own/NAME/    images/*  labels/*.png (class numbers, 255 void)  train.txt  val.txt  classes.txt
             the lists have lines `images/X.jpg labels/X.png`
own/NAME.json  what the experiments NAME-fcn32s, 16s and 8s read: root, classes, void, channels,
             mean (BGR for three channels), train and images (entries of train.txt and val.txt),
             seed
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from . import files, images, labels, palette, parallel, polygons, sets
from .errors import DataError
from .masks import Classes, by_colour, read_classes
from .settings import IGNORE_LABEL

# What experiments and the data sets that they read are called already, beside `sets.ALL`.
RESERVED = frozenset(
    """
    bsds camvid-dilation camvid-mini camvid-resnet camvid-varied camvid-varied-single camvid-vgg
    cityscapes-dilation demo family family-camvid kitti-dilation nyud-color nyud-color-d
    nyud-color-hha nyud-hha pascalcontext shapes-batches shapes-single voc voc-aug voc-deeplab
    voc-dilation
    """.split()
)
PICTURES = (*images.SUFFIXES, ".npy")
_COPIED = (".jpg", ".jpeg", ".png", ".npy")  # copied as they are where their channels fit


@dataclass(frozen=True)
class _Example:
    """What a worker needs to convert one picture and its mask to the plain layout."""

    name: str
    image: Path
    mask: Any  # Path of a mask or labelme file, or (height, width, shapes) from a COCO file
    folder: Path
    classes: Classes
    channels: int | None
    void: int

    def label(self, height, width):
        """Return the mask as uint8 H x W, checked for size and range."""
        names = self.classes.names
        if isinstance(self.mask, tuple):
            rows, columns, shapes = self.mask
            label = polygons.draw(shapes, rows, columns, names)
        elif self.mask.suffix.lower() == ".json":
            return polygons.labelme(self.mask, names, height, width)
        elif self.classes.colours:
            with images.opened(self.mask) as image:
                label = by_colour(self.mask, np.array(image.convert("RGB")), self.classes.colours)
        else:
            try:
                label, _ = labels.Png(void=self.void).read(self.mask)
            except DataError as error:
                raise DataError(f"{error}: give each class its colour: `name R G B`") from error
        if label.shape != (height, width):
            raise DataError(
                f"{self.mask if isinstance(self.mask, Path) else self.image}: mask of "
                f"{label.shape[1]}x{label.shape[0]}, but the picture has {width}x{height}"
            )
        wrong = labels.complaints(self.mask, label, len(names))
        if wrong:
            raise DataError(wrong[0])
        return label

    def picture(self):
        """Return the H x W x C pixels: upright, of the channels asked for, else without alpha."""
        if self.channels and self.image.suffix.lower() != ".npy":
            return images.read_converted(self.image, self.channels, upright=True)
        pixels = images.read_image(self.image, upright=True)
        alpha = self.image.suffix.lower() != ".npy" and pixels.shape[-1] in (2, 4)
        return pixels[..., :-1] if alpha else pixels

    def store(self, pixels):
        """Write the picture: the file itself where it is what is wanted, else a PNG or .npy."""
        suffix = self.image.suffix.lower()
        copied = suffix in _COPIED and self._plain(pixels)
        suffix = suffix if copied or suffix == ".npy" else ".png"
        target = self.folder / "images" / f"{self.name}{suffix}"
        with files.atomic_write(target) as stream:
            if copied:
                stream.write(self.image.read_bytes())
            elif suffix == ".npy":
                np.save(stream, pixels, allow_pickle=False)
            else:
                flat = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
                Image.fromarray(flat).save(stream, format="PNG")
        return target

    def _plain(self, pixels):
        """Return whether the file is these pixels: no palette, no alpha, not turned, H x W x C."""
        if self.image.suffix.lower() == ".npy":
            return np.load(self.image, mmap_mode="r", allow_pickle=False).ndim == 3
        with images.opened(self.image) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
            plain = image.mode in ("L", "RGB", "RGBA") and len(image.mode) == pixels.shape[-1]
            return plain and not turned


def _convert(example):
    """Write one example; return (line of the list, channels, sums, pixels, complaint)."""
    try:
        pixels = example.picture()
        label = example.label(*pixels.shape[:2])
        target = example.store(pixels)
        palette.write_label(example.folder / "labels" / f"{example.name}.png", label)
    except DataError as error:
        return "", 0, None, 0, str(error)
    line = f"images/{target.name} labels/{example.name}.png"
    flat = pixels.reshape(-1, pixels.shape[-1]).astype(np.float64)
    return line, pixels.shape[-1], flat.sum(0), len(flat), ""


def _by_stem(folder, suffixes, what):
    """Return {stem: path} of a folder's files, sorted; DataError for equal stems or none."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of {what}")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and path.is_file():
            if re.search(r"\s", path.stem):
                raise DataError(f"{path}: blanks in a name would break the lists; rename it")
            if path.stem in found:
                raise DataError(f"{path}: {found[path.stem].name} has the same name")
            found[path.stem] = path
    if not found:
        raise DataError(f"{folder}: no {what} there ({', '.join(suffixes)})")
    return found


def _masks(path, classes, pictures):
    """Return {stem: mask} from a folder of masks, of labelme files, or from a COCO file.

    DataError names the first of the pictures' stems that have none.
    """
    if path.is_file():
        found = {Path(n).stem: shapes for n, shapes in polygons.coco(path, classes).items()}
    else:
        found = _by_stem(path, (".png", ".bmp", ".tif", ".tiff", ".gif", ".json"), "masks")
    unmatched = sorted(set(pictures) - set(found))
    if unmatched:
        shown = ", ".join(unmatched[:5]) + (", ..." if len(unmatched) > 5 else "")
        raise DataError(f"{path}: no mask for {len(unmatched):,} pictures: {shown}")
    return found


def _complain(results):
    """Raise DataError with every complaint, or about channel counts that differ."""
    wrong = [complaint for *_, complaint in results if complaint]
    if wrong:
        raise DataError("\n".join([*wrong, f"{len(wrong)} of {len(results)} files are not usable"]))
    kinds: dict[int, str] = {}
    for line, channels, *_ in results:
        kinds.setdefault(channels, line.split()[0])
    if len(kinds) > 1:
        listed = ", ".join(f"{count} ({name})" for count, name in sorted(kinds.items()))
        raise DataError(f"pictures differ in channels: {listed}; give --channels 1 or 3")


def _check_request(name, val, seed, void, data, replace):
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise DataError(f"{name!r} cannot be a data set's name: expected letters, digits, - and _")
    if name in RESERVED or name in sets.ALL:
        raise DataError(
            f"{name!r} cannot be a data set's name: one of the project's, or its experiments', is "
            "called so"
        )
    if not 0 < val < 1:
        raise DataError(f"--val {val}: expected a share between 0 and 1")
    if not 0 <= seed < 2**32:
        raise DataError(f"--seed {seed}: expected a whole number from 0 to {2**32 - 1}")
    if not 0 <= void <= 255:
        raise DataError(f"--void {void}: expected a label of 0 to 255")
    if (data / f"own/{name}.json").exists() and not replace:
        raise DataError(f"{data / 'own' / name}.json: {name} is there already; give --replace")


def new(
    name: str,
    pictures: Path,
    masks: Path,
    class_file: Path,
    data: Path,
    val: float = 0.2,
    seed: int = 1337,
    channels: int | None = None,
    void: int = 255,
    replace: bool = False,
    log: Callable[[str], Any] = print,
    workers: int | None = None,
) -> dict[str, Any]:
    """Make a data set of a user's own pictures and masks.

    Parameters
    ----------
    masks
        A folder of PNG masks or labelme files, or a COCO file.
    class_file
        The classes (see `masks.read_classes`).
    val
        Share of the pictures held out, drawn with `seed`.
    channels
        1, 3 or 4 to convert all pictures (default: as they are, alpha dropped).
    void
        The number of void in masks of numbers.

    Returns
    -------
    dict
        The content of its JSON file.

    Raises
    ------
    DataError
        Names every unusable file; then nothing is left.
    """
    _check_request(name, val, seed, void, data, replace)
    classes = read_classes(class_file)
    found = _by_stem(pictures, PICTURES, "pictures")
    drawn = _masks(masks, classes.names, found)
    if len(found) < 2:
        raise DataError(f"{pictures}: {len(found)} picture: expected at least 2, to hold one out")
    staging = data / "own" / f".{name}.making~"
    shutil.rmtree(staging, ignore_errors=True)  # left by a killed run
    try:
        examples = [
            _Example(stem, image, drawn[stem], staging, classes, channels, void)
            for stem, image in found.items()
        ]
        results = list(parallel.run(_convert, examples, f"new {name}", workers))
        _complain(results)
        made = _describe(name, results, classes, val, seed, staging)
        _place(staging, data / "own" / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    files.write_json(data / f"own/{name}.json", made)
    log(f"{name}: {made['train']} pictures to train on, {made['images']} held out, "
        f"{made['channels']} channels, {len(classes.names)} classes")  # fmt: skip
    log(f"train it: make {name}-fcn8s")
    return made


def _describe(name, results, classes, val, seed, staging):
    """Draw the split, write the lists, and return the content of the JSON file."""
    order = np.random.RandomState(seed).permutation(len(results))
    held = max(1, min(len(results) - 1, round(val * len(results))))
    split = {"val": sorted(order[:held]), "train": sorted(order[held:])}
    for part, places in split.items():
        files.write_list(staging / f"{part}.txt", [results[k][0] for k in places])
    files.write_list(staging / "classes.txt", classes.names)
    total = sum(results[k][2] for k in split["train"])
    mean = total / sum(results[k][3] for k in split["train"])
    mean = mean[::-1] if len(mean) == 3 else mean  # the layers see BGR
    return dict(name=name, root=f"own/{name}", classes=list(classes.names), void=IGNORE_LABEL,
                channels=len(mean), mean=[round(float(v), 3) for v in mean], seed=seed,
                train=len(split["train"]), images=held)  # fmt: skip


def _place(staging, target):
    """Replace the folder `target` by a finished one."""
    old = target.with_name(f".{target.name}.old~")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)
