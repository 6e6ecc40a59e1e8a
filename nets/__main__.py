"""`python -m nets [NAME ...]`: rewrite the prototxts of these experiments, or of all.

`python -m nets --check` writes nothing and exits with 1 where a committed file is not current.
"""

import sys
from pathlib import Path

import experiments
from nets import build

ROOT = Path(__file__).resolve().parent.parent


def main(arguments):
    check = "--check" in arguments
    names = [a for a in arguments if a != "--check"]
    stale = []
    for name in names or experiments.EXPERIMENTS:
        row = experiments.find(name)
        step = build.stale if check else build.write
        stale += step(row, experiments.data_of(row), ROOT)
    print("\n".join(stale) if stale else "all prototxts are current")
    if check and stale:
        sys.exit("these are not what experiments.py and nets/ give: run `make prototxt`")


if __name__ == "__main__":
    main(sys.argv[1:])
