"""The transformer of SSD's Caffe: resizing and noise before the crop (data_transformer.cpp)."""

import numpy as np

from ...proto import caffe_pb2
from ..errors import FormatError
from .distort import add_noise, check_noise, refuse
from .resample import resample
from .transform import Transformer

_ONLY_OTHERS = (
    "center_object max_angle is_pyramid_test out_height_scale out_width_scale multiscale min_sz "
    "max_sz"
)


def make_transformer(param: caffe_pb2.TransformationParameter, phase: int) -> Transformer:
    """Return what transforms a data layer's pictures: BVLC's, or SSD's where its fields are set."""
    fields = ("noise_param", "crop_h", "crop_w")
    if len(param.resize_param) or any(param.HasField(name) for name in fields):
        return AugmentingTransformer(param, phase)
    return Transformer(param, phase)


class AugmentingTransformer(Transformer):
    """BVLC's transformer after resize_param and noise_param; crop_h x crop_w beside crop_size.

    A mean file must have the size of the resized picture.
    """

    def __init__(self, param: caffe_pb2.TransformationParameter, phase: int):
        super().__init__(param, phase)
        if not param.crop_size:
            self.crop = (param.crop_h, param.crop_w)
            self.random_crop = all(self.crop) and phase == caffe_pb2.TRAIN
        if len(param.resize_param) > 1:
            raise FormatError("resize_param is given more than once; SSD's takes one")
        self.resize = param.resize_param[0] if param.resize_param else None
        if self.resize is not None:
            self._check_resize(self.resize)
        self.noise = param.noise_param if param.HasField("noise_param") else None
        if self.noise is not None:
            check_noise(self.noise)

    def _check_resize(self, param) -> None:
        for name in _ONLY_OTHERS.split():
            refuse(param, name, "resize_param")
        if min(param.height, param.width) < 1:
            raise FormatError(
                f"resize_param needs height and width, given {param.height} and {param.width}"
            )

    @property
    def random(self) -> bool:
        several = self.resize is not None and len(self.resize.interp_mode) > 1
        return super().random or several or self.noise is not None and self.noise.saltpepper

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return the size of a picture after resizing (InferNewSize)."""
        if self.resize is None:
            return height, width
        new_height, new_width = self.resize.height, self.resize.width
        if self.resize.resize_mode == self.resize.FIT_SMALL_SIZE:
            aspect = np.float32(width) / np.float32(height)
            if aspect < np.float32(new_width) / np.float32(new_height):
                new_height = int(np.float32(new_width) / aspect)
            else:
                new_width = int(aspect * np.float32(new_height))
        return new_height, new_width

    def shape(self, image, name):
        if min(image) < 1:
            raise FormatError(f"{name} is empty: {' x '.join(map(str, image))}")
        return super().shape((image[0], *self.size(*image[1:])), name)

    def prepare(self, image: np.ndarray, rng) -> np.ndarray:
        """Return a picture (channels, height, width) resized and with its noise."""
        if self.resize is None and self.noise is None:
            return image
        if image.dtype != np.uint8:
            raise FormatError("resize_param and noise_param take 8-bit pictures, given floats")
        picture = np.ascontiguousarray(image.transpose(1, 2, 0))
        if self.resize is not None:
            picture = self._resized(picture, self.resize, rng)
        if self.noise is not None:
            picture = add_noise(picture, self.noise, rng)
        return picture.transpose(2, 0, 1)

    def _window(self, shape, rng):
        """With only one of crop_h and crop_w the fork takes the first rows, or columns."""
        if all(self.crop) or not any(self.crop):
            return super()._window(shape, rng)
        rows, columns = (slice(0, c or s) for c, s in zip(self.crop, shape[1:], strict=True))
        return slice(None), rows, columns

    def apply(self, image, out, rng, name):
        return super().apply(self.prepare(image, rng), out, rng, name)

    def _resized(self, picture, param: caffe_pb2.ResizeParameter, rng) -> np.ndarray:
        height, width = picture.shape[:2]
        modes = list(param.interp_mode) or [param.LINEAR]
        mode = modes[rng.randint(len(modes)) if len(modes) > 1 else 0]
        if param.resize_mode != param.FIT_LARGE_SIZE_AND_PAD:
            return resample(picture, *self.size(height, width), mode)
        aspect = np.float32(width) / np.float32(height)
        if aspect > np.float32(param.width) / np.float32(param.height):
            inner = int(np.float32(param.width) / aspect), param.width
        else:
            inner = param.height, int(aspect * np.float32(param.height))
        picture = resample(picture, max(1, inner[0]), max(1, inner[1]), mode)
        spare = [(param.height - picture.shape[0]), (param.width - picture.shape[1])]
        borders = [(s // 2, s - s // 2) for s in spare]
        if param.pad_mode != param.CONSTANT:
            mirrored = param.pad_mode == param.MIRRORED
            return np.pad(picture, (*borders, (0, 0)), mode="reflect" if mirrored else "edge")
        (top, _), (left, _) = borders
        out = np.empty((param.height, param.width, picture.shape[2]), np.uint8)
        out[...] = np.clip(np.rint(self._padding(param, picture.shape[2])), 0, 255).astype(np.uint8)
        out[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        return out

    def _padding(self, param, channels) -> np.ndarray:
        values = np.array(param.pad_value, np.float32)
        if len(values) not in (0, 1, channels):
            raise FormatError(
                f"pad_value is given {len(values)} times for {channels} channels; give it once, "
                "or once per channel"
            )
        return values if len(values) else np.zeros(1, np.float32)
