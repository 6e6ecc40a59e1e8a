"""Parameters that share_mode: PERMISSIVE shares between shapes of one count, outside the net."""

import numpy as np
import pytest
import torch
from netkit import input_layer, net_of

import caffe

SHARED = 'param { name: "w" share_mode: PERMISSIVE } inner_product_param { bias_term: false '
NET = (
    input_layer("x", 2, 3)
    + f'layer {{ name: "a" type: "InnerProduct" bottom: "x" top: "a" {SHARED} num_output: 2 }} }}'
    + f'layer {{ name: "b" type: "InnerProduct" bottom: "a" top: "b" {SHARED} num_output: 3 }} }}'
)


@pytest.fixture
def net():
    made = net_of(NET, caffe.TEST)
    made.params["a"][0].data[...] = [[1, 2, 3], [4, 5, 6]]
    made.blobs["x"].data[...] = [[1, 0, 0], [0, 1, 1]]
    return made


def test_as_a_torch_module(net):
    # (1, 4) and (5, 11) by the rows (1, 2), (3, 4), (5, 6).
    wanted = [[9, 19, 29], [27, 59, 91]]
    np.testing.assert_array_equal(net.forward()["b"], wanted)
    found = caffe.torch_module(net)(torch.from_numpy(net.blobs["x"].data))
    np.testing.assert_array_equal(found["b"].detach(), wanted)


def test_as_onnx(net, tmp_path):
    pytest.importorskip("onnxruntime")
    from caffe._caffe.export.to_onnx.file import Picture, save_onnx

    assert save_onnx(net, tmp_path / "net.onnx", Picture()) == 0
