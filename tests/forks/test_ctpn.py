"""CTPN's Lstm, told by its neighbours, Transpose and Reverse."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of
from test_caffe_lstm import FILLER, RANDOM, loops

import caffe

TEXT = (
    f'type: "Lstm" lstm_param {{ num_output: 3 weight_filler {FILLER} bias_filler {FILLER} '
    "clipping_threshold: 0.05 }"
)


@pytest.fixture
def ctpn():
    caffe.set_dialect("ctpn")
    yield
    caffe.set_dialect("")


def test_lstm_counts_sequences_by_axis_1(ctpn):
    x = RANDOM.normal(size=(4, 2, 2, 2)).astype(np.float32)
    run = build(TEXT, x)
    params = [b.data.astype(np.float64) for b in run.layer.blobs]
    dh, clip = RANDOM.normal(size=(4, 2, 3)).astype(np.float32), np.ones((4, 2))
    clip[0] = 0
    state = np.zeros((2, 3)), np.zeros((2, 3))
    want, _, diffs = loops(x.astype(np.float64).reshape(8, 4), clip, params, dh, state, 0.05)
    np.testing.assert_allclose(run.forward()[0], want, atol=1e-5)
    np.testing.assert_allclose(run.backward(dh)[0], diffs[0].reshape(x.shape), atol=1e-5)
    for i in range(3):
        np.testing.assert_allclose(run.param_diff(i), diffs[i + 1], atol=1e-5)
    clipped = build(TEXT, x, np.ones((4, 2), np.float32))
    assert clipped.forward()[0].shape == (4, 2, 3)
    with pytest.raises(caffe.LayerError, match=r"clip \(steps, sequences\)"):
        build(TEXT, x, (8,))


def test_transpose_and_reverse():
    x = RANDOM.normal(size=(2, 3, 4)).astype(np.float32)
    run = build('type: "Transpose" transpose_param { dim: 2 dim: 0 dim: 1 }', x)
    np.testing.assert_array_equal(run.forward()[0], x.transpose(2, 0, 1))
    check_gradients(run)
    for axis in (0, 2):
        run = build(f'type: "Reverse" reverse_param {{ axis: {axis} }}', x)
        np.testing.assert_array_equal(run.forward()[0], np.flip(x, axis))
        check_gradients(run)
    for text, message in (
        ('"Transpose" transpose_param { dim: 2 dim: 0 }', r"0 to 2 once as dim, given \[2, 0\]"),
        ('"Reverse" reverse_param { axis: 3 }', "axis 3 is out of range"),
    ):
        with pytest.raises(caffe.LayerError, match=message):
            build(f"type: {text}", x)


NET = f"""{input_layer("x", 1, 2, 3, 4)}
layer {{ name: "t" type: "Transpose" bottom: "x" top: "t"
  transpose_param {{ dim: 3 dim: 2 dim: 0 dim: 1 }} }}
layer {{ name: "flat" type: "Reshape" bottom: "t" top: "flat"
  reshape_param {{ shape {{ dim: -1 }} axis: 1 num_axes: 2 }} }}
layer {{ name: "r" type: "Reverse" bottom: "flat" top: "r" reverse_param {{ axis: 0 }} }}
layer {{ name: "l" bottom: "r" top: "l" {TEXT} }}
layer {{ name: "back" type: "Reverse" bottom: "l" top: "back" reverse_param {{ axis: 0 }} }}
"""


def test_the_net_tells_whose_lstm_it_is(caplog):
    with caplog.at_level("INFO", "caffe"):
        net = net_of(NET, caffe.TEST)
    assert "'l' (Lstm): read as ctpn's: its net has Reverse and Transpose" in caplog.text
    assert net.blobs["back"].data.shape == (4, 3, 3)


def test_onnx(tmp_path):
    """Held against the net as it is written."""
    pytest.importorskip("onnxruntime")
    from caffe.export import onnx

    onnx(net_of(NET, caffe.TEST), tmp_path / "net.onnx")
