"""Files that are either wholly there or as they were before."""

import contextlib
import os
import stat
import threading
from collections.abc import Iterator

from ..errors import FormatError

# A file that grows by so many bytes is written out meanwhile.
EARLY = 1 << 25


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[str]:
    """Yield the name of a new file, which takes the place of `path` when the block ends well.

    Killed or failed at any byte, the previous `path` is still there and readable. A pipe or device
    is written directly. FormatError where the folder is missing or writing fails; one raised in the
    block gets `path` in front.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    special = os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode)
    if os.path.isdir(target):
        raise FormatError(f"{path}: is a folder, cannot be written as a file")
    if not os.path.isdir(os.path.dirname(target)):
        raise FormatError(f"{path}: its folder {os.path.dirname(target)} does not exist")
    try:
        if special:
            yield target
        else:
            with _written_out_meanwhile(temporary):
                yield temporary
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


@contextlib.contextmanager
def _written_out_meanwhile(path: str) -> Iterator[None]:
    """Have the disk at work on a long file before its end is written: less to wait for then."""
    ended = threading.Event()

    def work():
        out = 0
        while not ended.wait(0.01):
            with contextlib.suppress(OSError):  # not there yet; what is wrong with it shows later
                if (size := os.path.getsize(path)) >= out + EARLY:
                    _sync(path)
                    out = size

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


def _sync(path: str) -> None:
    """Have the bytes on disk before the name: else a power cut may leave an empty file."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
