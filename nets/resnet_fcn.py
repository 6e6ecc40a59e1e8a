"""FCNs on the thin ResNet-50 of open_nsfw, which has half the channels of ResNet-50.

    data ─ conv_1 ─ pool1 ─ stage0 ─ stage1 ─ stage2 ─ stage3        (layer names of the model)
    stride    2       4        4        8       16       32
                                                         16 (d2)     output stride 16

`fcn` is the paper's (Long et al., CVPR 2015, section 4.2): class scores of the last map, of stage 2
and of stage 1 are added while they are upsampled. In `refined` the skips bring features, not
scores, down to stride 2, and a 3x3 convolution mixes them after every step up (Pinheiro et al.,
"Learning to Refine Object Segments", ECCV 2016, section 3); dilated convolutions above the last map
see the whole picture.

The stages stride in 1x1 convolutions: pixel i of a map of stride s > 2 lies at s i + 2 of the
picture, so that the first pixels of two maps lie on each other.
"""

from caffe import layers as L
from caffe.coord_map import crop
from nets.blocks import LEARN, add, classify, dropout, max_pool, score, stride_or_dilate, upsample
from nets.conv_bn import ConvBN
from nets.fcn import final_name

UNITS = (3, 4, 6, 3)
STEM = 64
WIDTH = 32  # of the first convolutions of stage 0; doubled from stage to stage
STRIDES = (8, 16, 32)


def trunk(n, data, output_stride=32, rate=1, fixed=0, normalised=False, momentum=0.95):
    """Draw the trunk over `data`; return the last tops of conv_1 and of the four stages.

    Parameters
    ----------
    data : Top
        Pictures, N x 3 x H x W.
    output_stride : int
        8, 16 or 32; stages that would stride beyond it dilate instead.
    rate : float
        Multiplies the learning rate.
    fixed : int
        How many of conv_1 and the four stages do not learn.
    normalised : bool
        Whether BatchNorm and Scale layers are drawn, as in the published model, and learn.
        Without, their statistics are folded into the convolutions (`nets.fold`).
    momentum : float
        Of BatchNorm's running statistics.
    """
    if output_stride not in STRIDES:
        raise ValueError(f"output stride {output_stride!r}: expected one of {STRIDES}")
    rates = [0 if i < fixed else rate for i in range(1 + len(UNITS))]
    bn = "BatchNorm" if normalised else ""
    units = [ConvBN(n, "nsfw", bn, not r, momentum) for r in rates]
    tops = [units[0]("conv_1", data, STEM, 7, stride=2, pad=3, rate=rates[0], bias=True)]
    top = n.pool1 = max_pool(tops[0], 3, 2)
    steps = [(1, 1), *stride_or_dilate(len(UNITS) - 1, output_stride, reached=4)]
    for stage, (count, (stride, dilation)) in enumerate(zip(UNITS, steps, strict=True)):
        for i in range(count):
            top = bottleneck(
                units[stage + 1], f"stage{stage}_block{i}", top, WIDTH * 2**stage,
                stride if i == 0 else 1, dilation, project=i == 0, rate=rates[stage + 1], bias=True,
            )  # fmt: skip
        tops.append(top)
    return tops


def bottleneck(unit, name, bottom, width, stride, dilation, project, **more):
    """Draw one residual unit: 1x1, 3x3, 1x1, and what they are added to."""
    n, conv = unit.n, f"conv_{name}_"
    middle = dict(pad=dilation, **more) | (dict(dilation=dilation) if dilation > 1 else {})
    top = unit(conv + "branch2a", bottom, width, stride=stride, **more)
    top = unit(conv + "branch2b", top, width, 3, **middle)
    top = unit(conv + "branch2c", top, 4 * width, relu=False, **more)
    if project:
        more["stride"] = stride
        bottom = unit(conv + "proj_shortcut", bottom, 4 * width, relu=False, **more)
    n["eltwise_" + name] = add(bottom, top)
    n["relu_" + name] = L.ReLU(n["eltwise_" + name], in_place=True)
    return n["relu_" + name]


