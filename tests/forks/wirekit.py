"""Caffemodels as forks write them: protocol buffers by hand, with any field numbers."""

import numpy as np


def varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def message(number, content):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(field, value):
    return varint(field << 3) + varint(value)


def blob(array, legacy=False):
    """A BlobProto: packed floats (5) and the shape, as dims (7) or as num to width (1 to 4)."""
    data = message(5, np.asarray(array, "<f4").tobytes())
    if legacy:
        dims = (1,) * (4 - array.ndim) + array.shape
        return b"".join(number(i, n) for i, n in enumerate(dims, 1)) + data
    return message(7, message(1, b"".join(varint(n) for n in array.shape))) + data


def layer(name, kind, blobs, extra=b"", legacy=False):
    """A LayerParameter (field 100 of the net); `extra` is what only the fork's schema knows."""
    body = message(1, name.encode()) + message(2, kind.encode())
    body += b"".join(message(7, blob(b, legacy)) for b in blobs) + extra
    return message(100, body)


def v1_layer(name, kind, blobs, extra=b""):
    """A V1LayerParameter (field 2), whose type is the fork's enum number."""
    body = message(4, name.encode()) + number(5, kind)
    body += b"".join(message(6, blob(b, legacy=True)) for b in blobs) + extra
    return message(2, body)


def floats(field, *values):
    """float fields of one number, unpacked."""
    return b"".join(varint(field << 3 | 5) + np.float32(v).tobytes() for v in values)
