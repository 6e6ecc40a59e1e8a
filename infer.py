"""Segment pictures: label maps as palette PNGs, and overlays with a legend.

    python infer.py voc-fcn8s PICTURE|FOLDER|GLOB ... [--out DIR] [--weights W] [--gpu N]
                              [--scales 0.5,1,1.5] [--flip] [--window 713] [--crf [PRESET]]

Pictures of any size go through the experiment's deploy net at their own size, or as the options say
(training/inference.py), in windows where the net is drawn for one size. For each X.jpg the folder
--out (default: runs/NAME/infer) gets X.png, its class numbers with the data set's palette, and
X_overlay.png, the picture under the classes' colours with the names of those that occur.
`--only labels` or `--only overlays` omits the other.

`--crf` refines the scores by a fully connected CRF (training/crf.py). Of an experiment that finds
edges (bsds-hed), X.png is the edge map, dark on white, and X_16.png the same with 16 bits, bright;
`--reflect 32` keeps it free of a dark frame where the weights see an edge at the picture's end.
"""

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import experiments
from data.errors import DataError
from data.images import find_pictures, read_converted
from training import edges, options, run_dir
from training.command import one_line_errors
from training.crf import Settings
from training.device import use_device
from training.inference import Procedure
from training.segment import Segmenter, write


def infer(
    name: str,
    arguments: Iterable[str],
    out: str | Path | None = None,
    weights: str | Path | None = None,
    only: str | None = None,
    procedure: Procedure | None = None,
    crf: Settings | None = None,
    reflect: int = 0,
) -> list[Path]:
    """Segment all pictures that `arguments` name, or find edges; return the files written."""
    pictures = find_pictures(arguments)
    folder = Path(out) if out else run_dir.folder(name) / "infer"
    if experiments.data_of(experiments.find(name)).edges:
        if only or procedure or crf:
            raise DataError(f"{name} finds edges: --only, --crf, --scales and so on are for labels")
        finder = edges.EdgeFinder(name, weights, reflect)
        channels = finder.input.channels

        def process(path: Path, pixels: np.ndarray) -> list[Path]:
            return edges.write(folder, path.stem, finder.find(pixels))
    else:
        if reflect:
            raise DataError(f"{name} segments: --reflect is for edges")
        segmenter = Segmenter(name, weights, procedure, crf)
        channels = segmenter.input.channels

        def process(path: Path, pixels: np.ndarray) -> list[Path]:
            labels = segmenter.segment(pixels)
            return write(folder, path, pixels, labels, segmenter.data, only)

    written = []
    for path in pictures:
        pixels = read_converted(path, channels, upright=True)
        began = time.perf_counter()
        new = process(path, pixels)
        seconds = time.perf_counter() - began
        written += new
        size = f"{pixels.shape[1]} x {pixels.shape[0]}"
        print(f"{path}  {size}  {seconds:.2f} s -> {', '.join(p.name for p in new)}")
    print(f"{len(pictures)} pictures in {folder}")
    return written


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", help="an experiment (`python -m experiments` lists them)")
    parser.add_argument("pictures", nargs="+", help="files, folders or globs")
    parser.add_argument("--out", metavar="DIR", help="where to write (default: runs/NAME/infer)")
    parser.add_argument("--only", choices=("labels", "overlays"), help="write only these")
    options.add_device(parser)
    options.add_procedure(parser)
    args = parser.parse_args()
    with one_line_errors("infer"):
        use_device(args.gpu, precision=args.precision)
        how = options.procedure(args, experiments.find(args.name))
        crf = options.crf_settings(args)
        infer(args.name, args.pictures, args.out, args.weights, args.only, how, crf, args.reflect)


if __name__ == "__main__":
    main()
