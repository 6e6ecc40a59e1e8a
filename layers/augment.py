"""Variations of a picture together with its label maps: scale, window, mirror, colours."""

import random
from collections.abc import Mapping

import numpy as np
from PIL import Image

from data.settings import IGNORE_LABEL
from layers.photometric import draw_colours, recolour


def augment(
    arrays: list[np.ndarray],
    is_label: list[bool],
    draw: random.Random,
    training: bool,
    crop: tuple[int, int] | None = None,
    mirror: bool | None = None,
    scale: tuple[float, float] | None = None,
    jitter: Mapping[str, float] | None = None,
) -> list[np.ndarray]:
    """Return a picture and its label maps, all changed alike.

    Parameters
    ----------
    arrays
        C x H x W, all of one H and W.
    is_label
        Which of them are label maps: scaled by the nearest pixel, filled up with void.
    draw
        Decides on scale, window and mirror.
    training
        Whether anything is random; otherwise only the middle window is cut out.
    crop
        Height and width of the window; smaller pictures are filled up to it.
    mirror
        Whether to flip left to right with probability 1/2.
    scale
        Least and most factor of both sides.
    jitter
        How far the colours vary, all the same way (`layers.photometric.draw_colours`).
    """
    if training and scale:
        arrays = resize(arrays, is_label, draw.uniform(*scale))
    if crop:
        arrays = window(arrays, is_label, crop, draw if training else None)
    if training and mirror and draw.random() < 0.5:
        arrays = [a[:, :, ::-1] for a in arrays]
    if training and jitter:
        colours = draw_colours(jitter, draw)
        arrays = [
            a if label else recolour(a, *colours) for a, label in zip(arrays, is_label, strict=True)
        ]
    return arrays


def resize(arrays: list[np.ndarray], is_label: list[bool], factor: float) -> list[np.ndarray]:
    """Return all arrays enlarged by `factor`: pictures bilinearly, labels by the nearest pixel."""
    height, width = arrays[0].shape[1:]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    resized = []
    for i, values in enumerate(arrays):
        how = Image.Resampling.NEAREST if is_label[i] else Image.Resampling.BILINEAR
        planes = [np.asarray(Image.fromarray(plane).resize(size, how)) for plane in values]
        resized.append(np.stack(planes))
    return resized


def window(
    arrays: list[np.ndarray],
    is_label: list[bool],
    crop: tuple[int, int],
    draw: random.Random | None,
) -> list[np.ndarray]:
    """Cut the same `crop` (height, width) out of all arrays, first filled up where smaller."""
    short = [max(0, want - have) for want, have in zip(crop, arrays[0].shape[1:], strict=True)]
    if any(short):
        around = ((0, 0), (0, short[0]), (0, short[1]))
        arrays = [
            np.pad(a, around, constant_values=IGNORE_LABEL if is_label[i] else 0)
            for i, a in enumerate(arrays)
        ]
    spare = [have - want for want, have in zip(crop, arrays[0].shape[1:], strict=True)]
    y, x = (draw.randint(0, s) if draw else s // 2 for s in spare)
    return [a[:, y : y + crop[0], x : x + crop[1]] for a in arrays]
