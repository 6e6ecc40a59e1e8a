"""Small nets with weights."""

import numpy as np

import caffe
from caffe import layers as L


def make(tmp_path, name, draw, seed=0, channels=3, side=8):
    """A net over `data`, every parameter filled with random numbers."""
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, channels, side, side])])
    draw(n)
    path = tmp_path / f"{name}.prototxt"
    path.write_text(str(n.to_proto()))
    net = caffe.Net(str(path), caffe.TEST)
    rs = np.random.RandomState(seed)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = rs.standard_normal(blob.data.shape)
    return net


def quiet(line):
    pass
