"""MS-CNN's pictures and truth maps (zhaoweicai/mscnn: image_gt_data_layer.cpp)."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from ...core.field_boxes import share
from ...core.layer import register
from ...errors import FormatError
from ...log import info
from ...sources import images
from ...sources.lists import ListReader
from ...sources.prefetch import PrefetchingLayer
from ...sources.window_files import read_entries

PLACEHOLDER = (0, 1, 1, 2, 2, 1, 1)  # where a batch has no box at all


@register("ImageGtData")
class ImageGtData(PrefetchingLayer):
    """Pictures cut out around an object, and what MS-CNN's DetectionLoss takes of each map.

    Tops: data (N, 3, H, W), in size crop_*, else resize_*, else as the list's last picture; for
    each downsample_rate a map (N, 6, H / rate, W / rate); with output_gt_boxes (G, 7, 1, 1): item,
    x1, y1, x2, y2, label, ignore. A map has at each place the label, the box (middle x, y, width,
    height) that overlaps its field, of field_h x field_w, most, where by more than fg_threshold,
    and that overlap, which is 1 on the border behind a small picture and in the list's regions.
    An object that no field has got goes to the place of its middle, on the map where it comes
    closest, if by 0.2. Ignored boxes get label 0; so do those with their middle outside, or
    smaller than min_gt_*.

    Drawn at random, in TEST, too: the mirror (transform_param's), the object, with
    do_multiple_scale every other time a size for it, between min_scale and max_scale (by half
    octaves), and with min_ and max_whaspect its shape; up to 10 pixels of shift. mean_value is
    transform_param's, scale is not. mean_file and mirror of image_gt_data_param are not read.
    """

    tops = (2, None)

    def open(self):
        param, transform = self.layer_param.image_gt_data_param, self.layer_param.transform_param
        maps = len(param.downsample_rate)
        self.check(
            0 < maps == len(param.field_h) == len(param.field_w),
            "needs as many field_h and field_w as downsample_rate, at least one of each",
        )
        self.check(param.coord_num == 4, f"coord_num must be 4, given {param.coord_num}")
        wanted = 1 + maps + param.output_gt_boxes
        self.check(
            len(self.layer_param.top) == wanted,
            f"has {wanted} tops, of data, {maps} maps{', boxes' * param.output_gt_boxes}; "
            f"{len(self.layer_param.top)} given",
        )
        self.check(
            len(transform.mean_value) in (0, 1, 3),
            f"takes mean_value once, or once per channel, given {len(transform.mean_value)}",
        )
        for name in ("downsample_rate", "field_h", "field_w"):
            self.check(min(getattr(param, name)) > 0, f"needs positive {name}")
        scales = param.do_multiple_scale and param.min_scale > 0 and param.max_scale > 0
        self.check(
            not scales or param.min_scale <= param.max_scale,
            f"min_scale {param.min_scale} is above max_scale {param.max_scale}",
        )
        entries = read_entries(param.source, param.root_folder)
        info(f"Number of images: {len(entries)}", src="image_gt_data_layer.cpp:167")
        return TruthReader(param, transform, entries, scales)


class TruthReader(ListReader):
    """The pictures of a window file, cut to one size, and their maps."""

    def __init__(self, param, transform, entries, scales):
        self.param, self.scales, self.mirror = param, scales, transform.mirror
        self.means = np.array(transform.mean_value, np.float32)
        resizes = param.HasField("resize_width") and param.HasField("resize_height")
        self.resize = (param.resize_height, param.resize_width) if resizes else None
        size = self.resize or entries[-1].size
        if param.HasField("crop_width") and param.HasField("crop_height"):
            crop = param.crop_height or size[0], param.crop_width or size[1]
            if crop[0] > size[0] or crop[1] > size[1]:
                raise FormatError(
                    f"crop_height and crop_width {crop} are beyond the pictures' {size}"
                )
            size = crop
        self.size = size
        self.map_sizes = [(size[0] // r, size[1] // r) for r in param.downsample_rate]
        for rate, own in zip(param.downsample_rate, self.map_sizes, strict=True):
            if own != tuple(_round(s / rate) for s in size) or min(own) < 1:
                raise FormatError(f"size {size} does not fit downsample_rate {rate}")
        self.aspects = 0
        if scales and param.HasField("min_whaspect") and param.HasField("max_whaspect"):
            self.aspects = _round((param.max_whaspect - param.min_whaspect) / 0.05)
            if self.aspects < 1:
                raise FormatError("max_whaspect must be above min_whaspect by 0.05 or more")
        lines = []
        for entry in entries:
            seen = (entry.boxes[:, 1] == 0).any()
            lines += [entry] * (param.fg_img_multiple if seen else 1)
        super().__init__(lines, param.batch_size, param.shuffle, random=True)
        self.shapes = [(self.batch_size, 3, *size)]
        self.shapes += [(self.batch_size, 6, *own) for own in self.map_sizes]
        if param.output_gt_boxes:
            self.shapes.append((1, 7, 1, 1))

    def batch(self, first):
        draws, tops, boxes = self._draws(first), [], []
        for i in range(self.batch_size):
            data, maps, found = self._load(self.line(self.share.number(first + i)), draws)
            tops.append([data, *maps])
            boxes += [(i, *box[2:], *box[:2]) for box in found]
        out = [np.stack(top) for top in zip(*tops, strict=True)]
        if self.param.output_gt_boxes:
            rows = np.array(boxes or [PLACEHOLDER], np.float32)
            out.append(rows.reshape(-1, 7, 1, 1))
        return out

    def _load(self, entry, draws):
        """Return the picture (3, H, W), its maps (6, H, W), its boxes."""
        image = images.read(entry.path, images.COLOR)
        boxes, regions = entry.boxes.copy(), entry.regions.copy()
        edges = boxes[:, 2:], regions  # views: x1, y1, x2, y2
        if self.mirror and draws.randint(2):
            image = image[:, ::-1]
            for edge in edges:
                edge[:, [0, 2]] = image.shape[1] - edge[:, [2, 0]]
        if self.resize and self.resize != image.shape[:2]:
            _scale(edges, _floats(self.resize) / _floats(image.shape[:2]))
            image = images.resize(image, *self.resize)
        middle, box = self._middle(edges[0], image.shape, draws)
        factor = np.ones(2, np.float32)  # height, width
        if self.scales and box is not None and draws.randint(2):
            factor = self._factor(box, draws)
        if (factor > 1.5).any():  # what lies far away need not be enlarged
            image, start = _cut(image, middle, factor)
            middle = middle - start
            _shift(edges, -start)
        if (factor != 1).any():
            image = images.resize(
                image, *(_round(s * f) for s, f in zip(image.shape, factor, strict=False))
            )
        _scale(edges, factor)
        return self._place(image, middle * factor, boxes, regions, draws)

    def _middle(self, edges, shape, draws):
        """Return the (y, x) to cut around, and the box there (None where there is none)."""
        if len(edges):
            box = edges[draws.randint(len(edges))]
            return np.array([box[1] + box[3], box[0] + box[2]]) / 2, box
        places = [
            draws.randint(own - want + 1) + want / 2 if own >= want else own / 2
            for own, want in reversed(list(zip(shape, self.size, strict=False)))
        ]
        return _floats(places[::-1]), None

    def _factor(self, box, draws):
        """Return by what to enlarge (height, width), so that the box gets a size of the scales'."""
        param = self.param
        width, height = (float(v) for v in box[2:] - box[:2])
        octaves = math.log2(param.max_scale / param.min_scale)
        steps = np.arange(_round(2 * octaves + 1)) / 2
        area, fields = width * height, (param.min_scale * 2.0**steps) ** 2
        own = steps[np.argmax(np.minimum(area, fields) / np.maximum(area, fields))]
        factor = np.full(2, 2.0 ** (steps[draws.randint(len(steps))] - own), np.float32)
        if self.aspects and draws.randint(2):
            aspect = draws.randint(self.aspects) * 0.05 + param.min_whaspect
            more = aspect / (width / height)
            low, high = param.min_scale * 0.8, param.max_scale * 1.2
            if draws.randint(2):
                factor[1] *= more if low <= width * factor[1] * more <= high else 1
            else:
                factor[0] /= more if low <= height * factor[0] / more <= high else 1
        return factor

    def _place(self, image, middle, boxes, regions, draws):
        """Cut the picture out around `middle`, or put it into a larger one; make its maps."""
        to, start, copied = [0, 0], [0, 0], list(self.size)
        noise = [draws.randint(20) - 10 for _ in range(2)][::-1]  # x is drawn first
        for k, want in enumerate(self.size):
            spare = image.shape[k] - want
            if spare < 0:
                to[k] = min(max(_round(-spare / 2) + noise[k], 0), -spare)
                copied[k] = image.shape[k]
            elif spare > 0:
                start[k] = _round(float(middle[k])) + noise[k] - _round(want / 2)
                start[k] = min(max(start[k], 0), spare)
        data = np.zeros((3, *self.size), np.float32)
        source, target = (
            tuple(slice(s, s + c) for s, c in zip(where, copied, strict=True))
            for where in (start, to)
        )
        picture = image[source].transpose(2, 0, 1).astype(np.float32)
        if self.means.size:
            picture -= self.means[:, None, None]
        data[(slice(None), *target)] = picture * np.float32(self.param.scale)
        _shift((boxes[:, 2:], regions), _floats(to) - _floats(start))
        self._ignore(boxes)
        return data, self._maps(boxes, regions, to, copied), boxes

    def _ignore(self, boxes):
        x1, y1, x2, y2 = boxes[:, 2:].T
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        out = (x < 0) | (x >= self.size[1]) | (y < 0) | (y >= self.size[0])
        out |= (x2 - x1 + 1 < self.param.min_gt_width) | (y2 - y1 + 1 < self.param.min_gt_height)
        boxes[out, 1] = 1

    def _maps(self, boxes, regions, to, copied):
        sizes = boxes[:, 4:] - boxes[:, 2:4]
        truth = np.concatenate([boxes[:, :1], (boxes[:, 2:4] + boxes[:, 4:]) / 2, sizes], 1)
        seen = boxes[:, 1] == 0
        matched = np.zeros(len(boxes), bool)
        best = np.zeros((len(self.map_sizes), len(boxes)), np.float32)
        maps = []
        for k, (rows, columns) in enumerate(self.map_sizes):
            fields = self._fields(k)
            closed = self._closed(k, to, copied)
            if len(regions):
                inside = _overlaps(fields, regions, "IOFU").sum(0)
                closed |= inside >= np.float32(0.4)
            top = np.zeros((6, rows, columns), np.float32)
            if len(boxes):
                overlaps = np.where(closed, 0, _overlaps(fields, boxes[:, 2:], "IOU"))
                best[k] = overlaps.reshape(len(boxes), -1).max(1)
                which, top[5] = overlaps.argmax(0), overlaps.max(0)
                taken = (top[5] > np.float32(self.param.fg_threshold)) & ~closed
                top[:5, taken] = truth[which[taken]].T
                top[0, taken] *= seen[which[taken]]
                matched[which[taken]] = True
            top[5, closed] = 1
            maps.append(top)
        for i in np.flatnonzero(seen & ~matched):
            k = int(best[:, i].argmax())
            if best[k, i] < np.float32(0.2):
                continue
            rate = self.param.downsample_rate[k]
            x, y = (int(v // rate) for v in truth[i, 1:3])
            at = min(max(y, 0), maps[k].shape[1] - 1), min(max(x, 0), maps[k].shape[2] - 1)
            if maps[k][(0, *at)] <= 0:
                maps[k][(slice(0, 5), *at)] = truth[i]
        return maps

    def _fields(self, k):
        """Return the fields (H, W, 4) of map k as x, y, width, height."""
        rate, (rows, columns) = self.param.downsample_rate[k], self.map_sizes[k]
        width, height = self.param.field_w[k], self.param.field_h[k]
        fields = np.empty((rows, columns, 4), np.float32)
        fields[..., 0] = (np.arange(columns) + 0.5) * rate - width / 2
        fields[..., 1] = (np.arange(rows)[:, None] + 0.5) * rate - height / 2
        fields[..., 2:] = width, height
        return fields

    def _closed(self, k, to, copied):
        """Return the places (H, W) of map k behind which there is no picture."""
        rate, closed = self.param.downsample_rate[k], np.ones(self.map_sizes[k], bool)
        start, long = ([_round(v / rate) for v in values] for values in (to, copied))
        closed[start[0] : start[0] + long[0], start[1] : start[1] + long[1]] = False
        return closed


def _overlaps(fields, edges, mode):
    """Return each box's overlap with each field (boxes, H, W)."""
    boxes = np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], 1)
    a, b = torch.from_numpy(fields)[None], torch.from_numpy(boxes)[:, None, None]
    return share(a, b, mode).numpy()


def _cut(image, middle, factor):
    """Return what around the middle 1.2 times the picture's size will hold, and where it begins."""
    starts, sizes = [], []
    for own, at, f in zip(image.shape, middle, factor, strict=False):
        size = min(_round(1.2 * own / f), own)
        start = max(_round(float(at) - size * 0.5), 0)
        starts.append(start - max(start + size - own, 0))
        sizes.append(size)
    (y, x), (height, width) = starts, sizes
    return image[y : y + height, x : x + width], _floats(starts)


def _scale(edges, factor):
    """Multiply x1, y1, x2, y2 by a factor (height, width)."""
    for edge in edges:
        edge *= np.tile(factor[::-1], 2)


def _shift(edges, by):
    """Add (y, x) to x1, y1, x2, y2."""
    for edge in edges:
        edge += np.tile(by[::-1], 2)


def _floats(values: Sequence[float]) -> np.ndarray:
    return np.array(values, np.float32)


def _round(x: float) -> int:
    """Return the nearest integer, halves away from 0."""
    return int(math.copysign(math.floor(abs(x) + 0.5), x))
