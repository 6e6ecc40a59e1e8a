"""`python -m data COMMAND`: list, fetch, prepare, check, stats; `new` for data of one's own.

The data folder is $FCN_DATA, else data/ of the project (see data/README.md).
"""

import argparse
import json
import sys
from pathlib import Path

from . import check, custom, new, sets, settings, stats
from .errors import DataError
from .sets.weights import Weights
from .text import amount


def _list(args, data):
    own, broken = custom.sets(data)
    known = {**sets.ALL, **own}
    wide = max(map(len, (*known, *broken)))
    print(f"data folder: {data}")
    for name, data_set in known.items():
        state = "fetched" if data_set.fetched(data) else "-"
        state = "prepared" if data_set.prepared(data) else state
        size = sum(item.size or item.about for item in data_set.archives)
        print(f"{name:{wide}}  {state:8}  {amount(size) if size else '':>7}  {data_set.title}")
    for name, wrong in broken.items():
        print(f"{name:{wide}}  cannot be used: {wrong}")
    return 0


def _fetch(args, data):
    for name in args.names:
        data_set = sets.find(name, data)
        if args.only and not isinstance(data_set, Weights):
            raise DataError(f"{name}: --only is for weights in several files, this is one whole")
        data_set.fetch(data, **(dict(only=args.only) if args.only else {}))
    return 0


def _prepare(args, data):
    for name in args.names:
        if args.hha and name != "nyud":
            raise DataError(f"{name}: --hha is for nyud")
        sets.find(name, data).prepare(data, **(dict(compute_hha=True) if args.hha else {}))
    return 0


def _check(args, data):
    return int(any([check.check(sets.find(name, data), data) for name in args.names]))


def _stats(args, data):
    data_set = sets.find(args.name, data)
    data_set.require(data)
    splits = {s.name: s for s in data_set.splits(data) if not s.note and s.pairs}
    if args.split and args.split not in splits:
        raise DataError(f"{args.name}: no split {args.split!r} here; there are {', '.join(splits)}")
    if not splits:
        raise DataError(f"{args.name}: has no pictures to count")
    figures = []
    for split in [splits[args.split]] if args.split else splits.values():
        tally = stats.measure(data_set, data, split)
        figures.append(stats.summary(data_set, data, split, tally))
        if not args.json:
            print("\n".join(stats.report(figures[-1])))
    if args.json:
        print(json.dumps(figures, indent=1))
    if args.plot:
        stats.plot(figures, args.plot)
    return 0


def _new(args, data):
    of_the_command = ("run", "command", "name", "images", "masks", "classes")
    options = {key: value for key, value in vars(args).items() if key not in of_the_command}
    new.new(args.name, args.images, args.masks, args.classes, data, **options)
    return int(bool(check.check(sets.find(args.name, data), data)))


def _parser():
    parser = argparse.ArgumentParser(prog="python -m data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, run, text, names=None):
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        if names:
            made.add_argument("names", nargs=names, metavar="NAME")
        return made

    command("list", _list, "the data sets, and which are here")
    fetch = command("fetch", _fetch, "download and unpack", "+")
    fetch.add_argument("--only", default="", help="of weights: files with this in their names")
    prepare = command(
        "prepare", _prepare, "bring what was unpacked into the form that is read", "+"
    )
    prepare.add_argument("--hha", action="store_true", help="nyud: compute all anew, to compare")
    command("check", _check, "look at every file; exit 1 on any problem", "+")
    figures = command("stats", _stats, "classes, sizes, means, upper bound on mean IU")
    figures.add_argument("name", metavar="NAME")
    figures.add_argument("--split", help="only this split")
    figures.add_argument("--json", action="store_true", help="figures as JSON")
    figures.add_argument("--plot", type=Path, metavar="FILE", help="bars of the classes' shares")
    made = command("new", _new, "your own pictures and masks as a data set and experiments")
    made.add_argument("name", metavar="NAME", help="of the data set; NAME-fcn8s trains on it")
    made.add_argument("--images", type=Path, required=True, metavar="DIR", help="the pictures")
    made.add_argument(
        "--masks", type=Path, required=True, metavar="DIR",
        help="index, palette or colour PNGs, or labelme files, named as the pictures; a COCO file",
    )  # fmt: skip
    made.add_argument(
        "--classes", type=Path, required=True, metavar="FILE",
        help="a class a line, in label order: `name`, or `name R G B` where masks are coloured",
    )  # fmt: skip
    made.add_argument("--val", type=float, default=0.2, help="share held out (default 0.2)")
    made.add_argument("--seed", type=int, default=1337, help="of the draw of those held out (1337)")
    made.add_argument("--channels", type=int, choices=(1, 3, 4), help="convert pictures to it")
    made.add_argument("--void", type=int, default=255, help="number of void in masks of numbers")
    made.add_argument("--replace", action="store_true", help="replace a data set of that name")
    return parser


def main(argv=None):
    args = _parser().parse_args(argv)
    try:
        return args.run(args, settings.data_dir())
    except DataError as error:
        print(f"data {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command continues from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
