"""Layers of yjxiong/caffe (TSN's Caffe) that pass blobs between its processes."""

from ...core.layer import Layer, register


@register("Gather")
class Gather(Layer):
    """The same blobs from all of the fork's MPI processes, one behind the other (gather_layer.cpp).

    Here one process holds a net, so each top is its bottom, as in the fork without MPI. A label
    among them needs no gradient, whatever the others do (net.cpp).
    """

    bottoms = tops = (1, None)
    same_count = True
    asks_for = "each"

    def reshape(self, *shapes):
        return list(shapes)

    def forward(self, *bottom):
        return bottom

    def backward(self, propagate_down, bottom, top, top_diff):
        return [
            dy.clone() if down else None for dy, down in zip(top_diff, propagate_down, strict=True)
        ]


@register("Scatter")
class Scatter(Gather):
    """Gather's counterpart (scatter_layer.cpp): each process keeps its part of the blobs."""

    asks_for = "all"
