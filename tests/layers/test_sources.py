"""Data: what it reads, in which order, and what happens to bad input."""

import shutil

import numpy as np
import pytest
from sourcekit import (
    GOLDEN,
    batches,
    bgr,
    data_layer,
    datum,
    image,
    make_net,
    png,
    ramp_lmdb,
    write_lmdb,
)

import caffe
from caffe._caffe.core import context
from caffe._caffe.errors import LayerError
from caffe._caffe.sources import images
from caffe.proto import caffe_pb2


@pytest.mark.parametrize("name", ["data_center_crop", "data_mean_file", "hdf5"])
def test_reference_figures(tmp_path, monkeypatch, name):
    shutil.copytree(GOLDEN / "sources", tmp_path / "sources")
    monkeypatch.chdir(tmp_path / "sources")
    net = caffe.Net(f"{name}.prototxt", caffe.TEST)
    want = np.load(f"{name}.npz")
    for i, (data, label) in enumerate(batches(net, 4)):
        assert np.array_equal(data, want[f"data{i}"])
        assert np.array_equal(label, want[f"label{i}"])


def test_entries_come_in_order_and_round_again(tmp_path, capfd):
    net = make_net(tmp_path, data_layer(ramp_lmdb(tmp_path / "db", 5)))
    assert net.blobs["data"].shape == (2, 1, 2, 3)
    got = batches(net, 6)
    assert [list(label) for _, label in got] == [[0, 1], [2, 3], [4, 0], [1, 2], [3, 4], [0, 1]]
    assert all((data == label[:, None, None, None]).all() for data, label in got)
    said = capfd.readouterr().err.count(
        "data_layer.cpp:73] Restarting data prefetching from start."
    )
    assert said >= 2  # batches ahead may have come round again


def test_without_a_second_top_there_is_no_label(tmp_path):
    net = make_net(tmp_path, data_layer(ramp_lmdb(tmp_path / "db", 3), tops=("data",)))
    ((data,),) = batches(net, 1)
    assert list(data[:, 0, 0, 0]) == [0, 1]


def test_building_and_reshaping_take_no_data(tmp_path):
    net = make_net(tmp_path, data_layer(ramp_lmdb(tmp_path / "db", 5)))
    for _ in range(3):
        net.reshape()
    assert list(batches(net, 1)[0][1]) == [0, 1]
    net.reshape()
    assert list(batches(net, 1)[0][1]) == [2, 3]


def test_encoded_datums_are_decoded_to_bgr(tmp_path):
    pixels, gray = image(0), image(1, channels=1)
    values = [caffe_pb2.Datum(data=png(p), encoded=True) for p in (pixels, gray)]
    folder = write_lmdb(tmp_path / "db", values)
    (color,), (single,) = batches(make_net(tmp_path, data_layer(folder, 1, tops=("data",))), 2)
    assert np.array_equal(color[0], bgr(pixels))
    assert np.array_equal(single[0], gray.transpose(2, 0, 1))


def test_force_color_and_force_gray(tmp_path):
    pixels, gray = image(0), image(1, channels=1)
    values = [caffe_pb2.Datum(data=png(p), encoded=True) for p in (pixels, gray)]
    folder = write_lmdb(tmp_path / "db", values)

    def read(setting):
        extra = f"transform_param {{ {setting}: true }}"
        return batches(make_net(tmp_path, data_layer(folder, 2, extra, ("data",))), 1)[0][0]

    color = read("force_color")
    assert np.array_equal(color[0], bgr(pixels))
    assert np.array_equal(color[1], np.repeat(gray.transpose(2, 0, 1), 3, axis=0))
    want = images.decode(png(pixels), images.GRAY, "x").transpose(2, 0, 1)
    assert np.array_equal(read("force_gray")[0], want)


def test_float_data(tmp_path):
    values = np.random.RandomState(0).randn(2 * 3 * 4).astype(np.float32)
    entry = caffe_pb2.Datum(channels=2, height=3, width=4, float_data=values, label=-3)
    net = make_net(tmp_path, data_layer(write_lmdb(tmp_path / "db", [entry]), 1))
    ((data, label),) = batches(net, 1)
    assert np.array_equal(data.ravel(), values)
    assert label == [-3]


