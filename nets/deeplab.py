"""DeepLab v1 and v2: VGG16 or ResNet-101 with holes, a large field of view, several scales.

    LargeFOV (v1)   conv5 (hole 2) ─ pool5 ─ pool5a ─ fc6 (3x3, hole 12) ─ fc7 ─ fc8 ─ x8
    MSc             data, pool1 ... pool4 ─ 3x3 conv ─ 1x1 conv ─ scores ──────── (+) fc8
    ASPP (v2)       pool5 ─┬─ fc6_1 (hole 6)  ─ fc7_1 ─ fc8_1 ─┐
                           ├─ fc6_2 (hole 12) ─ fc7_2 ─ fc8_2 ─┼─ (+) ─ x8
                           ├─ fc6_3 (hole 18) ─ fc7_3 ─ fc8_3 ─┤
                           └─ fc6_4 (hole 24) ─ fc7_4 ─ fc8_4 ─┘

Chen, Papandreou, Kokkinos, Murphy, Yuille: "Semantic Image Segmentation with Deep Convolutional
Nets and Fully Connected CRFs" (ICLR 2015), "DeepLab" (PAMI 2018). All pools are 3x3 with padding,
so that sizes of 8k + 1 stay aligned; the last two have stride 1. Training shrinks the labels by 8
(Interp), the others enlarge the scores by 8. Names are the released models' of `voc12`.
"""

from caffe import layers as L
from caffe import params as P
from nets.blocks import LEARN, add, conv_relu, dropout, learning, max_pool, stage
from nets.outputs import Loss
from nets.resnet import resnet
from nets.sizes import map_sides

STRIDE = 8
ASPP_RATES = (6, 12, 18, 24)  # ASPP-L (v2, section 4.1.2); ASPP-S: 2, 4, 8, 12
HEAD, FROZEN = learning(10), learning(0)


def largefov(n, heads, multiscale=False, train=False, name="voc12", crop=513):
    """Draw DeepLab-LargeFOV, or with `multiscale` DeepLab-MSc-LargeFOV, over `n.data`.

    Parameters
    ----------
    multiscale : bool
        Whether five further branches add their scores. They alone learn: the rest comes trained
        from DeepLab-LargeFOV (v1, section 4.3).
    train : bool
        True: scores at stride 8 against labels shrunk to them. False: scores of the picture's
        size, `fc8_interp` (with `multiscale` `fc_fusion`).
    name : str
        Of the data set, in `fc8_voc12`.
    crop : int or (int, int)
        Side, or height and width, of the pictures when testing: 8 k + 1 pixels.

    Returns
    -------
    list of Loss
    """
    (head,) = heads
    map_sides(crop, STRIDE)
    param = FROZEN if multiscale else LEARN
    trunk(n, n.data, param)
    n.pool5a = L.Pooling(n.pool5, pool=P.Pooling.AVE, kernel_size=3, stride=1, pad=1)
    final = FROZEN if multiscale else HEAD
    fc8 = classify(n, n.pool5a, f"fc8_{name}", "", head.classes, 12, param, final)
    if multiscale:
        return [loss(n, fuse(n, fc8, head.classes, train), head, train)]
    return [full_size(n, fc8, head, train)]


def aspp_vgg16(n, heads, rates=ASPP_RATES, train=False, name="voc12", crop=513):
    """Draw DeepLab v2 on VGG16: fc6 to fc8 four times, with these rates, summed.

    See `largefov` for `train`, `crop` and what is returned.
    """
    (head,) = heads
    map_sides(crop, STRIDE)
    trunk(n, n.data, LEARN)
    parts = [
        classify(n, n.pool5, f"fc8_{name}_{i}", f"_{i}", head.classes, rate, LEARN, HEAD)
        for i, rate in enumerate(rates, 1)
    ]
    n[f"fc8_{name}"] = add(*(n[part] for part in parts))
    return [full_size(n, f"fc8_{name}", head, train)]


def aspp_resnet(n, heads, rates=ASPP_RATES, depth=101, train=False, name="voc12", bn="BatchNorm",
                crop=513):  # fmt: skip
    """Draw DeepLab v2 on a ResNet: four 3x3 classifiers with these rates, summed.

    The trunk has the stock stem, whose pool1 pads here so that sizes of 8k + 1 stay aligned, and
    normalises by fixed statistics. See `largefov` for `train`, `crop` and what is returned.
    """
    (head,) = heads
    map_sides(crop, STRIDE)
    top = resnet(n, n.data, depth, "stock", STRIDE, pool_pad=1, bn=bn, frozen=True)
    parts = []
    for i, rate in enumerate(rates):
        parts.append(f"fc1_{name}_c{i}")
        n[parts[-1]] = scores_of(top, head.classes, 3, HEAD, pad=rate, dilation=rate)
    n[f"fc1_{name}"] = add(*(n[part] for part in parts))
    return [full_size(n, f"fc1_{name}", head, train, "fc1_interp")]


