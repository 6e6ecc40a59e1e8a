"""RNN and LSTM, unrolled over time, and the LSTM's unit as a layer of its own."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from ..core.layer import Layer, register


def _open(gates, cont):
    """Return gates (N, 4D) as i, f, o, g, with cont (N, 1) inside f."""
    i, f, o, g = gates.chunk(4, 1)
    return torch.sigmoid(i), cont * torch.sigmoid(f), torch.sigmoid(o), torch.tanh(g)


def _gradients(cell, opened, tanh_c, c_diff, h_diff):
    """Return the gradients of a step by cell and gates."""
    i, f, o, g = opened
    diff = c_diff + h_diff * o * (1 - tanh_c * tanh_c)
    gates = [
        diff * g * i * (1 - i),
        # Caffe has cont inside f here too, which is the true gradient for cont 0 and 1 only.
        diff * cell * f * (1 - f),
        h_diff * tanh_c * o * (1 - o),
        diff * i * (1 - g * g),
    ]
    return diff * f, torch.cat(gates, 1)


class Unit(torch.autograd.Function):
    """One LSTM step (lstm_unit_layer.cpp): cell (N, D), gates (N, 4D) as i f o g, cont (N, 1).

    c = cont * sigmoid(f) * cell + sigmoid(i) * tanh(g),  h = sigmoid(o) * tanh(c).
    """

    @staticmethod
    def forward(ctx, cell, gates, cont):
        i, f, o, g = _open(gates, cont)
        c = f * cell + i * g
        tanh_c = torch.tanh(c)
        ctx.save_for_backward(cell, i, f, o, g, tanh_c)
        return c, o * tanh_c

    @staticmethod
    def backward(ctx, c_diff, h_diff):
        cell, *opened, tanh_c = ctx.saved_tensors
        return *_gradients(cell, opened, tanh_c, c_diff, h_diff), None


@register("LSTMUnit")
class LSTMUnit(Layer):
    """Cell (1, N, D), gates (1, N, 4D) and cont (1, N) to the next cell and hidden state."""

    bottoms, tops = (3, 3), (2, 2)
    no_gradient = frozenset({2})

    def reshape(self, cell, gates, cont):
        self.check(
            len(cell) == 3 and cell[0] == 1, f"bottom 0 is the cell state (1, N, D), given {cell}"
        )
        n, d = cell[1:]
        for i, (given, wanted) in enumerate(((gates, (1, n, 4 * d)), (cont, (1, n))), 1):
            self.check(given == wanted, f"bottom {i} must have shape {wanted}, given {given}")
        return [cell, cell]

    def forward(self, cell, gates, cont):
        c, h = Unit.apply(cell[0], gates[0], cont[0][:, None])
        return c[None], h[None]

    def backward(self, propagate_down, bottom, top, top_diff):
        """The step's gradients, with c as layers in place on top 0 have left it."""
        cell, gates, cont, c, c_diff, h_diff = (x[0] for x in (*bottom, top[0], *top_diff))
        opened = _open(gates, cont[:, None])
        diffs = _gradients(cell, opened, torch.tanh(c), c_diff, h_diff)
        return [*(diff[None] for diff in diffs), None]


