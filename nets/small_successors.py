"""PSPNet's and DeepLabv3's ideas on the small trunk of `nets.vgg_small`.

    pspnet:     trunk at stride 8 ─ pyramid ─ scores, upsampled; while training, scores of stage 4
    deeplabv3:  trunk at stride 16 to train, 8 to evaluate ─ parallel rates ─ scores, upsampled
    dilated:    trunk at stride 8 ─ fc6 ─ fc7 ─ scores, upsampled: an FCN without strides 16 and 32

The pools being 2x2, a map's pixels lie in the middle of their cells and not at corners: scores are
upsampled by frozen bilinear deconvolutions, and pictures have multiples of the output stride (with
the pyramid, six times as many) of pixels.
"""

from nets import blocks
from nets.blocks import classify, score
from nets.conv_bn import ConvBN
from nets.deeplabv3 import LEARN, aspp
from nets.outputs import Loss
from nets.pspnet import AUXILIARY_WEIGHT, BINS, auxiliary_head, pyramid_head
from nets.sizes import map_sides
from nets.vgg_small import BN_AVERAGE_FRACTION, trunk, unit

RATES = (1, 2, 3)  # of the parallel convolutions at output stride 16, whose maps are small


def pspnet(n, heads, crop, widths, depths, dense, strided=False, auxiliary=False):
    """Draw the pyramid over the trunk; see `nets.pspnet.pspnet` and `nets.vgg_small.trunk`."""
    (head,) = heads
    sides = map_sides(crop, 8, max(BINS), aligned=False)
    top = trunk(n, n.data, widths, depths, True, strided, output_stride=8)
    draw = units(n)
    losses = [Loss(head.score, head.label, head.loss)]
    if auxiliary:
        stage4 = n[f"relu4_{depths[3]}"]
        auxiliary_head(draw, stage4, head, widths[3] // 2, rate=1)
        n.upscore_aux = upsample(n.conv6_aux, head.classes, 8)
        losses.append(Loss("upscore_aux", head.label, head.loss + "_aux", AUXILIARY_WEIGHT))
    pyramid_head(draw, top, head, sides, widths[-1] // 4, dense, rate=1)
    n[head.score] = upsample(n.conv6, head.classes, 8)
    return losses


def deeplabv3(n, heads, crop, widths, depths, dense, strided=False, output_stride=8):
    """Draw the parallel rates over the trunk; see `nets.deeplabv3.deeplabv3`."""
    (head,) = heads
    sides = map_sides(crop, output_stride, aligned=False)
    top = trunk(n, n.data, widths, depths, True, strided, output_stride=output_stride)
    rates = [rate * 16 // output_stride for rate in RATES]
    top = aspp(units(n), top, sides, rates, dense // 2)
    top = n.logits = classify(top, head.classes, LEARN)
    if output_stride == 16:  # in two steps, so that the last is the same at either stride
        top = n.upscore2 = upsample(n.logits, head.classes, 2)
    n[head.score] = upsample(top, head.classes, 8)


def dilated(n, heads, crop, widths, depths, dense, strided=False):
    """Draw `nets.vgg_small.small_fcn`'s own layers over the trunk at stride 8."""
    (head,) = heads
    map_sides(crop, 8, aligned=False)
    top = trunk(n, n.data, widths, depths, True, strided, output_stride=8)
    for name, kernel_size in (("6", 3), ("7", 1)):
        top = unit(n, "fc" + name, name, top, dense, kernel_size, False, dilation=4)
    n.score_fr = score(top, head.classes)
    n[head.score] = upsample(n.score_fr, head.classes, 8)


def units(n):
    """Return how these heads draw a convolution: normalised as the trunk's are."""
    return ConvBN(n, bn="BatchNorm", frozen=False, momentum=BN_AVERAGE_FRACTION)


def upsample(bottom, classes, stride):
    """Return a frozen deconvolution to `stride` times the size."""
    return blocks.upsample(bottom, classes, 2 * stride, stride, pad=stride // 2)
