"""caffe-dilation's data layers (fyu/caffe-dilation): images or feature maps with label maps."""

import numpy as np

from ....proto import caffe_pb2
from ...core.layer import register
from ...errors import FormatError
from ...sources import images
from ...sources.lists import ListReader, read_words
from ...sources.pairs import PairReader, PairTransformer
from ...sources.prefetch import PrefetchingLayer
from ...sources.resample import nearest, resample

VOID = 255  # the label around and behind a map
CV_32F = 5  # OpenCV's type code of float32


def paired_names(first: str, second: str) -> list[tuple[str, str]]:
    """Return the words of two list files side by side; FormatError where their counts differ."""
    lists = [[word for line in read_words(path) for word in line] for path in (first, second)]
    if len(lists[0]) != len(lists[1]):
        raise FormatError(
            f"'{first}' lists {len(lists[0])} files, '{second}' {len(lists[1])}; both must list "
            "as many"
        )
    return list(zip(*lists, strict=True))


def read_slice(param, shape=None) -> tuple[list[int], list[int], list[int]]:
    """Return dim, stride and offset of a LabelSlice, two of each.

    One number counts for both axes; without any, stride is 1, offset 0, and dim is `shape`.
    Raises FormatError for another count, or where dim is needed.
    """
    given = []
    for name, default in (("dim", shape), ("stride", (1, 1)), ("offset", (0, 0))):
        values = list(getattr(param, name)) or default
        if values is None or len(values) > 2:
            raise FormatError(
                f"a slice takes {name} once or twice (rows, columns), given {values or 'none'}"
            )
        given.append([int(v) for v in (values * 2)[:2]])
    if min(given[0] + given[1]) < 1:
        raise FormatError(f"a slice's dim {given[0]} and stride {given[1]} must be positive")
    dim, stride, offset = given
    return dim, stride, offset


@register("ImageLabelData")
class ImageLabelData(PrefetchingLayer):
    """Images and label maps from two lists (image_label_data_layer.cpp).

    Tops: data (N, C, crop_size, crop_size) and label (N, 1, label_slice.dim...). `image_dir` and
    `label_dir`, or `data_dir` for both, go in front of the names as they are. Each pair is

    1. scaled by a number drawn from min_scale to max_scale (rand_scale),
    2. given a border of label_slice.offset rows and columns all round: the image's as `padding`
       says (REFLECT without repeating the edge, or ZERO), the label's 255,
    3. grown in the same way to crop_size where smaller (an odd row goes below, an odd column to
       the left: the fork hands left and right over in the wrong order),
    4. cropped and mirrored by transform_param, the image also less its mean and scaled.

    label is then every stride-th place of the cropped label map from offset on.
    """

    def open(self):
        param = self.layer_param.image_label_data_param
        transform = self.layer_param.transform_param
        self.check(transform.crop_size > 0, "needs transform_param.crop_size")
        for field in ("dim", "stride", "offset"):
            given = len(getattr(param.label_slice, field))
            self.check(given == 2, f"label_slice takes {field} twice, given {given} times")
        reader = ImageLabelReader(self)
        reader.size_up()
        return reader


