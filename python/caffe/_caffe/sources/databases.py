"""Key-value databases of datums: LMDB read here, LevelDB through plyvel.

LMDB files are read by our own code because liblmdb trusts the file: of single flipped bits in
page headers and node offsets some end the process (SIGBUS), others read past the page. Here
every number is checked before it is followed.
Format: lmdb's mdb.c (MDB_page, MDB_meta, MDB_db, MDB_node), data version 1, 64-bit.
"""

import mmap
import os
import struct
import weakref
from collections.abc import Iterator

import numpy as np

from ...proto import caffe_pb2
from ..errors import FormatError, placed

_MAGIC, _VERSION = 0xBEEFC0DE, 1
_BRANCH, _LEAF, _OVERFLOW = 1, 2, 4  # page flags
_BIG = 1  # node flag: the value is on pages of its own
_NO_PAGE = 2**64 - 1

_PAGE = struct.Struct("<QHHHH")  # number, pad, flags, lower, upper
_META = struct.Struct("<IIQQ")  # magic, version, address, map size
_TREE = struct.Struct("<IHHQQQQQ")  # pad, flags, depth, three page counts, entries, root
_NODE = struct.Struct("<HHHH")  # size or page (low, high), flags, key size


# A LevelDB opens only once per process: nets that read the same one share it.
_LEVELDBS: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


def open_database(backend: int, path: str):
    """Open a database folder for reading, or raise FormatError saying what is wrong with it."""
    if not os.path.isdir(path):
        what = "is a file" if os.path.exists(path) else "does not exist"
        raise FormatError(f"database {placed(path)} {what}; expected a database folder")
    kinds = ("LMDB", "data.mdb", "an LMDB"), ("LevelDB", "CURRENT", "a LevelDB")
    lmdb = backend == caffe_pb2.DataParameter.LMDB
    (wanted, file, _), (other, others, what) = kinds if lmdb else kinds[::-1]
    names = os.listdir(path)
    if file not in names:
        hint = f"; it holds {what}: set backend: {other.upper()}" if others in names else ""
        raise FormatError(f"database '{path}' holds no {file}, so it is no {wanted}{hint}")
    if lmdb:
        return LMDB(path)
    key = os.path.realpath(path)
    found = _LEVELDBS.get(key)
    if found is None:
        found = _LEVELDBS[key] = LevelDB(path)
    return found


