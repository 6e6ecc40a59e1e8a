"""yulequan's 3D-Caffe: Pooling over volumes, told by the net, and bilinear_3D."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

import caffe
from caffe._caffe.core import filler
from caffe._caffe.core.blob import Blob
from caffe._caffe.errors import CaffeError
from caffe.proto import caffe_pb2

POOL = 'layer {{ name: "p" type: "Pooling" bottom: "x" top: "p" pooling_param {{ {} }} }}'


@pytest.mark.parametrize(
    "settings", ["kernel_size: 2 stride: 2", "kernel_size: 3 stride: 2 pad: 1"]
)
@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_pooling_is_poolingnd(settings, pool):
    x = (np.random.default_rng(2).permutation(420) / 10).astype(np.float32).reshape(1, 2, 5, 6, 7)
    settings = f"pool: {pool} {settings}"
    net = net_of(input_layer("x", *x.shape) + POOL.format(settings), caffe.TEST)
    net.blobs["x"].data[...] = x
    run = build(f'type: "PoolingND" pooling_nd_param {{ {settings} }}', x)
    np.testing.assert_array_equal(net.forward()["p"], run.forward()[0])
    check_gradients(run)


def test_by_what_it_is_told(caplog):
    volume = input_layer("x", 1, 1, 4, 4, 4)
    with caplog.at_level("INFO", "caffe"):
        net_of(volume + POOL.format("kernel_size: 2"), caffe.TEST)
    assert "'p' (Pooling): read as 3d-caffe's: its net takes volumes" in caplog.text
    with pytest.raises(caffe.LayerError, match=r"of all axes, given \['kernel_h', 'kernel_w'\]"):
        net_of(volume + POOL.format("kernel_h: 2 kernel_w: 2"), caffe.TEST)
    maps = input_layer("v", 1, 1, 2, 4, 4) + (
        'layer { name: "r" type: "Reshape" bottom: "v" top: "x" '
        "reshape_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }"
    )
    caplog.clear()
    with caplog.at_level("INFO", "caffe"):
        net_of(maps + POOL.format("kernel_h: 2 kernel_w: 1"), caffe.TEST)
    assert "3d-caffe" not in caplog.text


@pytest.mark.parametrize(("size", "row"), [(4, [0.25, 0.75, 0.75, 0.25]), (3, [0.25, 0.75, 0.75])])
def test_bilinear_3d(size, row):
    blob, param = Blob((2, 1, size, size, size)), caffe_pb2.FillerParameter(type="bilinear_3D")
    filler.fill(blob, param)
    np.testing.assert_allclose(blob.data[1, 0], np.einsum("i,j,k->ijk", row, row, row), rtol=1e-6)
    with pytest.raises(CaffeError, match="needs a blob"):
        filler.fill(Blob((2, 1, 4, 4)), param)
