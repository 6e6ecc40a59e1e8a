"""Learning-rate policies (sgd_solver.cpp, GetLearningRate)."""

import math
from collections.abc import Callable

import numpy as np

from ...proto import caffe_pb2
from ..errors import SolverError, nearest
from ..log import info

Policy = Callable[[caffe_pb2.SolverParameter, int, int], float]


def _pow(base: float, exponent: float) -> float:
    """C's pow: infinite or NaN where Python's raises or turns complex."""
    with np.errstate(all="ignore"):
        return float(np.power(np.float64(base), np.float64(exponent)))


def _sigmoid(p, it, step):
    z = p.gamma * (it - p.stepsize)
    # Written so that neither end overflows.
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


# By what base_lr is multiplied at iteration `it`, after so many steps.
POLICIES: dict[str, Policy] = {
    "fixed": lambda p, it, step: 1.0,
    "step": lambda p, it, step: _pow(p.gamma, step),
    "exp": lambda p, it, step: _pow(p.gamma, it),
    "inv": lambda p, it, step: _pow(1 + p.gamma * it, -p.power),
    "multistep": lambda p, it, step: _pow(p.gamma, step),
    "poly": lambda p, it, step: _pow(1 - it / p.max_iter if p.max_iter else 0.0, p.power),
    "sigmoid": _sigmoid,
}


def check(p: caffe_pb2.SolverParameter) -> None:
    """Raise SolverError where the policy is unknown or lacks what it needs."""
    if p.lr_policy not in POLICIES:
        raise SolverError(
            f"unknown lr_policy '{p.lr_policy}'{nearest(p.lr_policy, POLICIES)} "
            f"(known: {', '.join(POLICIES)})"
        )
    if p.lr_policy in ("step", "sigmoid") and p.stepsize <= 0:
        raise SolverError(f"lr_policy '{p.lr_policy}' needs stepsize > 0, it is {p.stepsize}")
    if p.lr_policy in ("step", "exp", "inv", "multistep", "sigmoid") and p.gamma < 0:
        raise SolverError(f"lr_policy '{p.lr_policy}' needs gamma >= 0, it is {p.gamma:g}")


def current_step(p: caffe_pb2.SolverParameter, it: int, step: int) -> int:
    """Return the number of steps taken at iteration `it`, given the number so far.

    multistep takes at most one step an iteration, and so does BVLC.
    """
    if p.lr_policy == "step":
        return it // p.stepsize
    due = p.lr_policy == "multistep" and step < len(p.stepvalue) and it >= p.stepvalue[step]
    return step + due


def take_step(p: caffe_pb2.SolverParameter, it: int, step: int) -> int:
    """Return `current_step`, and log a step of multistep."""
    new = current_step(p, it, step)
    if p.lr_policy == "multistep" and new != step:
        info(f"MultiStep Status: Iteration {it}, step = {new}", src="sgd_solver.cpp:50")
    return new


def rate(p: caffe_pb2.SolverParameter, it: int, step: int) -> float:
    return p.base_lr * POLICIES[p.lr_policy](p, it, step)
