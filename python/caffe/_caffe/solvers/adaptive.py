"""Solvers that scale each weight's step by its gradients' history."""

from collections.abc import Sequence

import torch

from ..errors import SolverError
from .param_groups import Tensors
from .registry import register_solver
from .sgd import SGDSolver


class _Adaptive(SGDSolver):
    """Common to the solvers that refuse a momentum (sgd_solvers.hpp, constructor checks)."""

    def check_param(self) -> None:
        super().check_param()
        if self.param.momentum != 0:
            raise SolverError(
                f"momentum cannot be used with {self.type}: it is {self.param.momentum:g}, "
                "remove it from the solver"
            )


@register_solver("AdaGrad")
class AdaGradSolver(_Adaptive):
    """h = h + g^2;  w = w - rate * g / (sqrt(h) + delta)  (adagrad_solver.cpp)."""

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        h = history[0]
        torch._foreach_addcmul_(h, g, g)
        return _scaled(g, h, self.param.delta, rate)


@register_solver("RMSProp")
class RMSPropSolver(_Adaptive):
    """h = rms_decay * h + (1 - rms_decay) * g^2;  w = w - rate * g / (sqrt(h) + delta)."""

    def check_param(self) -> None:
        super().check_param()
        if not 0 <= self.param.rms_decay < 1:
            raise SolverError(f"rms_decay must lie in [0, 1), it is {self.param.rms_decay:g}")

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        h = history[0]
        decay = self.param.rms_decay
        torch._foreach_mul_(h, decay)
        torch._foreach_addcmul_(h, g, g, value=1 - decay)
        return _scaled(g, h, self.param.delta, rate)


@register_solver("AdaDelta")
class AdaDeltaSolver(SGDSolver):
    """AdaDelta (adadelta_solver.cpp), with m the momentum.

    h = m * h + (1 - m) * g^2;  u = g * sqrt((d + delta) / (h + delta));
    d = m * d + (1 - m) * u^2;  w = w - rate * u.
    """

    histories = 2

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        h, d = history
        m, delta = self.param.momentum, self.param.delta
        torch._foreach_mul_(h, m)
        torch._foreach_addcmul_(h, g, g, value=1 - m)
        ratio = torch._foreach_add(d, delta)
        torch._foreach_div_(ratio, torch._foreach_add(h, delta))
        torch._foreach_sqrt_(ratio)
        torch._foreach_mul_(g, ratio)
        torch._foreach_mul_(d, m)
        torch._foreach_addcmul_(d, g, g, value=1 - m)
        torch._foreach_mul_(g, rate)
        return g


@register_solver("Adam")
class AdamSolver(SGDSolver):
    """Adam (adam_solver.cpp), with b1 the momentum, b2 momentum2 and t = iter + 1.

    m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g^2;
    w = w - rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + delta): delta outside the root.
    """

    histories = 2

    def check_param(self) -> None:
        super().check_param()
        for name in ("momentum", "momentum2"):
            value = getattr(self.param, name)
            if not 0 <= value < 1:
                raise SolverError(f"Adam needs a {name} of at least 0 and below 1, not {value:g}")

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        m, v = history
        b1, b2, t = self.param.momentum, self.param.momentum2, self.iter + 1
        torch._foreach_mul_(m, b1)
        torch._foreach_add_(m, g, alpha=1 - b1)
        torch._foreach_mul_(v, b2)
        torch._foreach_addcmul_(v, g, g, value=1 - b2)
        torch._foreach_copy_(g, m)
        correction = (1 - b2**t) ** 0.5 / (1 - b1**t)
        return _scaled(g, v, self.param.delta, rate * correction)


def _scaled(g: Tensors, h: Tensors, delta: float, rate: float) -> Tensors:
    """Turn g into rate * g / (sqrt(h) + delta)."""
    root = torch._foreach_sqrt(h)
    torch._foreach_add_(root, delta)
    torch._foreach_div_(g, root)
    torch._foreach_mul_(g, rate)
    return g
