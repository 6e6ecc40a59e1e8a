"""Putting a report together: gather, picture, plot, write."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import text_format

import experiments
from caffe import draw
from caffe.proto import caffe_pb2
from data.palette import palette
from report import figure, page, plots, run_data, samples, tensorboard
from training import run_dir

Log = Callable[[str], Any]


def one(name: str, count: int = 5, log: Log = print) -> Path:
    """Write the report of one experiment and its chain into its run folder; return the page."""
    experiments.find(name)
    return chain([name], run_dir.folder(name), count=count, log=log)


def chain(
    names: Sequence[str], folder: Path, title: str | None = None, count: int = 5, log: Log = print
) -> Path:
    """Write report.html and figure.png about experiments and their ancestors.

    Each run's scalars also go to TensorBoard files in its own folder, where tensorboard is
    installed.

    `count` pictures are shown; classifiers of whole pictures have none, and no figure.png. Return
    the page.
    """
    began = time.perf_counter()
    runs = run_data.chain(list(names))
    nets = run_data.compared(runs)
    classes = run_data.classes(nets[-1].data)
    taken = samples.take(nets, count) if nets[-1].data.segments else []
    if taken:
        columns = {run.name: run.label for run in nets}
        figure.draw(folder / "figure.png", taken, columns, classes, palette(nets[-1].data.palette))
    training, by_class = {}, {}
    if plots.available():
        training["Loss while training"] = plots.losses(nets)
        training["Mean IU while training"] = plots.scores(nets)
        by_class["IU by class"] = plots.bars(nets, classes)
    else:
        log(plots.PLOTLESS)
    path, title = folder / "report.html", title or " and ".join(names)
    drawing = net_svg(nets[-1])
    shown = page.Content(title, runs, nets, classes, taken, training, by_class, drawing)
    page.write(path, shown)
    if tensorboard.available():
        for run in runs:
            tensorboard.write(run.name)
    else:
        log("no TensorBoard files: pip install tensorboard")
    log(f"wrote {path}{' and figure.png' if taken else ''} in {time.perf_counter() - began:.1f} s")
    return path


def net_svg(run: run_data.Run) -> bytes:
    """Return the deploy net, from left to right, as SVG."""
    net = caffe_pb2.NetParameter()
    text_format.Parse(run_dir.net_text(run.row, run.data, "deploy"), net)
    return draw.draw_net(net, "LR", "svg")
