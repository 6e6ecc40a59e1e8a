"""Net surgery: carry trained parameters into nets of another shape.

    python surgery.py convert vgg16 VGG_ILSVRC_16_layers.caffemodel vgg16-fcn.caffemodel

turns a published ILSVRC classifier (vgg16, caffenet or googlenet; any caffemodel version) into its
fully convolutional form and proves it: both nets give one picture the same scores.

The operations themselves (`import surgery; surgery.transplant(new_net, net)`) are in
`nets/surgery.py` and `nets/convert.py`.
"""

import argparse

from nets.convert import convert
from nets.ilsvrc import CLASSIFIERS
from nets.surgery import (
    SurgeryError,
    change_classes,
    copy,
    expand_score,
    inflate,
    interp,
    interp_layers,
    pick,
    transplant,
    untrained,
    upsample_filt,
)
from training.command import one_line_errors

__all__ = [
    "SurgeryError", "change_classes", "convert", "copy", "expand_score", "inflate", "interp",
    "interp_layers", "pick", "transplant", "untrained", "upsample_filt",
]  # fmt: skip


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("convert", help="classifier -> fully convolutional")
    command.add_argument("kind", choices=tuple(CLASSIFIERS))
    command.add_argument("model", help="the classifier's caffemodel")
    command.add_argument("out", help="caffemodel to write")
    args = parser.parse_args()
    with one_line_errors("surgery"):
        convert(args.kind, args.model, args.out)


if __name__ == "__main__":
    main()
