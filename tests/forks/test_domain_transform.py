"""DomainTransform and SpatialProduct beyond their figures: slow NumPy, gradients, refusals."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(11)


def dims(*pairs):
    return np.array(pairs, np.float32).reshape(len(pairs), 1, 1, 2)


def domain(settings="", x=(1, 2, 4, 5), gradient=None, dim=None, type="DomainTransform", **kwargs):
    shape = x if isinstance(x, tuple) else x.shape
    if gradient is None:
        gradient = RANDOM.random((shape[0], 1, *shape[2:])).astype(np.float32) * 3
    dim = dims(*[shape[2:]] * shape[0]) if dim is None else dim
    text = f"type: '{type}' domain_transform_param {{ {settings} }}"
    return build(text, x, gradient, dim, **kwargs)


def slow(x, gradient, rounds, spatial, edge, least=0.0, most=1.0):
    """One map, pixel by pixel, as the passes are defined."""
    y = x.astype(np.float64).copy()
    height, width = y.shape
    for i in range(1, rounds + 1):
        sigma = spatial * math.sqrt(3) * 2.0 ** (rounds - i) / math.sqrt(4.0**rounds - 1)
        w = np.exp(-math.sqrt(2) / sigma * (1 + gradient * spatial / edge))
        w = np.minimum(np.maximum(w, least), most)
        for h in range(height):
            for p in range(1, width):
                y[h, p] += w[h, p] * (y[h, p - 1] - y[h, p])
            for p in range(width - 2, -1, -1):
                y[h, p] += w[h, p + 1] * (y[h, p + 1] - y[h, p])
        for p in range(width):
            for h in range(1, height):
                y[h, p] += w[h, p] * (y[h - 1, p] - y[h, p])
            for h in range(height - 2, -1, -1):
                y[h, p] += w[h + 1, p] * (y[h + 1, p] - y[h, p])
    return y


@pytest.mark.parametrize(
    "type, bounds",
    [("DomainTransform", (0.3, 1)), ("DomainTransformForwardOnly", (0, np.inf))],
)
def test_passes_are_those_of_a_slow_filter(type, bounds):
    settings = "num_iter: 2 spatial_sigma: 9 range_sigma: 2 min_weight: 0.3"
    run = domain(settings, (2, 2, 5, 6), dim=dims((5, 6), (3, 4)), type=type)
    run.bottom[1].data[...] -= 0.5  # w above 1 where 1 + g spatial / range is negative
    x, gradient = run.bottom[0].data.copy(), run.bottom[1].data.copy()
    (got,) = run.forward()
    for n, (h, w) in enumerate([(5, 6), (3, 4)]):
        want = x[n].copy()
        for c in range(2):
            want[c, :h, :w] = slow(x[n, c, :h, :w], gradient[n, 0, :h, :w], 2, 9, 2, *bounds)
        np.testing.assert_allclose(got[n], want, atol=1e-5)


def test_a_flat_reference_smooths_and_an_edge_holds():
    x = np.zeros((1, 1, 8, 10), np.float32)
    x[..., 5:] = 1
    flat = np.zeros((1, 1, 8, 10), np.float32)
    edge = flat.copy()
    edge[..., 5] = 1e3
    (smooth,) = domain("", x, flat).forward()
    (sharp,) = domain("", x, edge).forward()
    assert np.ptp(smooth) < 0.05
    np.testing.assert_allclose(sharp, x, atol=1e-6)


@pytest.mark.parametrize("size", [(4, 5), (3, 2), (1, 1)])
def test_gradients_to_x_and_to_the_reference(size):
    run = domain("spatial_sigma: 6 range_sigma: 2", dim=dims(size))
    dy = RANDOM.standard_normal((1, 2, 4, 5)).astype(np.float32)
    (y,) = run.forward()
    d_x, d_gradient, none = run.backward(dy, propagate=[True, True, False])
    assert none is None
    for blob, got in ((run.bottom[0], d_x), (run.bottom[1], d_gradient)):
        flat = blob.data.reshape(-1)
        for at in range(flat.size):
            was = flat[at]
            flat[at] = was + np.float32(0.01)
            above = float((run.forward()[0] * dy).sum())
            flat[at] = was - np.float32(0.01)
            below = float((run.forward()[0] * dy).sum())
            flat[at] = was
            assert abs((above - below) / 0.02 - got.reshape(-1)[at]) < 5e-3


def test_absent_axes_count_as_one():
    """Figures of hszhao/PSPNet's own code."""
    x = np.array([[[1, -2, 3], [0.5, 2, 1]]], np.float32)
    gradient = np.array([[[0.5, 0, 0.25]]], np.float32)
    run = domain("spatial_sigma: 2 range_sigma: 1 num_iter: 2", x, gradient, np.array([[3, 1]]))
    (y,) = run.forward()
    want = [0.5581193, 0.3706363, 1.733548, 0.9069268, 1.1613971, 1.1041392]
    assert y.shape == (1, 2, 3, 1)
    np.testing.assert_allclose(y.ravel(), want, rtol=1e-5)
    d_x, d_gradient, _ = run.backward(2 * y, propagate=[True, True, False])
    want = [[[1.595926, 1.174771, 2.5539103], [2.4784813, 1.6752801, 2.1911647]]]
    np.testing.assert_allclose(d_x, want, rtol=1e-5)
    np.testing.assert_allclose(d_gradient, [[[0, -1.5601459, 5.8063979]]], rtol=1e-5)


