"""Options that several scripts have: the device, and how pictures are scored."""

import argparse

from experiments import Experiment
from training import crf
from training.inference import Procedure, Size


def add_gpu(parser: argparse.ArgumentParser) -> None:
    """Add --gpu."""
    parser.add_argument("--gpu", type=int, help="CUDA device (default: the first, if there is one)")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add --gpu and --precision."""
    add_gpu(parser)
    parser.add_argument("--precision", default="float32", help="multiply in float32 or bf16")


def add_procedure(parser: argparse.ArgumentParser) -> None:
    """Add --weights, --scales, --flip, --window, --crf, --base and --reflect."""
    parser.add_argument(
        "--weights", metavar="FILE", help="caffemodel (default: the run's best, else its last)"
    )
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
        "--base", type=pixels, metavar="N",
        help="make the longer side N x scale + 1 pixels; 0: leave the picture its own size",
    )  # fmt: skip
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


def positive(text: str) -> int:
    """Read a number of at least 1."""
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return int(text)


def pixels(text: str) -> int:
    """Read --base or --reflect."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: expected pixels, such as 32")
    return int(text)


def window(text: str) -> Size:
    """Read --window."""
    sides = text.split("x")
    if len(sides) > 2 or not all(side.isdigit() and int(side) for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r}: expected pixels, such as 713 or 1025x2049")
    return int(sides[0]), int(sides[-1])
