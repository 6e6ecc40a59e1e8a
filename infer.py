"""Segment pictures: label maps as palette PNGs, and overlays with a legend.

    python infer.py voc-fcn8s PICTURE|FOLDER|GLOB ... [--out DIR] [--weights W] [--gpu N]

Pictures of any size go through the experiment's deploy net at their own size. For each X.jpg the
folder --out (default: runs/NAME/infer) gets X.png, its class numbers with VOC's palette, and
X_overlay.png, the picture under the classes' colours with the names of those that occur.
`--only labels` or `--only overlays` leaves the other away.
"""

import argparse
import glob
import importlib
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers")]

import caffe  # noqa: E402
import experiments  # noqa: E402
import runfolder  # noqa: E402
from data.files import DataError, replacing  # noqa: E402
from data.palette import voc_palette  # noqa: E402
from device import use_device  # noqa: E402
from score import class_names, predict, save_prediction  # noqa: E402
from surgery import untrained  # noqa: E402

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".tif", ".tiff", ".webp")


def find_pictures(arguments):
    """The files behind paths, folders (all pictures in them) and globs, each once, in order."""
    found = []
    for text in arguments:
        path = Path(text)
        if path.is_dir():
            new = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            new = [path] if path.is_file() else [Path(p) for p in sorted(glob.glob(text))]
        if not new:
            raise DataError(f"{text}: no such picture, folder with pictures, or glob that fits any")
        found += new
    found = list(dict.fromkeys(found))
    stems = [path.stem for path in found]
    twice = sorted({str(p) for p in found if stems.count(p.stem) > 1})
    if twice:
        raise DataError(f"{', '.join(twice)}: equal names would give equal results' names")
    return found


class Segmenter:
    """An experiment's deploy net with its weights and the mean it was trained with.

    Experiments with one picture as input (not the two of NYUDv2's colour and depth).
    """

    def __init__(self, name, weights=None):
        row = experiments.find(name)
        self.data = experiments.data_of(row)
        if len(self.data.inputs) > 1:
            tops = ", ".join(top for top, _ in self.data.inputs)
            raise DataError(f"{name} takes {tops} together; infer.py gives one picture")
        ((self.input, self.channels),) = self.data.inputs
        weights = Path(weights) if weights else runfolder.weights_of(name)
        deploy = runfolder.trained_with(row, self.data)["deploy"]
        self.net = caffe.Net(str(deploy), str(weights), caffe.TEST)
        if empty := untrained(self.net):
            raise DataError(f"{weights} holds no parameters for {', '.join(empty)} of {name}")
        self.mean, self.bgr = preprocessing(self.data)

    def segment(self, pixels):
        """{score top: H x W uint8 class numbers} of an H x W x C picture, RGB where C is 3."""
        pixels = pixels.reshape(*pixels.shape[:2], -1).astype(np.float32)
        if self.channels == 3 and self.bgr:
            pixels = pixels[:, :, ::-1]
        values = (pixels - self.mean).transpose(2, 0, 1)
        blob = self.net.blobs[self.input]
        blob.reshape(1, *values.shape)
        blob.data[...] = values
        self.net.forward()
        return {h.score: predict(self.net.blobs[h.score].data[0]) for h in self.data.heads}


def preprocessing(data):
    """(mean to subtract, whether channels are turned to BGR) as the data set's layer does it."""
    if "hha" in data.common.get("tops", ()):
        return importlib.import_module(data.module).MEAN_HHA, False
    if "mean" in data.common:
        return np.array(data.common["mean"]), True
    return np.array(importlib.import_module(data.module).MEAN_BGR), True


def read(path, channels):
    """A picture's pixels in the net's channels (gray pictures are spread over three)."""
    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    if channels not in modes:
        raise DataError(f"{path}: the net takes {channels} channels, pictures have 1, 3 or 4")
    try:
        with Image.open(path) as image:
            return np.array(image.convert(modes[channels]))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as e:
        raise DataError(f"{path}: cannot be read as a picture: {e}") from e


