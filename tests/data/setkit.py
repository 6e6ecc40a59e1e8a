"""What the tests of data sets share: archives on a site, what a data set makes of them."""

import dataclasses
import tarfile
import zipfile

from data import check


def packed(folder, prefix, path):
    """An archive of a folder's content below `prefix`, tar, tgz or zip by its name; its bytes."""
    names = sorted(p for p in folder.rglob("*") if p.is_file())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as made:
            for name in names:
                made.write(name, f"{prefix}/{name.relative_to(folder)}")
    else:
        with tarfile.open(path, "w:gz" if path.suffix != ".tar" else "w") as made:
            for name in names:
                made.add(name, f"{prefix}/{name.relative_to(folder)}")
    return path.read_bytes()


def served(data_set, site, bodies, **more):
    """The data set with its archives on the test's server and its counts as given."""
    archives = []
    for item in data_set.archives:
        site.files[item.name] = bodies[item.name]
        unknown = dict(digest="", size=None, about=0, unpacked=0)
        archives.append(dataclasses.replace(item, urls=(site.url(item.name),), **unknown))
    return dataclasses.replace(data_set, archives=tuple(archives), **more)


def through(data_set, data, said):
    """Fetch, prepare (twice: the second changes nothing) and check, which finds nothing."""
    assert not data_set.fetched(data)
    data_set.fetch(data, said)
    data_set.prepare(data, said)
    before = contents(data)
    data_set.prepare(data, said)
    assert contents(data) == before
    assert data_set.prepared(data)
    assert check.check(data_set, data, said) == [], said.text
    assert "no problems" in said.lines[-1]


def contents(folder):
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}
