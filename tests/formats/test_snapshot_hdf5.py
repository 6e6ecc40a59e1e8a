"""HDF5 snapshots: BVLC's layout, names, links, and what no snapshot may hold."""

import os
import shutil

import h5py
import numpy as np
import pytest
from filekit import MODEL_H5, STATE_H5, refusal

from caffe._caffe.errors import FormatError
from caffe._caffe.formats import snapshot


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


def test_hdf5_shared_blobs_and_diffs(tmp_path):
    path = tmp_path / "w.h5"
    a, b = np.ones((2, 2), "f4"), np.full(3, 2, "f4")
    snapshot.write_weights_hdf5(path, [("x", [a, b], [a, b]), ("y", [None, b], [a, b])])
    with h5py.File(path) as file:
        assert sorted(file["data/y"]) == ["1"] and sorted(file["diff/y"]) == ["0", "1"]
        np.testing.assert_array_equal(file["diff/y/0"], a)
    x, y = snapshot.read_weights(path)
    assert x.hdf5 and y.blobs[0] is None and y.blobs[1].tolist() == [2, 2, 2]
    assert y.diffs == [None, None]  # BVLC does not read them either


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
