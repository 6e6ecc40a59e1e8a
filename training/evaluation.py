"""Scoring a row over its validation split: by its validation net, or by windows and scales."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import experiments
from data.errors import DataError
from data.labels import Png
from data.metrics import confusion, metrics
from data.palette import write_label
from data.progress import bar
from nets import generate
from nets.load import net_of_text, optimize
from training.crf import Settings
from training.inference import Procedure
from training.scoring import Tally, load_net, score_net
from training.segment import Labeller


def score_experiment(
    name: str,
    weights: str | Path | None = None,
    save: str | Path | None = None,
    count: int | None = None,
    procedure: Procedure | None = None,
    crf: Settings | None = None,
) -> dict[str, Any]:
    """Score a row; return experiment, weights, and {score blob: metrics} as heads.

    Its validation net scores whole pictures; where the row's net takes windows, or `procedure` or
    a CRF is given, its deploy net does, and there is no loss. `save`, `count`: see `score_net`.
    """
    row = experiments.find(name)
    data = experiments.data_of(row)
    if procedure is None and row.window is None and crf is None:
        net, path = load_net(name, "val", weights)
        optimize(net, [blob for h in data.heads for blob in (h.score, h.label, h.loss)])
        print(f"scoring {name} with {path}", flush=True)
        return dict(experiment=name, weights=str(path), heads=score_net(net, data, count, save))
    labeller = Labeller(name, weights, procedure, crf)
    print(f"scoring {name} with {labeller.weights}, {labeller.procedure}", flush=True)
    tallies = score_windows(labeller, count, save)
    result = dict(
        experiment=name,
        weights=str(labeller.weights),
        procedure=str(labeller.procedure),
        heads={head.score: tallies[head.score].metrics(head) for head in data.heads},
    )
    return result | (dict(crf=asdict(crf)) if crf else {})


def score_windows(
    labeller: Labeller, count: int | None = None, save: str | Path | None = None
) -> dict[str, Tally]:
    """Return the counts of each head over the validation split, or `count` pictures."""
    data = labeller.data
    reader = net_of_text(generate.reader(labeller.row, data)).layers[0]
    names = reader.names(count)
    tallies = {head.score: Tally(head.score, head.classes) for head in data.heads}
    with bar("scoring", unit="windows", leave=False) as progress:
        for i, name in enumerate(names):
            arrays = reader.sample(reader.items[i % len(reader.items)], 0)
            inputs = {each.top: values for each, values in zip(data.inputs, arrays, strict=False)}
            # How many there will be, as if all that follow were of this size.
            passes = labeller.procedure.passes(arrays[0].shape[1:])
            progress.total = progress.n + passes * (len(names) - i)
            found = labeller.labels(inputs, progress.update)
            for head, truth in zip(data.heads, arrays[len(data.inputs) :], strict=True):
                label = found[head.score]
                tallies[head.score].add(name, truth[0], label)
                if save:
                    folder = Path(save) / head.score if len(data.heads) > 1 else Path(save)
                    write_label(folder / f"{name}.png", label, data.palette)
    return tallies


def score_folders(
    truth: str | Path, pred: str | Path, classes: int, names: list[str] | None = None
) -> dict[str, Any]:
    """Return the metrics over all label PNGs of `pred`, and of the same names in `truth`."""
    files = sorted(Path(pred).glob("*.png"))
    if not files:
        raise DataError(f"{pred}: no PNG files to score")
    if names and len(names) != classes:
        raise DataError(f"{len(names)} names of classes, expected {classes}")
    hist = np.zeros((classes, classes), np.int64)
    for path in files:
        (found, _), (label, _) = Png().read(path), Png().read(Path(truth) / path.name)
        if found.shape != label.shape:
            raise DataError(f"{path}: {found.shape} pixels, its truth has {label.shape}")
        if found.max() >= classes:
            raise DataError(f"{path}: prediction {found.max()}, expected 0 to {classes - 1}")
        hist += confusion(label, found, classes)
    return metrics(hist, names)
