"""Files about detections that SSD's Caffe reads and writes: picture sizes, label maps, results.

Source: detection_output_layer.cpp and bbox_util.cpp (OutputBBox) of weiliu89/caffe, branch ssd.
"""

import json
import os
from collections.abc import Sequence

import numpy as np
import torch
from google.protobuf import text_format

from ...proto import caffe_pb2
from ..errors import FormatError
from .atomic import atomic_write
from .text_file import read_text

FORMATS = ("VOC", "COCO", "ILSVRC")


def read_sizes(path: str) -> list[tuple[str, tuple[int, int]]]:
    """Return (name, (height, width)) of each line of a name_size_file."""
    words = read_text(path, "name_size_file").split()
    try:
        return [
            (words[i], (int(words[i + 1]), int(words[i + 2])))
            for i in range(0, len(words) - len(words) % 3, 3)
        ]
    except ValueError as error:
        raise FormatError(f"'{path}': expected lines of name, height, width: {error}") from error


def read_label_map(path: str) -> dict[int, str]:
    """Return label -> name from a LabelMap in protobuf's text format."""
    try:
        items = text_format.Parse(read_text(path, "label_map_file"), caffe_pb2.LabelMap()).item
    except text_format.ParseError as error:
        raise FormatError(f"'{path}' is no label map: {error}") from error
    names = {item.label: item.name for item in items}
    if len(names) != len(items):
        raise FormatError(f"label map '{path}' gives a label twice")
    return names


def original_boxes(
    boxes: torch.Tensor, size: tuple[int, int], resize: Sequence[caffe_pb2.ResizeParameter]
) -> torch.Tensor:
    """Return boxes in pixels of the picture as it was before it was resized for the net.

    Parameters
    ----------
    boxes : (M, 4)
        In shares of the net's picture.
    size : (height, width)
        Of the picture.
    resize : ResizeParameter, none or one
        How it was resized.
    """
    height, width = size
    scale = boxes.new_tensor([width, height] * 2)
    if not resize:
        return boxes.clamp(0, 1) * scale
    param = resize[0]
    if min(param.height, param.width) < 1:
        raise FormatError("resize_param needs a positive height and width")
    if _scaled(param):
        pixels = boxes * boxes.new_tensor([param.width_scale, param.height_scale] * 2)
        return torch.minimum(pixels.clamp(min=0), scale)
    if param.resize_mode == param.FIT_LARGE_SIZE_AND_PAD:
        boxes = _without_padding(boxes, height, width, param)
    return boxes.clamp(0, 1) * scale


def counts_last_pixels(size: tuple[int, int], resize: Sequence[caffe_pb2.ResizeParameter]) -> bool:
    """Tell whether the areas of `original_boxes` hold their sides' last pixels, in SSD's code."""
    return max(size) > 1 and not (resize and _scaled(resize[0]))


def _scaled(param: caffe_pb2.ResizeParameter) -> bool:
    small = param.resize_mode == param.FIT_SMALL_SIZE
    return small and param.height_scale > 0 and param.width_scale > 0


def _without_padding(boxes, height: int, width: int, param) -> torch.Tensor:
    """Return boxes (M, 4) of a padded picture in shares of what is not padding (ProjectBBox).

    A box that lies in the padding altogether stays as it is. In float32, as in the fork.
    """
    f32 = np.float32
    tall, wide, aspect = f32(param.height), f32(param.width), f32(width) / f32(height)
    above = left = f32(0)
    if aspect > wide / tall:
        above = (tall - wide / aspect) / f32(2) / tall
    else:
        left = (wide - tall * aspect) / f32(2) / wide
    start = boxes.new_tensor([left, above])
    end = 1 - start
    inside = ((boxes[:, :2] < end) & (boxes[:, 2:] > start)).all(1, keepdim=True)
    return torch.where(inside, (boxes - start.repeat(2)) / (end - start).repeat(2), boxes)


class DetectionFiles:
    """Collects detections picture by picture and writes them once num_test_image are there.

    VOC: one file per class, lines of name, score, corners; ILSVRC: one file, lines of name,
    label, score, corners; COCO: one JSON file.
    """

    def __init__(
        self, save: caffe_pb2.SaveOutputParameter, output: caffe_pb2.DetectionOutputParameter
    ):
        if save.output_format not in FORMATS:
            raise FormatError(
                f"output_format '{save.output_format}' is not one of {', '.join(FORMATS)}"
            )
        self.save, self.background = save, output.background_label_id
        self.names = read_label_map(save.label_map_file)
        self.pictures = read_sizes(save.name_size_file)
        given = save.HasField("num_test_image")
        self.round = save.num_test_image if given else len(self.pictures)
        if not 0 < self.round <= len(self.pictures):
            raise FormatError(
                f"num_test_image {self.round} must be 1 to {len(self.pictures)}, the pictures in "
                f"'{save.name_size_file}'"
            )
        self.count, self.found = 0, []

    def add(self, rows: np.ndarray) -> None:
        """Add the rows (picture, label, score, corners) of the next picture, (K, 7)."""
        name, size = self.pictures[self.count]
        boxes = original_boxes(
            torch.from_numpy(rows[:, 3:7].copy()), size, list(self.save.resize_param)[:1]
        ).numpy()
        boxes[:, 2:] -= boxes[:, :2]
        for (_, label, score), box in zip(
            rows[:, :3].tolist(), _hundredths(boxes).tolist(), strict=True
        ):
            if int(label) not in self.names:
                raise FormatError(
                    f"label {int(label)} is not in label map '{self.save.label_map_file}'"
                )
            self.found.append((name, int(label), score, box))
        self.count += 1
        if self.count == self.round:
            self._write()
            self.count, self.found = 0, []

    def _write(self) -> None:
        os.makedirs(self.save.output_directory, exist_ok=True)
        if self.save.output_format == "VOC":
            for label, class_name in self.names.items():
                if label != self.background:
                    lines = [self._line(f, f[0]) for f in self.found if f[1] == label]
                    self._put(f"{class_name}.txt", "".join(lines))
        elif self.save.output_format == "ILSVRC":
            self._put(".txt", "".join(self._line(f, f"{f[0]} {f[1]}") for f in self.found))
        else:
            self._put(".json", json.dumps([self._item(f) for f in self.found], indent=1) + "\n")

    def _line(self, found, head) -> str:
        _, _, score, box = found
        x, y, wide, tall = map(int, box)  # cut to whole pixels, as in the fork
        return f"{head} {score:g} {x} {y} {x + wide} {y + tall}\n"

    def _item(self, found) -> dict:
        name, label, score, box = found
        number = int(name) if name.isdigit() else name
        label = self.names[label]
        label = int(label) if label.isdigit() else label
        return {"image_id": number, "category_id": label, "bbox": box, "score": score}

    def _put(self, ending: str, text: str) -> None:
        path = os.path.join(self.save.output_directory, self.save.output_name_prefix + ending)
        with atomic_write(path) as name, open(name, "w", encoding="utf-8") as file:
            file.write(text)


def _hundredths(values: np.ndarray) -> np.ndarray:
    """Return float32 values rounded to hundredths, halves away from zero, as C does."""
    many = (values * np.float32(100)).astype(np.float64)
    return np.trunc(many + np.copysign(0.5, many)) / 100
