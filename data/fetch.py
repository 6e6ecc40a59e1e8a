"""Downloads: mirrors in turn, resumed, verified; with instructions where all fail."""

import errno
import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files
from .errors import DataError, NoRoom
from .progress import bar
from .text import amount

ATTEMPTS = 4  # without progress, at one address
PAUSE = 1.0  # seconds before the second attempt, doubled for each further one
TIMEOUT = 60.0  # seconds without a byte
LOCK = "checksums.json"  # in the data folder: what was recorded where no checksum is public
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Remote:
    """A file to download."""

    name: str  # its name here
    urls: tuple  # its addresses, tried in turn
    digest: str = ""  # "md5:...", "sha1:..." or "sha256:..."; empty where none is public
    size: int | None = None  # exact bytes
    about: int = 0  # rough bytes, for messages and the disk check
    unpacked: int = 0  # rough bytes it unpacks to
    page: str = ""  # where people get it, if no address gives the file itself


def digest_of(path: Path, kind: str) -> str:
    """Return the checksum of a file as "kind:hex"."""
    state = hashlib.new(kind)
    with open(path, "rb") as stream:
        while piece := stream.read(_CHUNK):
            state.update(piece)
    return f"{kind}:{state.hexdigest()}"


class _HttpOnly(urllib.request.HTTPRedirectHandler):
    """Follow redirections, but never from https to anything less."""

    def redirect_request(self, request, response, code, message, headers, address):
        if request.full_url.startswith("https:") and not address.startswith("https:"):
            raise DataError(f"redirected from https to {address}: not followed")
        return super().redirect_request(request, response, code, message, headers, address)


def _open(url, headers):
    if not url.startswith(("https://", "http://")):
        raise DataError(f"{url}: only https and http addresses are fetched")
    opener = urllib.request.build_opener(_HttpOnly)
    request = urllib.request.Request(url, headers={"User-Agent": "fcn-data", **headers})
    return opener.open(request, timeout=TIMEOUT)


class Download:
    """One download: a `.partial` beside its place, and a note of which version that is."""

    def __init__(self, remote: Remote, folder: Path):
        self.remote, self.folder = remote, folder
        self.target = folder / remote.name
        self.partial = folder / f".{remote.name}.partial"
        self.note = folder / f".{remote.name}.partial.json"

    def have(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def drop(self) -> None:
        self.partial.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def _validator(self, url: str) -> str | None:
        """Return the validator of the version begun; None: start from the beginning."""
        if not (self.have() and self.note.is_file()):
            return None
        note = files.read_json(self.note)
        # With a public checksum pieces may come from any mirror; without, from one version only.
        if note.get("url") == url:
            return note.get("validator") or ("any" if self.remote.digest else None)
        return "any" if self.remote.digest else None

    def _headers(self, url: str) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}
        validator = self._validator(url)
        if validator is None:
            self.drop()
        else:
            headers["Range"] = f"bytes={self.have()}-"
            if validator != "any":
                headers["If-Range"] = validator
        return headers

    def _start(self, response, url):
        """Return (first byte of the body, bytes of the whole file or None), checked."""
        kind = response.headers.get("Content-Type", "")
        if kind.startswith("text/html"):
            raise DataError("the response is a web page, not the file")
        start, total = 0, response.headers.get("Content-Length")
        total = int(total) if total and total.isdigit() else None
        if response.status == 206:
            span, _, whole = response.headers.get("Content-Range", "").partition("/")
            first = span.removeprefix("bytes ").partition("-")[0]
            if not first.isdigit() or int(first) != self.have():
                self.drop()
                raise ConnectionError("the server sent another range than requested")
            start, total = int(first), int(whole) if whole.isdigit() else None
        if total is not None and self.remote.size not in (None, total):
            raise DataError(f"the server has {total:,} bytes, expected {self.remote.size:,}")
        etag = response.headers.get("ETag", "")
        validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
        files.write_json(self.note, dict(url=url, validator=validator))
        return start, total

    def _check_room(self, wanted: int) -> None:
        free = shutil.disk_usage(self.folder).free
        needed = wanted + self.remote.unpacked
        if needed > free:
            raise NoRoom(
                f"{self.remote.name} needs {amount(needed)} in {self.folder} "
                f"(unpacked too), where {amount(free)} are free"
            )

    def request(self, url: str) -> None:
        """Request once and append the body; an unfinished one is a ConnectionError."""
        with _open(url, self._headers(url)) as response:
            start, total = self._start(response, url)
            self._check_room((total or self.remote.size or self.remote.about) - start)
            progress = bar(self.remote.name, total or self.remote.size, "B", initial=start)
            with progress, open(self.partial, "ab" if start else "wb") as sink:
                while piece := response.read(_CHUNK):
                    sink.write(piece)
                    progress.update(len(piece))
        if total is not None and self.have() != total:
            raise ConnectionError(f"ended after {self.have():,} of {total:,} bytes")

    def from_url(self, url: str) -> None:
        """Download from one address, continuing where a connection broke."""
        attempt = 0
        while True:
            before = self.have()
            try:
                self.request(url)
                return
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 416:  # the part here does not fit the file there
                    self.drop()
                elif error.code < 500 and error.code not in (408, 429):
                    raise
                problem: Exception = error
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    raise NoRoom(f"{self.partial}: the disk is full") from error
                problem = error
            attempt = 0 if self.have() > before else attempt + 1
            if attempt >= ATTEMPTS:
                raise problem
            time.sleep(PAUSE * 2**attempt)


