"""Statistics: pixels per class, sizes, means, and the upper bound on a coarse net's mean IU.

The upper bound (FCN, CVPR 2015, appendix A): the truth, reduced by a factor and brought back,
scored as if it were a net's output. Reduced: each class's share of a factor x factor cell; brought
back: bilinear, as the nets' upsampling, then the class with the largest share. Void is left out.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from PIL import Image

from . import files, parallel
from .errors import DataError
from .metrics import confusion, mean_iu
from .settings import IGNORE_LABEL

FACTORS = (128, 64, 32, 16, 8, 4)
PAPER = {128: 50.9, 64: 73.3, 32: 86.1, 16: 92.8, 8: 96.4, 4: 98.5}  # a subset of VOC 2011 val


@dataclass
class Tally:
    """Sums over pairs; + adds two."""

    pairs: int = 0
    counts: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))  # pixels per label
    holding: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))  # pictures with it
    sizes: dict = field(default_factory=dict)  # (height, width): pictures
    sums: dict = field(default_factory=dict)  # input: per-channel sums, then the pixel count
    confusion: dict = field(default_factory=dict)  # factor: C x C, rows truth

    def __iadd__(self, other):
        self.pairs += other.pairs
        self.counts += other.counts
        self.holding += other.holding
        for name in ("sizes", "sums", "confusion"):
            mine = getattr(self, name)
            for key, value in getattr(other, name).items():
                mine[key] = mine[key] + value if key in mine else value
        return self


def coarse(label, factor, classes):
    """Return the label map after reduction by `factor` and back; H x W, of 0 to classes - 1.

    A cell without any labelled pixel has no shares; where no class has one, 0 is taken.
    """
    height, width = label.shape
    across = [-(-side // factor) for side in (height, width)]
    padded = np.full([side * factor for side in across], IGNORE_LABEL, np.uint8)
    padded[:height, :width] = label
    cells = padded.reshape(across[0], factor, across[1], factor)
    best, winner = np.full(label.shape, -1.0, np.float32), np.zeros(label.shape, np.uint8)
    known = np.maximum((cells != IGNORE_LABEL).sum((1, 3)), 1).astype(np.float32)
    for k in np.unique(label[label < classes]):
        share = Image.fromarray((cells == k).sum((1, 3)).astype(np.float32) / known)
        resized = share.resize((padded.shape[1], padded.shape[0]), Image.Resampling.BILINEAR)
        back = np.asarray(resized)[:height, :width]
        better = back > best
        best[better], winner[better] = back[better], k
    return winner


def _measure(data_set, classes, factors, pair):
    """Return the Tally of one pair."""
    label, _ = data_set.reader.read(pair.label)
    if (beyond := (label >= classes) & (label != IGNORE_LABEL)).any():
        raise DataError(
            f"{pair.label}: label {label[beyond][0]}, expected 0 to {classes - 1} or 255: "
            f"run `python -m data check {data_set.name}`"
        )
    tally = Tally(1, np.bincount(label.ravel(), minlength=256))
    tally.holding = (tally.counts > 0).astype(np.int64)
    tally.sizes = {label.shape: 1}
    for name, pixels in data_set.inputs(pair).items():
        flat = pixels.reshape(-1, pixels.shape[-1]).astype(np.float64)
        tally.sums[name] = np.append(flat.sum(0), len(flat))
    for factor in factors:
        tally.confusion[factor] = confusion(label, coarse(label, factor, classes), classes)
    return tally


def measure(data_set, data, split, factors=FACTORS):
    """Return the Tally of one Split."""
    look = partial(_measure, data_set, len(data_set.classes(data)), factors)
    total = Tally()
    for tally in parallel.run(look, split.pairs, f"stats {split.name}"):
        total += tally
    return total


def summary(data_set, data, split, tally):
    """Return the figures of one split as plain values, for JSON; means are RGB, as files are."""
    names = data_set.classes(data)
    labelled = max(int(tally.counts[: len(names)].sum()), 1)
    return {
        "split": split.name,
        "pictures": tally.pairs,
        "pixels": int(tally.counts.sum()),
        "labelled": labelled / max(int(tally.counts.sum()), 1),
        "classes": [
            {
                "name": name,
                "pixels": int(tally.counts[k]),
                "share": int(tally.counts[k]) / labelled,
                "pictures": int(tally.holding[k]),
            }
            for k, name in enumerate(names)
        ],
        "sizes": {f"{w}x{h}": n for (h, w), n in sorted(tally.sizes.items())},
        "mean": {name: (sums[:-1] / sums[-1]).tolist() for name, sums in tally.sums.items()},
        "bound": {str(f): mean_iu(matrix) for f, matrix in tally.confusion.items()},
    }


def report(figures):
    """Return the figures of one split as lines of text."""
    lines = [
        f"split {figures['split']}: {figures['pictures']:,} pictures, "
        f"{100 * figures['labelled']:.1f}% of their pixels labelled"
    ]
    wide = max(len(item["name"]) for item in figures["classes"])
    lines += [f"  {'class':{wide}}  {'pixels':>13}  share    in pictures"]
    for item in figures["classes"]:
        lines.append(
            f"  {item['name']:{wide}}  {item['pixels']:13,}  {100 * item['share']:5.2f}%  "
            f"{item['pictures']:7,}" + ("" if item["pixels"] else "  (never occurs)")
        )
    common = sorted(figures["sizes"].items(), key=lambda entry: -entry[1])
    shown = ", ".join(f"{size} ({count:,})" for size, count in common[:5])
    more = f", and {len(common) - 5:,} more" if len(common) > 5 else ""
    lines.append(f"  sizes: {shown}{more}")
    for name, values in figures["mean"].items():
        order = ", ".join(f"{v:.3f}" for v in values)
        turned = ", ".join(f"{v:.3f}" for v in reversed(values))
        both = f"RGB ({order}), BGR ({turned})" if len(values) == 3 else f"({order})"
        lines.append(f"  mean {name}: {both}")
    if figures["bound"]:
        lines.append("  upper bound on mean IU, truth reduced and brought back:")
        lines.append("    factor  " + "".join(f"{f:>7}" for f in figures["bound"]))
        row = "".join(f"{100 * v:7.1f}" for v in figures["bound"].values())
        lines.append("    here    " + row)
        paper = "".join(f"{PAPER.get(int(f), float('nan')):7.1f}" for f in figures["bound"])
        lines.append("    paper   " + paper + "   (a subset of VOC 2011 val)")
    return lines


def plot(figures, path):
    """Draw the classes' shares in each split, as the name's ending says; needs matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DataError("plots need matplotlib: pip install matplotlib") from error
    names = [item["name"] for item in figures[0]["classes"]]
    place = np.arange(len(names))
    figure = Figure(figsize=(7, 1.2 + 0.24 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(figures)
    for number, part in enumerate(figures):
        shares = [100 * item["share"] for item in part["classes"]]
        axes.barh(place + number * height, shares, height, label=part["split"])
    axes.set_yticks(place + 0.4 - height / 2, names)
    axes.invert_yaxis()
    axes.set_xlabel("% of labelled pixels")
    axes.legend()
    form = path.suffix.removeprefix(".")
    if form not in figure.canvas.get_supported_filetypes():
        raise DataError(f"{path}: expected a name that ends in .png or .svg")
    with files.atomic_write(path) as stream:
        figure.savefig(stream, dpi=150, format=form)
