"""Images as OpenCV hands them to Caffe: uint8, height x width x channels, BGR or one channel.

Files and encoded datums are decoded by Pillow; `resize` repeats the fixed-point arithmetic of
OpenCV's bilinear resize, so that a resized pixel is the same number as there.
"""

import io
import struct

import numpy as np

from ..errors import FormatError, placed, reason

COLOR, GRAY, NATIVE = "color", "gray", "native"

Places = tuple[np.ndarray, np.ndarray]

# Resize weights are 11-bit fixed point in OpenCV.
_ONE = 1 << 11

# Weights of red, green, blue, what is added, and the shift: OpenCV has libpng turn PNGs gray
# (which rounds down) and does other formats itself. JPEGs hold their brightness.
_PNG_LUMA = ((9797, 19234, 3737), 0, 15)
_LUMA = ((4899, 9617, 1868), 1 << 13, 14)


def decode(content: bytes, mode: str, name: str) -> np.ndarray:
    """Return an image as uint8 (height, width, channels), colours in BGR order.

    `mode` COLOR gives 3 channels, GRAY one, NATIVE as many as are stored (alpha included).
    FormatError, with `name` for the image, where it is none, is cut short, or is absurdly large.
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
    return blend(image, _between(old_height, height), _between(old_width, width))


def _between(old: int, new: int) -> Places:
    """Return the pixel before each new pixel's middle, and how far beyond it that lies."""
    place = ((np.arange(new) + 0.5) * (old / new) - 0.5).astype(np.float32)
    first = np.floor(place)
    return first.astype(np.int64), place - first


def blend(image: np.ndarray, rows: Places, columns: Places) -> np.ndarray:
    """Return a uint8 image of new rows and columns, each a mixture of two neighbours.

    Parameters
    ----------
    rows, columns : (first, part)
        For each new one the number of the first neighbour, which may lie outside, and the weight
        (float32) of the second.
    """
    left, right, near, far = _taps(columns, image.shape[1])
    across = (1, -1) + (1,) * (image.ndim - 2)
    wide = image.astype(np.int32)
    lines = wide[:, left] * near.reshape(across) + wide[:, right] * far.reshape(across)
    above, below, near, far = _taps(rows, image.shape[0])
    down = (-1,) + (1,) * (image.ndim - 1)
    lines >>= 4
    total = (lines[above] * near.reshape(down) >> 16) + (lines[below] * far.reshape(down) >> 16)
    return np.clip((total + 2) >> 2, 0, 255).astype(np.uint8)


def _taps(places: Places, old: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the two source positions of each output position, and their weights in 1/2048."""
    first, part = places
    far = np.rint(part * np.float32(_ONE)).astype(np.int32)
    near = np.rint((np.float32(1) - part) * np.float32(_ONE)).astype(np.int32)
    return np.clip(first, 0, old - 1), np.clip(first + 1, 0, old - 1), near, far
