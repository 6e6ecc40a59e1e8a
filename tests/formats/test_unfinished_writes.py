"""Writing that does not come to its end, and where nothing can be written."""

import os
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from filekit import MODEL, MODEL_H5

from caffe._caffe.errors import FormatError
from caffe._caffe.formats import atomic, snapshot, snapshot_binary
from caffe._caffe.formats.snapshot import LayerWeights, SolverSnapshot
from caffe.proto import caffe_pb2 as pb


def one_layer(value, count=1000):
    return [(pb.LayerParameter(name="a"), [np.full(count, value, "f4")], None)]


def test_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "w.caffemodel"
    snapshot.write_weights(path, "n", one_layer(1))

    def failing():
        yield from one_layer(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snapshot.write_weights(path, "n", failing())
    with pytest.raises(KeyboardInterrupt):
        snapshot.write_weights_hdf5(tmp_path / "w.h5", ((n.name, b, d) for n, b, d in failing()))
    assert snapshot.read_weights(path)[0].blobs[0][0] == 1
    assert os.listdir(tmp_path) == ["w.caffemodel"]


KILLED = """
import os, signal, sys, numpy as np
from caffe._caffe.formats import snapshot
from caffe.proto import caffe_pb2 as pb
def layers():
    yield pb.LayerParameter(name="a"), [np.full(1000, 2, "f4")], None
    for i in range(int(sys.argv[2])):
        yield pb.LayerParameter(name=f"b{i}"), [np.full(100_000, 2, "f4")], None
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1].endswith("h5"):
    snapshot.write_weights_hdf5(sys.argv[1], ((p.name, b, d) for p, b, d in layers()))
else:
    snapshot.write_weights(sys.argv[1], "n", layers())
"""


@pytest.mark.parametrize("name", ["w.caffemodel", "w.caffemodel.h5"])
def test_killed_write_keeps_the_old_file(tmp_path, name):
    path = tmp_path / name
    shutil.copyfile(MODEL_H5 if name.endswith("h5") else MODEL, path)
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), "3"])
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == before


def test_views_outlive_the_file_they_came_from(tmp_path):
    """Saving over weights that are still mapped changes neither."""
    path = tmp_path / "w.caffemodel"
    snapshot.write_weights(path, "n", one_layer(1))
    old = snapshot.read_weights(path)[0].blobs[0]
    snapshot.write_weights(path, "n", [(pb.LayerParameter(name="a"), [old * 2], None)])
    assert old[0] == 1 and snapshot.read_weights(path)[0].blobs[0][0] == 2


def test_written_through_links_and_to_devices(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    snapshot.write_weights(real, "n", one_layer(1))
    link.symlink_to(real)
    snapshot.write_weights(link, "n", one_layer(2))
    assert link.is_symlink() and snapshot.read_weights(real)[0].blobs[0][0] == 2
    snapshot.write_weights(os.devnull, "n", one_layer(3))
    assert not os.path.isfile(os.devnull)


def test_places_that_cannot_be_written(tmp_path):
    for path, reason in ((tmp_path / "no" / "w", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(FormatError, match=reason):
            snapshot.write_weights(path, "n", one_layer(1))
        with pytest.raises(FormatError, match=reason):
            snapshot.write_solverstate(path, SolverSnapshot())
    with pytest.raises(FormatError, match="/dev/full: cannot be written: No space left"):
        snapshot.write_weights("/dev/full", "n", one_layer(1, 100_000))


def test_more_than_a_protocol_buffer_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot_binary, "_MOST_BYTES", 3000)
    with pytest.raises(FormatError, match=f"{tmp_path}/w: weights .*'a' take .* save as HDF5"):
        snapshot.write_weights(tmp_path / "w", "n", one_layer(1))
    with pytest.raises(FormatError, match="snapshot as HDF5"):
        snapshot.write_solverstate(tmp_path / "s", SolverSnapshot(history=[np.ones(1000)]))
    assert os.listdir(tmp_path) == []


def test_layer_weights_stand_alone():
    assert LayerWeights("x") == LayerWeights("x", [], [], [], False)


def test_a_long_file_is_written_out_before_its_end(tmp_path, monkeypatch):
    seen = threading.Event()
    monkeypatch.setattr(atomic, "EARLY", 1)
    monkeypatch.setattr(atomic, "_sync", lambda path: seen.set())
    with atomic.atomic_write(tmp_path / "long") as name, open(name, "wb", buffering=0) as file:
        file.write(b"first")
        assert seen.wait(10)
        file.write(b" last")
    assert (tmp_path / "long").read_bytes() == b"first last"
