"""Protocol buffers on the wire, as much as snapshots need: walk without copying, write by parts.

A message is a run of fields, each a tag (number << 3 | wire type) and a value.  Parsing a 538 MB
caffemodel through generated classes takes three copies of it; here a field's value is only a pair
of offsets into the mapped file, and packed floats become numpy views.
Source: protobuf.dev/programming-guides/encoding.
"""

import mmap
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

import numpy as np

from ..errors import FormatError
from . import file_type

VARINT, FIXED64, LEN, FIXED32 = 0, 1, 2, 5

# A real net has some hundred layers; this only bounds the time that random bytes can take.
_MOST_FIELDS = 1_000_000
# What a protocol buffer may hold at most; a pipe could go on for ever.
_MOST_PIPED = (1 << 31) - 1


class Field(NamedTuple):
    """One field: its number, wire type, varint value, and the bytes [start, end) of its value.

    A run of fixed-size fields of one number (unpacked floats) is one Field up to the run's end.
    """

    number: int
    wire: int
    value: int
    start: int
    end: int


class Reader:
    """The bytes of one message file, mapped read-only; `what` is the kind of file expected.

    `place` says where in the message one is ("layer 'fc6', blob 0"), for errors.
    Raises FormatError for a file that is missing, empty or plainly of another kind.
    """

    def __init__(self, path: str | os.PathLike, what: str):
        self.path = os.fspath(path)
        self.what = what
        self.place = ""
        self.buf = self._open()
        self.size = len(self.buf)

    def _open(self):
        with file_type.opening(self.path, self.what), open(self.path, "rb") as file:
            found = os.fstat(file.fileno())
            if stat.S_ISFIFO(found.st_mode):
                buf: bytes | mmap.mmap = file.read(_MOST_PIPED)
            elif not stat.S_ISREG(found.st_mode):
                raise FormatError(f"{self.path}: is a device, expected {self.what}")
            elif found.st_size == 0:
                buf = b""
            else:
                buf = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        kind = file_type.not_wire(buf[: file_type.HEAD])
        if kind:
            raise FormatError(f"{self.path}: is {kind}, expected {self.what}")
        return buf

    def fail(self, text: str, at: int) -> NoReturn:
        place = f"{self.place}: " if self.place else ""
        raise FormatError(f"{self.path}: {place}{text} (at byte {at} of {self.size})")

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """Return the varint at `at` as an unsigned number, and where it ends."""
        value = shift = 0
        for i in range(at, min(end, at + 10)):
            byte = self.buf[i]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, i + 1
            shift += 7
        self.fail("truncated or not a number", at)

    def fields(self, start: int = 0, end: int | None = None) -> Iterator[Field]:
        """The fields of the message in [start, end), in file order."""
        end = self.size if end is None else end
        at = start
        for _ in range(_MOST_FIELDS):
            if at >= end:
                return
            tag, here = self.varint(at, end)
            number, wire = tag >> 3, tag & 7
            if not 0 < number < 1 << 29:
                self.fail(f"field number {number} cannot be; damaged, or not {self.what}", at)
            field = self._value(number, wire, at, here, end)
            yield field
            at = field.end
        self.fail(f"more than {_MOST_FIELDS} fields; not {self.what}", start)

    def _value(self, number: int, wire: int, tag_at: int, here: int, end: int) -> Field:
        value = 0
        if wire == VARINT:
            value, stop = self.varint(here, end)
        elif wire == LEN:
            length, here = self.varint(here, end)
            stop = here + length
        elif wire in (FIXED32, FIXED64):
            item = 4 if wire == FIXED32 else 8
            one_byte_tag = here - tag_at == 1 and here + item <= end
            stop = self._run_end(tag_at, end, item) if one_byte_tag else here + item
        else:
            self.fail(f"wire type {wire} cannot be; damaged, or not {self.what}", tag_at)
        if stop > end:
            self.fail(
                f"truncated or damaged: field {number} needs {stop - here} bytes, "
                f"{end - here} are left",
                here,
            )
        return Field(number, wire, value, here, stop)

    def expect(self, field: Field, *wires: int) -> Field:
        """Return `field`, if it has one of the wire types `wires`; else FormatError."""
        if field.wire not in wires:
            self.fail(f"field {field.number} has wire type {field.wire}; damaged", field.start)
        return field

    def text(self, field: Field) -> str:
        """Return the string in `field`; bytes that are not UTF-8 show as escapes."""
        self.expect(field, LEN)
        return bytes(self.buf[field.start : field.end]).decode("utf-8", "backslashreplace")

    def int32(self, field: Field) -> int:
        """Return the signed number in `field`."""
        return signed(self.expect(field, VARINT).value)

    def array(self, field: Field, dtype: str) -> np.ndarray:
        """Return the numbers of `field`, packed or not, as a read-only view of dtype <f4 or <f8."""
        item = np.dtype(dtype).itemsize
        self.expect(field, LEN, FIXED32 if item == 4 else FIXED64)
        if field.wire != LEN:
            return self._records(field.start - 1, field.end, item)["value"].view(dtype)
        length = field.end - field.start
        if length % item:
            self.fail(f"{length} bytes are no whole number of {item}-byte values", field.start)
        return np.frombuffer(self.buf, dtype, length // item, field.start)

    def _records(self, start: int, end: int, item: int) -> np.ndarray:
        """[start, end) as unpacked fixed-size fields: a tag byte and `item` bytes each."""
        record = np.dtype([("tag", "u1"), ("value", f"<u{item}")])
        return np.frombuffer(self.buf, record, max(0, end - start) // record.itemsize, start)

    def _run_end(self, start: int, end: int, item: int) -> int:
        """Return where the run of equal tags that begins at byte `start` ends.

        Walking millions of unpacked floats one by one is too slow; this looks at ever larger
        blocks, so that the work stays in proportion to the run.
        """
        block, size = 64, item + 1
        while True:
            tags = self._records(start, min(end, start + block * size), item)["tag"]
            other = np.flatnonzero(tags != self.buf[start])
            if other.size:
                return start + int(other[0]) * size
            if len(tags) < block:
                return start + len(tags) * size
            block *= 4


def signed(value: int) -> int:
    """Return the two's complement meaning of an unsigned 64-bit `value`."""
    return value - (1 << 64) if value >> 63 else value


def varint(value: int) -> bytes:
    """Return `value` (signed 64-bit) as a varint."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def header(number: int, length: int) -> bytes:
    """Return the tag and length that precede `length` bytes of field `number`."""
    return varint(number << 3 | LEN) + varint(length)
