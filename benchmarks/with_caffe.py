"""The measured nets and steps through `caffe`.

`caffe` is imported when something is made: the baseline's process imports this module too, and must
not import caffe, which changes malloc.

Each `*_step` and `*_forward` returns a function that runs one unit of work and returns a figure
(a loss, a score), which waits for the device and lets the two sides be compared.
"""

import os
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf import text_format

from . import loading
from .config import FCN8S, LENET, LENET_SHAPE, Config, Hyper, batch, fill, fill_convolutions

if TYPE_CHECKING:
    from caffe.proto.caffe_pb2 import NetParameter

ROOT = Path(__file__).resolve().parent.parent
# Rows of the table, and the blobs of their scores.
RESNETS = {
    "pspnet50": ("ade20k-pspnet50", "conv6_interp"),
    "deeplabv3": ("voc-deeplabv3-resnet50", "score"),
}

_LENET = """
name: "LeNet"
layer { name: "data" type: "Input" top: "data" top: "label" input_param {
  shape { dim: 64 dim: 1 dim: 28 dim: 28 } shape { dim: 64 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 20 kernel_size: 5 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 50 kernel_size: 5 } }
layer { name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool2" top: "ip1"
  param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 500 } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
  param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
"""


def _proto(config: Config, which: str, pictures: str = "") -> "NetParameter":
    """Return the committed net, its data layer replaced by an Input of the size asked for.

    With a folder of `pictures` (`loading.write_pictures`), these are loaded instead.
    """
    from caffe.proto import caffe_pb2

    net = caffe_pb2.NetParameter()
    text_format.Parse((ROOT / "nets" / "voc-fcn8s" / f"{which}.prototxt").read_text(), net)
    source = net.layer[0]
    tops = list(source.top)
    source.Clear()
    source.name, source.type = "data", "DenseImageData" if pictures else "Input"
    source.top.extend(tops)
    if pictures:
        source.dense_image_data_param.source = f"{pictures}/{loading.PAIRS}"
        source.dense_image_data_param.root_folder = f"{pictures}/"
        source.dense_image_data_param.batch_size = 1
        source.transform_param.mean_value.extend([104, 117, 123])
    for channels in (3, 1)[: 0 if pictures else len(tops)]:
        shape = source.input_param.shape.add()
        shape.dim.extend([1, channels, config.height, config.width])
    for layer in net.layer:
        if layer.name in ("fc6", "fc7"):
            layer.convolution_param.num_output = config.fc
        if layer.type == "Dropout" and not config.dropout:
            layer.dropout_param.dropout_ratio = 0
    return net


def _caffe(config: Config):
    import caffe

    if config.gpu:
        caffe.set_mode_gpu()
    caffe.set_precision(config.precision)
    caffe.set_data_workers(config.workers)
    caffe.set_random_seed(1337)
    return caffe


def _write(folder: str, name: str, message) -> str:
    path = os.path.join(folder, name)
    Path(path).write_text(text_format.MessageToString(message))
    return path


def _fill_net(net) -> None:
    fill(blob.data for blobs in net.params.values() for blob in blobs)


def _solver(config: Config, net: "NetParameter", hyper: Hyper, feed):
    caffe = _caffe(config)
    solver = caffe.proto.caffe_pb2.SolverParameter(
        base_lr=hyper.lr, momentum=hyper.momentum, weight_decay=hyper.decay, lr_policy="fixed",
        iter_size=config.iter_size,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        solver.train_net = _write(folder, "train.prototxt", net)
        made = caffe.SGDSolver(_write(folder, "solver.prototxt", solver))
    _fill_net(made.net)
    for name, values in zip(("data", "label"), feed, strict=False):  # none where they are loaded
        made.net.blobs[name].data[...] = values
    return made


def fcn8s_solver(config: Config):
    feed = batch(config.image_shape, (1, 1, *config.image_shape[2:]), 21)
    return _solver(config, _proto(config, "train"), FCN8S, feed)


def lenet_solver(config: Config):
    from caffe.proto import caffe_pb2

    net = text_format.Parse(_LENET, caffe_pb2.NetParameter())
    return _solver(config, net, LENET, batch(LENET_SHAPE, LENET_SHAPE[:1], 10))


def steps(solver, config: Config) -> Callable[[], float]:
    """Return what takes `config.steps` steps and returns the last loss."""

    def unit() -> float:
        solver.step(config.steps)
        return float(solver.net.blobs["loss"].data)

    return unit


def fcn8s_step(config: Config) -> Callable[[], float]:
    return steps(fcn8s_solver(config), config)


def fcn8s_optimized_step(config: Config) -> Callable[[], float]:
    solver = fcn8s_solver(config)
    solver.net.optimize()
    return steps(solver, config)


def fcn8s_loading_solver(config: Config):
    """Return a solver whose pictures and label maps are loaded from JPEG and PNG files."""
    folder = tempfile.TemporaryDirectory()
    loading.write_pictures(folder.name, config)
    solver = _solver(config, _proto(config, "train", folder.name), FCN8S, ())
    weakref.finalize(solver, folder.cleanup)
    return solver


def fcn8s_loading_step(config: Config) -> Callable[[], float]:
    return steps(fcn8s_loading_solver(config), config)


def lenet_step(config: Config) -> Callable[[], float]:
    return steps(lenet_solver(config), config)


def _test_net(config: Config, proto: "NetParameter"):
    caffe = _caffe(config)
    with tempfile.TemporaryDirectory() as folder:
        return caffe.Net(_write(folder, "net.prototxt", proto), caffe.TEST)


def fcn8s_net(config: Config):
    net = _test_net(config, _proto(config, "deploy"))
    _fill_net(net)
    return net


def resnet_net(row_name: str, config: Config):
    """Return the deploy net of a row on ResNet-50, for pictures of the size asked for."""
    import experiments
    from nets import generate

    row = experiments.find(row_name).for_window((config.height, config.width))
    row = replace(row, options={**row.options, "width": config.trunk})
    net = _test_net(config, generate.net(row, experiments.data_of(row), "deploy"))
    types = {name: layer.type for name, layer in net.layer_dict.items()}
    learnt = [name for name in net.params if types[name] == "Convolution"]
    fill_convolutions(blob.data for name in learnt for blob in net.params[name])
    for name, blobs in net.params.items():
        if types[name] == "BatchNorm":  # variance 1, as PyTorch's new ones have
            blobs[1].data[...] = blobs[2].data[...] = 1
    return net


def _net(config: Config):
    """Return the net that `config.net` names and the name of its scores."""
    if config.net == "fcn8s":
        return fcn8s_net(config), "score"
    row, score = RESNETS[config.net]
    return resnet_net(row, config), score


def forward(config: Config) -> Callable[[], float]:
    net, score = _net(config)
    return _forward(net, score, config)


def inference(config: Config) -> Callable[[], float]:
    net, score = _net(config)
    net.optimize()
    return _forward(net, score, config)


def write_onnx(config: Config) -> Callable[[], float]:
    """Return what writes the net to `config.model`."""
    net, _ = _net(config)
    caffe = _caffe(config)
    return lambda: caffe.export.onnx(net, config.model)


def _forward(net, blob: str, config: Config) -> Callable[[], float]:
    data = config.picture()

    def unit() -> float:
        for _ in range(config.steps):
            net.blobs["data"].data[...] = data
            score = net.forward()[blob]
        return float(score[0, 0, 0, 0])

    return unit
