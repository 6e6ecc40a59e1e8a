"""HDF5Data and HDF5Output."""

import json

import h5py
import numpy as np
import pytest
from sourcekit import batches, make_net, same

import caffe
from caffe._caffe.core import context
from caffe._caffe.errors import CaffeError, LayerError


def write(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file.create_dataset(name, data=values)


def write_set(tmp_path, *rows):
    """Files with so many rows each; in `label` the rows are numbered through, from 0."""
    total = 0
    for i, count in enumerate(rows):
        numbers = np.arange(total, total + count, dtype=np.float32)
        write(tmp_path / f"{i}.h5", data=np.repeat(numbers, 6).reshape(count, 2, 3), label=numbers)
        total += count
    (tmp_path / "list.txt").write_text("".join(f"{tmp_path}/{i}.h5\n" for i in range(len(rows))))


def layer(tmp_path, batch=2, tops=("data", "label"), param="", extra=""):
    named = " ".join(f'top: "{top}"' for top in tops)
    return f"""type: "HDF5Data" {named} {extra}
        hdf5_data_param {{ source: "{tmp_path}/list.txt" batch_size: {batch} {param} }}"""


def labels(net, count):
    return [int(x) for batch in batches(net, count) for x in batch[1]]


def test_rows_run_through_all_files_and_round_again(tmp_path):
    write_set(tmp_path, 3, 1, 4)
    net = make_net(tmp_path, layer(tmp_path, 3))
    assert net.blobs["data"].shape == (3, 2, 3) and net.blobs["label"].shape == (3,)
    got = batches(net, 6)
    assert [int(x) for _, label in got for x in label] == (list(range(8)) * 3)[:18]
    assert all((data == label[:, None, None]).all() for data, label in got)


def test_any_number_of_tops_and_axes_and_kinds_of_number(tmp_path):
    values = {
        "a": np.random.RandomState(0).randn(4, 2, 3, 1, 2),
        "b": np.arange(4, dtype=np.uint8),
        "c": np.arange(8, dtype=np.int64).reshape(4, 2) - 4,
        "d": np.arange(4).astype(">f4"),
    }
    write(tmp_path / "x.h5", **values)
    (tmp_path / "list.txt").write_text(f"  {tmp_path}/x.h5  ")
    net = make_net(tmp_path, layer(tmp_path, 4, tuple(values)))
    net.forward()
    for name, want in values.items():
        assert np.array_equal(net.blobs[name].data, want.astype(np.float32))


def test_shuffling_mixes_files_and_rows_but_not_files_with_each_other(tmp_path):
    write_set(tmp_path, 3, 5, 4)
    caffe.set_random_seed(3)
    order = labels(make_net(tmp_path, layer(tmp_path, 4, param="shuffle: true")), 30)
    epochs = [order[i : i + 12] for i in range(0, 120, 12)]
    files = [[0 if x < 3 else 1 if x < 8 else 2 for x in epoch] for epoch in epochs]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert all(sum(a != b for a, b in zip(f, f[1:], strict=False)) == 2 for f in files)
    assert len({tuple(f) for f in files}) > 2
    assert len({tuple(epoch) for epoch in epochs}) == 10
    caffe.set_random_seed(3)
    assert labels(make_net(tmp_path, layer(tmp_path, 4, param="shuffle: true")), 30) == order


@pytest.mark.parametrize("taken", [0, 1, 7])
def test_state_continues_with_the_very_next_batch(tmp_path, taken):
    write_set(tmp_path, 3, 5)
    text = layer(tmp_path, 3, param="shuffle: true")
    net, resumed = make_net(tmp_path, text), make_net(tmp_path, text)
    batches(net, taken)
    state = json.loads(json.dumps(net.get_state()))
    batches(resumed, 2)
    resumed.set_state(state)
    assert same(batches(net, 8), batches(resumed, 8))


def test_several_solvers_share_the_rows_in_training(tmp_path):
    write_set(tmp_path, 3, 4)
    context.set_solver_count(2), context.set_solver_rank(1)
    try:
        train = make_net(tmp_path, layer(tmp_path))
        test = make_net(tmp_path, layer(tmp_path), caffe.TEST)
    finally:
        context.set_solver_count(1), context.set_solver_rank(0)
    assert labels(train, 3) == [1, 3, 5, 0, 2, 4]
    assert labels(test, 2) == [0, 1, 2, 3]


def test_compressed_and_chunked(tmp_path):
    values = np.zeros((64, 50), np.float32)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("data", data=values, chunks=(8, 50), compression="gzip")
    (tmp_path / "list.txt").write_text(f"{tmp_path}/x.h5")
    ((data,),) = batches(make_net(tmp_path, layer(tmp_path, 64, ("data",))), 1)
    assert np.array_equal(data, values)


ONE = np.zeros((3, 2), np.float32)


@pytest.mark.parametrize(
    "first, second, message",
    [
        ({"data": ONE}, {}, r"no dataset 'label', which a top asks for \(it holds 'data'\)"),
        ({"data": ONE, "label": np.zeros(2)}, {}, "'label' has 2 rows, 'data' has 3"),
        ({"data": ONE[:0], "label": np.zeros(0)}, {}, "'data' has 0 rows"),
        ({"data": ONE, "label": np.array([b"x"] * 3)}, {}, r"type \|S1; expected one axis"),
        ({"data": ONE, "label": ONE > 0}, {}, "type bool; expected one axis"),
        ({"data": ONE, "label": ONE.astype(complex)}, {}, "type complex128; expected"),
        ({"data": ONE, "label": np.float32(1)}, {}, r"shape \(\) and type float32"),
        ({"data": ONE, "label": ONE}, {"data": ONE, "label": ONE[:, :1]}, r"1.h5': rows of dataset "
         r"'label' are \(1,\), in '.*0.h5' they are \(2,\)"),
    ],
)  # fmt: skip
def test_datasets_that_do_not_fit(tmp_path, first, second, message):
    for i, content in enumerate((first, second)):
        write(tmp_path / f"{i}.h5", **content)
    names = [f"{tmp_path}/0.h5", f"{tmp_path}/1.h5"][: 2 if second else 1]
    (tmp_path / "list.txt").write_text("\n".join(names))
    with pytest.raises(LayerError, match=r"layer 'source' \(HDF5Data\): HDF5 file '.*" + message):
        make_net(tmp_path, layer(tmp_path))


def test_dataset_that_was_never_written(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("data", (10**8, 4), np.float32)
        file.create_dataset("huge", (10**12,), np.float32)
    (tmp_path / "list.txt").write_text(f"{tmp_path}/x.h5")
    with pytest.raises(LayerError, match="has 0 bytes stored, expected 1600000000"):
        make_net(tmp_path, layer(tmp_path, tops=("data",)))
    with pytest.raises(LayerError, match="at most 2147483647 values"):
        make_net(tmp_path, layer(tmp_path, tops=("huge",)))


@pytest.mark.parametrize(
    "change, message",
    [
        (("batch_size: 2", "batch_size: 0"), "batch_size is 0"),
        (("hdf5_data_param", "transform_param { scale: 2 } hdf5_data_param"), "does not transform"),
        (("list.txt", "gone.txt"), "list file '.*gone.txt' cannot be read"),
        (("list.txt", "empty.txt"), "empty.txt' is empty"),
        (
            ("list.txt", "names.txt"),
            r"HDF5 file 'gone.h5' \(relative to .*cannot be opened",
        ),
    ],
)
def test_bad_settings(tmp_path, change, message):
    write_set(tmp_path, 2)
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "names.txt").write_text("gone.h5")
    with pytest.raises(LayerError, match=message):
        make_net(tmp_path, layer(tmp_path).replace(*change))


def test_damaged_files_raise_or_read(tmp_path):
    write_set(tmp_path, 40)
    path = tmp_path / "0.h5"
    content = path.read_bytes()
    text = layer(tmp_path, 8)
    for cut in range(0, len(content), 100):
        path.write_bytes(content[:cut])
        with pytest.raises(CaffeError, match="0.h5"):
            make_net(tmp_path, text)
    errors = 0
    for at in np.random.RandomState(0).randint(0, 2048, 120):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        try:
            make_net(tmp_path, text).forward()
        except CaffeError as error:
            errors += 1
            assert "0.h5" in str(error)
    assert errors > 10


def test_a_file_that_vanishes_is_named_when_its_turn_comes(tmp_path):
    write_set(tmp_path, 2, 2)
    net = make_net(tmp_path, layer(tmp_path))
    (tmp_path / "1.h5").unlink()
    net.forward()
    with pytest.raises(LayerError, match="1.h5' cannot be opened"):
        net.forward()


# -- HDF5Output


def output_net(tmp_path, shapes=((2, 3), (2,)), name="out.h5"):
    (tmp_path / "net.prototxt").write_text(
        "layer { name: 'in' type: 'Input' top: 'x' top: 'y' input_param {"
        + "".join(f" shape {{ {' '.join(f'dim: {d}' for d in shape)} }}" for shape in shapes)
        + "} } layer { name: 'out' type: 'HDF5Output' bottom: 'x' bottom: 'y' "
        f"hdf5_output_param {{ file_name: '{tmp_path / name if name else ''}' }} }}"
    )
    return caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)


