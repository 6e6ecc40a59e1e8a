"""Activations and Dropout."""

from ...core.layer import Layer
from ...layers.arithmetic import AbsVal
from ...layers.forks.deepdetect import SeLu, SeLuDropout
from ...layers.forks.flownet2 import NegReLU
from ...layers.forks.mobilenet import ReLU6
from ...layers.forks.yolo import Mish
from ...layers.neuron import BNLL, ELU, Clip, Dropout, PReLU, ReLU, Sigmoid, Swish, TanH, Threshold
from .graph import Graph
from .table import converts

# What ONNX has under a name of its own, without settings.
ALIKE: dict[type, str] = {AbsVal: "Abs", Sigmoid: "Sigmoid", TanH: "Tanh"}


@converts(*ALIKE)
def alike(g: Graph, layer: Layer, x: str):
    g.decides = not isinstance(layer, AbsVal)  # TanH and Sigmoid, by a large value's last digit
    return g.node(ALIKE[type(layer)], x)


@converts(ReLU)
def relu(g: Graph, layer: ReLU, x: str):
    """Relu, or LeakyRelu with a negative slope."""
    return _leaky(g, layer, x)


def _leaky(g: Graph, layer, x: str) -> str:
    return g.node("LeakyRelu", x, alpha=layer.slope) if layer.slope else g.node("Relu", x)


@converts(PReLU)
def prelu(g: Graph, layer: PReLU, x: str):
    """PRelu, the slopes along the channels."""
    slope = g.param(0)
    if layer.blobs[0].shape:
        slope = g.reshape(slope, -1, *(1,) * (g.rank(x) - 2))
    return g.node("PRelu", x, slope)


@converts(ReLU6)
def relu6(g: Graph, layer: ReLU6, x: str):
    return g.node("Min", _leaky(g, layer, x), g.scalar(6))


@converts(NegReLU)
def neg_relu(g: Graph, layer: NegReLU, x: str):
    """Min(x, 0) + slope Max(x, 0)."""
    low = g.node("Min", x, g.scalar(0))
    high = g.mul(g.node("Relu", x), g.scalar(layer.slope))
    return g.add(low, high) if layer.slope else low


@converts(ELU)
def elu(g: Graph, layer: ELU, x: str):
    return g.node("Elu", x, alpha=layer.alpha)


@converts(SeLu)
def selu(g: Graph, layer: SeLu, x: str):
    return g.node("Selu", x, alpha=layer.alpha, gamma=layer.scale)


@converts(BNLL)
def bnll(g: Graph, layer: BNLL, x: str):
    """log(1 + exp(-|x|)) + max(x, 0), which cannot overflow."""
    e = g.node("Exp", g.node("Neg", g.node("Abs", x)))
    return g.add(g.node("Log", g.add(e, g.scalar(1))), g.node("Relu", x))


@converts(Swish)
def swish(g: Graph, layer: Swish, x: str):
    return g.mul(x, g.node("Sigmoid", g.mul(x, g.scalar(layer.beta))))


@converts(Clip)
def clip(g: Graph, layer: Clip, x: str):
    """Min, then Max: where the bounds are crossed, the lower wins as in Caffe."""
    return g.node("Max", g.node("Min", x, g.scalar(layer.high)), g.scalar(layer.low))


@converts(Threshold)
def threshold(g: Graph, layer: Threshold, x: str):
    """1 above the threshold, else 0."""
    g.decides = True
    return g.cast(g.node("Greater", x, g.scalar(layer.threshold)))


@converts(Dropout)
def dropout(g: Graph, layer: Dropout, x: str):
    """Nothing, or the mean over all masks (scale_train: false)."""
    layer.check(not layer.draws, "draws at random in TEST, too (sample_weights_test: true)")
    return g.node("Identity", x) if layer.scale_train else g.mul(x, g.scalar(layer.keep))


@converts(Mish)
def mish(g: Graph, layer: Mish, x: str):
    """x tanh(log(1 + exp(x)))."""
    return g.node("Mish", x)


@converts(SeLuDropout)
def selu_dropout(g: Graph, layer: SeLuDropout, x: str):
    """Nothing."""
    return g.node("Identity", x)
