"""SSD's changes to a picture's colours and its noise (im_transforms.cpp of weiliu89/caffe, ssd).

Pictures are uint8 (height, width, channels), colours in BGR order.
"""

import io

import numpy as np

from ...proto import caffe_pb2
from ..errors import FormatError

Random = np.random.RandomState
_HSV_SHIFT = 12
_DISTORTIONS = ("brightness_delta", "contrast_lower", "saturation_lower", "hue_delta")


def to_hsv(image: np.ndarray) -> np.ndarray:
    """Return hue (0 to 179), saturation and value as OpenCV's 8-bit BGR2HSV does."""
    blue, green, red = (image[:, :, i].astype(np.int32) for i in range(3))
    value = np.maximum(np.maximum(blue, green), red)
    range_ = value - np.minimum(np.minimum(blue, green), red)
    hue = np.where(
        value == red,
        green - blue,
        np.where(value == green, blue - red + 2 * range_, red - green + 4 * range_),
    )
    numbers = np.maximum(np.arange(256), 1)
    by_value = np.rint((255 << _HSV_SHIFT) / numbers).astype(np.int64) * (np.arange(256) > 0)
    by_range = np.rint((180 << _HSV_SHIFT) / (6.0 * numbers)).astype(np.int64)
    by_range *= np.arange(256) > 0
    half = 1 << (_HSV_SHIFT - 1)
    hue = (hue * by_range[range_] + half) >> _HSV_SHIFT
    saturation = (range_ * by_value[value] + half) >> _HSV_SHIFT
    hue = np.where(hue < 0, hue + 180, hue)
    return np.stack([hue, saturation, value], 2).astype(np.uint8)


def from_hsv(image: np.ndarray) -> np.ndarray:
    """Return BGR as OpenCV's 8-bit HSV2BGR does, in float32; hues of 180 and more go round."""
    f32 = np.float32
    hue, saturation, value = (image[:, :, i].astype(f32) for i in range(3))
    hue, saturation, value = hue * f32(6 / 180), saturation * f32(1 / 255), value * f32(1 / 255)
    hue = np.where(hue >= 6, hue - f32(6), hue)
    sector = np.floor(hue).astype(int)
    part = hue - sector.astype(f32)
    table = np.stack(
        [
            value,
            value * (1 - saturation),
            value * (1 - saturation * part),
            value * (1 - saturation * (1 - part)),
        ]
    )
    order = np.array([[1, 3, 0], [1, 0, 2], [3, 0, 1], [0, 2, 1], [0, 1, 3], [2, 1, 0]])
    channels = [np.take_along_axis(table, order[sector, i][None], 0)[0] for i in range(3)]
    return _saturate(np.stack(channels, 2) * 255)


