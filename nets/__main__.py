"""`python -m nets [NAME ...]`: rewrite the prototxts of these experiments, or of all."""

import sys
from pathlib import Path

import experiments
from nets import build

ROOT = Path(__file__).resolve().parent.parent


def main(names):
    written = []
    for name in names or experiments.EXPERIMENTS:
        row = experiments.find(name)
        written += build.write(row, experiments.data_of(row), ROOT)
    print("\n".join(written) if written else "all prototxts are current")


if __name__ == "__main__":
    main(sys.argv[1:])
