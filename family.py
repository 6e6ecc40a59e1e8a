"""FCN and what grew out of it, side by side on one dataset: train what is missing, write one page.

    python family.py [shapes|camvid] [--seeds 2]          (or: make family [DATA=folder])

All systems have one small trunk and see the same pictures in the same order for as many iterations
(experiments/rows/family.py). The page, `runs/family/report.html` (`runs/family-camvid/...`), has
each one's scores, boundary IU, size, receptive field and time, and the same pictures through all of
them. Ctrl-C stops, the same command goes on. By default CamVid where $FCN_DATA is set, else the
generated pictures.
"""

import argparse
import os
import sys
import time

from data.settings import VARIABLE
from data.text import duration
from experiments.rows.family import systems
from report import family as page
from solve import arguments, chain
from training import crf, crf_search, run_dir
from training.command import one_line_errors
from training.comparison import Result, System, mean, measure
from training.device import use_device
from training.options import add_gpu, positive

PREFIXES = {"shapes": "family", "camvid": "family-camvid"}
TITLES = {
    "shapes": "FCN and what grew out of it, on generated pictures",
    "camvid": "FCN and what grew out of it, on CamVid",
}
WITH_CRF = ("fcn8s", "largefov")
SEARCHED_ON = 8  # validation pictures
SHOWN = 5


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    default = "camvid" if os.environ.get(VARIABLE) else "shapes"
    parser.add_argument(
        "data", nargs="?", choices=PREFIXES, default=default, help=f"here by default: {default}"
    )
    parser.add_argument(
        "--seeds", type=positive, default=1, help="runs of each system (default: 1)"
    )
    add_gpu(parser)
    args = parser.parse_args()
    began = time.perf_counter()
    with one_line_errors("family"):
        use_device(args.gpu)
        prefix = PREFIXES[args.data]
        endings = ["", *(f"-seed{n}" for n in range(2, args.seeds + 1))]
        for ending in endings:
            for name, _ in systems(prefix):
                if not train(name + ending, args.gpu):
                    sys.exit(130)
        by_seed = [[measured(system) for system in listed(prefix, end)] for end in endings]
        results = [mean(runs) for runs in zip(*by_seed, strict=True)]
        path = run_dir.folder(prefix) / "report.html"
        page.write(path, TITLES[args.data], results, args.seeds)
    print(f"\n{page.text(results)}\n[{duration(time.perf_counter() - began)}] {path}")


def train(name: str, gpu: int | None) -> bool:
    """Train a row with what it starts from, unless that is done; False where it was stopped."""
    if run_dir.finished(name):
        print(f"{name}: trained")
        return True
    device = [] if gpu is None else ["--gpu", str(gpu)]
    return chain(name, arguments([name, "--resume", *device]))


def listed(prefix: str, ending: str = "") -> list[System]:
    """Return the systems of the page, each CRF with settings searched for its net.

    `ending` is that of the runs' names, such as "-seed2".
    """
    found = []
    for name, title in systems(prefix):
        run = name + ending
        found.append(System(run, title))
        if name.removeprefix(f"{prefix}-") in WITH_CRF:
            found.append(System(run, f"{title} + CRF", searched(run)))
    return found


def searched(name: str) -> crf.Settings:
    """Return the CRF's settings in a run's folder; search for them first if there are none."""
    path = run_dir.folder(name) / crf.FILE
    if not path.is_file():
        print(f"searching the CRF's settings for {name} on {SEARCHED_ON} validation pictures")
        crf_search.of_run(name, SEARCHED_ON)
    return crf.read(path)


def measured(system: System) -> Result:
    """Measure one system."""
    print(f"measuring {system.name}: {system.title}", flush=True)
    return measure(system, SHOWN)


if __name__ == "__main__":
    main()
