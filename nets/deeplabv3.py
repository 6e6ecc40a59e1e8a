"""DeepLabv3: atrous spatial pyramid pooling, or deeper by cascading, over a dilated ResNet.

    parallel (figure 5)                         cascaded (figure 3)
    stage 5 ─┬─ image pooling, upsample ─┐      stage 5 ─ stage 6 ─ stage 7 ─ stage 8 ─ score
             ├─ 1x1 conv ────────────────┤         d2        d4        d8       d16      (stride 16)
             ├─ 3x3 conv, rate 6 ────────┼─ concat ─ 1x1 conv ─ score ─ upsample
             ├─ 3x3 conv, rate 12 ───────┤
             └─ 3x3 conv, rate 18 ───────┘

Chen, Papandreou, Schroff, Adam: "Rethinking Atrous Convolution for Semantic Image Segmentation"
(2017). It was never released for Caffe: names are ours, the same at every output stride, so that
what trains at 16 is evaluated at 8 with the same weights (section 4.1, table 10). Order of the
branches, dropout and where rectifiers stand follow the authors' TensorFlow code.
"""

from caffe import layers as L
from caffe import params as P
from nets.blocks import classify, dropout
from nets.conv_bn import ConvBN
from nets.resnet import resnet
from nets.sizes import map_sides

LEARN = [dict(lr_mult=1, decay_mult=1), dict(lr_mult=1, decay_mult=0)]  # the classifier's
RATES = (6, 12, 18)  # at output stride 16 (section 3.3); twice as much at 8


def deeplabv3(n, heads, crop=513, depth=50, output_stride=16, multi_grid=(1, 2, 4), extra=0,
              stem="deep", width=64, bn="BN", frozen=False, momentum=0.9997):  # fmt: skip
    """Draw the net over `n.data`, up to full-size `score` maps.

    Parameters
    ----------
    crop : int or (int, int)
        Side, or height and width, of the pictures: output_stride k + 1 pixels.
    depth, width : int
        Of the ResNet (see `nets.resnet.resnet`).
    output_stride : int
        16 or 8.
    multi_grid : tuple of int
        See `nets.resnet.resnet`: (1, 2, 4) is the paper's for ASPP, (1, 2, 1) for the cascade.
    extra : int
        Stages behind stage 5 instead of the pyramid: 3 for the paper's block7. 0: the pyramid.
    stem : str
        See `nets.resnet`. The stock one gets a padded pool1 here, which keeps 8k + 1 aligned.
    bn, frozen, momentum
        See `nets.conv_bn.ConvBN`; momentum is the paper's batch normalisation decay (section 4.1).
    """
    sides = map_sides(crop, output_stride)
    bns = dict(bn=bn, frozen=frozen, momentum=momentum)
    top = resnet(n, n.data, depth, stem, output_stride, multi_grid, extra, 1, width, **bns)
    if not extra:
        rates = [r * 16 // output_stride for r in RATES]
        top = aspp(ConvBN(n, **bns), top, sides, rates, 4 * width)
    for head in heads:
        n["logits" + head.suffix] = classify(top, head.classes, LEARN)
        # Logits grow, labels do not shrink: small things keep a voice (section 4.1).
        n[head.score] = L.Interp(n["logits" + head.suffix], zoom_factor=output_stride)


def aspp(unit, bottom, sides, rates, width):
    """Draw image pooling and the parallel convolutions, `width` channels each, and their join."""
    n = unit.n
    n.aspp_pool = L.Pooling(bottom, pool=P.Pooling.AVE, global_pooling=True)
    pooled = unit("aspp_pool_conv", n.aspp_pool, width)
    n.aspp_pool_interp = L.Interp(pooled, height=sides[0], width=sides[1])
    branches = [n.aspp_pool_interp, unit("aspp_conv0", bottom, width)]
    for i, rate in enumerate(rates, 1):
        branches.append(unit(f"aspp_conv{i}", bottom, width, 3, pad=rate, dilation=rate))
    n.aspp_concat = L.Concat(*branches)
    n["aspp_out/dropout"] = dropout(unit("aspp_out", n.aspp_concat, width), 0.1)
    return n["aspp_out/dropout"]
