"""FCN-32s, 16s and 8s on VGG16, as in the paper's figure 3.

    data ─ conv1 ─ pool1 ─ … ─ pool3 ──────── pool4 ──────── pool5 ─ fc6 ─ fc7 ─ score_fr
                                 │              │                                 │ x2
                                 │         score_pool4 ───────────────────────── (+)      32s: x32
                                 │                                           x2 │         16s: x16
                            score_pool3 ─────────────────────────────────────── (+)        8s: x8

Long, Shelhamer, Darrell: "Fully Convolutional Networks for Semantic Segmentation"
(CVPR 2015, section 4; PAMI 2017). Layer names are the published models', so that their
weights load.
"""

from caffe import layers as L
from caffe.coord_map import crop
from nets.blocks import (
    FROZEN,
    LEARN,
    VGG16,
    add,
    conv_relu,
    dropout,
    max_pool,
    score,
    stage,
    upsample,
)


def fcn(n, heads, stride=32, scales=None, fixed=False, first="conv1_1"):
    """Draw the whole net over `n.data`: one VGG16 trunk and, for each head, its scores.

    Parameters
    ----------
    stride : int
        32, 16 or 8.
    scales : dict, optional
        {4: factor, 3: factor}, which bring the skips' magnitudes into line, so that all streams
        can be trained at once.
    fixed : bool
        Let only the score layers learn.
    first : str
        The name of the first convolution.
    """
    trunk(n, n.data, first=first, param=FROZEN if fixed else LEARN)
    for head in heads:
        n["score_fr" + head.suffix] = score(n.drop7, head.classes)
        upscore(n, n.data, head, stride, scales)


def trunk(n, data, suffix="", first="conv1_1", param=LEARN):
    """conv1_1 to drop7, every name ending in `suffix`; fc6 and fc7 are convolutions.

    The 100 pixels of padding let images of any size through: fc6 needs seven pixels of pool5.
    """
    features(n, data, suffix, first, param, pad=100)
    top = n["pool5" + suffix]
    n["fc6" + suffix], n["relu6" + suffix] = conv_relu(top, 4096, 7, pad=0, param=param)
    top = n["drop6" + suffix] = dropout(n["relu6" + suffix])
    n["fc7" + suffix], n["relu7" + suffix] = conv_relu(top, 4096, 1, pad=0, param=param)
    n["drop7" + suffix] = dropout(n["relu7" + suffix])


def features(n, data, suffix="", first="conv1_1", param=LEARN, pad=1):
    """conv1_1 to pool5 of VGG16."""
    top = data
    for number in VGG16:
        top = stage(n, top, number, suffix, first, first_pad=pad, param=param)
        top = n[f"pool{number}{suffix}"] = max_pool(top)


def upscore(n, data, head, stride, scales=None, padded=True):
    """Draw `score_fr` to `score`, with the skips of pool4 and pool3 that `stride` has.

    Parameters
    ----------
    data : Top
        What the scores are cropped to.
    stride, scales
        As in `fcn`.
    padded : bool
        With the padding of 100 each skip is larger than what it joins and is cropped (score_pool4c
        5, score_pool3c 9, score 19, 27 or 31; `coord_map` computes all offsets); without, it is the
        upsampled map that is larger.
    """
    task, classes = head.suffix, head.classes
    coarse, up = n["score_fr" + task], "upscore2"
    for level in skips(stride):
        pool = f"pool{level}"
        source = n[pool]
        n[up + task] = upsample(coarse, classes, 4, 2)
        if scales:
            source = n[f"scale_{pool}{task}"] = L.Scale(
                source, filler=dict(type="constant", value=scales[level]), param=[dict(lr_mult=0)]
            )
        skip = n[f"score_{pool}{task}"] = score(source, classes)
        if padded:
            n[f"score_{pool}{task}c"] = crop(skip, n[up + task])
            coarse = add(n[up + task], n[f"score_{pool}{task}c"])
        else:
            n[f"{up}{task}c"] = crop(n[up + task], skip)
            coarse = add(n[f"{up}{task}c"], skip)
        n[f"fuse_{pool}{task}"] = coarse
        up = "upscore_" + pool

    last = final_name(stride) + task
    n[last] = upsample(coarse, classes, 2 * stride, stride)
    n["score" + task] = crop(n[last], data)


def skips(stride):
    """Return the pooling stages fused at this output stride: 32 -> (), 16 -> (4,), 8 -> (4, 3)."""
    known = {32: (), 16: (4,), 8: (4, 3)}
    if stride not in known:
        raise ValueError(f"output stride {stride!r}: expected one of {sorted(known)}")
    return known[stride]


def final_name(stride):
    """`upscore` for 32s, `upscore16`, `upscore8`: the names of the published nets."""
    return "upscore" if stride == 32 else f"upscore{stride}"
