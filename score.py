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
from pathlib import Path

import experiments
from data import metrics
from data.errors import DataError
from data.files import read_list, write_json
from training import crf_search, edges, run_dir
from training.command import one_line_errors
from training.device import use_device
from training.evaluation import score_experiment, score_folders
from training.options import add_device, add_procedure, crf_settings, positive, procedure
from training.reference import compute_hist, do_seg_tests, fast_hist, seg_tests

SEARCHED_ON = 20  # pictures, where --count does not say

__all__ = ["compute_hist", "do_seg_tests", "fast_hist", "score_folders", "seg_tests"]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", help="an experiment (see `python -m experiments`)")
    parser.add_argument("--save", metavar="DIR", help="save the predictions there as palette PNGs")
    parser.add_argument("--count", type=positive, help="score only so many pictures")
    parser.add_argument("--truth", metavar="DIR", help="label PNGs to compare with")
    parser.add_argument("--pred", metavar="DIR", help="label PNGs to score")
    parser.add_argument(
        "--classes", type=positive, help="number of classes, for --truth and --pred"
    )
    parser.add_argument("--names", metavar="FILE", help="class names, one per line")
    parser.add_argument("--json", metavar="FILE", help="write the scores there")
    add_device(parser)
    add_procedure(parser)
    args = parser.parse_args()
    folders = (args.truth, args.pred, args.classes)
    if args.name and any((*folders, args.names)) or not args.name and not all(folders):
        parser.error("give either an experiment, or --truth, --pred and --classes")
    out = Path(args.json) if args.json else None
    with one_line_errors("score"):
        if args.name:
            use_device(args.gpu, precision=args.precision)
            row = experiments.find(args.name)
            how, edges_found = procedure(args, row), experiments.data_of(row).edges
            if edges_found and (how or args.crf is not None):
                raise DataError(f"{args.name} finds edges: --crf, --scales are for labels")
            if args.reflect and not edges_found:
                raise DataError(f"{args.name} segments: --reflect is for edges")
            if args.crf == "search":
                crf_search.of_run(args.name, args.count or SEARCHED_ON, args.weights)
                return
            crf = crf_settings(args)
            if edges_found:
                results = edges.score_experiment(
                    args.name, args.weights, args.save, args.count, args.reflect
                )
                table = edges.table
            else:
                results = score_experiment(args.name, args.weights, args.save, args.count, how, crf)
                table = metrics.table
            for head, result in results["heads"].items():
                loss = f"loss {result['loss']:.4g}   " if "loss" in result else ""
                print(f"{head}: {loss}{table(result)}")
            if not (args.weights or args.count or how or crf or args.reflect):
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