def overlay(pixels, label, names, opacity=0.55):
    """The picture under its classes' colours, with a legend below; a Pillow image.

    pixels: H x W x 3 (or H x W); label: H x W; the first class, where it is called background,
    is left uncoloured.
    """
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    palette = voc_palette(256)
    coloured = palette[label] * opacity + pixels[:, :, :3] * (1 - opacity)
    plain = (label == 0) & (names[0] == "background")
    mixed = np.where(plain[:, :, None], pixels[:, :, :3], coloured).astype(np.uint8)
    present = [int(c) for c in np.unique(label)]
    return with_legend(Image.fromarray(mixed), [(names[c], tuple(palette[c])) for c in present])


def with_legend(image, entries, row=16, gap=6):
    """The image with a strip below it: a square of each colour and its name."""
    ruler = ImageDraw.Draw(image)
    lines, x = [[]], gap
    for name, colour in entries:
        width = row + gap + int(ruler.textlength(name)) + 2 * gap
        if x + width > image.width and lines[-1]:
            lines.append([])
            x = gap
        lines[-1].append((x, name, colour))
        x += width
    width = max(x + row + 2 * gap + int(ruler.textlength(name)) for (x, name, _), *_ in lines)
    size = (max(image.width, width), image.height + len(lines) * (row + gap) + gap)
    whole = Image.new("RGB", size, "white")
    whole.paste(image)
    draw = ImageDraw.Draw(whole)
    for i, line in enumerate(lines):
        y = image.height + gap + i * (row + gap)
        for x, name, colour in line:
            fill = tuple(int(c) for c in colour)
            draw.rectangle((x, y, x + row, y + row), fill=fill, outline="gray")
            draw.text((x + row + gap, y + 2), name, fill="black")
    return whole


def write(out, path, pixels, labels, data, only):
    """Save what `segment` found for one picture; returns the files written."""
    written = []
    for head in data.heads:
        stem = path.stem + (head.suffix if len(data.heads) > 1 else "")
        if only != "overlays":
            written.append(out / f"{stem}.png")
            save_prediction(written[-1], labels[head.score])
        if only != "labels":
            written.append(out / f"{stem}_overlay.png")
            picture = overlay(pixels, labels[head.score], class_names(head))
            with replacing(written[-1]) as stream:
                picture.save(stream, format="PNG")
    return written


def infer(name, arguments, out=None, weights=None, only=None, log=print):
    """Segment all pictures that `arguments` name; returns the files written."""
    pictures = find_pictures(arguments)
    out = Path(out) if out else runfolder.folder(name) / "infer"
    segmenter = Segmenter(name, weights)
    written = []
    for path in pictures:
        pixels = read(path, segmenter.channels)
        began = time.perf_counter()
        labels = segmenter.segment(pixels)
        took = time.perf_counter() - began
        new = write(out, path, pixels, labels, segmenter.data, only)
        written += new
        size = f"{pixels.shape[1]} x {pixels.shape[0]}"
        log(f"{path}  {size}  {took:.2f} s -> {', '.join(p.name for p in new)}")
    log(f"{len(pictures)} pictures in {out}")
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", help="an experiment (`python experiments.py` lists them)")
    parser.add_argument("pictures", nargs="+", help="files, folders or globs")
    parser.add_argument("--out", metavar="DIR", help="where to write (default: runs/NAME/infer)")
    parser.add_argument("--weights", help="caffemodel (default: the run's best, else its last)")
    parser.add_argument("--only", choices=("labels", "overlays"), help="write only these")
    parser.add_argument("--gpu", type=int, help="CUDA device (default: the first, if there is one)")
    args = parser.parse_args()
    try:
        use_device(args.gpu)
        infer(args.name, args.pictures, args.out, args.weights, args.only)
    except (DataError, KeyError, ValueError, RuntimeError) as e:
        sys.exit(f"infer: {e.args[0] if e.args else e}")


if __name__ == "__main__":
    main()
