"""The CRF's settings that suit a net best, from some pictures of its validation split."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import caffe
import experiments
from data.boundary import boundary_counts, boundary_iu
from data.errors import DataError
from data.metrics import confusion, mean_iu
from data.text import percent
from experiments import Dataset
from training import run_dir
from training.crf import FILE, PRESETS, DenseCRF, Settings, write
from training.scoring import argmax_labels, load_net

# What is searched, as in DeepLab (PAMI 2018, section 4.1.1), which sets the others to 3 and 3.
SEARCHED = ("bi_w", "bi_xy_std", "bi_rgb_std")
COARSE, FINE = 2.0, 2**0.25  # factors between one value and the next, at first and at last


@dataclass
class Picture:
    """C x H x W scores of a net, its 3 x H x W input, and the H x W truth."""

    scores: np.ndarray
    image: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class Trial:
    """Settings and how they scored."""

    settings: Settings
    mean_iu: float
    boundary_iu: float

    def __str__(self) -> str:
        values = [f"{getattr(self.settings, name):.3g}" for name in SEARCHED]
        columns = [*values, percent(self.mean_iu), percent(self.boundary_iu)]
        return "  ".join(
            f"{text:>{len(name)}}" for text, name in zip(columns, HEADING, strict=True)
        )


HEADING = (*SEARCHED, "mean IU", "boundary IU")


def of_run(name: str, count: int, weights: str | Path | None = None) -> None:
    """Search on the first `count` validation pictures of a row; write the best in its run folder.

    `--crf` takes these settings from then on.
    """
    net, _ = load_net(name, "val", weights)
    data = experiments.data_of(experiments.find(name))
    best = search(take(net, data, count), PRESETS["deeplab"])
    path = run_dir.folder(name) / FILE
    write(path, best.settings)
    print(f"best: {best.settings}\nwrote {path}, which --crf takes from now on")


def take(net: caffe.Net, data: Dataset, count: int) -> list[Picture]:
    """Return the next pictures with scores and labels; DataError if the net has several heads."""
    if len(data.heads) != 1 or len(data.inputs) != 1:
        raise DataError("a CRF's settings are searched for a net of one picture and one score map")
    (head,), (given,) = data.heads, data.inputs
    found: list[Picture] = []
    while len(found) < count:
        net.forward()
        tops = (net.blobs[name].data for name in (head.score, given.top, head.label))
        for scores, image, truth in zip(*tops, strict=True):
            found.append(Picture(scores.copy(), image.copy(), truth[0].astype(np.uint8)))
    return found[:count]


def search(
    pictures: Sequence[Picture], start: Settings, log: Callable[[str], Any] = print
) -> Trial:
    """Return the best trial; the table of all is logged.

    From coarse to fine: each setting in turn is multiplied and divided by a factor, and moves on
    as long as the mean IU rises; when nothing moves any more, the factor's square root is taken.
    """
    log("  ".join(HEADING))
    alone = replace(start, max_iter=0)
    log(f"{score(pictures, alone)}  without iterations: the net alone")
    best = tried(pictures, start, log)
    seen, factor = {start}, COARSE
    while factor >= FINE:
        before = best
        for name in SEARCHED:
            for step in (factor, 1 / factor):
                for settings in along(best.settings, name, step):
                    if settings in seen:
                        break
                    seen.add(settings)
                    trial = tried(pictures, settings, log)
                    if trial.mean_iu <= best.mean_iu:
                        break
                    best = trial
        if best == before:
            factor **= 0.5
    return best


def along(settings: Settings, name: str, factor: float) -> Iterator[Settings]:
    """Yield the settings with one of them multiplied by factor, its square, its cube and so on."""
    while True:
        settings = replace(settings, **{name: round(getattr(settings, name) * factor, 4)})
        yield settings


def tried(pictures: Sequence[Picture], settings: Settings, log: Callable[[str], Any]) -> Trial:
    """Score and log settings."""
    trial = score(pictures, settings)
    log(str(trial))
    return trial


def score(pictures: Sequence[Picture], settings: Settings) -> Trial:
    """Return how the net, refined with these settings, scores."""
    crf = DenseCRF(settings)
    hist: Any = 0
    borders: Any = 0
    for each in pictures:
        scores = crf(each.scores, each.image)
        found, classes = argmax_labels(scores), len(scores)
        hist = hist + confusion(each.truth, found, classes)
        borders = borders + boundary_counts(each.truth, found, classes)
    return Trial(settings, mean_iu(hist), float(np.nanmean(boundary_iu(borders))))
