"""Snapshots: what BVLC wrote, what we write, and files that are not what they should be.

tests/golden/solvers holds snapshots that BVLC Caffe 1.0 wrote, in both formats.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from caffe._caffe import atomic, snapshot, snapshot_binary, wire
from caffe._caffe.errors import FormatError
from caffe._caffe.snapshot import LayerWeights, SolverSnapshot
from caffe.proto import caffe_pb2 as pb

GOLDEN = Path(__file__).parent / "golden" / "solvers"
MODEL = GOLDEN / "snapshot-binary" / "snap_iter_10.caffemodel"
STATE = MODEL.with_suffix(".solverstate")
MODEL_H5 = GOLDEN / "snapshot-hdf5" / "snap_iter_10.caffemodel.h5"
STATE_H5 = GOLDEN / "snapshot-hdf5" / "snap_iter_10.solverstate.h5"


def refusal(read, path):
    with pytest.raises(FormatError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value)


def stored(tmp_path, message):
    """`message` in a file."""
    path = tmp_path / "message.bin"
    raw = message if isinstance(message, bytes) else message.SerializeToString()
    path.write_bytes(raw)
    return path


def net_with(blob, **layer):
    return pb.NetParameter(layer=[pb.LayerParameter(name="fc", blobs=[blob], **layer)])


# ---- what BVLC wrote


def test_binary_weights_as_protobuf_reads_them():
    net = pb.NetParameter.FromString(MODEL.read_bytes())
    layers = snapshot.read_weights(MODEL)
    assert [(a.name, a.type) for a in layers] == [(b.name, b.type) for b in net.layer]
    for ours, theirs in zip(layers, net.layer, strict=True):
        assert [b.shape for b in ours.blobs] == [tuple(b.shape.dim) for b in theirs.blobs]
        for array, blob in zip(ours.blobs, theirs.blobs, strict=True):
            np.testing.assert_array_equal(array.ravel(), np.float32(blob.data))
        assert ours.legacy == [False] * len(ours.blobs) and not ours.hdf5
        assert ours.diffs == [None] * len(ours.blobs)


def test_binary_weights_are_written_byte_for_byte(tmp_path):
    net = pb.NetParameter.FromString(MODEL.read_bytes())
    layers = snapshot.read_weights(MODEL)
    out = tmp_path / "out.caffemodel"
    parts = [(p, w.blobs, None) for p, w in zip(net.layer, layers, strict=True)]
    snapshot.write_weights(out, net.name, iter(parts))
    assert out.read_bytes() == MODEL.read_bytes()
    assert os.listdir(tmp_path) == ["out.caffemodel"]


def test_binary_state_is_written_byte_for_byte(tmp_path):
    state = snapshot.read_solverstate(STATE)
    theirs = pb.SolverState.FromString(STATE.read_bytes())
    assert (state.iter, state.current_step) == (theirs.iter, theirs.current_step) == (10, 1)
    assert state.learned_net == "snap_iter_10.caffemodel" and state.runtime_state is None
    assert [h.shape for h in state.history] == [(6, 3, 3, 3), (6,), (4, 6, 1, 1), (4,)]
    out = tmp_path / "out.solverstate"
    snapshot.write_solverstate(out, state)
    assert out.read_bytes() == STATE.read_bytes()


def hdf5_layout(path):
    """Every dataset's type class, size, shape and bytes, every group, by name."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Group):
            found[name] = "group"
            return
        kind = item.id.get_type()
        value = np.asarray(item[()]).tobytes()
        found[name] = (kind.get_class(), kind.get_size(), item.shape, value)

    with h5py.File(path) as file:
        file.visititems(note)
    return found


def test_hdf5_is_laid_out_as_bvlcs(tmp_path):
    layers = snapshot.read_weights(MODEL_H5)
    assert {w.name: [b.shape for b in w.blobs] for w in layers if w.blobs} == {
        "conv": [(6, 3, 3, 3), (6,)],
        "score": [(4, 6, 1, 1), (4,)],
    }
    out = tmp_path / "out.caffemodel.h5"
    snapshot.write_weights_hdf5(out, ((w.name, w.blobs, None) for w in layers))
    assert hdf5_layout(out) == hdf5_layout(MODEL_H5)

    state = snapshot.read_solverstate(STATE_H5)
    assert (state.iter, state.current_step) == (10, 0) and len(state.history) == 8
    assert state.learned_net == "snap_iter_10.caffemodel.h5"
    out = tmp_path / "out.solverstate.h5"
    snapshot.write_solverstate(out, state)
    assert hdf5_layout(out) == hdf5_layout(STATE_H5)


