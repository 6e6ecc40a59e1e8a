"""Stochastic gradient descent with momentum, and Nesterov's form of it."""

from collections.abc import Sequence

import torch

from .param_groups import Tensors
from .registry import register_solver
from .solver import Solver


@register_solver("SGD")
class SGDSolver(Solver):
    """h = momentum * h + rate * g;  w = w - h  (sgd_solver.cpp).

    The rate is inside the momentum term, unlike torch.optim.SGD's.
    """

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        h = history[0]
        torch._foreach_mul_(h, self.param.momentum)
        torch._foreach_add_(h, g, alpha=rate)
        return h


@register_solver("Nesterov")
class NesterovSolver(SGDSolver):
    """h' = momentum * h + rate * g;  w = w - ((1 + momentum) * h' - momentum * h)."""

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        momentum = self.param.momentum
        h = history[0]
        back = torch._foreach_mul(h, -momentum)
        super().compute_update(history, g, rate)
        torch._foreach_add_(back, h, alpha=1 + momentum)
        torch._foreach_copy_(g, back)
        return g