def verify(remote: Remote, path: Path, data: Path) -> str:
    """Hold a file against the published checksum, or the recorded one where none is public.

    Returns
    -------
    str
        A remark for the user when the content could only be recorded (in the folder `data`), else
        "".

    Raises
    ------
    DataError
        The size or checksum is another.
    """
    size = path.stat().st_size
    if remote.size not in (None, size):
        raise DataError(f"{path}: {size:,} bytes, the published file has {remote.size:,}")
    if remote.digest:
        found = digest_of(path, remote.digest.partition(":")[0])
        if found != remote.digest:
            raise DataError(f"{path}: checksum {found}, the published file's is {remote.digest}")
        return ""
    lock = data / LOCK
    known = files.read_json(lock) if lock.is_file() else {}
    found = digest_of(path, "sha256")
    if remote.name not in known:
        known[remote.name] = dict(digest=found, size=size)
        files.write_json(lock, known)
        return f"{remote.name}: no checksum is public; recorded {found} in {lock}"
    if known[remote.name]["digest"] != found:
        raise DataError(
            f"{path}: checksum {found}, but {lock} recorded {known[remote.name]['digest']} "
            "when it was first downloaded"
        )
    return ""


def by_hand(remote: Remote, folder: Path, failures: list[str]) -> str:
    """Return what to tell a user whose download failed: why, and how to get the file."""
    size = remote.size or remote.about
    lines = [f"{remote.name} could not be downloaded:"] if failures else []
    lines += [f"  {failure}" for failure in failures]
    source = f"{remote.name} from {remote.page}" if remote.page else "it"
    lines += [
        f"Get {source} by hand ({amount(size) if size else 'size unknown'}"
        f"{', ' + remote.digest if remote.digest else ''}), put it at",
        f"  {folder / remote.name}",
        "and run the same command again: the file is then checked and used.",
    ]
    return "\n".join(lines)


def get(remote: Remote, folder: Path, data: Path, log: Callable[[str], Any] = print) -> Path:
    """Download a file unless it is there, and verify it.

    A file put there by hand is accepted when its checksum is right.

    Parameters
    ----------
    folder
        Where it goes.
    data
        The data folder, which has the recorded checksums.

    Raises
    ------
    DataError
        Every address failed; the message has each reason and how to get the file by hand.
    NoRoom
        The disk has too little room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    download = Download(remote, folder)
    failures: list[str] = []
    if download.target.exists():
        try:
            remark = verify(remote, download.target, data)
        except DataError as error:
            raise DataError(f"{error}. Remove it to download it again.") from error
        log(remark or f"{remote.name}: there and verified")
        return download.target
    for url in remote.urls:
        log(f"{remote.name}: from {url}")
        try:
            download.from_url(url)
            remark = verify(remote, download.partial, data)
        except NoRoom:
            raise
        except (DataError, OSError, http.client.HTTPException) as error:
            failures.append(f"{url}: {error}")
            if isinstance(error, DataError):
                download.drop()  # wrong bytes are not worth resuming
            continue
        os.replace(download.partial, download.target)
        download.note.unlink(missing_ok=True)
        log(remark or f"{remote.name}: verified ({remote.digest})")
        return download.target
    raise DataError(by_hand(remote, folder, failures))
