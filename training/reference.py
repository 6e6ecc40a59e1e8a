"""The reference's score.py (shelhamer/fcn.berkeleyvision.org), for scripts that call it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import caffe
from data.metrics import confusion as fast_hist
from data.metrics import metrics
from training.scoring import tally

__all__ = ["compute_hist", "do_seg_tests", "fast_hist", "seg_tests"]


def compute_hist(
    net: caffe.Net,
    save_dir: str | Path | None,
    dataset: Sequence[str],
    layer: str = "score",
    gt: str = "label",
    loss: str = "loss",
) -> tuple[np.ndarray, float]:
    """Return the confusion matrix and the mean loss of one head (see `tally`)."""
    ((counted, mean_loss),) = tally(net, dataset, [(layer, gt, loss, save_dir)])
    return counted.hist, mean_loss


def seg_tests(
    solver: Any, save_format: Any, dataset: Sequence[str], layer: str = "score", gt: str = "label"
) -> np.ndarray:
    """Score the solver's net over its first test net's data; return the confusion matrix."""
    print(">>>", datetime.now(), "Begin seg tests")
    solver.test_nets[0].share_with(solver.net)
    return do_seg_tests(solver.test_nets[0], solver.iter, save_format, dataset, layer, gt)


def do_seg_tests(
    net: caffe.Net,
    iter: int,
    save_format: Any,
    dataset: Sequence[str],
    layer: str = "score",
    gt: str = "label",
) -> np.ndarray:
    """Score `net` and print the reference's lines; `save_format` may hold {} for the iteration."""
    folder = save_format.format(iter) if save_format else None
    hist, loss = compute_hist(net, folder, dataset, layer, gt)
    result = metrics(hist)
    for name, value in (
        ("loss", loss),
        ("overall accuracy", result["pixel_accuracy"]),
        ("mean accuracy", result["mean_accuracy"]),
        ("mean IU", result["mean_iu"]),
        ("fwavacc", result["fw_iu"]),
    ):
        print(">>>", datetime.now(), "Iteration", iter, name, value)
    return hist
