"""The colours of class numbers: PASCAL VOC's rule, CamVid's own; and label maps as palette PNGs."""

from typing import BinaryIO

import numpy as np
from PIL import Image

# CamVid's own colours (label_colors.txt, Brostow et al. 2009) of the 11 classes, in their order.
_CAMVID = (
    (128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (0, 0, 192), (128, 128, 0),
    (192, 128, 128), (64, 64, 128), (64, 0, 128), (64, 64, 0), (0, 128, 192),
)  # fmt: skip


def voc_palette(count: int = 256) -> np.ndarray:
    """Return the colour map of VOC's devkit.

    Parameters
    ----------
    count
        Number of colours.

    Returns
    -------
    ndarray
        count x 3, uint8, RGB: bit 3k of a number goes to bit 7-k of red, 3k+1 to green, 3k+2 to
        blue.
    """
    numbers = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for k in range(8):
        for channel in range(3):
            bit = (numbers >> (3 * k + channel)) & 1
            colours[:, channel] |= (bit << (7 - k)).astype(np.uint8)
    return colours


def palette(name: str = "voc") -> np.ndarray:
    """Return the 256 x 3 uint8 RGB colours of a palette: "voc" or "camvid" (void is black)."""
    if name == "voc":
        return voc_palette()
    if name == "camvid":
        colours = np.zeros((256, 3), np.uint8)
        colours[: len(_CAMVID)] = _CAMVID
        return colours
    raise ValueError(f"palette {name!r}: expected voc or camvid")


def save_label(stream: BinaryIO, label: np.ndarray, name: str = "voc") -> None:
    """Write an H x W label map as a palette PNG; values 0 to 255 keep their numbers."""
    image = Image.fromarray(np.ascontiguousarray(label, np.uint8))
    image.putpalette(palette(name).tobytes())
    image.save(stream, format="PNG", optimize=False)
