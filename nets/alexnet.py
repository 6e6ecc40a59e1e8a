"""FCN-AlexNet: CaffeNet (pooling before normalisation) made convolutional, upsampled 32 times.

The upsampling kernel is 63, not 64: with CaffeNet's odd kernels only an odd one lands on whole
pixels (crop offset 18).
"""

from caffe import layers as L
from caffe.coord_map import crop
from nets.blocks import conv_relu, dropout, max_pool, score, upsample


def fcn_alexnet(n, heads):
    """CaffeNet over `n.data`, fc6 and fc7 as convolutions, one 32s score per head."""
    features(n, n.data, pad=100)
    n.fc6, n.relu6 = conv_relu(n.pool5, 4096, 6, pad=0, param=None)
    n.drop6 = dropout(n.relu6)
    n.fc7, n.relu7 = conv_relu(n.drop6, 4096, 1, pad=0, param=None)
    n.drop7 = dropout(n.relu7)
    for head in heads:
        n["score_fr" + head.suffix] = score(n.drop7, head.classes)
        n["upscore" + head.suffix] = upsample(n["score_fr" + head.suffix], head.classes, 63, 32)
        n["score" + head.suffix] = crop(n["upscore" + head.suffix], n.data)


def features(n, data, pad=0):
    """conv1 to pool5 of CaffeNet. Learning multipliers stay at Caffe's (1, 1)."""
    n.conv1, n.relu1 = conv_relu(data, 96, 11, stride=4, pad=pad, param=None)
    n.pool1 = max_pool(n.relu1, 3)
    n.norm1 = L.LRN(n.pool1, local_size=5, alpha=1e-4, beta=0.75)
    n.conv2, n.relu2 = conv_relu(n.norm1, 256, 5, pad=2, group=2, param=None)
    n.pool2 = max_pool(n.relu2, 3)
    n.norm2 = L.LRN(n.pool2, local_size=5, alpha=1e-4, beta=0.75)
    n.conv3, n.relu3 = conv_relu(n.norm2, 384, param=None)
    n.conv4, n.relu4 = conv_relu(n.relu3, 384, group=2, param=None)
    n.conv5, n.relu5 = conv_relu(n.relu4, 256, group=2, param=None)
    n.pool5 = max_pool(n.relu5, 3)