def test_content_decides_not_the_name(tmp_path):
    path = tmp_path / "weights.caffemodel"
    shutil.copy(MODEL_H5, path)
    assert snapshot.read_weights(path)[0].hdf5
    shutil.copy(STATE, tmp_path / "s.solverstate.h5")
    assert snapshot.read_solverstate(tmp_path / "s.solverstate.h5").iter == 10
    assert "is not HDF5" in refusal(snapshot.read_weights_hdf5, MODEL)
    assert [w.name for w in snapshot.read_weights_hdf5(MODEL_H5)][0] == "conv"


# ---- every way a blob may be stored


def test_views_not_copies(tmp_path):
    """A 64 MB file is read without holding its values a second time."""
    path = tmp_path / "big.caffemodel"
    big = np.arange(1 << 24, dtype="f4").reshape(1 << 12, 1 << 12)
    snapshot.write_weights(path, "n", [(pb.LayerParameter(name="fc"), [big], None)])
    tracemalloc.start()
    (layer,) = snapshot.read_weights(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert not layer.blobs[0].flags.writeable and layer.blobs[0].dtype == np.float32
    np.testing.assert_array_equal(layer.blobs[0], big)


def test_legacy_shape_and_diff(tmp_path):
    blob = pb.BlobProto(num=1, channels=1, height=2, width=3, data=range(6), diff=range(6, 12))
    (layer,) = snapshot.read_weights(stored(tmp_path, net_with(blob)))
    assert layer.legacy == [True]
    np.testing.assert_array_equal(layer.blobs[0], np.arange(6.0).reshape(1, 1, 2, 3))
    np.testing.assert_array_equal(layer.diffs[0], np.arange(6.0, 12).reshape(1, 1, 2, 3))


def test_legacy_shape_wins_and_is_filled_with_zeros(tmp_path):
    blob = pb.BlobProto(width=3, data=[1, 2, 3], shape=pb.BlobShape(dim=[3]))
    complaint = refusal(snapshot.read_weights, stored(tmp_path, net_with(blob)))
    assert "layer 'fc', blob 0: shape 0x0x0x3 needs 0 values, 3 are stored (at byte " in complaint


def test_double_precision(tmp_path):
    blob = pb.BlobProto(double_data=[0.1, 2], double_diff=[3, 4], shape=pb.BlobShape(dim=[2]))
    (layer,) = snapshot.read_weights(stored(tmp_path, net_with(blob)))
    assert layer.blobs[0].dtype == np.float32
    np.testing.assert_array_equal(layer.blobs[0], np.float32([0.1, 2]))
    np.testing.assert_array_equal(layer.diffs[0], [3, 4])


def field(number, kind, payload):
    """One field's bytes; a length stands before payloads of kind 2."""
    length = wire.varint(len(payload)) if kind == wire.LEN else b""
    return wire.varint(number << 3 | kind) + length + payload


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1000])
@pytest.mark.parametrize("number, kind, dtype", [(5, 5, "<f4"), (8, 1, "<f8")])
def test_unpacked_numbers(tmp_path, count, number, kind, dtype):
    values = np.arange(count, dtype=dtype) + 0.5
    data = b"".join(field(number, kind, v.tobytes()) for v in values)
    shape = field(7, 2, field(1, 0, wire.varint(count)))
    for body in (data + shape, shape + data):
        blob = pb.BlobProto.FromString(body)
        assert list(blob.data or blob.double_data) == list(values)
        path = stored(tmp_path, field(100, 2, field(1, 2, b"fc") + field(7, 2, body)))
        np.testing.assert_array_equal(snapshot.read_weights(path)[0].blobs[0], values)


