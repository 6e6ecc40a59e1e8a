"""What the tests of training share: the rows tiny-fcn32s, 16s and 8s, and a look at their runs."""

import sys

import numpy as np
import pytest

import experiments
import solve
from nets.load import net_of_text
from training import run_dir
from training.run import Run

TINY = dict(widths=(4, 4, 4, 4, 4), depths=(1, 1, 1, 1, 1), dense=8)
SETTINGS = dict(net="vgg_small.small_fcn", momentum=0.9, normalize=True, max_iter=8, score_every=4)


def command(monkeypatch, *arguments):
    """Run solve.py's main; returns its exit status or message."""
    monkeypatch.setattr(sys, "argv", ["solve.py", *arguments])
    with pytest.raises(SystemExit) as stop:
        solve.main()
    return stop.value.code


def weights(name, kind="last"):
    row = experiments.find(name)
    text = run_dir.net_text(row, experiments.data_of(row), "deploy")
    net = net_of_text(text, run_dir.folder(name) / f"{kind}.caffemodel")
    return {k: [b.data.copy() for b in blobs] for k, blobs in net.params.items()}


def equal(a, b):
    return all(np.array_equal(x, y) for k in a for x, y in zip(a[k], b[k], strict=True))


def lines(name, kind):
    return [e for e in run_dir.Log(name).read() if e["kind"] == kind]


def trained(name, *steps):
    """Train in several goes; returns the last weights."""
    for i, upto in enumerate(steps):
        run = Run(experiments.find(name), steps=upto, display=1)
        assert run.resume() if i else run.begin() is None
        run.train()
    return weights(name)
