"""A user's own pictures and masks as a data set: own/NAME/ and own/NAME.json in the data folder.

own/NAME/    images/*  labels/*.png (class numbers, 255 void)  train.txt  val.txt  classes.txt
             the lists have lines `images/X.jpg labels/X.png`
own/NAME.json  what the experiments NAME-fcn32s, 16s and 8s read: root, classes, void, channels,
             mean (BGR for three channels), train and images (entries of train.txt and val.txt),
             seed
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from . import files, images, labels, palette, parallel, polygons
from .dataset import DataSet, Pair, Split
from .files import DataError
from .masks import Classes, by_colour, read_classes

# Experiment names begin with these already.
RESERVED = ("voc", "nyud", "siftflow", "pascalcontext", "camvid", "camvid-mini", "demo", "shapes")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".ppm", ".webp", ".npy")
_KEPT = (".jpg", ".jpeg", ".png", ".npy")  # copied as they are where their channels fit


@dataclass(frozen=True)
class _Example:
    """What a worker needs to bring one picture and its mask into the plain layout."""

    name: str
    image: Path
    mask: object  # Path of a mask or labelme file, or (height, width, shapes) from a COCO file
    folder: Path
    classes: Classes
    channels: int | None
    void: int

    def label(self, height, width):
        """uint8 H x W of the mask, checked for size and range."""
        names = self.classes.names
        if isinstance(self.mask, tuple):
            label = polygons.draw(self.mask[2], *self.mask[:2], polygons.ground(list(names)))
        elif self.mask.suffix.lower() == ".json":
            return polygons.labelme(self.mask, list(names), height, width)
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
        """(pixels H x W x C, suffix) with alpha dropped and the wanted number of channels."""
        pixels, suffix = images.read_image(self.image), self.image.suffix.lower()
        if suffix == ".npy":
            return pixels, suffix
        if pixels.shape[-1] in (2, 4) and self.channels != pixels.shape[-1]:
            pixels, suffix = pixels[..., :-1], ".png"
        if self.channels == 3 and pixels.shape[-1] == 1:
            pixels, suffix = np.repeat(pixels, 3, -1), ".png"
        if self.channels == 1 and pixels.shape[-1] == 3:
            pixels, suffix = np.array(Image.fromarray(pixels).convert("L"))[..., None], ".png"
        return pixels, suffix

    def store(self, pixels, suffix):
        """Write the picture: the file itself where it is what is wanted, else a PNG or .npy."""
        kept = suffix == self.image.suffix.lower() and suffix in _KEPT and self._plain(pixels)
        suffix = suffix if kept or suffix == ".npy" else ".png"
        target = self.folder / "images" / f"{self.name}{suffix}"
        with files.replacing(target) as stream:
            if kept:
                stream.write(self.image.read_bytes())
            elif suffix == ".npy":
                np.save(stream, pixels, allow_pickle=False)
            else:
                flat = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
                Image.fromarray(flat).save(stream, format="PNG")
        return target

    def _plain(self, pixels):
        """Whether the file holds just these pixels: no palette, no alpha, H x W x C."""
        if self.image.suffix.lower() == ".npy":
            return np.load(self.image, mmap_mode="r", allow_pickle=False).ndim == 3
        with images.opened(self.image) as image:
            return image.mode in ("L", "RGB", "RGBA") and len(image.mode) == pixels.shape[-1]


def _bring(example):
    """(line of the list, channels, sums, pixels, complaint) of one example; files are written."""
    try:
        pixels, suffix = example.picture()
        label = example.label(*pixels.shape[:2])
        target = example.store(pixels, suffix)
        with files.replacing(example.folder / "labels" / f"{example.name}.png") as stream:
            palette.save_label(stream, label)
    except DataError as error:
        return "", 0, None, 0, str(error)
    line = f"images/{target.name} labels/{example.name}.png"
    flat = pixels.reshape(-1, pixels.shape[-1]).astype(np.float64)
    return line, pixels.shape[-1], flat.sum(0), len(flat), ""


def _by_stem(folder, suffixes, what):
    """{stem: path} of the files in a folder, sorted; DataError for two of one stem or for none."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of {what}")
    found = {}
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


def _masks(path, classes):
    """{stem: mask} from a folder of masks, of labelme files, or from a COCO file."""
    if path.is_file():
        return {
            Path(n).stem: shapes for n, shapes in polygons.coco(path, list(classes.names)).items()
        }
    return _by_stem(path, (".png", ".bmp", ".tif", ".tiff", ".gif", ".json"), "masks")


def _matched(pictures, masks, where):
    """The stems of the pictures, all of which have masks; else DataError names the first."""
    lonely = sorted(set(pictures) - set(masks))
    if lonely:
        shown = ", ".join(lonely[:5]) + (", ..." if len(lonely) > 5 else "")
        raise DataError(f"{where}: no mask for {len(lonely):,} pictures: {shown}")
    return sorted(pictures)


