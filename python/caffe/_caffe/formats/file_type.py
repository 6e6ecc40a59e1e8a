"""Tell a file's kind from its first bytes, for errors that say what was given by mistake."""

import contextlib
import os
import re
from collections.abc import Iterator

from ..errors import FormatError

# As many bytes as `kind` looks at.
HEAD = 512

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"

_MAGIC = {
    HDF5_MAGIC: "an HDF5 file",
    b"PK\x03\x04": "a zip archive (such as .npz or .pth)",
    b"\x1f\x8b": "gzip data (unpack it first)",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x80\x02": "a Python pickle",
    b"version https://git-lfs": "a Git LFS pointer, not the file itself (run git lfs pull)",
}

# A field name and what follows it, after blank lines and comments; no control bytes up to there.
_TEXT = re.compile(rb"(?:\s|#[^\n]*\n)*[A-Za-z_]\w*\s*[:{]\s*[\w\s\"'{#-]")


@contextlib.contextmanager
def opening(path: str, what: str) -> Iterator[None]:
    """Say in a FormatError what keeps a file from being read, and that it should be `what`."""
    try:
        yield
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file, expected {what}") from None
    except IsADirectoryError:
        raise FormatError(f"{path}: is a folder, expected {what}") from None
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror}") from error


def detect(head: bytes) -> str | None:
    """Return what a file beginning with `head` is; None for plain text, which Caffe's may be."""
    if not head:
        return "empty"
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if is_html(head):
        return "an HTML page (a download that failed?)"
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        return "a binary file"
    return None


def not_wire(head: bytes) -> str | None:
    """Return what a file beginning with `head` is; None where it may be a protocol buffer.

    HDF5, archives, images, web pages and text show; one kind of message given for another does not.
    """
    found = detect(head)
    if found in (None, "a binary file") and _TEXT.match(head):
        return "text (a prototxt?)"
    return None if found in (None, "a binary file") else found


def is_html(head: bytes) -> bool:
    start = head.lstrip().lower()
    return start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head"))


def is_hdf5(path: str | os.PathLike) -> bool:
    with open(path, "rb") as file:
        return file.read(len(HDF5_MAGIC)) == HDF5_MAGIC
