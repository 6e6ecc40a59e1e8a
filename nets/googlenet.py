"""FCN-GoogLeNet, upsampled 32 times: the paper's third net (section 4.1), never released.

BVLC GoogLeNet without its auxiliary classifiers and the 7x7 average pool; the dropout stays, a 1x1
convolution scores `inception_5b/output`. As in AlexNet the upsampling kernel must be odd: with 64
the crop would fall on half pixels.
"""

import caffe
from caffe import layers as L
from caffe.coord_map import crop
from nets.blocks import LEARN, conv_relu, dropout, max_pool, score, upsample

#: unit: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection (output channels)
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def fcn_googlenet(n, heads):
    """GoogLeNet's trunk over `n.data` and one 32s score per head."""
    n["pool5/drop_7x7_s1"] = dropout(features(n, n.data), 0.4)
    for head in heads:
        n["score_fr" + head.suffix] = score(n["pool5/drop_7x7_s1"], head.classes)
        n["upscore" + head.suffix] = upsample(n["score_fr" + head.suffix], head.classes, 63, 32)
        n["score" + head.suffix] = L.Crop(n["upscore" + head.suffix], n.data, crop_param=offset())


def offset():
    """Return the `crop_param` that aligns the scores with the data: offset 1.

    Caffe's coord_map knows no rule for Concat, so the map is taken from the same net with every
    inception unit left out: all its branches are centred and of stride 1, so that a unit moves
    no coordinates.
    """
    twin = caffe.NetSpec()
    twin.data = L.Input()
    top = features(twin, twin.data, unit=lambda n, name, bottom: bottom)
    return crop(upsample(top, 1, 63, 32), twin.data).fn.params["crop_param"]


def features(n, data, unit=None):
    """conv1 to inception_5b; returns the last top."""
    unit = unit or inception
    n["conv1/7x7_s2"], n["conv1/relu_7x7"] = conv_relu(data, 64, 7, stride=2, pad=3)
    n["pool1/3x3_s2"] = max_pool(n["conv1/relu_7x7"], 3)
    n["pool1/norm1"] = L.LRN(n["pool1/3x3_s2"], local_size=5, alpha=1e-4, beta=0.75)
    n["conv2/3x3_reduce"], n["conv2/relu_3x3_reduce"] = conv_relu(n["pool1/norm1"], 64, 1, pad=0)
    n["conv2/3x3"], n["conv2/relu_3x3"] = conv_relu(n["conv2/relu_3x3_reduce"], 192)
    n["conv2/norm2"] = L.LRN(n["conv2/relu_3x3"], local_size=5, alpha=1e-4, beta=0.75)
    top = n["pool2/3x3_s2"] = max_pool(n["conv2/norm2"], 3)
    for name in INCEPTION:
        top = unit(n, name, top)
        if name in ("3b", "4e"):
            pool = f"pool{int(name[0])}/3x3_s2"
            top = n[pool] = max_pool(top, 3)
    return top


def inception(n, name, bottom):
    """One unit: 1x1, 3x3, 5x5 and pooled branches side by side, stacked over the channels."""
    one, reduce3, three, reduce5, five, project = INCEPTION[name]
    unit = f"inception_{name}/"

    def conv(label, below, width, kernel_size):
        n[unit + label], n[unit + "relu_" + label] = conv_relu(
            below, width, kernel_size, pad=kernel_size // 2, param=LEARN
        )
        return n[unit + "relu_" + label]

    branches = [
        conv("1x1", bottom, one, 1),
        conv("3x3", conv("3x3_reduce", bottom, reduce3, 1), three, 3),
        conv("5x5", conv("5x5_reduce", bottom, reduce5, 1), five, 5),
    ]
    n[unit + "pool"] = max_pool(bottom, 3, 1, pad=1)
    branches.append(conv("pool_proj", n[unit + "pool"], project, 1))
    n[unit + "output"] = L.Concat(*branches)
    return n[unit + "output"]
