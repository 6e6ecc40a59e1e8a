"""AnnotatedData of SSD (weiliu89/caffe, branch ssd: annotated_data_layer.cpp)."""

import copy
from typing import NamedTuple

import numpy as np

from caffe.proto import caffe_pb2

from ...core.layer import register
from ...errors import FormatError
from ...log import info
from ...sources import annotations
from ...sources.augment import AugmentingTransformer
from ...sources.databases import open_database
from ...sources.datums import Cursor, datum_image, parse
from ...sources.distort import check_distortion, distort
from ...sources.prefetch import BATCH, BatchReader, PrefetchingLayer, new_seed, stream

BBOX = caffe_pb2.AnnotatedDatum.BBOX


class Picture(NamedTuple):
    """A picture (C, H, W) and its boxes (G, 4) with rows (label, instance, difficult) (G, 3)."""

    image: np.ndarray
    boxes: np.ndarray
    about: np.ndarray


@register("AnnotatedData")
class AnnotatedData(PrefetchingLayer):
    """Pictures with boxes from a database of AnnotatedDatum.

    Tops: data (N, C, H, W); labels (1, 1, G, 8), for every box of the batch (picture, label,
    instance, xmin, ymin, xmax, ymax, difficult) in shares of the picture, one row of -1 where
    there is none; labels (N, 1, 1, 1) for datums without annotation type.

    In this order: distort_param, expand_param, one window of those that annotated_data_param's
    batch_samplers draw, resize_param, noise_param, crop, mirror, mean, scale. The fork packs the
    picture into a JPEG between the first three; here it is not, so no detail is lost.
    """

    tops = (1, 2)

    def open(self):
        param, own = self.layer_param.data_param, self.layer_param.annotated_data_param
        transform = self.layer_param.transform_param
        for name in ("oriented", "yolo_data_type", "difficult_label_warmup"):
            self.check(not getattr(own, name), f"has no annotated_data_param.{name}")
        self.check(
            not own.HasField("anno_type") or own.anno_type == BBOX,
            "takes annotations of type BBOX only",
        )
        for sampler in own.batch_sampler:
            annotations.check_sampler(sampler)
        if transform.HasField("distort_param"):
            check_distortion(transform.distort_param)
        most = transform.expand_param.max_expand_ratio
        self.check(
            most > 1 or not transform.HasField("expand_param"),
            f"expand_param needs max_expand_ratio > 1, given {most:g}",
        )
        small = transform.resize_param[:1]
        self.check(
            not small or small[0].resize_mode != small[0].FIT_SMALL_SIZE or param.batch_size == 1,
            f"FIT_SMALL_SIZE gives pictures of different sizes; batch_size is {param.batch_size}, "
            "expected 1",
        )
        database = open_database(param.backend, param.source)
        info(f"Opened {database.kind} {param.source}", src=f"db_{database.kind}.cpp:35")
        reader = AnnotatedReader(database, transform, own, self.phase, param.batch_size)
        reader.labels = len(self.layer_param.top) > 1
        reader.size_up()
        return reader


