"""RNN, LSTM and LSTMUnit against their formulas in numpy, and the state they carry."""

import json

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe import LayerError

STEPS, STREAMS, INPUTS, SIZE = 4, 3, 5, 2
CONT = np.float32([[0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 1, 0]])
FILLED = 'weight_filler { type: "gaussian" std: 0.7 } bias_filler { type: "gaussian" std: 0.7 }'


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unit(c, gates, cont):
    i, f, o, g = np.split(gates, 4, 1)
    c = cont * sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return c, sigmoid(o) * np.tanh(c)


def lstm(blobs, x, cont, static, state):
    (w, b), w_hc, (h, c), tops = blobs[:2], blobs[-1], state, []
    for t in range(len(x)):
        gates = x[t] @ w.T + b + (cont[t][:, None] * h) @ w_hc.T
        if static is not None:
            gates = gates + static @ blobs[2].T
        c, h = unit(c, gates, cont[t][:, None])
        tops.append(h)
    return np.stack(tops), [h, c]


def rnn(blobs, x, cont, static, state):
    (w, b), (w_hh, w_ho, b_o), (h,), tops = blobs[:2], blobs[-3:], state, []
    for t in range(len(x)):
        into = x[t] @ w.T + b + (cont[t][:, None] * h) @ w_hh.T
        if static is not None:
            into = into + static @ blobs[2].T
        h = np.tanh(into)
        tops.append(np.tanh(h @ w_ho.T + b_o))
    return np.stack(tops), [h]


KINDS = {"LSTM": (lstm, 2), "RNN": (rnn, 1)}


def make(kind, *rest, expose=False, cont=CONT):
    text = f"num_output: {SIZE} expose_hidden: {str(expose).lower()} {FILLED}"
    tops = 1 + KINDS[kind][1] * expose
    x = (len(cont), cont.shape[1], INPUTS)
    return build(f'type: "{kind}" recurrent_param {{ {text} }}', x, cont, *rest, tops=tops)


def zeros(kind):
    return [np.zeros((STREAMS, SIZE)) for _ in range(KINDS[kind][1])]


def expected(kind, run, state, static=None):
    blobs = [b.data.astype(np.float64) for b in run.layer.blobs]
    return KINDS[kind][0](blobs, run.bottom[0].data, run.bottom[1].data, static, state)


@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients(kind):
    run = make(kind)
    np.testing.assert_allclose(run.forward()[0], expected(kind, run, zeros(kind))[0], rtol=1e-4)
    check_gradients(run, before=run.layer.reset, most=20)


@pytest.mark.parametrize(
    "kind, shapes",
    [
        ("LSTM", [(8, INPUTS), (8,), (8, 12), (8, SIZE)]),
        ("RNN", [(2, INPUTS), (2,), (2, 12), (2, 2), (2, 2), (2,)]),
    ],
)
def test_a_static_input_joins_every_step(kind, shapes):
    run = make(kind, (STREAMS, 4, 3))
    assert [b.shape for b in run.layer.blobs] == shapes
    static = run.bottom[2].data.reshape(STREAMS, 12)
    want, _ = expected(kind, run, zeros(kind), static)
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-4, atol=1e-5)
    check_gradients(run, before=run.layer.reset, most=15)


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_carries_over_until_reset(kind):
    run = make(kind)
    run.bottom[1].data[...] = 1
    state = zeros(kind)
    for _ in range(3):
        want, state = expected(kind, run, state)
        np.testing.assert_allclose(run.forward()[0], want, rtol=1e-4, atol=1e-5)
    run.layer.reset()
    want, _ = expected(kind, run, zeros(kind))
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_cont_zero_forgets_the_state(kind):
    run = make(kind)
    run.bottom[1].data[...] = 0
    first = run.forward()[0]
    np.testing.assert_array_equal(run.forward()[0], first)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_before_gets_no_gradient(kind):
    """The carried state is a constant of the second batch (recurrent_layer.cpp, LayerSetUp)."""
    run = make(kind)
    run.bottom[1].data[...] = 1
    run.forward()
    carried = [s.clone() for s in run.layer.end]

    def go_back():
        run.layer.end = [s.clone() for s in carried]

    check_gradients(run, before=go_back, most=15)


