"""Edge maps: of pictures of any size, written as pictures, and scored (ODS, OIS, AP)."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import caffe
import experiments
from data import parallel
from data.edge_maps import suppress
from data.edge_metrics import THRESHOLDS, Counts, count, scores
from data.errors import DataError
from data.images import to_net, write_image
from data.progress import bar
from data.sets.bsds import annotations
from experiments import Dataset
from layers import augment
from nets import generate
from nets.load import forward, net_of_text
from training.scoring import load_net

NAMES = {"ods": "ODS", "ois": "OIS", "ap": "AP"}
QUICK = np.arange(1, 10) / 10  # thresholds of the scorings within training
FEW = 20  # pictures of these


class EdgeFinder:
    """A row's deploy net with its weights, by default the run's best, and how it is used.

    Parameters
    ----------
    reflect
        By how many pixels pictures are reflected outwards before the net, and its map is cropped
        after it. 0 is HED's own procedure: outside the picture is the mean colour, and weights that
        were not trained so see an edge there, a dark frame. From 16 pixels on there is none.
    """

    def __init__(self, name: str, weights: str | Path | None = None, reflect: int = 0):
        self.data: Dataset = experiments.data_of(experiments.find(name))
        (self.input,), (self.head,) = self.data.inputs, self.data.heads
        self.net, self.weights = load_net(name, "deploy", weights)
        self.reflect = reflect

    def find(self, pixels: np.ndarray) -> np.ndarray:
        """Return the H x W probabilities of an edge in an H x W x 3 picture, RGB."""
        return self.edges(to_net(pixels, np.array(self.input.mean), self.input.bgr))

    def edges(self, values: np.ndarray) -> np.ndarray:
        """Return the H x W probabilities of an edge in a picture as the net takes it, 3 x H x W."""
        margin, (height, width) = self.reflect, values.shape[1:]
        (values,) = augment.reflect([values], [False], margin)
        forward(self.net, {self.input.top: values})
        found = self.net.blobs[self.head.score].data[0, 0]
        return found[margin : margin + height, margin : margin + width].copy()


def write(folder: Path, stem: str, edges: np.ndarray) -> list[Path]:
    """Write an edge map: STEM.png dark on white, STEM_16.png bright with 16 bits; return both."""
    shown = np.round(255 * (1 - np.clip(edges, 0, 1))).astype(np.uint8)
    fine = np.round(65535 * np.clip(edges, 0, 1)).astype(np.uint16)
    paths = [folder / f"{stem}.png", folder / f"{stem}_16.png"]
    write_image(paths[0], shown)
    write_image(paths[1], fine)
    return paths


Job = tuple[np.ndarray, str, np.ndarray]  # edge map, 0 to 1; its annotators' file; thresholds


def counted(job: Job) -> Counts:
    """Count one picture; importable, for worker processes."""
    found, truth, thresholds = job
    masks = annotations(Path(truth))
    if masks[0].shape != found.shape:
        raise DataError(f"{truth}: {masks[0].shape} pixels, the edge map has {found.shape}")
    return count(suppress(found), masks, thresholds)


def _scores(
    layer: Any,
    find: Callable[[Any], np.ndarray],
    number: int | None,
    thresholds: np.ndarray,
    save: str | Path | None = None,
) -> dict[str, float]:
    """Return ods, threshold, ois, ap of what `find` returns for each item of a data layer.

    `save` is a folder for the edge maps, before they are made thin.
    """
    names = layer.names(number)
    jobs = []
    with bar("finding edges", len(names), "pictures", leave=False) as progress:
        for name, item in zip(names, itertools.cycle(layer.items), strict=False):
            edges = find(item)
            if not np.isfinite(edges).all():
                raise DataError(f"{name}: the edge map has NaN")
            if save:
                write(Path(save), name, edges)
            jobs.append((edges, item[1], thresholds))
            progress.update()
    counts = list(parallel.run(counted, jobs, "matching edges", unit="pictures"))
    return scores(counts, thresholds)


def score_quickly(net: caffe.Net, data: Dataset) -> dict[str, Any]:
    """Return {score blob: rough scores} for training, of a few pictures and thresholds."""
    (head,) = data.heads

    def following(item: Any) -> np.ndarray:
        net.forward()
        return net.blobs[head.score].data[0, 0].copy()

    return {head.score: _scores(net.layers[0], following, FEW, QUICK)}


def score_experiment(
    name: str,
    weights: str | Path | None = None,
    save: str | Path | None = None,
    number: int | None = None,
    reflect: int = 0,
) -> dict[str, Any]:
    """Score a row; return experiment, weights, reflect, and {score blob: scores} as heads."""
    finder = EdgeFinder(name, weights, reflect)
    reader = net_of_text(generate.reader(experiments.find(name), finder.data)).layers[0]
    print(f"scoring {name} with {finder.weights}", flush=True)

    def find(item: Any) -> np.ndarray:
        return finder.edges(reader.sample(item, 0)[0])

    # The benchmark's thresholds take about a minute per picture.
    heads = {finder.head.score: _scores(reader, find, number, THRESHOLDS, save)}
    return dict(experiment=name, weights=str(finder.weights), reflect=reflect, heads=heads)


def table(result: dict[str, float]) -> str:
    """Return scores as text."""
    values = "   ".join(f"{title} {result[key]:.3f}" for key, title in NAMES.items())
    return f"{values}   (best threshold {result['threshold']:.2f})"
