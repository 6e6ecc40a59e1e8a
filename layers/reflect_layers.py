"""Pictures grown by their own reflection, for nets that pad nothing."""

import numpy as np

import caffe
from layers.data_layer import ParameterError, parse, require


class ReflectLayer(caffe.Layer):
    """The bottom with a border of its reflection all round, the edge itself not repeated.

    OpenCV's BORDER_REFLECT_101, as in the script of Yu and Koltun's nets (fyu/dilation, test.py).
    No gradient: the bottom is a picture.

    Parameters
    ----------
    margin
        Pixels on each side.
    multiple
        The height and width without the margin grow, at the bottom and right, to multiples of it
        (default 1).
    """

    def setup(self, bottom, top):
        name = type(self).__name__
        params = parse(self.param_str, ("margin", "multiple"), name)
        self.margin, self.multiple = require(params, "margin", name), params.get("multiple", 1)
        if not all(isinstance(v, int) for v in (self.margin, self.multiple)) or (
            self.margin < 0 or self.multiple < 1
        ):
            raise ParameterError(
                f"margin {self.margin!r}, multiple {self.multiple!r}: expected whole numbers, at "
                "least 0 and 1"
            )
        if len(bottom) != 1 or len(top) != 1:
            raise ParameterError(f"{len(bottom)} bottoms, {len(top)} tops: expected one and one")

    def borders(self, size):
        """Return how many pixels come before and behind each spatial axis."""
        return [(self.margin, self.margin + -n % self.multiple) for n in size]

    def reshape(self, bottom, top):
        shape = bottom[0].data.shape
        sides = (n + sum(b) for n, b in zip(shape[2:], self.borders(shape[2:]), strict=True))
        top[0].reshape(*shape[:2], *sides)

    def forward(self, bottom, top):
        values = bottom[0].data
        around = [(0, 0), (0, 0), *self.borders(values.shape[2:])]
        top[0].data[...] = np.pad(values, around, mode="reflect")

    def backward(self, top, propagate_down, bottom):
        pass

    def to_onnx(self, graph, x):
        """Return the top's name in an ONNX graph (`caffe.export.onnx`).

        ONNX's own Pad reflects once; gathered rows and columns reflect as often as it takes.
        """
        for axis in (2, 3):
            size = graph.size(x, axis)
            behind = graph.node("Mod", graph.node("Neg", size), graph.ints(self.multiple))
            end = graph.add(graph.add(size, behind), graph.ints(self.margin))
            place = graph.node(
                "Range", graph.whole(-self.margin), graph.node("Squeeze", end), graph.whole(1)
            )
            there_and_back = graph.mul(graph.sub(size, graph.ints(1)), graph.ints(2))
            period = graph.node("Max", there_and_back, graph.ints(1))
            place = graph.node("Mod", place, period)
            x = graph.node(
                "Gather", x, graph.node("Min", place, graph.sub(period, place)), axis=axis
            )
        return x