def test_sizes_may_change_between_batches(tmp_path):
    sizes = [(4, 5), (7, 3), (6, 6)]
    folder = write_lmdb(tmp_path / "db", [datum(image(i, *s)) for i, s in enumerate(sizes)])
    net = make_net(tmp_path, data_layer(folder, 1))
    for i, size in enumerate(sizes * 2):
        net.forward()
        assert net.blobs["data"].shape == (1, 3, *size)
        assert np.array_equal(net.blobs["data"].data[0], image(i % 3, *size).transpose(2, 0, 1))


def test_several_solvers_share_the_entries_in_training_only(tmp_path):
    layer = data_layer(ramp_lmdb(tmp_path / "db", 7))
    context.set_solver_count(3), context.set_solver_rank(1)
    try:
        train, test = make_net(tmp_path, layer), make_net(tmp_path, layer, caffe.TEST)
    finally:
        context.set_solver_count(1), context.set_solver_rank(0)
    assert [list(b[1]) for b in batches(train, 4)] == [[1, 4], [0, 3], [6, 2], [5, 1]]
    assert [list(b[1]) for b in batches(test, 2)] == [[0, 1], [2, 3]]


def test_rand_skip_is_ignored_with_a_warning(tmp_path, capfd):
    layer = data_layer(ramp_lmdb(tmp_path / "db", 3)).replace("backend", "rand_skip: 3 backend")
    assert list(batches(make_net(tmp_path, layer), 1)[0][1]) == [0, 1]
    assert "rand_skip is ignored" in capfd.readouterr().err


@pytest.mark.parametrize(
    "bad, message",
    [
        (b"\xff\xff\xff\xff", "key '00000003' of .*db.* is no Datum message"),
        (caffe_pb2.Datum(), "key '00000003' .* has no size"),
        (
            caffe_pb2.Datum(channels=1, height=2, width=3, data=b"12345"),
            "key '00000003' .* holds 5 values, expected 1 x 2 x 3 = 6",
        ),
        (caffe_pb2.Datum(data=b"no image", encoded=True), "key '00000003' .* cannot be decoded"),
        (
            datum(image(0, 3, 3, 1)),
            "key '00000003' .* gives 1 x 3 x 3 values, but the first .* 1 x 2",
        ),
    ],
)
def test_bad_entry_is_named_at_its_batch_and_never_skipped(tmp_path, bad, message):
    ones = np.ones((2, 3, 1), np.uint8)
    values = [datum(ones * i, i) for i in range(3)] + [bad] + [datum(ones * 4, 4)]
    net = make_net(tmp_path, data_layer(write_lmdb(tmp_path / "db", values)))
    net.forward()
    for _ in range(2):
        with pytest.raises(LayerError, match=r"layer 'source' \(Data\): .*" + message):
            net.forward()


@pytest.mark.parametrize(
    "change, message",
    [
        (("batch_size: 2", "batch_size: 0"), "batch_size is 0, expected 1 or more"),
        (("batch_size: 2", "batch_size: 4000000000"), "has more than 2147483647 elements"),
        (("backend", "prefetch: 0 backend"), "data_param.prefetch is 0"),
        (("db", "nowhere"), "database '.*nowhere' does not exist"),
        (("LMDB", "LEVELDB"), "it holds an LMDB: set backend: LMDB"),
        (('top: "data"', 'top: "data" top: "more"'), "takes 1 to 2 top blobs, 3 given"),
        (("data_param", "transform_param { crop_size: 3 } data_param"), "smaller than crop_size 3"),
        (
            ("data_param", 'transform_param { mean_file: "gone" } data_param'),
            "gone",
        ),
    ],
)
def test_bad_settings_of_data(tmp_path, change, message):
    layer = data_layer(ramp_lmdb(tmp_path / "db", 3)).replace(*change, 1)
    with pytest.raises(LayerError, match=message):
        make_net(tmp_path, layer)


def test_empty_database(tmp_path):
    with pytest.raises(LayerError, match="has no entries"):
        make_net(tmp_path, data_layer(write_lmdb(tmp_path / "db", [])))
