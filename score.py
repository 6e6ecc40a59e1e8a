"""Scores: pixel accuracy, mean accuracy, mean IU, frequency-weighted IU (paper, section 5).

    python score.py voc-fcn8s [--weights W] [--save DIR] [--gpu N]
    python score.py voc-pspnet101 --scales 0.5,0.75,1,1.25,1.5,1.75 --flip [--window 713]
    python score.py voc-fcn8s --crf [PRESET]
    python score.py voc-fcn8s --crf search [--count 20]
    python score.py bsds-hed --weights W
    python score.py --truth DIR --pred DIR --classes 21

The first scores an experiment over its own validation split (each head of it) and writes
`runs/NAME/score.json`, unless other weights than its own are asked for; the second does so at
several scales, mirrored, in sliding windows (training/inference.py); the third refines the scores
by a CRF (training/crf.py), for which the fourth searches settings on some pictures and leaves them
in the run's folder; the fifth gives ODS, OIS and AP of edges (data/edge_metrics.py); the last
compares folders of label PNGs of the same names. The metrics are defined in `data/metrics.py`;
classes that an experiment's data set declares absent (SIFT Flow's three) are excluded even where
predicted.

`fast_hist`, `compute_hist`, `do_seg_tests` and `seg_tests` are the reference's functions, for the
scripts of those who call them.
"""

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import caffe
import experiments
from data import metrics
from data.errors import DataError
from data.files import read_list, write_json
from data.labels import Png
from data.metrics import confusion as fast_hist
from training import crf_search, edges, run_dir
from training.command import one_line_errors
from training.crf import FILE, write
from training.device import use_device
from training.evaluation import score_experiment
from training.options import add_options, crf_settings, procedure
from training.scoring import tally

SEARCHED_ON = 20  # pictures, where --count does not say

__all__ = ["compute_hist", "do_seg_tests", "fast_hist", "score_folders", "seg_tests"]


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
    result = metrics.metrics(hist)
    for name, value in (
        ("loss", loss),
        ("overall accuracy", result["pixel_accuracy"]),
        ("mean accuracy", result["mean_accuracy"]),
        ("mean IU", result["mean_iu"]),
        ("fwavacc", result["fw_iu"]),
    ):
        print(">>>", datetime.now(), "Iteration", iter, name, value)
    return hist


def score_folders(
    truth: str | Path, pred: str | Path, classes: int, names: list[str] | None = None
) -> dict[str, Any]:
    """Return the metrics over all label PNGs of `pred`, and of the same names in `truth`."""
    files = sorted(Path(pred).glob("*.png"))
    if not files:
        raise DataError(f"{pred}: no PNG files to score")
    hist = np.zeros((classes, classes), np.int64)
    for path in files:
        (found, _), (label, _) = Png().read(path), Png().read(Path(truth) / path.name)
        if found.shape != label.shape:
            raise DataError(f"{path}: {found.shape} pixels, its truth has {label.shape}")
        if found.max() >= classes:
            raise DataError(f"{path}: prediction {found.max()}, expected 0 to {classes - 1}")
        hist += fast_hist(label, found, classes)
    return metrics.metrics(hist, names)


def search(name: str, weights: str | None, count: int) -> None:
    """Search for the CRF's settings that suit a net best, and leave them in its run's folder."""
    best = crf_search.of_run(name, count, weights)
    path = run_dir.folder(name) / FILE
    write(path, best.settings)
    print(f"best: {best.settings}\nwrote {path}, which --crf takes from now on")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", help="an experiment (see `python -m experiments`)")
    parser.add_argument("--weights", help="caffemodel (default: the run's best, else its last)")
    parser.add_argument("--save", metavar="DIR", help="save the predictions there as palette PNGs")
    parser.add_argument("--count", type=int, help="score only so many pictures")
    parser.add_argument("--gpu", type=int, help="CUDA device (default: the first, if there is one)")
    parser.add_argument("--truth", metavar="DIR", help="label PNGs to compare with")
    parser.add_argument("--pred", metavar="DIR", help="label PNGs to score")
    parser.add_argument("--classes", type=int, help="number of classes, for --truth and --pred")
    parser.add_argument("--names", metavar="FILE", help="class names, one per line")
    parser.add_argument("--json", metavar="FILE", help="write the scores there")
    parser.add_argument("--precision", default="float32", help="multiply in float32 or bf16")
    add_options(parser)
    args = parser.parse_args()
    if bool(args.name) == bool(args.truth and args.pred and args.classes):
        parser.error("give either an experiment, or --truth, --pred and --classes")
    out = Path(args.json) if args.json else None
    with one_line_errors("score"):
        if args.name:
            use_device(args.gpu, precision=args.precision)
            row = experiments.find(args.name)
            if args.crf == "search":
                search(args.name, args.weights, args.count or SEARCHED_ON)
                return
            how, crf = procedure(args, row), crf_settings(args)
            if experiments.data_of(row).edges:
                if how or crf:
                    raise DataError(f"{args.name} finds edges: --crf, --scales are for labels")
                results = edges.score_experiment(args.name, args.weights, args.save, args.count)
                table = edges.table
            else:
                results = score_experiment(args.name, args.weights, args.save, args.count, how, crf)
                table = metrics.table
            for head, result in results["heads"].items():
                loss = f"loss {result['loss']:.4g}   " if "loss" in result else ""
                print(f"{head}: {loss}{table(result)}")
            if not (args.weights or args.count or how or crf):
                out = out or run_dir.folder(args.name) / "score.json"
        else:
            names = read_list(Path(args.names)) if args.names else None
            results = score_folders(args.truth, args.pred, args.classes, names)
            print(metrics.table(results))
        if out:
            write_json(out, results)
            print(f"wrote {out}")


if __name__ == "__main__":
    main()
