"""Archives that try to leave the folder, link out of it, or fill the disk."""

import gzip
import io
import struct
import tarfile
import zipfile

import pytest

from data import archive
from data.errors import DataError


def tar(path, *members, mode="w"):
    with tarfile.open(path, mode) as made:
        for member, body in members:
            if isinstance(member, str):
                member = tarfile.TarInfo(member)
            member.size = len(body)
            made.addfile(member, io.BytesIO(body))
    return path


def linked(name, kind, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def zipped(path, *members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as made:
        for member, body in members:
            made.writestr(member, body)
    return path


def refused(path, into, match, **more):
    with pytest.raises(DataError, match=match) as caught:
        archive.unpack(path, ("keep",), into, **more)
    assert str(path) in str(caught.value)
    left = [p for p in into.rglob("*") if p.is_file()] if into.exists() else []
    assert left == [], "nothing may land"
    outside = [p for p in into.parent.iterdir() if p not in (into, path)]
    assert outside == []


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_only_requested_members_without_their_parents(tmp_path, mode):
    path = tar(
        tmp_path / "a.tar",
        ("top/keep/x/one.txt", b"1"),
        ("top/other/two.txt", b"2"),
        ("__MACOSX/top/keep/x/._one.txt", b"3"),
        ("top/list.txt", b"4"),
        mode=mode,
    )
    archive.unpack(path, ("keep", "list.txt"), tmp_path / "in")
    found = {p.relative_to(tmp_path / "in").as_posix(): p.read_bytes()
             for p in (tmp_path / "in").rglob("*") if p.is_file()}  # fmt: skip
    assert found == {"keep/x/one.txt": b"1", "list.txt": b"4"}


def test_zip_likewise_and_an_older_folder_is_replaced(tmp_path):
    (tmp_path / "in/keep").mkdir(parents=True)
    (tmp_path / "in/keep/stale").write_text("old")
    archive.unpack(zipped(tmp_path / "a.zip", ("t/keep/a", b"1")), ("keep",), tmp_path / "in")
    assert [p.name for p in (tmp_path / "in/keep").iterdir()] == ["a"]


@pytest.mark.parametrize(
    "name", ["keep/../../evil", "/keep/evil", "keep\\..\\..\\evil", "C:/keep/evil", "../keep/evil"]
)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_no_path_leaves_the_folder(tmp_path, name, kind):
    maker = tar if kind == "tar" else zipped
    path = maker(tmp_path / f"a.{kind}", ("keep/good", b"1"), (name, b"2"))
    refused(path, tmp_path / "in", "leads out of the folder")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_no_links_or_devices_in_tar(tmp_path, kind):
    path = tar(
        tmp_path / "a.tar", ("keep/good", b"1"), (linked("keep/l", kind, "/etc/passwd"), b"")
    )
    refused(path, tmp_path / "in", "link or a device")


def test_no_links_in_zip(tmp_path):
    link = zipfile.ZipInfo("keep/link")
    link.external_attr = (0o120777) << 16
    path = zipped(tmp_path / "a.zip", (link, b"/etc/passwd"))
    refused(path, tmp_path / "in", "link or a device")


def test_bombs_stop_at_the_limit(tmp_path):
    zeros = bytes(30_000_000)
    small = zipped(tmp_path / "a.zip", ("keep/zeros", zeros))
    assert small.stat().st_size < 60_000
    refused(small, tmp_path / "in", "more than the limit of 1,000,000 bytes", limit=1_000_000)
    small.unlink()
    refused(
        tar(tmp_path / "a.tgz", ("keep/zeros", zeros * 4), mode="w:gz"),
        tmp_path / "in",
        "more than the limit of 1,000,000 bytes",
        limit=1_000_000,
    )


def test_many_small_members_count_together(tmp_path):
    path = zipped(tmp_path / "a.zip", *((f"keep/{k}", bytes(400_000)) for k in range(5)))
    refused(path, tmp_path / "in", "more than the limit", limit=1_500_000)


def test_a_zip_that_lies_about_a_member_s_size(tmp_path):
    path = zipped(tmp_path / "a.zip", ("keep/a", bytes(5_000_000)))
    body = path.read_bytes().replace(struct.pack("<I", 5_000_000), struct.pack("<I", 10))
    path.write_bytes(body)
    refused(path, tmp_path / "in", "broken archive")


def test_a_tar_header_that_claims_gigabytes(tmp_path):
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 5 * 10**9
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(name.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))
    refused(path, tmp_path / "in", "claims 5,000,")


def test_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    path = zipped(tmp_path / "a.zip", *((f"keep/{k}", b"") for k in range(4)))
    refused(path, tmp_path / "in", "more than 3 members")


@pytest.mark.parametrize("body", [b"no archive at all", gzip.compress(b"x" * 5000)[:-20]])
def test_broken_archives_are_named(tmp_path, body):
    path = tmp_path / "a.tar"
    path.write_bytes(body)
    refused(path, tmp_path / "in", "broken archive")


def test_an_archive_cut_off_in_a_member(tmp_path):
    whole = tar(tmp_path / "a.tar", ("keep/a", bytes(100_000))).read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[:50_000])
    refused(tmp_path / "a.tar", tmp_path / "in", "broken archive")


def test_an_archive_without_what_is_wanted(tmp_path):
    refused(zipped(tmp_path / "a.zip", ("other/a", b"1")), tmp_path / "in", "nothing below keep")


def test_what_a_killed_run_left_is_cleared(tmp_path):
    (tmp_path / "in/.a.zip.unpacking~/keep").mkdir(parents=True)
    (tmp_path / "in/.a.zip.unpacking~/keep/half").write_text("half")
    archive.unpack(zipped(tmp_path / "a.zip", ("keep/a", b"1")), ("keep",), tmp_path / "in")
    assert [p.name for p in sorted((tmp_path / "in").rglob("*"))] == ["keep", "a"]
