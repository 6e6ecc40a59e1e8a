"""RRPN's pooling over turned regions, against the fork's loop."""

import math

import numpy as np
import pytest
from gradcheck import build

from caffe._caffe.errors import LayerError
from caffe._caffe.layers.forks import rrpn

F = np.float32
ROIS = F([
    [0, 20, 16, 16, 24, 0], [1, 17.2, 21.5, 13, 22, 30], [0, 30.5, 10.3, 20, 9, -75],
    [1, 3, 4, 30, 30, 45], [0, 400, 400, 8, 8, 10],
])  # fmt: skip
TEXT = (
    'type: "RotateROIPooling" rotate_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 }'
)


def pooled(x, rois, picture, size, scale):
    """Return the maxima, and the place of each, by looking at every pixel of every part."""
    high, wide = (int(v * scale) for v in picture[:2])
    top = np.zeros((len(rois), x.shape[1], *size), F)
    place = np.full(top.shape, -1)
    for r, (image, cx, cy, h, w, degrees) in enumerate(rois):
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        part_w, part_h = w * scale / size[1], h * scale / size[0]
        for row in range(min(high, x.shape[2])):
            for column in range(min(wide, x.shape[3])):
                dx, dy = column - cx * scale, row - cy * scale
                j = (cos * dx - sin * dy) / part_w + size[1] / 2
                i = (sin * dx + cos * dy) / part_h + size[0] / 2
                if not (0 <= i < size[0] and 0 <= j < size[1]):
                    continue
                at = (r, slice(None), int(i), int(j))
                values = x[int(image), :, row, column]
                better = values > top[at]
                top[at] = np.where(better, values, top[at])
                place[at] = np.where(better, row * x.shape[3] + column, place[at])
    return top, place


@pytest.mark.parametrize("picture", [(48, 60, 1), (31, 40, 1), (200, 200, 1)])
@pytest.mark.parametrize("chunk", [1 << 21, 700])
def test_turned_regions(picture, chunk, monkeypatch):
    monkeypatch.setattr(rrpn, "CHUNK", chunk)
    x = np.random.default_rng(1).standard_normal((2, 5, 24, 30)).astype(F)
    run = build(TEXT, x, ROIS, F([picture]))
    want, place = pooled(x, ROIS, picture, (2, 3), 0.5)
    np.testing.assert_array_equal(run.forward()[0], want)
    diff = np.random.default_rng(2).standard_normal(want.shape).astype(F)
    dx = np.zeros((2, 5, 24 * 30), F)
    for r, c, i, j in np.argwhere(place >= 0):
        dx[int(ROIS[r, 0]), c, place[r, c, i, j]] += diff[r, c, i, j]
    for _ in range(2):  # from what forward saved, and without
        np.testing.assert_allclose(run.backward(diff)[0], dx.reshape(x.shape), rtol=1e-6)


def test_of_equals_the_first_gets_the_gradient():
    x = np.ones((1, 1, 4, 4), F)
    x[0, 0, 0, 0] = np.nan
    text = 'type: "RotateROIPooling" rotate_pooling_param { pooled_h: 1 pooled_w: 1 }'
    run = build(text, x, F([[0, 2, 2, 4, 4, 0]]), F([[4, 4, 1]]))
    assert run.forward()[0].item() == 1
    want = np.zeros((4, 4))
    want[0, 1] = 3
    np.testing.assert_array_equal(run.backward(F([[[[3]]]]))[0][0, 0], want)


def test_refusals():
    with pytest.raises(LayerError, match="takes regions of shape"):
        build(TEXT, (1, 2, 8, 8), (3, 5), (1, 3))
    with pytest.raises(LayerError, match="takes maps of shape"):
        build(TEXT, (1, 2, 8), (3, 6), (1, 3))
    with pytest.raises(LayerError, match="bottom 2 must be"):
        build(TEXT, (1, 2, 8, 8), (3, 6), (1,))
    with pytest.raises(LayerError, match="needs pooled_w > 0"):
        build(TEXT.replace("pooled_w: 3", ""), (1, 2, 8, 8), (3, 6), (1, 3))
    with pytest.raises(LayerError, match="image"):
        build(TEXT, (1, 2, 8, 8), F([[1, 2, 2, 4, 4, 0]]), F([[8, 8, 1]])).forward()
