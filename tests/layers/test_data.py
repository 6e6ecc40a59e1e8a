"""Input, DummyData and MemoryData."""

import numpy as np
import pytest
from sourcekit import make_net

import caffe
from caffe._caffe.errors import CaffeError, LayerError


def shapes(net):
    return {name: blob.shape for name, blob in net.blobs.items()}


# -- Input


@pytest.mark.parametrize(
    "param, want",
    [
        ("shape { dim: 2 dim: 3 }", [(2, 3), (2, 3)]),
        ("shape { dim: 2 dim: 3 } shape { dim: 5 }", [(2, 3), (5,)]),
        ("shape { dim: 0 dim: 3 } shape { }", [(0, 3), ()]),
    ],
)
def test_input_takes_one_shape_or_one_per_top(tmp_path, param, want):
    net = make_net(tmp_path, f"type: 'Input' top: 'a' top: 'b' input_param {{ {param} }}")
    assert list(shapes(net).values()) == want
    assert net.inputs == ["a", "b"]


def test_input_keeps_what_the_caller_puts_there(tmp_path):
    net = make_net(tmp_path, "type: 'Input' top: 'a' input_param { shape { dim: 2 dim: 3 } }")
    values = np.arange(6).reshape(2, 3)
    net.blobs["a"].data[...] = values
    net.forward()
    net.forward()
    assert np.array_equal(net.blobs["a"].data, values)


@pytest.mark.parametrize("param", ["", "input_param { shape { dim: 2 dim: 3 } }"])
def test_input_keeps_the_shape_the_caller_gives(tmp_path, param):
    net = make_net(tmp_path, f"type: 'Input' top: 'a' {param}")
    net.blobs["a"].reshape(1, 4, 5)
    net.reshape()
    net.forward()
    assert net.blobs["a"].shape == (1, 4, 5)


@pytest.mark.parametrize(
    "param, message",
    [
        ("shape { dim: 1 } " * 2, "input_param.shape is given 2 times for 3 tops"),
        ("shape { dim: -1 }", r"cannot be negative: \(-1,\)"),
        ("shape { dim: 100000 dim: 100000 }", "has more than 2147483647 elements"),
    ],
)
def test_bad_input_shapes(tmp_path, param, message):
    with pytest.raises(LayerError, match=r"layer 'source' \(Input\): .*" + message):
        make_net(tmp_path, f"type: 'Input' top: 'a' top: 'b' top: 'c' input_param {{ {param} }}")


# -- DummyData

SHAPE = "shape { dim: 2 dim: 3 }"
CONSTANT = "data_filler { type: 'constant' value: 7 }"
GAUSSIAN = "data_filler { type: 'gaussian' mean: 5 std: 1 }"


def dummy(tmp_path, tops, param):
    named = " ".join(f"top: '{top}'" for top in tops)
    return make_net(tmp_path, f"type: 'DummyData' {named} dummy_data_param {{ {param} }}")


def test_dummy_without_filler_is_zero(tmp_path):
    net = dummy(tmp_path, "ab", SHAPE)
    net.forward()
    assert shapes(net) == {"a": (2, 3), "b": (2, 3)}
    assert not net.blobs["a"].data.any() and not net.blobs["b"].data.any()


def test_constants_are_filled_once_and_the_rest_at_every_forward(tmp_path):
    net = dummy(tmp_path, "abc", SHAPE + CONSTANT + GAUSSIAN + CONSTANT)
    assert (net.blobs["a"].data == 7).all()
    assert not net.blobs["b"].data.any()  # filled by forward, not by building
    net.forward()
    first = net.blobs["b"].data.copy()
    assert first.any()
    net.blobs["a"].data[0, 0] = -1
    net.forward()
    assert not np.array_equal(net.blobs["b"].data, first)
    assert net.blobs["a"].data[0, 0] == -1 and (net.blobs["c"].data == 7).all()


def test_one_filler_serves_all_tops(tmp_path):
    net = dummy(tmp_path, "ab", "shape { dim: 40 dim: 50 } shape { dim: 2000 }" + GAUSSIAN)
    net.forward()
    a, b = net.blobs["a"].data, net.blobs["b"].data
    assert a.shape == (40, 50) and b.shape == (2000,)
    assert not np.array_equal(a.ravel(), b)
    # 2000 draws of N(5, 1): the mean's standard error is 0.022.
    assert abs(a.mean() - 5) < 0.12 and abs(b.mean() - 5) < 0.12


def test_legacy_sizes_once_or_per_top(tmp_path):
    net = dummy(tmp_path, "ab", "num: 2 num: 5 channels: 3 height: 4 width: 6 width: 7")
    assert shapes(net) == {"a": (2, 3, 4, 6), "b": (5, 3, 4, 7)}


def test_a_reshaped_top_is_filled_in_its_new_shape(tmp_path):
    net = dummy(tmp_path, "a", SHAPE + GAUSSIAN)
    net.blobs["a"].reshape(4, 5)
    net.forward()
    assert net.blobs["a"].shape == (4, 5) and net.blobs["a"].data.all()


def test_dummy_follows_the_seed(tmp_path):
    net = dummy(tmp_path, "a", SHAPE + GAUSSIAN)
    runs = []
    for seed in (1, 1, 2):
        caffe.set_random_seed(seed)
        net.forward()
        runs.append(net.blobs["a"].data.copy())
    assert np.array_equal(runs[0], runs[1]) and not np.array_equal(runs[0], runs[2])


