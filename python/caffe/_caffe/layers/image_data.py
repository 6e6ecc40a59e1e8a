"""Batches from a database of datums and from a list of image files."""

import copy
import os

import numpy as np

from ...proto import caffe_pb2
from ..core.blob import check_shape
from ..core.layer import register
from ..errors import FormatError
from ..log import info, warning
from ..sources import images
from ..sources.augment import make_transformer
from ..sources.databases import open_database
from ..sources.datums import Cursor, datum_image, parse
from ..sources.prefetch import (
    BATCH,
    ORDER,
    BatchReader,
    EpochOrder,
    PrefetchingLayer,
    new_seed,
    stream,
)

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
        seed = new_seed() if transformer.random or param.shuffle else 0
        reader = DatumReader(database, param.shuffle, transformer, param.batch_size, seed)
        reader.labels = len(self.layer_param.top) != 1
        reader.size_up()
        return reader


class ImageBatches(BatchReader):
    """Batches of transformed images; a subclass's `item` loads one by its number."""

    labels = True

    def __init__(self, transformer, batch_size, seed):
        self.transformer, self.batch_size, self.seed = transformer, batch_size, seed

    def item(self, number):
        """Return (name for errors, image (C, H, W), label)."""
        raise FormatError("this reader does not say how to load an item")

    def size_up(self):
        """Load the first item, for the shapes of the tops."""
        name, image, _ = self.item(self.first)
        shape = (self.batch_size, *self.transformer.shape(image.shape, name))
        self.shapes = [shape, (self.batch_size,)] if self.labels else [shape]
        info("output data size: " + ",".join(map(str, shape)), src="data_layer.cpp:40")

    def batch(self, first):
        start = self.share.number(first)
        draws = stream(self.seed, BATCH, start) if self.transformer.random else None
        data, labels = None, np.empty(self.batch_size, np.float32)
        for i in range(self.batch_size):
            name, image, labels[i] = self.item(self.share.number(first + i))
            if data is None:
                shape = self.transformer.shape(image.shape, name)
                data = np.empty((self.batch_size, *shape), np.float32)
            self.transformer.apply(image, data[i], draws, name)
        return [data, labels] if self.labels else [data]


class DatumReader(ImageBatches):
    """The entries of a database, one after the other and round again, or shuffled each round."""

    def __init__(self, database, shuffle, *settings):
        super().__init__(*settings)
        self.database = database
        self.cursor = Cursor(database)
        if shuffle and not len(database):
            raise FormatError(f"database '{database.path}' has no entries")
        self.order = EpochOrder(len(database), True) if shuffle else None

    def another(self):
        other = copy.copy(self)
        other.cursor = Cursor(self.database)
        return other

    def item(self, number):
        if self.order is None:
            return self._load(self.cursor.entry(number))
        return self._load(self.database.entry(self.order.place(number, self.seed)))

    def _load(self, entry):
        """(name for errors, image (C, H, W), label) of an entry."""
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
        random = param.shuffle or param.rand_skip or transformer.random
        seed = new_seed() if random else 0
        reader = ImageReader(param, lines, transformer, param.batch_size, seed)
        if param.rand_skip:
            reader.first = stream(reader.seed, ORDER, 2**32).randint(param.rand_skip)
            info(f"Skipping first {reader.first} data points.", src="image_data_layer.cpp:71")
            self.check(
                reader.first < len(lines),
                f"rand_skip drew {reader.first}, but '{param.source}' lists {len(lines)} images",
            )
        reader.size_up()
        return reader


class ImageReader(ImageBatches):
    """Image files, in the list's order or shuffled in every epoch."""

    def __init__(self, param, lines, *settings):
        super().__init__(*settings)
        self.lines, self.order = lines, EpochOrder(len(lines), param.shuffle)
        self.folder, self.size = param.root_folder, (param.new_height, param.new_width)
        self.mode = images.COLOR if param.is_color else images.GRAY

    def item(self, number):
        path, label = self.lines[self.order.place(number, self.seed)]
        path = self.folder + path
        image = images.read(path, self.mode)
        if self.size[0]:
            image = images.resize(image, *self.size)
        return f"image '{path}'", image.transpose(2, 0, 1), label


def read_list(source: str) -> list[tuple[str, int]]:
    """Return (path, label) of each line of a list file; empty lines are passed over."""
    try:
        with open(source, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        where = "" if os.path.isabs(source) else f" (relative to {os.getcwd()})"
        raise FormatError(f"list file '{source}'{where} cannot be read: {error}") from error
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
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
