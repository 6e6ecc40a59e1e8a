"""Files that are something else than was asked for, or damaged."""

import os
import shutil
import threading

import h5py
import numpy as np
import pytest
from filekit import (
    MODEL,
    MODEL_H5,
    STATE,
    STATE_H5,
    field,
    net_with,
    refusal,
    stored,
    write_blobproto,
)

from caffe._caffe.errors import FormatError
from caffe._caffe.formats import snapshot, wire
from caffe.proto import caffe_pb2 as pb


def test_content_decides_not_the_name(tmp_path):
    path = tmp_path / "weights.caffemodel"
    shutil.copy(MODEL_H5, path)
    assert snapshot.read_weights(path)[0].hdf5
    shutil.copy(STATE, tmp_path / "s.solverstate.h5")
    assert snapshot.read_solverstate(tmp_path / "s.solverstate.h5").iter == 10
    assert snapshot.read_weights(MODEL_H5)[0].name == "conv"


@pytest.mark.parametrize(
    "read", [snapshot.read_weights, snapshot.read_solverstate, snapshot.read_blobproto]
)
@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>404 Not Found", "is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:12\n", "is a Git LFS pointer"),
        (b'name: "VGG"\nlayer { name: "data" type: "Input" }\n', "is text (a prototxt?)"),
        (b"# VGG\n\nlayers {\n}\n", "is text (a prototxt?)"),
        (b"PK\x03\x04....", "is a zip archive"),
        (b"\x1f\x8b\x08....", "is gzip data"),
        (b"\x80\x02}q\x00.", "is a Python pickle"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
        (b"\x00" * 64, "field number 0 cannot be"),
        (b"\xff" * 64, "not a number (at byte 0 of 64)"),
    ],
)
def test_other_files(tmp_path, read, content, complaint):
    assert complaint in refusal(read, stored(tmp_path, content))


def test_missing_and_unreadable_files(tmp_path):
    for read in (snapshot.read_weights, snapshot.read_solverstate, snapshot.read_blobproto):
        assert "no such file" in refusal(read, tmp_path / "none")
        assert "is a folder" in refusal(read, tmp_path)
        loop = tmp_path / "loop"
        if not loop.is_symlink():
            loop.symlink_to(loop)
        assert "cannot be read" in refusal(read, loop)


def test_pipes_and_devices(tmp_path):
    """`<(zcat model.gz)` gives a pipe, which can be read once and not mapped."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(MODEL.read_bytes(),))
    feeder.start()
    assert len(snapshot.read_weights(pipe)) == 6
    feeder.join()
    assert "is a device" in refusal(snapshot.read_weights, "/dev/zero")


def test_one_kind_given_for_another(tmp_path):
    mean = tmp_path / "mean.binaryproto"
    write_blobproto(mean, np.ones((1, 3, 2, 2)))
    old_mean = stored(tmp_path, pb.BlobProto(num=1, channels=1, height=1, width=1, data=[1]))
    weights, state = "is weights (a .caffemodel)", "is a solver state (.solverstate)"
    assert state in refusal(snapshot.read_weights, STATE)
    assert weights in refusal(snapshot.read_solverstate, MODEL)
    assert weights in refusal(snapshot.read_blobproto, MODEL)
    assert state in refusal(snapshot.read_blobproto, STATE)
    for path in (mean, old_mean):
        assert "is one BlobProto" in refusal(snapshot.read_weights, path)
        assert "is one BlobProto" in refusal(snapshot.read_solverstate, path)
    assert "is a solver state (.solverstate.h5)" in refusal(snapshot.read_weights, STATE_H5)
    assert "is weights (a .caffemodel.h5)" in refusal(snapshot.read_solverstate, MODEL_H5)
    assert "an HDF5 file" in refusal(snapshot.read_blobproto, MODEL_H5)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["images"] = np.ones(3)
    assert "is HDF5 of another kind" in refusal(snapshot.read_weights, tmp_path / "other.h5")


@pytest.mark.parametrize(
    "dims, complaint",
    [
        ([-1], "shape -1 has a negative dimension"),
        ([1 << 62, 1 << 62], "needs 21267647932558653966460912964485513216 values, 1 are stored"),
        ([2], "shape 2 needs 2 values, 1 are stored"),
        ([], "stored"),
        ([1] * 33, "more than 32 axes"),
        ([1] * 100_000, "more than 32 axes"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_absurd_dimensions(tmp_path, dims, complaint):
    data = [1] if dims else [1, 2]
    blob = pb.BlobProto(data=data, shape=pb.BlobShape(dim=dims))
    found = refusal(snapshot.read_weights, stored(tmp_path, net_with(blob)))
    assert "layer 'fc', blob 0: " in found and complaint in found and "(at byte " in found


def test_values_that_are_no_whole_number(tmp_path):
    body = field(5, 2, b"12345") + field(7, 2, field(1, 2, b"\1"))
    path = stored(tmp_path, field(100, 2, field(1, 2, b"c") + field(7, 2, body)))
    assert "layer 'c', blob 0: 5 bytes are no whole number" in refusal(snapshot.read_weights, path)


def test_wrong_wire_type(tmp_path):
    path = stored(tmp_path, field(100, 2, field(1, 0, b"\1")))
    assert "layer 0: field 1 has wire type 0; damaged" in refusal(snapshot.read_weights, path)


def test_random_fields_end_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "_MOST_FIELDS", 1000)
    path = stored(tmp_path, b"\x20\x01" * 1001)
    assert "more than 1000 fields" in refusal(snapshot.read_weights, path)


def damaged(raw):
    """Cut at 300 places, and with one of 500 bits flipped."""
    yield from (raw[:cut] for cut in range(0, len(raw), len(raw) // 300))
    for bit in range(0, len(raw) * 8, len(raw) * 8 // 500):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


@pytest.mark.parametrize("original", [MODEL, STATE, MODEL_H5, STATE_H5], ids=lambda p: p.name)
def test_damage_is_refused_or_harmless(tmp_path, original):
    """Whatever is cut or flipped: arrays, or a FormatError that names the file."""
    read = snapshot.read_weights if "caffemodel" in original.name else snapshot.read_solverstate
    path = tmp_path / "damaged"
    refused = 0
    for raw in damaged(original.read_bytes()):
        # A new file each time: ext4 flushes one that was cut to nothing and written again.
        path.unlink(missing_ok=True)
        path.write_bytes(raw)
        try:
            read(path)
        except FormatError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused > 300
