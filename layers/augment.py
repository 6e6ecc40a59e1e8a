"""Variations of a picture with its label maps: scale, rotation, blur, window, mirror, colours.

For nets without padding also a margin of the picture that has no labels, and fewer labels.

They come in this order. Pictures come as nets take them, their mean subtracted: what lies outside
them is 0, the mean, and void in the labels.
"""

import random
from collections.abc import Mapping

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from data.settings import IGNORE_LABEL
from layers.photometric import draw_colours, recolour

NEAREST, BILINEAR = Image.Resampling.NEAREST, Image.Resampling.BILINEAR
# Parameters of every data layer; `augment` says what they mean.
VARIATIONS = ("scale", "rotate", "blur", "margin", "crop", "mirror", "jitter", "label_stride")


def augment(
    arrays: list[np.ndarray],
    is_label: list[bool],
    draw: random.Random,
    training: bool,
    scale: tuple[float, float] | None = None,
    rotate: tuple[float, float] | None = None,
    blur: tuple[float, float] | None = None,
    margin: int | None = None,
    crop: tuple[int, int] | None = None,
    mirror: bool | None = None,
    jitter: Mapping[str, float] | None = None,
    label_stride: int | None = None,
) -> list[np.ndarray]:
    """Return a picture and its label maps, all changed alike.

    Parameters
    ----------
    arrays
        C x H x W, all of one H and W.
    is_label
        Which of them are label maps: scaled and turned by the nearest pixel, never blurred.
    draw
        Decides on all that is random.
    training
        Whether anything is random; otherwise only the middle window is cut out.
    scale
        Least and most factor of both sides.
    rotate
        Least and most angle in degrees, counter-clockwise; the size stays.
    blur
        Least and most standard deviation of a Gaussian, in pixels.
    margin
        Pixels, in training, by which a picture has more than its labels on each side: it grows by
        its reflection, and the window's margin is taken off its labels.
    crop
        Height and width of the window; smaller pictures are filled up to it.
    mirror
        Whether to flip left to right with probability 1/2.
    jitter
        How far the colours vary, all the same way (`layers.photometric.draw_colours`).
    label_stride
        In training every so many labels one is taken, down and across, the first to begin with.
    """
    if training and scale:
        arrays = resize(arrays, is_label, draw.uniform(*scale))
    if training and rotate:
        arrays = turn(arrays, is_label, draw.uniform(*rotate))
    if training and blur:
        arrays = soften(arrays, is_label, draw.uniform(*blur))
    if training and margin:
        arrays = reflect(arrays, is_label, margin)
    if crop:
        arrays = window(arrays, is_label, crop, draw if training else None)
    if training and mirror and draw.random() < 0.5:
        arrays = [a[:, :, ::-1] for a in arrays]
    if training and jitter:
        colours = draw_colours(jitter, draw)
        arrays = [a if is_label[i] else recolour(a, *colours) for i, a in enumerate(arrays)]
    if training and (margin or label_stride):
        inner = slice(margin or 0, -margin if margin else None)
        step = label_stride or 1
        arrays = [
            a[:, inner, inner][:, ::step, ::step] if is_label[i] else a
            for i, a in enumerate(arrays)
        ]
    return arrays


def reflect(arrays: list[np.ndarray], is_label: list[bool], margin: int) -> list[np.ndarray]:
    """Return pictures with a border of their reflection all round, labels with one of void."""
    around = ((0, 0), (margin, margin), (margin, margin))
    return [
        np.pad(a, around, constant_values=IGNORE_LABEL) if label else np.pad(a, around, "reflect")
        for a, label in zip(arrays, is_label, strict=True)
    ]


def resize(arrays: list[np.ndarray], is_label: list[bool], factor: float) -> list[np.ndarray]:
    """Return all arrays enlarged by `factor`: pictures bilinearly, labels by the nearest pixel."""
    height, width = arrays[0].shape[1:]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return _each_plane(arrays, is_label, lambda plane, how, _: plane.resize(size, how))


def turn(arrays: list[np.ndarray], is_label: list[bool], degrees: float) -> list[np.ndarray]:
    """Return all arrays turned counter-clockwise about the middle, at their old size."""
    return _each_plane(
        arrays, is_label, lambda plane, how, fill: plane.rotate(degrees, how, fillcolor=fill)
    )


def _each_plane(arrays, is_label, change):
    """Return the arrays with each channel changed by `change(image, interpolation, fill)`."""
    changed = []
    for values, label in zip(arrays, is_label, strict=True):
        how, fill = (NEAREST, IGNORE_LABEL) if label else (BILINEAR, 0)
        planes = [np.asarray(change(Image.fromarray(plane), how, fill)) for plane in values]
        changed.append(np.stack(planes))
    return changed


def soften(arrays: list[np.ndarray], is_label: list[bool], sigma: float) -> list[np.ndarray]:
    """Return the pictures blurred by a Gaussian of `sigma` pixels, the labels as they are."""
    return [
        a if is_label[i] else gaussian_filter(a, (0, sigma, sigma), mode="nearest")
        for i, a in enumerate(arrays)
    ]


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
