"""caffe.importing.onnx: our own files back again, files of ONNX's helpers, refusals."""

import numpy as np
import onnx
import onnxruntime
import pytest
from netkit import net_of
from onnx import TensorProto, helper, numpy_helper

import caffe
import experiments
from nets.load import net_of_text
from training import run_dir


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def filled(net):
    """Give every parameter small random values, variances positive ones."""
    for i, (name, blobs) in enumerate(net.params.items()):
        kind = net.layer_dict[name].type
        for j, blob in enumerate(blobs):
            values = random(*blob.data.shape, seed=97 * i + j)
            scale = 1 / np.sqrt(max(1, values[0].size)) if values.ndim > 1 else 0.1
            blob.data[...] = values * scale
        if kind == "BatchNorm":
            blobs[1].data[...] = 1 + np.abs(blobs[1].data)
            blobs[2].data[...] = 1
        if kind == "Scale":
            blobs[0].data[...] += 1
    return net


def back(tmp_path, model):
    files = tmp_path / "back.prototxt", tmp_path / "back.caffemodel"
    assert caffe.importing.onnx(model, *files) < 1e-4
    return caffe.Net(str(files[0]), caffe.TEST, weights=str(files[1]))


def deploy(name):
    row = experiments.find(name)
    return net_of_text(run_dir.drawn(row, experiments.data_of(row), "deploy"))


