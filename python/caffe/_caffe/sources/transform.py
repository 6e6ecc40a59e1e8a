"""The data transformer: mean, scale, mirror and crop, as data_transformer.cpp does them."""

import numpy as np

from ...proto import caffe_pb2
from ..errors import FormatError
from ..formats.snapshot import read_blobproto
from .images import COLOR, GRAY, NATIVE


class Transformer:
    """out = (crop(image) - crop(mean)) * scale, mirrored at random where `mirror` is set.

    The crop is random in the TRAIN phase and central in TEST. The mean is a mean file of the
    images' whole size, one value per channel, or one value for all.
    """

    def __init__(self, param: caffe_pb2.TransformationParameter, phase: int):
        self.decode_mode = COLOR if param.force_color else GRAY if param.force_gray else NATIVE
        self.crop = (param.crop_size, param.crop_size)  # height, width; 0 for none
        self.mirror = param.mirror
        self.scale = np.float32(param.scale)
        self.random_crop = any(self.crop) and phase == caffe_pb2.TRAIN
        self.mean_file = param.mean_file
        self.means = np.array(param.mean_value, np.float32)
        self.mean = None
        if param.HasField("mean_file"):
            if self.means.size:
                raise FormatError("transform_param gives both mean_file and mean_value; give one")
            self.mean = _read_mean(param.mean_file)
        if param.force_color and param.force_gray:
            raise FormatError("transform_param sets both force_color and force_gray; set one")

    @property
    def random(self) -> bool:
        return self.mirror or self.random_crop

    def shape(self, image: tuple[int, ...], name: str) -> tuple[int, int, int]:
        """Return (channels, height, width) of what `apply` makes of an image of such a shape.

        FormatError where crop or mean do not fit it.
        """
        channels, height, width = image
        if min(image) < 1:
            raise FormatError(f"{name} is empty: {channels} x {height} x {width}")
        if self.crop[0] > height or self.crop[1] > width:
            wanted = " x ".join(map(str, dict.fromkeys(self.crop)))
            raise FormatError(f"{name} is {height} x {width}, smaller than crop_size {wanted}")
        if self.mean is not None and self.mean.shape != image:
            raise FormatError(
                f"{name} is {channels} x {height} x {width}, but the mean in '{self.mean_file}' is "
                f"{' x '.join(map(str, self.mean.shape))}; both must be the same (channels, "
                "height, width before cropping)"
            )
        if self.means.size not in (0, 1, channels):
            raise FormatError(
                f"{name} has {channels} channels, but mean_value is given {self.means.size} times; "
                "give it once, or once per channel"
            )
        return (channels, self.crop[0] or height, self.crop[1] or width)

    def apply(
        self, image: np.ndarray, out: np.ndarray, rng: np.random.RandomState | None, name: str
    ) -> tuple[bool, tuple[slice, slice, slice]]:
        """Transform an image (channels, height, width) into `out`: float32, of the shape for it.

        `rng` is asked for the mirror, then the crop's row and column (the order of
        data_transformer.cpp). Returns whether the image was mirrored, and what was cut out.
        FormatError where `out` has another shape.
        """
        shape = self.shape(image.shape, name)
        if shape != out.shape:
            raise FormatError(
                f"{name} gives {shape[0]} x {shape[1]} x {shape[2]} values, but the first image of "
                f"its batch gives {out.shape[0]} x {out.shape[1]} x {out.shape[2]}; images of one "
                "batch must agree (crop them, resize them, or use batch_size 1)"
            )
        flip = self.mirror and rng is not None and rng.randint(2)
        window = self._window(image.shape, rng)
        np.copyto(out, image[window][:, :, ::-1] if flip else image[window], casting="unsafe")
        if self.mean is not None:
            mean = self.mean[window]
            out -= mean[:, :, ::-1] if flip else mean
        elif self.means.size:
            out -= self.means[:, None, None]
        if self.scale != 1:
            out *= self.scale
        return bool(flip), window

    def _window(self, shape, rng) -> tuple[slice, slice, slice]:
        if not any(self.crop):
            return (slice(None), slice(None), slice(None))
        spare = (shape[1] - self.crop[0], shape[2] - self.crop[1])
        top, left = (
            (rng.randint(s + 1) for s in spare) if self.random_crop else (s // 2 for s in spare)
        )
        return (slice(None), slice(top, top + self.crop[0]), slice(left, left + self.crop[1]))


def _read_mean(path: str) -> np.ndarray:
    """Return a mean image (channels, height, width) from a .binaryproto file."""
    mean = read_blobproto(path)
    # Like LegacyShape in blob.hpp, axes that a shape lacks count as 1 at its end.
    if mean.ndim > 4 or mean.size == 0:
        raise FormatError(
            f"mean file '{path}' holds an array of shape {mean.shape}; expected "
            "(1, channels, height, width)"
        )
    if not np.isfinite(mean).all():
        raise FormatError(f"mean file '{path}' holds values that are not finite (nan or inf)")
    return mean.reshape(mean.shape + (1,) * (4 - mean.ndim))[0]
