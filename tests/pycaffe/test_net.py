"""caffe.Net and caffe.Blob as pycaffe shows them."""

import gc

import numpy as np
import pytest

import caffe

DATA = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { num: 5 channels: 2 height: 3 width: 4 num: 5 channels: 1 height: 1 width: 1
    data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 1 } } }
"""
SIMPLE = (
    'name: "simple" force_backward: true'
    + DATA
    + """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 6 kernel_size: 2 pad: 1
    weight_filler { type: "gaussian" std: 1 } bias_filler { type: "constant" value: 2 } }
  param { lr_mult: 1 } param { lr_mult: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip_blob"
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip_blob" bottom: "label" top: "loss" }
"""
)
INPUT = """
layer { name: "in" type: "Input" top: "a" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "a" top: "b"
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 1 } } }
"""


@pytest.fixture
def net(make_net):
    return make_net(SIMPLE, caffe.TRAIN)


@pytest.fixture
def fed(make_net):
    return make_net(INPUT)


def test_what_the_net_is_made_of(net):
    assert list(net._layer_names) == ["data", "conv", "ip", "loss"]
    assert list(net.layer_dict) == list(net._layer_names)
    assert [layer.type for layer in net.layers] == [
        "DummyData",
        "Convolution",
        "InnerProduct",
        "SoftmaxWithLoss",
    ]
    assert net.layer_dict["conv"].type == "Convolution"
    assert list(net.blobs) == ["data", "label", "conv", "ip_blob", "loss"]
    assert net.inputs == [] and net.outputs == ["loss"]
    assert dict(net.top_names)["data"] == ["data", "label"]
    assert dict(net.bottom_names)["loss"] == ["ip_blob", "label"]
    assert dict(net.bottom_names)["data"] == []
    assert net.blob_loss_weights["loss"] == 1 and net.blob_loss_weights["conv"] == 0


def test_parameters(net):
    assert list(net.params) == ["conv", "ip"]
    shapes = [tuple(blob.shape) for blobs in net.params.values() for blob in blobs]
    assert shapes == [(6, 2, 2, 2), (6,), (4, 120), (4,)]
    assert (net.params["conv"][1].data == 2).all()
    assert len(net.layers[1].blobs) == 2


def test_blob_faces(net):
    blob = net.blobs["data"]
    assert tuple(blob.shape) == (5, 2, 3, 4) and blob.count == 120
    assert (blob.num, blob.channels, blob.height, blob.width) == (5, 2, 3, 4)
    assert blob.data.dtype == np.float32 and blob.data.flags.writeable
    blob.data[...] = 3
    assert (net.blobs["data"].data == 3).all()
    blob.reshape(1, 2)
    assert blob.data.shape == (1, 2)


def test_forward_computes(net):
    net.forward()
    flat = net.blobs["conv"].data.reshape(5, -1)
    weight, bias = (blob.data for blob in net.params["ip"])
    np.testing.assert_allclose(net.blobs["ip_blob"].data, flat @ weight.T + bias, rtol=1e-4)
    scores = net.blobs["ip_blob"].data.astype(float)
    loss = np.log(np.exp(scores).sum(1)) - scores[:, 1]
    assert net.blobs["loss"].data == pytest.approx(loss.mean(), rel=1e-5)


def test_backward_computes(net):
    net.forward()
    net.backward()
    scores = net.blobs["ip_blob"].data.astype(float)
    probability = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    probability[:, 1] -= 1
    np.testing.assert_allclose(net.blobs["ip_blob"].diff, probability / 5, atol=1e-6)
    flat = net.blobs["conv"].data.reshape(5, -1)
    want = (probability / 5).T @ flat
    np.testing.assert_allclose(net.params["ip"][0].diff, want, atol=1e-5)
    assert np.abs(net.blobs["data"].diff).sum() > 0  # force_backward reaches the data


def test_forward_from_and_to(net):
    conv = net.blobs["conv"]
    net.forward(end="conv")
    assert np.abs(conv.data).sum() > 0 and net.blobs["ip_blob"].data.sum() == 0
    conv.data[...] = 0
    out = net.forward(start="ip", end="ip")
    assert list(out) == ["ip_blob"]
    np.testing.assert_allclose(out["ip_blob"], np.tile(net.params["ip"][1].data, (5, 1)))
    np.testing.assert_array_equal(net.forward(blobs=["conv"])["conv"], conv.data)


def test_backward_from_and_to(net):
    net.forward()
    net.blobs["ip_blob"].diff[...] = 1
    out = net.backward(start="ip", end="ip")
    assert list(out) == ["conv"]
    weight = net.params["ip"][0].data
    np.testing.assert_allclose(
        out["conv"].reshape(5, -1), np.tile(weight.sum(0), (5, 1)), rtol=1e-4, atol=1e-5
    )
    assert np.abs(net.params["conv"][0].diff).sum() == 0


def test_parameter_diffs_add_up_until_cleared(net):
    net.forward()
    net.backward()
    once = net.params["ip"][0].diff.copy()
    net.backward()
    np.testing.assert_allclose(net.params["ip"][0].diff, 2 * once, rtol=1e-4, atol=1e-7)
    net.clear_param_diffs()
    assert all((b.diff == 0).all() for blobs in net.params.values() for b in blobs)


def test_arrays_in_and_out(fed):
    assert fed.inputs == ["a"] and fed.outputs == ["b"]
    values = np.array([[1, 2, 3], [4, 5, 6]])
    out = fed.forward(a=values)["b"]
    np.testing.assert_allclose(out, values @ fed.params["ip"][0].data.T, rtol=1e-5)
    for wrong in (dict(c=values), dict(a=values[:1])):
        with pytest.raises(Exception, match="nput"):
            fed.forward(**wrong)


def test_diffs_in_and_out(make_net):
    net = make_net("force_backward: true " + INPUT)
    net.forward(a=np.ones((2, 3)))
    back = net.backward(b=np.array([[1.0, 0], [0, 1]]))
    np.testing.assert_allclose(back["a"], net.params["ip"][0].data)


def test_any_number_of_items(fed):
    values = np.arange(15.0).reshape(5, 3)
    outs = fed.forward_all(blobs=["a"], a=values)
    np.testing.assert_allclose(outs["b"], values @ fed.params["ip"][0].data.T, rtol=1e-5)
    np.testing.assert_array_equal(outs["a"], values)
    assert len(outs["b"]) == 5
    even = np.arange(12.0).reshape(4, 3)
    blobs, diffs = fed.forward_backward_all(a=even, b=np.ones((4, 2)))
    assert blobs["b"].shape == (4, 2) and diffs["a"].shape == (4, 3)


def test_reshape_follows_the_input(fed):
    fed.blobs["a"].reshape(7, 3)
    fed.reshape()
    assert fed.blobs["b"].data.shape == (7, 2)
    fed.forward(a=np.ones((7, 3)))


def test_views_stay_true(fed):
    view = fed.blobs["b"].data
    fed.forward(a=np.ones((2, 3)))
    first = view.copy()
    fed.forward(a=2 * np.ones((2, 3)))
    np.testing.assert_allclose(view, 2 * first, rtol=1e-6)


def test_arrays_outlive_the_net(make_net):
    net = make_net(SIMPLE, caffe.TRAIN)
    net.forward()
    net.backward()
    arrays = [b.data for b in net.blobs.values()] + [b.diff for b in net.blobs.values()]
    arrays += [b.data for blobs in net.params.values() for b in blobs]
    blobs = list(net.blobs.values())
    del net
    gc.collect()
    assert all(np.isfinite(array).all() for array in arrays)
    assert all(np.isfinite(blob.data).all() for blob in blobs)


def same_params(one, other):
    for name, blobs in one.params.items():
        for mine, theirs in zip(blobs, other.params[name]):  # noqa: B905
            np.testing.assert_array_equal(mine.data, theirs.data)


def test_weights_through_files(net, make_net, tmp_path):
    binary, hdf5 = str(tmp_path / "net.caffemodel"), str(tmp_path / "net.h5")
    net.save(binary)
    net.save_hdf5(hdf5)
    for path in (binary, hdf5):
        other = make_net(SIMPLE)
        other.copy_from(path)
        same_params(net, other)
    other = make_net(SIMPLE)
    other.load_hdf5(hdf5)
    same_params(net, other)


def test_three_ways_to_give_weights(net, write, tmp_path):
    model, weights = write("simple.prototxt", SIMPLE), str(tmp_path / "net.caffemodel")
    net.save(weights)
    same_params(net, caffe.Net(model, caffe.TEST, weights=weights))
    same_params(net, caffe.Net(model, weights, caffe.TEST))
    same_params(net, caffe.Net(model, 1, weights=weights))


def test_shared_weights_are_one_memory(fed, make_net):
    other = make_net(INPUT)
    other.share_with(fed)
    fed.params["ip"][0].data[...] = 42
    assert (other.params["ip"][0].data == 42).all()


STATES = DATA + "".join(
    f"""
