"""Pooling and SPP against the plain rule in numpy, at geometries torch shares and does not."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients

import caffe
from caffe._caffe.core import context

LOWEST = np.finfo(np.float32).min


def window_starts(size, kernel, stride, pad, any_pad, up):
    """Return where windows begin on one axis, by pooling_layer.cpp's rule."""
    count = (math.ceil if up else math.floor)((size + 2 * pad - kernel) / stride) + 1
    if any_pad and (count - 1) * stride >= size + pad:
        count -= 1
    return [i * stride - pad for i in range(count)]


def pool(x, kernel, stride, pad, up, method):
    """Return tops, masks (MAX) and what each element of each window weighs."""
    n, c, *sizes = x.shape
    starts = [
        window_starts(s, k, t, p, any(pad), up)
        for s, k, t, p in zip(sizes, kernel, stride, pad, strict=True)
    ]
    top = np.zeros((n, c, len(starts[0]), len(starts[1])))
    mask = np.full(top.shape, -1.0)
    weights = np.zeros((*top.shape, *sizes))
    for i, h in enumerate(starts[0]):
        for j, w in enumerate(starts[1]):
            area = np.prod(
                [
                    min(at + k, size + p) - at
                    for at, k, size, p in zip((h, w), kernel, sizes, pad, strict=True)
                ]
            )
            rows = range(max(h, 0), min(h + kernel[0], sizes[0]))
            cols = range(max(w, 0), min(w + kernel[1], sizes[1]))
            for b, channel in np.ndindex(n, c):
                at = (b, channel, i, j)
                seen = x[b, channel][np.ix_(rows, cols)]
                if method == "AVE":
                    with np.errstate(invalid="ignore", divide="ignore"):
                        top[at] = np.float32(seen.sum()) / np.float32(area)
                    weights[at][np.ix_(rows, cols)] = 1 / area if area else 0
                elif seen.size:
                    first = np.unravel_index(seen.argmax(), seen.shape)
                    row, col = rows[first[0]], cols[first[1]]
                    top[at], mask[at] = seen.max(), row * sizes[1] + col
                    weights[at][row, col] = 1
                else:
                    top[at] = LOWEST
    return top, mask, weights


def random_geometry(seed):
    random = np.random.default_rng(seed)
    kernel = [int(k) for k in random.integers(1, 6, 2)]
    stride = [int(s) for s in random.integers(1, 6, 2)]
    pad = [int(random.integers(0, k)) for k in kernel]
    if random.integers(0, 2):
        pad = [0, 0]
    up = bool(random.integers(0, 2))
    sizes = []
    for k, s, p in zip(kernel, stride, pad, strict=True):
        # Maps smaller than the kernel too, where one window still has its place.
        least = max(1, k - 2 * p - (s - 1 if up else 0))
        sizes.append(least + int(random.integers(0, 8)))
    return sizes, kernel, stride, pad, up


def pooling(method, kernel, stride, pad, up, more=""):
    return (
        f'type: "Pooling" pooling_param {{ pool: {method} kernel_h: {kernel[0]} '
        f"kernel_w: {kernel[1]} stride_h: {stride[0]} stride_w: {stride[1]} pad_h: {pad[0]} "
        f"pad_w: {pad[1]} round_mode: {'CEIL' if up else 'FLOOR'} }} {more}"
    )


@pytest.mark.parametrize("take", [False, True], ids=["laid", "taken"])
@pytest.mark.parametrize("seed", range(120))
@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_any_geometry(method, seed, take):
    sizes, *geometry = random_geometry(seed)
    # Small whole numbers: windows with equal maxima are common.
    x = np.random.default_rng(seed).integers(-3, 3, (2, 2, *sizes)).astype(np.float32)
    masked = method == "MAX" and seed % 2
    run = build(pooling(method, *geometry), x, tops=2 if masked else 1)
    if take:  # as it does by itself where windows reach far out of the map
        run.layer.plan = run.layer.plan._replace(native=False, taken=True)
    tops = run.forward()
    want, mask, weights = pool(x, *geometry, method)
    np.testing.assert_allclose(tops[0], want, rtol=1e-5, atol=1e-6)
    if masked:
        np.testing.assert_array_equal(tops[1], mask)
    dy = np.random.default_rng(1).standard_normal(want.shape).astype(np.float32)
    if not np.isfinite(want).all():
        return  # an average over nothing: Caffe's gradient is as undefined as the value
    (dx,) = run.backward(*[dy] * len(tops))
    empty = mask == -1 if method == "MAX" else np.zeros(want.shape, bool)
    dx_want = np.einsum("ncij,ncijhw->nchw", np.where(empty, 0, dy), weights)
    np.testing.assert_allclose(dx, dx_want, rtol=1e-4, atol=1e-5)