def fill(net, seed):
    for i, name in enumerate("xy"):
        values = np.random.RandomState(seed + i).randn(*net.blobs[name].shape)
        net.blobs[name].data[...] = values
    return {n: net.blobs[n].data.copy() for n in "xy"}


def test_output_is_four_dimensional_and_later_rows_follow(tmp_path):
    (tmp_path / "out.h5").write_text("something old")
    net = output_net(tmp_path)
    with h5py.File(tmp_path / "out.h5") as file:
        assert list(file) == []
    fed = []
    for seed in range(3):
        fed.append(fill(net, seed * 2))
        net.forward()
        with h5py.File(tmp_path / "out.h5") as file:
            assert file["data"].shape == (2 * (seed + 1), 3, 1, 1)
            assert file["label"].shape == (2 * (seed + 1), 1, 1, 1)
            data, label = file["data"][...], file["label"][...]
    assert np.array_equal(data[:, :, 0, 0], np.concatenate([f["x"] for f in fed]))
    assert np.array_equal(label[:, 0, 0, 0], np.concatenate([f["y"] for f in fed]))


def test_what_is_written_can_be_read_back(tmp_path):
    net = output_net(tmp_path, ((4, 2, 3, 5), (4, 2)))
    fed = fill(net, 0)
    net.forward()
    (tmp_path / "list.txt").write_text(f"{tmp_path}/out.h5")
    ((data, label),) = batches(make_net(tmp_path, layer(tmp_path, 4)), 1)
    assert np.array_equal(data, fed["x"]) and np.array_equal(label[:, :, 0, 0], fed["y"])