class LMDB:
    """The entries of an LMDB folder, in key order. It must not be written to meanwhile."""

    kind = "lmdb"

    def __init__(self, folder: str):
        self.path = os.path.join(folder, "data.mdb")
        try:
            with open(self.path, "rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise FormatError(f"LMDB '{self.path}' cannot be read: {error}") from error
        self._size, self._depth, self._count, self._root = self._newest_tree()
        self._places: np.ndarray | None = None  # page and offset of each entry, once asked for

    def __len__(self) -> int:
        return self._count

    def entries(self, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) from entry number `start` on."""
        skip, seen = start, 0
        leaves = self._leaves(self._root, 1) if self._count else ()
        for number, page, nodes in leaves:
            seen += len(nodes)
            for at in nodes[skip:]:
                yield self._entry(number, page, at)
            skip = max(0, skip - len(nodes))
            if seen > self._count:
                break
        if seen != self._count:
            self._fail(f"its tree holds {seen} entries, its header says {self._count}")

    def entry(self, number: int) -> tuple[bytes, bytes]:
        """Return (key, value) of entry `number`; the first call goes through the whole tree."""
        if self._places is None:
            leaves = self._leaves(self._root, 1) if self._count else ()
            places = ((page, at) for page, _, nodes in leaves for at in nodes)
            self._places = np.fromiter(places, np.dtype([("page", "u8"), ("at", "u4")]))
        page, at = (int(v) for v in self._places[number])
        return self._entry(page, self._bytes(page * self._size, self._size, f"page {page}"), at)

    def _newest_tree(self) -> tuple[int, int, int, int]:
        """Read both meta pages; return (page size, depth, entries, root page) of the newer one."""
        first = self._meta(0)
        size = first[1]
        if size < 512 or size > 65536 or size & (size - 1):
            self._fail(f"page size {size} is not a power of two from 512 to 65536")
        _, _, depth, entries, root = max(first, self._meta(size))
        if entries and (root == _NO_PAGE or not 1 <= depth <= 32):
            self._fail(f"root page {root} and depth {depth} do not fit {entries} entries")
        return size, depth, entries, root

    def _meta(self, at: int) -> tuple[int, int, int, int, int]:
        """Return transaction, page size, depth, entries, root page from the meta page at `at`."""
        head = self._bytes(at, 16 + _META.size + 2 * _TREE.size + 16, "its header")
        magic, version, _, _ = _META.unpack_from(head, 16)
        if magic != _MAGIC or version != _VERSION:
            self._fail(
                f"no LMDB: starts with magic {magic:#x}, version {version}; expected {_MAGIC:#x}, "
                f"version {_VERSION}"
            )
        trees = 16 + _META.size
        size = _TREE.unpack_from(head, trees)[0]
        _, _, depth, _, _, _, entries, root = _TREE.unpack_from(head, trees + _TREE.size)
        (transaction,) = struct.unpack_from("<Q", head, trees + 2 * _TREE.size + 8)
        return transaction, size, depth, entries, root

    def _leaves(self, number: int, level: int) -> Iterator[tuple[int, bytes, tuple[int, ...]]]:
        """Yield (number, page, offsets of its nodes) of each leaf below page `number`."""
        page = self._bytes(number * self._size, self._size, f"page {number}")
        stored, _, flags, lower, upper = _PAGE.unpack_from(page)
        wanted = _LEAF if level == self._depth else _BRANCH
        if stored != number or flags & 0x6F != wanted:
            self._fail(f"page {number} is marked as page {stored}, flags {flags:#x}")
        if not _PAGE.size <= lower <= upper <= self._size:
            self._fail(f"page {number} has bounds {lower} and {upper}")
        nodes = struct.unpack_from(f"<{(lower - _PAGE.size) // 2}H", page, _PAGE.size)
        if not nodes:
            self._fail(f"page {number} is empty")
        if any(not upper <= at <= self._size - _NODE.size for at in nodes):
            self._fail(f"page {number} has a node outside its bounds")
        if wanted == _LEAF:
            yield number, page, nodes
            return
        for at in nodes:
            low, high, top, _ = _NODE.unpack_from(page, at)
            yield from self._leaves(low | high << 16 | top << 32, level + 1)

    def _entry(self, number: int, page: bytes, at: int) -> tuple[bytes, bytes]:
        low, high, flags, key_size = _NODE.unpack_from(page, at)
        size, start = low | high << 16, at + _NODE.size + key_size
        key = page[at + _NODE.size : start]
        if flags & ~_BIG:
            self._fail(f"key {key!r} (page {number}) has node flags {flags:#x}, expected one value")
        if not flags & _BIG:
            if start + size > self._size:
                self._fail(f"key {key!r} (page {number}): {size} bytes reach beyond the page")
            return key, page[start : start + size]
        if start + 8 > self._size:
            self._fail(f"key {key!r} (page {number}) reaches beyond the page")
        (far,) = struct.unpack_from("<Q", page, start)
        head = self._bytes(far * self._size, 16, f"page {far}")
        stored, _, flags, low, high = _PAGE.unpack(head)
        room = (low | high << 16) * self._size - _PAGE.size
        if stored != far or flags & 0x6F != _OVERFLOW or size > room:
            self._fail(f"key {key!r}: page {far} does not hold its {size} bytes")
        return key, self._bytes(far * self._size + _PAGE.size, size, f"the value of key {key!r}")

    def _bytes(self, at: int, size: int, what: str) -> bytes:
        if at + size > len(self._map):
            self._fail(
                f"{what} would end at byte {at + size}, but the file has {len(self._map)}; "
                "it is truncated or damaged"
            )
        return self._map[at : at + size]

    def _fail(self, message: str) -> None:
        raise FormatError(f"LMDB '{self.path}': {message}")


class LevelDB:
    """The entries of a LevelDB folder, in key order."""

    kind = "leveldb"

    def __init__(self, folder: str):
        try:
            import plyvel
        except ImportError as error:
            raise FormatError(
                f"LevelDB '{folder}' needs the plyvel package: pip install plyvel, or convert the "
                "data to LMDB, which needs nothing more"
            ) from error
        self.path, self._error = folder, plyvel.Error
        self._count: int | None = None
        self._keys: list[bytes] | None = None
        try:
            self._db = plyvel.DB(folder, create_if_missing=False)
        except (plyvel.Error, OSError) as error:
            raise FormatError(f"LevelDB '{folder}' cannot be opened: {error}") from error

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in self._entries(include_value=False))
        return self._count

    def entries(self, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
        for number, entry in enumerate(self._entries(include_value=True)):
            if number >= start:
                yield entry

    def entry(self, number: int) -> tuple[bytes, bytes]:
        """Return (key, value) of entry `number`; the first call reads all keys."""
        if self._keys is None:
            self._keys = list(self._entries(include_value=False))
        try:
            return self._keys[number], self._db.get(self._keys[number], verify_checksums=True)
        except self._error as error:
            raise FormatError(f"LevelDB '{self.path}' cannot be read: {error}") from error

    def _entries(self, include_value: bool) -> Iterator:
        try:
            yield from self._db.iterator(include_value=include_value, verify_checksums=True)
        except self._error as error:
            raise FormatError(f"LevelDB '{self.path}' cannot be read: {error}") from error
