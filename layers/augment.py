"""Variations of a picture together with its label maps: scale, window, mirror."""

import numpy as np
from PIL import Image

from layers.reading import VOID


def vary(arrays, is_label, draw, training, crop=None, mirror=None, scale=None):
    """Vary C x H x W arrays alike; `is_label` says which are label maps.

    draw      the random.Random to decide by
    crop      (height, width): a random window in training, else the middle one
    mirror    flip left to right with probability 1/2, in training
    scale     (least, most) factor of both sides, in training
    """
    if training and scale:
        arrays = resize(arrays, is_label, draw.uniform(*scale))
    if crop:
        arrays = window(arrays, is_label, crop, draw if training else None)
    if training and mirror and draw.random() < 0.5:
        arrays = [a[:, :, ::-1] for a in arrays]
    return arrays


def resize(arrays, is_label, factor):
    """All arrays enlarged by `factor`: pictures bilinearly, labels by the nearest pixel."""
    height, width = arrays[0].shape[1:]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    resized = []
    for i, values in enumerate(arrays):
        how = Image.Resampling.NEAREST if is_label[i] else Image.Resampling.BILINEAR
        planes = [np.asarray(Image.fromarray(plane).resize(size, how)) for plane in values]
        resized.append(np.stack(planes))
    return resized


def window(arrays, is_label, crop, draw):
    """The same `crop` (height, width) out of all arrays, first filled up where they are smaller."""
    short = [max(0, want - have) for want, have in zip(crop, arrays[0].shape[1:], strict=True)]
    if any(short):
        around = ((0, 0), (0, short[0]), (0, short[1]))
        arrays = [
            np.pad(a, around, constant_values=VOID if is_label[i] else 0)
            for i, a in enumerate(arrays)
        ]
    spare = [have - want for want, have in zip(crop, arrays[0].shape[1:], strict=True)]
    y, x = (draw.randint(0, s) if draw else s // 2 for s in spare)
    return [a[:, y : y + crop[0], x : x + crop[1]] for a in arrays]
