"""Bias, Scale and Eltwise: values against closed forms, gradients, in place."""

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


# -- Bias and Scale


BROADCAST = [  # settings, shape of the factor, the same spread to meet (2, 3, 4, 5)
    ("", (3,), (3, 1, 1)),
    ("axis: 0", (2,), (2, 1, 1, 1)),
    ("axis: -1", (5,), (5,)),
    ("axis: 1 num_axes: 2", (3, 4), (3, 4, 1)),
    ("axis: 1 num_axes: -1", (3, 4, 5), (3, 4, 5)),
    ("axis: 0 num_axes: -1", (2, 3, 4, 5), (2, 3, 4, 5)),
    ("axis: 2 num_axes: 0", (), ()),
]


@pytest.mark.parametrize("settings, shape, spread", BROADCAST)
def test_bias(settings, shape, spread):
    x = normal(2, 3, 4, 5)
    run = build(f'type: "Bias" bias_param {{ {settings} filler {{ type: "gaussian" }} }}', x)
    b = run.layer.blobs[0]
    assert b.shape == shape
    close(run.forward()[0], x + b.data.reshape(spread))
    check_gradients(run)
    given = build(f'type: "Bias" bias_param {{ {settings} }}', x, b.data.copy())
    close(given.forward()[0], x + b.data.reshape(spread))
    assert len(given.layer.blobs) == 0
    check_gradients(given)


@pytest.mark.parametrize("bias", ["", 'bias_term: true bias_filler { type: "gaussian" }'])
@pytest.mark.parametrize("settings, shape, spread", BROADCAST)
def test_scale(settings, shape, spread, bias):
    x = normal(2, 3, 4, 5)
    text = f'type: "Scale" scale_param {{ {settings} {bias} filler {{ type: "gaussian" }} }}'
    run = build(text, x)
    blobs = [b.data for b in run.layer.blobs]
    assert [b.shape for b in blobs] == [shape] * (2 if bias else 1)
    added = blobs[1].reshape(spread) if bias else 0
    close(run.forward()[0], x * blobs[0].reshape(spread) + added)
    check_gradients(run)
    given = build(text, x, blobs[0].copy())
    added = given.layer.blobs[0].data.reshape(spread) if bias else 0
    close(given.forward()[0], x * blobs[0].reshape(spread) + added)
    check_gradients(given)


def test_bias_and_scale_start_as_the_identity():
    x = normal(2, 3)
    for kind in ("Bias", "Scale"):
        close(build(f'type: "{kind}"', x).forward()[0], x, atol=0, rtol=0)


@pytest.mark.parametrize("kind", ["Bias", "Scale"])
def test_in_place_they_still_know_their_input(kind):
    net = net_of(
        "force_backward: true "
        + input_layer("x", 2, 3, 4)
        + 'layer { name: "copy" type: "Power" bottom: "x" top: "h" }'
        + f'layer {{ name: "l" type: "{kind}" bottom: "h" top: "h" '
        + f'{kind.lower()}_param {{ filler {{ type: "gaussian" }} }} }}'
    )
    x, dy = normal(2, 3, 4), normal(2, 3, 4)
    net.blobs["x"].data[...] = x
    net.forward()
    net.blobs["h"].diff[...] = dy
    net.backward()
    factor = net.params["l"][0]
    close(factor.diff, (dy * (x if kind == "Scale" else 1)).sum((0, 2)))
    close(net.blobs["x"].diff, dy * (factor.data[:, None] if kind == "Scale" else 1))


@pytest.mark.parametrize("kind", ["Bias", "Scale"])
@pytest.mark.parametrize(
    "settings, bottoms, message",
    [
        ("axis: 2", [(2, 3)], "axis 2 is out of range"),
        ("axis: 1 num_axes: 2", [(2, 3)], "num_axes 2 does not fit"),
        ("num_axes: -2", [(2, 3)], "num_axes -2 does not fit"),
        ("", [(2, 3), (4,)], r"shape \(4,\) does not meet .*\(2, 3\) from axis 1"),
        ("axis: 1", [(2, 3), (3, 1)], "does not meet"),
    ],
)
def test_bias_and_scale_refuse(kind, settings, bottoms, message):
    with pytest.raises(LayerError, match=message):
        build(f'type: "{kind}" {kind.lower()}_param {{ {settings} }}', *bottoms)


# -- Eltwise


def eltwise(settings, *bottoms):
    return build(f'type: "Eltwise" eltwise_param {{ {settings} }}', *bottoms)


def test_eltwise_values_and_gradients():
    a, b, c = normal(2, 3), normal(2, 3), normal(2, 3)
    for settings, want in (
        ("", a + b + c),
        ("operation: SUM coeff: 1 coeff: -0.5 coeff: 2", a - 0.5 * b + 2 * c),
        ("operation: PROD", a * b * c),
        ("operation: PROD stable_prod_grad: false", a * b * c),
        ("operation: MAX", np.maximum(np.maximum(a, b), c)),
    ):
        run = eltwise(settings, a, b, c)
        close(run.forward()[0], want)
        check_gradients(run, step=1e-3, tol=3e-2)


