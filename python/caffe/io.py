"""Images in, blobs and datums across, and the preprocessing between the two.

Images are float32 arrays H x W x K, RGB, in [0, 1]; net inputs are K x H x W in whatever range
and channel order the net was trained with. `Transformer` goes from the one to the other.

Pillow and SciPy are imported where they are used: `import caffe` alone stays fast.
"""

import numpy as np

from ._caffe.formats.proto_arrays import (  # noqa: F401
    array_to_blobproto,
    array_to_datum,
    arraylist_to_blobprotovector_str,
    blobproto_to_array,
    blobprotovector_str_to_arraylist,
    datum_to_array,
)

# Luma weights (ITU-R BT.709) with which scikit-image, and so BVLC's load_image, greys an image.
_LUMA = np.array([0.2125, 0.7154, 0.0721])


class Transformer:
    """Turns H x W x K images into net inputs, and back.

    `inputs` maps the name of each input blob to its shape (N, K, H, W). The steps, each left
    out until it is set, in their order: resize, transpose, channel swap, raw scale, mean
    subtraction, input scale.
    """

    def __init__(self, inputs):
        self.inputs = inputs
        self.transpose = {}
        self.channel_swap = {}
        self.raw_scale = {}
        self.mean = {}
        self.input_scale = {}

    def preprocess(self, in_, data):
        """Return `data` (H' x W' x K) as a float32 array for input blob `in_`; `data` is kept."""
        self._check_input(in_)
        size = tuple(self.inputs[in_][2:])
        array = np.array(data, dtype=np.float32)
        if array.shape[:2] != size:
            array = resize_image(array, size)
        if in_ in self.transpose:
            array = array.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            array = array[list(self.channel_swap[in_])]
        if in_ in self.raw_scale:
            array *= self.raw_scale[in_]
        if in_ in self.mean:
            array -= self.mean[in_]
        if in_ in self.input_scale:
            array *= self.input_scale[in_]
        return array

    def deprocess(self, in_, data):
        """Undo `preprocess` except for the resizing: an image from the values of blob `in_`."""
        self._check_input(in_)
        array = data.copy().squeeze()
        if in_ in self.transpose or in_ in self.channel_swap:
            # A single channel must stay an axis where axes are to be moved.
            array = array.reshape(data.shape[-3:])
        if in_ in self.input_scale:
            array = array / self.input_scale[in_]
        if in_ in self.mean:
            array = array + self.mean[in_]
        if in_ in self.raw_scale:
            array = array / self.raw_scale[in_]
        if in_ in self.channel_swap:
            array = array[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            array = array.transpose(np.argsort(self.transpose[in_]))
        return array.astype(data.dtype, copy=False)

    def set_transpose(self, in_, order):
        """Order of axes: (2, 0, 1) makes H x W x K into K x H x W."""
        self._check_input(in_)
        axes = len(self.inputs[in_]) - 1
        if len(order) != axes:
            raise ValueError(f"transpose order {order} needs {axes} axes, as input {in_!r} has")
        self.transpose[in_] = order

    def set_channel_swap(self, in_, order):
        """Order of channels after the transpose: (2, 1, 0) makes RGB into BGR."""
        self._check_input(in_)
        channels = self.inputs[in_][1]
        if len(order) != channels:
            raise ValueError(
                f"channel order {order} needs {channels} channels, as input {in_!r} has"
            )
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_, scale):
        """Factor before the mean is subtracted: 255 for nets trained on [0, 255]."""
        self._check_input(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_, mean):
        """Mean to subtract: one value per channel, or an array K x H x W or H x W.

        An array of another size than the input is resized to it.
        """
        self._check_input(in_)
        shape = tuple(self.inputs[in_][1:])
        if mean.ndim not in (1, 2, 3):
            raise ValueError(f"mean shape {mean.shape} is none of K, H x W and K x H x W")
        channels = 1 if mean.ndim == 2 else mean.shape[0]
        if channels != shape[0]:
            raise ValueError(
                f"mean has {channels} channels (shape {mean.shape}), input {in_!r} has {shape[0]}"
            )
        if mean.ndim == 1:
            mean = mean[:, np.newaxis, np.newaxis]
        elif mean.shape[-2:] != shape[1:]:
            image = mean.reshape((channels,) + mean.shape[-2:]).transpose(1, 2, 0)
            mean = resize_image(image, shape[1:]).transpose(2, 0, 1)
        self.mean[in_] = mean

    def set_input_scale(self, in_, scale):
        """Factor after the mean is subtracted."""
        self._check_input(in_)
        self.input_scale[in_] = scale

    def _check_input(self, in_):
        if in_ not in self.inputs:
            raise ValueError(f"{in_!r} is not one of the net inputs {list(self.inputs)}")


