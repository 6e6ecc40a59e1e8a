"""Files that are whole or absent: written to a temporary name beside the target, then renamed."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .errors import DataError

_MARK = ".part~"


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` only when the block ends without error.

    What the system refuses meanwhile (a folder, a full disk) is a DataError that names `path`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_MARK}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is None:  # not the system's: Pillow raises it for what it cannot encode
            raise
        raise DataError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for binary writing; the file appears only when the block ends without error."""
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        yield stream


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed run left under `folder`."""
    for leftover in folder.rglob(f".*{_MARK}"):
        leftover.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file; unchanged text leaves the file as it is."""
    content = text.encode()
    if not path.is_file() or path.read_bytes() != content:
        with atomic_write(path) as stream:
            stream.write(content)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> Any:
    """Return the JSON value in `path`; DataError names file and line where it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as JSON: {error}") from error


def read_list(path: Path) -> list[str]:
    """Return the non-empty lines of a list file, stripped."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a list of names: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def read_pairs(path: Path) -> list[list[str]]:
    """Return both entries of each line of a list; a tab between them allows for blanks in names."""
    pairs = [line.split("\t") if "\t" in line else line.split() for line in read_list(path)]
    for number, pair in enumerate(pairs, 1):
        if len(pair) != 2:
            raise DataError(f"{path}, entry {number}: {' '.join(pair)!r}: expected `image label`")
    return pairs


def write_list(path: Path, lines: Iterable[str]) -> None:
    """Write a list file, one entry per line."""
    write_text(path, "".join(f"{line}\n" for line in lines))
