"""What the tests of losses share: inputs, and the softmax by hand."""

import numpy as np
from gradcheck import build

RANDOM = np.random.default_rng(42)
WEIGHT = [np.float32(0.7)]  # a loss weight other than 1, as the net puts it in the top's diff


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def labels(classes, *shape):
    return RANDOM.integers(0, classes, shape).astype(np.float32)


def close(got, want, **tolerance):
    np.testing.assert_allclose(got, want, **{"rtol": 1e-5, "atol": 1e-6, **tolerance})


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def softmax_loss(settings, x, label, **kwargs):
    return build(f'type: "SoftmaxWithLoss" {settings}', x, label, **kwargs)


def onehot(label, classes, axis):
    """1 at the label along `axis`, nothing where it is no class."""
    return np.stack([label == c for c in range(classes)], axis).astype(np.float32)
