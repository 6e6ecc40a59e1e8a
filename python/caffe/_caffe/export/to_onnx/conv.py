"""Convolution, Deconvolution, Im2col."""

import math

import numpy as np

from ...layers.conv import Convolution, Deconvolution, Filters
from ...layers.im2col import Im2col
from .graph import Graph
from .table import converts


@converts(Convolution, Deconvolution)
def filters(g: Graph, layer: Filters, *bottom: str):
    """Conv or ConvTranspose; every bottom has its own top."""
    if not layer.axes:
        return tuple(_inner_product(g, layer, x) for x in bottom)
    layer.check(
        layer.native, "ONNX convolves up to 3 axes; more, or such strides, cannot be written"
    )
    return tuple(_convolve(g, layer, x) for x in bottom)


def _convolve(g: Graph, layer: Filters, x: str) -> str:
    w, lead = layer.windows, layer.axis
    inputs = [x, *(g.param(i) for i in range(1 + layer.bias))]
    if lead != 1:
        inputs[0] = g.reshape(x, -1, g.size(x, lead, g.rank(x)))
    y = g.node("ConvTranspose" if layer.transposed else "Conv", *inputs, **_laid(w, layer.group))
    if lead != 1:
        y = g.reshape(y, g.size(x, 0, lead), g.size(y, 1, 2 + layer.axes))
    return y


def _laid(windows, group: int) -> dict:
    """Return what Conv and ConvTranspose say of their windows."""
    return dict(
        kernel_shape=windows.kernel,
        strides=windows.stride,
        pads=[*windows.pad, *windows.pad],
        dilations=windows.dilation,
        group=group,
    )


def _inner_product(g: Graph, layer: Filters, x: str) -> str:
    layer.check(layer.group == 1, "without spatial axes and with groups it cannot be written")
    weight = g.param(0) if layer.transposed else g.node("Transpose", g.param(0), perm=[1, 0])
    y = g.node("MatMul", x, weight)
    return g.add(y, g.param(1)) if layer.bias else y


@converts(Im2col)
def im2col(g: Graph, layer: Im2col, x: str):
    """A convolution by filters that each pick one element of the window."""
    layer.check(layer.axis == 1 and layer.axes <= 3, "can be written for axis 1 alone")
    w, channels = layer.windows, g.shapes[x][1]
    elements = math.prod(w.kernel)
    picks = np.tile(np.eye(elements, dtype=np.float32), (channels, 1))
    picks = picks.reshape(channels * elements, 1, *w.kernel)
    return g.node("Conv", x, g.floats(picks), **_laid(w, channels))
