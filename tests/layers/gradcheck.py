"""Run one layer outside a net, and hold its gradients against finite differences.

    run = build('type: "Power" power_param { power: 2 }', (2, 3))
    (top,) = run.forward()                  # numpy arrays
    (diff,) = run.backward(np.ones_like(top))
    check_gradients(run)                    # bottoms and parameters

Bottoms are given as arrays or as shapes (filled from N(0, 1), seed 1701). `run.bottom[i].data`
and `run.layer.blobs[i].data` are the live values; `run.param_diff(i)` is a parameter's gradient.
"""

import numpy as np
from google.protobuf import text_format

from caffe._caffe import layers
from caffe._caffe.core import context
from caffe._caffe.core.blob import Blob
from caffe._caffe.core.layer import Wiring, create_layer
from caffe.proto import caffe_pb2

__all__ = ["build", "check_gradients", "layers", "LayerRun"]


class LayerRun:
    """A layer with its own bottom and top blobs."""

    def __init__(self, text, arrays, tops, phase):
        param = text_format.Parse(text, caffe_pb2.LayerParameter())
        param.name = param.name or "layer"
        tops = max(tops, len(param.top))
        if not param.top:
            param.top.extend(f"top{i}" for i in range(tops))
        if not param.bottom:
            param.bottom.extend(f"bottom{i}" for i in range(len(arrays)))
        self.layer = create_layer(param, phase)
        self.layer.check_counts(len(arrays), tops)
        self.wiring = Wiring(saves_for_backward=True)
        self.bottom = [Blob(a.shape) for a in arrays]
        self.top = [Blob() for _ in range(tops)]
        for blob, array in zip(self.bottom, arrays, strict=True):
            blob.data[...] = array
        self.layer.prepare(self.bottom, self.top, self.wiring)

    def forward(self):
        """Return copies of the tops, having held their shapes to what the layer announces."""
        self.layer.run(self.bottom, self.top)
        ran = [t.shape for t in self.top]
        self.layer.shape_tops(self.bottom, self.top)
        assert [t.shape for t in self.top] == ran
        return [t.data.copy() for t in self.top]

    def backward(self, *top_diff, propagate=None):
        """Return the bottoms' diffs (None where `propagate` says no) of the last forward."""
        for blob, diff in zip(self.top, top_diff, strict=True):
            blob.diff[...] = diff
        for blob in self.layer.blobs:
            blob.diff[...] = 0
        if propagate is None:
            propagate = [i not in self.layer.no_gradient for i in range(len(self.bottom))]
        self.layer.run_backward(propagate, self.bottom, self.top, keep=False)
        return [
            b.diff.copy() if down else None for b, down in zip(self.bottom, propagate, strict=True)
        ]

    def param_diff(self, index):
        """Return a copy of parameter `index`'s gradient after `backward`."""
        return self.layer.blobs[index].diff.copy()


def build(text, *bottoms, tops=1, phase=caffe_pb2.TRAIN, seed=1701):
    """Return a LayerRun of the layer that a prototxt snippet (the inside of `layer {}`) describes.

    `tops` counts the top blobs where the snippet names none.
    """
    context.set_random_seed(seed)
    random = np.random.default_rng(seed)
    arrays = [
        random.standard_normal(b).astype(np.float32) if isinstance(b, tuple) else np.asarray(b)
        for b in bottoms
    ]
    return LayerRun(text, arrays, tops, phase)


def check_gradients(
    run, *, top_diff=None, bottoms=None, params=None, before=None, step=1e-2, tol=1e-2, most=60
):
    """Hold each gradient against central differences of sum(top * top_diff).

    bottoms, params: which to check (all that carry a gradient unless told).
    top_diff: one array per top (random unless told); a loss layer takes its loss weight.
    before: called before every forward (reseed a random layer, reset a hidden state).
    most: how many elements of each array are tried, drawn at random.
    Values near a kink (ReLU at 0, ties of a maximum) belong farther than `step` away from it.
    """
    random = np.random.default_rng(7)
    before = before or (lambda: None)
    before()
    tops = run.forward()
    if top_diff is None:
        top_diff = [random.standard_normal(t.shape).astype(np.float32) for t in tops]
    diffs = run.backward(*top_diff)
    if bottoms is None:
        bottoms = [i for i in range(len(run.bottom)) if i not in run.layer.no_gradient]
    if params is None:
        params = range(len(run.layer.blobs))
    targets = [(f"bottom {i}", run.bottom[i], diffs[i]) for i in bottoms]
    targets += [(f"param {i}", run.layer.blobs[i], run.param_diff(i)) for i in params]

    def objective():
        before()
        return sum(
            float(np.sum(np.float64(t) * np.float64(d)))
            for t, d in zip(run.forward(), top_diff, strict=True)
        )

    assert targets, "nothing to check"
    for what, blob, analytic in targets:
        flat, got = blob.data.reshape(-1), analytic.reshape(-1)
        for at in random.permutation(flat.size)[:most]:
            before_step = flat[at]
            flat[at] = before_step + np.float32(step)
            high, above = objective(), flat[at]
            flat[at] = before_step - np.float32(step)
            low, below = objective(), flat[at]
            flat[at] = before_step
            want = (high - low) / (float(above) - float(below))
            scale = max(1.0, abs(want), abs(float(got[at])))
            assert abs(want - got[at]) <= tol * scale, (
                f"{what}[{np.unravel_index(at, blob.shape)}]: gradient {got[at]:.6g}, "
                f"finite difference {want:.6g}"
            )
