"""Conversion of classifiers, with its proof."""

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from surgerykit import make, quiet

import caffe
import experiments
import nets.surgery
import surgery
from caffe import layers as L
from caffe.proto import caffe_pb2
from nets import ilsvrc
from surgery import SurgeryError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def googlenet(tmp_path_factory):
    """A caffemodel of GoogLeNet with random weights, small enough for a test."""
    folder = tmp_path_factory.mktemp("googlenet")
    (folder / "net.prototxt").write_text(ilsvrc.prototxt("googlenet", False))
    net = caffe.Net(str(folder / "net.prototxt"), caffe.TEST)
    rs = np.random.RandomState(0)
    for blobs in net.params.values():
        weights = blobs[0].data
        weights[...] = rs.standard_normal(weights.shape) * np.sqrt(2 / weights[0].size)
    net.save(str(folder / "model.caffemodel"))
    return folder / "model.caffemodel"


V1_TYPES = {
    "Convolution": "CONVOLUTION", "InnerProduct": "INNER_PRODUCT", "ReLU": "RELU",
    "Pooling": "POOLING", "LRN": "LRN", "Concat": "CONCAT", "Dropout": "DROPOUT",
}  # fmt: skip


V0_TYPES = {"Convolution": "conv", "InnerProduct": "innerproduct"}


def legacy(blob):
    """The blob in the four legacy dimensions, leading ones filled up."""
    old = caffe_pb2.BlobProto(data=blob.data)
    dims = [1] * (4 - len(blob.shape.dim)) + list(blob.shape.dim)
    old.num, old.channels, old.height, old.width = dims
    return old


def as_version(model, version):
    """A V2 caffemodel rewritten as Caffe wrote it in the days of V1 or V0."""
    new = caffe_pb2.NetParameter.FromString(model.read_bytes())
    old = caffe_pb2.NetParameter(name=new.name, input=["data"], input_dim=[10, 3, 224, 224])
    for layer in new.layer:
        if not layer.blobs:
            continue
        made = old.layers.add(bottom=layer.bottom, top=layer.top)
        if version == 1:
            made.name, made.type = layer.name, made.LayerType.Value(V1_TYPES[layer.type])
        else:
            made = made.layer
            made.name, made.type = layer.name, V0_TYPES[layer.type]
            made.num_output = layer.blobs[0].shape.dim[0]
        made.blobs.extend(legacy(blob) for blob in layer.blobs)
    path = model.with_name(f"v{version}.caffemodel")
    path.write_bytes(old.SerializeToString())
    return path


@pytest.mark.parametrize("version", [2, 1, 0])
def test_convert_proves_equal_scores_from_every_version(googlenet, tmp_path, version):
    model = googlenet if version == 2 else as_version(googlenet, version)
    out = tmp_path / "deep" / "out.caffemodel"
    said = []
    error = surgery.convert("googlenet", model, out, log=said.append)
    assert error <= 1e-4 and "equal scores on a 224 x 224 picture" in said[-1]
    made = {k.name: k for k in caffe_pb2.NetParameter.FromString(out.read_bytes()).layer}
    assert list(made["loss3/classifier"].blobs[0].shape.dim) == [1000, 1024, 1, 1]


def test_convert_refuses_what_is_not_that_classifier(googlenet, tmp_path):
    out = tmp_path / "out.caffemodel"
    with pytest.raises(SurgeryError, match="expected one of vgg16, caffenet, googlenet"):
        surgery.convert("resnet", googlenet, out)
    with pytest.raises(SurgeryError, match="no such caffemodel"):
        surgery.convert("googlenet", tmp_path / "none", out)
    with pytest.raises(SurgeryError, match="not a caffenet"):
        surgery.convert("caffenet", googlenet, out, log=quiet)
    assert not out.exists()


def test_convert_refuses_when_the_scores_differ(googlenet, tmp_path, monkeypatch):
    def wrong(new_net, net, suffix="", log=print):
        surgery_transplant(new_net, net, suffix, log)
        new_net.params["inception_4a/3x3"][0].data[...] *= 1.01

    surgery_transplant = surgery.transplant
    monkeypatch.setattr(nets.surgery, "transplant", wrong)
    with pytest.raises(SurgeryError, match="scores differ .* nothing written"):
        surgery.convert("googlenet", googlenet, tmp_path / "out.caffemodel", log=quiet)
    assert not (tmp_path / "out.caffemodel").exists()


def test_the_converted_weights_fit_the_fcn(googlenet, tmp_path):
    surgery.convert("googlenet", googlenet, tmp_path / "out.caffemodel", log=quiet)
    text = (ROOT / "nets/voc-fcn-googlenet/deploy.prototxt").read_text()
    (tmp_path / "fcn.prototxt").write_text(text.replace("dim: 500", "dim: 64"))
    net = caffe.Net(str(tmp_path / "fcn.prototxt"), caffe.TEST)
    net.copy_from(str(tmp_path / "out.caffemodel"))
    assert surgery.untrained(net) == ["score_fr", "upscore"]
    assert experiments.find("voc-fcn-googlenet").sources == ["googlenet-fcn"]


def test_command_line(googlenet, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["surgery.py", "convert", "caffenet", str(googlenet), str(tmp_path / "x")]
    )
    with pytest.raises(SystemExit, match="surgery: .*not a caffenet"):
        surgery.main()


def test_a_caffemodel_of_other_shapes_is_one_line(tmp_path, monkeypatch):
    """Layers of the right names and the wrong shapes, as VGG16's fc6 for CaffeNet's."""
    model = tmp_path / "small.caffemodel"
    make(tmp_path, "small", lambda n: setattr(n, "fc8", L.InnerProduct(n.data, num_output=7))).save(
        str(model)
    )
    monkeypatch.setattr(
        "sys.argv", ["surgery.py", "convert", "caffenet", str(model), str(tmp_path / "x")]
    )
    with pytest.raises(SystemExit, match="surgery: .*small.caffemodel does not fit a caffenet: "):
        surgery.main()


def test_text_of_the_converted_net_parses():
    net = text_format.Parse(ilsvrc.prototxt("vgg16", True), caffe_pb2.NetParameter())
    kernel = {k.name: list(k.convolution_param.kernel_size) for k in net.layer}
    assert kernel["fc6"] == [7] and kernel["fc7"] == [1] and kernel["fc8"] == [1]
