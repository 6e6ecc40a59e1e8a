"""Net surgery: carry trained parameters into nets of another shape.

    python surgery.py convert vgg16 VGG_ILSVRC_16_layers.caffemodel vgg16-fcn.caffemodel

turns a published ILSVRC classifier (vgg16, caffenet or googlenet; any caffemodel version) into its
fully convolutional form and proves it: both nets give one picture the same scores.

    python surgery.py convert keras MODEL.h5 NET.prototxt OUT.caffemodel --map MAP.txt

carries a Keras model's weights into a Caffe net (`nets/keras.py`); MAP.txt has lines `layer group`,
such as `conv1_1 block1/layers/conv2d`, and may be left out where names are equal. The proof: every
layer's map, on a picture, is what NumPy computes from the file's own arrays.

    python surgery.py convert folded NET.prototxt MODEL.caffemodel OUT.caffemodel

folds BatchNorm, Scale and BN layers into the convolutions before them (`nets/fold.py`), and

    python surgery.py convert bn NET.prototxt MODEL.caffemodel OUT.caffemodel

makes PSPNet's BN layers BatchNorm and Scale (`nets/split_bn.py`; OUT.prototxt is written too). The
proof of both: the nets give one picture the same blobs.

The operations themselves (`import surgery; surgery.transplant(new_net, net)`) are in
`nets/surgery.py` and `nets/convert.py`.
"""

import argparse

from nets.convert import convert
from nets.fold import convert_folded
from nets.ilsvrc import CLASSIFIERS
from nets.keras import convert_keras, read_map
from nets.split_bn import convert_bn
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
    "SurgeryError", "change_classes", "convert", "convert_bn", "convert_folded", "convert_keras",
    "copy", "expand_score", "inflate", "interp", "interp_layers", "pick", "transplant", "untrained",
    "upsample_filt",
]  # fmt: skip


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("convert", help="weights -> those of another net, with a proof")
    kinds = command.add_subparsers(dest="kind", required=True)

    def add(kind: str, text: str, **files: str) -> argparse.ArgumentParser:
        """Add a conversion that reads these files and writes a caffemodel."""
        one = kinds.add_parser(kind, help=text)
        for name, what in files.items():
            one.add_argument(name, help=what)
        one.add_argument("out", help="caffemodel to write")
        return one

    for kind in CLASSIFIERS:
        add(kind, "the classifier -> fully convolutional", model="the classifier's caffemodel")
    keras = add("keras", "a Keras model's HDF5 file -> a caffemodel", model="HDF5 file of weights",
                net="prototxt of the Caffe net, or a name of nets.published")  # fmt: skip
    keras.add_argument("--map", metavar="FILE", help="lines `layer group` (default: equal names)")
    plain = dict(net="prototxt", model="its caffemodel")
    add("folded", "fold BatchNorm and Scale into convolutions", **plain)
    add("bn", "PSPNet's BN -> BatchNorm and Scale", **plain)
    args = parser.parse_args()
    with one_line_errors("surgery"):
        if args.kind == "keras":
            names = read_map(args.map) if args.map else {}
            convert_keras(args.model, args.net, args.out, names)
        elif args.kind == "folded":
            convert_folded(args.net, args.model, args.out)
        elif args.kind == "bn":
            convert_bn(args.net, args.model, args.out)
        else:
            convert(args.kind, args.model, args.out)


if __name__ == "__main__":
    main()
