"""Resizing with OpenCV's other interpolations: nearest, area, cubic, Lanczos.

Bilinear is images.resize, exact to the bit. These are computed in float64 from OpenCV's formulas,
so a pixel can differ by one level from OpenCV's fixed-point arithmetic.
"""

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
    weights = _WEIGHTS[mode]
    if mode == _MODES.AREA and (height > image.shape[0] or width > image.shape[1]):
        weights = _area_enlarging  # OpenCV takes true areas only where both sides shrink
    rows, columns = (
        weights(old, new, 1 / factor if factor else old / new)
        for old, new in zip(image.shape[:2], (height, width), strict=True)
    )
    out = np.einsum("ij,jkc->ikc", rows, image.astype(np.float64), optimize=True)
    out = np.einsum("ij,kjc->kic", columns, out, optimize=True)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


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
    return _taps(old, new, first - 1, np.stack(weights, 1))


def _lanczos(old: int, new: int, step: float) -> np.ndarray:
    first, part = _places(new, step)
    distance = np.arange(-3, 5) - part[:, None]
    weights = np.sinc(distance) * np.sinc(distance / 4)
    return _taps(old, new, first - 3, weights / weights.sum(1, keepdims=True))


def _area(old: int, new: int, step: float) -> np.ndarray:
    edges = np.minimum(np.arange(new + 1) * step, old)
    pixel = np.arange(old)
    share = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    share = np.clip(share, 0, None)
    return share / share.sum(1, keepdims=True)


def _area_enlarging(old: int, new: int, step: float) -> np.ndarray:
    first = np.floor(np.arange(new) * step)
    part = (np.arange(new) + 1) - (first + 1) / step
    part = np.where(part <= 0, 0, part - np.floor(part))
    return _taps(old, new, first.astype(int), np.stack([1 - part, part], 1))


_WEIGHTS: dict[int, Callable[[int, int, float], np.ndarray]] = {
    _MODES.AREA: _area,
    _MODES.CUBIC: _cubic,
    _MODES.LANCZOS4: _lanczos,
}
