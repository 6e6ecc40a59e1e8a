"""Checks before the first step and while training: the usual ways in which FCN training fails.

Each check yields (level, message), level being `error` (training would be in vain) or `warning`.
"""

import os
from math import log

import numpy as np

import surgery
from data.files import DataError
from score import predict

FIRST = 8  # pictures of each split whose labels are looked at


def before(solver, row, data, untouched):
    """All findings about a solver that is ready to take its first step."""
    net = solver.net
    yield from weights(net, untouched)
    yield from labels(net, "training")
    for test in solver.test_nets:
        yield from labels(test, "validation")
    yield from rate(row, net, data)
    yield from memory(net)


def weights(net, untouched):
    """Frozen all-zero deconvolutions, and layers that got no weights."""
    zero = set(surgery.untrained(net))
    for name in surgery.interp_layers(net):
        if name in zero:
            yield "error", f"{name} is all zero and does not learn: run surgery.interp"
    dead = [name for name in untouched if name in zero and not name.startswith("score")]
    if dead:
        yield (
            "error",
            f"{', '.join(dead)}: all zero, the weights had nothing for them and they cannot learn",
        )
    fresh = [name for name in untouched if name not in dead]
    if fresh and len(untouched) < len(net.params):
        yield "note", f"starting from their fillers: {', '.join(fresh)}"


def labels(net, what):
    """The first pictures of a split, loaded and held to the class count."""
    layer = net.layers[0]
    for item in getattr(layer, "items", ())[:FIRST]:
        try:
            layer.sample(item, 0)
        except DataError as e:
            yield "error", f"{what} data: {e}"


def rate(row, net, data):
    """A learning rate that does not go with the loss's normalisation."""
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
            f"base_lr {row.base_lr:g} with a mean loss: hardly anything will be learnt; such rates "
            "go with a loss summed over the pixels",
        )


def memory(net):
    """An estimate: parameters with diff and history, blobs with diff, against what is free."""
    parameters = sum(b.count for blobs in net.params.values() for b in blobs)
    blobs = sum(b.count for b in net.blobs.values())
    need = 4 * (3 * parameters + 2 * blobs)
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    text = f"about {need / 2**30:.1f} GiB for {parameters:,} parameters and the first picture"
    if need > free:
        yield "warning", f"{text}; only {free / 2**30:.1f} GiB are free"
    else:
        yield "note", text


class Watch:
    """Looks at a training run's displays and warns, once each, when it goes nowhere."""

    def __init__(self, heads, patience=10):
        self.heads = heads
        self.patience = patience
        self.at_chance = 0
        self.collapsed = 0

    def look(self, net, pixel_loss):
        """Called at each display with the mean loss per pixel over it; yields warnings."""
        chance = sum(log(head.classes) for head in self.heads)
        self.at_chance = self.at_chance + 1 if abs(pixel_loss - chance) < 0.01 * chance else 0
        if self.at_chance == self.patience:
            classes = " + ln ".join(str(head.classes) for head in self.heads)
            yield (
                f"the loss per pixel stays at {pixel_loss:.4f} = ln {classes}, that of guessing: "
                "were the weights loaded, is base_lr high enough?"
            )
        head = self.heads[0]
        truth = net.blobs[head.label].data[0]
        found = predict(net.blobs[head.score].data[0])
        several = len(np.unique(truth[truth < head.classes])) > 1
        if several:
            self.collapsed = self.collapsed + 1 if found.min() == found.max() else 0
        if self.collapsed == self.patience:
            yield (
                f"only class {int(found.flat[0])} is predicted in the last {self.patience} "
                "displays: a loss that favours it, or base_lr too high?"
            )
