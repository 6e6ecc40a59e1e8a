"""The ILSVRC classifiers, as published and made convolutional; what `surgery.py convert` reads.

Each function draws the net over `n.data`. With `convolutional=False` it is the classifier that
the published caffemodel fits, for one input size; with True its fully connected layers are
convolutions with the same numbers, so that a larger picture gives a map of scores
(paper, section 3.1). Layer names do not change.
"""

from collections.abc import Callable
from functools import partial

import caffe
from caffe import layers as L
from caffe import params as P
from nets import alexnet, fcn, googlenet, resnet
from nets.blocks import dropout

#: name: (input side in pixels, name of the layer that scores the 1000 classes)
CLASSIFIERS = {
    "vgg16": (224, "fc8"),
    "caffenet": (227, "fc8"),
    "googlenet": (224, "loss3/classifier"),
    "resnet50": (224, "fc1000"),
    "resnet101": (224, "fc1000"),
}


def vgg16(n, convolutional):
    fcn.features(n, n.data)
    dense(n, 7, convolutional)


def caffenet(n, convolutional):
    alexnet.features(n, n.data)
    dense(n, 6, convolutional)


def googlenet_(n, convolutional):
    top = googlenet.features(n, n.data)
    n["pool5/7x7_s1"] = L.Pooling(top, pool=P.Pooling.AVE, kernel_size=7, stride=1)
    n["pool5/drop_7x7_s1"] = dropout(n["pool5/7x7_s1"], 0.4)
    n["loss3/classifier"] = full(n["pool5/drop_7x7_s1"], 1000, 1, convolutional)


def resnet_(n, convolutional, depth):
    top = resnet.resnet(n, n.data, depth, "stock", output_stride=32, bn="BatchNorm")
    n.pool5 = L.Pooling(top, pool=P.Pooling.AVE, kernel_size=7, stride=1)
    n.fc1000 = full(n.pool5, 1000, 1, convolutional)


def dense(n, side, convolutional):
    """fc6, fc7 and fc8 of VGG16 and CaffeNet; `side` is pool5's at the classifier's input size."""
    n.fc6 = full(n.pool5, 4096, side, convolutional)
    n.relu6 = L.ReLU(n.fc6, in_place=True)
    n.drop6 = dropout(n.relu6)
    n.fc7 = full(n.drop6, 4096, 1, convolutional)
    n.relu7 = L.ReLU(n.fc7, in_place=True)
    n.drop7 = dropout(n.relu7)
    n.fc8 = full(n.drop7, 1000, 1, convolutional)


def full(bottom, num_output, kernel_size, convolutional):
    """Return a fully connected layer, or the convolution that computes it at every position."""
    if convolutional:
        return L.Convolution(bottom, num_output=num_output, kernel_size=kernel_size)
    return L.InnerProduct(bottom, num_output=num_output)


NETS: dict[str, Callable[..., None]] = {
    "vgg16": vgg16,
    "caffenet": caffenet,
    "googlenet": googlenet_,
    "resnet50": partial(resnet_, depth=50),
    "resnet101": partial(resnet_, depth=101),
}


def prototxt(kind, convolutional):
    """Return the deploy prototxt of a classifier of CLASSIFIERS, or of its convolutional form."""
    n = caffe.NetSpec()
    side, _ = CLASSIFIERS[kind]
    n.data = L.Input(shape=[dict(dim=[1, 3, side, side])])
    NETS[kind](n, convolutional)
    return str(n.to_proto())
