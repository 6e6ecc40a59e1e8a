"""Boxes as MS-CNN's layers write them, for its tests."""

import math

import numpy as np

MEAN, STD = [0.1, -0.1, 0.05, 0.2], [0.2, 0.3, 0.4, 0.5]
NORM = "bbox_reg_param { " + "".join(
    f"bbox_mean: {m} bbox_std: {s} " for m, s in zip(MEAN, STD, strict=True)
) + "}"  # fmt: skip


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def moved(prediction, x, y, width=40, height=30, step=8, whr=2.0, xyr=2.0):
    """Return the box (x, y, w, h) of a prediction at a place."""
    d = prediction * STD + MEAN
    d[:2], d[2:] = np.clip(d[:2], -1 / xyr, 1 / xyr), np.clip(d[2:], -math.log(whr), math.log(whr))
    w, h = width * math.exp(d[2]), height * math.exp(d[3])
    cx, cy = (x + 0.5) * step + d[0] * width, (y + 0.5) * step + d[1] * height
    return np.array([cx - w / 2, cy - h / 2, w, h])
