"""Dilated convolutions: VGG16 as a dense front end, and a context module behind it.

    data (reflected 186 pixels outwards) ─ conv1 ─ pool1 ─ conv2 ─ pool2 ─ conv3 ─ pool3
        ─ conv4 ─ conv5 (dilation 2) ─ fc6 (dilation 4) ─ fc7 ─ final
        ─ context: 3x3 convolutions of dilation 1 1 2 4 8 16 1, then 1x1 ─ prob

Yu, Koltun: "Multi-Scale Context Aggregation by Dilated Convolutions" (ICLR 2016); the front end:
section 4, the context module: section 3 and table 1. Nothing in the front end pads: the script
reflects the picture's border outwards instead. Names are those of the released models.
"""

from caffe import layers as L
from nets.blocks import FROZEN, LEARN, conv_relu, dropout, max_pool, stage
from nets.outputs import Loss

#: Pixels that the front end takes off each side, besides its stride of 8 (the released `test.py`).
LABEL_MARGIN = 186
STRIDE = 8
DILATIONS = (1, 1, 2, 4, 8, 16, 1)  # of Dilation8; Dilation10 has 32 and 64 too, Dilation7 no 16
LARGE_WIDTHS = (2, 2, 4, 8, 16, 32, 32)  # times the classes
# What the first two layers of the PASCAL VOC model's context module alone have.
LARGE_PARAM = [dict(lr_mult=1, decay_mult=1), dict(lr_mult=2, decay_mult=1)]


def dilation(n, heads, dilations=DILATIONS, large=False, upsampled=False, identity=False):
    """Draw the whole net over `n.data`: front end, context module, `prob`.

    Parameters
    ----------
    dilations : tuple of int
        Of the context module's 3x3 convolutions.
    large : bool
        Whether the context module's channels grow (table 1, "large"), as in the PASCAL VOC model.
    upsampled : bool
        Whether a fixed deconvolution brings the scores to the input's resolution, as in the
        Cityscapes model.
    identity : bool
        See `context_module`.
    """
    (head,) = heads
    top = front_end(n, heads, "fc-final" if large else "final", None if large else LEARN)
    top = context_module(n, top, head.classes, dilations, large, identity)
    if upsampled:
        top = n.ctx_upsample = upsample(top, head.classes)
    n.prob = L.Softmax(top)


def segmenter(n, heads, dilations=DILATIONS, large=False, step="joint", train=False):
    """Draw a net that takes pictures of any size and trains, over `n.data`.

    Pictures are reflected outwards in the net; where the authors do so in a script, and cut larger
    ones into pieces of the deploy net's size, here each is taken whole. In training the data layer
    reflects them, so that the windows it cuts out have their surroundings, and labels come at
    stride 8, as from the authors' ImageLabelData.

    Parameters
    ----------
    dilations, large
        See `dilation`.
    step : str
        "front end": it alone. "context": the context module learns, starting as the identity, the
        front end does not and drops nothing: the second of the authors' two steps, which has its
        maps in files. "joint": both learn.
    train : bool

    Returns
    -------
    list of Loss
        In training; otherwise the full-size scores are `score`.
    """
    if step not in ("front end", "context", "joint"):
        raise ValueError(f"dilation: step {step!r}: expected front end, context or joint")
    (head,) = heads
    if not train:
        settings = dict(margin=LABEL_MARGIN, multiple=STRIDE)
        n.reflected = L.Python(
            n.data, module="layers.reflect_layers", layer="ReflectLayer", param_str=str(settings)
        )
    only_context = step == "context"
    name = "fc-final" if large else "final"
    top = front_end(
        n,
        heads,
        name,
        FROZEN if only_context else LEARN,
        n.data if train else n.reflected,
        drop=not only_context,
    )
    if step != "front end":
        top = context_module(n, top, head.classes, dilations, large, identity=True)
        name = "ct_final" if large else "ctx_final"
    if train:
        return [Loss(name, head.label, head.loss)]
    n.ctx_upsample = upsample(top, head.classes)
    n[head.score] = L.Crop(n.ctx_upsample, n.data, axis=2, offset=0)
    return None


