"""caffe export."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import caffe
import caffe_cli

DEPLOY = """
name: "Small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 9, 11] } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "score"
        convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: "xavier" } } }
"""


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    (tmp_path / "classes.txt").write_text("sky\n\ntree\n")
    net = caffe.Net("deploy.prototxt", caffe.TEST)
    net.params["conv"][1].data[...] = (3, 5)
    net.save("net.caffemodel")

    def run(*argv):
        capfd.readouterr()
        return caffe_cli.main(list(argv)), "".join(capfd.readouterr())

    return run


def wanted(x):
    net = caffe.Net("deploy.prototxt", caffe.TEST, weights="net.caffemodel")
    net.blobs["data"].data[...] = x
    return net.forward()["score"]


def test_export_onnx(command):
    status, output = command(
        "export", "onnx", "deploy.prototxt", "net.caffemodel", "net.onnx",
        "-mean", "104,117,123", "-classes", "classes.txt",
    )  # fmt: skip
    assert status == 0 and "Wrote deploy.prototxt to net.onnx; ONNX Runtime's values" in output
    x = np.random.default_rng(0).standard_normal((1, 3, 9, 11)).astype(np.float32)
    session = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"data": x})[0], wanted(x), rtol=1e-4, atol=1e-5)
    stored = {entry.key: entry.value for entry in onnx.load("net.onnx").metadata_props}
    assert stored == {
        "channel_order": "BGR", "mean": "[104.0, 117.0, 123.0]", "class_names": '["sky", "tree"]',
    }  # fmt: skip


def test_export_torch(command):
    status, output = command(
        "export", "torch", "deploy.prototxt", "net.pt2", "-weights", "net.caffemodel"
    )
    assert status == 0 and "Wrote deploy.prototxt to net.pt2" in output
    x = torch.randn(1, 3, 9, 11)
    top = torch.export.load("net.pt2").module()(x)["score"]
    np.testing.assert_allclose(top.detach().numpy(), wanted(x.numpy()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "argv, why",
    [
        (["tflite", "deploy.prototxt", "out"], "the form is onnx or torch, got 'tflite'"),
        (["onnx", "deploy.prototxt"], "expected caffe export onnx DEPLOY [WEIGHTS] OUT"),
        (["onnx", "none.prototxt", "out.onnx"], "net definition 'none.prototxt' is not a file"),
        (["onnx", "deploy.prototxt", "none", "out.onnx"], "weights 'none' is not a file"),
        (["onnx", "deploy.prototxt", "out.onnx", "-mean", "x"], "-mean is a number per channel"),
        (["onnx", "deploy.prototxt", "out.onnx", "-classes", "x"], "class names 'x' is not a file"),
        (["onnx", "deploy.prototxt", "no/out.onnx"], "its folder"),
    ],
)
def test_refusals(command, argv, why):
    status, output = command("export", *argv)
    assert status == 1 and why in output
