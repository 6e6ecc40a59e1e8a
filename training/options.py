"""The command line's options of how pictures are scored, for score.py and infer.py."""

import argparse

from experiments import Experiment
from training import crf
from training.inference import Procedure, Size


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --scales, --flip, --window, --crf, --base and --reflect."""
    group = parser.add_argument_group("how pictures are scored (default: as the row says)")
    group.add_argument("--scales", type=scales, help="factors, such as 0.5,0.75,1,1.25,1.5,1.75")
    group.add_argument("--flip", action="store_true", help="add the mirror image's scores")
    group.add_argument(
        "--window", type=window, metavar="SIZE", help="side, or HEIGHTxWIDTH, of sliding windows"
    )
    group.add_argument(
        "--crf", nargs="?", const="", metavar="PRESET",
        help=f"refine the scores by a dense CRF: {' or '.join(crf.PRESETS)} (default: the run's "
        "own settings, found by `score.py NAME --crf search`, else the first)",
    )  # fmt: skip
    group.add_argument(
        "--base", type=int, metavar="N", help="make the longer side N x scale + 1 pixels"
    )
    group.add_argument(
        "--reflect", type=pixels, default=0, metavar="PIXELS",
        help="of edges: reflect pictures outwards first, against a dark frame (32 is enough)",
    )  # fmt: skip


def procedure(args: argparse.Namespace, row: Experiment) -> Procedure | None:
    """Return the procedure of the flags, completed by the row's own; None without any flag."""
    if not (args.scales or args.flip or args.window or args.base is not None):
        return None
    return Procedure(
        args.scales or (1.0,),
        args.flip,
        args.window or row.window,
        row.base if args.base is None else args.base,
    )


def crf_settings(args: argparse.Namespace) -> crf.Settings | None:
    """Return the settings of the CRF that --crf names, None without it."""
    return None if args.crf is None else crf.named(args.crf, args.name)


def scales(text: str) -> tuple[float, ...]:
    """Read --scales."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < scale <= 16 for scale in found):
        raise argparse.ArgumentTypeError(f"{text!r}: expected factors such as 0.5,1,1.5")
    return found


def pixels(text: str) -> int:
    """Read --reflect."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: expected pixels, such as 32")
    return int(text)


def window(text: str) -> Size:
    """Read --window."""
    sides = text.split("x")
    if len(sides) > 2 or not all(side.isdigit() and int(side) for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r}: expected pixels, such as 713 or 1025x2049")
    return int(sides[0]), int(sides[-1])
