"""SegNet's and ENet's Accuracy: their figures, and how a net is told to be of which."""

import numpy as np
import pytest
from losskit import close
from netkit import input_layer, net_of

import caffe

UPSAMPLED = """
    layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "m"
      pooling_param { pool: MAX kernel_size: 1 } }
    layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "u"
      upsample_param { upsample_h: 2 upsample_w: 4 } }
"""
DROPOUT = """
    layer { name: "d" type: "Python" bottom: "x" top: "d" python_param {
      module: "spatial_dropout" layer: "SpatialDropoutLayer"
      param_str: "{'phase': 'TEST', 'p': 0.1}" } }
"""


def accuracy_net(settings="", layers="", dialect=""):
    return net_of(
        (f'dialect: "{dialect}" ' if dialect else "")
        + input_layer("x", 1, 4, 1, 4)
        + input_layer("label", 1, 1, 1, 4)
        + layers
        + 'layer { name: "a" type: "Accuracy" bottom: "x" bottom: "label" top: "accuracy" '
        f'top: "classes" accuracy_param {{ ignore_label: 9 {settings} }} }}',
        caffe.TEST,
    )


@pytest.mark.parametrize(
    "settings, labels, accuracy, segnets, enets",
    [
        ("", [0, 3, 1, 9], 2 / 3, [0, 1, 1, 1], [0, 1, 0, 1]),  # equal scores
        ("top_k: 2", [0, 3, 1, 9], 1, [1, 1, 1, 1], [1, 1, 0, 1]),
        ("", [3, 4, 4, 9], 0, [1, 1, 1, 0], [0, 0, 0, 0]),  # 4 is no class
        ("", [9, 9, 9, 9], np.nan, [1, 1, 1, 1], [0, 0, 0, 0]),
    ],
)
def test_accuracy(settings, labels, accuracy, segnets, enets):
    """The figures are caffe-segnet's and caffe-enet's."""
    for layers, classes in (
        (UPSAMPLED, np.reshape(segnets, (4, 1, 1, 1))),
        (UPSAMPLED + DROPOUT, np.array(enets)),
    ):
        net = accuracy_net(settings, layers)
        net.blobs["x"].data.flat = [1, 0, 2, 3, 1, 0, 2, 0, 0, 5, 0, 0, 0, 5, 0, 0]
        net.blobs["label"].data.flat = labels
        top = net.forward()
        close(top["accuracy"], accuracy)
        assert top["classes"].shape == classes.shape
        close(top["classes"], classes)


@pytest.mark.parametrize(
    "dialect, layers, whose",
    [
        ("", "", ""),
        ("", UPSAMPLED, "segnet"),
        ("", UPSAMPLED + DROPOUT, "enet"),
        ("segnet", "", "segnet"),
        ("enet", UPSAMPLED, "enet"),
        ("bvlc", UPSAMPLED, ""),
    ],
)
def test_whose_it_is(dialect, layers, whose):
    """BVLC's counts classes of equal scores as better."""
    net = accuracy_net("", layers, dialect)
    found = "segnet" if net.blobs["classes"].data.ndim == 4 else ""
    net.blobs["label"].data[...] = 3
    if net.forward()["accuracy"] == 1:
        found = found or "enet"
    assert found == whose


def test_it_refuses():
    with pytest.raises(caffe.LayerError, match="top_k is 5, there are only 4 classes"):
        accuracy_net("top_k: 5", UPSAMPLED)
    net = accuracy_net("", UPSAMPLED)
    net.blobs["label"].data[...] = -1
    with pytest.raises(caffe.LayerError, match="label -1 in 'label' is outside the 4 classes"):
        net.forward()
