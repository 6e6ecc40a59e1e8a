"""The whole path of the paper on generated pictures, in some minutes on a laptop.

    python demo.py          (or: make demo)

Draws the `shapes` data set, trains a small VGG on pictures of single objects, casts it into a
convolutional net, and trains FCN-32s from it, 16s from that, 8s from that, and FCN-8s at once;
scores each net on pictures held out, and writes `runs/demo/report.html` and `figure.png`.
Nothing is downloaded. Each call trains anew, from fixed seeds; `python solve.py demo-fcn8s --chain`
takes the same steps one by one and resumes.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers")]

import caffe  # noqa: E402
import experiments  # noqa: E402
import runfolder  # noqa: E402
import score  # noqa: E402
import solve  # noqa: E402
import surgery  # noqa: E402
from data.files import DataError, write_json  # noqa: E402
from data.sets import shapes  # noqa: E402
from data.settings import data_dir  # noqa: E402
from device import use_device  # noqa: E402
from meter import duration  # noqa: E402
from report import write  # noqa: E402

CLASSIFIER = "demo-classifier"
STAGED = ("demo-fcn32s", "demo-fcn16s", "demo-fcn8s")  # each starts from the one before
AT_ONCE = "demo-fcn8s-atonce"
NETS = (*STAGED, AT_ONCE)
PICTURES = {}  # arguments of shapes.generate; its own defaults are the demo's


def main():
    began = time.perf_counter()
    try:
        use_device()
        draw_pictures(began)
        train(CLASSIFIER, began)
        convert(began)
        for name in NETS:
            train(name, began)
        say(began, "scoring the best weights of each net")
        results = {name: score_best(name) for name in NETS}
        say(began, "writing the report")
        page = write.chain(NETS, runfolder.folder("demo"), title="FCN demo")
    except (DataError, KeyError, ValueError, RuntimeError) as e:
        sys.exit(f"demo: {e.args[0] if e.args else e}")
    except KeyboardInterrupt:
        sys.exit(130)
    print_table(results)
    say(began, f"done: {page}")


def say(began, text):
    print(f"\n[{duration(time.perf_counter() - began)}] {text}", flush=True)


def draw_pictures(began):
    """Draw the data set, unless it is there with the same parameters."""
    folder = data_dir() / "shapes"
    say(began, f"drawing pictures into {folder} (left as they are if they are there)")
    shapes.generate(folder, **PICTURES)


def train(name, began):
    """Train one row of the table from its beginning to its end."""
    row = experiments.find(name)
    say(began, f"training {name} from {experiments.origin(row)}, {row.max_iter} iterations")
    run = solve.Run(row)
    run.begin()
    run.train()


def convert(began):
    """Cast the classifier into a convolutional net, and see that both answer alike.

    On a picture of the classifier's size the map of fc7 has 3 x 3 places; the one in the middle
    sees what the classifier sees. FCN-32s starts with the same cast (`init` in its row).
    """
    say(began, f"surgery: {CLASSIFIER}'s fully connected layers become convolutions")
    row = experiments.find(CLASSIFIER)
    data = experiments.data_of(row)
    weights = str(runfolder.weights_of(CLASSIFIER))
    classifier = caffe.Net(str(runfolder.trained_with(row, data)["deploy"]), weights, caffe.TEST)
    fcn = caffe.Net(str(deploy_of(STAGED[0])), caffe.TEST)
    for line in surgery.transplant(fcn, classifier, log=lambda line: None):
        if not line.startswith("copying"):
            print(line)
    picture = np.random.RandomState(0).uniform(-110, 110, (1, 3, *data.deploy_size))
    for net in (classifier, fcn):
        net.blobs["data"].reshape(*picture.shape)
        net.blobs["data"].data[...] = picture
        net.forward()
    want, got = classifier.blobs["fc7"].data[0], fcn.blobs["fc7"].data[0, :, 1, 1]
    difference = float(np.abs(want - got).max() / max(np.abs(want).max(), 1e-30))
    if not difference < 1e-4:
        raise RuntimeError(f"fc7 of {CLASSIFIER} and of its convolutional form: {difference:.1e}")
    print(f"fc7 answers alike in both forms: relative difference {difference:.1e}")


def deploy_of(name):
    row = experiments.find(name)
    return runfolder.prototxts(row, experiments.data_of(row))["deploy"]


def score_best(name):
    """Score the run's best weights, and leave that in its score.json."""
    results = score.score_experiment(name)
    write_json(runfolder.folder(name) / "score.json", results)
    return results["heads"]["score"]


def print_table(results):
    print(f"\n{'':20} pixel acc.  mean acc.  mean IU  f.w. IU")
    for name, r in results.items():
        four = [r[k] for k in ("pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu")]
        print(f"{name:20} " + "    ".join(score.percent(value) for value in four))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    main()