def test_packed_in_parts(tmp_path):
    """Data in several packed fields, as a merged message has it, with unknown ones between."""
    parts = [np.float32([1, 2]), np.float32([3]), np.float32([])]
    body = field(99, 2, b"?").join(field(5, 2, p.tobytes()) for p in parts)
    body += field(7, 2, field(1, 2, b"\3"))
    path = stored(tmp_path, field(100, 2, field(7, 2, body)))
    np.testing.assert_array_equal(snapshot.read_weights(path)[0].blobs[0], [1, 2, 3])


def test_v1_and_v0_layers(tmp_path):
    blob = pb.BlobProto(num=1, channels=1, height=1, width=2, data=[1, -1])
    net = pb.NetParameter(name="old")
    net.layers.add(name="v1", type=pb.V1LayerParameter.CONVOLUTION, blobs=[blob])
    net.layers.add(layer=pb.V0LayerParameter(name="v0", type="conv", blobs=[blob, blob]))
    path = stored(tmp_path, net)
    layers = snapshot.read_weights(path)
    assert [(w.name, w.type, len(w.blobs)) for w in layers] == [
        ("v1", "Convolution", 1),
        ("v0", "conv", 2),
    ]
    np.testing.assert_array_equal(layers[1].blobs[1].ravel(), [1, -1])


def test_fork_fields_are_stepped_over(tmp_path):
    """Numbers that a fork gave another meaning (143: interp_param) or an enum we lack."""
    blob = pb.BlobProto(data=[7], shape=pb.BlobShape(dim=[1])).SerializeToString()
    layer = field(1, 2, b"up") + field(143, 2, b"\xff\xfe junk") + field(152, 0, b"\1")
    layer += field(1000, 5, b"abcd") + field(1001, 1, b"abcdefgh") + field(7, 2, blob)
    old = field(4, 2, b"seg") + field(5, 0, wire.varint(46)) + field(6, 2, blob)
    path = stored(tmp_path, field(100, 2, layer) + field(300, 0, b"\1") + field(2, 2, old))
    layers = snapshot.read_weights(path)
    assert [(w.name, w.type, w.blobs[0][0]) for w in layers] == [
        ("up", "", 7),
        ("seg", "V1 type 46", 7),
    ]


