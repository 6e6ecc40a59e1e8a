"""Jun Hyuk Oh's LSTM (junhyukoh/caffe-lstm), and CTPN's layers (tianzhi0549/CTPN) with theirs.

BVLC's LSTM is another layer.
"""

import torch

from caffe.proto import caffe_pb2

from ...core.layer import Layer, register


@register("Lstm")
class Lstm(Layer):
    """A long short-term memory over T steps of N sequences (lstm_layer.cpp).

    Bottoms: x (T N, ...), step by step, N being batch_size; clip (T N), 0 where a sequence begins,
    if given. Top (T N, num_output). Parameters: W (4 H, I), U (4 H, H), b (4 H), gates in the
    order i, f, o, g:

        c[t] = f c[t-1] + i g,  h[t] = o tanh(c[t]),  gates of W x[t] + U h[t-1] + b

    i, f, o by the sigmoid, g by tanh; where a sequence begins, without h and with f = 0. With
    clip, the last state is the next forward's first; without it every forward begins anew.
    clipping_threshold bounds the gates' gradients at each step, before the sigmoid.

    U's gradient is not the true one with clip, as in the fork: it takes h[t-1] where a sequence
    begins, too, and of the first step's state only sequence 0's. The fork's CPU code also gives
    sequence 0 what all sequences send back through U; its GPU code, followed here, does not.
    """

    bottoms = (1, 2)
    no_gradient = frozenset({1})
    lead = 1  # axes of steps and sequences
    recomputable = False  # the state that forward began with is gone
    state: tuple[torch.Tensor, torch.Tensor] | None = None

    def setup(self, x, *clip):
        param = self.layer_param.lstm_param
        self.check_positive(param, "num_output", "batch_size")
        self.num, self.size = param.batch_size, param.num_output
        self.bound, self.stateful = param.clipping_threshold, bool(clip)
        self.add_param((4 * self.size, x[:1].numel()), param.weight_filler)
        self.add_param((4 * self.size, self.size), param.weight_filler)
        self.add_param((4 * self.size,), param.bias_filler)

    def reshape(self, x, *clip):
        self.check(len(x) > 0 and x[0] % self.num == 0, f"{x} is not batch_size {self.num} x T")
        if clip and (clip[0][0] != x[0] or any(n != 1 for n in clip[0][1:])):
            self.fail(f"clip must have shape ({x[0]},), given {clip[0]}")
        return [(x[0], self.size)]

    def reset(self) -> None:
        """Begin the next forward with a state of zeros."""
        self.state = None

    def forward(self, x, *clip):
        goes_on = self._goes_on(x, *clip)
        weight, recurrent, bias = (self.param(i) for i in range(3))
        inputs = (x.flatten(1) @ weight.t() + bias).view(-1, self.num, 4 * self.size)
        h, c = self.state or (x.new_zeros(self.num, self.size),) * 2
        first, steps = h, []
        for before, on in zip(inputs, goes_on, strict=True):
            i, f, o, g = (before + on * (h @ recurrent.t())).chunk(4, 1)
            i, f, o, g = i.sigmoid(), f.sigmoid() * on, o.sigmoid(), g.tanh()
            last, c = c, f * c + i * g
            h = o * c.tanh()
            steps.append((i, f, o, g, last, c, h))
        if clip:
            self.state = h, c
        self.save_for_backward((goes_on, first, steps))
        return torch.cat([step[-1] for step in steps])

    def _goes_on(self, x, *clip):
        """Return 1 where a sequence goes on, 0 where it begins, (T, N, 1)."""
        if clip:
            return (clip[0].reshape(-1, self.num, 1) != 0).to(x)
        goes_on = x.new_ones(len(x) // self.num, self.num, 1)
        goes_on[0] = 0
        return goes_on

    def backward(self, propagate_down, bottom, top, top_diff):
        goes_on, first, steps = self.saved
        recurrent = self.param(1)
        dh = top_diff[0].reshape(len(steps), self.num, self.size).clone()
        dc, gates = torch.zeros_like(first), torch.empty_like(dh).repeat(1, 1, 4)
        for t in range(len(steps) - 1, -1, -1):
            i, f, o, g, before, c, _ = steps[t]
            bent = c.tanh()
            dc = dc + dh[t] * o * (1 - bent**2)
            di, df = dc * g * i * (1 - i), goes_on[t] * dc * before * f * (1 - f)
            do, dg = dh[t] * bent * o * (1 - o), dc * i * (1 - g**2)
            gate = torch.cat([di, df, do, dg], 1)
            gates[t] = gate.clamp_(-self.bound, self.bound) if self.bound > 0 else gate
            dc = goes_on[t] * dc * f
            if t:
                dh[t - 1] += goes_on[t] * (gates[t] @ recurrent)
        self._add_diffs(bottom[0], gates, first, steps)
        dx = (gates.flatten(0, 1) @ self.param(0)).view(bottom[0].shape)
        return [dx if propagate_down[0] else None, None][: len(bottom)]

    def _add_diffs(self, x, gates, first, steps):
        rows = gates.flatten(0, 1)
        if self.wants_param(0):
            self.blobs[0].add_diff(rows.t() @ x.flatten(1))
        if self.wants_param(1):
            hidden = torch.stack([first, *(step[-1] for step in steps[:-1])])
            hidden[0, 1:] = 0
            self.blobs[1].add_diff(rows.t() @ hidden.flatten(0, 1))
        if self.wants_param(2):
            self.blobs[2].add_diff(rows.sum(0))


def _is_ctpns(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    own = {"Transpose", "Reverse"} & {layer.type for layer in net.layer}
    return f"its net has {' and '.join(sorted(own))}" if own else None


@register("Lstm", dialect="ctpn", recognise=_is_ctpns)
class LstmOfSequences(Lstm):
    """Lstm of bottoms (T, N, ...), clip (T, N), whose top is (T, N, num_output): CTPN's.

    batch_size is not read.
    """

    lead = 2

    def setup(self, x, *clip):
        self.check(x.dim() > 1, f"takes (steps, sequences, ...), given {tuple(x.shape)}")
        super().setup(x.flatten(0, 1), *clip)

    def reshape(self, x, *clip):
        self.check(
            all(len(c) > 1 for c in (x, *clip)),
            f"takes (steps, sequences, ...) and clip (steps, sequences), given {[x, *clip]}",
        )
        self.num = x[1]
        rows, *marks = ((c[0] * c[1], *c[2:]) for c in (x, *clip))
        super().reshape(rows, *marks)
        return [(*x[:2], self.size)]

    def forward(self, x, *clip):
        return super().forward(x.flatten(0, 1), *clip).view(*x.shape[:2], self.size)

    def backward(self, propagate_down, bottom, top, top_diff):
        rows = [bottom[0].flatten(0, 1), *bottom[1:]]
        dx, *rest = super().backward(propagate_down, rows, top, top_diff)
        return [dx if dx is None else dx.view(bottom[0].shape), *rest]


@register("Transpose")
class Transpose(Layer):
    """The bottom's axes in the order that transpose_param's `dim` gives (transpose_layer.cpp)."""

    def setup(self, x):
        self.order = list(self.layer_param.transpose_param.dim)
        self.check(
            sorted(self.order) == list(range(x.dim())),
            f"needs each of the axes 0 to {x.dim() - 1} once as dim, given {self.order}",
        )

    def forward(self, x):
        self.check(
            x.dim() == len(self.order), f"was set up for {len(self.order)} axes, given {x.dim()}"
        )
        return x.permute(self.order).contiguous()


@register("Reverse")
class Reverse(Layer):
    """The bottom backwards along reverse_param's `axis` (reverse_layer.cpp)."""

    def setup(self, x):
        self.axis = self.layer_param.reverse_param.axis
        self.check(
            0 <= self.axis < x.dim(),
            f"axis {self.axis} is out of range for bottom shape {tuple(x.shape)}; expected 0 to "
            f"{x.dim() - 1}",
        )

    def forward(self, x):
        return x.flip(self.axis)