def trunk(n, data, param):
    """conv1_1 to pool5 of VGG16 at stride 8 (v1, section 3.1)."""
    top = data
    for number in (1, 2, 3, 4, 5):
        holes = dict(pad=2, dilation=2) if number == 5 else {}
        top = stage(n, top, number, param=param, **holes)
        top = n[f"pool{number}"] = max_pool(top, 3, 2 if number < 4 else 1, pad=1)


def classify(n, bottom, fc8, suffix, classes, rate, param, final):
    """Draw fc6 (with holes of `rate`), fc7 and the classifier `fc8`, whose name is returned."""
    fc6, fc7 = "6" + suffix, "7" + suffix
    n["fc" + fc6], n["relu" + fc6] = conv_relu(
        bottom, 1024, 3, pad=rate, dilation=rate, param=param
    )
    n["drop" + fc6] = dropout(n["relu" + fc6])
    n["fc" + fc7], n["relu" + fc7] = conv_relu(n["drop" + fc6], 1024, 1, pad=0, param=param)
    n["drop" + fc7] = dropout(n["relu" + fc7])
    n[fc8] = scores_of(n["drop" + fc7], classes, 1, final)
    return fc8


def fuse(n, fc8, classes, train):
    """Add the scores of data and pool1 to pool4 to those of `fc8` (v1, section 4.3).

    To train, the branches stride down to the map of fc8; to test they are dense and all grow to
    the picture's size. Their weights are the same. Returns the name of the sum.
    """
    parts = []
    for source, stride in (("data", 8), ("pool1", 4), ("pool2", 2), ("pool3", 1), ("pool4", 1)):
        step = stride if train else 1
        n[f"{source}_conv"], n[f"relu_{source}_conv"] = conv_relu(
            n[source], 128, 3, step, pad=1, **gaussian(0.001)
        )
        n[f"drop_{source}_conv"] = dropout(n[f"relu_{source}_conv"])
        n[f"{source}_fc"], n[f"relu_{source}_fc"] = conv_relu(
            n[f"drop_{source}_conv"], 128, 1, pad=0,
            **gaussian(0.005 if source == "pool4" else 0.001),
        )  # fmt: skip
        n[f"drop_{source}_fc"] = dropout(n[f"relu_{source}_fc"])
        n[f"{source}_ms"] = scores_of(n[f"drop_{source}_fc"], classes, 1, LEARN)
        grown = n[f"{source}_ms"]
        if not train and source != "data":
            grown = n[f"{source}_interp"] = enlarge(grown, STRIDE // stride)
        parts.append(grown)
    if not train:
        n.fc8_interp = enlarge(n[fc8])
    n.fc_fusion = add(*parts, n[fc8] if train else n.fc8_interp)
    return "fc_fusion"


def full_size(n, scores, head, train, interp="fc8_interp"):
    """Enlarge the scores, or shrink the labels, and return the loss."""
    if not train:
        n[interp] = enlarge(n[scores])
        scores = interp
    return loss(n, scores, head, train)


def loss(n, scores, head, train):
    """Return the loss of these scores; in training, of labels shrunk to their size."""
    if not train:
        return Loss(scores, head.label, head.loss)
    n[f"{head.label}_shrink"] = L.Interp(n[head.label], shrink_factor=STRIDE, pad_beg=0, pad_end=0)
    return Loss(scores, f"{head.label}_shrink", head.loss)


def enlarge(bottom, factor=STRIDE):
    """Return the map of H x W pixels at factor (H - 1) + 1 x factor (W - 1) + 1."""
    return L.Interp(bottom, zoom_factor=factor)


def scores_of(bottom, classes, kernel_size, param, **conv):
    """Return the convolution that scores classes."""
    return L.Convolution(
        bottom, num_output=classes, kernel_size=kernel_size, param=param, **conv, **gaussian(0.01)
    )


def gaussian(std):
    """Return the fillers of a new layer."""
    return dict(weight_filler=dict(type="gaussian", std=std), bias_filler=dict(type="constant"))
