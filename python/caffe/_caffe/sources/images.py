"""Images as OpenCV hands them to Caffe: uint8, height x width x channels, BGR or one channel.

Files and encoded datums are decoded by Pillow; `resize` repeats the fixed-point arithmetic of
OpenCV's bilinear resize, so that a resized pixel is the same number as there.
"""

import io
import struct

import numpy as np

from ..errors import FormatError, placed, reason

COLOR, GRAY, NATIVE = "color", "gray", "native"

# Resize weights are 11-bit fixed point in OpenCV.
_ONE = 1 << 11

# Weights of red, green, blue, what is added, and the shift: OpenCV has libpng turn PNGs gray
# (which rounds down) and does other formats itself. JPEGs hold their brightness.
_PNG_LUMA = ((9797, 19234, 3737), 0, 15)
_LUMA = ((4899, 9617, 1868), 1 << 13, 14)


def decode(content: bytes, mode: str, name: str) -> np.ndarray:
    """Return an image as uint8 (height, width, channels), colours in BGR order.

    Parameters
    ----------
    content : bytes
    mode : str
        COLOR gives 3 channels, GRAY one, NATIVE as many as are stored (alpha included).
    name : str
        What the image is called in errors.

    Raises
    ------
    FormatError
        Where it is no image, is cut short, or is absurdly large.
    """
    from PIL import Image

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content)) as image:
            pixels = _pixels(image, mode)
    except bombs as error:
        raise FormatError(f"{name}: image too large to decode: {error}") from error
    # Pillow's decoders raise nearly anything on damaged files.
    except (OSError, SyntaxError, ValueError, struct.error, EOFError, KeyError, IndexError,
            TypeError, OverflowError, MemoryError) as error:  # fmt: skip
        start = content[:4].hex(" ") or "nothing"
        raise FormatError(
            f"{name}: cannot be decoded as an image ({len(content)} bytes, starting {start}): "
            f"{str(error) or type(error).__name__}"
        ) from error
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def read(path: str, mode: str = COLOR) -> np.ndarray:
    """Return the image file at `path`; see `decode`."""
    return decode(read_bytes(path), mode, path)


def read_bytes(path: str) -> bytes:
    """Return a file's bytes, or raise FormatError naming it."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise FormatError(f"image {placed(path)} cannot be read: {reason(error)}") from error


def _pixels(image, mode: str) -> np.ndarray:
    from PIL import ImageOps

    if mode == GRAY:
        image.draft("L", image.size)  # a JPEG's stored brightness, not computed from colours
    image.load()
    kind = image.format
    if mode != NATIVE:
        # imread turns an image as its EXIF orientation says, except when reading it unchanged.
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        if mode == NATIVE:
            raise ValueError("16-bit samples, expected 8-bit")
        gray = (deep >> 8).astype(np.uint8)
        return gray if mode == GRAY else np.repeat(gray[:, :, None], 3, axis=2)
    if mode == GRAY:
        return _gray(image, *(_PNG_LUMA if kind == "PNG" else _LUMA))
    if mode == COLOR:
        return np.asarray(image.convert("RGB"))[:, :, ::-1]
    return _native(image)


def _gray(image, weights, add, shift) -> np.ndarray:
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    rgb = np.asarray(image.convert("RGB")).astype(np.uint32)
    return ((rgb @ np.array(weights, np.uint32) + add) >> shift).astype(np.uint8)


def _native(image) -> np.ndarray:
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        return np.asarray(image.convert("RGBA"))[:, :, [2, 1, 0, 3]]
    return np.asarray(image.convert("RGB"))[:, :, ::-1]


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a uint8 image resized as cv2.resize(..., INTER_LINEAR) does, to the bit.

    Pixel centres are aligned; there is no smoothing when shrinking, except that exactly half
    the size is the mean of 2x2 pixels (as OpenCV does).
    """
    old_height, old_width = image.shape[:2]
    if (old_height, old_width) == (height, width):
        return image
    if (old_height, old_width) == (2 * height, 2 * width):
        blocks = image.reshape(height, 2, width, 2, -1).sum(axis=(1, 3), dtype=np.uint32)
        return ((blocks + 2) >> 2).astype(np.uint8).reshape(height, width, *image.shape[2:])
    left, right, near, far = _taps(old_width, width)
    columns = (1, width) + (1,) * (image.ndim - 2)
    wide = image.astype(np.int32)
    rows = wide[:, left] * near.reshape(columns) + wide[:, right] * far.reshape(columns)
    above, below, near, far = _taps(old_height, height)
    lines = (height,) + (1,) * (image.ndim - 1)
    rows >>= 4
    total = (rows[above] * near.reshape(lines) >> 16) + (rows[below] * far.reshape(lines) >> 16)
    return np.clip((total + 2) >> 2, 0, 255).astype(np.uint8)