class Recurrent(Layer):
    """What RNN and LSTM share (recurrent_layer.cpp).

    Bottoms: x (T, N, ...), cont (T, N) with 0 where a sequence begins, and optionally x_static
    (N, ...). The hidden state goes on from one forward to the next until `reset`; with
    expose_hidden it comes in as further bottoms and goes out as further tops, each (1, N, D). No
    gradient runs through it from one batch to another.
    """

    states: tuple[str, ...] = ()  # the names of the hidden state's parts
    add_params: Callable  # (recurrent_param) -> None
    unroll: Callable  # (x, cont, static, start) -> (top, end)

    def __init__(self, param, phase, folder=""):
        super().__init__(param, phase, folder)
        self.exposed = len(self.states) if param.recurrent_param.expose_hidden else 0
        self.bottoms = (2 + self.exposed, 3 + self.exposed)
        self.tops = (1 + self.exposed, 1 + self.exposed)

    def setup(self, x, cont, *rest):
        p = self.layer_param.recurrent_param
        self.check_positive(p, "num_output")
        self.size = int(p.num_output)
        self.check(x.dim() > 2, f"bottom 0 is (steps, streams, ...), given {tuple(x.shape)}")
        self.steps, self.static = x.shape[0], len(rest) > self.exposed
        first_state = 2 + self.static
        self.no_gradient = frozenset({1, *range(first_state, first_state + self.exposed)})
        if self.static:
            self.check(
                rest[0].dim() > 1, f"bottom 2 is (streams, ...), given {tuple(rest[0].shape)}"
            )
        self.check(self.steps > 0, f"bottom 0 has no steps: {tuple(x.shape)}")
        # How many numbers a stream takes in: at each step, and once for all steps.
        self.inputs = [x.shape[2:].numel()] + [s.shape[1:].numel() for s in rest[: self.static]]
        self.add_params(p)

    def add_input_params(self, p, rows):
        """Add what takes x, and x_static if there is one, to `rows` numbers a stream."""
        self.add_param((rows, self.inputs[0]), p.weight_filler)
        self.add_param((rows,), p.bias_filler)
        if self.static:
            self.add_param((rows, self.inputs[1]), p.weight_filler)

    def transform(self, x, static):
        """Return those numbers for each step, (N, rows)."""
        y = F.linear(x, self.param(0), self.param(1))
        if static is not None:
            y = y + F.linear(static, self.param(2))
        return y.unbind(0)

    def reshape(self, x, cont, *rest):
        self.check(
            len(x) > 2 and x[0] == self.steps,
            f"was set up for {self.steps} steps, bottom 0 has shape {x}",
        )
        given = [math.prod(x[2:])] + [math.prod(s[1:]) for s in rest[: self.static]]
        self.check(
            given == self.inputs, f"was set up for {self.inputs} inputs a stream, given {given}"
        )
        state = (1, x[1], self.size)
        self.check(cont == x[:2], f"bottom 1 must have shape {x[:2]}, given {cont}")
        if self.static:
            self.check(rest[0][:1] == x[1:2], f"bottom 2 must have {x[1]} streams, given {rest[0]}")
        for i, given in enumerate(rest[self.static :], 2 + self.static):
            self.check(given == state, f"bottom {i} must have shape {state}, given {given}")
        return [(x[0], x[1], self.size)] + [state] * self.exposed

    def forward(self, x, cont, *rest):
        start = [s[0] for s in rest[self.static :]] if self.exposed else self._begin(x)
        static = rest[0].flatten(1) if self.static else None
        top, end = self.unroll(x.flatten(2), cont[..., None].unbind(0), static, start)
        end = [s.detach() for s in end]
        if self.exposed:
            return (top, *(s[None] for s in end))
        self.end = end
        return top

    # -- the hidden state, carried over as (N, D) tensors

    start: list[torch.Tensor] | None = None  # where the last forward began
    end: list[torch.Tensor] | None = None  # where it ended
    repeats = False

    def _begin(self, x):
        """Return the state that this forward begins with."""
        if not self.repeats:
            self.start = self.end
        shape = (x.shape[1], self.size)
        if self.start is None or self.start[0].shape != shape:
            self.start = [x.new_zeros(shape) for _ in self.states]
        return [s.to(x.device) for s in self.start]

    def run_backward(self, propagate_down, bottom, top, keep):
        self.check(not propagate_down[1], "no gradient goes to the sequence marks (bottom 1)")
        # A backward that has no graph at hand runs forward again: from the same state.
        self.repeats = True
        try:
            super().run_backward(propagate_down, bottom, top, keep)
        finally:
            self.repeats = False

    def reset(self) -> None:
        """Begin the next forward with a hidden state of zeros (RecurrentLayer::Reset)."""
        self.end = None

    def get_state(self):
        """Return the hidden state as lists of numbers (float32 goes through them unchanged)."""
        if self.end is None:
            return None
        return {name: s.tolist() for name, s in zip(self.states, self.end, strict=True)}

    def set_state(self, state):
        self.end = [torch.tensor(state[name], dtype=torch.float32) for name in self.states]


@register("RNN")
class RNN(Recurrent):
    """h_t = tanh(W_hh cont_t h_(t-1) + W_xh x_t + b_h), o_t = tanh(W_ho h_t + b_o) (rnn_layer.cpp).

    Top 0: o (T, N, D). Parameters: W_xh, b_h, W_xh_static if there is a static input, W_hh, W_ho,
    b_o. State: h.
    """

    states = ("h",)

    def add_params(self, p):
        self.add_input_params(p, self.size)
        self.add_param((self.size, self.size), p.weight_filler)
        self.add_param((self.size, self.size), p.weight_filler)
        self.add_param((self.size,), p.bias_filler)

    def unroll(self, x, cont, static, start):
        first = 2 + self.static
        w_hh, w_ho, b_o = (self.param(first + i) for i in range(3))
        (h,), hidden = start, []
        for x_t, cont_t in zip(self.transform(x, static), cont, strict=True):
            h = torch.tanh(torch.addmm(x_t, h * cont_t, w_hh.t()))
            hidden.append(h)
        return torch.tanh(F.linear(torch.stack(hidden), w_ho, b_o)), [h]


@register("LSTM")
class LSTM(Recurrent):
    """Gates W_hc cont_t h_(t-1) + W_xc x_t + b_c into an LSTM unit at each step (lstm_layer.cpp).

    Top 0: h (T, N, D). Parameters: W_xc, b_c, W_xc_static if there is a static input, W_hc; their
    rows are the gates i, f, o, g, D each. State: h, c.
    """

    states = ("h", "c")

    def add_params(self, p):
        self.add_input_params(p, 4 * self.size)
        self.add_param((4 * self.size, self.size), p.weight_filler)

    def unroll(self, x, cont, static, start):
        w_hc = self.param(2 + self.static)
        (h, c), hidden = start, []
        for x_t, cont_t in zip(self.transform(x, static), cont, strict=True):
            c, h = Unit.apply(c, torch.addmm(x_t, h * cont_t, w_hc.t()), cont_t)
            hidden.append(h)
        return torch.stack(hidden), [h, c]
