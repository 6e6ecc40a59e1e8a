"""Scoring a net over its validation split: argmax, confusion matrix, metrics of every head."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import caffe
import experiments
from data.boundary import boundary_counts, boundary_iu
from data.errors import DataError
from data.files import read_list
from data.metrics import confusion, metrics
from data.palette import write_label
from data.progress import bar
from data.settings import IGNORE_LABEL, data_dir
from experiments import Dataset, Head
from nets.load import net_of_text
from nets.surgery import untrained
from training import run_dir

Total = Callable[[np.ndarray], np.ndarray]
NOT_A_NUMBER = IGNORE_LABEL  # what `argmax_labels` gives a pixel with no largest score


def argmax_labels(scores: np.ndarray) -> np.ndarray:
    """Return the argmax over the first axis of C x ... scores, uint8; the first of equals wins.

    About twice as fast as NumPy's. A pixel with a NaN among its scores is `NOT_A_NUMBER`.
    """
    top = scores.max(axis=0)
    best = np.full(top.shape, NOT_A_NUMBER, np.uint8)
    for c in range(len(scores) - 1, -1, -1):  # downwards: the first of equal scores wins
        np.copyto(best, c, where=scores[c] == top)
    return best


class Tally:
    """What is counted of one head over pictures: the confusion matrix, and pixels near borders."""

    def __init__(self, blob: str, classes: int):
        self.blob = blob
        self.hist = np.zeros((classes, classes), np.int64)
        self.borders = np.zeros((3, classes), np.int64)

    def add(self, name: str, truth: np.ndarray, found: np.ndarray) -> None:
        """Count a label map; DataError where `found` holds pixels without a largest score."""
        classes = len(self.hist)
        if found.max() >= classes:
            raise DataError(f"{name}: NaN among the scores of {self.blob!r}")
        self.hist += confusion(truth, found, classes)
        if found.ndim == 2:
            self.borders += boundary_counts(truth.reshape(found.shape), found, classes)

    def metrics(self, head: Head) -> dict:
        """Return the metrics, boundary_iu among them (None where there are no borders)."""
        iu = boundary_iu(self.borders)
        counted = ~np.isnan(iu) & ~np.isin(np.arange(len(iu)), list(head.excluded))
        mean = float(iu[counted].mean()) if counted.any() else None
        return metrics(self.hist, class_names(head), head.excluded) | dict(boundary_iu=mean)


def tally(
    net: caffe.Net,
    dataset: Sequence[str],
    heads: Sequence[tuple[str, str, str, Any]],
    palette: str = "voc",
    total: Total = np.asarray,
) -> list[tuple[Tally, float]]:
    """Run `net` over a data set.

    Parameters
    ----------
    dataset
        Names of the pictures, in the order in which the net's data layer gives them.
    heads
        (score blob, label blob, loss blob, folder) of each head; with a folder each prediction is
        saved there as NAME.png, a palette PNG.
    palette
        Its colours (`data.palette`).
    total
        Sums an array over all processes that score a share.

    Returns
    -------
    list of (Tally, float)
        The counts and the mean loss of each head.
    """
    tallies = [Tally(layer, net.blobs[layer].data.shape[1]) for layer, *_ in heads]
    losses = np.zeros(len(heads))
    done = 0
    # disable=None: in a log, between score lines, a bar would only be in the way.
    with bar("scoring", len(dataset), "pictures", leave=False, disable=None) as progress:
        while done < len(dataset):
            net.forward()
            # The last batch may run on into the next round of the pictures.
            batch = dataset[done : done + len(net.blobs[heads[0][0]].data)]
            for i, (layer, gt, loss, folder) in enumerate(heads):
                scores, labels = net.blobs[layer].data, net.blobs[gt].data
                for name, score, truth in zip(batch, scores, labels, strict=False):
                    found = argmax_labels(score)
                    tallies[i].add(name, truth, found)
                    if folder:
                        path = Path(folder) / f"{Path(name).name}.png"
                        write_label(path, found, palette)
                losses[i] += net.blobs[loss].data.flat[0] * len(batch)
            done += len(batch)
            progress.update(len(batch))
    for each in tallies:
        each.hist = total(each.hist).astype(np.int64)
        each.borders = total(each.borders).astype(np.int64)
    losses = total(losses) / max(int(total(np.array([done]))[0]), 1)
    return [(each, float(loss)) for each, loss in zip(tallies, losses, strict=True)]


def class_names(head: Head) -> list[str]:
    """Return a head's class names: its own list, or a file under data/ or the data folder."""
    if not isinstance(head.names, str):
        return list(head.names)
    for folder in (run_dir.ROOT / "data", data_dir()):
        if head.names and (folder / head.names).is_file():
            names = read_list(folder / head.names)
            if len(names) != head.classes:
                raise DataError(f"{folder / head.names}: {len(names)} names, not {head.classes}")
            return names
    return [str(i) for i in range(head.classes)]


def score_net(
    net: caffe.Net,
    data: Dataset,
    count: int | None = None,
    save: str | Path | None = None,
    total: Total = np.asarray,
) -> dict[str, dict]:
    """Score every head of a net over its split.

    Parameters
    ----------
    count
        Pictures (default: the whole split).
    save
        A folder for the predictions, as palette PNGs.
    total
        As in `tally`.

    Returns
    -------
    dict
        {score blob: metrics}.
    """
    names = net.layers[0].names(count)
    several = len(data.heads) > 1
    heads = [
        (h.score, h.label, h.loss, Path(save) / h.score if save and several else save)
        for h in data.heads
    ]
    counts = tally(net, names, heads, data.palette, total)
    return {
        head.score: counted.metrics(head) | dict(loss=loss)
        for head, (counted, loss) in zip(data.heads, counts, strict=True)
    }


def load_net(
    name: str, which: str, weights: str | Path | None = None, window: tuple[int, int] | None = None
) -> tuple[caffe.Net, Path]:
    """Return a row's net with weights (default: the run's best, else last), and their path.

    Parameters
    ----------
    which
        "val" or "deploy".
    window
        Height and width of the pictures it will take, for a net that is drawn for one size.

    Raises
    ------
    DataError
        There are no such weights, or they leave a layer all zero.
    """
    row = experiments.find(name)
    path = Path(weights) if weights else run_dir.best_weights(name)
    if window and row.window not in (None, window):
        row = row.for_window(window)
        text = run_dir.drawn(row, experiments.data_of(row), which)
    else:
        text = run_dir.net_text(row, experiments.data_of(row), which)
    net = net_of_text(text, path)
    if empty := untrained(net):
        raise DataError(f"{path} holds no parameters for {', '.join(empty)} of {name}")
    return net, path