def fcn(n, heads, stride=32, **options):
    """Draw FCN-32s, 16s or 8s: `stride` is that of the finest scores; `options` are `trunk`'s."""
    if stride not in STRIDES:
        raise ValueError(f"stride {stride!r}: expected one of {STRIDES}")
    _, _, *stages = trunk(n, n.data, 32, **options)
    skips = [(s, stages[i]) for s, i in ((16, 1), (8, 0)) if s >= stride]
    for head in heads:
        suffix, classes = head.suffix, head.classes
        coarse = n["score_fr" + suffix] = score(stages[2], classes)
        up = "upscore2"
        for at, bottom in skips:
            n[up + suffix] = upsample(coarse, classes, 3, 2)
            skip = n[f"score_stride{at}{suffix}"] = score(bottom, classes)
            n[f"{up}{suffix}c"] = crop(n[up + suffix], skip)
            coarse = n[f"fuse_stride{at}{suffix}"] = add(n[f"{up}{suffix}c"], skip)
            up = f"upscore_stride{at}"
        last = final_name(stride) + suffix
        # Odd kernels keep the maps' first pixels on each other.
        n[last] = upsample(coarse, classes, 2 * stride - 1, stride)
        n["score" + suffix] = crop(n[last], n.data)


def refined(n, heads, rate=0.1, fixed=2, momentum=0.95, width=64, context=128, rates=(2, 4, 8),
            drop=0.1):  # fmt: skip
    """Draw the net with skips of features over `n.data`; its trunk has output stride 16.

    Parameters
    ----------
    rate, fixed, momentum
        See `trunk`; of the normalisation above it too.
    width : int
        Channels of the skips at strides 8 and 4; half as many at 2.
    context : int
        Channels of the map that the dilated convolutions see, which have half as many each.
    rates : tuple of int
        Their dilations.
    drop : float
        Dropout ratio above them.
    """
    stem, *stages = trunk(n, n.data, 16, rate, fixed)
    unit = ConvBN(n, "nsfw", "BatchNorm", False, momentum)
    branches = [unit("conv_context", stages[3], context)]
    for d in rates:
        name = f"conv_context_d{d}"
        branches.append(unit(name, branches[0], context // 2, 3, pad=d, dilation=d))
    n.context = L.Concat(*branches)
    top = n.drop_top = dropout(unit("conv_top", n.context, width), drop)
    for stride, skip in {8: stages[1], 4: stages[0], 2: stem}.items():
        channels = width if stride > 2 else width // 2
        top = step_up(unit, top, width, skip, stride, channels)
    for head in heads:
        suffix, classes = head.suffix, head.classes
        n["score_fr" + suffix] = classify(top, classes, LEARN)
        n["upscore" + suffix] = upsample(n["score_fr" + suffix], classes, 3, 2)
        # coord_map would find 1 too, but for the half pixels of `step_up`.
        n["score" + suffix] = L.Crop(n["upscore" + suffix], n.data, axis=2, offset=[1])


def step_up(unit, bottom, below, skip, stride, channels):
    """Upsample to the skip's stride by learned kernels, add the skip's features, mix them.

    `below` are the channels of `bottom`, `channels` those of the result.
    """
    n = unit.n
    # Four kernel elements of every channel below reach a pixel; "msra" counts the channels above.
    even = dict(type="gaussian", std=(2 / (4 * below)) ** 0.5)
    n[f"expand{stride}"] = L.Deconvolution(
        bottom,
        convolution_param=dict(
            num_output=channels, kernel_size=4, stride=2, bias_term=False, weight_filler=even
        ),
    )
    # Half a pixel off on purpose: kernels of 4 serve both phases alike and learn to make up for it.
    n[f"expand{stride}c"] = L.Crop(n[f"expand{stride}"], skip, axis=2, offset=[1])
    lateral = ConvBN(n, "nsfw", bn="")(f"conv_skip{stride}", skip, channels, relu=False)
    n[f"fuse{stride}"] = add(n[f"expand{stride}c"], lateral)
    top = n[f"relu_fuse{stride}"] = L.ReLU(n[f"fuse{stride}"], in_place=True)
    return unit(f"conv_mix{stride}", top, channels, 3, pad=1)
