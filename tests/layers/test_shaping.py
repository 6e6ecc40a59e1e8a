"""BatchReindex, Concat, Filter, Flatten, Reshape, Silence, Slice, Split, Tile."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(5)


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def same(got, want):
    assert got.shape == want.shape and np.array_equal(got, want)


# -- BatchReindex and Filter


def test_batch_reindex():
    x, index = normal(4, 2, 3), np.float32([3, 0, 0, 2, 3])
    run = build('type: "BatchReindex"', x, index)
    same(run.forward()[0], x[[3, 0, 0, 2, 3]])
    check_gradients(run)
    dy = normal(5, 2, 3)
    (dx, _) = run.backward(dy)
    np.testing.assert_allclose(dx, [dy[1] + dy[2], 0 * dy[0], dy[3], dy[0] + dy[4]])


def test_batch_reindex_refuses():
    with pytest.raises(LayerError, match="bottom 1 must be a list, given shape \\(2, 1\\)"):
        build('type: "BatchReindex"', (3, 2), (2, 1))
    for wrong in (-1, 3):
        run = build('type: "BatchReindex"', (3, 2), np.float32([0, wrong]))
        with pytest.raises(LayerError, match=f"index {wrong} in 'bottom1' is outside the 3 items"):
            run.forward()


FILTER = (
    "force_backward: true "
    + input_layer("a", 4, 2)
    + input_layer("b", 4, 3)
    + input_layer("s", 4, 1, 1, 1)
    + 'layer { name: "f" type: "Filter" bottom: "a" bottom: "b" bottom: "s" top: "x" top: "y" '
    + "propagate_down: true propagate_down: true propagate_down: false }"
)


def test_filter_takes_what_is_selected():
    net = net_of(FILTER)
    assert net.blobs["x"].data.shape == (4, 2), "all, until the selector is known"
    a, b, dx = normal(4, 2), normal(4, 3), normal(2, 2)
    net.blobs["a"].data[...], net.blobs["b"].data[...] = a, b
    net.blobs["s"].data[...] = np.reshape([0, 1, 0, -0.5], (4, 1, 1, 1))
    net.forward()
    same(net.blobs["x"].data, a[[1, 3]])
    same(net.blobs["y"].data, b[[1, 3]])
    net.blobs["x"].diff[...], net.blobs["y"].diff[...] = dx, 1
    net.backward()
    same(net.blobs["a"].diff, np.float32([[0, 0], dx[0], [0, 0], dx[1]]))
    same(net.blobs["b"].diff, np.float32([[0] * 3, [1] * 3, [0] * 3, [1] * 3]))


def test_filter_with_nothing_selected():
    net = net_of(FILTER)
    net.forward()
    assert net.blobs["x"].data.shape == (0, 2) and net.blobs["y"].data.shape == (0, 3)
    net.backward()
    assert not net.blobs["a"].diff.any()


def test_filter_refuses():
    with pytest.raises(LayerError, match="one top per bottom but the selector"):
        build('type: "Filter"', (4, 2), (4,), tops=2)
    with pytest.raises(LayerError, match="selector must be a list"):
        build('type: "Filter"', (4, 2), (4, 2))
    with pytest.raises(LayerError, match=r"bottom 0 has shape \(3, 2\), the selector \(4,\)"):
        build('type: "Filter"', (3, 2), (4,))


# -- Concat and Slice


@pytest.mark.parametrize(
    "text, axis", [("", 1), ("axis: 0", 0), ("axis: -1", 2), ("concat_dim: 2", 2)]
)
def test_concat(text, axis):
    shapes = [[2, 3, 4], [2, 3, 4], [2, 3, 4]]
    for i, shape in enumerate(shapes):
        shape[axis] = 1 + i
    bottoms = [normal(*s) for s in shapes]
    run = build(f'type: "Concat" concat_param {{ {text} }}', *bottoms)
    same(run.forward()[0], np.concatenate(bottoms, axis))
    check_gradients(run)
    assert run.backward(run.top[0].data, propagate=[True, False, True])[1] is None


def test_concat_refuses():
    for text, message in (
        ("axis: 1 concat_dim: 1", "axis or concat_dim, not both"),
        ("concat_dim: 3", "concat_dim 3 is out of range"),
        ("axis: -4", "axis -4 is out of range .* -3 to 2"),
        ("axis: 0", "may differ on axis"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f'type: "Concat" concat_param {{ {text} }}', (2, 3, 4), (2, 1, 4))


@pytest.mark.parametrize(
    "text, tops, cuts, axis",
    [
        ("", 2, [2], 1),
        ("axis: 0", 3, [2, 4], 0),
        ("slice_dim: 2", 2, [3], 2),
        ("axis: -1 slice_point: 1", 2, [1], 2),
        ("slice_point: 1 slice_point: 3", 3, [1, 3], 1),
        ("slice_point: 1 slice_point: 4", 3, [1, 4], 1),
    ],
)
def test_slice(text, tops, cuts, axis):
    x = normal(6, 4, 6)
    run = build(f'type: "Slice" slice_param {{ {text} }}', x, tops=tops)
    for got, want in zip(run.forward(), np.split(x, cuts, axis), strict=True):
        same(got, want)
    check_gradients(run)
    run.forward()
    run.top[0].data[...] = 7
    same(run.bottom[0].data, x)  # a part is a copy, even where it would be one piece of memory


def test_slice_refuses():
    for text, tops, message in (
        ("", 3, "axis 1 of bottom shape \\(2, 4\\) does not split evenly into 3 tops"),
        ("slice_point: 1", 3, "3 tops take 2 slice_points or none, given \\[1\\]"),
        ("slice_point: 3 slice_point: 2", 3, "must rise"),
        ("slice_point: 0", 2, "must rise"),
        ("slice_point: 5", 2, "must rise within axis 1 of bottom shape"),
        ("axis: 1 slice_dim: 1", 2, "axis or slice_dim, not both"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f'type: "Slice" slice_param {{ {text} }}', (2, 4), tops=tops)


@pytest.mark.parametrize("kind", ["Concat", "Slice", "Split"])
def test_one_to_one_is_the_same_blob_content(kind):
    run = build(f'type: "{kind}"', (2, 3))
    same(run.forward()[0], run.bottom[0].data)
    dy = normal(2, 3)
    same(run.backward(dy)[0], dy)


# -- Flatten and Reshape


@pytest.mark.parametrize(
    "text, shape",
    [
        ("", (2, 60)),
        ("axis: 0", (120,)),
        ("axis: 2", (2, 3, 20)),
        ("axis: -3 end_axis: -2", (2, 12, 5)),
        ("axis: 1 end_axis: 1", (2, 3, 4, 5)),
        ("axis: 2 end_axis: 1", (2, 3, 1, 4, 5)),
    ],
)
def test_flatten(text, shape):
    x = normal(2, 3, 4, 5)
    run = build(f'type: "Flatten" flatten_param {{ {text} }}', x)
    assert run.top[0].shape == shape
    same(run.forward()[0], x.reshape(shape))
    check_gradients(run)


@pytest.mark.parametrize(
    "text, shape",
    [
        ("shape { dim: 0 dim: -1 }", (2, 60)),
        ("shape { dim: -1 dim: 0 dim: 8 }", (5, 3, 8)),
        ("shape { dim: 6 dim: 20 }", (6, 20)),
        ("shape { dim: 2 dim: -1 } axis: 2 num_axes: 1", (2, 3, 2, 2, 5)),
        ("shape { dim: 1 } axis: 1 num_axes: 0", (2, 1, 3, 4, 5)),
        ("shape { dim: 1 } axis: -1", (2, 3, 4, 5, 1)),
        ("shape { dim: -1 } axis: -3 num_axes: 2", (2, 3, 20)),
        ("shape { dim: 0 dim: 20 } axis: 1", (2, 3, 20)),
        ("shape { } axis: 4", (2, 3, 4, 5)),
    ],
)
def test_reshape(text, shape):
    x = normal(2, 3, 4, 5)
    run = build(f'type: "Reshape" reshape_param {{ {text} }}', x)
    assert run.top[0].shape == shape
    same(run.forward()[0], x.reshape(shape))
    check_gradients(run)


@pytest.mark.parametrize(
    "text, message",
    [
        ("shape { dim: -1 dim: -1 }", "more than one -1"),
        ("shape { dim: -2 }", "size below -1"),
        ("shape { dim: 7 dim: -1 }", r"cannot take the shape \(7, -1\)"),
        ("shape { dim: 2 dim: 3 }", r"\(2, 3, 4\) with 24 values cannot take the shape \(2, 3\)"),
        ("shape { dim: 1 dim: 1 dim: 24 dim: 0 }", "copies axis 3 .* lacks"),
        ("shape { dim: 24 } axis: 4", "axis 4 with num_axes -1 is out of range"),
        ("shape { dim: 24 } axis: 1 num_axes: 3", "out of range"),
        ("shape { dim: 24 } num_axes: -2", "num_axes must be at least -1"),
    ],
)
def test_reshape_refuses(text, message):
    with pytest.raises(LayerError, match=message):
        build(f'type: "Reshape" reshape_param {{ {text} }}', (2, 3, 4))


def test_flatten_refuses():
    for text, message in (
        ("axis: 3", "axis 3 is out of range"),
        ("end_axis: 3", "end_axis 3 is out of range"),
        ("axis: 2 end_axis: 0", "axis 2 lies behind end_axis 0"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f'type: "Flatten" flatten_param {{ {text} }}', (2, 3, 4))


@pytest.mark.parametrize("kind", ["Flatten", "Reshape", "Split"])
def test_none_of_these_in_place(kind):
    with pytest.raises(LayerError, match=f"'l' .{kind}.: cannot work in place"):
        net_of(
            input_layer("x", 2, 3) + f'layer {{ name: "l" type: "{kind}" bottom: "x" top: "x" }}'
        )


# -- Silence, Split, Tile


def test_silence_and_its_zero_diff():
    run = build('type: "Silence"', (2, 3), (4,), tops=0)
    assert run.forward() == []
    run.bottom[0].diff[...] = 5
    dx, dz = run.backward()
    assert not dx.any() and not dz.any()


def test_split_adds_diffs():
    run = build('type: "Split"', (2, 3), tops=3)
    for top in run.forward():
        same(top, run.bottom[0].data)
    diffs = [normal(2, 3) for _ in range(3)]
    np.testing.assert_allclose(run.backward(*diffs)[0], sum(diffs), rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_tile(axis):
    x = normal(2, 3, 2)
    run = build(f'type: "Tile" tile_param {{ axis: {axis} tiles: 3 }}', x)
    same(run.forward()[0], np.concatenate([x] * 3, axis))
    check_gradients(run)


def test_tile_refuses():
    for text in ("", "tiles: 0", "tiles: -1"):
        with pytest.raises(LayerError, match="needs tiles > 0"):
            build(f'type: "Tile" tile_param {{ {text} }}', (2, 3))
    with pytest.raises(LayerError, match="axis 2 is out of range"):
        build('type: "Tile" tile_param { axis: 2 tiles: 2 }', (2, 3))
