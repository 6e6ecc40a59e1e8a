"""Training the table of the paper's claims: `python -m training.claim`.

    python -m training.claim [--pictures 1200] [--seeds 3] [--only PART]

trains every line of `experiments/claim.py` that is not trained yet, with one seed and, where that
took less than ten minutes, with the others; each has its run folder. `python -m report --claim`
writes the page.
"""

import argparse

import experiments
from data.errors import DataError
from data.text import duration
from experiments.claim import PICTURES, Variant, variants
from training import initial_weights, run_dir
from training.command import one_line_errors
from training.options import positive
from training.run import Run

SECONDS = 600.0  # a line that takes longer is trained with one seed only


def train(variant: Variant) -> float:
    """Train one line unless it is; return the seconds that its run took."""
    row = variant.row
    if not run_dir.finished(row.name):
        print(f"{row.name}: {variant.text}", flush=True)
        init = str(run_dir.best_weights(variant.before)) if variant.before else ""
        run = Run(row)
        run.begin(init or ("" if row.init else "none"))
        run.train()
    return run_dir.latest(run_dir.Log(row.name).read(), "time")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.claim", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--pictures", type=positive, default=PICTURES, help=f"that 32s learns from ({PICTURES})"
    )
    seeds = "runs of a line, one where it takes ten minutes (3)"
    parser.add_argument("--seeds", type=positive, default=3, help=seeds)
    parser.add_argument("--only", default="", metavar="PART", help="lines with this in their name")
    args = parser.parse_args()
    with one_line_errors("claim"):
        initial_weights.fetch_prerequisites(experiments.find("camvid-resnet-fcn32s"))
        took: dict[str, float] = {}
        for seed in range(1, args.seeds + 1):
            for variant in variants(args.pictures, seed):
                line = variant.row.name.removesuffix(f"-seed{seed}")
                before = variant.before and not run_dir.finished(variant.before)
                if args.only not in line or before or took.get(line, 0.0) > SECONDS:
                    continue
                took[line] = train(variant)
        if not took:
            raise DataError(f"no line of the table has {args.only!r} in its name")
        print(f"{len(took)} lines, {duration(sum(took.values()))} with the last seed")


if __name__ == "__main__":
    main()
