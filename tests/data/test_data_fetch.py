"""Downloads against a server that breaks off, lies and ignores ranges."""

import hashlib
import io
import json
import shutil
import tarfile
from collections import namedtuple

import pytest

from data import fetch, files
from data.dataset import Archive, DataSet
from data.errors import DataError, NoRoom
from data.fetch import Remote

BODY = bytes(range(256)) * 4000  # about 1 MB
MD5 = "md5:" + hashlib.md5(BODY).hexdigest()


def remote(site, *paths, **more):
    return Remote("file.tar", tuple(site.url(path) for path in paths), **more)


def got(path):
    return path.read_bytes() == BODY


def leftovers(folder):
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


def test_download_is_verified_and_leaves_nothing_else(site, tmp_path, said):
    site.files["a"] = BODY
    path = fetch.get(remote(site, "a", digest=MD5, size=len(BODY)), tmp_path, tmp_path, said)
    assert got(path) and path == tmp_path / "file.tar" and not leftovers(tmp_path)
    assert MD5 in said.text


@pytest.mark.parametrize("digest", [MD5, ""], ids=["public checksum", "none"])
def test_a_broken_connection_is_resumed_where_it_broke(site, tmp_path, said, digest):
    site.files["a"] = BODY
    site.breaks = [100_000, 200_000]
    assert got(fetch.get(remote(site, "a", digest=digest), tmp_path, tmp_path, said))
    assert site.log == [("a", None), ("a", "bytes=100000-"), ("a", "bytes=300000-")]


def test_a_later_run_resumes_the_partial_file(site, tmp_path, said):
    site.files["a"] = BODY
    site.breaks = [500_000] + [0] * fetch.ATTEMPTS * 2
    with pytest.raises(DataError, match="ended after 500,000 of 1,024,000 bytes"):
        fetch.get(remote(site, "a", digest=MD5), tmp_path, tmp_path, said)
    site.breaks, site.log = [], []
    assert got(fetch.get(remote(site, "a", digest=MD5), tmp_path, tmp_path, said))
    assert site.log == [("a", "bytes=500000-")]


def test_a_server_that_ignores_ranges_is_read_from_the_start(site, tmp_path, said):
    site.files["a"] = BODY
    site.ranges, site.breaks = False, [100_000]
    assert got(fetch.get(remote(site, "a", digest=MD5), tmp_path, tmp_path, said))
    assert site.log[1] == ("a", "bytes=100000-")


def test_a_file_that_changed_on_the_server_is_not_patched_together(site, tmp_path, said):
    site.files["a"], site.breaks = b"old" * 400_000, [100_000] + [0] * fetch.ATTEMPTS * 2
    with pytest.raises(DataError):
        fetch.get(remote(site, "a"), tmp_path, tmp_path, said)
    site.files["a"], site.etag, site.breaks = BODY, '"two"', []
    assert got(fetch.get(remote(site, "a"), tmp_path, tmp_path, said))


def test_a_partial_file_longer_than_the_file_begins_anew(site, tmp_path, said):
    site.files["a"] = BODY
    (tmp_path / ".file.tar.partial").write_bytes(BODY + b"more")
    files.write_json(tmp_path / ".file.tar.partial.json", dict(url=site.url("a"), validator=""))
    assert got(fetch.get(remote(site, "a", digest=MD5), tmp_path, tmp_path, said))
    assert site.log == [("a", f"bytes={len(BODY) + 4}-"), ("a", None)]


def test_wrong_bytes_and_dead_links_send_to_the_next_mirror(site, tmp_path, said):
    site.files["wrong"], site.files["right"] = BODY[::-1], BODY
    wanted = remote(site, "gone", "wrong", "right", digest=MD5)
    assert got(fetch.get(wanted, tmp_path, tmp_path, said))
    assert [path for path, _ in site.log] == ["gone", "wrong", "right"]


def test_when_nothing_works_the_message_says_how_to_do_it_by_hand(site, tmp_path, said):
    site.files["wrong"] = BODY[::-1]
    wanted = remote(site, "gone", "wrong", digest=MD5, size=len(BODY))
    with pytest.raises(DataError) as caught:
        fetch.get(wanted, tmp_path / "here", tmp_path, said)
    text = str(caught.value)
    assert "404" in text and "checksum" in text and "1.0 MB" in text and MD5 in text
    assert str(tmp_path / "here" / "file.tar") in text
    # ... and a file put there by hand is then accepted, without the network.
    (tmp_path / "here" / "file.tar").write_bytes(BODY)
    site.log = []
    assert got(fetch.get(wanted, tmp_path / "here", tmp_path, said)) and not site.log


