"""The experiments: the table, a user's own, and how a name finds its row."""

import re
from dataclasses import replace

from data.text import did_you_mean
from experiments import custom
from experiments.datasets import DATASETS
from experiments.rows.fcn import staged
from experiments.schema import (
    IGNORE_LABEL,
    SEED,
    Dataset,
    Experiment,
    ExperimentError,
    Head,
    Init,
    Input,
)
from experiments.table import EXPERIMENTS
from experiments.weights import FETCHED, PUBLISHED, WEIGHTS

__all__ = [
    "DATASETS", "EXPERIMENTS", "FETCHED", "IGNORE_LABEL", "PUBLISHED", "SEED", "WEIGHTS", "Dataset",
    "Experiment", "ExperimentError", "Head", "Init", "Input", "data_of", "find", "names",
    "parents", "staged", "with_seed",
]  # fmt: skip


def names() -> list[str]:
    """Return the names of all rows, the user's own last."""
    return [*EXPERIMENTS, *(name for name in custom.row_names() if name not in EXPERIMENTS)]


def find(name: str) -> Experiment:
    """Return the row `name`; NAME-seed2 is NAME with seed 2, trained from rows of that seed.

    Raises
    ------
    ExperimentError
        No such row; the message names the nearest.
    DataError
        The row is a user's own and its JSON file is broken.
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    if name in custom.row_names():
        return custom.row(name)
    if match := re.fullmatch(r"(.+)-seed(\d+)", name):
        return with_seed(find(match[1]), int(match[2]))
    raise ExperimentError(
        f"no experiment {name!r}{did_you_mean(name, names())} (`python -m experiments` lists them)"
    )


def with_seed(row: Experiment, seed: int) -> Experiment:
    """Return NAME-seedN: the row with another seed, as all rows whose weights it starts from."""
    trained = set(parents(row))
    init = tuple(
        replace(one, source=f"{one.source}-seed{seed}") if one.source in trained else one
        for one in row.init
    )
    return replace(row, name=f"{row.name}-seed{seed}", seed=seed, init=init)


def data_of(row: Experiment) -> Dataset:
    """Return the data set that `row` trains on, as its nets read it and name its heads."""
    found = DATASETS[row.data] if row.data in DATASETS else custom.dataset(row.data)
    return replace(
        found,
        heads=tuple(replace(head, blob=row.scores) for head in found.heads),
        train={**found.train, **row.train_data},
        val={**found.val, **row.val_data},
        deploy_size=row.window or found.deploy_size,
    )


def parents(row: Experiment) -> list[str]:
    """Return the names of the rows whose weights `row` starts from."""
    return [source for source in row.sources if source not in {**WEIGHTS, **FETCHED}]