def test_large_unknown_fields_are_mentioned(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("caffe._caffe.log.logger.propagate", True)
    caplog.set_level("INFO", logger="caffe")
    snapshot.read_weights(stored(tmp_path, MODEL.read_bytes() + field(101, 2, b"x" * 2000)))
    assert "skipped unknown field 101, 2000 bytes at byte" in caplog.text


def test_names_that_are_not_utf8(tmp_path):
    path = stored(tmp_path, field(100, 2, field(1, 2, b"\xb2\xe3")))
    assert snapshot.read_weights(path)[0].name == "\\xb2\\xe3"


def test_scalar_blob_and_empty_blob(tmp_path):
    path = tmp_path / "s.caffemodel"
    arrays = [np.float32(3), np.zeros((0, 2), "f4")]
    snapshot.write_weights(path, "", [(pb.LayerParameter(name="a"), arrays, None)])
    net = pb.NetParameter.FromString(path.read_bytes())
    assert list(net.layer[0].blobs[0].data) == [3] and not net.layer[0].blobs[1].data
    (layer,) = snapshot.read_weights(path)
    assert [b.shape for b in layer.blobs] == [(), (0, 2)] and layer.blobs[0] == 3
    h5 = tmp_path / "s.h5"
    snapshot.write_weights_hdf5(h5, [("a", arrays, None)])
    assert [b.shape for b in snapshot.read_weights(h5)[0].blobs] == [(), (0, 2)]


def test_diffs_and_strange_arrays_are_written(tmp_path):
    """float64, Fortran order and strides come out as float32 rows; fields around blobs stay."""
    param = pb.LayerParameter(name="c", type="Convolution", bottom=["d"], top=["c"], phase=pb.TEST)
    param.param.add(lr_mult=2)
    param.include.add(stage=["deploy"])
    param.blobs.add(data=[99])
    data = np.asfortranarray(np.arange(6, dtype="f8").reshape(2, 3))
    diff = np.arange(12, dtype="f4").reshape(2, 6)[:, ::2]
    path = tmp_path / "d.caffemodel"
    snapshot.write_weights(path, "net", [(param, [data], [diff])])
    (got,) = pb.NetParameter.FromString(path.read_bytes()).layer
    assert list(got.blobs[0].data) == list(range(6)) and len(got.blobs) == 1
    assert list(got.blobs[0].diff) == [0, 2, 4, 6, 8, 10]
    for message in (got, param):
        message.ClearField("blobs")
    assert got == param
    (layer,) = snapshot.read_weights(path)
    np.testing.assert_array_equal(layer.diffs[0], diff)


# ---- HDF5's own


def test_hdf5_shared_blobs_and_diffs(tmp_path):
    path = tmp_path / "w.h5"
    a, b = np.ones((2, 2), "f4"), np.full(3, 2, "f4")
    snapshot.write_weights_hdf5(path, [("x", [a, b], [a, b]), ("y", [None, b], [a, b])])
    with h5py.File(path) as file:
        assert sorted(file["data/y"]) == ["1"] and sorted(file["diff/y"]) == ["0", "1"]
    x, y = snapshot.read_weights(path)
    assert x.hdf5 and y.blobs[0] is None and y.blobs[1].tolist() == [2, 2, 2]
    np.testing.assert_array_equal(y.diffs[0], a)


def test_hdf5_names_with_slashes(tmp_path):
    path = tmp_path / "w.h5"
    one = np.ones(1, "f4")
    names = ["inception/1x1", "inception/3x3/reduce", "inception", "relu/inception", "plain"]
    snapshot.write_weights_hdf5(path, [(n, [one] if "relu" not in n else [], None) for n in names])
    found = {w.name: len(w.blobs) for w in snapshot.read_weights(path)}
    assert found == {n: 0 if "relu" in n else 1 for n in names}


@pytest.mark.parametrize("name, reason", [("", "none"), ("a", "taken")])
def test_hdf5_needs_names(tmp_path, name, reason):
    with pytest.raises(FormatError, match=f"w.h5: HDF5 weights.* '{name}' is {reason}"):
        snapshot.write_weights_hdf5(tmp_path / "w.h5", [("a", [], None), (name, [], None)])
    assert os.listdir(tmp_path) == []


def test_hdf5_other_number_types(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file["data/c/0"] = np.array([1.5, 2], ">f8")
        file["data/c/1"] = np.array([[3]], "i2")
        file.create_dataset("data/c/2", data=np.zeros(100_000), compression="gzip")
    (layer,) = snapshot.read_weights(path)
    assert [b.dtype.str for b in layer.blobs] == ["<f4"] * 3
    assert layer.blobs[0].tolist() == [1.5, 2] and layer.blobs[2].sum() == 0


def bad_hdf5(file, tmp_path, how):
    group = file.create_group("data/c")
    if how == "external":
        group["0"] = h5py.ExternalLink("other.h5", "/x")
    elif how == "text":
        group["0"] = "hello"
    elif how == "named":
        group["weight"] = np.ones(1)
    elif how == "number":
        group["99999999"] = np.ones(1)
    elif how == "huge":
        group.create_dataset("0", shape=(1 << 20, 1 << 20), dtype="f4", chunks=(64, 64))
    elif how == "unwritten":
        group.create_dataset("0", shape=(1 << 20, 1 << 20), dtype="f4")
    elif how == "null":
        group.create_dataset("0", data=h5py.Empty("f4"))
    elif how == "dataset":
        file["data/top"] = np.ones(1)
    elif how == "loop":
        group["self"] = group
    elif how == "type":
        group["0"] = np.dtype("f4")
    elif how == "virtual":
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "o.h5"), "x", shape=(4,))
        group.create_virtual_dataset("0", layout)


@pytest.mark.parametrize(
    "how, complaint",
    [
        ("external", "links to another file"),
        ("text", "expected numbers"),
        ("named", "'/data/c/weight' is not a blob's number"),
        ("number", "a layer has no 99999999 blobs"),
        ("huge", "shape 1048576x1048576 needs 4398046511104 bytes, 0 are stored"),
        ("unwritten", "needs 4398046511104 bytes, 0 are stored"),
        ("null", "holds nothing"),
        ("dataset", "'/data/top' is a dataset where a layer is expected"),
        ("loop", "groups nest more than"),
        ("type", "is neither a group nor a dataset"),
        ("virtual", "are stored in the file"),
    ],
)
def test_hdf5_refused(tmp_path, how, complaint):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        bad_hdf5(file, tmp_path, how)
    assert complaint in refusal(snapshot.read_weights, path)


