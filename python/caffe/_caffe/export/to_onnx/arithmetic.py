"""Exp, Log, Power."""

from ...layers.arithmetic import Exp, Log, Power
from .graph import Graph
from .table import converts


def affine(g: Graph, x: str, scale: float, shift: float) -> str:
    """Return x * scale + shift."""
    if scale != 1:
        x = g.mul(x, g.scalar(scale))
    return g.add(x, g.scalar(shift)) if shift else x


@converts(Exp)
def exp(g: Graph, layer: Exp, x: str):
    return affine(g, g.node("Exp", affine(g, x, layer.inner, 0)), layer.outer, 0)


@converts(Log)
def log(g: Graph, layer: Log, x: str):
    return affine(g, g.node("Log", affine(g, x, layer.scale, layer.shift)), layer.factor, 0)


@converts(Power)
def power(g: Graph, layer: Power, x: str):
    """(scale x + shift) ^ power; a constant where scale or power is 0."""
    if layer.diff_scale == 0:
        value = g.node("Pow", g.scalar(layer.shift), g.scalar(layer.power))
        return g.node("Expand", value, g.node("Shape", x))
    base = affine(g, x, layer.scale, layer.shift)
    return base if layer.power == 1 else g.node("Pow", base, g.scalar(layer.power))
