"""The command: `python -m report NAME [NAME ...] [--out DIR] [--count N]`."""

import argparse
import sys
from pathlib import Path

import report  # noqa: F401  (puts the project's root on the path)
from data.files import DataError
from device import use_device
from report import write


def main():
    parser = argparse.ArgumentParser(prog="report", description=report.__doc__.split("\n")[0])
    parser.add_argument("names", nargs="+", help="experiments that have been trained")
    parser.add_argument("--out", metavar="DIR", type=Path, help="one page about all of them, there")
    parser.add_argument("--count", type=int, default=5, help="pictures in the figure (default 5)")
    parser.add_argument("--gpu", type=int, help="CUDA device (default: the first, if there is one)")
    args = parser.parse_args()
    try:
        use_device(args.gpu)
        if args.out:
            write.chain(args.names, args.out, count=args.count)
        else:
            for name in args.names:
                write.one(name, count=args.count)
    except (DataError, KeyError, ValueError, RuntimeError, OSError) as e:
        sys.exit(f"report: {e.args[0] if e.args else e}")


if __name__ == "__main__":
    main()