def test_the_random_geometries_cover_both_ways():
    native = [
        build(pooling("MAX", *geometry), (1, 1, *sizes)).layer.plan.native
        for sizes, *geometry in map(random_geometry, range(120))
    ]
    assert 20 < sum(native) < 100


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "sizes, kernel, stride, pad, outputs",
    [
        ((7, 8), (2, 2), (2, 2), (0, 0), (4, 4)),  # VGG on an odd size: the last window overhangs
        ((6, 7), (2, 2), (3, 3), (1, 1), (3, 3)),  # the last window would begin in the padding
        ((5, 5), (1, 1), (3, 3), (0, 0), (3, 3)),  # without padding Caffe keeps it
        ((4, 4), (3, 3), (1, 1), (2, 2), (6, 6)),  # more padding than torch's pools take
    ],
)
def test_sizes(method, sizes, kernel, stride, pad, outputs):
    run = build(pooling(method, kernel, stride, pad, True), (1, 1, *sizes))
    run.forward()
    assert run.top[0].shape == (1, 1, *outputs)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_global_pooling_follows_the_map(method):
    run = build(
        f'type: "Pooling" pooling_param {{ pool: {method} global_pooling: true }}', (2, 3, 4, 5)
    )
    reduce = np.max if method == "MAX" else np.mean
    for shape in ((2, 3, 4, 5), (1, 3, 7, 2)):
        run.bottom[0].reshape(*shape)
        run.bottom[0].data[...] = np.random.default_rng(3).standard_normal(shape)
        want = reduce(run.bottom[0].data, (2, 3), keepdims=True)
        np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5, atol=1e-6)
        check_gradients(run, step=1e-3, most=20)


def test_a_changed_map_size_is_taken_up():
    run = build('type: "Pooling" pooling_param { kernel_size: 3 stride: 2 }', (1, 1, 8, 8))
    run.forward()
    run.bottom[0].reshape(1, 1, 5, 11)
    run.bottom[0].data[...] = np.arange(55).reshape(1, 1, 5, 11)
    assert run.forward()[0].shape == (1, 1, 2, 5)
    assert run.backward(np.ones((1, 1, 2, 5)))[0].sum() == 10


def test_gradient_without_a_recorded_forward():
    run = build('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 }', (1, 2, 5, 5))
    dy = np.ones_like(run.forward()[0])
    want = run.backward(dy)[0]
    run.wiring.saves_for_backward = False
    top = run.forward()[0]
    np.testing.assert_array_equal(run.backward(dy)[0], want)
    run.wiring.saves_for_backward = True
    np.testing.assert_array_equal(run.forward()[0], top)
    assert run.backward(dy, propagate=[False]) == [None]


# -- STOCHASTIC


@pytest.mark.parametrize("geometry", [((2, 2), (2, 2)), ((3, 2), (2, 1)), ((2, 3), (1, 3))])
def test_stochastic_weighs_in_test(geometry):
    x = np.random.default_rng(5).uniform(0.1, 1, (2, 2, 5, 6)).astype(np.float32)
    x[0, 0] = 0
    text = pooling("STOCHASTIC", *geometry, (0, 0), True).replace("pad_h: 0 pad_w: 0", "")
    run = build(text, x, phase=caffe.TEST)
    (top,) = run.forward()
    *_, weights = pool(x, *geometry, (0, 0), True, "AVE")
    member = (weights > 0).astype(float)
    total = np.einsum("ncijhw,nchw->ncij", member, x)
    squares = np.einsum("ncijhw,nchw->ncij", member, x**2)
    want = np.divide(squares, total, out=np.zeros_like(total), where=total > 0)
    np.testing.assert_allclose(top, want, rtol=1e-5)
    x[0, 0] = 0.5  # away from the jump at zero
    run.bottom[0].data[...] = x
    check_gradients(run, step=1e-3, most=30)


