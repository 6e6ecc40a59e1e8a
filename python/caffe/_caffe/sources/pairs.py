"""Images with label maps, both named in each line of a list, cropped and mirrored alike."""

import numpy as np

from ...proto import caffe_pb2
from ..errors import FormatError
from . import images
from .lists import ListReader
from .transform import Transformer


def check_pairs(lines: list[list[str]], source: str) -> list[list[str]]:
    """Return `lines`; FormatError for the first that does not name an image and a label map."""
    for line in lines:
        if len(line) != 2:
            raise FormatError(
                f"'{source}': expected an image and a label map in each line, got "
                f"{' '.join(line)[:120]!r}"
            )
    return lines


class PairTransformer:
    """transform_param for an image and its map: one mirror and one crop, drawn for both.

    Mean and scale are the image's alone. TRAIN crops at random, TEST in the middle.
    """

    def __init__(self, param: caffe_pb2.TransformationParameter, phase: int):
        plain = caffe_pb2.TransformationParameter(crop_size=param.crop_size, mirror=param.mirror)
        self._image, self._label = Transformer(param, phase), Transformer(plain, phase)
        self.random = self._image.random

    def __call__(
        self,
        image: np.ndarray,
        label: np.ndarray,
        draws: np.random.RandomState | None,
        names: tuple[str, str],
    ) -> list[np.ndarray]:
        """Return image (C, h, w) and map (1, h, w) as float32.

        `image` is (H, W, C) and `label` (H, W); `names` name both in errors.
        """
        before = {} if draws is None else draws.get_state()
        tops = []
        for pixels, transformer, name in (
            (image.transpose(2, 0, 1), self._image, names[0]),
            (label[None], self._label, names[1]),
        ):
            if draws is not None:
                draws.set_state(before)  # the same mirror, and the same place of the crop
            out = np.empty(transformer.shape(pixels.shape, name), np.float32)
            transformer.apply(pixels, out, draws, name)
            tops.append(out)
        return tops


class PairReader(ListReader):
    """Reads lines of image and label map; a subclass says how the map is read."""

    def __init__(self, param, lines, transformer: PairTransformer, random: bool = False):
        self.param, self.transformer = param, transformer
        super().__init__(
            lines, param.batch_size, param.shuffle, random or transformer.random, param.rand_skip
        )

    def read_pair(self, line: list[str]) -> tuple[np.ndarray, np.ndarray, tuple[str, str]]:
        """Return the image (H, W, C) and the map (h, w) as stored, and their names for errors."""
        names = (self.param.root_folder + line[0], self.param.root_folder + line[1])
        image = images.read(names[0], images.COLOR if self.param.is_color else images.GRAY)
        return image, images.read(names[1], images.GRAY)[:, :, 0], names

    def resize(self, image: np.ndarray) -> np.ndarray:
        """Return an image or a map resized bilinearly where new_height is set."""
        if not self.param.new_height:
            return image
        return images.resize(image, self.param.new_height, self.param.new_width)

    @staticmethod
    def check_sizes(label: np.ndarray, size: tuple[int, ...], names: tuple[str, str]) -> None:
        """Raise FormatError unless the map has this size, (height, width)."""
        if label.shape != size:
            raise FormatError(
                f"label map '{names[1]}' is {label.shape[0]} x {label.shape[1]}, expected "
                f"{size[0]} x {size[1]} for image '{names[0]}'"
            )