@pytest.mark.parametrize("kind", KINDS)
def test_backward_without_a_recorded_forward_begins_where_forward_began(kind):
    run = make(kind)
    run.forward()
    top = run.forward()[0]
    want = run.backward(np.ones_like(top))[0]
    end = [s.clone() for s in run.layer.end]
    again = run.backward(np.ones_like(top))[0]  # the first one let its graph go
    np.testing.assert_array_equal(again, want)
    assert all(a.equal(b) for a, b in zip(run.layer.end, end, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_an_exposed_state_comes_in_and_goes_out(kind):
    state = [(1, STREAMS, SIZE)] * KINDS[kind][1]
    run = make(kind, *state, expose=True)
    run.bottom[1].data[...] = 1
    start = [b.data[0].astype(np.float64) for b in run.bottom[2:]]
    want, end = expected(kind, run, start)
    tops = run.forward()
    np.testing.assert_allclose(tops[0], want, rtol=1e-4, atol=1e-5)
    for top, s in zip(tops[1:], end, strict=True):
        np.testing.assert_allclose(top[0], s, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(run.forward()[0], tops[0])  # nothing is carried inside
    assert run.layer.get_state() is None
    dy = np.random.default_rng(2).standard_normal(tops[0].shape)
    check_gradients(run, top_diff=[dy] + [t * 0 for t in tops[1:]], most=15)
    # Neither the last state's diff nor the first state takes part in the gradient.
    propagate = [True, False] + [True] * len(state)
    run.forward()
    plain = run.backward(dy, *[t * 0 for t in tops[1:]], propagate=propagate)
    loud = run.backward(dy, *[t * 0 + 9 for t in tops[1:]], propagate=propagate)
    np.testing.assert_array_equal(plain[0], loud[0])
    assert not any(d.any() for d in plain[2:])


def test_an_exposed_state_beside_a_static_input():
    run = make("LSTM", (STREAMS, 6), (1, STREAMS, SIZE), (1, STREAMS, SIZE), expose=True)
    start = [b.data[0] for b in run.bottom[3:]]
    want, _ = expected("LSTM", run, start, run.bottom[2].data)
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_state_is_the_same_to_the_bit(kind):
    run, other = make(kind), make(kind)
    assert other.layer.get_state() is None
    run.forward()
    other.layer.set_state(json.loads(json.dumps(run.layer.get_state())))
    np.testing.assert_array_equal(run.forward()[0], other.forward()[0])


@pytest.mark.parametrize("kind", KINDS)
def test_another_number_of_streams_begins_anew(kind):
    run = make(kind)
    run.forward()
    run.bottom[0].reshape(STEPS, 1, INPUTS)
    run.bottom[1].reshape(STEPS, 1)
    run.bottom[0].data[...] = 0.5
    run.bottom[1].data[...] = 1
    state = [np.zeros((1, SIZE))] * KINDS[kind][1]
    np.testing.assert_allclose(run.forward()[0], expected(kind, run, state)[0], rtol=1e-4)


def test_frozen_parameters_get_no_gradient():
    run = make("LSTM")
    run.layer.param_propagate_down = [False, True, True]
    top = run.forward()[0]
    run.backward(np.ones_like(top))
    assert not run.param_diff(0).any() and run.param_diff(2).any()


@pytest.mark.parametrize(
    "bottoms, message",
    [
        ([(4, 3), (4, 3)], r"bottom 0 is \(steps, streams, ...\), given \(4, 3\)"),
        ([(4, 3, 5), (3, 4)], r"bottom 1 must have shape \(4, 3\), given \(3, 4\)"),
        ([(0, 3, 5), (0, 3)], "bottom 0 has no steps"),
        ([(4, 3, 5), (4, 3), (3,)], r"bottom 2 is \(streams, ...\), given \(3,\)"),
        ([(4, 3, 5), (4, 3), (2, 6)], r"bottom 2 must have 3 streams, given \(2, 6\)"),
        ([(4, 3, 5)], "takes 2 to 3 bottom blobs, 1 given"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_bottoms_that_do_not_fit(kind, bottoms, message):
    with pytest.raises(LayerError, match=message):
        build(f'type: "{kind}" recurrent_param {{ num_output: 2 }}', *bottoms)


def test_more_that_does_not_fit():
    with pytest.raises(LayerError, match="needs num_output > 0, none is given"):
        build('type: "LSTM"', (4, 3, 5), (4, 3))
    with pytest.raises(LayerError, match=r"bottom 2 must have shape \(1, 3, 2\)"):
        make("RNN", (1, STREAMS, SIZE + 1), expose=True)
    run = make("LSTM")
    run.bottom[0].reshape(STEPS, STREAMS, INPUTS + 1)
    with pytest.raises(LayerError, match=r"was set up for \[5\] inputs a stream, given \[6\]"):
        run.forward()
    run.bottom[0].reshape(STEPS + 1, STREAMS, INPUTS)
    with pytest.raises(LayerError, match="was set up for 4 steps"):
        run.forward()
    run = make("LSTM")
    top = run.forward()[0]
    with pytest.raises(LayerError, match="no gradient goes to the sequence marks"):
        run.backward(np.ones_like(top), propagate=[True, True])


# -- LSTMUnit


def make_unit(cont):
    cont = np.float32([cont])
    n = cont.shape[1]
    return build('type: "LSTMUnit"', (1, n, 3), (1, n, 12), cont, tops=2)


def test_unit():
    run = make_unit([1, 0, 1, 1])
    cell, gates, cont = (b.data[0].astype(np.float64) for b in run.bottom)
    c, h = unit(cell, gates, cont[:, None])
    tops = run.forward()
    np.testing.assert_allclose(tops[0][0], c, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(tops[1][0], h, rtol=1e-5, atol=1e-6)
    check_gradients(run, most=48)


def test_unit_gradient_has_cont_within_the_forget_gate():
    """With cont between 0 and 1 Caffe's forget gradient is f (1 - f), f = cont * sigmoid."""
    run = make_unit([0.5, 0.25])
    cell, gates, cont = (b.data[0].astype(np.float64) for b in run.bottom)
    run.forward()
    one = np.ones((1, 2, 3))
    cell_diff, gates_diff, _ = run.backward(one, 0 * one)
    f = cont[:, None] * sigmoid(gates[:, 3:6])
    np.testing.assert_allclose(gates_diff[0, :, 3:6], cell * f * (1 - f), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(cell_diff[0], f, rtol=1e-5)


def test_unit_gradient_takes_the_cell_as_it_is_by_then():
    """A layer in place on top 0 has changed it; figures of a BVLC build, whose Eltwise made it."""
    cell, gates = [[[0.5], [-1.5]]], [[[0.1, -0.2, 0.3, 0.4], [-1, 0.5, 0.25, 2]]]
    run = build('type: "LSTMUnit"', *map(np.float32, (cell, gates, [[1, 0.5]])), tops=2)
    run.forward()
    run.top[0].data[...] = np.float32([[[2], [0.25]]])
    cell_diff, gates_diff, _ = run.backward(*map(np.float32, ([[[1], [-2]]], [[[0.5], [3]]])))
    np.testing.assert_allclose(cell_diff.ravel(), [0.45930094, -0.12904736], rtol=1e-6)
    want = [[0.09667288, 0.12626964, 0.11783227, 0.45830771]]
    want.append([-0.07859004, 0.13332598, 0.18084849, -0.00787849])
    np.testing.assert_allclose(gates_diff[0], want, rtol=1e-5)


@pytest.mark.parametrize(
    "shapes, message",
    [
        ([(2, 3), (1, 3, 8), (1, 3)], r"bottom 0 is the cell state \(1, N, D\)"),
        ([(2, 3, 2), (2, 3, 8), (2, 3)], r"bottom 0 is the cell state \(1, N, D\)"),
        ([(1, 3, 2), (1, 3, 6), (1, 3)], r"bottom 1 must have shape \(1, 3, 8\)"),
        ([(1, 3, 2), (1, 3, 8), (1, 3, 1)], r"bottom 2 must have shape \(1, 3\)"),
    ],
)
def test_unit_bottoms_that_do_not_fit(shapes, message):
    with pytest.raises(LayerError, match=message):
        build('type: "LSTMUnit"', *shapes, tops=2)
