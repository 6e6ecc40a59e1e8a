"""The colour map of PASCAL VOC's devkit: a class number's bits spread over R, G and B."""

import numpy as np


def voc_palette(count=256):
    """count x 3 uint8: bit 3k of a number goes to bit 7-k of red, 3k+1 to green, 3k+2 to blue."""
    numbers = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for k in range(8):
        for channel in range(3):
            bit = (numbers >> (3 * k + channel)) & 1
            colours[:, channel] |= (bit << (7 - k)).astype(np.uint8)
    return colours


def save_label(stream, label):
    """Write an H x W label map as a VOC palette PNG; values 0 to 255 keep their numbers."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(label, np.uint8))
    image.putpalette(voc_palette().tobytes())
    image.save(stream, format="PNG", optimize=False)