@pytest.mark.parametrize("name, value", [("iter", [1, 2]), ("iter", 1.5), ("learned_net", 3)])
def test_hdf5_state_refused(tmp_path, name, value):
    path = tmp_path / "s.h5"
    shutil.copyfile(STATE_H5, path)
    with h5py.File(path, "a") as file:
        del file[name]
        file[name] = value
    assert f"'{name}' is not" in refusal(snapshot.read_solverstate, path)
    with h5py.File(path, "a") as file:
        del file[name]
        file["learned_net" if name == "learned_net" else "iter"] = "x" if "l" in name else 7
        del file["history/2"]
    assert "history 2 is missing" in refusal(snapshot.read_solverstate, path)


# ---- solver states and mean files of our own


@pytest.mark.parametrize("name", ["s.solverstate", "s.solverstate.h5"])
def test_state_round_trip(tmp_path, name):
    history = [np.random.RandomState(0).randn(3, 4).astype("f4"), np.float32(2.5)]
    runtime = {"rng": "AAECAw==", "cursor": {"data": 17}, "name": "\u5c42\0"}
    state = SolverSnapshot(20_000_003, "dir/net.caffemodel", 3, history, runtime)
    path = tmp_path / name
    snapshot.write_solverstate(path, state)
    got = snapshot.read_solverstate(path)
    assert (got.iter, got.learned_net, got.current_step) == (20_000_003, "dir/net.caffemodel", 3)
    assert got.runtime_state == runtime
    for ours, theirs in zip(got.history, history, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if name.endswith("h5"):
        with h5py.File(path) as file:
            assert file["history/1"].shape == () and file["iter"].shape == (1,)
    else:
        theirs = pb.SolverState.FromString(path.read_bytes())
        assert theirs.iter == 20_000_003 and len(theirs.history) == 2


def test_state_without_optional_parts(tmp_path):
    for name in ("s.solverstate", "s.solverstate.h5"):
        snapshot.write_solverstate(tmp_path / name, SolverSnapshot(iter=4))
        assert snapshot.read_solverstate(tmp_path / name) == SolverSnapshot(iter=4)


@pytest.mark.parametrize("text", [b"{", b"[1]", b"[" * 100_000, b"\xff"])
def test_damaged_runtime_state(tmp_path, text):
    path = stored(tmp_path, pb.SolverState(iter=1, runtime_state=text))
    assert "runtime state" in refusal(snapshot.read_solverstate, path)


def test_blobproto_round_trip(tmp_path):
    path = tmp_path / "mean.binaryproto"
    mean = np.random.RandomState(1).rand(1, 3, 5, 4)
    snapshot.write_blobproto(path, mean)
    np.testing.assert_array_equal(snapshot.read_blobproto(path), mean.astype("f4"))
    blob = pb.BlobProto.FromString(path.read_bytes())
    assert list(blob.shape.dim) == [1, 3, 5, 4]
    legacy = pb.BlobProto(num=1, channels=3, height=1, width=1, data=[1, 2, 3])
    got = snapshot.read_blobproto(stored(tmp_path, legacy))
    assert got.shape == (1, 3, 1, 1) and got.flags.writeable


# ---- files that are something else


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
    snapshot.write_blobproto(mean, np.ones((1, 3, 2, 2)))
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


# ---- writing that does not come to its end


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
from caffe._caffe import snapshot
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
    assert LayerWeights("x") == LayerWeights("x", "", [], [], [], False)


def test_a_long_file_is_written_out_before_its_end(tmp_path, monkeypatch):
    seen = threading.Event()
    monkeypatch.setattr(atomic, "EARLY", 1)
    monkeypatch.setattr(atomic, "_sync", lambda path: seen.set())
    with atomic.replacing(tmp_path / "long") as name, open(name, "wb", buffering=0) as file:
        file.write(b"first")
        assert seen.wait(10)
        file.write(b" last")
    assert (tmp_path / "long").read_bytes() == b"first last"
