"""Solver states and mean files of our own."""

import h5py
import numpy as np
import pytest
from filekit import refusal, stored, write_blobproto

from caffe._caffe.formats import snapshot
from caffe._caffe.formats.snapshot import SolverSnapshot
from caffe.proto import caffe_pb2 as pb


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


def test_a_mean_file_is_read(tmp_path):
    path = tmp_path / "mean.binaryproto"
    mean = np.random.RandomState(1).rand(1, 3, 5, 4)
    write_blobproto(path, mean)
    np.testing.assert_array_equal(snapshot.read_blobproto(path), mean.astype("f4"))
    legacy = pb.BlobProto(num=1, channels=3, height=1, width=1, data=[1, 2, 3])
    got = snapshot.read_blobproto(stored(tmp_path, legacy))
    assert got.shape == (1, 3, 1, 1) and got.flags.writeable