class ImageLabelReader(PairReader):
    """Pairs of image and label map."""

    def __init__(self, layer: ImageLabelData):
        param, transform = (
            layer.layer_param.image_label_data_param,
            layer.layer_param.transform_param,
        )
        self.crop = transform.crop_size
        dim, stride, self.offset = read_slice(param.label_slice)
        self.rows, self.columns = map(_places, dim, stride, self.offset)
        for n, s, o in zip(dim, stride, self.offset, strict=True):
            if o + (n - 1) * s >= self.crop:
                raise FormatError(
                    f"label_slice of dim {n}, stride {s}, offset {o} ends beyond crop_size "
                    f"{self.crop}"
                )
        if param.rand_scale and not 0 < param.min_scale <= param.max_scale:
            raise FormatError(
                f"rand_scale needs 0 < min_scale <= max_scale, given {param.min_scale:g} and "
                f"{param.max_scale:g}"
            )
        self.folders = (param.image_dir, param.label_dir)
        if not any(self.folders):
            self.folders = (param.data_dir,) * 2
        names = paired_names(param.image_list_path, param.label_list_path)
        super().__init__(param, names, PairTransformer(transform, layer.phase), param.rand_scale)

    def item(self, line, draws):
        names = self.folders[0] + line[0], self.folders[1] + line[1]
        image, label = images.read(names[0]), images.read(names[1], images.GRAY)[:, :, 0]
        self.check_sizes(label, image.shape[:2], names)
        if self.param.rand_scale:
            image, label = self._scale(image, label, draws)
        # np.pad's "reflect" is OpenCV's REFLECT_101, also of a single row, which it repeats.
        fill = {} if self.param.padding == self.param.ZERO else {"mode": "reflect"}
        image = self._grow(image, **fill)
        label = self._grow(label, constant_values=VOID)
        data, label = self.transformer(image, label, draws, names)
        return [data, label[:, self.rows, self.columns]]

    def _scale(self, image, label, draws):
        scale = draws.uniform(self.param.min_scale, self.param.max_scale)
        # cv::resize of a factor rounds half to even.
        height, width = (max(1, round(size * scale)) for size in image.shape[:2])
        mode = caffe_pb2.ResizeParameter.CUBIC if scale > 1 else caffe_pb2.ResizeParameter.AREA
        image = resample(image, height, width, mode, scale)
        return image, nearest(label, height, width, scale)

    def _grow(self, image, **fill):
        """Return the image with its border, and grown to the crop's size."""
        margins = [(self.offset[0],) * 2, (self.offset[1],) * 2, (0, 0)][: image.ndim]
        image = np.pad(image, margins, **fill)
        rows, columns = (max(0, self.crop - size) for size in image.shape[:2])
        more = [(rows // 2, rows - rows // 2), (columns - columns // 2, columns // 2), (0, 0)]
        return np.pad(image, more[: image.ndim], **fill)


@register("BinLabelData")
class BinLabelData(PrefetchingLayer):
    """Feature maps from binary files, and label maps, from two lists (bin_label_data_layer.cpp).

    Tops: data (N, C, H, W) and label (N, 1, label_slice.dim...). A binary file is int32: OpenCV's
    type code (5, float32), the number of axes (3), their sizes C, H, W; then the values. `bin_dir`
    and `label_dir` go in front of the names as they are. `bin_slice` takes dim places of each
    channel, stride apart from offset on; `label_slice` of the label map, 255 where that ends
    before. Both are mirrored at random (`mirror`, true unless set).
    """

    def open(self):
        reader = BinLabelReader(self.layer_param.bin_label_data_param)
        reader.size_up()
        return reader


class BinLabelReader(ListReader):
    """Pairs of feature map and label map."""

    def __init__(self, param):
        self.param = param
        self.slice = read_slice(param.label_slice)
        names = paired_names(param.bin_list_path, param.label_list_path)
        super().__init__(names, param.batch_size, param.shuffle, param.mirror)

    def item(self, line, draws):
        data = read_features(self.param.bin_dir + line[0])
        if self.param.HasField("bin_slice"):
            dim, stride, offset = read_slice(self.param.bin_slice, data.shape[1:])
            for n, s, o, size in zip(dim, stride, offset, data.shape[1:], strict=True):
                if o + (n - 1) * s >= size:
                    raise FormatError(
                        f"bin_slice of dim {n}, stride {s}, offset {o} ends beyond the {size} "
                        f"places of '{line[0]}'"
                    )
            data = data[:, _places(dim[0], stride[0], offset[0])]
            data = data[:, :, _places(dim[1], stride[1], offset[1])]
        label = images.read(self.param.label_dir + line[1], images.GRAY)[:, :, 0]
        dim, stride, offset = self.slice
        label = label[offset[0] :: stride[0], offset[1] :: stride[1]][: dim[0], : dim[1]]
        missing = [(0, n - size) for n, size in zip(dim, label.shape, strict=True)]
        label = np.pad(label, missing, constant_values=VOID)[None]
        flip = -1 if self.param.mirror and draws.randint(2) else 1
        return [data[:, :, ::flip], label[:, :, ::flip]]


def _places(count, stride, offset) -> slice:
    return slice(offset, offset + (count - 1) * stride + 1, stride)


def read_features(path: str) -> np.ndarray:
    """Return the float32 array (C, H, W) of a binary file; FormatError if it is none."""
    content = images.read_bytes(path)
    head = np.frombuffer(content[:20], "<i4") if len(content) >= 20 else ()
    if len(head) < 5 or list(head[:2]) != [CV_32F, 3] or min(head[2:]) < 1:
        raise FormatError(
            f"'{path}' is no feature map: it begins with {list(map(int, head))}, expected 5 "
            "(float32), 3 (axes) and three sizes"
        )
    shape = tuple(int(size) for size in head[2:])
    wanted = 20 + 4 * shape[0] * shape[1] * shape[2]
    if len(content) < wanted:
        raise FormatError(f"'{path}' of shape {shape} has {len(content)} bytes, expected {wanted}")
    return np.frombuffer(content[20:wanted], "<f4").reshape(shape)
