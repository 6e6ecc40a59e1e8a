"""Datums in a database, one after the other and round again."""

import numpy as np
from google.protobuf.message import DecodeError

from ..errors import FormatError
from ..log import info
from . import images

NEAR = 256  # how many entries are rather read past than sought


class Cursor:
    """The entries of a database by their number, counted through all rounds."""

    def __init__(self, database):
        self.database = database
        self._entries, self._at = database.entries(), 0

    def entry(self, number: int) -> tuple[bytes, bytes]:
        """Return (key, value) of the entry of that number."""
        if not 0 <= number - self._at < NEAR:
            start = number % len(self.database) if number else 0
            self._entries, self._at = self.database.entries(start), number
        while True:
            entry = next(self._entries, None)
            if entry is None:
                self._entries = self.database.entries()
                entry = next(self._entries, None)
                if entry is None:
                    raise FormatError(f"database '{self.database.path}' has no entries")
                info("Restarting data prefetching from start.", src="data_layer.cpp:73")
            self._at += 1
            if self._at > number:
                return entry


def parse(entry: tuple[bytes, bytes], message, path: str) -> tuple:
    """Return an entry's value parsed as `message`, a class, and its name for errors."""
    key, value = entry
    name = f"key {key.decode('utf-8', 'backslashreplace')!r} of '{path}'"
    try:
        return message.FromString(value), name
    except DecodeError as error:
        raise FormatError(f"{name} is no {message.DESCRIPTOR.name} message: {error}") from error


def datum_image(datum, mode_, name) -> np.ndarray:
    """Return a datum's image (channels, height, width): uint8, or float32 from float_data."""
    if datum.encoded:
        return images.decode(datum.data, mode_, name).transpose(2, 0, 1)
    shape = (datum.channels, datum.height, datum.width)
    if min(shape) < 1:
        raise FormatError(f"{name} has no size: {shape} (channels, height, width)")
    # data_transformer.cpp takes the bytes where there are any, else the floats.
    flat = (
        np.frombuffer(datum.data, np.uint8)
        if datum.data
        else np.array(datum.float_data, np.float32)
    )
    wanted = shape[0] * shape[1] * shape[2]
    if flat.size != wanted:
        raise FormatError(
            f"{name} holds {flat.size} values, expected {shape[0]} x {shape[1]} x {shape[2]} = "
            f"{wanted} (channels, height, width)"
        )
    return flat.reshape(shape)