def _complain(results):
    """DataError with every complaint; or about channel counts that differ."""
    wrong = [complaint for *_, complaint in results if complaint]
    if wrong:
        raise DataError("\n".join([*wrong, f"{len(wrong)} of {len(results)} files are not usable"]))
    kinds = {}
    for line, channels, *_ in results:
        kinds.setdefault(channels, line.split()[0])
    if len(kinds) > 1:
        listed = ", ".join(f"{count} ({name})" for count, name in sorted(kinds.items()))
        raise DataError(f"pictures differ in channels: {listed}; give --channels 1 or 3")


def _check_request(name, val, data, replace):
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) or name in RESERVED:
        raise DataError(
            f"{name!r} cannot be a data set's name: letters, digits, - and _, not one of "
            f"{', '.join(RESERVED)}"
        )
    if not 0 < val < 1:
        raise DataError(f"--val {val}: expected a share between 0 and 1")
    if (data / f"own/{name}.json").exists() and not replace:
        raise DataError(f"{data / 'own' / name}.json: {name} is there already; give --replace")


def new(name, pictures, masks, class_file, data, val=0.2, seed=1337, channels=None, void=255,
        replace=False, say=print, workers=None):  # fmt: skip
    """Make the data set `name`; returns the content of its JSON file.

    pictures: folder; masks: folder of PNG masks or labelme files, or a COCO file; val: share held
    out, drawn with `seed`; channels: 1 or 3 to convert all pictures (default: as they are, alpha
    dropped); void: the number of void in masks of numbers. DataError names every unusable file;
    nothing is left behind then.
    """
    _check_request(name, val, data, replace)
    classes = read_classes(class_file)
    found, drawn = _by_stem(pictures, PICTURES, "pictures"), _masks(masks, classes)
    stems = _matched(found, drawn, masks)
    if len(stems) < 2:
        raise DataError(f"{pictures}: {len(stems)} picture: expected at least 2, to hold one out")
    room = data / "own" / f".{name}.making~"
    shutil.rmtree(room, ignore_errors=True)  # left by a killed run
    try:
        examples = [
            _Example(stem, found[stem], drawn[stem], room, classes, channels, void)
            for stem in stems
        ]
        results = list(parallel.run(_bring, examples, f"new {name}", workers))
        _complain(results)
        made = _describe(name, results, classes, val, seed, room)
        _place(room, data / "own" / name)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    files.write_json(data / f"own/{name}.json", made)
    say(f"{name}: {made['train']} pictures to train on, {made['images']} held out, "
        f"{made['channels']} channels, {len(classes.names)} classes")  # fmt: skip
    say(f"train it: make {name}-fcn8s")
    return made


def _describe(name, results, classes, val, seed, room):
    """Draw the split, write the lists, and return what the JSON file says."""
    order = np.random.RandomState(seed).permutation(len(results))
    held = max(1, min(len(results) - 1, round(val * len(results))))
    split = {"val": sorted(order[:held]), "train": sorted(order[held:])}
    for part, places in split.items():
        files.write_list(room / f"{part}.txt", [results[k][0] for k in places])
    files.write_list(room / "classes.txt", classes.names)
    total = sum(results[k][2] for k in split["train"])
    mean = total / sum(results[k][3] for k in split["train"])
    mean = mean[::-1] if len(mean) == 3 else mean  # the layers see BGR
    return dict(name=name, root=f"own/{name}", classes=list(classes.names), void=labels.VOID,
                channels=len(mean), mean=[round(float(v), 3) for v in mean], seed=seed,
                train=len(split["train"]), images=held)  # fmt: skip


def _place(room, target):
    """Put a finished folder in its place, an older one out of it."""
    old = target.with_name(f".{target.name}.old~")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    room.rename(target)
    shutil.rmtree(old, ignore_errors=True)


@dataclass
class Own(DataSet):
    """A data set made by `new`, for check and stats."""

    names: tuple = ()
    channels: int = 3

    def classes(self, data):
        return list(self.names)

    def fetch(self, data, say=print):
        say(f"{self.name}: your own data; nothing to fetch")

    def splits(self, data):
        root = self.root(data)
        splits = []
        for name, apart in (("train", ("val",)), ("val", ())):
            lines = [line.split() for line in files.read_list(root / f"{name}.txt")]
            if any(len(parts) != 2 for parts in lines):
                raise DataError(f"{root / name}.txt: expected lines `image label`")
            pairs = [Pair(Path(i).stem, root / i, root / m) for i, m in lines]
            splits.append(Split(name, pairs, apart=apart))
        return splits


def sets(data):
    """{name: Own} of every own/NAME.json."""
    found = {}
    for path in sorted((data / "own").glob("*.json")):
        made = files.read_json(path)
        try:
            found[path.stem] = Own(
                name=path.stem,
                title=f"your own: {len(made['classes'])} classes, {made['channels']} channels",
                folder=made["root"],
                needs=("train.txt", "val.txt"),
                reader=labels.Png(),
                names=tuple(made["classes"]),
                channels=made["channels"],
            )
        except (KeyError, TypeError) as error:
            raise DataError(f"{path}: lacks {error}; `python -m data new` writes it") from error
    return found
