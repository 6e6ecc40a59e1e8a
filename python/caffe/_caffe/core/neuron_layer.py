"""Neuron: the base of layers that work element by element.

Their backward passes read bottom and top as they are by then, which after an in-place layer is
not what forward saw: Caffe's do (the clipped values are all that an in-place Clip finds, say), and
its figures show it. That is also why autograd is not used for them.
"""

import torch

from ..log import warning
from .layer import Layer


def rectify_(x: torch.Tensor) -> torch.Tensor:
    """Return max(0, x), in the memory of x where that is not slower (as in bfloat16)."""
    return x.relu() if x.dtype == torch.bfloat16 else x.relu_()


class Neuron(Layer):
    """One bottom, one top of its shape (neuron_layer.cpp).

    A type defines `forward(x)` and `gradient(x, y, dy)`, the bottom's diff.
    """

    warned = False
    pointwise = True
    squares_in_place = False  # its gradient is `times`

    def reshape(self, shape):
        return [shape]

    def backward(self, propagate_down, bottom, top, top_diff):
        return [self.gradient(bottom[0], top[0], top_diff[0]) if propagate_down[0] else None]

    def reach(self):
        # The square does not depend on dy: copies' gradients could not be added up before it.
        return None if self.squares_in_place and self.in_place else super().reach()

    def gradient(self, x, y, dy):
        """Return the bottom's diff; a type without one refuses to be asked."""
        self.fail("has no gradient, but a layer below it needs one")

    def times(self, slope, dy):
        """Return slope * dy; in place slope^2, as Log and Power do in Caffe.

        They compute the slope in the bottom's diff, which in place is the top's, and multiply that
        by itself (log_layer.cpp, power_layer.cpp).
        """
        if not self.in_place:
            return slope.mul_(dy)
        if not self.warned:
            self.warned = True
            warning(
                self.format_error(
                    "in place its gradient is not the true one, here as in BVLC Caffe"
                )
            )
        return slope.square_()
