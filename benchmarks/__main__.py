"""Time the runtime beside hand-written PyTorch: `python -m benchmarks` (or `make bench`).

Every figure comes with its baseline of the same run; the tests assert none of them.
FCN-8s at 500x375 takes some minutes and 6 GB; `--size 100x75` is a quick look.
All of it runs on the CPU; `python -m benchmarks.gpu` is for a GPU.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any

from . import files, loading, measure, ranks, report, rivals, with_caffe, with_torch
from .config import Config
from .report import Row


def size(text: str) -> tuple[int, int]:
    """Parse WIDTHxHEIGHT."""
    width, _, height = text.partition("x")
    return int(width), int(height)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", type=size, default=(500, 375), help="image size (500x375)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs to take the median of (5)")
    parser.add_argument(
        "--only", default="", metavar="WORD", help=f"one of: {', '.join(TASKS)} (all)"
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/results.json")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, it is {options.rounds}")
    if options.only not in ("", *TASKS):
        parser.error(f"--only takes one of {', '.join(TASKS)}; given {options.only!r}")
    return options


def _config(options: argparse.Namespace, **settings: Any) -> Config:
    """Return the settings of a task, on pictures of the size asked for if they do not say."""
    width, height = options.size
    return Config(width, height)._replace(**settings)


def beside_torch(options, name: str, what: str, time: float, memory: float | None,
                 exact: bool = True, **settings: Any) -> list[Row]:  # fmt: skip
    """Compare a task that both sides have, under this name.

    `time` and `memory` are the shares of the baseline's that it may take; `exact`: see
    `measure.compare`.
    """
    ours, baseline = (getattr(module, name) for module in (with_caffe, with_torch))
    figures = measure.compare(ours, baseline, _config(options, **settings), options.rounds, exact)
    return report.rows_of(what, *figures, time, memory)


def beside_rivals(options, what: str, time: float, **settings: Any) -> list[Row]:
    """Compare an optimized net with whatever else is here and computes in its precision."""
    config = _config(options, **settings)
    precision, present = config.precision, rivals.present(config.precision)
    with tempfile.TemporaryDirectory() as folder:
        config = config._replace(model=os.path.join(folder, "net.onnx"))
        if any(name in rivals.READ_ONNX for name in present):
            measure.once(with_caffe.write_onnx, config._replace(precision="float32"))
        makers = {"": with_caffe.inference, **present}
        found = measure.rank(makers, config, options.rounds, rivals.CLOSE[precision])
    ours = found.pop("")
    for name in rivals.RIVALS.keys() - found.keys():
        print(f"{name}: not installed (or no compiler, or no {precision}), left out")
    rows = []
    for name, theirs in found.items():
        figures = measure.against(ours, theirs)
        rows += report.rows_of(f"{what}, optimized / {name}", *figures, time, 1)
    return rows


def weights(options) -> list[Row]:
    """Measure copy_from and save of FCN-8s's weights."""
    _, found = measure.once(files.weights, _config(options, steps=options.rounds))
    copied, saved, synced, memory = found
    mib = f"{memory.baseline / 1e6:.0f} MB"
    return [
        Row(f"copy_from of {mib} / reading them", copied.ours, copied.baseline, "s",
            copied.ours - copied.baseline, 0.6, excess=True),
        Row("copy_from: added memory / file", memory.ours, memory.baseline, "B",
            memory.ratio, 1.05),
        Row(f"save of {mib} / writing, synced", synced.ours, synced.baseline, "s",
            synced.ratio, 1.1),  # save too syncs before the new file takes the name
        Row(f"save of {mib} / writing, unsynced", saved.ours, saved.baseline, "s", saved.ratio),
    ]  # fmt: skip


def import_caffe(options) -> list[Row]:
    seconds = files.import_seconds(options.rounds)
    return [Row("import caffe beyond torch", seconds, None, "s", seconds, 0.3, excess=True)]


def data_layers(options) -> list[Row]:
    """Time a data layer's pictures with one thread and with several, nothing else running."""
    config = _config(options)
    one, *others = (
        loading.seconds_of_a_picture(config, workers, options.rounds) for workers in WORKERS
    )
    return [
        Row(f"ImageData, a JPEG picture, {workers} threads / 1", found, one, "s", found / one)
        for workers, found in zip(WORKERS[1:], others, strict=True)
    ]


def two_ranks(options) -> list[Row]:
    """Time two ranks over gloo beside one rank that takes as many pictures a step.

    Both see one batch, so that they must come to the same loss.
    """
    together, alone = partial(ranks.together, name="lenet"), partial(ranks.alone, name="lenet")
    time, _ = measure.compare(together, alone, Config(steps=50), options.rounds, exact=True)
    what = "LeNet step, 2 ranks / 1 with iter_size 2"
    return [Row(what, time.ours, time.baseline, "s", time.ratio)]


WORKERS = (1, 2, 4)
TASKS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "fcn8s-step": partial(beside_torch, name="fcn8s_step", what="FCN-8s step", time=1.05,
                          memory=1.10, exact=False),
    "fcn8s-optimized-step": partial(beside_torch, name="fcn8s_optimized_step", time=0.6,
                                    what="FCN-8s step, optimized", memory=1.10, exact=False),
    "fcn8s-forward": partial(beside_torch, name="forward", what="FCN-8s forward", time=1.05,
                             memory=None),
    "fcn8s-inference": partial(beside_torch, name="inference", what="FCN-8s forward, optimized",
                               time=0.8, memory=1.0),
    "fcn8s-rivals": partial(beside_rivals, what="FCN-8s forward", time=0.8),
    "fcn8s-bf16-rivals": partial(beside_rivals, what="FCN-8s forward, bf16", time=0.9,
                                 precision="bf16"),
    "fcn8s-bf16-step": partial(beside_torch, name="fcn8s_optimized_step", time=0.8, memory=1.10,
                               what="FCN-8s step, bf16, optimized", exact=False, precision="bf16"),
    "pspnet50": partial(beside_rivals, what="PSPNet50 473x473 forward", time=1.0, net="pspnet50",
                        width=473, height=473),
    "deeplabv3": partial(beside_rivals, what="DeepLabv3-R50 513x513 forward", time=1.0,
                         net="deeplabv3", width=513, height=513),
    "lenet-step": partial(beside_torch, name="lenet_step", what="LeNet step, batch 64", time=1.3,
                          memory=None, steps=50),
    "weights": weights,
    "import": import_caffe,
    "data": data_layers,
    "ranks": two_ranks,
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    os.environ.setdefault("GLOG_minloglevel", "2")
    for name, value in report.machine().items():
        print(f"{name}: {value}")
    print(
        f"image {options.size[0]}x{options.size[1]}, median of {options.rounds} pairs", flush=True
    )
    rows: list[Row] = []
    for name, task in TASKS.items():
        if options.only in ("", name):
            print(f"... {name}", file=sys.stderr, flush=True)
            rows += task(options)
    if rows:
        print(report.show(rows))
    if options.save:
        report.save(rows, {"size": list(options.size), "rounds": options.rounds})
        print(f"written to {report.RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
