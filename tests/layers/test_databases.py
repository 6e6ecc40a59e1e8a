"""The LMDB reader against the lmdb package, and against damaged files; LevelDB through plyvel."""

import sys
import types
from pathlib import Path

import lmdb
import numpy as np
import pytest
from sourcekit import datum, image, make_net, write_lmdb

from caffe._caffe.errors import CaffeError, FormatError
from caffe._caffe.sources.databases import LMDB, open_database
from caffe.proto import caffe_pb2

LMDB_BACKEND, LEVELDB_BACKEND = caffe_pb2.DataParameter.LMDB, caffe_pb2.DataParameter.LEVELDB


def values(count):
    """Values of all kinds: empty, short, nearly a page, on pages of their own."""
    draws = np.random.RandomState(0)
    return [draws.bytes(int(n)) for n in draws.choice([0, 10, 1900, 2040, 5000, 70000], count)]


@pytest.mark.parametrize("count", [1, 7, 400])
def test_entries_are_those_of_the_lmdb_package(tmp_path, count):
    write_lmdb(tmp_path, values(count), key="{:d}-a-key-of-some-length")
    with lmdb.open(str(tmp_path), readonly=True, lock=False) as environment:
        with environment.begin() as transaction:
            want = list(transaction.cursor())
    ours = LMDB(str(tmp_path))
    assert list(ours.entries()) == want
    assert len(ours) == count
    for start in {0, 1, count // 2, count - 1}:
        assert list(ours.entries(start)) == want[start:]


def test_three_levels_of_pages(tmp_path):
    contents = [b"%d" % i * 100 for i in range(6000)]
    write_lmdb(tmp_path, contents)
    ours = LMDB(str(tmp_path))
    assert ours._depth >= 3
    assert [value for _, value in ours.entries()] == contents
    assert next(ours.entries(5000))[0] == b"00005000"


def test_the_newer_of_two_headers_counts(tmp_path):
    write_lmdb(tmp_path, values(3))
    for i in range(4):
        with lmdb.open(str(tmp_path), map_size=1 << 26) as environment:
            with environment.begin(write=True) as transaction:
                transaction.put(b"last", b"%d" % i)
        assert list(LMDB(str(tmp_path)).entries())[-1] == (b"last", b"%d" % i)


def small(tmp_path):
    write_lmdb(tmp_path, [datum(image(i), i) for i in range(7)])
    return tmp_path / "data.mdb"


def read_all(folder):
    return sum(len(value) for _, value in LMDB(str(folder)).entries())


def test_every_flipped_bit_of_a_page_head_is_survived(tmp_path):
    """The lmdb package dies of some of these (SIGBUS)."""
    path = small(tmp_path)
    content = path.read_bytes()
    nodes = [at for at in range(8192, len(content) - 8) if content[at : at + 5] == b"00000"]
    places = {*range(152), *range(4096, 4096 + 152), *range(8192, 8192 + 32)}
    places |= {at + i for at in nodes for i in range(-8, 8)}
    errors = 0
    for at in sorted(places):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        try:
            read_all(tmp_path)
        except FormatError as error:
            errors += 1
            assert str(path) in str(error)
    assert errors > 50


def test_a_large_value_on_a_wrong_page(tmp_path):
    write_lmdb(tmp_path, [b"x" * 9000])
    path = tmp_path / "data.mdb"
    content = bytearray(path.read_bytes())
    at = content.index(b"00000000") + 8
    for page in (0, 1, 10**6, 2**60):
        content[at : at + 8] = page.to_bytes(8, "little")
        path.write_bytes(content)
        with pytest.raises(FormatError, match=f"page {page}"):
            read_all(tmp_path)


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 5000, 8192, 9000])
def test_truncated(tmp_path, size):
    path = small(tmp_path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FormatError, match="data.mdb.*(truncated|empty)"):
        read_all(tmp_path)


def test_other_files_are_told(tmp_path):
    (tmp_path / "data.mdb").write_bytes(b"something else" * 1000)
    with pytest.raises(FormatError, match="no LMDB: starts with magic"):
        LMDB(str(tmp_path))


@pytest.mark.parametrize(
    "made, backend, message",
    [
        (None, LMDB_BACKEND, "db'.* does not exist; expected a database folder"),
        ("file", LMDB_BACKEND, "db'.* is a file; expected a database folder"),
        ("db/CURRENT", LMDB_BACKEND, "no data.mdb.*it holds a LevelDB: set backend: LEVELDB"),
        ("db/data.mdb", LEVELDB_BACKEND, "no CURRENT.*it holds an LMDB: set backend: LMDB"),
        ("db/other", LMDB_BACKEND, "no data.mdb, so it is no LMDB$"),
    ],
)
def test_folders_that_are_no_such_database(tmp_path, monkeypatch, made, backend, message):
    monkeypatch.chdir(tmp_path)
    if made == "file":
        Path("db").write_text("x")
    elif made:
        Path("db").mkdir()
        Path(made).write_text("x")
    with pytest.raises(FormatError, match=message):
        open_database(backend, "db")


