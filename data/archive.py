"""Unpack untrusted tar and zip archives.

No member is written outside the folder, links and devices are refused, sizes are counted while
reading (headers can lie), and the result appears only when the whole archive is unpacked.
"""

import contextlib
import gzip
import os
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, cast

from .errors import DataError
from .progress import bar

MAX_MEMBERS = 1_000_000
_CHUNK = 1 << 20


class _Bounded:
    """A file whose reads end in a DataError past `limit` bytes, or when a read is too large."""

    def __init__(self, stream, path, limit):
        self.stream, self.path, self.limit = stream, path, limit

    def read(self, size=-1):
        # tarfile reads a long-name header in one piece of the size which that header claims.
        if size < 0 or size > 64 * _CHUNK:
            raise DataError(f"{self.path}: a header claims {size:,} bytes")
        data = self.stream.read(size)
        if self.stream.tell() > self.limit:
            raise _too_big(self.path, self.limit)
        return data

    def seek(self, *args):
        if args[0] > self.limit:
            raise _too_big(self.path, self.limit)
        return self.stream.seek(*args)

    def tell(self):
        return self.stream.tell()


def _too_big(path, limit):
    return DataError(f"{path}: unpacks to more than the limit of {limit:,} bytes; not unpacked")


def _safe_parts(path, name):
    """Return the member's path as parts; DataError when it could lead out of the folder."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", plain) or "\0" in plain:
        raise DataError(f"{path}: member {name!r} leads out of the folder; not unpacked")
    return parts


def _tar_members(path, limit):
    """(name, kind, open function) of each member of a tar archive, plain or gzipped."""
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(open(path, "rb"))
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = stack.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
        bounded = cast(IO[bytes], _Bounded(stream, path, limit + 64 * _CHUNK))
        archive = stack.enter_context(tarfile.open(fileobj=bounded, mode="r:"))
        for member in archive:
            kind = "file" if member.isreg() else "folder" if member.isdir() else "other"
            yield member.name, kind, lambda member=member: archive.extractfile(member)


def _zip_members(path, limit):
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            kind = "folder" if member.is_dir() else "file"
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR) or member.flag_bits & 1:
                kind = "other"
            yield member.filename, kind, lambda member=member: archive.open(member)


def _below(parts, keep):
    """Return a member's path from the last part named in `keep` on; None when there is none."""
    if "__MACOSX" in parts:
        return None
    found = max((i for i, part in enumerate(parts) if part in keep), default=None)
    return None if found is None else parts[found:]


def _copy(opener, target, path, budget, limit):
    """Copy one member; returns the bytes written, never more than `budget`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opener() as source, open(target, "xb") as sink:
        while piece := source.read(_CHUNK):
            written += len(piece)
            if written > budget:
                raise _too_big(path, limit)
            sink.write(piece)
    return written


def _extract(path, keep, staging, limit):
    """Unpack the wanted members of `path` into the folder `staging`; return their number."""
    progress = bar(f"unpack {path.name}")
    count = total = 0
    members = _zip_members if zipfile.is_zipfile(path) else _tar_members
    for seen, (name, kind, opener) in enumerate(members(path, limit)):
        if seen >= MAX_MEMBERS:
            raise DataError(f"{path}: more than {MAX_MEMBERS:,} members; not unpacked")
        if kind == "other":
            raise DataError(f"{path}: member {name!r} is a link or a device; not unpacked")
        parts = _below(_safe_parts(path, name), keep)
        if kind == "folder" or not parts:
            continue
        total += _copy(opener, staging.joinpath(*parts), path, limit - total, limit)
        count += 1
        progress.update()
    progress.close()
    return count


def unpack(path: Path, keep: Collection[str], into: Path, limit: int | None = None) -> None:
    """Unpack the folders (or files) of an archive that are named in `keep`.

    Their parents are dropped: with keep ("JPEGImages",), `a/b/JPEGImages/x.jpg` becomes
    `into/JPEGImages/x.jpg`. A folder of that name in `into` is replaced, at the end and at once.

    Parameters
    ----------
    path
        A tar (plain or gzipped) or zip archive.
    limit
        Bytes that the archive may unpack to (default: twenty times its size, at least 256 MB).

    Raises
    ------
    DataError
        The archive is broken, too large, or has members that are links or lead out of the folder;
        nothing is left then.
    """
    limit = limit or max(20 * path.stat().st_size, 256_000_000)
    into.mkdir(parents=True, exist_ok=True)
    staging = into / f".{path.name}.unpacking~"
    shutil.rmtree(staging, ignore_errors=True)  # left by a killed run
    staging.mkdir()
    try:
        if not _extract(path, keep, staging, limit):
            raise DataError(f"{path}: holds nothing below {' or '.join(keep)}; not unpacked")
        for entry in sorted(staging.iterdir()):
            place = into / entry.name
            if place.is_dir():
                shutil.rmtree(place)
            os.replace(entry, place)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: broken archive: {error}; delete it and fetch again") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
