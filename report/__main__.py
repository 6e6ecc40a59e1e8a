"""The command: `python -m report NAME ... [--out DIR]`, `--crf`, `--live`, `--claim`."""

import argparse
from pathlib import Path

import report
from report import before_after, claim, live, write
from training import run_dir
from training.command import one_line_errors
from training.device import use_device
from training.options import add_gpu, positive


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m report", description=(report.__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", help="experiments that have been trained")
    parser.add_argument("--claim", action="store_true", help="the page of the paper's claims")
    parser.add_argument("--crf", nargs="?", const="", metavar="PRESET",
                        help="a figure of NAME before and after a dense CRF")  # fmt: skip
    parser.add_argument("--live", action="store_true", help="serve a page of NAME as it trains")
    parser.add_argument("--port", type=int, default=8080, help="of the live page (default 8080)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="one page about all of them, there")
    parser.add_argument(
        "--count", type=positive, default=5, help="pictures in the figure (default 5)"
    )
    add_gpu(parser)
    args = parser.parse_args()
    if bool(args.names) == args.claim:
        parser.error("give the names of experiments, or --claim")
    alone = args.live or args.crf is not None
    if alone and len(args.names) != 1:
        parser.error("--live and --crf show one experiment")
    with one_line_errors("report"):
        if args.live:
            live.serve(args.names[0], args.port)
            return
        use_device(args.gpu)
        if args.claim:
            print(f"wrote {claim.write(args.out or run_dir.folder('claim'))}")
        elif args.crf is not None:
            print(f"wrote {before_after.write(args.names[0], args.crf, args.count)}")
        elif args.out:
            write.chain(args.names, args.out, count=args.count)
        else:
            for name in args.names:
                write.one(name, count=args.count)


if __name__ == "__main__":
    main()
