"""Checks before the first step and while training: the usual ways in which FCN training fails.

Each check yields (level, message): an `error` means that training cannot work; the others are
`warning` and `note`.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from math import log
from typing import Any

import numpy as np

import caffe
from data.errors import DataError
from experiments import Dataset, Experiment, Head
from nets import surgery
from training.scoring import argmax_labels

FIRST = 8  # pictures of each split whose labels are checked
Findings = Iterator[tuple[str, str]]


def before_training(
    solver: Any, row: Experiment, data: Dataset, untouched: Collection[str]
) -> Findings:
    """Yield all findings about a solver before its first step; no weights filled `untouched`."""
    net = solver.net
    yield from check_weights(net, untouched)
    yield from check_labels(net, "training")
    for test in solver.test_nets:
        yield from check_labels(test, "validation")
    yield from check_rate(row, net, data)
    yield from check_memory(net)


def check_weights(net: caffe.Net, untouched: Collection[str]) -> Findings:
    """Find frozen all-zero deconvolutions, and layers that got no weights."""
    zero = set(surgery.untrained(net))
    for name in surgery.interp_layers(net):
        if name in zero:
            yield "error", f"{name} is all zero and does not learn: run surgery.interp"
    dead = [name for name in untouched if name in zero and not name.startswith("score")]
    if dead:
        yield (
            "error",
            f"{', '.join(dead)}: all zero and cannot learn; the initial weights do not have them",
        )
    fresh = [name for name in untouched if name not in dead]
    if fresh and len(untouched) < len(net.params):
        yield "note", f"starting from their fillers: {', '.join(fresh)}"


def check_labels(net: caffe.Net, what: str) -> Findings:
    """Load the first pictures of a split and check labels against the class count."""
    layer = net.layers[0]
    for item in getattr(layer, "items", ())[:FIRST]:
        try:
            layer.sample(item, 0)
        except DataError as e:
            yield "error", f"{what} data: {e}"


def check_rate(row: Experiment, net: caffe.Net, data: Dataset) -> Findings:
    """Find a learning rate that does not fit the loss's normalisation."""
    pixels = net.blobs[data.heads[0].label].data.size
    if not row.normalize and row.base_lr * pixels > 1:
        yield (
            "warning",
            f"base_lr {row.base_lr:g} with a loss summed over {pixels:,} pixels: expected about "
            "1e-10; set `normalize` for a mean",
        )
    if row.normalize and row.base_lr < 1e-7:
        yield (
            "warning",
            f"base_lr {row.base_lr:g} with a mean loss is too low to learn; such rates "
            "are for a loss summed over the pixels",
        )


def check_memory(net: caffe.Net) -> Findings:
    """Compare parameters (with diff and history) and blobs (with diff) to the free memory."""
    parameters = sum(b.count for blobs in net.params.values() for b in blobs)
    blobs = sum(b.count for b in net.blobs.values())
    need = 4 * (3 * parameters + 2 * blobs)
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    text = f"about {need / 2**30:.1f} GiB for {parameters:,} parameters and the first picture"
    if need > free:
        yield "warning", f"{text}; only {free / 2**30:.1f} GiB are free"
    else:
        yield "note", text


class LossMonitor:
    """Warns once if the loss stays at chance or predictions collapse to one class."""

    def __init__(self, heads: Sequence[Head], patience: int = 10):
        self.heads = heads
        self.patience = patience
        self.at_chance = 0
        self.collapsed = 0

    def check(self, net: caffe.Net, pixel_loss: float) -> Iterator[str]:
        """Yield warnings; called at each display with the loss per pixel."""
        chance = sum(log(head.classes) for head in self.heads)
        self.at_chance = self.at_chance + 1 if abs(pixel_loss - chance) < 0.01 * chance else 0
        if self.at_chance == self.patience:
            classes = " + ln ".join(str(head.classes) for head in self.heads)
            yield (
                f"the loss per pixel stays at {pixel_loss:.4f} = ln {classes}, that of guessing: "
                "were the weights loaded, is base_lr high enough?"
            )
        head = self.heads[0]
        if head.score not in net.blobs:  # training scores smaller maps, or none
            return
        truth = net.blobs[head.label].data[0]
        found = argmax_labels(net.blobs[head.score].data[0])
        several = len(np.unique(truth[truth < head.classes])) > 1
        if several:
            self.collapsed = self.collapsed + 1 if found.min() == found.max() else 0
        if self.collapsed == self.patience:
            yield (
                f"only class {int(found.flat[0])} is predicted in the last {self.patience} "
                "displays: a loss that favours it, or base_lr too high?"
            )
