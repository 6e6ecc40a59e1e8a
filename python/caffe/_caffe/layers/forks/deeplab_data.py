"""DeepLab v2's images with label maps (cdmh/deeplab-public-ver2); PSPNet has the same file."""

import numpy as np

from ...core.layer import register
from ...errors import FormatError
from ...sources import images
from ...sources.lists import ListReader, read_words
from ...sources.pairs import PairReader
from ...sources.prefetch import PrefetchingLayer
from ...sources.resample import nearest


@register("ImageSegData")
class ImageSegData(PrefetchingLayer):
    """Images and label maps from a list (image_seg_data_layer.cpp, data_transformer.cpp).

    Tops: data (N, C, H, W), label (N, 1, H, W), and data_dim (N, 1, 1, 2): the image's height and
    width, or the top's where that is smaller, before any random scaling. Missing tops are made.

    A line of `source` is an image and, by label_type, a label map (PIXEL), a number that fills the
    map (IMAGE), or nothing (NONE: all ignore_label); `root_folder` goes in front of both paths.
    transform_param: a random one of scale_factors; padding below and to the right up to the crop,
    by mean_value and ignore_label; a crop (crop_size, or crop_height and crop_width), random in
    TRAIN and central in TEST; mirror; (x - mean_value) * scale. new_height and new_width resize
    the label map too, and bilinearly, as the fork does.

    Without a crop each batch has its first image's size; the fork keeps that of the list's first.
    """

    tops = (3, 3)
    auto_top = True

    def open(self):
        param, transform = self.layer_param.image_data_param, self.layer_param.transform_param
        self.check_new_size(param)
        self.check(not transform.HasField("mean_file"), "takes mean_value, not mean_file")
        self.check(param.label_type != param.BBX, "takes label_type PIXEL, IMAGE or NONE, not BBX")
        self.check(
            all(factor > 0 for factor in transform.scale_factors),
            f"scale_factors must be positive, given {list(transform.scale_factors)}",
        )
        reader = SegmentationReader(self, read_words(param.source))
        reader.size_up()
        return reader

    def crop(self) -> tuple[int, int]:
        """Return height and width of the crop; 0, 0 for none."""
        transform = self.layer_param.transform_param
        given = [transform.HasField(f) for f in ("crop_size", "crop_height", "crop_width")]
        self.check(
            not any(given[1:]) or given == [False, True, True],
            "transform_param takes crop_size alone, or crop_height and crop_width",
        )
        crop = (transform.crop_size,) * 2
        if given[1]:
            crop = (transform.crop_height, transform.crop_width)
        return crop if all(crop) else (0, 0)


class SegmentationReader(ListReader):
    """Images with their label maps."""

    def __init__(self, layer: ImageSegData, lines):
        param = self.param = layer.layer_param.image_data_param
        transform = self.transform = layer.layer_param.transform_param
        self.crop = layer.crop()
        self.random_crop = layer.training and any(self.crop)
        self.means = np.array(transform.mean_value, np.float64)
        self.labelled = param.label_type != param.NONE
        if self.labelled and (short := [line for line in lines if len(line) < 2]):
            raise FormatError(
                f"'{param.source}' has a line without a label: {' '.join(short[0])!r}"
            )
        random = bool(transform.mirror or self.random_crop or transform.scale_factors)
        super().__init__(lines, param.batch_size, param.shuffle, random, param.rand_skip)

    def item(self, line, draws):
        path = self.param.root_folder + line[0]
        image = self._read(path, images.COLOR if self.param.is_color else images.GRAY)
        label = self._label(line, image)
        PairReader.check_sizes(label, image.shape[:2], (path, line[-1]))
        size = np.array(image.shape[:2], np.float32)
        if self.transform.scale_factors:
            factor = np.float32(draws.choice(self.transform.scale_factors))
            height, width = (int(np.float32(s) * factor) for s in image.shape[:2])
            if min(height, width) < 1:
                raise FormatError(f"'{path}' scaled by {factor} has no pixels left")
            image = images.resize(image, height, width)
            label = nearest(label, height, width)
        image, label = self._pad(image.astype(np.float64), label, path)
        image, label = self._cut(image, label, draws)
        if self.transform.mirror and draws.randint(2):
            image, label = image[:, ::-1], label[:, ::-1]
        if self.means.size:
            image = image - self.means
        data = (image * self.transform.scale).transpose(2, 0, 1)
        return [data, label[None], np.minimum(size, data.shape[1:]).reshape(1, 1, 2)]

    def _read(self, path, mode):
        image = images.read(path, mode)
        if self.param.new_height:
            image = images.resize(image, self.param.new_height, self.param.new_width)
        return image

    def _label(self, line, image):
        if self.param.label_type == self.param.PIXEL:
            return self._read(self.param.root_folder + line[1], images.GRAY)[:, :, 0]
        value = self.param.ignore_label
        if self.labelled:
            try:
                value = int(line[1])
            except ValueError:
                raise FormatError(
                    f"'{self.param.source}': label_type IMAGE takes a number behind each image, "
                    f"got {line[1]!r}; maps are label_type PIXEL"
                ) from None
        return np.full(image.shape[:2], np.clip(value, 0, 255), np.uint8)

    def _pad(self, image, label, path):
        if self.means.size not in (0, 1, image.shape[2]):
            raise FormatError(
                f"'{path}' has {image.shape[2]} channels, but mean_value is given "
                f"{self.means.size} times; give it once, or once per channel"
            )
        more = [max(c - s, 0) for c, s in zip(self.crop, image.shape[:2], strict=True)]
        if not any(more):
            return image, label
        if not self.means.size:
            raise FormatError(
                f"'{path}' is {image.shape[0]} x {image.shape[1]}, smaller than the crop, and is "
                "padded with mean_value, which is not given"
            )
        height, width = (s + m for s, m in zip(image.shape[:2], more, strict=True))
        whole = np.empty((height, width, image.shape[2]))
        whole[:] = self.means
        whole[: image.shape[0], : image.shape[1]] = image
        ignore = np.clip(self.param.ignore_label, 0, 255)
        return whole, np.pad(label, [(0, m) for m in more], constant_values=ignore)

    def _cut(self, image, label, draws):
        if not any(self.crop):
            return image, label
        spare = [s - c for s, c in zip(image.shape[:2], self.crop, strict=True)]
        top, left = (draws.randint(s + 1) if self.random_crop else s // 2 for s in spare)
        window = (slice(top, top + self.crop[0]), slice(left, left + self.crop[1]))
        return image[window], label[window]
