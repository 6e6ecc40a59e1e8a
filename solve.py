"""Train one experiment of the table, as the FCN papers do.

    python solve.py voc-fcn32s                train (on a GPU where there is one)
    python solve.py voc-fcn32s --resume       continue from the newest snapshot
    python solve.py voc-fcn8s --chain         first whatever it starts from: data, weights, rows
    python solve.py voc-fcn8s --init published    from the authors' FCN-16s
    torchrun --nproc-per-node 4 solve.py voc-fcn8s    on four GPUs, or as four processes

Loads the initial weights, does the surgery, checks what usually goes wrong, and then steps the
solver; every `score_every` iterations it scores the validation split, snapshots and links the best
weights. Ctrl-C (or SIGTERM) snapshots before it stops. Everything lands in `runs/NAME/`
(training/run_dir.py); the loop itself is in training/run.py.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

import experiments
from data.errors import DataError
from layers.data_layer import DataLayer
from training import initial_weights, ranks, run_dir
from training.command import one_line_errors
from training.device import use_device
from training.options import add_device, positive
from training.run import Run


def solve(name: str, args: argparse.Namespace) -> bool:
    """Train one row; return whether it reached its end."""
    row = experiments.find(name)
    steps = args.iterations or row.iterations
    newest = run_dir.newest_state(name)
    if args.resume and newest and run_dir.finished(name) and newest[0] >= steps:
        print(f"{name} is trained: {newest[0]} iterations, {run_dir.folder(name)}")
        return True
    if newest and not (args.resume or args.restart):
        raise DataError(
            f"{run_dir.folder(name)} holds a run at iteration {newest[0]}: "
            "--resume continues it, --restart starts again"
        )
    run = Run(row, steps, sync_bn=args.sync_bn, optimized=args.optimize)
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(s, run.on_signal) for s in signals]
    try:
        if not (args.resume and run.resume()):
            run.begin(args.init, check=not args.unchecked)
        return run.train()
    finally:
        for s, handler in zip(signals, previous, strict=True):
            signal.signal(s, handler)


def chain(name: str, args: argparse.Namespace) -> bool:
    """Train what `name` starts from, one after the other, then `name`."""
    row = experiments.find(name)
    initial_weights.fetch_prerequisites(row, args.init)
    if not args.init:
        for source in experiments.parents(row):
            if not run_dir.finished(source):
                print(f"{name} starts from {source}")
                of_source = argparse.Namespace(**{**vars(args), "resume": True, "iterations": None})
                if not chain(source, of_source):
                    return False
    return solve(name, args)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of a command line, this process's by default."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", help="an experiment (`python -m experiments` lists them)")
    parser.add_argument("--iterations", type=positive, help="train to this iteration instead")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="continue from the newest snapshot")
    again.add_argument("--restart", action="store_true", help="start again over an existing run")
    parser.add_argument("--init", default="", help="caffemodel, experiment, `published` or `none`")
    parser.add_argument(
        "--sync-bn",
        action=argparse.BooleanOptionalAction,
        help="normalise over all ranks' batches (default: PSPNet's rows do)",
    )
    parser.add_argument("--optimize", action="store_true", help="compute equal rows only once")
    parser.add_argument("--chain", action="store_true", help="first get and train what it needs")
    parser.add_argument("--unchecked", action="store_true", help="train though a check failed")
    parser.add_argument(
        "--workers", type=positive, default=1, help="threads that load pictures ahead"
    )
    add_device(parser)
    args = parser.parse_args(given)
    if args.chain and ranks.several():
        parser.error("--chain prepares data and weights: run it as one process, then the ranks")
    return args


def main() -> None:
    """Run the command line; exit with 130 where training was stopped."""
    args = arguments()
    with one_line_errors("solve"):
        ranks.take_place()
        DataLayer.workers = args.workers
        use_device(args.gpu, default=ranks.local(), precision=args.precision)
        done = chain(args.name, args) if args.chain else solve(args.name, args)
        sys.exit(0 if done else 130)


if __name__ == "__main__":
    main()
