"""BlobProto, the message that holds an array: read from the wire as a view, written from one.

shape 7 | legacy num, channels, height, width 1-4 | data 5 | diff 6 | double_data 8, _diff 9
"""

import math
from typing import BinaryIO, NamedTuple

import numpy as np

from .wire import LEN, VARINT, Field, Reader, header, signed, varint

_NUM, _WIDTH, _DATA, _DIFF, _SHAPE, _DOUBLE_DATA, _DOUBLE_DIFF = 1, 4, 5, 6, 7, 8, 9
_VALUES = {_DATA: "<f4", _DIFF: "<f4", _DOUBLE_DATA: "<f8", _DOUBLE_DIFF: "<f8"}

# kMaxBlobAxes in blob.hpp.
_MOST_AXES = 32


class BlobValues(NamedTuple):
    """One stored blob: float32 `data` in its shape, `diff` alike or None.

    `legacy`: the shape came as num, channels, height, width, so it is 4-D whatever the blob was
    (a bias of N is 1x1x1xN).
    """

    data: np.ndarray
    diff: np.ndarray | None
    legacy: bool


def read(reader: Reader, start: int, end: int) -> BlobValues:
    """Return the BlobProto in bytes [start, end); its arrays are views of the file where possible.

    Raises FormatError where the dimensions do not fit the number of values.
    """
    legacy: dict[int, int] = {}
    dims: list[int] = []
    parts: dict[int, list[np.ndarray]] = {number: [] for number in _VALUES}
    for field in reader.fields(start, end):
        if _NUM <= field.number <= _WIDTH:
            legacy[field.number] = reader.int32(field)
        elif field.number == _SHAPE:
            dims += _read_shape(reader, reader.expect(field, LEN))
        elif field.number in _VALUES:
            parts[field.number].append(reader.array(field, _VALUES[field.number]))
    if legacy:
        dims = [legacy.get(number, 0) for number in range(_NUM, _WIDTH + 1)]
    if len(dims) > _MOST_AXES:
        reader.fail(f"more than {_MOST_AXES} axes", start)
    if any(dim < 0 for dim in dims):
        reader.fail(f"shape {_by(dims)} has a negative dimension", start)
    data = _shaped(reader, parts, (_DOUBLE_DATA, _DATA), dims, start)
    if not any(map(len, parts[_DIFF] + parts[_DOUBLE_DIFF])):
        return BlobValues(data, None, bool(legacy))
    diff = _shaped(reader, parts, (_DOUBLE_DIFF, _DIFF), dims, start)
    return BlobValues(data, diff, bool(legacy))


def _read_shape(reader: Reader, shape: Field) -> list[int]:
    """BlobShape: repeated int64 dim = 1, packed or not."""
    dims = []
    for field in reader.fields(shape.start, shape.end):
        if field.number != 1:
            continue
        at = reader.expect(field, LEN, VARINT).start
        while at < field.end and len(dims) <= _MOST_AXES:
            value, at = reader.varint(at, field.end)
            dims.append(signed(value))
    return dims


def _shaped(reader: Reader, parts, numbers, dims: list[int], at: int) -> np.ndarray:
    """Return the values of the first field of `numbers` that has any, in shape `dims`."""
    found = next((parts[n] for n in numbers if sum(map(len, parts[n]))), [])
    count = sum(map(len, found))
    # Compared before anything is allocated: a damaged shape may ask for any amount of memory.
    if count != math.prod(dims):
        reader.fail(f"shape {_by(dims)} needs {math.prod(dims)} values, {count} are stored", at)
    flat = found[0] if len(found) == 1 else np.concatenate([np.empty(0, "<f4"), *found])
    return flat.astype("<f4", copy=False).reshape(dims)


def _by(dims: list[int]) -> str:
    return "x".join(map(str, dims)) or "()"


def size(data: np.ndarray, diff: np.ndarray | None = None) -> int:
    """Return how many bytes `write` takes for these arrays."""
    return sum(len(head) + body for head, body in _plan(data, diff))


def write(file: BinaryIO, data: np.ndarray, diff: np.ndarray | None = None) -> None:
    """Write a BlobProto as BVLC's serialiser does; contiguous float32 arrays are not copied."""
    plan = _plan(data, diff)
    for (head, _), values in zip(plan, (data, diff), strict=False):
        if values is not None:
            file.write(head)
            file.write(np.ascontiguousarray(values, "<f4").reshape(-1).view("u1").data)
    file.write(plan[-1][0])


def _plan(data: np.ndarray, diff: np.ndarray | None) -> list[tuple[bytes, int]]:
    """Return (bytes before, length of the raw values) for data, diff and the shape."""
    plan = []
    for number, values in ((_DATA, data), (_DIFF, diff)):
        # An empty packed field is left out altogether.
        length = 0 if values is None else values.size * 4
        plan.append((header(number, length) if length else b"", length))
    dims = b"".join(varint(dim) for dim in np.shape(data))
    # A scalar has no shape message at all (ToProto in blob.cpp sets none without an axis).
    packed = header(1, len(dims)) + dims
    plan.append((header(_SHAPE, len(packed)) + packed if dims else b"", 0))
    return plan
