"""VGG's shape at a size that a laptop trains: the demo's and CamVid-mini's nets.

Every 3x3 convolution, fc6 among them, pads one pixel, so the padding of 100 is not needed: a map
of stride s has ceil(size / s) pixels. Upsampled maps are then the larger ones, and it is they
that are cropped to the skips (`padded=False` of `nets.fcn.upscore`). The last crop always covers
the input, as s (ceil(size / s) + 1) - s / 2 >= size; also where the first step halves an odd size
downwards (`strided`), which leaves ceil((size - 1) / s).
"""

from caffe import layers as L
from nets.blocks import LEARN, MSRA, dropout, learning, max_pool, score, stride_or_dilate
from nets.fcn import upscore

# Caffe's 0.999 averages over a thousand iterations, which is all that these nets train for: they
# would be scored with the statistics of their first iterations.
BN_AVERAGE_FRACTION = 0.95


def small_fcn(n, heads, stride=32, scales=None, widths=(16, 32, 64, 96, 128),
              depths=(2, 2, 2, 2, 2), dense=192, batch_norm=False, drop=0.5,
              strided=False, rate=1):  # fmt: skip
    """Draw an FCN over `n.data` on the small trunk.

    Parameters
    ----------
    n, heads, stride, scales
        As in `nets.fcn.fcn`.
    widths, depths : sequence of int
        Channels and convolutions of the five stages.
    dense : int or (int, int)
        Channels of fc6 and fc7.
    batch_norm, strided, rate
        As in `trunk`.
    drop : float
        Dropout ratio of fc6 and fc7.
    """
    top = trunk(n, n.data, widths, depths, batch_norm, strided, rate)
    top = dense_layers(n, top, dense, drop)
    for head in heads:
        n["score_fr" + head.suffix] = score(top, head.classes)
        upscore(n, n.data, head, stride, scales, padded=False)


def small_classifier(n, heads, side=96, widths=(16, 32, 64, 96, 128),
                     depths=(2, 2, 2, 2, 2), dense=192, batch_norm=False, drop=0.5):  # fmt: skip
    """Draw the classifier from which `small_fcn` of the same numbers starts.

    Parameters
    ----------
    side : int
        Pixels of a picture's sides, 65 to 96: fc6 sees the whole of pool5, which must be 3 x 3. Its
        weights are those of the padded 3x3 convolution.
    n, heads, widths, depths, dense, batch_norm, drop
        As in `small_fcn`.
    """
    if not 65 <= side <= 96:
        raise ValueError(f"small_classifier: side {side}: expected 65 to 96, for a 3 x 3 pool5")
    trunk(n, n.data, widths, depths, batch_norm)
    top = n.pool5
    for name in ("6", "7"):
        n["fc" + name] = L.InnerProduct(top, num_output=dense, weight_filler=MSRA, param=LEARN)
        top = n["relu" + name] = L.ReLU(n["fc" + name], in_place=True)
        if drop:
            top = n["drop" + name] = dropout(top, drop)
    (head,) = heads
    n["score" + head.suffix] = L.InnerProduct(
        top, num_output=head.classes, weight_filler=MSRA, param=LEARN
    )


def dense_layers(n, bottom, dense, drop, dilation=1):
    """Draw fc6 (3x3, dilated) and fc7, and return the last top; `dense`: their channels."""
    top = bottom
    fc6, fc7 = (dense, dense) if isinstance(dense, int) else dense
    for name, width, kernel_size, holes in (("6", fc6, 3, dilation), ("7", fc7, 1, 1)):
        top = unit(n, "fc" + name, name, top, width, kernel_size, batch_norm=False, dilation=holes)
        if drop:
            top = n["drop" + name] = dropout(top, drop)
    return top


def trunk(
    n, data, widths, depths, batch_norm, strided=False, rate=1, output_stride=32, pools_stay=False
):
    """Draw five stages of 3x3 convolutions and a 2x2 max pool: conv1_1 to pool5.

    Parameters
    ----------
    widths, depths : sequence of int
        Channels and convolutions of the stages.
    batch_norm : bool
        Normalise every convolution's output.
    strided : bool
        Make conv1_1 a 4x4 convolution of stride 2 and leave out pool1. Half of all the time goes
        into the first stage otherwise. (4x4, as its pixels lie where those of a 2x2 pool would.)
    rate : float
        Multiplies the learning rate.
    output_stride : int
        Beyond it there are no pools; the convolutions that follow dilate instead.
    pools_stay : bool
        Keep those pools, 3x3 of stride 1, as in DeepLab.

    Returns
    -------
    Top
        The last one.
    """
    top, dilation = data, 1
    steps = stride_or_dilate(len(widths), output_stride, reached=1)  # by the pools
    for stage, (width, depth, step) in enumerate(zip(widths, depths, steps, strict=True), 1):
        halve = strided and stage == 1
        for i in range(1, depth + 1):
            kernel_size, stride = (4, 2) if halve and i == 1 else (3, 1)
            number = f"{stage}_{i}"
            top = unit(
                n, "conv" + number, number, top, width, kernel_size, batch_norm, stride, rate,
                dilation,
            )  # fmt: skip
        stride, dilation = step
        if stride == 2 and not halve:
            top = n[f"pool{stage}"] = max_pool(top)
        elif stride == 1 and pools_stay:
            top = n[f"pool{stage}"] = max_pool(top, 3, 1, pad=1)
    return top


def unit(n, name, number, bottom, width, kernel_size, batch_norm, stride=1, rate=1, dilation=1):
    """Convolution and rectifier; with `batch_norm` BatchNorm and Scale instead of the bias."""
    learn = learning(rate)
    n[name] = L.Convolution(
        bottom,
        num_output=width,
        kernel_size=kernel_size,
        stride=stride,
        pad=dilation * (kernel_size - 1) // 2,
        **(dict(dilation=dilation) if dilation > 1 else {}),
        weight_filler=MSRA,
        bias_term=not batch_norm,
        param=learn[:1] if batch_norm else learn,
    )
    top = n[name]
    if batch_norm:
        top = n["bn" + number] = L.BatchNorm(
            top, in_place=True, moving_average_fraction=BN_AVERAGE_FRACTION
        )
        top = n["scale" + number] = L.Scale(
            top, in_place=True, bias_term=True, param=[dict(lr_mult=rate, decay_mult=0)] * 2
        )
    n["relu" + number] = L.ReLU(top, in_place=True)
    return n["relu" + number]
