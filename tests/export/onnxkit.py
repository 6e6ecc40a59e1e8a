"""What tests of ONNX files share: nets written, and held against what ONNX Runtime makes."""

import numpy as np
import onnxruntime
from netkit import input_layer, net_of

import caffe

RELU = input_layer("x", 1, 3, 8, 8) + 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'


def session_of(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def hold(net, session, **inputs):
    """Run both on the same inputs and compare every output."""
    for name, array in inputs.items():
        net.blobs[name].reshape(*array.shape)
        net.blobs[name].data[...] = array
    net.reshape()
    for layer in net.layers:
        if layer.type in ("LSTM", "RNN", "Lstm"):
            layer.reset()  # the file begins with no state
    wanted = net.forward()
    for name, got in zip(net.outputs, session.run(net.outputs, inputs), strict=True):
        assert got.shape == wanted[name].shape, name
        want = wanted[name]
        # A window behind the map averages nothing: NaN in Caffe, too.
        assert np.array_equal(np.isfinite(got), np.isfinite(want)), name
        finite = np.isfinite(want)
        scale = max(1e-6, np.abs(want[finite]).max(initial=0))
        assert np.abs(got - want)[finite].max(initial=0) <= 1e-5 * scale, name


def export(tmp_path, text, **options):
    net = net_of(text, caffe.TEST)
    caffe.export.onnx(net, tmp_path / "net.onnx", **options)
    return net, session_of(tmp_path / "net.onnx")


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