def test_leveldb_without_plyvel_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "CURRENT").write_text("MANIFEST-000001\n")
    monkeypatch.setitem(sys.modules, "plyvel", None)
    with pytest.raises(FormatError, match="pip install plyvel"):
        open_database(LEVELDB_BACKEND, str(tmp_path))


class StandIn:
    """The part of plyvel's interface that is used, over a dict; opens a folder once, as plyvel."""

    class Error(Exception):
        pass

    held: dict = {}

    def DB(self, folder, create_if_missing):
        entries = self.held.pop(folder, None)
        if entries is None:
            raise self.Error("IO error: lock: already held by process")
        return types.SimpleNamespace(iterator=lambda **asked: self._iterate(entries, **asked))

    def _iterate(self, entries, include_value, verify_checksums):
        assert verify_checksums
        for key, value in sorted(entries.items()):
            if value is None:
                raise self.Error("Corruption: block checksum mismatch")
            yield (key, value) if include_value else key


@pytest.fixture(params=["real", "stand-in"])
def leveldb(request, tmp_path, monkeypatch):
    """A LevelDB of five datums; the stand-in shows the same where plyvel is not installed."""
    folder = tmp_path / "db"
    entries = {b"%d" % i: datum(image(i), i).SerializeToString() for i in range(5)}
    if request.param == "real":
        plyvel = pytest.importorskip("plyvel", reason="plyvel is not installed")
        with plyvel.DB(str(folder), create_if_missing=True) as database:
            for key, value in entries.items():
                database.put(key, value)
    else:
        folder.mkdir()
        (folder / "CURRENT").write_text("MANIFEST-000001\n")
        module = StandIn()
        module.held = {str(folder): entries}
        monkeypatch.setitem(sys.modules, "plyvel", module)
    return str(folder)


def test_leveldb(tmp_path, leveldb):
    layer = f"""type: "Data" top: "data" top: "label"
        data_param {{ source: "{leveldb}" batch_size: 3 }}"""
    # Two nets read it at once: a LevelDB opens only once per process.
    one, two = make_net(tmp_path, layer), make_net(tmp_path, layer)
    one.forward(), two.forward()
    state = one.get_state()
    one.forward()
    assert list(one.blobs["label"].data) == [3, 4, 0]
    assert list(two.blobs["label"].data) == [0, 1, 2]
    state["source"]["next"] = 999  # beyond what is rather read past than sought
    two.set_state(state)
    two.forward()
    assert list(two.blobs["label"].data) == [4, 0, 1]
    assert len(open_database(LEVELDB_BACKEND, leveldb)) == 5


def test_leveldb_that_cannot_be_opened(tmp_path, leveldb):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "CURRENT").write_text("MANIFEST-000009\n")
    with pytest.raises(CaffeError, match="broken' cannot be opened"):
        open_database(LEVELDB_BACKEND, str(tmp_path / "broken"))


def test_leveldb_that_is_damaged(tmp_path, monkeypatch):
    (tmp_path / "CURRENT").write_text("MANIFEST-000001\n")
    module = StandIn()
    module.held = {str(tmp_path): {b"0": datum(image(0)).SerializeToString(), b"1": None}}
    monkeypatch.setitem(sys.modules, "plyvel", module)
    with pytest.raises(FormatError, match="cannot be read: Corruption"):
        list(open_database(LEVELDB_BACKEND, str(tmp_path)).entries())


def test_shuffle_gives_every_entry_once_a_round_in_new_orders(tmp_path):
    write_lmdb(tmp_path, [datum(image(i), i) for i in range(40)])
    opened = LMDB(str(tmp_path))
    assert [opened.entry(i) for i in range(40)] == list(opened.entries())
    net = make_net(
        tmp_path,
        f'type: "Data" top: "data" top: "label" data_param {{ source: "{tmp_path}" backend: LMDB '
        "batch_size: 10 shuffle: true }",
    )
    rounds = []
    for _ in range(2):
        seen = []
        for _ in range(4):
            net.forward()
            seen += net.blobs["label"].data.astype(int).tolist()
        rounds.append(seen)
    assert sorted(rounds[0]) == sorted(rounds[1]) == list(range(40))
    assert rounds[0] != rounds[1] and rounds[0] != list(range(40))
