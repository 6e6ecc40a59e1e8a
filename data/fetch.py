"""Downloads: mirrors in turn, resumed, verified; and by hand when the network has no answer."""

import errno
import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from . import files
from .files import DataError
from .progress import Progress, amount

ATTEMPTS = 4  # without progress, at one address
PAUSE = 1.0  # seconds before the second attempt, doubled for each further one
TIMEOUT = 60.0  # seconds without a byte
LOCK = "checksums.json"  # in the data folder: what was recorded where no checksum is public
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Remote:
    """A file to download: its name here, its addresses, and what is publicly known of its content.

    digest: "md5:...", "sha1:..." or "sha256:...", empty where none is public; size: bytes, exact,
    or None; about: bytes, roughly, for messages and the disk check; unpacked: bytes it unpacks to,
    roughly.
    """

    name: str
    urls: tuple
    digest: str = ""
    size: int | None = None
    about: int = 0
    unpacked: int = 0


def digest_of(path, kind):
    """The checksum of a file as "kind:hex"."""
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
    """One file on its way: a `.partial` beside its place, and a note of which version that is."""

    def __init__(self, remote, folder):
        self.remote, self.folder = remote, folder
        self.target = folder / remote.name
        self.partial = folder / f".{remote.name}.partial"
        self.note = folder / f".{remote.name}.partial.json"

    def have(self):
        return self.partial.stat().st_size if self.partial.exists() else 0

    def drop(self):
        self.partial.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def _validator(self, url):
        """What tells that the server still has the version begun; None: begin anew."""
        if not (self.have() and self.note.is_file()):
            return None
        note = files.read_json(self.note)
        # With a public checksum pieces may come from any mirror; without, from one version only.
        if note.get("url") == url:
            return note.get("validator") or ("any" if self.remote.digest else None)
        return "any" if self.remote.digest else None

    def _headers(self, url):
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
        """(byte at which the body starts, bytes of the whole file or None), checked."""
        kind = response.headers.get("Content-Type", "")
        if kind.startswith("text/html"):
            raise DataError("the answer is a web page, not the file")
        start, total = 0, response.headers.get("Content-Length")
        total = int(total) if total and total.isdigit() else None
        if response.status == 206:
            span, _, whole = response.headers.get("Content-Range", "").partition("/")
            first = span.removeprefix("bytes ").partition("-")[0]
            if not first.isdigit() or int(first) != self.have():
                self.drop()
                raise ConnectionError("the server sent another range than asked for")
            start, total = int(first), int(whole) if whole.isdigit() else None
        if total is not None and self.remote.size not in (None, total):
            raise DataError(f"the server has {total:,} bytes, expected {self.remote.size:,}")
        etag = response.headers.get("ETag", "")
        validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
        files.write_json(self.note, dict(url=url, validator=validator))
        return start, total

    def _room(self, wanted):
        free = shutil.disk_usage(self.folder).free
        needed = wanted + self.remote.unpacked
        if needed > free:
            raise files.NoRoom(
                f"{self.remote.name} needs {amount(needed, 'B')} in {self.folder} "
                f"(unpacked too), where {amount(free, 'B')} are free"
            )

    def request(self, url):
        """Ask once and append what comes; an unfinished body is a ConnectionError."""
        with _open(url, self._headers(url)) as response:
            start, total = self._start(response, url)
            self._room((total or self.remote.size or self.remote.about) - start)
            progress = Progress(self.remote.name, total or self.remote.size, "B", start)
            with open(self.partial, "ab" if start else "wb") as sink:
                while piece := response.read(_CHUNK):
                    sink.write(piece)
                    progress.add(len(piece))
        progress.close()
        if total is not None and self.have() != total:
            raise ConnectionError(f"ended after {self.have():,} of {total:,} bytes")

    def from_url(self, url):
        """Download from one address, going on where a broken connection stopped."""
        attempt = 0
        while True:
            before = self.have()
            try:
                return self.request(url)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 416:  # what we have is no beginning of what is there
                    self.drop()
                elif error.code < 500 and error.code not in (408, 429):
                    raise
                problem = error
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    raise files.NoRoom(f"{self.partial}: the disk is full") from error
                problem = error
            attempt = 0 if self.have() > before else attempt + 1
            if attempt >= ATTEMPTS:
                raise problem
            time.sleep(PAUSE * 2**attempt)


def verify(remote, path, data):
    """DataError unless `path` is the published file, or the recorded one where that is unknown.

    Returns a remark for the user when the content could only be recorded, "" otherwise.
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


def _by_hand(remote, folder, failures):
    size = remote.size or remote.about
    lines = [f"{remote.name} could not be downloaded:"]
    lines += [f"  {failure}" for failure in failures]
    lines += [
        f"Get it by hand ({amount(size, 'B') if size else 'size unknown'}"
        f"{', ' + remote.digest if remote.digest else ''}), put it at",
        f"  {folder / remote.name}",
        "and run the same command again: the file is then checked and used.",
    ]
    return "\n".join(lines)


def get(remote, folder, data, say=print):
    """The verified path of `remote` in `folder`, downloaded unless it is there already.

    A file put there by hand is accepted when its checksum is right. DataError tells what failed at
    each address and how to do it by hand; files.NoRoom when the disk has too little room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    download = Download(remote, folder)
    failures = []
    if download.target.exists():
        try:
            remark = verify(remote, download.target, data)
        except DataError as error:
            raise DataError(f"{error}. Remove it to download it again.") from error
        say(remark or f"{remote.name}: there and verified")
        return download.target
    for url in remote.urls:
        say(f"{remote.name}: from {url}")
        try:
            download.from_url(url)
            remark = verify(remote, download.partial, data)
        except files.NoRoom:
            raise
        except (DataError, OSError, http.client.HTTPException) as error:
            failures.append(f"{url}: {error}")
            if isinstance(error, DataError):
                download.drop()  # wrong bytes are not worth resuming
            continue
        os.replace(download.partial, download.target)
        download.note.unlink(missing_ok=True)
        say(remark or f"{remote.name}: verified ({remote.digest})")
        return download.target
    raise DataError(_by_hand(remote, folder, failures))
