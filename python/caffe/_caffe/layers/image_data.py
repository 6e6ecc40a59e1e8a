"""Batches from a database of datums and from a list of image files."""

import copy

import numpy as np

from ...proto import caffe_pb2
from ..core.blob import check_shape
from ..core.layer import register
from ..errors import FormatError
from ..formats.text_file import read_text
from ..log import info, warning
from ..sources import images
from ..sources.augment import make_transformer
from ..sources.databases import open_database
from ..sources.datums import Cursor, datum_image, parse
from ..sources.lists import ListReader
from ..sources.prefetch import BATCH, BatchReader, EpochOrder, PrefetchingLayer, new_seed, stream

INT32 = (-(2**31), 2**31 - 1)


@register("Data")
class Data(PrefetchingLayer):
    """Datums from an LMDB or LevelDB: data (N, C, H, W) and, with a second top, labels (N,).

    Every solver of several takes its own share of the entries (data_layer.cpp, Skip). yjxiong's
    and NVCaffe's `shuffle` gives the entries of every round a random order (there, of their
    shards or cache alone).
    """

    tops = (1, 2)

    def open(self):
        param = self.layer_param.data_param
        if param.rand_skip:
            # Deprecated, and ignored by BVLC 1.0's data_layer.cpp as well.
            warning(
                self.format_error("rand_skip is ignored, as BVLC Caffe 1.0 does"),
                src="data_layer.cpp:1",
            )
        transformer = make_transformer(self.layer_param.transform_param, self.phase)
        database = open_database(param.backend, param.source)
        info(f"Opened {database.kind} {param.source}", src=f"db_{database.kind}.cpp:35")
        return DatumReader(database, param, transformer, labels=len(self.layer_param.top) != 1)


class DatumReader(BatchReader):
    """The entries of a database, one after the other and round again, or shuffled each round."""

    def __init__(self, database, param, transformer, labels):
        self.database, self.transformer, self.labels = database, transformer, labels
        self.batch_size = param.batch_size
        self.seed = new_seed() if transformer.random or param.shuffle else 0
        if param.shuffle and not len(database):
            raise FormatError(f"database '{database.path}' has no entries")
        self.order = EpochOrder(len(database), True) if param.shuffle else None
        self.cursor = Cursor(database)
        name, image, _ = self._item(self.first)
        shape = (self.batch_size, *transformer.shape(image.shape, name))
        self.shapes = [shape, (self.batch_size,)] if labels else [shape]
        info("output data size: " + ",".join(map(str, shape)), src="data_layer.cpp:40")

    def another(self):
        other = copy.copy(self)
        other.cursor = Cursor(self.database)
        return other

    def batch(self, first):
        start = self.share.number(first)
        draws = stream(self.seed, BATCH, start) if self.transformer.random else None
        data, labels = None, np.empty(self.batch_size, np.float32)
        for i in range(self.batch_size):
            name, image, labels[i] = self._item(self.share.number(first + i))
            if data is None:
                shape = self.transformer.shape(image.shape, name)
                data = np.empty((self.batch_size, *shape), np.float32)
            self.transformer.apply(image, data[i], draws, name)
        return [data, labels] if self.labels else [data]

    def _item(self, number):
        """Return (name for errors, image (C, H, W), label) of an entry."""
        if self.order is None:
            entry = self.cursor.entry(number)
        else:
            entry = self.database.entry(self.order.place(number, self.seed))
        datum, name = parse(entry, caffe_pb2.Datum, self.database.path)
        return name, datum_image(datum, self.transformer.decode_mode, name), datum.label


@register("ImageData")
class ImageData(PrefetchingLayer):
    """Images and integer labels from a list file: data (N, C, H, W), labels (N,).

    Each line of the list is a path (put after root_folder), a space and a label.
    """

    def open(self):
        param = self.layer_param.image_data_param
        self.check_new_size(param)
        self.named(check_shape, (param.batch_size, 3, param.new_height, param.new_width))
        info(f"Opening file {param.source}", src="image_data_layer.cpp:38")
        lines = read_list(param.source)
        info(f"A total of {len(lines)} images.", src="image_data_layer.cpp:63")
        transformer = make_transformer(self.layer_param.transform_param, self.phase)
        reader = ImageReader(param, lines, transformer)
        reader.size_up()
        return reader


class ImageReader(ListReader):
    """Image files and their labels."""

    def __init__(self, param, lines, transformer):
        self.param, self.transformer = param, transformer
        super().__init__(
            lines, param.batch_size, param.shuffle, transformer.random, param.rand_skip
        )

    def item(self, line, draws):
        """Return image (C, H, W) and label ()."""
        path, label = self.param.root_folder + line[0], line[1]
        image = images.read(path, images.COLOR if self.param.is_color else images.GRAY)
        if self.param.new_height:
            image = images.resize(image, self.param.new_height, self.param.new_width)
        image, name = image.transpose(2, 0, 1), f"image '{path}'"
        out = np.empty(self.transformer.shape(image.shape, name), np.float32)
        self.transformer.apply(image, out, draws, name)
        return [out, np.float32(label)]


def read_list(source: str) -> list[tuple[str, int]]:
    """Return (path, label) of each line of a list file; empty lines are passed over."""
    lines = []
    for number, line in enumerate(read_text(source).split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip():
            continue
        path, _, label = line.rpartition(" ")
        try:
            value = int(label)
        except ValueError:
            value = None
        if not path.strip() or value is None:
            raise FormatError(
                f"'{source}' line {number}: expected an image path, a space and an integer label, "
                f"got {line[:120]!r}"
            )
        if not INT32[0] <= value <= INT32[1]:
            raise FormatError(f"'{source}' line {number}: label {value} is beyond 32-bit integers")
        lines.append((path, value))
    if not lines:
        raise FormatError(f"list file '{source}' is empty; expected lines of path, space, label")
    return lines
