"""`python -m nets [NAME ...]`: rewrite the prototxts of these experiments, or of all.

`python -m nets --check` writes nothing and exits with 1 where a committed file is not current.
"""

import argparse
import sys
from pathlib import Path

import experiments
from data.errors import ProjectError
from nets import generate

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> None:
    """Write the prototxts, or check that they are current."""
    parser = argparse.ArgumentParser(prog="python -m nets", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="an experiment (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is stale")
    given = parser.parse_args(arguments)
    check, stale = given.check, []
    try:
        rows = [experiments.find(name) for name in given.names or experiments.EXPERIMENTS]
        for row in rows:
            step = generate.stale if check else generate.write
            stale += step(row, experiments.data_of(row), ROOT)
    except ProjectError as e:
        parser.error(str(e))
    print("\n".join(stale) if stale else "all prototxts are current")
    if check and stale:
        sys.exit("these are not what experiments/ and nets/ give: run `make prototxt`")


if __name__ == "__main__":
    main(sys.argv[1:])
