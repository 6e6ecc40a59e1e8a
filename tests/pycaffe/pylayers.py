"""Layers written in Python, and the prototxt that names them."""

import json

import caffe


class Times(caffe.Layer):
    """Multiplies by param_str, ten without one; in and out, forward and backward."""

    def setup(self, bottom, top):
        self.factor = float(self.param_str or 10)

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor * top[0].diff


class Weighted(caffe.Layer):
    """y = w x for one learnable w."""

    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = 3

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.blobs[0].data[0] * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[0] += (top[0].diff * bottom[0].data).sum()
        bottom[0].diff[...] = self.blobs[0].data[0] * top[0].diff


class SquareLoss(caffe.Layer):
    """Half the sum of squares, as a loss of its own."""

    def setup(self, bottom, top):
        if len(bottom) != 1:
            raise ValueError("SquareLoss takes one bottom")

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = (bottom[0].data ** 2).sum() / 2

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = bottom[0].data * top[0].diff[0]


class Source(caffe.Layer):
    """A data layer with two tops and a size that changes at every forward."""

    def setup(self, bottom, top):
        self.sizes = json.loads(self.param_str)["sizes"]
        self.index = 0

    def reshape(self, bottom, top):
        size = self.sizes[self.index % len(self.sizes)]
        top[0].reshape(1, 1, size, size)
        top[1].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = 1
        top[1].data[...] = self.index
        self.index += 1

    def backward(self, top, propagate_down, bottom):
        pass


class Phase(caffe.Layer):
    """Tells the phase."""

    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape()

    def forward(self, bottom, top):
        top[0].data[()] = self.phase


class Fails(caffe.Layer):
    """Raises in the method that param_str names."""

    def _maybe(self, where):
        if self.param_str == where:
            raise LookupError(f"broken in {where}")

    def setup(self, bottom, top):
        self._maybe("setup")

    def reshape(self, bottom, top):
        self._maybe("reshape")
        top[0].reshape(1)

    def forward(self, bottom, top):
        self._maybe("forward")

    def backward(self, top, propagate_down, bottom):
        self._maybe("backward")


class Two(Exception):
    """Has two arguments."""


class One(caffe.Layer):
    """A top of one element; with a param_str, an exception."""

    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = 2.5
        if self.param_str:
            raise Two(7, "what")

    def backward(self, top, propagate_down, bottom):
        pass


INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'


def python(name, kind, bottom="x", param_str="", more=""):
    text = param_str.replace('"', r"\"")
    bottoms = " ".join(f'bottom: "{b}"' for b in bottom.split())
    return f"""
layer {{ name: "{name}" type: "Python" {bottoms} top: "{name}" {more}
  python_param {{ module: "{__name__}" layer: "{kind}" param_str: "{text}" }} }}"""
