"""Read untrusted pictures and MATLAB files: bounded in memory, running no code.

Only raster formats that Pillow decodes itself are opened (an EPS would start Ghostscript), sizes
are checked before pixels are decoded, and every failure is a DataError that names the file.
"""

import contextlib
import glob
import struct
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from . import files
from .errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "PPM", "WEBP", "GIF")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".tif", ".tiff", ".webp")
MAX_PIXELS = 64_000_000  # of one picture; the largest of the paper's data sets has 0.4 million
MAX_MAT = 256_000_000  # bytes of one .mat file, unpacked


def find_pictures(arguments: Iterable[str]) -> list[Path]:
    """Return the files of paths, folders (all pictures in them) and globs, each once, in order."""
    found: list[Path] = []
    for text in arguments:
        path = Path(text)
        if path.is_dir():
            new = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            new = [path] if path.is_file() else [Path(p) for p in sorted(glob.glob(text))]
        if not new:
            raise DataError(f"{text}: no such picture, folder with pictures, or matching glob")
        found += new
    found = list(dict.fromkeys(found))
    stems = Counter(path.stem for path in found)
    twice = sorted({str(p) for p in found if stems[p.stem] > 1})
    if twice:
        raise DataError(f"{', '.join(twice)}: equal names would give equal results' names")
    return found


@contextlib.contextmanager
def opened(path: str | Path, upright: bool = False) -> Iterator[Image.Image]:
    """Yield the Pillow image of `path`, its size checked, its pixels decoded.

    `upright`: turned as its EXIF data says, where a camera was held on its side.
    """
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is above ours, which names the file.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=FORMATS)
        with image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                given = f"{width}x{height} pixels"
                raise DataError(f"{path}: {given}, more than the limit of {MAX_PIXELS:,}")
            if image.format == "PNG":
                # Pillow decodes a PNG whose end is missing or damaged; verify does not pass it.
                with Image.open(path, formats=("PNG",)) as check:
                    check.verify()
            image.load()
            yield ImageOps.exif_transpose(image) if upright else image
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{path}: more pixels than the limit of {MAX_PIXELS:,}") from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        # Pillow reports broken files by any of these.
        raise DataError(f"{path}: cannot be read as a picture: {error}") from error


def read_image(path: str | Path, upright: bool = False) -> np.ndarray:
    """Return a picture or a `.npy` array as H x W x C; `upright`: see `opened`.

    Pictures are uint8: C is 3 for colour (RGB; palettes and CMYK too), 1 for gray (the upper 8 of
    16 bits), 2 or 4 with an alpha channel. An array of H x W or H x W x C numbers comes as it is,
    for any C. One that is missing, broken or too large is a DataError.
    """
    if str(path).endswith(".npy"):
        return _read_npy(path)
    with opened(path, upright) as image:
        if image.mode in ("1", "F") or image.mode.startswith("I"):
            return _pixels(path, image, "L")
        return _pixels(path, image, image.mode if image.mode in ("L", "LA", "RGBA") else "RGB")


def read_converted(path: str | Path, channels: int, upright: bool = False) -> np.ndarray:
    """Return a picture converted to 1 (gray), 3 (RGB) or 4 (RGBA) channels, H x W x C uint8."""
    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    if channels not in modes:
        raise DataError(f"{path}: {channels} channels requested, pictures have 1, 3 or 4")
    with opened(path, upright) as image:
        return _pixels(path, image, modes[channels])


def _pixels(path: str | Path, image: Image.Image, mode: str) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
            raise DataError(f"{path}: mode {image.mode}: expected 8 or 16 bits per channel")
        image = Image.fromarray((values >> 8).astype(np.uint8))  # Pillow would cut off at 255
    pixels = np.asarray(image if image.mode == mode else image.convert(mode))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def read_depth(path: str | Path) -> np.ndarray:
    """Return H x W depth in millimetres, float64, all above 0 (its logarithm is taken)."""
    with opened(path) as image:
        if not image.mode.startswith("I"):
            raise DataError(f"{path}: mode {image.mode}: expected 16-bit depth in millimetres")
        depth = np.array(image, np.float64)
    if (depth <= 0).any():
        raise DataError(f"{path}: {int((depth <= 0).sum()):,} pixels without depth (0)")
    return depth