layer {{ name: "{name}" type: "InnerProduct" bottom: "data" top: "{name}"
  {rules} inner_product_param {{ num_output: 1 }} }}"""
    for name, rules in {
        "always": "",
        "level0": "include { min_level: 0 max_level: 0 }",
        "level1": "include { min_level: 1 }",
        "a": 'include { stage: "A" }',
        "b": 'include { stage: "B" }',
        "both": 'include { stage: "A" stage: "B" }',
        "either": 'include { stage: "A" } include { stage: "B" }',
        "not_a": 'include { not_stage: "A" }',
        "train": "include { phase: TRAIN }",
        "deploy": 'exclude { phase: TRAIN } exclude { stage: "A" }',
    }.items()
)


@pytest.mark.parametrize(
    "phase, state, expected",
    [
        (caffe.TEST, {}, "always level0 not_a deploy"),
        (caffe.TEST, dict(level=1), "always level1 not_a deploy"),
        (caffe.TEST, dict(stages=["A"]), "always level0 a either"),
        (caffe.TEST, dict(stages=["B"]), "always level0 b either not_a deploy"),
        (caffe.TEST, dict(level=2, stages=["A", "B"]), "always level1 a b both either"),
        (caffe.TRAIN, {}, "always level0 not_a train"),
    ],
)
def test_phases_levels_and_stages(make_net, phase, state, expected):
    net = make_net(STATES, phase, **state)
    layers = {name for name in net._layer_names if name in net.params}
    assert layers == set(expected.split())


def test_hooks_around_layers(net):
    seen = []
    net.before_forward(lambda layer: seen.append(("before", layer)))
    net.after_forward(lambda layer: seen.append(("after", layer)))
    net.before_backward(lambda layer: seen.append(("back", layer)))
    net.after_backward(lambda layer: seen.append(("backed", layer)))
    net.forward()
    assert seen[:4] == [("before", 0), ("after", 0), ("before", 1), ("after", 1)]
    del seen[:]
    net.backward()
    assert seen[:2] == [("back", 3), ("backed", 3)] and seen[-1] == ("backed", 0)


def test_memory_data(make_net):
    net = make_net("""
layer { name: "data" type: "MemoryData" top: "data" top: "label"
  memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 } }
""")
    data = np.arange(12, dtype=np.float32).reshape(4, 1, 1, 3)
    net.set_input_arrays(data, np.arange(4, dtype=np.float32))
    assert net.forward()["label"].ravel().tolist() == [0, 1]
    np.testing.assert_array_equal(net.forward()["data"], data[2:])
    assert net.forward()["label"].ravel().tolist() == [0, 1]


def test_timer():
    timer = caffe.Timer()
    timer.start()
    timer.stop()
    assert timer.ms >= 0
