"""Files that are either wholly there or as they were before."""

import contextlib
import os
import stat
from collections.abc import Iterator

from .errors import FormatError


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[str]:
    """The name of a new file beside `path`, which takes its place when the block ends well.

    Killed or failed at any byte, the previous `path` is still there and readable.  A pipe or
    device is written directly.  Raises FormatError where the folder is missing or writing fails;
    one raised in the block gets `path` in front.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    special = os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode)
    if os.path.isdir(target):
        raise FormatError(f"{path}: is a folder, cannot be written as a file")
    if not os.path.isdir(os.path.dirname(target)):
        raise FormatError(f"{path}: its folder {os.path.dirname(target)} does not exist")
    try:
        yield target if special else temporary
        if not special:
            _sync(temporary)
            os.replace(temporary, target)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    except OSError as error:
        reason = error.strerror or error
        raise FormatError(f"{path}: cannot be written: {reason}; what was there is kept") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _sync(path: str) -> None:
    """Have the bytes on disk before the name: else a power cut may leave an empty file."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
