"""Resizing with OpenCV's other interpolations: nearest, area, cubic, Lanczos.

Bilinear is images.resize, exact to the bit, and so are nearest and area. The others have OpenCV's
weights, but its sums depend on the machine: a pixel can differ by one level.
"""

import math
from collections.abc import Callable

import numpy as np

from ...proto import caffe_pb2
from . import images

_MODES = caffe_pb2.ResizeParameter


def resample(
    image: np.ndarray, height: int, width: int, mode: int, factor: float | None = None
) -> np.ndarray:
    """Return a uint8 image (h, w, channels) in another size, by a ResizeParameter.Interp_mode.

    With `factor`, not for LINEAR, OpenCV was given that instead of the size: pixels lie 1/factor
    apart, else old size / new size.
    """
    if image.shape[:2] == (height, width) and factor is None:
        return image
    if mode == _MODES.LINEAR:
        return images.resize(image, height, width)
    if mode == _MODES.NEAREST:
        return nearest(image, height, width, factor)
    sizes = image.shape[:2], (height, width)
    growth = [factor or new / old for old, new in zip(*sizes, strict=True)]
    steps = [1 / g for g in growth]
    if mode == _MODES.AREA and min(steps) < 1:
        # OpenCV takes true areas only where neither side grows.
        return images.blend(image, *map(_area_enlarging, (height, width), growth))
    if mode == _MODES.AREA and factor is None and all(step == int(step) for step in steps):
        return _block_means(image, height, width)
    if mode == _MODES.AREA:
        wide = _area(image.swapaxes(0, 1).astype(np.float32), width, steps[1])
        return _saturate(_area(wide.swapaxes(0, 1), height, steps[0]))
    rows, columns = map(_WEIGHTS[mode], *sizes, steps)
    out = np.einsum("ij,jkc->ikc", rows, image.astype(np.float64), optimize=True)
    out = np.einsum("ij,kjc->kic", columns, out, optimize=True)
    return _saturate(out)


def _saturate(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def nearest(image: np.ndarray, height: int, width: int, factor: float | None = None) -> np.ndarray:
    """Return an image or a label map (h, w) in another size, as INTER_NEAREST; see `resample`."""
    rows, columns = (
        np.minimum((np.arange(new) * (1 / (factor or new / old))).astype(int), old - 1)
        for old, new in zip(image.shape[:2], (height, width), strict=True)
    )
    return image[rows][:, columns]


def _taps(old: int, new: int, first: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return a matrix (new, old) of weights (new, taps) from pixel `first`; ends are repeated."""
    matrix = np.zeros((new, old))
    places = np.clip(first[:, None] + np.arange(weights.shape[1]), 0, old - 1)
    np.add.at(matrix, (np.arange(new)[:, None], places), weights)
    return matrix


def _places(new: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel below each new pixel's middle, and how far beyond it that lies."""
    place = (np.arange(new) + 0.5) * step - 0.5
    first = np.floor(place)
    return first.astype(int), place - first


def _fixed(weights: np.ndarray) -> np.ndarray:
    """Return weights as OpenCV's 11-bit fixed point has them."""
    return np.rint(weights.astype(np.float32) * 2048).astype(np.float64) / 2048


def _cubic(old: int, new: int, step: float) -> np.ndarray:
    first, part = _places(new, step)
    a = -0.75
    near, far = part + 1, 2 - part
    weights = [
        ((a * near - 5 * a) * near + 8 * a) * near - 4 * a,
        ((a + 2) * part - (a + 3)) * part * part + 1,
        ((a + 2) * (1 - part) - (a + 3)) * (1 - part) ** 2 + 1,
        ((a * far - 5 * a) * far + 8 * a) * far - 4 * a,
    ]
    return _taps(old, new, first - 1, _fixed(np.stack(weights, 1)))


def _lanczos(old: int, new: int, step: float) -> np.ndarray:
    first, part = _places(new, step)
    distance = np.arange(-3, 5) - part[:, None]
    weights = np.sinc(distance) * np.sinc(distance / 4)
    return _taps(old, new, first - 3, _fixed(weights / weights.sum(1, keepdims=True)))


def _area(image: np.ndarray, new: int, step: float) -> np.ndarray:
    """Return an image of `new` rows, each the mean of `step` old ones, added up in float32."""
    old = len(image)
    start = np.arange(new)[:, None] * step
    place = start.astype(int) + np.arange(math.ceil(step) + 1)
    share = np.minimum(start + step, place + 1) - np.maximum(start, place)
    share = np.where((share > 1e-3) & (place < old), share, 0)  # OpenCV leaves slivers out
    weights = (share / np.minimum(step, old - start)).astype(np.float32)
    out = np.zeros((new, *image.shape[1:]), np.float32)
    for rows, weight in zip(np.minimum(place, old - 1).T, weights.T, strict=True):
        out += image[rows] * weight[:, None, None]
    return out


def _block_means(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the means of blocks of pixels, as OpenCV rounds them."""
    down, across = image.shape[0] // height, image.shape[1] // width
    total = image.reshape(height, down, width, across, -1).sum((1, 3), dtype=np.int64)
    if (down, across) == (2, 2):
        return ((total + 2) >> 2).astype(np.uint8)
    return np.rint(total.astype(np.float32) * np.float32(1 / (down * across))).astype(np.uint8)


def _area_enlarging(new: int, growth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what `images.blend` takes of one side."""
    first = np.floor(np.arange(new) * (1 / growth))
    part = ((np.arange(new) + 1) - (first + 1) * growth).astype(np.float32)
    return first.astype(int), np.where(part <= 0, np.float32(0), part - np.floor(part))


_WEIGHTS: dict[int, Callable[[int, int, float], np.ndarray]] = {
    _MODES.CUBIC: _cubic,
    _MODES.LANCZOS4: _lanczos,
}
