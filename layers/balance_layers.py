"""Classes weighed against each other in the loss."""

import numpy as np

import caffe
from layers.base import need, parse


class InfogainLayer(caffe.Layer):
    """The matrix H of an InfogainLoss as a blob: its third bottom. Top: (1, 1, C, C).

    weights   of the C classes, on H's diagonal: the loss of a pixel counts that much
    """

    def setup(self, bottom, top):
        name = type(self).__name__
        given = need(parse(self.param_str, ("weights",), name), "weights", name)
        if len(bottom) or len(top) != 1:
            raise ValueError(f"{len(bottom)} bottoms, {len(top)} tops: expected none and one")
        weights = np.array(given)
        if weights.ndim != 1 or weights.dtype.kind not in "if" or not (weights >= 0).all():
            raise ValueError(f"weights {given}: expected one of at least 0 per class")
        self.matrix = np.diag(weights)

    def reshape(self, bottom, top):
        top[0].reshape(1, 1, *self.matrix.shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.matrix

    def backward(self, top, propagate_down, bottom):
        pass  # nothing here learns
