"""Layers written in Python, through public pycaffe."""

import numpy as np
import pytest
from pylayers import INPUT, python

import caffe


@pytest.fixture
def ones():
    return np.ones((2, 3), np.float32)


def test_forward_and_backward_through_a_chain(make_net, ones):
    chain = python("one", "Times") + python("two", "Times", "one") + python("three", "Times", "two")
    net = make_net("force_backward: true " + INPUT + chain)
    assert (net.forward(x=9 * ones)["three"] == 9000).all()
    assert (net.backward(three=7 * ones)["x"] == 7000).all()
    assert net.layers[1].type == "Python"


def test_param_str(make_net, ones):
    net = make_net(INPUT + python("half", "Times", param_str="0.5"))
    assert (net.forward(x=ones)["half"] == 0.5).all()


def test_reshape_follows_the_bottom(make_net):
    net = make_net(INPUT + python("ten", "Times"))
    net.blobs["x"].reshape(4, 5, 6)
    net.forward(x=np.ones((4, 5, 6)))
    assert net.blobs["ten"].data.shape == (4, 5, 6)


def test_own_parameters(make_net, ones, tmp_path):
    text = "force_backward: true " + INPUT + python("w", "Weighted")
    net = make_net(text)
    assert [b.data.tolist() for b in net.params["w"]] == [[3]]
    assert (net.forward(x=2 * ones)["w"] == 6).all()
    assert (net.backward(w=ones)["x"] == 3).all()
    assert net.params["w"][0].diff[0] == 12
    net.backward(w=ones)
    assert net.params["w"][0].diff[0] == 24
    net.params["w"][0].data[0] = -1
    net.save(str(tmp_path / "w.caffemodel"))
    other = make_net(text)
    other.copy_from(str(tmp_path / "w.caffemodel"))
    assert (other.forward(x=ones)["w"] == -1).all()


def test_python_in_the_middle_of_a_net_that_learns(make_net, ones):
    net = make_net(
        INPUT
        + """
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 1 } } }"""
        + python("ten", "Times", "ip")
        + python("loss", "SquareLoss", "ten", more="loss_weight: 0.5"),
        caffe.TRAIN,
    )
    net.forward(x=ones)
    out = net.blobs["ten"].data
    assert net.blobs["loss"].data[0] == pytest.approx((out**2).sum() / 2, rel=1e-5)
    assert net.blob_loss_weights["loss"] == 0.5
    net.backward()
    want = 0.5 * 10 * out.T @ ones
    np.testing.assert_allclose(net.params["ip"][0].diff, want, rtol=1e-4)


def test_data_layer_of_changing_size(make_net):
    net = make_net("""
layer { name: "data" type: "Python" top: "x" top: "n"
  python_param { module: "pylayers" layer: "Source" param_str: "{\\"sizes\\": [4, 6, 5]}" } }
layer { name: "pool" type: "Pooling" bottom: "x" top: "pool"
  pooling_param { pool: AVE kernel_size: 2 } }
""")
    seen = []
    for _ in range(4):
        net.forward()
        seen.append((net.blobs["n"].data.item(), net.blobs["pool"].data.shape[2:]))
    assert seen == [(0, (3, 3)), (1, (5, 5)), (2, (4, 4)), (3, (3, 3))]


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_phase(make_net, phase):
    net = make_net(python("phase", "Phase", bottom=""), phase)
    assert net.forward()["phase"] == phase
