"""Classes weighed against each other in the loss."""

import numpy as np

import caffe
from layers.data_layer import ParameterError, parse, require


class InfogainLayer(caffe.Layer):
    """The matrix H of an InfogainLoss as a blob, its third bottom; top 1 x 1 x C x C.

    Parameters
    ----------
    weights
        Of the C classes, on H's diagonal: what the loss of a pixel is multiplied by.
    """

    def setup(self, bottom, top):
        name = type(self).__name__
        given = require(parse(self.param_str, ("weights",), name), "weights", name)
        if len(bottom) or len(top) != 1:
            raise ParameterError(f"{len(bottom)} bottoms, {len(top)} tops: expected none and one")
        weights = np.array(given)
        if weights.ndim != 1 or weights.dtype.kind not in "if" or not (weights >= 0).all():
            raise ParameterError(f"weights {given}: expected one of at least 0 per class")
        self.matrix = np.diag(weights)

    def reshape(self, bottom, top):
        top[0].reshape(1, 1, *self.matrix.shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.matrix

    def backward(self, top, propagate_down, bottom):
        pass  # no bottoms, no parameters
