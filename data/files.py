"""Files that are whole or absent: written to a temporary name beside the target, then renamed."""

import contextlib
import json
import os

_MARK = ".part~"


class DataError(Exception):
    """Data, or a request for it, is wrong; the message names file, value and remedy."""


class NoRoom(DataError):
    """The disk has too little room; another mirror would not help."""


@contextlib.contextmanager
def replacing(path):
    """Open `path` for binary writing; the file appears only when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_MARK}")
    try:
        with open(temporary, "wb") as stream:
            yield stream
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder):
    """Remove temporary files that a killed run left under `folder`."""
    for leftover in folder.rglob(f".*{_MARK}"):
        leftover.unlink(missing_ok=True)


def write_text(path, text):
    """Write a text file; one that says the same already keeps its date."""
    content = text.encode()
    if not path.is_file() or path.read_bytes() != content:
        with replacing(path) as stream:
            stream.write(content)


def write_json(path, value):
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path):
    """The JSON value in `path`; DataError names the file and line when it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as JSON: {error}") from error


def read_list(path):
    """Non-empty lines of a list file, stripped."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a list of names: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def write_list(path, lines):
    write_text(path, "".join(f"{line}\n" for line in lines))
