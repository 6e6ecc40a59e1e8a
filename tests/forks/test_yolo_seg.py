"""MobileNet-YOLO's loss of segmentation maps, by the loops of its yolo_seg.cpp."""

import numpy as np
import pytest
from gradcheck import build

import caffe

F = np.float32
COUNT = np.arange(24)
X = ((COUNT * 7 % 11 - 5) * 0.5).astype(F).reshape(2, 2, 2, 3)
TRUTH = (COUNT * 5 % 7 > 3).astype(F).reshape(X.shape)
TEXT = 'type: "YoloSeg" yolo_seg_param { object_scale: 0.2 }'
FIRST = [0.00758581748, -0.0268941373, 0.0268941429, 0.0924141854, -0.0377540663, -0.0817574486]
WEIGHED = [0.00758581748, -0.0345781818, 0.0268941429, 0.0924141854, -0.0485409424, -0.105116725]


@pytest.mark.parametrize(
    ("more", "loss", "first"),
    [((), 0.209151939, FIRST), ((TRUTH.sum((2, 3)),), 0.269336045, WEIGHED)],
)
def test_the_forks_figures(more, loss, first):
    run = build(TEXT, X, TRUTH, *more)
    assert run.forward()[0] == pytest.approx(loss, rel=1e-6)
    dx = run.backward(F(1), propagate=[True] + [False] * (1 + len(more)))[0]
    np.testing.assert_allclose(dx.ravel()[:6], first, rtol=1e-5)


def test_refusals():
    with pytest.raises(caffe.LayerError, match="as large a truth"):
        build(TEXT, (2, 2, 2, 3), (2, 1, 2, 3))
    with pytest.raises(caffe.LayerError, match=r"bottom 2 must be \(N, 2\)"):
        build(TEXT, (2, 2, 2, 3), (2, 2, 2, 3), (2, 3))
