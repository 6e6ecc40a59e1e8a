"""Variations of a picture's colours in training: brightness, contrast, saturation, hue.

Each is linear, so that together they are one 3 x 3 matrix and one offset for all pixels. Pictures
are BGR, 0 to 255, less a mean colour; as that is close to grey, contrast and saturation are taken
about it.
"""

import math
import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from data.text import did_you_mean

KINDS = ("brightness", "contrast", "saturation", "hue")

# NTSC's YIQ from BGR: Y is the luma, the angle of (I, Q) the hue, their length the saturation.
_YIQ = np.array([[0.114, 0.587, 0.299], [-0.3213, -0.2744, 0.5957], [0.3111, -0.5226, 0.2115]])
_BGR = np.linalg.inv(_YIQ)


def draw_colours(spread: Mapping[str, float], draw: random.Random) -> tuple[np.ndarray, float]:
    """Return a random matrix (3 x 3) and offset that vary a BGR picture's colours.

    Parameters
    ----------
    spread
        By kind, the largest variation: `brightness` adds up to so many times 255 to every channel,
        either way; `contrast` and `saturation` multiply by 1 plus or minus up to so much; `hue`
        turns by up to so many full circles.
    draw
        Decides, with one number of each kind whether it is in `spread` or not.
    """
    amount = {kind: spread.get(kind, 0) * draw.uniform(-1, 1) for kind in KINDS}
    angle, saturation = 2 * math.pi * amount["hue"], 1 + amount["saturation"]
    turn = np.eye(3)
    turn[1:, 1:] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    turn[1:] *= saturation
    return (1 + amount["contrast"]) * (_BGR @ turn @ _YIQ), 255 * amount["brightness"]


def complaint(spread: Any) -> str:
    """Return what is wrong with a layer's `jitter`, "" where it can be used."""
    if not isinstance(spread, dict):
        return f"jitter {spread!r}: expected a dict of {', '.join(KINDS)}"
    for kind, most in spread.items():
        if kind not in KINDS:
            near = did_you_mean(kind, KINDS)
            return f"jitter: unknown kind {kind!r}{near} (known: {', '.join(KINDS)})"
        if not isinstance(most, (int, float)) or not 0 <= most <= 1:
            return f"jitter: {kind} {most!r}: expected a number from 0 to 1"
    return ""


def recolour(picture: np.ndarray, matrix: np.ndarray, offset: float) -> np.ndarray:
    """Return `picture` (3 x H x W) with every pixel multiplied by `matrix`, plus `offset`."""
    flat = matrix.astype(picture.dtype) @ picture.reshape(3, -1)
    flat += picture.dtype.type(offset)
    return flat.reshape(picture.shape)