@pytest.mark.parametrize("settings, factor", [("coeff: 0.25", 0.25), ("", 1)])
def test_eltwise_of_one_bottom_scales(settings, factor):
    """FlowNet2's nets begin with it; BVLC takes two bottoms at least."""
    run = eltwise(settings, (2, 3))
    np.testing.assert_array_equal(run.forward()[0], factor * run.bottom[0].data)
    np.testing.assert_array_equal(run.backward(np.ones((2, 3)))[0], np.full((2, 3), factor))


def test_eltwise_product_gradient_at_zero():
    a, b = np.array([[0.0, 2.0]], np.float32), np.array([[3.0, 0.0]], np.float32)
    run = eltwise("operation: PROD", a, b)
    run.forward()
    da, db = run.backward(np.ones((1, 2)))
    assert np.array_equal(da, [[3, 0]]) and np.array_equal(db, [[0, 2]])
    run = eltwise("operation: PROD stable_prod_grad: false", a, b)
    run.forward()
    da, db = run.backward(np.ones((1, 2)))  # product / bottom: 0 / 0 where the bottom is 0
    assert np.array_equal(np.isnan(da), [[1, 0]]) and np.array_equal(np.isnan(db), [[0, 1]])


def test_eltwise_maximum_gives_each_gradient_to_one():
    """A tie of bottoms 0 and 1 goes to 1; a later bottom must be larger (eltwise_layer.cpp)."""
    a = np.array([[1.0, 1.0, 0.0, 2.0]], np.float32)
    b = np.array([[1.0, 0.0, 1.0, 2.0]], np.float32)
    c = np.array([[1.0, 1.0, 2.0, 2.0]], np.float32)
    run = eltwise("operation: MAX", a, b, c)
    run.forward()
    da, db, dc = run.backward(np.array([[1.0, 2.0, 3.0, np.nan]]))
    assert np.array_equal(da, [[0, 2, 0, 0]]) and np.array_equal(dc, [[0, 0, 3, 0]])
    assert np.array_equal(db, [[1, 0, 0, np.nan]], equal_nan=True)


def test_eltwise_diffs_are_copies():
    """A user may set one branch's diff and run on from there: the other must not change."""
    run = eltwise("", (2, 3), (2, 3))
    run.forward()
    run.backward(np.ones((2, 3)))
    run.bottom[0].diff[...] = 7
    assert (run.bottom[1].diff == 1).all() and (run.top[0].diff == 1).all()


@pytest.mark.parametrize(
    "settings, bottoms, message",
    [
        ("coeff: 1", [(2, 3), (2, 3)], "one coeff per bottom or none; 1 for 2"),
        ("operation: PROD coeff: 1 coeff: 1", [(2, 3), (2, 3)], "only for SUM"),
        ("", [(2, 3), (2, 1)], r"bottom 1 has shape \(2, 1\), bottom 0 has \(2, 3\)"),
        (
            "operation: MAX",
            [(2, 3)],
            "takes 2 to any number bottom blobs for PROD and MAX, 1 given",
        ),
    ],
)
def test_eltwise_refuses(settings, bottoms, message):
    with pytest.raises(LayerError, match=message):
        eltwise(settings, *bottoms)


@pytest.mark.parametrize(
    "settings, y, da, db",
    [
        ("operation: SUM coeff: 2 coeff: 3", lambda a, b: 3 * b, 2, 6),
        ("operation: MAX", lambda a, b: b, 0, 0),
        ("operation: PROD", lambda a, b: a * b, lambda a, b: b * b, lambda a, b: a * b**3),
        ("operation: PROD stable_prod_grad: false", lambda a, b: a * b, 1, lambda a, b: a),
    ],
)
def test_eltwise_in_place_does_as_caffe(settings, y, da, db):
    """It fills the top, which is bottom 0, before it adds; the diffs share memory likewise.

    A product's slope is computed in the diff that it is then to multiply.
    """
    net = net_of(
        "force_backward: true "
        + input_layer("a", 2, 3)
        + input_layer("b", 2, 3)
        + 'layer { name: "copy" type: "Power" bottom: "a" top: "h" }'
        + 'layer { name: "e" type: "Eltwise" bottom: "h" bottom: "b" top: "h" '
        + f"eltwise_param {{ {settings} }} }}"
    )
    a, b = normal(2, 3), normal(2, 3)
    net.blobs["a"].data[...], net.blobs["b"].data[...] = a, b
    net.forward()
    close(net.blobs["h"].data, y(a, b))
    net.blobs["h"].diff[...] = 1
    net.backward()
    for name, wanted in (("a", da), ("b", db)):
        close(net.blobs[name].diff, wanted(a, b) if callable(wanted) else np.full_like(a, wanted))
