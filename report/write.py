"""Putting a report together: gather, picture, plot, write."""

import time

from google.protobuf import text_format

import experiments
import runfolder
from caffe import draw
from caffe.proto import caffe_pb2
from report import board, figure, gather, page, plots, samples


def one(name, count=5, log=print):
    """The report of one experiment and its chain, in its own run folder; the page's Path."""
    experiments.find(name)
    return chain([name], runfolder.folder(name), count=count, log=log)


def chain(names, folder, title=None, count=5, log=print):
    """report.html and figure.png in `folder` about the experiments `names` and their ancestors.

    count: pictures shown; classifiers of whole pictures have none, and no figure.png. Each run's
    scalars also go to TensorBoard files in its own folder, where tensorboard is installed.
    Returns the page's Path.
    """
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    runs = gather.chain(names)
    nets = gather.compared(runs)
    classes = gather.classes(nets[-1].data)
    taken = samples.take(nets, count) if nets[-1].segments else []
    if taken:
        figure.draw(folder / "figure.png", taken, nets, classes)
    if not plots.available():
        log(plots.PLOTLESS)
    content = page.Content(
        title=title or " and ".join(names),
        runs=runs,
        nets=nets,
        names=classes,
        samples=taken,
        plots=drawn(nets, classes),
        drawing=net_svg(nets[-1]),
    )
    path = folder / "report.html"
    page.write(path, content)
    if board.available():
        for run in runs:
            board.write(run.name)
    else:
        log("no TensorBoard files: pip install tensorboard")
    log(f"wrote {path}{' and figure.png' if taken else ''} in {time.perf_counter() - began:.1f} s")
    return path


def drawn(nets, classes):
    """The plots by their place on the page; none where matplotlib is not installed."""
    if not plots.available():
        return dict(training={}, classes={})
    return dict(
        training={
            "Loss while training": plots.losses(nets),
            "Mean IU while training": plots.scores(nets),
        },
        classes={"IU by class": plots.bars(nets, classes)},
    )


def net_svg(run):
    """The deploy net, from left to right, as SVG."""
    path = runfolder.trained_with(run.row, run.data)["deploy"]
    net = text_format.Parse(path.read_text(), caffe_pb2.NetParameter())
    return draw.draw_net(net, "LR", "svg")
