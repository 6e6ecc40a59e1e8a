"""MS-CNN's window files: pictures with their boxes (zhaoweicai/mscnn: image_gt_data_layer.cpp)."""

from typing import NamedTuple

import numpy as np

from ..errors import FormatError
from ..formats.text_file import read_text


class Entry(NamedTuple):
    """A picture of the list: its boxes as label, ignore, x1, y1, x2, y2; the regions left out."""

    path: str
    size: tuple[int, int]  # height, width, as the list has them
    boxes: np.ndarray
    regions: np.ndarray


def read_entries(source: str, root: str) -> list[Entry]:
    """Return the pictures of a window file; FormatError where it is not one."""
    words = iter(read_text(source).split())

    def numbers(count):
        return [int(next(words)) for _ in range(count)]

    entries: list[Entry] = []
    for mark in words:
        try:
            if mark != "#":
                raise ValueError
            numbers(1)
            path = root + next(words)
            channels, height, width, count = numbers(4)
            boxes = np.array(numbers(6 * count), np.float32).reshape(-1, 6)
            regions = np.array(numbers(4 * numbers(1)[0]), np.float32).reshape(-1, 4)
            if channels != 3 or min(height, width) < 1 or (boxes[:, 0] <= 0).any():
                raise ValueError
        except (ValueError, StopIteration):
            raise FormatError(
                f"window file '{source}', picture {len(entries) + 1}: expected '#', a number, a "
                "path, 3 channels, height, width, the boxes' count, for each label (1 or more), "
                "ignore, x1, y1, x2, y2, the regions' count and for each x1, y1, x2, y2"
            ) from None
        entries.append(Entry(path, (height, width), boxes, regions))
    if not entries:
        raise FormatError(f"window file '{source}' is empty")
    return entries
