"""ArgMax, Embed, InnerProduct, Parameter, Reduction; and what every backward keeps to."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(11)


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def close(got, want, **tolerance):
    np.testing.assert_allclose(got, want, **{"rtol": 1e-5, "atol": 1e-5, **tolerance})


# -- ArgMax


def ranks(x, top_k):
    """LabelAxis along the last axis, largest first; of equals the last place first."""
    order = sorted(range(len(x)), key=lambda i: (x[i], i), reverse=True)
    return order[:top_k]


@pytest.mark.parametrize("top_k", [1, 3])
def test_argmax_over_items(top_k):
    x = RANDOM.integers(0, 4, (2, 3, 2, 2)).astype(np.float32)  # with ties
    rows = x.reshape(2, -1)
    want = np.array([ranks(row, top_k) for row in rows])
    (y,) = build(f'type: "ArgMax" argmax_param {{ top_k: {top_k} }}', x).forward()
    assert y.shape == (2, 1, top_k, 1) and np.array_equal(y[:, 0, :, 0], want)
    (y,) = build(f'type: "ArgMax" argmax_param {{ top_k: {top_k} out_max_val: true }}', x).forward()
    assert y.shape == (2, 2, top_k, 1) and np.array_equal(y[:, 0, :, 0], want)
    assert np.array_equal(y[:, 1, :, 0], np.take_along_axis(rows, want, 1))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("top_k", [1, 2])
def test_argmax_along_an_axis(axis, top_k):
    x = RANDOM.integers(0, 3, (3, 4, 2)).astype(np.float32)
    want = np.apply_along_axis(ranks, axis, x, top_k)
    settings = f"axis: {axis} top_k: {top_k}"
    (y,) = build(f'type: "ArgMax" argmax_param {{ {settings} }}', x).forward()
    assert np.array_equal(y, want)
    (y,) = build(f'type: "ArgMax" argmax_param {{ {settings} out_max_val: true }}', x).forward()
    assert np.array_equal(y, np.take_along_axis(x, want, axis))


def test_argmax_shapes_and_gradient():
    run = build('type: "ArgMax"', (2, 5))
    assert run.top[0].shape == (2, 1, 1)
    assert build('type: "ArgMax"', (2, 5, 1, 1, 3)).top[0].shape == (2, 1, 1, 1, 1)
    run.forward()
    with pytest.raises(LayerError, match="has no gradient"):
        run.backward(np.ones((2, 1, 1)), propagate=[True])


@pytest.mark.parametrize("settings", ["top_k: 7", "axis: 1 top_k: 4", "top_k: 0"])
def test_argmax_refuses(settings):
    with pytest.raises(LayerError, match="top_k must be 1 to"):
        build(f'type: "ArgMax" argmax_param {{ {settings} }}', (2, 3, 2))


# -- Embed


def test_embed():
    index = np.array([[1, 4], [0, 1], [1, 2]], np.float32)
    filler = 'weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }'
    run = build(f'type: "Embed" embed_param {{ num_output: 3 input_dim: 5 {filler} }}', index)
    weights, bias = (b.data for b in run.layer.blobs)
    assert weights.shape == (5, 3) and bias.shape == (3,)
    close(run.forward()[0], weights[index.astype(int)] + bias)
    check_gradients(run)
    plain = build(
        'type: "Embed" embed_param { num_output: 3 input_dim: 5 bias_term: false }', index
    )
    assert len(plain.layer.blobs) == 1 and plain.forward()[0].shape == (3, 2, 3)
    with pytest.raises(LayerError, match="no gradient reaches the indices"):
        run.backward(np.ones((3, 2, 3)), propagate=[True])


def test_embed_refuses():
    for settings in ("num_output: 3", "input_dim: 3"):
        with pytest.raises(LayerError, match="needs .* > 0, none is given"):
            build(f'type: "Embed" embed_param {{ {settings} }}', (2,))
    run = build('type: "Embed" embed_param { num_output: 3 input_dim: 5 }', np.float32([1, 5]))
    with pytest.raises(LayerError, match="index 5 in 'bottom0' is outside the 5 rows"):
        run.forward()


# -- InnerProduct


FILLERS = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "gaussian" }'


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("axis, top", [(1, (2, 6)), (2, (2, 3, 6)), (-1, (2, 3, 2, 6)), (0, (6,))])
def test_inner_product(axis, top, bias, transpose):
    x = normal(2, 3, 2, 2)
    run = build(
        f'type: "InnerProduct" inner_product_param {{ num_output: 6 axis: {axis} {FILLERS} '
        f"bias_term: {str(bias).lower()} transpose: {str(transpose).lower()} }}",
        x,
    )
    weights = run.layer.blobs[0].data
    inputs = int(np.prod(x.shape[axis:]))
    assert weights.shape == ((inputs, 6) if transpose else (6, inputs))
    want = x.reshape(-1, inputs) @ (weights if transpose else weights.T)
    want = want + (run.layer.blobs[1].data if bias else 0)
    assert run.top[0].shape == top and len(run.layer.blobs) == 1 + bias
    close(run.forward()[0], want.reshape(top))
    check_gradients(run)


def test_inner_product_adds_to_parameter_diffs():
    run = build(f'type: "InnerProduct" inner_product_param {{ num_output: 2 {FILLERS} }}', (3, 4))
    run.forward()
    once = run.backward(np.ones((3, 2)), propagate=[True]) and run.param_diff(0)
    run.layer.run_backward([False], run.bottom, run.top, keep=False)
    close(run.param_diff(0), 2 * once)


def test_inner_product_refuses():
    with pytest.raises(LayerError, match="needs num_output > 0"):
        build('type: "InnerProduct"', (2, 3))
    run = build('type: "InnerProduct" inner_product_param { num_output: 2 }', (2, 3, 4))
    run.bottom[0].reshape(2, 3, 5)
    with pytest.raises(LayerError, match="take 12 inputs; .* brings 15 from axis 1"):
        run.forward()
    run.bottom[0].reshape(5, 3, 4)
    assert run.forward()[0].shape == (5, 2), "another batch size is fine"


# -- Parameter


def test_parameter_is_its_blob():
    net = net_of(
        "force_backward: true "
        + input_layer("x", 2, 3)
        + 'layer { name: "p" type: "Parameter" top: "p" '
        + "parameter_param { shape { dim: 2 dim: 3 } } }"
        + 'layer { name: "l" type: "Eltwise" bottom: "x" bottom: "p" top: "y" '
        + "eltwise_param { coeff: 1 coeff: 3 } }"
    )
    assert not net.params["p"][0].data.any()
    w, dy = normal(2, 3), normal(2, 3)
    net.params["p"][0].data[...] = w
    net.forward()
    close(net.blobs["y"].data, 3 * w)
    net.blobs["y"].diff[...] = dy
    net.backward()
    close(net.params["p"][0].diff, 3 * dy)


# -- Reduction


REDUCED = {
    "SUM": lambda rows: rows.sum(-1),
    "MEAN": lambda rows: rows.mean(-1),
    "ASUM": lambda rows: np.abs(rows).sum(-1),
    "SUMSQ": lambda rows: (rows**2).sum(-1),
}


@pytest.mark.parametrize("operation", REDUCED)
@pytest.mark.parametrize("axis, top", [(0, ()), (1, (2,)), (-1, (2, 3))])
def test_reduction(operation, axis, top):
    x = normal(2, 3, 4)
    x += 0.1 * np.sign(x)
    text = f"operation: {operation} axis: {axis} coeff: -1.5"
    run = build(f'type: "Reduction" reduction_param {{ {text} }}', x)
    want = -1.5 * REDUCED[operation](x.reshape(*top, -1))
    assert run.top[0].shape == top
    close(run.forward()[0], want)
    check_gradients(run, step=1e-2, tol=2e-2)


def test_reduction_of_absolutes_at_zero():
    run = build('type: "Reduction" reduction_param { operation: ASUM }', np.zeros((2,), np.float32))
    run.forward()
    assert not run.backward(np.float32(1))[0].any()


# -- what every hand-written backward keeps to

QUIET = [
    ('type: "Bias"', [(2, 3)]),
    ('type: "Concat"', [(2, 3), (2, 2)]),
    ('type: "Eltwise" eltwise_param { operation: MAX }', [(2, 3), (2, 3)]),
    ('type: "InnerProduct" inner_product_param { num_output: 2 }', [(2, 3)]),
    ('type: "InfogainLoss"', [(2, 3), np.float32([0, 2]), (3, 3)]),
    ('type: "MultinomialLogisticLoss"', [np.float32([[0.2, 0.8]]), np.float32([1])]),
    ('type: "HingeLoss"', [(2, 3), np.float32([0, 2])]),
    ('type: "SigmoidCrossEntropyLoss"', [(2, 3), np.float32([[0, 1, 1], [1, 0, 1]])]),
    ('type: "SoftmaxWithLoss"', [(2, 3), np.float32([0, 2])]),
    ('type: "BatchReindex"', [(2, 3), np.float32([1, 1])]),
    ('type: "Filter"', [(2, 3), np.float32([1, 2])]),
    ('type: "BatchNorm"', [(4, 3)]),
    ('type: "MVN"', [(2, 3, 2, 2)]),
    ('type: "PReLU"', [(2, 3)]),
    ('type: "Scale"', [(2, 3)]),
    ('type: "Slice"', [(2, 3)]),
    ('type: "Softmax"', [(2, 3)]),
    ('type: "Split"', [(2, 3)]),
    ('type: "Swish"', [(2, 3)]),
]


@pytest.mark.parametrize("text, bottoms", QUIET)
def test_a_bottom_without_propagate_down_gets_no_diff(text, bottoms):
    run = build(text, *bottoms)
    tops = run.forward()
    for blob in run.bottom:
        blob.diff[...] = 5
    run.backward(*(np.ones_like(t) for t in tops), propagate=[False] * len(run.bottom))
    assert all((blob.diff == 5).all() for blob in run.bottom)


@pytest.mark.parametrize("text, bottoms", QUIET)
def test_backward_works_out_what_an_unrecorded_forward_did_not_keep(text, bottoms):
    if "BatchNorm" in text:
        return  # its forward would count the batch twice
    recorded, bare = build(text, *bottoms), build(text, *bottoms)
    tops = recorded.forward()
    diffs = [RANDOM.standard_normal(t.shape).astype(np.float32) for t in tops]
    want = recorded.backward(*diffs)
    bare.wiring.saves_for_backward = False
    bare.forward()
    bare.layer.saved = None
    for a, b in zip(want, bare.backward(*diffs), strict=True):
        assert (a is None) == (b is None) and (a is None or np.array_equal(a, b))


def test_indices_and_selectors_refuse_a_gradient():
    for text, bottoms in QUIET:
        if "BatchReindex" in text or "Filter" in text:
            run = build(text, *bottoms)
            (top,) = run.forward()
            with pytest.raises(LayerError, match="no gradient reaches"):
                run.backward(np.ones_like(top), propagate=[True, True])
