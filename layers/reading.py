"""Reading pictures and labels from files; every problem names the file and what was expected.

Also the one rule for paths in a prototxt (`locate`). NumPy, Pillow and SciPy only.
"""

import os
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

from data.files import DataError, read_list
from data.settings import VARIABLE, data_dir

VOID = 255  # what every label map calls the pixels that do not count

MODES = {1: ("L",), 3: ("RGB",), 4: ("RGBA", "CMYK")}  # channels: Pillow modes


def locate(path):
    """A path as a prototxt may give it, made absolute.

    `pascal/VOC2011` lies in the data folder ($FCN_DATA, else data/ of the root), so that a
    committed prototxt follows the setting; `./x`, `../x` and absolute paths are taken as they
    are, relative to the current folder, as in the authors' prototxts.
    """
    text = str(path)
    if os.path.isabs(text) or text.split("/")[0] in (".", ".."):
        return Path(text).resolve()
    return data_dir() / text


def names(path, key=None):
    """The lines of a list file; a missing or empty one says which setting to look at."""
    if not path.is_file():
        where = f" (parameter {key!r})" if key else ""
        raise DataError(
            f"{path}: no such list of pictures{where}; the data folder is {data_dir()} "
            f"(${VARIABLE}), `python -m data list` says how to fill it"
        )
    found = read_list(path)
    if not found:
        raise DataError(f"{path}: the list of pictures is empty")
    return found


def pixels(path, expected):
    """The picture's pixels as Pillow gives them, H x W or H x W x C uint8 (or wider integers)."""
    try:
        with Image.open(path) as image:
            if image.mode not in expected:
                raise DataError(
                    f"{path}: its mode is {image.mode}, expected {' or '.join(expected)}"
                )
            return np.array(image)
    except FileNotFoundError:
        raise DataError(f"{path}: no such picture") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as e:
        raise DataError(f"{path}: cannot be read as a picture: {e}") from e


def picture(path, mean, channels=3, bgr=True):
    """A picture as the nets want it: float32 C x H x W, BGR where it is RGB, minus `mean`.

    `bgr=False` leaves the order of three channels as stored.

    `.npy` files (H x W x C) serve for channel counts that no picture format has.
    """
    if Path(path).suffix == ".npy":
        raw = array(path, channels)
    else:
        raw = pixels(path, MODES.get(channels, ()))
    if channels == 3 and bgr:
        raw = raw[:, :, ::-1]
    values = raw.reshape(*raw.shape[:2], channels).astype(np.float32)
    values -= mean
    return values.transpose(2, 0, 1)


def array(path, channels):
    """An H x W x channels array from a `.npy` file that holds numbers, not objects."""
    try:
        raw = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path}: no such array") from None
    except (OSError, ValueError, EOFError) as e:
        raise DataError(f"{path}: cannot be read as an array: {e}") from e
    if raw.ndim != 3 or raw.shape[2] != channels or raw.dtype.kind not in "uif":
        raise DataError(
            f"{path}: {raw.dtype} of shape {raw.shape}, expected numbers H x W x {channels}"
        )
    return raw


def label_png(path):
    """An H x W uint8 label map from a palette or gray PNG: the stored numbers are the classes."""
    raw = pixels(path, ("P", "L", "I;16", "I"))
    if raw.min() < 0 or raw.max() > 255:
        raise DataError(f"{path}: labels {raw.min()} to {raw.max()}, expected 0 to 255")
    return raw.astype(np.uint8)


def mat(path, *keys):
    """The 2-D array under `keys` (nested structs) of a MATLAB file."""
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        value = scipy.io.loadmat(path, variable_names=keys[:1])
        for key in keys:
            value = value[key][0, 0] if getattr(value, "dtype", None) is not None else value[key]
    except (KeyError, ValueError, IndexError) as e:
        raise DataError(f"{path}: expected the variable {'.'.join(keys)}: {e}") from e
    except Exception as e:  # SciPy raises its own and zlib's errors on a damaged file
        raise DataError(f"{path}: cannot be read as a MATLAB file: {e}") from e
    if value.ndim != 2:
        raise DataError(f"{path}: {'.'.join(keys)} has shape {value.shape}, expected H x W")
    return value


def check_size(path, size, expected):
    """Hold a label map or second picture to the first picture's (height, width)."""
    if tuple(size) != tuple(expected):
        raise DataError(
            f"{path}: {size[0]} x {size[1]} pixels (height x width), its picture has "
            f"{expected[0]} x {expected[1]}"
        )


def check_label(path, label, classes):
    """Hold a label map to the class count (None: unknown)."""
    if classes is None:
        return
    counted = label[label != VOID]
    if counted.size and counted.max() >= classes:
        worst = int(counted.max())
        raise DataError(
            f"{path}: label {worst} on {int((label == worst).sum())} pixels, but there are "
            f"{classes} classes (0 to {classes - 1}); {VOID} is the ignore label"
        )


def shifted(path, stored):
    """Labels stored as 1 to C with 0 or less for void, as 0 to C - 1 with VOID."""
    label = stored.astype(np.int32) - 1
    label[label < 0] = VOID
    if label.max() > 255:
        raise DataError(f"{path}: stored label {label.max() + 1}, expected at most 256")
    return label