def write_image(
    path: Path, picture: np.ndarray | Image.Image, form: str = "PNG", **options: Any
) -> None:
    """Write pixels, or a Pillow image, as a picture of the format `form`."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    with files.atomic_write(path) as stream:
        image.save(stream, format=form, **options)


def to_net(pixels: np.ndarray, mean: np.ndarray, bgr: bool = True) -> np.ndarray:
    """Return pixels H x W x C as float32 C x H x W less the mean; `bgr` reverses three of them."""
    if bgr and pixels.shape[2] == 3:
        pixels = pixels[:, :, ::-1]
    values = pixels.astype(np.float32)
    values -= mean
    return values.transpose(2, 0, 1)


def from_net(values: np.ndarray, mean: np.ndarray, bgr: bool = True) -> np.ndarray:
    """Return the H x W x C uint8 picture whose `to_net` is `values`."""
    pixels = np.clip(values + np.reshape(mean, (-1, 1, 1)), 0, 255).round().astype(np.uint8)
    return (pixels[::-1] if bgr and len(pixels) == 3 else pixels).transpose(1, 2, 0)


def _read_npy(path: str | Path) -> np.ndarray:
    # Not mapped: a file that another program cuts short while it is read would end the process.
    try:
        with open(path, "rb") as file:
            _check_npy(path, file)
            file.seek(0)
            pixels = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be read as an array: {error}") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _check_npy(path: str | Path, file: BinaryIO) -> None:
    """Refuse an .npy file by the shape and type that it announces."""
    form = np.lib.format
    version = form.read_magic(file)
    read = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
    shape, _, dtype = read(file)
    if len(shape) not in (2, 3) or dtype.kind not in "uif":
        raise DataError(
            f"{path}: array of shape {shape} and type {dtype}: "
            "expected numbers, H x W or H x W x channels"
        )
    if shape[0] * shape[1] > MAX_PIXELS:
        raise DataError(f"{path}: shape {shape}, more than {MAX_PIXELS:,} pixels")


def _inflated(data: bytes, limit: int) -> tuple[bytes, int]:
    """Return the first 8 bytes of a zlib stream and its unpacked length, counted to `limit`."""
    reader, length, head = zlib.decompressobj(), 0, b""
    while data and length <= limit and not reader.eof:
        piece = reader.decompress(data, 1 << 20)
        head = (head + piece)[:8] if len(head) < 8 else head
        length += len(piece)
        data = reader.unconsumed_tail
        if not piece and not data:
            break
    return head, length


def _check_mat(path: str | Path) -> None:
    """Refuse a MATLAB 5 file whose elements claim, or unpack to, more than MAX_MAT bytes."""
    with open(path, "rb") as stream:
        header = stream.read(128)
        if len(header) < 128 or header[126:128] not in (b"IM", b"MI"):
            raise DataError(f"{path}: is not a MATLAB 5 file")
        order = "<" if header[126:128] == b"IM" else ">"
        total = 0
        while tag := stream.read(8):
            if len(tag) < 8:
                raise DataError(f"{path}: is cut off")
            kind, length = struct.unpack(order + "II", tag)
            total += length
            body = stream.read(length) if total <= MAX_MAT else b""
            if kind == 15 and body:  # miCOMPRESSED
                head, unpacked = _inflated(body, MAX_MAT)
                claimed = struct.unpack(order + "II", head)[1] if len(head) == 8 else 0
                total += max(unpacked, claimed)
            if total > MAX_MAT:
                raise DataError(f"{path}: unpacks to more than the limit of {MAX_MAT:,} bytes")
            if len(body) < length:
                raise DataError(f"{path}: is cut off: {len(body)} bytes of {length}")


def read_mat(path: str | Path, variable: str) -> np.ndarray:
    """Return the array `variable` of a MATLAB 5 file, as scipy.io.loadmat gives it."""
    import scipy.io

    try:
        _check_mat(path)
        content = scipy.io.loadmat(path, variable_names=[variable])
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except DataError:
        raise
    except Exception as error:  # scipy's reader has no error class of its own
        raise DataError(f"{path}: cannot be read as a MATLAB file: {error}") from error
    if variable not in content:
        raise DataError(f"{path}: has no variable {variable!r}")
    return content[variable]
