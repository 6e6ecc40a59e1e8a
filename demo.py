"""The whole path of the paper on generated pictures, in some minutes on a laptop.

    python demo.py          (or: make demo)

Draws the `shapes` data set, trains a small VGG on pictures of single objects, casts it into a
convolutional net, and trains FCN-32s from it, 16s from that, 8s from that, and FCN-8s at once;
scores each net on pictures held out, and writes `runs/demo/report.html` and `figure.png`.
Nothing is downloaded. Each call trains anew, from fixed seeds; `python solve.py demo-fcn8s --chain`
takes the same steps one by one and resumes.
"""

import argparse
import time
from typing import Any

import numpy as np

import experiments
from data.errors import ProjectError
from data.files import write_json
from data.metrics import NAMES
from data.sets import shapes
from data.settings import data_dir
from data.text import duration, percent
from nets import surgery
from nets.load import forward, net_of_text
from report import write
from training import run_dir
from training.command import one_line_errors
from training.device import use_device
from training.evaluation import score_experiment
from training.run import Run
from training.scoring import load_net

CLASSIFIER = "demo-classifier"
STAGED = ("demo-fcn32s", "demo-fcn16s", "demo-fcn8s")  # each starts from the one before
AT_ONCE = "demo-fcn8s-atonce"
NETS = (*STAGED, AT_ONCE)
PICTURES: dict[str, Any] = {}  # arguments of shapes.generate; its own defaults are the demo's


def main() -> None:
    """Take all steps, from drawing the pictures to the report."""
    began = time.perf_counter()
    with one_line_errors("demo"):
        use_device()
        folder = data_dir() / "shapes"
        log(began, f"drawing pictures into {folder} (unless they are there)")
        shapes.generate(folder, **PICTURES)
        train(CLASSIFIER, began)
        convert(began)
        for name in NETS:
            train(name, began)
        log(began, "scoring the best weights of each net")
        results = {name: score_best(name) for name in NETS}
        log(began, "writing the report")
        page = write.chain(NETS, run_dir.folder("demo"), title="FCN demo")
    print_table(results)
    log(began, f"done: {page}")


def log(began: float, text: str) -> None:
    """Print a step with the time since the beginning."""
    print(f"\n[{duration(time.perf_counter() - began)}] {text}", flush=True)


def train(name: str, began: float) -> None:
    """Train one row of the table from its beginning to its end."""
    row = experiments.find(name)
    log(began, f"training {name} from {row.describe_init()}, {row.max_iter} iterations")
    run = Run(row)
    run.begin()
    run.train()


def convert(began: float) -> None:
    """Cast the classifier into a convolutional net, and check that both compute the same.

    On a picture of the classifier's size the map of fc7 has 3 x 3 pixels; the one in the middle
    sees what the classifier sees. FCN-32s starts with the same cast (`init` in its row).
    """
    log(began, f"surgery: {CLASSIFIER}'s fully connected layers become convolutions")
    classifier, _ = load_net(CLASSIFIER, "deploy")
    row = experiments.find(STAGED[0])
    fcn = net_of_text(run_dir.texts(row, experiments.data_of(row))["deploy"])
    for line in surgery.transplant(fcn, classifier, log=lambda line: None):
        if not line.startswith("copying"):
            print(line)
    size = classifier.blobs["data"].data.shape[1:]
    picture = np.random.RandomState(0).uniform(-110, 110, size)
    for net in (classifier, fcn):
        forward(net, {"data": picture})
    want, got = classifier.blobs["fc7"].data[0], fcn.blobs["fc7"].data[0, :, 1, 1]
    difference = surgery.relative_difference(want, got)
    if not difference < 1e-4:
        raise ProjectError(f"fc7 of {CLASSIFIER} and of its convolutional form: {difference:.1e}")
    print(f"fc7 is the same in both forms: relative difference {difference:.1e}")


def score_best(name: str) -> dict[str, Any]:
    """Score the run's best weights, and write that as its score.json."""
    results = score_experiment(name)
    write_json(run_dir.folder(name) / "score.json", results)
    return results["heads"]["score"]


def print_table(results: dict[str, dict[str, Any]]) -> None:
    """Print the four metrics of each net."""
    print(f"\n{'':20} " + "  ".join(NAMES.values()))
    for name, r in results.items():
        row = (f"{percent(r[key]):>{len(title)}}" for key, title in NAMES.items())
        print(f"{name:20} " + "  ".join(row))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    main()