# Where OpenCV is given a factor, pixels lie 1 / factor apart; else old size / new size.


def resize_nearest(
    image: np.ndarray, height: int, width: int, factor: float | None = None
) -> np.ndarray:
    """Return an image or label map resized as cv2.resize(..., INTER_NEAREST) does."""
    at = []
    for old, new in zip(image.shape[:2], (height, width), strict=True):
        place = np.floor(np.arange(new) * (1 / (factor or new / old))).astype(np.int64)
        at.append(np.minimum(place, old - 1))
    return image[at[0][:, None], at[1]]


def resize_cubic(
    image: np.ndarray, height: int, width: int, factor: float | None = None
) -> np.ndarray:
    """Return a uint8 image resized as cv2.resize(..., INTER_CUBIC): a kernel with a = -0.75.

    Within one grey level of OpenCV, whose weights are fixed point.
    """
    return _resize_by(image, _cubic_weights, height, width, factor)


def resize_area(
    image: np.ndarray, height: int, width: int, factor: float | None = None
) -> np.ndarray:
    """Return a uint8 image shrunk as cv2.resize(..., INTER_AREA): means over the pixels' areas."""
    return _resize_by(image, _area_weights, height, width, factor)


def _resize_by(image, weights, height, width, factor) -> np.ndarray:
    rows, columns = (
        weights(old, new, 1 / factor if factor else old / new)
        for old, new in zip(image.shape[:2], (height, width), strict=True)
    )
    wide = np.einsum("ia,abc,jb->ijc", rows, image.astype(np.float64), columns, optimize=True)
    return np.clip(np.rint(wide), 0, 255).astype(np.uint8)


def _cubic_weights(old: int, new: int, step: float) -> np.ndarray:
    """Weight of each source place (columns) in each output place (rows); edges are repeated."""
    place = (np.arange(new) + 0.5) * step - 0.5
    first, a = np.floor(place).astype(np.int64) - 1, -0.75
    weights = np.zeros((new, old))
    for k in range(4):
        d = np.abs(place - (first + k))
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((d - 5) * d + 8) * d * a - 4 * a
        at = np.clip(first + k, 0, old - 1)
        np.add.at(weights, (np.arange(new), at), np.where(d <= 1, near, far))
    return weights


def _area_weights(old: int, new: int, step: float) -> np.ndarray:
    edges = np.minimum(np.arange(new + 1) * step, old)
    places = np.arange(old)
    low = np.maximum(edges[:-1, None], places)
    high = np.minimum(edges[1:, None], places + 1)
    shares = np.clip(high - low, 0, None)
    return shares / shares.sum(1, keepdims=True)


def _taps(old: int, new: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the two source positions of each output position, and their weights in 1/2048."""
    place = ((np.arange(new) + 0.5) * (old / new) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.int64)
    part = place - first.astype(np.float32)
    far = np.rint(part * np.float32(_ONE)).astype(np.int32)
    near = np.rint((np.float32(1) - part) * np.float32(_ONE)).astype(np.int32)
    return np.clip(first, 0, old - 1), np.clip(first + 1, 0, old - 1), near, far
