"""What caffe.export.onnx does before a file takes its name: sizes, memory, refusals."""

import os

import numpy as np
import pytest
from netkit import input_layer, net_of
from onnxkit import RELU, export, random

import caffe
from caffe._caffe.export.to_onnx import parity, table
from caffe._caffe.layers.neuron import ReLU


def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch):
    (tmp_path / "net.onnx").write_text("before")
    monkeypatch.setitem(table.TABLE, ReLU, lambda g, layer, x: g.node("Elu", x))
    with pytest.raises(caffe.NetError, match="differ in 'y' at x 1x3x8x8.*nothing was written"):
        export(tmp_path, RELU)
    assert os.listdir(tmp_path) == ["net.onnx"]
    assert (tmp_path / "net.onnx").read_text() == "before"


def test_three_sizes_are_compared(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        parity, "sample", lambda shape, seed: seen.append(shape) or random(*shape, seed=seed)
    )
    export(tmp_path, RELU)
    assert len({s[0] for s in seen}) == len({s[2:] for s in seen}) == len(seen) == 3


def test_a_value_is_freed_when_it_has_been_read(tmp_path):
    names = "xabcde"
    text = (
        input_layer("x", 1, 3, 8, 8)
        + "force_backward: true "
        + "".join(
            f'layer {{ name: "{b}" type: "Power" bottom: "{a}" top: "{b}" '
            "power_param { scale: 2 } }"
            for a, b in zip(names, names[1:], strict=False)
        )
    )
    net = net_of(text, caffe.TEST)
    there = []
    net.after_forward(lambda i: there.append([n for n in names if net.blobs[n].data_buffer.head]))
    caffe.export.onnx(net, tmp_path / "net.onnx")
    first = [[*dict.fromkeys("x" + names[max(0, i - 1) : i + 1])] for i in range(6)]
    assert there == 3 * first
    x = random(1, 3, 8, 8)
    assert np.array_equal(net.forward(x=x)["e"], 32 * x)
    assert all(net.blobs[n].data_buffer.head for n in names)
    net.blobs["e"].diff[...] = 1
    net.backward()
    assert np.all(net.blobs["x"].diff == 32)


def test_a_net_larger_than_memory_whole_is_exported_piece_by_piece(tmp_path, monkeypatch):
    names = "xabcdefgh"
    text = input_layer("x", 1, 3, 64, 64) + "".join(
        f'layer {{ name: "{b}" type: "TanH" bottom: "{a}" top: "{b}" }}'
        for a, b in zip(names, names[1:], strict=False)
    )
    net = net_of(text, caffe.TEST)
    monkeypatch.setattr("caffe._caffe.core.context.host_memory", lambda: net.built.bytes // 2)
    with pytest.raises(caffe.CaffeError, match="with all its blobs takes"):
        net.forward()
    assert caffe.export.onnx(net, tmp_path / "net.onnx") < 1e-5


@pytest.mark.parametrize(
    "side, tried", [(400, [241, 301]), (512, [308, 385]), (1025, [308, 385]), (64, [39, 49])]
)
def test_large_maps_are_tried_at_smaller_sizes(side, tried):
    net = net_of(RELU.replace("dim: 8", f"dim: {side}"), caffe.TEST)
    free, sizes = parity.free_sizes(net)
    assert free == ["batch", "height", "width"]
    assert [s["x"][2] for s in sizes] == [side, *tried]
