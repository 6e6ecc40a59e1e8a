"""A trained net on pictures of any size."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import caffe
import experiments
from data.errors import DataError
from data.images import to_net, write_image
from data.legend import overlay
from data.palette import palette, write_label
from data.progress import bar
from experiments import Dataset
from nets.load import forward, optimize
from training.crf import DenseCRF, Settings
from training.inference import Maps, Procedure
from training.scoring import argmax_labels, class_names, load_net

TINY = np.finfo(np.float32).tiny


class Labeller:
    """A row's deploy net with its weights, by default the run's best, and how it is used.

    Parameters
    ----------
    procedure
        Scales, windows and so on (default: the row's own).
    crf
        Settings of a CRF that refines the scores by the first picture.
    """

    def __init__(
        self,
        name: str,
        weights: str | Path | None = None,
        procedure: Procedure | None = None,
        crf: Settings | None = None,
    ):
        self.row = row = experiments.find(name)
        self.data: Dataset = experiments.data_of(row)
        self.procedure = procedure or Procedure(window=row.window, base=row.base)
        self.net, self.weights = load_net(name, "deploy", weights, self.procedure.window)
        self.crf = DenseCRF(crf) if crf else None
        self.softmax = {h.score: not is_softmax(self.net, h.score) for h in self.data.heads}
        optimize(self.net, list(self.softmax))

    def scores(self, inputs: Maps) -> Maps:
        """Return the net's scores for {input blob: C x H x W}; overwritten by the next call."""
        forward(self.net, inputs)
        return {blob: self.net.blobs[blob].data[0] for blob in self.softmax}

    def probabilities(
        self, inputs: Maps, progress: Callable[[int], object] = lambda passes: None
    ) -> Maps:
        """Return {score blob: C x H x W} by the procedure, `progress` called after each pass."""
        return self.procedure.probabilities(self.scores, inputs, self.softmax, progress)

    def labels(self, inputs: Maps, progress: Callable[[int], object] = lambda passes: None) -> Maps:
        """Return {score blob: H x W uint8 class numbers} of {input blob: C x H x W}."""
        plain = self.procedure.plain
        if plain:
            found = self.scores(inputs)
            progress(1)
        else:
            found = self.probabilities(inputs, progress)
        if self.crf:
            image = inputs[self.data.inputs[0].top]
            for blob, maps in found.items():
                scores = maps if plain and self.softmax[blob] else np.log(np.maximum(maps, TINY))
                found[blob] = self.crf(scores, image).copy()
        return {blob: argmax_labels(maps) for blob, maps in found.items()}


class Segmenter(Labeller):
    """For experiments with one picture as input (not NYUDv2's pairs of colour and depth)."""

    def __init__(self, name: str, *how: Any, **more: Any):
        inputs = experiments.data_of(experiments.find(name)).inputs
        if len(inputs) > 1:
            tops = ", ".join(each.top for each in inputs)
            raise DataError(f"{name} takes {tops} together; here each picture is taken alone")
        (self.input,) = inputs
        super().__init__(name, *how, **more)

    def segment(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """Return {score blob: H x W uint8 class numbers} of an H x W x C picture (RGB for 3)."""
        values = to_net(pixels, np.array(self.input.mean), self.input.bgr)
        passes = self.procedure.passes(values.shape[1:])
        with bar("segmenting", passes, "windows", leave=False) as progress:
            return self.labels({self.input.top: values}, progress.update)


def is_softmax(net: caffe.Net, blob: str) -> bool:
    """Return whether the layer that ends in `blob` makes probabilities."""
    makers = [layer for name, layer in net.layer_dict.items() if blob in net.top_names[name]]
    return bool(makers) and makers[-1].type == "Softmax"


def write(
    out: Path,
    path: Path,
    pixels: np.ndarray,
    labels: dict[str, np.ndarray],
    data: Dataset,
    only: str | None,
) -> list[Path]:
    """Save the labels (by score blob) of one picture; return the files written."""
    written = []
    for head in data.heads:
        stem = path.stem + (head.suffix if len(data.heads) > 1 else "")
        if only != "overlays":
            written.append(out / f"{stem}.png")
            write_label(written[-1], labels[head.score], data.palette)
        if only != "labels":
            written.append(out / f"{stem}_overlay.png")
            colours = palette(data.palette)
            picture = overlay(pixels, labels[head.score], class_names(head), colours)
            write_image(written[-1], picture)
    return written
