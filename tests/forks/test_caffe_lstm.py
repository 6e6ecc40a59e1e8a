"""Jun Hyuk Oh's Lstm against loops and finite differences."""

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe._caffe.errors import LayerError

FILLER = "{ type: 'uniform' min: -0.6 max: 0.6 }"
TEXT = (
    f'type: "Lstm" lstm_param {{ num_output: 3 batch_size: 2 weight_filler {FILLER} '
    f"bias_filler {FILLER} %s }}"
)
RANDOM = np.random.default_rng(9)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def loops(x, clip, params, dh, state, bound=0.0):
    """Return h, the last state and the gradients of x, W, U and b, one number at a time."""
    weight, recurrent, bias = params
    steps, num, size = len(x) // 2, 2, 3
    x, dh = x.reshape(steps, num, -1), dh.reshape(steps, num, size).copy()
    h, c = np.zeros((steps, num, size)), np.zeros((steps, num, size))
    gate = np.zeros((steps, num, 4, size))
    first = state
    for t in range(steps):
        for n in range(num):
            old_h, old_c = (h[t - 1, n], c[t - 1, n]) if t else (first[0][n], first[1][n])
            z = weight @ x[t, n] + bias + (recurrent @ old_h if clip[t, n] else 0)
            gate[t, n] = z.reshape(4, size)
            gate[t, n, :3] = sigmoid(gate[t, n, :3])
            gate[t, n, 1] *= clip[t, n]
            gate[t, n, 3] = np.tanh(gate[t, n, 3])
            c[t, n] = gate[t, n, 1] * old_c + gate[t, n, 0] * gate[t, n, 3]
            h[t, n] = gate[t, n, 2] * np.tanh(c[t, n])
    dz, dc = np.zeros((steps, num, 4 * size)), np.zeros((num, size))
    for t in reversed(range(steps)):
        for n in range(num):
            i, f, o, g = gate[t, n]
            old_c = c[t - 1, n] if t else first[1][n]
            dc[n] += dh[t, n] * o * (1 - np.tanh(c[t, n]) ** 2)
            parts = [dc[n] * g * i * (1 - i), clip[t, n] * dc[n] * old_c * f * (1 - f),
                     dh[t, n] * np.tanh(c[t, n]) * o * (1 - o), dc[n] * i * (1 - g**2)]  # fmt: skip
            dz[t, n] = np.concatenate(parts)
            dz[t, n] = np.clip(dz[t, n], -bound, bound) if bound else dz[t, n]
            dc[n] = clip[t, n] * dc[n] * f
            if t and clip[t, n]:
                dh[t - 1, n] += dz[t, n] @ recurrent
    du = np.outer(dz[0, 0], first[0][0])  # of the first state, sequence 0's alone
    for t in range(1, steps):
        for n in range(num):
            du += np.outer(dz[t, n], h[t - 1, n])  # also where a sequence begins
    dw = sum(np.outer(dz[t, n], x[t, n]) for t in range(steps) for n in range(num))
    return h, (h[-1], c[-1]), [dz @ weight, dw, du, dz.sum((0, 1))]


def test_without_clip_every_forward_begins_anew():
    run = build(TEXT % "", (8, 4))
    first = run.forward()[0]
    np.testing.assert_array_equal(run.forward()[0], first)
    check_gradients(run, most=30)


@pytest.mark.parametrize("bound", [0, 0.05])
def test_clip_carries_the_state(bound):
    clip = np.array([[1, 0], [1, 1], [0, 1], [1, 1]], np.float32)
    x = RANDOM.normal(size=(8, 4)).astype(np.float32)
    run = build(TEXT % f"clipping_threshold: {bound}", x, clip.reshape(8))
    params = [b.data.astype(np.float64) for b in run.layer.blobs]
    dh = RANDOM.normal(size=(8, 3)).astype(np.float32)
    state = np.zeros((2, 3)), np.zeros((2, 3))
    for _ in range(2):
        got = run.forward()[0] if not state[0].any() else None
        if got is None:  # run once more, from the state that the first one left
            run.layer.run(run.bottom, run.top)
            got = run.top[0].data
        want, after, diffs = loops(x.astype(np.float64), clip, params, dh, state, bound)
        np.testing.assert_allclose(got, want.reshape(8, 3), atol=1e-5)
        dx = run.backward(dh)[0]
        np.testing.assert_allclose(dx, diffs[0].reshape(8, 4), atol=1e-5)
        for i in range(3):
            np.testing.assert_allclose(run.param_diff(i), diffs[i + 1], atol=1e-5)
        state = after


def test_refusals():
    with pytest.raises(LayerError, match="is not batch_size 2 x T"):
        build(TEXT % "", (7, 4))
    with pytest.raises(LayerError, match=r"clip must have shape \(8,\)"):
        build(TEXT % "", (8, 4), (4, 2))
    with pytest.raises(LayerError, match="needs num_output > 0"):
        build('type: "Lstm"', (8, 4))