def test_stochastic_draws_by_value_in_training():
    x = np.tile(np.float32([[1, 2], [0, 5]]), (1, 1, 40, 60))
    text = 'type: "Pooling" pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }'
    run = build(text, x)
    (top,) = run.forward()
    values, counts = np.unique(top, return_counts=True)
    assert list(values) == [1, 2, 5]
    np.testing.assert_allclose(counts / top.size, np.array([1, 2, 5]) / 8, atol=0.04)
    (dx,) = run.backward(np.full_like(top, 3))
    assert dx.sum() == 3 * top.size
    np.testing.assert_array_equal(np.unique(x[dx == 3]), [1, 2, 5])
    drawn = (dx * x).reshape(1, 1, 40, 2, 60, 2).sum((3, 5))
    np.testing.assert_array_equal(drawn, 3 * top)
    assert (run.forward()[0] != top).any()
    context.set_random_seed(1701)
    np.testing.assert_array_equal(run.forward()[0], top)


def test_stochastic_stays_within_overhanging_windows():
    text = 'type: "Pooling" pooling_param { pool: STOCHASTIC kernel_size: 3 stride: 2 }'
    run = build(text, np.ones((2, 3, 6, 6), np.float32))
    for _ in range(5):
        top = run.forward()[0]
        assert top.shape == (2, 3, 3, 3) and (top == 1).all()
        assert run.backward(np.ones_like(top))[0].sum() == top.size


# -- what does not fit


@pytest.mark.parametrize(
    "geometry, top, mask",
    [
        (([2] * 2, [2] * 2, [0] * 2, True), [[2, 5], [LOWEST] * 2], [[4, 2], [-1, -1]]),
        (([3] * 2, [2] * 2, [0] * 2, True), [[5, 5], [LOWEST] * 2], [[2, 2], [-1, -1]]),
        (
            ([3] * 2, [1] * 2, [1] * 2, True),
            [[2, 5, 5, 5], [2, 5, 5, 5], [2, 2, LOWEST, LOWEST], [LOWEST] * 4],
            [[4, 2, 2, 2], [4, 2, 2, 2], [4, 4, -1, -1], [-1] * 4],
        ),
    ],
)
def test_max_passes_over_what_is_no_number(geometry, top, mask):
    """As a BVLC build on the CPU, whose figures these are."""
    nan, low = np.nan, -np.inf
    x = [[nan, 1, 5, low], [2, nan, nan, low], [nan, nan, low, low], [nan, nan, nan, low]]
    tops = build(pooling("MAX", *geometry), np.float32([[x]]), tops=2).forward()
    np.testing.assert_array_equal(tops[0][0, 0], np.float32(top))
    np.testing.assert_array_equal(tops[1][0, 0], mask)


# -- SPP


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("height, sizes", [(1, (5, 4)), (2, (8, 9)), (3, (14, 13)), (3, (8, 16))])
def test_spp_stands_levels_side_by_side(method, height, sizes):
    text = f'type: "SPP" spp_param {{ pyramid_height: {height} pool: {method} }}'
    run = build(text, (2, 3, *sizes))
    x = run.bottom[0].data
    parts = []
    for level in range(height):
        kernel = [math.ceil(s / 2**level) for s in sizes]
        pad = [(k * 2**level - s + 1) // 2 for k, s in zip(kernel, sizes, strict=True)]
        parts.append(pool(x, kernel, kernel, pad, True, method)[0])
    want = parts[0] if height == 1 else np.concatenate([p.reshape(2, -1) for p in parts], 1)
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5, atol=1e-6)
    check_gradients(run, step=1e-3, most=30)


def test_spp_follows_the_map():
    run = build('type: "SPP" spp_param { pyramid_height: 3 }', (2, 3, 8, 8))
    for shape in ((2, 3, 8, 8), (1, 3, 16, 12), (4, 3, 16, 12)):
        run.bottom[0].reshape(*shape)
        run.bottom[0].data[...] = np.random.default_rng(1).standard_normal(shape)
        assert run.forward()[0].shape == (shape[0], 3 * (1 + 4 + 16))