def test_output_passes_no_gradient_and_writes_nothing_on_reshape(tmp_path):
    net = output_net(tmp_path)
    net.reshape()
    with h5py.File(tmp_path / "out.h5") as file:
        assert list(file) == []
    fill(net, 0)
    net.forward()
    net.backward()
    assert not net.blobs["x"].diff.any()


@pytest.mark.parametrize(
    "shapes, name, message",
    [
        (((2, 3), (3,)), "out.h5", "data has 2 rows and label 3"),
        (((2, 1, 1, 1, 1), (2,)), "out.h5", "blobs of 1 to 4 axes"),
        (((2, 3), (2,)), "", "file_name is not set"),
        (((2, 3), (2,)), "gone/out.h5", "gone/out.h5' cannot be written"),
    ],
)
def test_output_that_cannot_be(tmp_path, shapes, name, message):
    with pytest.raises(LayerError, match=r"layer 'out' \(HDF5Output\): .*" + message):
        output_net(tmp_path, shapes, name)


def test_output_rows_must_keep_their_shape(tmp_path):
    net = output_net(tmp_path)
    net.forward()
    net.blobs["x"].reshape(2, 4)
    with pytest.raises(LayerError, match=r"has rows of \(3, 1, 1\), this batch has \(4, 1, 1\)"):
        net.forward()


def test_output_of_an_empty_batch_adds_no_rows(tmp_path):
    net = output_net(tmp_path)
    fed = fill(net, 0)
    net.forward()
    for name in "xy":
        net.blobs[name].reshape(0, *net.blobs[name].shape[1:])
    net.forward()
    with h5py.File(tmp_path / "out.h5") as file:
        assert np.array_equal(file["data"][:, :, 0, 0], fed["x"])
