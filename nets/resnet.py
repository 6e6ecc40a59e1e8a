"""ResNet-50 and 101 as trunks of segmentation nets.

    data ─ stem ─ pool1 ─ stage 2 ─ stage 3 ─ stage 4 ─ stage 5
    stride  2      4         4         8        16        32        as a classifier
                             4         8        16        16 (d2)   output stride 16
                             4         8         8 (d2)    8 (d4)   output stride 8

He, Zhang, Ren, Sun: "Deep Residual Learning for Image Recognition" (CVPR 2016, table 1). Where a
stage would stride beyond the output stride it dilates its 3x3 convolutions instead, itself from
the first unit on (Zhao et al.: PSPNet, section 3.1; Chen et al.: DeepLabv3, section 3.1). Strides
lie in the first 1x1 convolution of a stage, as in the ResNets published for Caffe and PSPNet50, or
in its first 3x3 convolution, as in PSPNet101.

Two stems, each with the layer names of the weights that fit it:

* `stock`: one 7x7 convolution; `res2a_branch2a`, `bn2a_branch2a`, `scale2a_branch2a` ... of the
  ResNets published for Caffe (`res4b`, `res4c` ... in ResNet-50, `res4b1`, `res4b2` ... in 101);
* `deep`: three 3x3 convolutions; `conv2_1_1x1_reduce`, `conv2_1_1x1_reduce/bn` ... of PSPNet.
"""

from caffe import layers as L
from nets.blocks import add, max_pool, stride_or_dilate
from nets.conv_bn import ConvBN

#: depth: bottleneck units in stages 2 to 5
UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
STEMS = {"deep": "pspnet", "stock": "resnet"}  # stem: style of the names
OUTPUT_STRIDES = (8, 16, 32)


def resnet(n, data, depth=50, stem="deep", output_stride=8, multi_grid=(1, 1, 1), extra=0,
           pool_pad=None, width=64, bn="BN", frozen=True, momentum=0.95):  # fmt: skip
    """Draw the trunk over `data`.

    Parameters
    ----------
    data : Top
        Pictures, N x 3 x H x W.
    depth : int
        50 or 101.
    stem : str
        "deep" or "stock".
    output_stride : int
        8, 16 or 32: pixels of the input per pixel of the last map.
    multi_grid : tuple of int
        Rates of the units of stage 5 and of the extra ones, times the stage's own dilation
        (DeepLabv3, section 3.3.1).
    extra : int
        Copies of stage 5 behind it, which DeepLabv3's section 3.2 calls block5, block6, block7.
    pool_pad : int, optional
        Padding of pool1; None: the stem's own, 1 with the deep one, 0 with the stock one. With 1,
        sizes of 8k + 1 pixels stay aligned.
    width : int
        Channels of stage 2's first convolutions; all others' are in proportion.
    bn, frozen, momentum
        See `nets.conv_bn.ConvBN`.

    Returns
    -------
    Top
        The last map, N x 32 width x ceil(H / output_stride) x ceil(W / output_stride).
    """
    if depth not in UNITS:
        raise ValueError(f"ResNet-{depth}: expected one of {', '.join(map(str, UNITS))}")
    if stem not in STEMS:
        raise ValueError(f"stem {stem!r}: expected one of {', '.join(STEMS)}")
    if output_stride not in OUTPUT_STRIDES:
        raise ValueError(f"output stride {output_stride!r}: expected one of {OUTPUT_STRIDES}")
    unit = ConvBN(n, STEMS[stem], bn, frozen, momentum)
    if stem == "deep":  # PSPNet's evaluation prototxts
        top = unit("conv1_1_3x3_s2", data, width, 3, stride=2, pad=1)
        top = unit("conv1_2_3x3", top, width, 3, pad=1)
        top = unit("conv1_3_3x3", top, 2 * width, 3, pad=1)
        pool1, own_pad = "pool1_3x3_s2", 1
    else:  # ResNet-50's, published so, has a bias
        top = unit("conv1", data, width, 7, bias=depth == 50, stride=2, pad=3)
        pool1, own_pad = "pool1", 0
    pad = own_pad if pool_pad is None else pool_pad
    top = n[pool1] = max_pool(top, 3, 2, **(dict(pad=pad) if pad else {}))

    counts = UNITS[depth] + (3,) * extra
    steps = [(1, 1), *stride_or_dilate(len(counts) - 1, output_stride, reached=4)]
    for stage, (count, (stride, dilation)) in enumerate(zip(counts, steps, strict=True), 2):
        rates = multi_grid if stage >= 5 else (1,) * count
        if len(rates) != count:
            raise ValueError(f"multi_grid {multi_grid}: expected {count} rates, one a unit")
        for i in range(count):
            names = unit_names(stem, depth, stage, i)
            top = bottleneck(
                unit, names, top, width * 2 ** (min(stage, 5) - 2), dilation * rates[i],
                stride=stride if i == 0 else 1, project=i == 0 and stage <= 5,
                late_stride=stem == "deep" and depth == 101,
            )  # fmt: skip
    return top


def unit_names(stem, depth, stage, i):
    """Return the names of unit `i` (from 0) and of its convolutions, in `bottleneck`'s order."""
    if stem == "deep":
        unit = f"conv{stage}_{i + 1}"
        return (unit, *(f"{unit}_{k}" for k in ("1x1_reduce", "3x3", "1x1_increase", "1x1_proj")))
    numbered = depth == 101 and stage in (3, 4) and i > 0
    unit = f"res{stage}" + (f"b{i}" if numbered else "abcdefghij"[i])
    return (unit, *(f"{unit}_branch{k}" for k in ("2a", "2b", "2c", "1")))


def bottleneck(unit, names, bottom, width, dilation, stride, project, late_stride):
    """Draw one residual unit: 1x1, 3x3, 1x1, and what they are added to.

    Parameters
    ----------
    names : tuple of str
        Of `unit_names`.
    width : int
        Channels of the first two convolutions; the third has four times as many.
    dilation : int
        Of the 3x3 convolution.
    project : bool
        Whether the shortcut is a convolution, as channels or size change.
    late_stride : bool
        Whether the 3x3 convolution strides, not the first one.
    """
    name, reduce, middle, increase, projection = names
    dilated = dict(dilation=dilation) if dilation > 1 else {}
    early, late = (1, stride) if late_stride else (stride, 1)
    top = unit(reduce, bottom, width, 1, stride=early)
    top = unit(middle, top, width, 3, stride=late, pad=dilation, **dilated)
    top = unit(increase, top, 4 * width, 1, relu=False)
    if project:
        bottom = unit(projection, bottom, 4 * width, 1, relu=False, stride=stride)
    n = unit.n
    n[name] = add(bottom, top)
    relu = unit.relu_name(name)
    n[relu] = L.ReLU(n[name], in_place=True)
    return n[relu]