def test_offline_is_a_message_without_traceback(tmp_path, said):
    wanted = Remote("file.tar", ("http://127.0.0.1:9/file.tar",), about=2_000_000_000)
    fetch_pause, fetch.PAUSE = fetch.PAUSE, 0
    try:
        with pytest.raises(DataError, match=r"(?s)refused.*2\.0 GB.*put it at"):
            fetch.get(wanted, tmp_path, tmp_path, said)
    finally:
        fetch.PAUSE = fetch_pause


def test_a_hand_placed_file_of_the_wrong_content_is_refused_and_kept(site, tmp_path, said):
    (tmp_path / "file.tar").write_bytes(b"not it")
    with pytest.raises(DataError, match="published file's is md5.*Remove it"):
        fetch.get(remote(site, "a", digest=MD5), tmp_path, tmp_path, said)
    assert (tmp_path / "file.tar").read_bytes() == b"not it"


def test_a_server_with_another_size_is_not_downloaded(site, tmp_path, said):
    site.files["a"] = BODY
    with pytest.raises(DataError, match="the server has 1,024,000 bytes, expected 7"):
        fetch.get(remote(site, "a", size=7), tmp_path, tmp_path, said)
    assert not leftovers(tmp_path)


def test_a_web_page_in_place_of_the_file_is_refused(site, tmp_path, said):
    site.files["a"], site.html = b"<html>moved</html>", {"a"}
    with pytest.raises(DataError, match="the response is a web page"):
        fetch.get(remote(site, "a"), tmp_path, tmp_path, said)


def test_free_disk_is_looked_at_first(site, tmp_path, said, monkeypatch):
    site.files["a"] = BODY
    usage = namedtuple("usage", "total used free")(10**12, 0, 2_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(NoRoom, match=r"needs 6\.0 MB in .* 2\.0 MB are free"):
        fetch.get(remote(site, "a", unpacked=5_000_000), tmp_path, tmp_path, said)
    assert not (tmp_path / "file.tar").exists()


def test_without_a_public_checksum_the_first_one_is_recorded_and_held(site, tmp_path, said):
    site.files["a"] = BODY
    fetch.get(remote(site, "a"), tmp_path, tmp_path, said)
    lock = json.loads((tmp_path / fetch.LOCK).read_text())
    sha = hashlib.sha256(BODY).hexdigest()
    assert lock == {"file.tar": {"digest": f"sha256:{sha}", "size": len(BODY)}}
    assert f"no checksum is public; recorded sha256:{sha}" in said.text
    (tmp_path / "file.tar").write_bytes(BODY[:-1])
    with pytest.raises(DataError, match="recorded sha256"):
        fetch.get(remote(site, "a"), tmp_path, tmp_path, said)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/a", "file:///etc/hostname"])
def test_other_kinds_of_address_are_refused(address, tmp_path, said):
    with pytest.raises(DataError, match="only https and http"):
        fetch.get(Remote("a", (address,)), tmp_path, tmp_path, said)


def test_a_redirection_is_followed_but_not_from_https_down(site, tmp_path, said):
    site.files["a"], site.redirects["old"] = BODY, site.url("a")
    assert got(fetch.get(remote(site, "old", digest=MD5), tmp_path, tmp_path, said))
    handler = fetch._HttpOnly()
    request = fetch.urllib.request.Request("https://host/a")
    with pytest.raises(DataError, match="not followed"):
        handler.redirect_request(request, None, 302, "", {}, "http://host/a")


def test_every_known_address_is_https_where_its_host_offers_it():
    from data import sets

    plain = {
        "data.csail.mit.edu",
        "dl.caffe.berkeleyvision.org",
        "host.robots.ox.ac.uk",
        "www.cs.unc.edu",
    }
    for data_set in sets.ALL.values():
        for item in data_set.archives:
            for url in item.urls:
                assert url.startswith("https://") or url.split("/")[2] in plain, url


def test_fetch_of_a_data_set_unpacks_once(site, tmp_path, said):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("top/dataset/a.txt", "top/readme"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
    site.files["a"] = buffer.getvalue()
    item = Archive("file.tar", (site.url("a"),), keep=("dataset",), into="mine")
    tiny = DataSet(name="tiny", folder="mine/dataset", needs=("a.txt",), archives=(item,))
    with pytest.raises(DataError, match="run `python -m data fetch tiny`"):
        tiny.require(tmp_path)
    tiny.fetch(tmp_path, said)
    assert (tmp_path / "mine/dataset/a.txt").read_bytes() == b"abc"
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["dataset"]
    site.log = []
    tiny.fetch(tmp_path, said)
    assert not site.log and "is there" in said.lines[-1]
