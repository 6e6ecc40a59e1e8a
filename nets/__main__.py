"""`python -m nets [NAME ...]`: rewrite the prototxts of these experiments, or of all.

`python -m nets --check` writes nothing and exits with 1 where a committed file is not current.
"""

import argparse
import sys
from pathlib import Path

import experiments
from nets import build

ROOT = Path(__file__).resolve().parent.parent


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m nets", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="an experiment (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is stale")
    given = parser.parse_args(arguments)
    check, stale = given.check, []
    try:
        rows = [experiments.find(name) for name in given.names or experiments.EXPERIMENTS]
    except KeyError as e:
        parser.error(e.args[0])
    for row in rows:
        step = build.stale if check else build.write
        stale += step(row, experiments.data_of(row), ROOT)
    print("\n".join(stale) if stale else "all prototxts are current")
    if check and stale:
        sys.exit("these are not what experiments.py and nets/ give: run `make prototxt`")


if __name__ == "__main__":
    main(sys.argv[1:])
