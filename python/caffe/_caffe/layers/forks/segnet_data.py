"""SegNet's images with label maps (alexgkendall/caffe-segnet); ENet added the last fields."""

from ...core.layer import register
from ...errors import FormatError
from ...sources.lists import read_words
from ...sources.pairs import PairReader, PairTransformer, check_pairs
from ...sources.prefetch import PrefetchingLayer
from ...sources.resample import nearest


@register("DenseImageData")
class DenseImageData(PrefetchingLayer):
    """Images with label maps from a list (dense_image_data_layer.cpp).

    Tops: data (N, C, H, W), BGR or grey, and label (N, 1, h, w), the greys of the map unchanged.

    Each line of `source` is an image and its map, both put after `root_folder`. In this order:
    new_height and new_width resize (the image bilinearly, the map by nearest pixels, to 1 of
    label_divide_factor of the size); `mirror` at random; crop_height and crop_width cut at random,
    in TEST too; transform_param. Without a resize, the map must have the image's size, in batches
    of more than one uncropped image that over label_divide_factor (as ENet reads the factor).
    transform_param's crop_size and mirror do the same to both tops, where SegNet refuses them and
    ENet draws for each by itself.
    """

    def open(self):
        param = self.layer_param.dense_image_data_param
        for a, b in (("new_height", "new_width"), ("crop_height", "crop_width")):
            self.check(
                (getattr(param, a) > 0) == (getattr(param, b) > 0),
                f"{a} {getattr(param, a)} and {b} {getattr(param, b)} must both be set, or neither",
            )
        for name in ("rotate", "one_hot_nclasses"):
            self.check(not param.HasField(name), f"{name} is DeepDetect's and not known here")
        factor, cropped = param.label_divide_factor, self.layer_param.transform_param.crop_size
        self.check_positive(param, "label_divide_factor")
        self.check(
            factor == 1 or not (param.new_height and param.crop_height or cropped),
            f"label_divide_factor {factor} does not go with a crop",
        )
        transformer = PairTransformer(self.layer_param.transform_param, self.phase)
        lines = check_pairs(read_words(param.source), param.source)
        reader = MapReader(param, lines, transformer, bool(param.mirror or param.crop_height))
        reader.size_up()
        return reader


class MapReader(PairReader):
    """Images, and maps whose greys are labels."""

    def item(self, line, draws):
        param = self.param
        image, label, names = self.read_pair(line)
        image = self.resize(image)
        whole = not param.new_height and (param.batch_size == 1 or param.crop_height)
        factor = 1 if whole else param.label_divide_factor
        height, width = (n // factor for n in image.shape[:2])
        if param.new_height:
            label = nearest(label, height, width)
        self.check_sizes(label, (height, width), names)
        if param.mirror and draws.randint(2):
            image, label = image[:, ::-1], label[:, ::-1]
        if param.crop_height:
            image, label = self._crop(image, label, names, draws)
        return self.transformer(image, label, draws, names)

    def _crop(self, image, label, names, draws):
        size = (self.param.crop_height, self.param.crop_width)
        spare = [n - c for n, c in zip(image.shape[:2], size, strict=True)]
        if min(spare) < 0:
            raise FormatError(
                f"image '{names[0]}' is {image.shape[0]} x {image.shape[1]}, smaller than the crop "
                f"of {size[0]} x {size[1]}"
            )
        top, left = (draws.randint(s + 1) for s in spare)
        window = (slice(top, top + size[0]), slice(left, left + size[1]))
        return image[window], label[window]
