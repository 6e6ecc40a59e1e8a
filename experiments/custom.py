"""A user's own data sets as experiments.

Each `own/NAME.json` in the data folder (its keys: data/custom.py) adds the rows
NAME-fcn32s, NAME-fcn16s and NAME-fcn8s.
"""

import re
from dataclasses import replace

from data import custom
from data.settings import data_dir
from experiments.means import ILSVRC_MEAN
from experiments.rows.fcn import staged
from experiments.schema import Dataset, Experiment, Head, Input
from experiments.weights import WEIGHTS

RATES = (1e-10, 1e-12, 1e-14)


def row_names() -> list[str]:
    """Return the names of the rows of all own data sets, whose files are not read."""
    return [f"{name}-fcn{s}s" for name in custom.names(data_dir()) for s in (32, 16, 8)]


def row(name: str) -> Experiment:
    """Return the row `name` of `row_names`; DataError where its JSON file is broken."""
    match = re.fullmatch(r"(.*)-fcn(?:32|16|8)s", name)
    if match is None:
        raise ValueError(f"{name!r}: expected NAME-fcn32s, NAME-fcn16s or NAME-fcn8s")
    made = custom.read(match[1], data_dir())
    rows = staged(made.name, made.name, RATES, max_iter=20000, score_every=1000)
    found = next(r for r in rows if r.name == name)
    if made.channels == 3:
        return found
    # VGG16's first convolution does not fit: a new name, filled by surgery.inflate.
    first = f"conv1_1_{made.channels}ch"
    return replace(
        found,
        options={**found.options, "first": first},
        inflate=("conv1_1", first) if set(found.sources) <= set(WEIGHTS) else (),
    )


def dataset(name: str) -> Dataset:
    """Return how the own data set `name` is read and scored."""
    made = custom.read(name, data_dir())
    mean = made.mean or (ILSVRC_MEAN if made.channels == 3 else (0.0,) * made.channels)
    return Dataset(
        module="folder_layers",
        layer="FolderSegDataLayer",
        heads=(Head(len(made.classes), made.classes),),
        common=dict(root=made.root, mean=mean, channels=made.channels, void=made.void),
        inputs=(Input("data", made.channels, mean),),
        test_iter=made.val_count(data_dir()),
    )
