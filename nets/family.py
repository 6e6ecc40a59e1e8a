"""FCN's successors on the small trunk, each by what it changed, for `make family`.

    front end   pool4 and pool5 removed, conv5 dilated by 2, fc6 by 4
    context     behind it dilated convolutions of 1 1 2 4 8 1, starting as the identity
    LargeFOV    pool4 and pool5 with stride 1, conv5 dilated by 2, fc6 by 6
    CRF-RNN     mean-field steps behind FCN-8s, learning with it

Layers are called as in `vgg_small.small_fcn`, so that all start from the same weights, and all grow
their scores by the same fixed bilinear deconvolution. The whole nets are in `dilation.py`,
`deeplab.py` and `crfrnn.py`.
"""

from caffe.coord_map import crop
from nets import vgg_small
from nets.blocks import score, upsample
from nets.crfrnn import meanfield
from nets.dilation import context_module

STRIDE = 8
FRONT_END_RATE = 4  # of fc6: what it saw at stride 32 it sees at stride 8
LARGE_RATE = 6
CRF_RATES = (1, 1, 0.1)  # the loss is a mean here, and base_lr that of the whole net
CONTEXT = (1, 1, 2, 4, 8, 1)  # 41 pixels of a map of stride 8: a picture of 320


def dilation(n, heads, context=False, dense=192, drop=0.5, **trunk):
    """Draw dilation's front end, or with `context` the context module too, over `n.data`.

    `trunk` has the arguments of `vgg_small.trunk`, `dense` and `drop` are those of `small_fcn`.
    """
    (head,) = heads
    top = vgg_small.trunk(n, n.data, output_stride=STRIDE, **trunk)
    top = vgg_small.dense_layers(n, top, dense, drop, FRONT_END_RATE)
    n.score_fr = score(top, head.classes)
    top = n.score_fr
    if context:
        top = context_module(n, top, head.classes, CONTEXT, identity=True)
    grow(n, top, head)


def largefov(n, heads, dense=192, drop=0.5, **trunk):
    """Draw DeepLab-LargeFOV over `n.data`; see `dilation`."""
    (head,) = heads
    top = vgg_small.trunk(n, n.data, output_stride=STRIDE, pools_stay=True, **trunk)
    top = vgg_small.dense_layers(n, top, dense, drop, LARGE_RATE)
    n.score_fr = score(top, head.classes)
    grow(n, n.score_fr, head)


def crfrnn(n, heads, iterations=10, **small_fcn):
    """Draw FCN-8s on the small trunk and mean-field steps behind it; its scores are `pred`."""
    (head,) = heads
    vgg_small.small_fcn(n, heads, stride=8, **small_fcn)
    meanfield(n, n.score, n.data, iterations, classes=head.classes, rates=CRF_RATES)


def grow(n, bottom, head):
    """Draw `score`, the map of stride 8 at the picture's size."""
    n.upscore8 = upsample(bottom, head.classes, 2 * STRIDE, STRIDE)
    n[head.score] = crop(n.upscore8, n.data)
