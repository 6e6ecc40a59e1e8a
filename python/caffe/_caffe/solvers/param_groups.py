"""Applying an update rule to many parameters in a few multi-tensor operations."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import torch

from ...proto import caffe_pb2
from ..core import context
from ..core.blob import Blob
from ..graph.params import Owner
from ..log import info

Tensors = list[torch.Tensor] | tuple[torch.Tensor, ...]
# (history, gradients, rate) -> what to subtract
Rule = Callable[[Sequence[Tensors], Tensors, float], Tensors]

# On the CPU a rule runs over chunks small enough to stay in the cache between its
# operations; on a device, over everything at once.
CHUNK = 1 << 17


class ParamGroup:
    """The parameters of one learning rate and one weight decay."""

    def __init__(self, lr: float, decay: float, blobs: list[Blob], histories: list[list[Blob]]):
        self.lr, self.decay, self.blobs, self.histories = lr, decay, blobs, histories

    def update(self, rule: Rule, p: caffe_pb2.SolverParameter, rate: float) -> None:
        """Normalise, regularise, subtract what `rule` computes, and leave it in the diffs."""
        blobs, histories = self._active()
        if not blobs:
            return
        w = [b.tensor(write=True) for b in blobs]
        g = [b.diff_tensor(write=True) for b in blobs]
        h = [[b.tensor(write=True) for b in row] for row in histories]
        decay, rate = _float32(p.weight_decay * self.decay), _float32(rate * self.lr)
        from_history = False
        for part in _chunks([w, g, *h]):
            w_part, g_part, *h_parts = part
            if p.iter_size != 1:
                torch._foreach_mul_(g_part, 1.0 / p.iter_size)
            if decay:
                towards = w_part if p.regularization_type == "L2" else torch._foreach_sign(w_part)
                torch._foreach_add_(g_part, towards, alpha=decay)
            update = rule(h_parts, g_part, rate)
            from_history = update is h_parts[0]
            torch._foreach_sub_(w_part, update)
        if from_history:
            for blob, history in zip(blobs, h[0], strict=True):
                blob.diff_buffer.put(history, borrow=True)

    def _active(self) -> tuple[list[Blob], list[list[Blob]]]:
        """Leave out frozen parameters that have no momentum left: nothing about them changes."""
        if self.lr or len(self.histories) > 1:
            return self.blobs, self.histories
        kept = [i for i, b in enumerate(self.histories[0]) if b.data_buffer.head]
        for i in set(range(len(self.blobs))).difference(kept):
            self.blobs[i].clear_diff()  # the update
        return [self.blobs[i] for i in kept], [[self.histories[0][i] for i in kept]]


def clip(learnable: Sequence[Blob], limit: float) -> None:
    """Scale the gradients down to the L2 norm `limit`, taken over all of them; below 0, none."""
    if limit < 0 or not learnable:
        return
    grads = [blob.diff_tensor(write=True) for blob in learnable]
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads))))
    if norm > limit:
        scale = limit / norm
        info(
            f"Gradient clipping: scaling down gradients (L2 norm {norm:g} > {limit:g}) "
            f"by scale factor {scale:g}",
            src="sgd_solver.cpp:93",
        )
        torch._foreach_mul_(grads, scale)


def _float32(value: float) -> float:
    """Return `value` as Caffe's floats hold it, infinite beyond their range."""
    return ctypes.c_float(value).value


def make_groups(owners: Sequence[Owner], history: list[Blob], count: int) -> list[ParamGroup]:
    """Group parameters by their rates; `history` holds `count` rows, one after the other."""
    size = len(owners)
    rates = [(owner.spec.lr_mult, owner.spec.decay_mult) for owner in owners]
    order = sorted(range(size), key=rates.__getitem__)
    groups = []
    for (lr, decay), members in groupby(order, key=rates.__getitem__):
        ids = list(members)
        rows = [[history[k * size + i] for i in ids] for k in range(count)]
        groups.append(ParamGroup(lr, decay, [owners[i].blob for i in ids], rows))
    return groups


def _chunks(rows: Sequence[Tensors]) -> Iterator[Sequence[Tensors]]:
    """Cut rows of equally long tensors into chunks of about CHUNK elements."""
    if context.side() != context.HOST:
        yield rows
        return
    parts: list[list[torch.Tensor]] = [[] for _ in rows]
    room = CHUNK
    for column in zip(*rows, strict=True):
        flat = [t.view(-1) for t in column]
        for pieces in zip(*(t.split(CHUNK) for t in flat), strict=True):
            if parts[0] and pieces[0].numel() > room:
                yield parts
                parts, room = [[] for _ in rows], CHUNK
            for row, piece in zip(parts, pieces, strict=True):
                row.append(piece)
            room -= pieces[0].numel()
    if parts[0]:
        yield parts
