"""A user's own data sets as experiments.

`python -m data new NAME ...` leaves `own/NAME.json` in the data folder; each such file adds the
rows NAME-fcn32s, NAME-fcn16s and NAME-fcn8s. Keys of the file:

    root      folder with train.txt and val.txt, whose lines are `image mask` relative to it;
              relative to the data folder, or absolute
    classes   list of class names, in label order
    images    number of pictures in val.txt
    void      label that is not counted (default 255)
    channels  channels of the pictures (default 3)
    mean      value to subtract per channel, BGR where there are three (default: VOC's mean, or 0)
"""

import json
from dataclasses import replace

import data_table
import experiments
from data.settings import data_dir

RATES = (1e-10, 1e-12, 1e-14)


def read():
    """{NAME: the parsed own/NAME.json}; a broken file is named in a ValueError."""
    sets = {}
    for path in sorted((data_dir() / "own").glob("*.json")):
        try:
            made = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as e:
            raise ValueError(f"{path}: not JSON: {e}") from e
        lacking = [key for key in ("root", "classes", "images") if key not in made]
        if lacking:
            raise ValueError(f"{path}: lacks {', '.join(lacking)}; `python -m data new` writes it")
        sets[path.stem] = made
    return sets


def experiments_of(name, made):
    """The three rows of one own data set."""
    channels = made.get("channels", 3)
    rows = experiments.staged(name, name, RATES, max_iter=20000, score_every=1000)
    if channels == 3:
        return rows
    # VGG16's first convolution does not fit: a new name, filled by surgery.inflate.
    first = f"conv1_1_{channels}ch"
    return [
        replace(
            row,
            options={**row.options, "first": first},
            inflate=("conv1_1", first) if row.init in experiments.WEIGHTS else (),
        )
        for row in rows
    ]


def data_set(made):
    """How one own data set is read and scored."""
    channels = made.get("channels", 3)
    mean = made.get("mean") or (data_table.MEAN_BGR if channels == 3 else [0.0] * channels)
    return data_table.DataSet(
        module="folder_layers",
        layer="FolderSegDataLayer",
        heads=(data_table.Head(len(made["classes"]), tuple(made["classes"])),),
        common=dict(
            root=made["root"],
            mean=tuple(mean),
            channels=channels,
            void=made.get("void", data_table.VOID),
        ),
        train=dict(split="train"),
        val=dict(split="val"),
        inputs=(("data", channels),),
        images=made["images"],
    )


def rows():
    """{row name: Experiment} of every own data set."""
    found = [row for name, made in read().items() for row in experiments_of(name, made)]
    return {row.name: row for row in found}


def data_sets():
    """{NAME: DataSet} of every own data set."""
    return {name: data_set(made) for name, made in read().items()}
