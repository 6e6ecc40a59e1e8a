"""Binary weights: what BVLC wrote, and every way a blob may be stored."""

import os
import tracemalloc

import numpy as np
import pytest
from filekit import MODEL, STATE, field, net_with, refusal, stored

from caffe._caffe.formats import snapshot, wire
from caffe.proto import caffe_pb2 as pb


def test_binary_weights_as_protobuf_reads_them():
    net = pb.NetParameter.FromString(MODEL.read_bytes())
    layers = snapshot.read_weights(MODEL)
    assert [a.name for a in layers] == [b.name for b in net.layer]
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
    assert [(w.name, len(w.blobs)) for w in layers] == [("v1", 1), ("v0", 2)]
    np.testing.assert_array_equal(layers[1].blobs[1].ravel(), [1, -1])


def test_fork_fields_are_stepped_over(tmp_path):
    """Numbers that a fork gave another meaning (143: interp_param) or an enum we lack."""
    blob = pb.BlobProto(data=[7], shape=pb.BlobShape(dim=[1])).SerializeToString()
    layer = field(1, 2, b"up") + field(143, 2, b"\xff\xfe junk") + field(152, 0, b"\1")
    layer += field(1000, 5, b"abcd") + field(1001, 1, b"abcdefgh") + field(7, 2, blob)
    old = field(4, 2, b"seg") + field(5, 0, wire.varint(46)) + field(6, 2, blob)
    path = stored(tmp_path, field(100, 2, layer) + field(300, 0, b"\1") + field(2, 2, old))
    layers = snapshot.read_weights(path)
    assert [(w.name, w.blobs[0][0]) for w in layers] == [("up", 7), ("seg", 7)]


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
