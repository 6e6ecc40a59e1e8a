"""ENet's dropout of whole maps (TimoSaemann/caffe-enet, python/spatial_dropout.py)."""

import ast

import numpy as np

from ...core.python_layers import published
from ...errors import LayerError


@published("spatial_dropout", "SpatialDropoutLayer")
class SpatialDropoutLayer:
    """A Python layer that leaves out each map of each item with probability p.

    param_str: a dict of `phase` ("TRAIN" or "TEST", whatever the net's own is) and `p`. Bottom and
    top: (N, C, ...). Maps that stay are divided by 1 - p, and so are all in TEST, as published.

    Each item's gradient passes through its own masks; the published layer takes the last item's
    for all.
    """

    param_str: str  # set by the runtime

    def setup(self, bottom, top):
        try:
            settings = ast.literal_eval(self.param_str.strip())
            self.drops, p = settings["phase"] == "TRAIN", float(settings["p"])
        except (ValueError, SyntaxError, TypeError, KeyError):
            raise LayerError(
                "param_str is a dict such as {'phase': 'TRAIN', 'p': 0.1}, given "
                f"{self.param_str!r}"
            ) from None
        if not 0 < p < 1:
            raise LayerError(f"p must lie between 0 and 1, given {p:g}")
        self.keep = 1 - p

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        x = bottom[0].data
        self.mask = np.float32(1 / self.keep)
        if self.drops:
            drawn = np.random.binomial(1, self.keep, x.shape[:2]).astype(np.float32)
            self.mask = (self.mask * drawn).reshape(*x.shape[:2], *(1,) * (x.ndim - 2))
        top[0].data[...] = x * self.mask

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[...] = top[0].diff * self.mask

    def to_onnx(self, graph, x):
        if self.drops:
            raise LayerError("draws its masks (phase TRAIN in param_str): use one of phase TEST")
        return graph.mul(x, graph.scalar(1 / self.keep))
