"""The few building blocks that every net here is written with, VGG16's stages among them.

Each helper returns NetSpec tops; names are given by assigning them to a `NetSpec`, as in
`n.conv1_1, n.relu1_1 = conv_relu(n.data, 64)`.
"""

from caffe import layers as L
from caffe import params as P


def learning(rate):
    """Return a layer's multipliers: biases learn at twice the weights' rate and do not decay."""
    return [dict(lr_mult=rate, decay_mult=1), dict(lr_mult=2 * rate, decay_mult=0)]


MSRA = dict(type="msra")
LEARN = learning(1)
FROZEN = [dict(lr_mult=0, decay_mult=0), dict(lr_mult=0, decay_mult=0)]
# VGG16, stage: (convolutions, channels)
VGG16 = {1: (2, 64), 2: (2, 128), 3: (3, 256), 4: (3, 512), 5: (3, 512)}


def conv_relu(bottom, num_output, kernel_size=3, stride=1, pad=1, param=LEARN, **more):
    """Return a convolution and its in-place ReLU; `param=None` leaves the multipliers at (1, 1)."""
    if param is not None:
        more["param"] = param
    conv = L.Convolution(
        bottom, num_output=num_output, kernel_size=kernel_size, stride=stride, pad=pad, **more
    )
    return conv, L.ReLU(conv, in_place=True)


def max_pool(bottom, kernel_size=2, stride=2, **more):
    return L.Pooling(bottom, pool=P.Pooling.MAX, kernel_size=kernel_size, stride=stride, **more)


def score(bottom, classes):
    """Return the 1x1 convolution that scores classes, zero at first: Caffe's default filler."""
    return L.Convolution(bottom, num_output=classes, kernel_size=1, pad=0, param=LEARN)


def classify(bottom, classes, param):
    """Return the 1x1 convolution that scores classes from He's random weights."""
    return L.Convolution(bottom, num_output=classes, kernel_size=1, weight_filler=MSRA, param=param)


def upsample(bottom, classes, kernel_size, stride, **more):
    """Return a frozen deconvolution, one map per class. `surgery.interp` makes it bilinear."""
    fields = dict(num_output=classes, kernel_size=kernel_size, stride=stride, bias_term=False)
    return L.Deconvolution(bottom, convolution_param=dict(fields, **more), param=[dict(lr_mult=0)])


def add(*bottoms, **more):
    return L.Eltwise(*bottoms, operation=P.Eltwise.SUM, **more)


def named(top, name):
    """Give the layer of a top a name that is not the top's, and return the top."""
    top.fn.params["name"] = name
    return top


def dropout(bottom, ratio=0.5):
    return L.Dropout(bottom, dropout_ratio=ratio, in_place=True)


def stage(n, bottom, number, suffix="", first="conv1_1", first_pad=None, **conv):
    """Draw the convolutions and rectifiers of one of VGG16's stages, without its pooling.

    Layer names are the published classifier's, so that its weights load.

    Parameters
    ----------
    number : int
        1 to 5; the layers are conv{number}_1, relu{number}_1 ...
    suffix : str
        Ends every name.
    first, first_pad
        Name and padding of the net's very first convolution, where they are not as the others'.
    **conv
        Fields of every convolution of the stage: `pad` (1 if not given), `dilation`, `param` ...

    Returns
    -------
    Top
        The last rectifier.
    """
    depth, width = VGG16[number]
    top = bottom
    for i in range(1, depth + 1):
        unit, name, fields = f"{number}_{i}{suffix}", f"conv{number}_{i}", conv
        if (number, i) == (1, 1):
            name, fields = first, conv if first_pad is None else {**conv, "pad": first_pad}
        n[name + suffix], n["relu" + unit] = conv_relu(top, width, **fields)
        top = n["relu" + unit]
    return top


def stride_or_dilate(stages, output_stride, reached):
    """Yield stride and dilation of each of the next stages: beyond the output stride they dilate.

    `reached` is the stride so far; up to the output stride each stage strides by 2.
    """
    dilation = 1
    for _ in range(stages):
        stride = 2 if reached < output_stride else 1
        reached, dilation = reached * stride, dilation * 2 // stride
        yield stride, dilation
