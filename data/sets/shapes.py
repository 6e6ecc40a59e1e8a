"""`shapes`: the generated data set, in VOC's layout, for `make demo` and for trying things offline.

    JPEGImages/ID.jpg  SegmentationClass/ID.png  ImageSets/Segmentation/{train,val}.txt
    Classification/JPEGImages/ID.jpg  Classification/{train,val}.txt   classes.txt

Pictures hold one to three of six objects (starfish, leaf, ladder, wheel, fish, butterfly) before
textured grounds; labels are palette PNGs, 0 background, 255 the rim of each object. The
classification part shows one object each; its lists have lines `JPEGImages/ID.jpg class`, where
class is the label number minus 1 (0 to 5), as there is no background class.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import files, images, palette, parallel
from ..dataset import DataSet, Pair, apart
from ..errors import DataError
from ..labels import Png
from .shapes_draw import CLASSES, scene, single

VERSION = 1  # raise it when the same seed no longer gives the same pictures
_SPLITS = {"train": 0, "val": 1, "class-train": 2, "class-val": 3}


def _draw(job):
    """Draw and write one picture: a scene with its label map, or a single object."""
    folder, seed, split, index, size = job
    # RandomState's streams are frozen across NumPy releases (NEP 19); Generator's are not. Each
    # picture has one of its own, whatever else is drawn and by how many cores.
    rs = np.random.RandomState([seed, _SPLITS[split], index])
    name = f"{split.removeprefix('class-')}_{index:05d}"
    if split.startswith("class-"):
        picture = single(rs, size, 1 + index % (len(CLASSES) - 1))
        path = folder / "Classification" / "JPEGImages" / f"{name}.jpg"
        images.write_image(path, picture, "JPEG", quality=92)
        return
    height, width = (int(side) for side in rs.randint(size[0], size[1] + 1, 2))
    objects = 1 + rs.permutation(len(CLASSES) - 1)[: rs.randint(1, 4)]
    picture, label = scene(rs, height, width, objects)
    images.write_image(folder / "JPEGImages" / f"{name}.jpg", picture, "JPEG", quality=92)
    palette.write_label(folder / "SegmentationClass" / f"{name}.png", label)


def _lists(train, val, singles):
    """Return list file (relative path) -> lines."""
    lists: dict[str, Sequence[str]] = {}
    for split, count in (("train", train), ("val", val)):
        lists[f"ImageSets/Segmentation/{split}.txt"] = [f"{split}_{i:05d}" for i in range(count)]
    for split, count in zip(("train", "val"), singles, strict=True):
        lines = [f"JPEGImages/{split}_{i:05d}.jpg {i % (len(CLASSES) - 1)}" for i in range(count)]
        lists[f"Classification/{split}.txt"] = lines
    lists["classes.txt"] = CLASSES
    return lists


def generate(
    folder: str | Path,
    train: int = 360,
    val: int = 80,
    size: tuple[int, int] = (128, 176),
    seed: int = 1337,
    singles: tuple[int, int] = (720, 120),
    single_size: int = 96,
    workers: int | None = None,
) -> Path:
    """Draw the data set; the same arguments give the same bytes.

    A finished folder of the same arguments is left as it is.

    Parameters
    ----------
    train, val
        Numbers of pictures.
    size
        Least and most pixels of a side, drawn for height and width: 64 to 1024.
    singles
        Numbers of single-object pictures (train, val).
    single_size
        Their side in pixels: 32 to 1024.

    Raises
    ------
    DataError
        Sizes outside these limits.
    """
    folder = Path(folder)
    recipe = dict(version=VERSION, train=train, val=val, size=list(size), seed=seed)
    recipe.update(singles=list(singles), single_size=single_size)
    stamp = folder / "shapes.json"
    if stamp.is_file() and files.read_json(stamp) == recipe:
        return folder
    if not 64 <= size[0] <= size[1] <= 1024 or not 32 <= single_size <= 1024:
        raise DataError(
            f"shapes: sizes {size} and {single_size}: "
            "expected sides of 64 to 1024 pixels (32 to 1024 for singles)"
        )
    stamp.unlink(missing_ok=True)
    counts = dict(zip(_SPLITS, (train, val, *singles), strict=True))
    jobs = [
        (folder, seed, split, index, single_size if split.startswith("class-") else tuple(size))
        for split, count in counts.items()
        for index in range(count)
    ]
    for _ in parallel.run(_draw, jobs, "shapes", workers, "pictures"):
        pass
    for name, lines in _lists(train, val, singles).items():
        files.write_list(folder / name, lines)
    files.write_json(stamp, recipe)  # last: its presence says that all the rest is there
    return folder


class Shapes(DataSet):
    """The generated pictures."""

    def fetch(self, data, log=print):
        """Nothing to download: draw the pictures."""
        generate(data / self.folder)
        log(f"{self.name}: {data / self.folder} is there")

    def pairs(self, data, split):
        root = self.root(data)
        ids = files.read_list(root / f"ImageSets/Segmentation/{split}.txt")
        pictures, labels = root / "JPEGImages", root / "SegmentationClass"
        return [Pair(i, pictures / f"{i}.jpg", labels / f"{i}.png") for i in ids]


SHAPES = Shapes(
    name="shapes",
    title="generated: six objects before textured grounds, 128 to 176 pixels a side",
    folder="shapes",
    classes_file="shapes/classes.txt",
    relations=apart("train", "val"),
    needs=("shapes.json", "JPEGImages", "SegmentationClass"),
    reader=Png(palette=True),
    licence="made here",
)
