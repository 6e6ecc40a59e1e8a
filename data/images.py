"""Reading pictures and MATLAB files that strangers made: bounded in memory, running nothing.

Only raster formats that Pillow decodes itself are opened (an EPS would start Ghostscript), sizes
are looked at before pixels are, and every failure is a DataError that names the file.
"""

import contextlib
import struct
import warnings
import zlib

import numpy as np
from PIL import Image

from .files import DataError

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "PPM", "WEBP", "GIF")
MAX_PIXELS = 64_000_000  # of one picture; the largest of the paper's data sets has 0.4 million
MAX_MAT = 256_000_000  # bytes of one .mat file, unpacked


@contextlib.contextmanager
def opened(path):
    """The Pillow image of `path`, its size checked, its pixels decoded."""
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is above ours, which speaks of the file.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=FORMATS)
        with image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(
                    f"{path}: {width}x{height} pixels, more than the limit of {MAX_PIXELS:,}"
                )
            if image.format == "PNG":
                _check_png(path)
            image.load()
            yield image
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{path}: more pixels than the limit of {MAX_PIXELS:,}") from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        # Pillow reports broken files by any of these.
        raise DataError(f"{path}: cannot be read as a picture: {error}") from error


def _check_png(path):
    """Hold every chunk of a PNG to its checksum: Pillow shows a picture whose end is missing."""
    with open(path, "rb") as stream:
        stream.seek(8)
        kind = b""
        while kind != b"IEND":
            header = stream.read(8)
            length, kind = struct.unpack(">I4s", header) if len(header) == 8 else (0, b"")
            body = stream.read(length) if length <= MAX_PIXELS * 8 else b""
            checksum = stream.read(4)
            if len(body) < length or len(checksum) < 4:
                raise DataError(f"{path}: is cut off: no end of the picture")
            if zlib.crc32(kind + body) != struct.unpack(">I", checksum)[0]:
                raise DataError(f"{path}: is damaged: wrong checksum of a {kind!r} chunk")


def read_image(path):
    """H x W x C of a picture or of a `.npy` array.

    A picture gives uint8: C is 3 for colour (palettes and CMYK too), 1 for gray, 2 or 4 with an
    alpha channel. An array of H x W or H x W x C numbers is given as it is, for any C.
    """
    if str(path).endswith(".npy"):
        return _read_npy(path)
    with opened(path) as image:
        mode = "L" if image.mode in ("1", "L") else image.mode
        mode = mode if mode in ("L", "LA", "RGBA") else "RGB"
        pixels = np.asarray(image if image.mode == mode else image.convert(mode))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _read_npy(path):
    try:
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be read as an array: {error}") from error
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "uif":
        raise DataError(
            f"{path}: array of shape {pixels.shape} and type {pixels.dtype}: "
            "expected numbers, H x W or H x W x channels"
        )
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise DataError(f"{path}: shape {pixels.shape}, more than {MAX_PIXELS:,} pixels")
    pixels = np.array(pixels)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _inflated(data, limit):
    """(first 8 bytes, length) of a zlib stream, counted without keeping it, up to `limit`."""
    reader, length, head = zlib.decompressobj(), 0, b""
    while data and length <= limit and not reader.eof:
        piece = reader.decompress(data, 1 << 20)
        head = (head + piece)[:8] if len(head) < 8 else head
        length += len(piece)
        data = reader.unconsumed_tail
        if not piece and not data:
            break
    return head, length


def _check_mat(path):
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
            if total > MAX_MAT:
                raise DataError(f"{path}: unpacks to more than the limit of {MAX_MAT:,} bytes")
            body = stream.read(length)
            if len(body) < length:
                raise DataError(f"{path}: is cut off: {len(body)} bytes of {length}")
            if kind == 15:  # miCOMPRESSED
                head, unpacked = _inflated(body, MAX_MAT)
                claimed = struct.unpack(order + "II", head)[1] if len(head) == 8 else 0
                total += max(unpacked, claimed)
                if total > MAX_MAT:
                    raise DataError(f"{path}: unpacks to more than the limit of {MAX_MAT:,} bytes")


def read_mat(path, variable):
    """The array `variable` of a MATLAB 5 file, as scipy.io.loadmat gives it."""
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
