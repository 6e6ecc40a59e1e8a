"""What the tests of SSD's layers share: boxes, priors, truth."""

import numpy as np
from gradcheck import build
from losskit import normal

RNG = np.random.default_rng(3)


F = np.float32


def some_boxes(count):
    return np.sort(RNG.random((count, 2, 2)), 1).reshape(count, 4).astype(F)


def iou(a, b):
    width, height = (min(a[2 + i], b[2 + i]) - max(a[i], b[i]) for i in (0, 1))
    both = max(width, 0) * max(height, 0)
    size = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return both / (sum(size) - both) if both else 0.0


def priors(count):
    boxes = some_boxes(count)
    variance = np.tile(np.array([0.1, 0.1, 0.2, 0.2], F), count)
    return np.stack([boxes.ravel(), variance])[None]


def truth_rows(pictures, classes):
    rows = [
        (i, RNG.integers(1, max(2, classes)), 0, *box, 0)
        for i, count in enumerate(pictures)
        for box in some_boxes(count)
    ]
    return np.array(rows or [(-1,) * 8], F)[None, None]


def multibox(settings, pictures=(3, 0, 2), count=30, classes=4, sets=1, extra="", **kwargs):
    num = len(pictures)
    return build(
        f'type: "MultiBoxLoss" multibox_loss_param {{ num_classes: {classes} {settings} }} {extra}',
        0.3 * normal(num, count * 4 * sets),
        normal(num, count * classes),
        priors(count),
        truth_rows(pictures, classes),
        **kwargs,
    )
