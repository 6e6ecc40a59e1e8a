"""What stands in a saved .caffemodel, beside the values."""

import numpy as np

import caffe
from caffe.proto import caffe_pb2

NET = """
layer { name: "x" type: "Input" top: "x" top: "t" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "slope" type: "PReLU" bottom: "x" top: "y" prelu_param { channel_shared: true } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""


def test_scalars_and_loss_weights(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    net.params["slope"][0].data[...] = 0.5
    net.save(str(tmp_path / "net.caffemodel"))
    stored = caffe_pb2.NetParameter()
    stored.ParseFromString((tmp_path / "net.caffemodel").read_bytes())
    slope, loss = stored.layer[1], stored.layer[2]
    # A scalar is stored without a shape, a loss layer with the weight it took by default.
    assert list(slope.blobs[0].data) == [0.5] and not slope.blobs[0].HasField("shape")
    assert list(loss.loss_weight) == [1.0]
    net.params["slope"][0].data[...] = 0
    net.copy_from(str(tmp_path / "net.caffemodel"))
    np.testing.assert_array_equal(net.params["slope"][0].data, 0.5)


def test_diffs_come_back(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    solver = tmp_path / "solver.prototxt"
    solver.write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0 snapshot_prefix: "{tmp_path}/s" '
        'snapshot_diff: true lr_policy: "fixed"'
    )
    trained = caffe.SGDSolver(str(solver))
    trained.net.params["slope"][0].diff[...] = 3
    trained.snapshot()
    net.copy_from(str(tmp_path / "s_iter_0.caffemodel"))
    np.testing.assert_array_equal(net.params["slope"][0].diff, 3)
