"""Every layer type keeps to the compute device: nothing made on the host, nothing waited for.

The stand-in for CUDA is torch's meta device: it refuses to meet tensors of the CPU, to be copied
to the host and to tell a value, so a layer that would stall a GPU, or fail there, fails here.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from gradcheck import build as build_layer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import caffe
from caffe._caffe.core import context
from caffe._caffe.core.registry import REGISTRY
from caffe._caffe.errors import LayerError
from caffe._caffe.solvers.registry import SOLVERS
from caffe.proto import caffe_pb2

META = torch.device("meta")
GOLDEN = Path(__file__).resolve().parent.parent / "golden"
# Their tops' sizes depend on values: BVLC's GPU versions look at these on the host, too.
LOOK_AT_VALUES = {"BatchReindex", "Filter"}
# These only bring data in or out, or run a user's code on the host's arrays.
HOST = {
    "Data", "DummyData", "HDF5Data", "HDF5Output", "ImageData", "MemoryData", "Python",
    "WindowData",
}  # fmt: skip
# Types and ways without a reference figure of their own.
MORE = {
    "convolution_by_channel": """
      layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [2, 3, 6, 6] } } }
      layer { name: "c" type: "ConvolutionDepthwise" bottom: "x" top: "y"
              convolution_param { num_output: 3 kernel_size: 3
                                  weight_filler { type: "constant" value: 0.1 } } }""",
    "pool_by_hand": """
      layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [2, 3, 6, 6] } } }
      layer { name: "p" type: "Pooling" bottom: "x" top: "y"
              pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 2 } }
      layer { name: "q" type: "Pooling" bottom: "x" top: "z" top: "mask"
              pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 2 } }""",
    "accuracy_per_class": """
      layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [4, 3] } } }
      layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 4 } } }
      layer { name: "a" type: "Accuracy" bottom: "x" bottom: "l" top: "a" top: "each"
              accuracy_param { ignore_label: 2 } }""",
    "pool_draw": """
      layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [2, 3, 6, 6] } } }
      layer { name: "p" type: "Pooling" bottom: "x" top: "y"
              pooling_param { pool: STOCHASTIC kernel_size: 3 stride: 2 } }""",
    "dropout": """
      layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [2, 3] } } }
      layer { name: "p" type: "Dropout" bottom: "x" top: "y" }""",
    "lstm_unit": """
      layer { name: "c" type: "Input" top: "c" input_param { shape { dim: [1, 2, 3] } } }
      layer { name: "g" type: "Input" top: "g" input_param { shape { dim: [1, 2, 12] } } }
      layer { name: "t" type: "Input" top: "t" input_param { shape { dim: [1, 2] } } }
      layer { name: "p" type: "LSTMUnit" bottom: "c" bottom: "g" bottom: "t" top: "a" top: "b" }""",
    "silence": """
      layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [2, 3] } } }
      layer { name: "p" type: "Silence" bottom: "x" }""",
}


class OnDevice(TorchDispatchMode):
    """Refuses every operation whose result lies on the host."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, torch.Tensor) and value.device != META:
                raise AssertionError(f"{function} gives a tensor on {value.device}")
        return result


def cases():
    """Yield (prototxt, phase, whether it goes backward) of every reference case and of MORE."""
    for path in sorted([*GOLDEN.glob("layers/*.npz"), *GOLDEN.glob("random/layers/*.npz")]):
        case = np.load(path)
        back = any(key.startswith(("indiff/", "paramdiff/")) for key in case.files)
        yield pytest.param(str(case["prototxt"]), str(case["phase"]), back, id=path.stem)
    for name, text in MORE.items():
        back = "Accuracy" not in text
        yield pytest.param("force_backward: true " + text, "TRAIN", back, id=name)


CASES = list(cases())


def build(text, phase):
    """Return the net, built on the CPU, with backward asked for everywhere."""
    param = text_format.Parse(text, caffe_pb2.NetParameter())
    param.state.phase = getattr(caffe, phase)
    return caffe.Net(param, param.state.phase)


def move(net):
    """Give every blob and parameter a side on the device."""
    for blob in [*net._blobs, *(b for node in net.nodes for b in node.layer.blobs)]:
        blob.tensor()
        if blob.diff_buffer.head:
            blob.diff_tensor()


@pytest.fixture
def device(monkeypatch):
    """A function that makes the meta device the compute device."""

    def switch():
        monkeypatch.setattr(context._state, "gpu", True)
        monkeypatch.setattr(context._state, "compute", META)
        # The meta device draws nothing; a stream of the host's would be an error on CUDA.
        known = {str(META): None}
        monkeypatch.setattr(context, "generator", lambda where: known[str(where)])

    return switch


@pytest.mark.parametrize(("text", "phase", "back"), CASES)
def test_layers_stay_on_the_device(text, phase, back, device):
    net = build(text, phase)
    if LOOK_AT_VALUES & {node.layer.type for node in net.nodes}:
        pytest.skip("the shape of its top depends on values")
    device()
    move(net)
    with OnDevice():
        for _ in range(2):
            net.run_forward()
            if back:
                net.clear_param_diffs()
                net.run_backward()
    for blob in net._blobs:
        assert str(META) in blob.data_buffer.head


def test_every_type_is_driven():
    nets = [build(*case.values[:2]) for case in CASES]
    seen = {node.layer.type for net in nets for node in net.nodes}
    driven = {REGISTRY[name] for name in seen}
    # Forks' layers have no case here yet; other names of one class count once.
    bvlc = {name for name, cls in REGISTRY.items() if ".forks." not in cls.__module__}
    assert {name for name in bvlc if REGISTRY[name] not in driven} == HOST


@pytest.mark.parametrize("type_", sorted(SOLVERS))
def test_an_iteration_stays_on_the_device(type_, device):
    param = caffe_pb2.SolverParameter(
        base_lr=0.1, lr_policy="fixed", weight_decay=0.1, iter_size=2, random_seed=1
    )
    text_format.Parse(
        """
        layer { name: "d" type: "Input" top: "x" input_param { shape { dim: [4, 3] } } }
        layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 4 } } }
        layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
                inner_product_param { num_output: 3 } }
        layer { name: "e" type: "SoftmaxWithLoss" bottom: "y" bottom: "l" top: "e" }""",
        param.net_param,
    )
    solver = SOLVERS[type_](param)
    device()
    move(solver.net)
    for blob in solver.history:
        blob.tensor()
    with OnDevice():
        for _ in range(2):
            solver.net.clear_param_diffs()
            loss = solver._accumulate()
            solver.apply_update()
    assert loss.device == META and solver.iter == 2


def test_a_gpu_that_lags_behind_forgets_no_label(monkeypatch):
    """The bounds of every batch are looked at, however late they come; all of it on the CPU."""
    arrived = []

    class Event:
        def record(self, stream):
            self.number = len(arrived)
            arrived.append(False)

        def query(self):
            return arrived[self.number]

    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *a, pin_memory=False, **k: empty(*a, **k))
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: None)
    run = build_layer('type: "SoftmaxWithLoss"', (2, 3), np.float32([0, 1]))
    read = run.layer.label_axis.read
    good, wrong = torch.tensor([0, 2]), torch.tensor([0, 3])
    for labels, broken in ((good, False), (wrong.clone(), True), (good, False)):
        index, _, nan_if_invalid = read._on_gpu(labels, None, 3)
        assert bool(nan_if_invalid.isnan()) is broken and index.max() == 2
    arrived[:] = [True] * 3
    with pytest.raises(LayerError, match="label 3 in 'bottom1' is outside the 3 classes"):
        read._on_gpu(good, None, 3)