class AnnotatedReader(BatchReader):
    """Loads batches of pictures and their boxes."""

    labels = True

    def __init__(self, database, transform, own, phase, batch_size):
        self.transform, self.samplers = transform, list(own.batch_sampler)
        self.transformer = AugmentingTransformer(transform, phase)
        if transform.HasField("expand_param") and self.transformer.mean is not None:
            raise FormatError("expand_param fills with mean_value; a mean_file is not taken")
        self.typed = own.HasField("anno_type")
        self.path, self.cursor, self.batch_size = database.path, Cursor(database), batch_size
        random = self.samplers or any(
            transform.HasField(name) for name in ("distort_param", "expand_param")
        )
        self.seed = new_seed() if random or self.transformer.random else 0

    def another(self):
        other = copy.copy(self)
        other.cursor = Cursor(self.cursor.database)
        return other

    def size_up(self):
        name, datum, picture = self._load(self.first)
        self.typed = self.typed or datum.HasField("type")
        shape = (self.batch_size, *self.transformer.shape(picture.image.shape, name))
        label = (1, 1, max(1, len(picture.boxes)), 8) if self.typed else (self.batch_size, 1, 1, 1)
        self.shapes = [shape, label] if self.labels else [shape]
        info("output data size: " + ",".join(map(str, shape)))

    def batch(self, first):
        rng = stream(self.seed, BATCH, self.share.number(first))
        data, rows, plain = None, [], np.empty(self.batch_size, np.float32)
        for i in range(self.batch_size):
            name, datum, picture = self._load(first + i)
            picture = self._changed(picture, rng)
            if data is None:
                shape = self.transformer.shape(picture.image.shape, name)
                data = np.empty((self.batch_size, *shape), np.float32)
            found = self._transformed(picture, data[i], rng, name)
            rows.append(np.insert(found, 0, i, axis=1))
            plain[i] = datum.datum.label
        if not self.labels:
            return [data]
        if not self.typed:
            return [data, plain.reshape(-1, 1, 1, 1)]
        label = np.concatenate(rows)
        if not len(label):
            label = np.full((1, 8), -1, np.float32)
        return [data, label[None, None].astype(np.float32)]

    def _load(self, number) -> tuple[str, caffe_pb2.AnnotatedDatum, Picture]:
        entry = self.cursor.entry(self.share.number(number))
        datum, name = parse(entry, caffe_pb2.AnnotatedDatum, self.path)
        if datum.HasField("type") and datum.type != BBOX:
            raise FormatError(f"{name} has annotations of type {datum.type}, expected BBOX")
        if self.labels and self.typed and not datum.HasField("type"):
            raise FormatError(f"{name} has no annotation type, where the first or anno_type does")
        if self.labels and not self.typed and not datum.datum.HasField("label"):
            raise FormatError(f"{name} has neither annotations nor a label")
        rows = []
        for group in datum.annotation_group:
            for one in group.annotation:
                b = one.bbox
                about = group.group_label, one.instance_id, b.difficult
                rows.append((b.xmin, b.ymin, b.xmax, b.ymax, *about))
        image = datum_image(datum.datum, self.transformer.decode_mode, name)
        table = np.array(rows, np.float32).reshape(-1, 7)
        return name, datum, Picture(image, table[:, :4], table[:, 4:])

    def _changed(self, picture: Picture, rng) -> Picture:
        """Distort and expand the picture, and cut a sampled window out."""
        transform = self.transform
        if transform.HasField("distort_param"):
            image = distort(picture.image.transpose(1, 2, 0), transform.distort_param, rng)
            picture = picture._replace(image=image.transpose(2, 0, 1))
        if transform.HasField("expand_param"):
            picture = self._expanded(picture, transform.expand_param, rng)
        if not self.samplers:
            return picture
        windows = [annotations.sample(s, picture.boxes, rng) for s in self.samplers]
        windows = np.concatenate(windows)
        if not len(windows):
            return picture
        return self._cut(picture, np.clip(windows[rng.randint(len(windows))], 0, 1))

    def _expanded(self, picture, param, rng):
        """Put the picture somewhere into a larger one filled with the mean (ExpandImage)."""
        drawn = rng.uniform() > param.prob
        if drawn or abs(param.max_expand_ratio - 1) < 1e-2:
            return picture
        channels, height, width = picture.image.shape
        ratio = rng.uniform(1, param.max_expand_ratio)
        tall, wide = int(height * ratio), int(width * ratio)
        top, left = (int(rng.uniform(0, spare)) for spare in (tall - height, wide - width))
        means = self.transformer.means
        image = np.zeros((channels, tall, wide), np.uint8)
        if means.size:
            image[...] = np.clip(np.rint(means), 0, 255).astype(np.uint8)[:, None, None]
        image[:, top : top + height, left : left + width] = picture.image
        window = np.array(
            [-left / width, -top / height, (wide - left) / width, (tall - top) / height], np.float32
        )
        return self._placed(Picture(image, picture.boxes, picture.about), window)

    def _cut(self, picture, window):
        """Cut `window` (shares) out of the picture (CropImage)."""
        _, height, width = picture.image.shape
        left, top, right, bottom = window * np.array([width, height] * 2, np.float32)
        across, down = max(1, int(right - left)), max(1, int(bottom - top))
        left, top = min(int(left), width - across), min(int(top), height - down)
        image = picture.image[:, top : top + down, left : left + across]
        return self._placed(Picture(image, picture.boxes, picture.about), window)

    def _placed(self, picture, window):
        """The picture's boxes in shares of a window of the picture that they are of."""
        keep = np.ones(len(picture.boxes), bool)
        if self.transform.HasField("emit_constraint"):
            keep = annotations.meets(picture.boxes, window, self.transform.emit_constraint)
        boxes, inside = annotations.projected(picture.boxes, window)
        keep &= inside
        return Picture(picture.image, boxes[keep], picture.about[keep])

    def _transformed(self, picture, out, rng, name) -> np.ndarray:
        """Transform the picture into `out`; return its rows (label, instance, box, difficult)."""
        _, height, width = picture.image.shape
        resize = self.transformer.resize
        mirrored, (_, rows, columns) = self.transformer.apply(picture.image, out, rng, name)
        if resize is not None:
            boxes = annotations.resized(picture.boxes, resize, height, width)
            picture = picture._replace(boxes=boxes)
        window = annotations.UNIT
        if any(self.transformer.crop):
            tall, wide = self.transformer.size(height, width)
            window = np.array(
                [columns.start / wide, rows.start / tall, columns.stop / wide, rows.stop / tall],
                np.float32,
            )
        picture = self._placed(picture, window)
        boxes = picture.boxes
        if mirrored:
            boxes = np.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], 1)
        if resize is not None:
            boxes = annotations.extrapolated(boxes, resize, height, width, window)
        return np.concatenate([picture.about[:, :2], boxes, picture.about[:, 2:]], 1)
