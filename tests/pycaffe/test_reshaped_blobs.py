"""A blob keeps its memory while that is large enough, whoever reshapes it (blob.cpp, Reshape)."""

import numpy as np
import pytest

import caffe

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "p" type: "Power" bottom: "x" top: "p" power_param { shift: 1 } }
layer { name: "ip" type: "InnerProduct" bottom: "p" top: "ip"
  inner_product_param { num_output: 2 } }
"""


@pytest.fixture
def net(make_net):
    return make_net(NET)


def test_values_and_held_arrays_survive(net):
    x = net.blobs["x"]
    held = x.data
    held[...] = [[1, 2], [3, 4]]
    x.reshape(1, 2)
    assert net.forward(end="p")["p"].tolist() == [[2, 3]]
    held[...] = 5
    assert net.forward(end="p")["p"].tolist() == [[6, 6]]
    x.reshape(2, 2)
    assert net.forward(end="p")["p"].tolist() == [[6, 6], [6, 6]]


def test_what_needs_more_room_starts_from_zero(net):
    x = net.blobs["x"]
    x.data[...] = 1
    x.reshape(3, 2)
    assert not x.data.any()
    x.data[...] = 2
    x.reshape(1, 1)
    x.reshape(3, 2)
    assert (x.data == 2).all()


def test_diffs_too(net):
    weight = net.params["ip"][0]
    weight.data[...], weight.diff[...] = [[1, 2], [3, 4]], [[5, 6], [7, 8]]
    weight.reshape(1, 2)
    assert weight.data.tolist() == [[1, 2]] and weight.diff.tolist() == [[5, 6]]
    weight.reshape(4)
    assert weight.data.tolist() == [1, 2, 3, 4] and weight.diff.tolist() == [5, 6, 7, 8]


def test_a_net_reshaped_to_and_fro_computes_the_same(net):
    values = np.arange(4, dtype=np.float32).reshape(2, 2)
    net.params["ip"][0].data[...] = [[1, -1], [2, 3]]
    net.blobs["x"].data[...] = values
    want = net.forward()["ip"].copy()
    for rows in (1, 2, 1, 2):
        net.blobs["x"].reshape(rows, 2)
        net.blobs["x"].data[...] = values[:rows]
        np.testing.assert_array_equal(net.forward()["ip"], want[:rows])
    assert isinstance(net.layers[1], caffe.Layer)


def test_names_that_are_not_there(net):
    with pytest.raises(KeyError, match="nope"):
        net.forward(blobs=["nope"])
    for run in (net.forward, net.backward):
        with pytest.raises(ValueError, match="nope"):
            run(start="nope")