def _saturate(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _linear(image: np.ndarray, factor: float = 1, add: float = 0) -> np.ndarray:
    """Return factor * image + add, rounded and cut to 0 to 255."""
    return _saturate(np.arange(256) * factor + add)[image]


def check_distortion(param: caffe_pb2.DistortionParameter) -> None:
    """Raise FormatError for settings that the fork refuses, or that another fork added."""
    for name in "prob brightness contrast hue saturation random_order all_effects".split():
        refuse(param, name, "distort_param")
    used = [n for n in _DISTORTIONS if getattr(param, f"{n.partition('_')[0]}_prob") > 0]
    for name in used:
        if getattr(param, name) < 0:
            raise FormatError(f"distort_param.{name} must not be negative")
    for name in ("contrast", "saturation"):
        low, high = getattr(param, f"{name}_lower"), getattr(param, f"{name}_upper")
        if high < low and f"{name}_lower" in used:
            raise FormatError(f"distort_param: {name}_upper {high:g} is below _lower {low:g}")


def refuse(param, name: str, where: str) -> None:
    """Raise FormatError if the field `name` of `param` is set: nothing here reads it."""
    field = param.DESCRIPTOR.fields_by_name[name]
    if len(getattr(param, name)) if field.is_repeated else param.HasField(name):
        raise FormatError(f"{where}.{name} is not SSD's, and nothing here reads it")


def distort(image: np.ndarray, param, rng: Random) -> np.ndarray:
    """Return the picture with brightness, contrast, saturation, hue, channel order changed.

    Each at random with its own probability; contrast comes second or last (ApplyDistort).
    """

    def brightness(image):
        return _linear(image, add=rng.uniform(-param.brightness_delta, param.brightness_delta))

    def contrast(image):
        factor = rng.uniform(param.contrast_lower, param.contrast_upper)
        return _linear(image, factor) if abs(factor - 1) > 1e-3 else image

    def saturation(image):
        factor = rng.uniform(param.saturation_lower, param.saturation_upper)
        hsv = to_hsv(image)
        hsv[:, :, 1] = _linear(hsv[:, :, 1], factor)
        return from_hsv(hsv)

    def hue(image):
        shift = rng.uniform(-param.hue_delta, param.hue_delta)
        if shift == 0:
            return image
        hsv = to_hsv(image)
        hsv[:, :, 0] = _linear(hsv[:, :, 0], add=shift)
        return from_hsv(hsv)

    coloured = max(param.saturation_prob, param.hue_prob, param.random_order_prob) > 0
    if coloured and image.shape[2] != 3:
        raise FormatError(
            "distort_param's saturation, hue and random_order take pictures of 3 channels, given "
            f"{image.shape[2]}"
        )
    early = rng.uniform() > 0.5
    steps = [brightness, saturation, hue]
    steps.insert(1 if early else 3, contrast)
    for step in steps:
        if rng.uniform() < getattr(param, f"{step.__name__}_prob"):
            image = step(image)
    if rng.uniform() < param.random_order_prob:
        image = image[:, :, rng.permutation(3)]
    return image


def check_noise(param: caffe_pb2.NoiseParameter) -> None:
    for name in ("gaussian_std", "uniform_range", "bias", "all_effects", "convert_to_ycrcb"):
        refuse(param, name, "noise_param")
    for name, why in (
        ("clahe", "CLAHE is not offered; use hist_eq"),
        ("convert_to_lab", "the fork reads its floating-point picture as bytes"),
    ):
        if getattr(param, name):
            raise FormatError(f"noise_param.{name}: {why}")


def add_noise(image: np.ndarray, param, rng: Random) -> np.ndarray:
    """Return the picture changed as noise_param says, in the order of ApplyNoise."""
    if param.decolorize and image.shape[2] == 3:
        image = np.repeat(_gray(image)[:, :, None], 3, 2)
    if param.gauss_blur:
        image = _blur(image)
    if param.hist_eq:
        image = _equalize(image)
    if param.jpeg > 0:
        image = _jpeg(image, int(param.jpeg))
    if param.erode:
        image = _erode(image)
    if param.posterize:
        image = image // 64 * 64 + 32
    if param.inverse:
        image = 255 - image
    if param.saltpepper:
        image = _salt_and_pepper(image, param.saltpepper_param, rng)
    return to_hsv(image) if param.convert_to_hsv else image


def _gray(image):
    return _descale(image.astype(np.int64) @ np.array([1868, 9617, 4899])).astype(np.uint8)


def _blur(image):
    """A Gaussian of 7 x 7 pixels, sigma 1.5, the border mirrored (its last pixel not repeated)."""
    from scipy.ndimage import gaussian_filter

    wide = image.astype(np.float64)
    return _saturate(gaussian_filter(wide, 1.5, mode="mirror", radius=3, axes=(0, 1)))


def _equalize(image):
    """Spread the histogram of the brightness (of YCrCb, where there are colours)."""
    if image.shape[2] == 1:
        return _spread(image)
    blue, green, red = (image[:, :, i].astype(np.int64) for i in range(3))
    bright = _descale(4899 * red + 9617 * green + 1868 * blue)
    reds, blues = (
        np.clip(_descale((c - bright) * f) + 128, 0, 255) - 128
        for c, f in ((red, 11682), (blue, 9241))
    )
    bright = _spread(bright.astype(np.uint8)).astype(np.int64)
    changes = (29049 * blues, -5636 * blues - 11698 * reds, 22987 * reds)
    return np.stack([np.clip(bright + _descale(c), 0, 255) for c in changes], 2).astype(np.uint8)


def _descale(values: np.ndarray) -> np.ndarray:
    """Return integers over 2^14, rounded: OpenCV's fixed point of colour conversions."""
    return (values + (1 << 13)) >> 14


def _spread(channel):
    counts = np.bincount(channel.ravel(), minlength=256)
    first = int(np.flatnonzero(counts)[0])
    rest = channel.size - counts[first]
    if rest == 0:
        return channel
    table = np.cumsum(np.where(np.arange(256) > first, counts, 0)) * (255.0 / rest)
    return _saturate(table)[channel]


def _jpeg(image, quality):
    from PIL import Image

    buffer = io.BytesIO()
    rgb = np.ascontiguousarray(image[:, :, ::-1] if image.shape[2] == 3 else image[:, :, 0])
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))[:, :, ::-1]  # decoded in colour


def _erode(image):
    """The least of 3 x 3 pixels but the corners: OpenCV's ellipse of that size is a cross."""
    from scipy.ndimage import generate_binary_structure, minimum_filter

    cross = generate_binary_structure(2, 1)[:, :, None]
    return minimum_filter(image, footprint=cross, mode="constant", cval=255)


def _salt_and_pepper(image, param, rng):
    values = np.array(param.value, np.float32)
    if len(values) not in (1, image.shape[2]):
        raise FormatError(
            f"saltpepper_param.value is given {len(values)} times for {image.shape[2]} channels; "
            "give it once, or once per channel"
        )
    height, width = image.shape[:2]
    count = int(param.fraction * height * width)
    image = image.copy()
    image[rng.randint(height, size=count), rng.randint(width, size=count)] = values.astype(np.uint8)
    return image