UNIT = """
name: "unit" layer { name: "data" type: "Input" top: "data" input_param { shape {
  dim: 1 dim: 3 dim: 31 dim: 33 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 3 stride: 2 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
layer { name: "scale" type: "Scale" bottom: "bn" top: "scale" scale_param { bias_term: true } }
layer { name: "prelu" type: "PReLU" bottom: "scale" top: "prelu" }
layer { name: "norm" type: "LRN" bottom: "prelu" top: "norm" }
layer { name: "pool" type: "Pooling" bottom: "norm" top: "pool"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "deep" type: "Convolution" bottom: "pool" top: "deep"
  convolution_param { num_output: 8 kernel_size: 3 pad: 2 dilation: 2 group: 4 } }
layer { name: "elu" type: "ELU" bottom: "deep" top: "elu" }
layer { name: "sum" type: "Eltwise" bottom: "elu" bottom: "pool" top: "sum"
  eltwise_param { coeff: 1 coeff: -1 } }
layer { name: "cat" type: "Concat" bottom: "sum" bottom: "pool" top: "cat" }
layer { name: "two" type: "Slice" bottom: "cat" top: "a" top: "b" slice_param { slice_point: 6 } }
layer { name: "half" type: "Power" bottom: "a" top: "half" power_param { scale: 0.5 shift: 1 } }
layer { name: "sig" type: "Sigmoid" bottom: "b" top: "sig" }
layer { name: "all" type: "Pooling" bottom: "sig" top: "all"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "all" top: "fc"
  inner_product_param { num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


@pytest.mark.parametrize("name", ["unit", "demo-fcn8s", "demo-classifier"])
def test_our_own_files_come_back(name, tmp_path):
    net = filled(net_of(UNIT, caffe.TEST) if name == "unit" else deploy(name))
    caffe.export.onnx(net, tmp_path / "net.onnx")
    again = back(tmp_path, tmp_path / "net.onnx")
    kinds = ("Convolution", "Deconvolution", "InnerProduct")
    wanted = {name for name in net.params if net.layer_dict[name].type in kinds}
    assert wanted <= set(again.params), "layers keep their names"
    (name,) = net.inputs
    for more in (0, 9):
        shape = (
            1,
            *net.blobs[name].data.shape[1:2],
            *(s + more for s in net.blobs[name].shape[2:]),
        )
        for each in (net, again):
            each.blobs[name].reshape(*shape)
            each.blobs[name].data[...] = random(*shape)
        try:
            wanted = net.forward()
        except caffe.CaffeError:
            assert more, "a classifier takes one size"
            continue
        found = again.forward()
        for out, value in wanted.items():
            assert found[out].shape == value.shape
            np.testing.assert_allclose(found[out], value, atol=1e-5 * np.abs(value).max())


def model_of(nodes, inputs, outputs, **weights):
    info = [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in inputs.items()]
    out = [helper.make_tensor_value_info(k, TensorProto.FLOAT, [None] * 4) for k in outputs]
    stored = [numpy_helper.from_array(v, k.replace("_dot_", ".")) for k, v in weights.items()]
    graph = helper.make_graph(nodes, "made", info, out, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write(tmp_path, *given, **weights):
    onnx.save(model_of(*given, **weights), tmp_path / "made.onnx")
    return tmp_path / "made.onnx"


def test_what_torch_writes_of_a_small_net(tmp_path):
    """Operators as an exporter writes them: constants, MatMul and Add, squeeze and excite."""
    n = helper.make_node
    nodes = [
        n("Conv", ["x", "first.weight", "first.bias"], ["c"], pads=[1, 1, 1, 1]),
        n("Clip", ["c", "zero", "six"], ["r"]),
        n("GlobalAveragePool", ["r"], ["g"]),
        n("Sigmoid", ["g"], ["s"]),
        n("Mul", ["r", "s"], ["m"]),
        n("Transpose", ["m"], ["t"], perm=[0, 2, 3, 1]),
        n("MatMul", ["t", "w"], ["l"]),
        n("Transpose", ["l"], ["u"], perm=[0, 3, 1, 2]),
        n("Add", ["u", "b"], ["y"]),
        n("Resize", ["y", "", "scales"], ["z"], mode="nearest",
          coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    ]  # fmt: skip
    path = write(
        tmp_path, nodes, {"x": ["n", 3, "h", "w"]}, ["z"],
        first_dot_weight=random(6, 3, 3, 3), first_dot_bias=random(6),
        zero=np.float32(0), six=np.float32(6), w=random(6, 4), b=random(4, 1, 1),
        scales=np.array([1, 1, 2, 3], np.float32),
    )  # fmt: skip
    net = back(tmp_path, path)
    assert "first" in net.params
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = random(2, 3, 11, 14, seed=4)
    net.blobs["x"].reshape(*x.shape)
    net.blobs["x"].data[...] = x
    wanted = session.run(None, {"x": x})[0]
    np.testing.assert_allclose(net.forward()["z"], wanted, atol=1e-5 * np.abs(wanted).max())


def node(kind, *given, **attributes):
    return helper.make_node(kind, given, ["y"], **attributes)


@pytest.mark.parametrize(
    "made, why",
    [
        (node("Softsign", "x", name="act"), r"node 'act' \(Softsign\): no layer computes this"),
        (node("Conv", "x", "k", pads=[0, 0, 1, 1]), r"'y' \(Conv\): pads \[0, 0, 1, 1\]: a layer"),
        (node("Conv", "x", "k", auto_pad="SAME_UPPER"), "auto_pad: export the model"),
        (node("AveragePool", "x", kernel_shape=[3, 3], pads=[1] * 4), "counts the padding"),
        (node("Conv", "x", "x"), "takes its kernel from what the net computes"),
        (node("Mul", "x", "row"), "one a channel, not .5,. for .5, 5, 5, 5."),
        (
            node("Resize", "x", "", "scales", mode="cubic"),
            "no layer resizes so .cubic, half",
        ),
    ],
)
def test_refusals_name_the_node(made, why, tmp_path):
    path = write(
        tmp_path, [made], {"x": [5, 5, 5, 5]}, ["y"],
        k=random(2, 5, 3, 3), row=random(5), scales=np.array([1, 1, 2, 2], np.float32),
    )  # fmt: skip
    with pytest.raises(caffe.CaffeError, match=why):
        caffe.importing.onnx(path, tmp_path / "o.prototxt", tmp_path / "o.caffemodel")
    assert not (tmp_path / "o.prototxt").exists()


def test_what_is_no_onnx_file(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"nothing")
    with pytest.raises(caffe.FormatError, match="not an ONNX file"):
        caffe.importing.onnx(tmp_path / "x.onnx", tmp_path / "o", tmp_path / "p")


def test_what_onnx_runtime_refuses_is_one_error(tmp_path):
    model = model_of([node("Relu", "x")], {"x": [1, 2, 3, 4]}, ["y"])
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    onnx.save(model, tmp_path / "made.onnx")
    with pytest.raises(caffe.NetError, match=r"ONNX Runtime cannot run .*float32.* x 1x2x3x4"):
        caffe.importing.onnx(tmp_path / "made.onnx", tmp_path / "o", tmp_path / "p")