def load_image(filename, color=True):
    """Load an image; alpha is dropped, palettes are resolved.

    Parameters
    ----------
    filename : str or path
    color : bool
        Return RGB, of a grey image by repetition; otherwise one channel.

    Returns
    -------
    ndarray of float32
        H x W x 3, or H x W x 1, in [0, 1].

    Raises
    ------
    OSError
        With the file's name, where it is not an image or is cut short.
    """
    from PIL import Image

    try:
        with Image.open(filename) as image:
            pixels = _pixels(image)
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise OSError(f"cannot read image {filename}: {problem}") from problem
    if pixels.ndim == 3 and not color:
        pixels = pixels @ _LUMA
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
        if color:
            pixels = np.tile(pixels, (1, 1, 3))
    return pixels.astype(np.float32)


def resize_image(im, new_dims, interp_order=1):
    """Resize an image as BVLC's io.py does.

    That is scikit-image's way for one or three channels and SciPy's for other counts, and these
    differ: the first aligns the borders of the images, the second the centres of their corner
    pixels. Neither smooths when it shrinks.

    Parameters
    ----------
    im : ndarray
        H x W x K.
    new_dims : (int, int)
        Height and width.
    interp_order : int
        The degree of the splines; 1 is linear.

    Returns
    -------
    ndarray of float32
    """
    from scipy import ndimage

    new_dims = tuple(int(n) for n in new_dims)
    scale = tuple(new / old for new, old in zip(new_dims, im.shape[:2], strict=True)) + (1,)
    if im.shape[-1] not in (1, 3):
        return ndimage.zoom(im, scale, order=interp_order).astype(np.float32)
    low, high = float(im.min()), float(im.max())
    if low == high:
        return np.full(new_dims + im.shape[-1:], low, dtype=np.float32)
    # Beyond its border the image continues with its minimum: BVLC resizes (im - min) with zeros.
    resized = ndimage.zoom(
        im.astype(np.float64),
        scale,
        order=interp_order,
        mode="grid-constant",
        cval=low,
        grid_mode=True,
    )
    return np.clip(resized, low, high).astype(np.float32)


def oversample(images, crop_dims):
    """Ten crops of each image: corners, centre, and these mirrored.

    The corners come in the order top left, top right, bottom left, bottom right.

    Parameters
    ----------
    images : sequence of ndarray
        H x W x K, all of one size.
    crop_dims : (int, int)
        Height and width of a crop.

    Returns
    -------
    ndarray of float32
        (10 N) x height x width x K.
    """
    height, width = (int(n) for n in crop_dims)
    rows, columns, channels = images[0].shape
    if height > rows or width > columns:
        raise ValueError(f"cannot crop {height} x {width} from images of {rows} x {columns}")
    starts = [(y, x) for y in (0, rows - height) for x in (0, columns - width)]
    starts.append(((rows - height) // 2, (columns - width) // 2))
    crops = np.empty((len(images), 2, 5, height, width, channels), dtype=np.float32)
    for index, image in enumerate(images):
        for which, (y, x) in enumerate(starts):
            crops[index, 0, which] = image[y : y + height, x : x + width]
    crops[:, 1] = crops[:, 0, :, :, ::-1]
    return crops.reshape(-1, height, width, channels)


def _pixels(image):
    """Return values in [0, 1], H x W or H x W x 3, from a Pillow image of any mode."""
    if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;16"):
        values = np.asarray(image.convert("L") if image.mode == "1" else image)
        if image.mode == "I" and image.format in ("PNG", "PPM"):
            values = values.astype(np.uint16)  # older Pillow widens 16-bit greys
    else:
        values = np.asarray(image.convert("RGB"))
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    return values / np.iinfo(values.dtype).max
