"""The colours of class numbers: PASCAL VOC's rule, CamVid's own; and label maps as palette PNGs."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from . import files

# CamVid's own colours (label_colors.txt, Brostow et al. 2009) of the 11 classes, in their order.
_CAMVID = """
808080 800000 c0c080 804080 0000c0 808000 c08080 404080 400080 404000 0080c0
"""
# KITTI's road scenes (Ros et al. 2015): the same colours, in the order of their classes.
_KITTI = """
808080 800000 804080 0000c0 404080 808000 c0c080 400080 c08080 404000 0080c0
"""
# Cityscapes' own colours (cityscapesScripts, labels.py) of the 19 classes.
_CITYSCAPES = """
804080 f423e8 464646 66669c be9999 999999 faaa1e dcdc00 6b8e23 98fb98 4682b4 dc143c ff0000 00008e
000046 003c64 005064 0000e6 770b20
"""
# ADE20K's (sceneparsing, color150.mat) of the 150 classes; grey serves twice (road, skyscraper).
_ADE20K = """
787878 b47878 06e6e6 503232 04c803 787850 8c8c8c cc05ff e6e6e6 04fa07 e005ff ebff07 96053d
787846 08ff33 ff0652 8fff8c ccff04 ff3307 cc4603 0066c8 3de6fa ff0633 0b66ff ff0747 ff09e0
0907e6 dcdcdc ff095c 7009ff 08ffd6 07ffe0 ffb806 0aff47 ff290a 07ffff e0ff08 6608ff ff3d06
ffc207 ff7a08 00ff14 ff0829 ff0599 0633ff eb0cff a09614 00a3ff 8c8c8c fa0a0f 14ff00 1fff00
ff1f00 ffe000 99ff00 0000ff ff4700 00ebff 00adff 1f00ff 0bc8c8 ff5200 00fff5 003dff 00ff70
00ff85 ff0000 ffa300 ff6600 c2ff00 008fff 33ff00 0052ff 00ff29 00ffad 0a00ff adff00 00ff99
ff5c00 ff00ff ff00f5 ff0066 ffad00 ff0014 ffb8b8 001fff 00ff3d 0047ff ff00cc 00ffc2 00ff52
000aff 0070ff 3300ff 00c2ff 007aff 00ffa3 ff9900 00ff0a ff7000 8fff00 5200ff a3ff00 ffeb00
08b8aa 8500ff 00ff5c b800ff ff001f 00b8ff 00d6ff ff0070 5cff00 00e0ff 70e0ff 46b8a0 a300ff
9900ff 47ff00 ff00a3 ffcc00 ff008f 00ffeb 85ff00 ff00eb f500ff ff007a fff500 0abed4 d6ff00
00ccff 1400ff ffff00 0099ff 0029ff 00ffcc 2900ff 29ff00 ad00ff 00f5ff 4700ff 7a00ff 00ffb8
005cff b8ff00 0085ff ffd600 19c2c2 66ff00 5c00ff
"""
_OWN = {"camvid": _CAMVID, "kitti": _KITTI, "cityscapes": _CITYSCAPES, "ade20k": _ADE20K}
NAMES = ("voc", *_OWN)


def voc_palette() -> np.ndarray:
    """Return the colour map of VOC's devkit, 256 x 3 uint8 RGB.

    Bit 3k of a number is bit 7-k of its red, bit 3k+1 of its green, bit 3k+2 of its blue.
    """
    numbers = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for k in range(8):
        for channel in range(3):
            bit = (numbers >> (3 * k + channel)) & 1
            colours[:, channel] |= (bit << (7 - k)).astype(np.uint8)
    return colours


def palette(name: str = "voc") -> np.ndarray:
    """Return the 256 x 3 uint8 RGB colours of one of NAMES; but VOC's, they leave void black."""
    if name == "voc":
        return voc_palette()
    if name not in _OWN:
        raise ValueError(f"palette {name!r}: expected one of {', '.join(NAMES)}")
    colours = np.zeros((256, 3), np.uint8)
    listed = [list(bytes.fromhex(code)) for code in _OWN[name].split()]
    colours[: len(listed)] = listed
    return colours


def write_label(path: Path, label: np.ndarray, name: str = "voc") -> None:
    """Write an H x W label map as the palette PNG `path` (see `save_label`)."""
    with files.atomic_write(path) as stream:
        save_label(stream, label, name)


def save_label(stream: BinaryIO, label: np.ndarray, name: str = "voc") -> None:
    """Write an H x W label map as a palette PNG; values 0 to 255 keep their numbers."""
    image = Image.fromarray(np.ascontiguousarray(label, np.uint8))
    image.putpalette(palette(name).tobytes())
    image.save(stream, format="PNG", optimize=False)