def test_backward_finds_again_what_forward_did_not_save():
    run = domain("spatial_sigma: 6 range_sigma: 2")
    dy = RANDOM.standard_normal((1, 2, 4, 5)).astype(np.float32)
    run.forward()
    saved = run.backward(dy, propagate=[True, True, False])[:2]
    run.wiring.saves_for_backward = False
    run.forward()
    again = run.backward(dy, propagate=[True, True, False])[:2]
    np.testing.assert_array_equal(saved[0], again[0])
    np.testing.assert_array_equal(saved[1], again[1])


def test_a_cut_weight_still_has_the_forks_gradient():
    run = domain("num_iter: 1 spatial_sigma: 3 min_weight: 0.9")  # every weight is cut to 0.9
    (y,) = run.forward()
    dy = RANDOM.standard_normal(y.shape).astype(np.float32)
    _, diff, _ = run.backward(dy, propagate=[True, True, False])
    assert np.abs(diff).max() > 1e-3


def test_forward_only_has_diff_zero():
    run = domain(type="DomainTransformForwardOnly")
    (y,) = run.forward()
    assert not any(d.any() for d in run.backward(np.ones_like(y), propagate=[True] * 3))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: domain("range_sigma: 0"), "range_sigma > 0, given 0"),
        (lambda: domain("spatial_sigma: -1"), "spatial_sigma > 0, given -1"),
        (lambda: domain("num_iter: 0"), "num_iter > 0, given 0"),
        (lambda: domain("min_weight: -0.5"), "min_weight of at least 0"),
        (lambda: domain(gradient=np.zeros((1, 2, 4, 5))), r"gradient of shape \(1, 1, 4, 5\)"),
        (lambda: domain(dim=np.zeros((1, 1))), "height and width of each"),
        (lambda: domain(dim=dims((9, 5))).forward(), "item 9 x 5 pixels, the map has 4 x 5"),
        (
            lambda: domain().backward(np.zeros((1, 2, 4, 5)), propagate=[True] * 3),
            "no gradient reaches dim",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(LayerError, match=message):
        make()


def test_spatial_product():
    run = build("type: 'SpatialProduct'", (2, 3, 4, 5), (2, 1, 4, 5))
    (y,) = run.forward()
    np.testing.assert_allclose(y, run.bottom[0].data * run.bottom[1].data)
    check_gradients(run)
    with pytest.raises(LayerError, match=r"factor of shape \(2, 1, 4, 5\)"):
        build("type: 'SpatialProduct'", (2, 3, 4, 5), (2, 2, 4, 5))
    run.bottom[0].reshape(1, 3, 4, 5)
    run.bottom[1].reshape(1, 1, 4, 5)
    with pytest.raises(LayerError, match="was set up for 2 items of 3 channels"):
        run.forward()