@pytest.mark.parametrize(
    "param, message",
    [
        ("", "shape is given 0 times for 3 tops"),
        (SHAPE * 2, "shape is given 2 times for 3 tops"),
        (SHAPE + CONSTANT * 2, "data_filler is given 2 times for 3 tops"),
        (SHAPE + "num: 1", "both shape and num/channels/height/width"),
        ("num: 1 channels: 2 height: 3", "width is given 0 times"),
        (SHAPE + "data_filler { type: 'gausian' }", "unknown filler 'gausian'; did you mean"),
        ("shape { dim: 0 }" + CONSTANT, "empty"),
    ],
)
def test_bad_dummy_settings(tmp_path, param, message):
    with pytest.raises(LayerError, match=r"layer 'source' \(DummyData\): .*" + message):
        dummy(tmp_path, "abc", param)


# -- MemoryData


def memory(tmp_path, extra=""):
    return make_net(
        tmp_path,
        f"""type: 'MemoryData' top: 'data' top: 'label' {extra}
        memory_data_param {{ batch_size: 2 channels: 3 height: 4 width: 5 }}""",
    )


def arrays(n=6):
    data = np.random.RandomState(0).randn(n, 3, 4, 5).astype(np.float32)
    return data, np.arange(n, dtype=np.float32)


def test_memory_data_wraps_at_its_end(tmp_path):
    net = memory(tmp_path)
    assert shapes(net) == {"data": (2, 3, 4, 5), "label": (2,)}
    data, labels = arrays()
    net.set_input_arrays(data, labels)
    for i in (0, 2, 4, 0, 2):
        net.forward()
        assert net.blobs["label"].shape == (2, 1, 1, 1)
        assert np.array_equal(net.blobs["data"].data, data[i : i + 2])
        assert np.array_equal(net.blobs["label"].data.ravel(), labels[i : i + 2])
    net.set_input_arrays(data[::-1].copy(), labels[::-1].copy().reshape(-1, 1, 1, 1))
    net.forward()
    assert list(net.blobs["label"].data.ravel()) == [5, 4]


def test_memory_data_sees_later_changes_and_makes_none(tmp_path):
    net = memory(tmp_path)
    data, labels = arrays()
    net.set_input_arrays(data, labels)
    data[0] = 9
    net.forward()
    held = net.blobs["data"].data
    assert (held[0] == 9).all()
    before = data.copy()
    held[...] = -1
    net.forward()
    assert np.array_equal(data, before)
    assert np.array_equal(held, data[2:4])


def test_memory_data_says_that_it_does_not_transform(tmp_path, capfd):
    net = memory(tmp_path, "transform_param { scale: 2 }")
    net.set_input_arrays(*arrays())
    net.forward()
    assert "does not transform array data" in capfd.readouterr().err
    assert np.array_equal(net.blobs["data"].data, arrays()[0][:2])


def test_memory_data_state(tmp_path):
    net, resumed = memory(tmp_path), memory(tmp_path)
    for each in (net, resumed):
        each.set_input_arrays(*arrays())
    net.forward()
    resumed.set_state(net.get_state())
    for _ in range(4):
        net.forward(), resumed.forward()
        assert np.array_equal(net.blobs["label"].data, resumed.blobs["label"].data)


DATA, LABELS = arrays()


@pytest.mark.parametrize(
    "data, labels, message",
    [
        (DATA.astype(np.float64), LABELS, "data array must be float32, got float64"),
        (DATA, LABELS.astype(int), "labels array must be float32, got int64"),
        (DATA[0], LABELS, "data array must be 4-d, got 3-d"),
        (DATA.transpose(0, 1, 3, 2), LABELS, "data array must be C contiguous"),
        (DATA[:, :2].copy(), LABELS, "data array has wrong channels: 2, expected 3"),
        (DATA[:, :, :3].copy(), LABELS, "data array has wrong height: 3, expected 4"),
        (DATA[:, :, :, :1].copy(), LABELS, "data array has wrong width: 1, expected 5"),
        (DATA, LABELS.reshape(1, 6, 1, 1), "labels array has wrong channels: 6, expected 1"),
        (DATA, LABELS[:4], "same first dimension, got 6, 4"),
        (DATA[:5], LABELS[:5], "multiple of batch_size 2, got 5"),
        (DATA[:0], LABELS[:0], "multiple of batch_size 2, got 0"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path, data, labels, message):
    with pytest.raises(LayerError, match=r"layer 'source' \(MemoryData\): .*" + message):
        memory(tmp_path).set_input_arrays(data, labels)


def test_memory_data_before_any_arrays(tmp_path):
    with pytest.raises(LayerError, match="call net.set_input_arrays first"):
        memory(tmp_path).forward()


def test_memory_data_without_sizes(tmp_path):
    with pytest.raises(LayerError, match="all positive; got 2, 3, 0, 0"):
        make_net(
            tmp_path,
            "type: 'MemoryData' top: 'a' top: 'b' memory_data_param { batch_size: 2 channels: 3 }",
        )


def test_memory_data_of_absurd_size(tmp_path):
    with pytest.raises(LayerError, match=r"shape \(2, 3, 4000000000, 5\) has more than 2147483647"):
        make_net(
            tmp_path,
            """type: 'MemoryData' top: 'a' top: 'b'
            memory_data_param { batch_size: 2 channels: 3 height: 4000000000 width: 5 }""",
        )


def test_set_input_arrays_needs_a_memory_data_layer_first(tmp_path):
    with pytest.raises(CaffeError, match="MemoryData"):
        dummy(tmp_path, "a", SHAPE).set_input_arrays(DATA, LABELS)
