"""PSPNet: pyramid pooling over a dilated ResNet, as in the paper's figure 3.

    conv5_3 ─┬──────────────────────────────────────────────┐
             ├─ pool1: 1x1 bins ─ 1x1 conv ─ upsample ──────┤
             ├─ pool2: 2x2 bins ─ 1x1 conv ─ upsample ──────┤
             ├─ pool3: 3x3 bins ─ 1x1 conv ─ upsample ──────┼─ concat ─ conv5_4 ─ conv6 ─ upsample
             └─ pool6: 6x6 bins ─ 1x1 conv ─ upsample ──────┘

Zhao, Shi, Qi, Wang, Jia: "Pyramid Scene Parsing Network" (CVPR 2017). Layer names are those of the
authors' evaluation prototxts, so that their weights load. Upsampling is Interp, which aligns
corners: 8 (60 - 1) + 1 = 473.
"""

from caffe import layers as L
from caffe import params as P
from nets.blocks import classify, dropout
from nets.conv_bn import ConvBN
from nets.outputs import Loss
from nets.resnet import resnet
from nets.sizes import map_sides

BINS = (1, 2, 3, 6)  # per side (paper, section 3.2)
STRIDE = 8
RATE = 10  # the head learns so many times as fast as the trunk
AUXILIARY_WEIGHT = 0.4  # paper, section 5.1


def pspnet(n, heads, crop=473, depth=101, width=64, bn="BN", frozen=True, momentum=0.95,
           auxiliary=False):  # fmt: skip
    """Draw the net over `n.data`, pictures of `crop` pixels.

    Parameters
    ----------
    crop : int or (int, int)
        Side, or height and width: 48 k - 7 pixels, so that the last map divides into 1, 2, 3 and 6
        bins: 473, 713 ...
    depth, width : int
        Of the ResNet (see `nets.resnet.resnet`).
    bn, frozen, momentum
        See `nets.conv_bn.ConvBN`.
    auxiliary : bool
        Whether a second classifier on stage 4 is drawn, with which the paper trains (section 3.3).

    Returns
    -------
    list of Loss
        The scores that learn, as full-size maps.
    """
    (head,) = heads
    sides = map_sides(crop, STRIDE, max(BINS))
    bns = dict(bn=bn, frozen=frozen, momentum=momentum)
    unit = ConvBN(n, **bns)
    top = resnet(n, n.data, depth, "deep", STRIDE, width=width, **bns)
    losses = [Loss("conv6_interp", head.label, head.loss)]
    if auxiliary:
        stage4 = n[f"conv4_{6 if depth == 50 else 23}/relu"]
        auxiliary_head(unit, stage4, head, 4 * width)
        n.conv6_aux_interp = L.Interp(n.conv6_aux, zoom_factor=STRIDE)
        name = head.loss + "_aux"
        losses.append(Loss("conv6_aux_interp", head.label, name, AUXILIARY_WEIGHT))
    pyramid_head(unit, top, head, sides, 8 * width, 8 * width)
    if bn == "BN" and depth == 50:
        # PSPNet50's file has this one multiplier at 1; the layer sets it to 0 (bn_layer.cpp).
        n["conv5_4/bn"].fn.params["param"][2] = dict(lr_mult=0, decay_mult=1)
    n.conv6_interp = L.Interp(n.conv6, zoom_factor=STRIDE)
    return losses


def pyramid_head(unit, bottom, head, sides, width, joined, rate=RATE):
    """Draw the pyramid over a map of `sides`, what joins it, and the scores `conv6`.

    Branches have `width` channels, `conv5_4` has `joined`; in the published nets both are a fourth
    of the trunk's. All learns at `rate`.
    """
    n = unit.n
    branches = [pyramid_branch(unit, bottom, bins, sides, width, rate) for bins in BINS]
    n.conv5_3_concat = L.Concat(bottom, *reversed(branches))
    joint = unit("conv5_4", n.conv5_3_concat, joined, 3, rate=rate, pad=1)
    n["conv5_4/dropout"] = dropout(joint, 0.1)
    n.conv6 = classify(n["conv5_4/dropout"], head.classes, classifier_rates(rate))


def pyramid_branch(unit, bottom, bins, sides, width, rate):
    """Average into bins x bins, mix the channels, upsample to the map's sides."""
    n, name = unit.n, f"conv5_3_pool{bins}"
    height, across = (side // bins for side in sides)
    cell = dict(kernel_size=height, stride=height)
    if height != across:
        cell = dict(kernel_h=height, kernel_w=across, stride_h=height, stride_w=across)
    n[name] = L.Pooling(bottom, pool=P.Pooling.AVE, **cell)
    top = unit(name + "_conv", n[name], width, 1, rate=rate)
    n[name + "_interp"] = L.Interp(top, height=sides[0], width=sides[1])
    return n[name + "_interp"]


def auxiliary_head(unit, bottom, head, width, rate=RATE):
    """Draw the second classifier, scores `conv6_aux` (its shape: the authors' later `semseg`)."""
    n = unit.n
    n["conv4_aux/dropout"] = dropout(unit("conv4_aux", bottom, width, 3, rate=rate, pad=1), 0.1)
    n.conv6_aux = classify(n["conv4_aux/dropout"], head.classes, classifier_rates(rate))


def classifier_rates(rate):
    """Return a classifier's multipliers; its bias decays too."""
    return [dict(lr_mult=rate, decay_mult=1), dict(lr_mult=2 * rate, decay_mult=1)]