def upsample(bottom, classes):
    """Return the fixed deconvolution by 8, a map per class; 8 k pixels give 8 times as many."""
    fields = dict(kernel_size=16, stride=STRIDE, pad=4, bias_term=False)
    return L.Deconvolution(
        bottom,
        convolution_param=dict(num_output=classes, group=classes, **fields),
        param=[dict(lr_mult=0, decay_mult=0)],
    )


def front_end(n, heads, final="final", param=LEARN, data=None, drop=True):
    """Draw the front end: H x W pixels give (H - 372) / 8 x (W - 372) / 8 scores, so 900 gives 66.

    Parameters
    ----------
    final : str
        The name of the scores.
    param : list of dict, optional
        Learning multipliers of every layer; None leaves them at Caffe's (1, 1), as in the PASCAL
        VOC model.
    data : Top, optional
        The picture, `n.data` if not given.
    drop : bool
        Whether fc6 and fc7 have a dropout.
    """
    (head,) = heads
    top = n.data if data is None else data
    for number in (1, 2, 3, 4, 5):
        dilated = dict(dilation=2) if number == 5 else {}
        top = stage(n, top, number, pad=0, param=param, **dilated)
        if number < 4:
            top = n[f"pool{number}"] = max_pool(top)
    n.fc6, n.relu6 = conv_relu(top, 4096, 7, pad=0, dilation=4, param=param)
    top = n.relu6
    if drop:
        top = n.drop6 = dropout(top)
    n.fc7, n.relu7 = conv_relu(top, 4096, 1, pad=0, param=param)
    top = n.relu7
    if drop:
        top = n.drop7 = dropout(top)
    multipliers = dict(param=param) if param else {}
    n[final] = L.Convolution(top, num_output=head.classes, kernel_size=1, **multipliers)
    return n[final]


def context_module(n, bottom, classes, dilations=DILATIONS, large=False, identity=False):
    """Draw the context module and return its scores.

    Parameters
    ----------
    bottom : Top
        Score maps, N x classes x H x W; the result has the same shape.
    dilations : tuple of int
        Of the 3x3 convolutions.
    large : bool
        Whether their channels grow; then the first one pads for all.
    identity : bool
        Whether the module starts as the identity (section 3, equations 4 and 5), by the filler of
        the authors' Caffe. The released nets, which were only published to be run, have none.
    """
    prefix = "ct" if large else "ctx"
    widths = LARGE_WIDTHS if large else (1,) * len(dilations)
    names = ["conv1_1", "conv1_2", *(f"conv{i}_1" for i in range(2, len(dilations) - 1)), "fc1"]
    top = bottom
    for i, (name, rate, width) in enumerate(zip(names, dilations, widths, strict=True)):
        if large:
            fields = dict(pad=sum(dilations) if i == 0 else 0, param=LARGE_PARAM if i < 2 else None)
        else:
            fields = dict(pad=rate, param=LEARN)
        fields |= dict(dilation=rate) if rate > 1 else {}
        fields |= identity_filler(classes, width) if identity else {}
        conv, relu = conv_relu(top, width * classes, 3, **fields)
        n[f"{prefix}_{name}"] = conv
        top = n[f"{prefix}_{relu_name(name)}"] = relu
    fields = {} if large else dict(param=LEARN)
    fields |= identity_filler(classes, 1) if identity else {}
    n[f"{prefix}_final"] = L.Convolution(top, num_output=classes, kernel_size=1, **fields)
    return n[f"{prefix}_final"]


def relu_name(conv):
    """Return conv1_1 -> relu1_1, fc1 -> fc1_relu: the released models' names."""
    return conv.replace("conv", "relu") if conv.startswith("conv") else conv + "_relu"


def identity_filler(classes, width):
    """Return the fillers of a layer of width * classes channels (released `network.py`)."""
    weights = dict(type="identity", num_groups=classes, std=0.01 / width)
    return dict(weight_filler=weights, bias_filler=dict(type="constant", value=0))
