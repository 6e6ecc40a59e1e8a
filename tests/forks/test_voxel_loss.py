"""C3D's loss over volumes, and its softmax."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer

import caffe
from caffe._caffe.formats.prototxt import parse_net

F = np.float32
X = np.array([0.5, -1, 2, 0.25, 1.5, 0, -0.5, 3, -2, 1, 0.75, -0.25], F).reshape(1, 3, 2, 1, 2)
LABEL = np.array([0, 2, 7, 1], F).reshape(1, 1, 2, 1, 2)  # 7 is no class
# By the loops of voxel_wise_softmax_loss_layer.cpp.
LOSS = 0.460116804
DX = [
    -0.184216872, 0.0225076433, 0.182669774, 0.0144934561, 0.178817078, 0.061182119,
    0.0149944481, -0.0232841969, 0.00539980782, -0.0836897641, 0.0523357689, 0.00879072584,
]  # fmt: skip


def test_the_forks_figures():
    run = build('type: "VoxelSoftmaxLoss"', X, LABEL)
    assert run.forward()[0] == pytest.approx(LOSS, rel=1e-6)
    dx = run.backward(F(1), propagate=[True, False])[0]
    np.testing.assert_allclose(dx.ravel(), DX, rtol=1e-4)


def test_gradient_where_all_have_labels():
    run = build('type: "VoxelSoftmaxLoss"', X, np.minimum(LABEL, 2))
    check_gradients(run, bottoms=[0])


def test_its_softmax_is_over_channels():
    text = 'layer { type: "VoxelSoftmax" name: "p" bottom: "x" top: "p" }'
    net = caffe.Net(parse_net(input_layer("x", *X.shape) + text, "f"), caffe.TEST)
    net.blobs["x"].data[...] = X
    (p,) = net.forward().values()
    np.testing.assert_allclose(p, np.exp(X) / np.exp(X).sum(1, keepdims=True), rtol=1e-5)


def test_refusals():
    with pytest.raises(caffe.LayerError, match=r"takes labels \(1, 1, 2, 1, 2\)"):
        build('type: "VoxelSoftmaxLoss"', X, (1, 2, 1, 2))
    with pytest.raises(caffe.LayerError, match="label -1"):
        build('type: "VoxelSoftmaxLoss"', X, -LABEL.clip(0, 1)).forward()
