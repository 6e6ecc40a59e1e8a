"""Solvers: the loop in solver.py, one update rule a class."""

from .adaptive import AdaDeltaSolver, AdaGradSolver, AdamSolver, RMSPropSolver
from .parallel import NCCL
from .registry import get_solver
from .sgd import NesterovSolver, SGDSolver
from .solver import Solver

__all__ = [
    "AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "NCCL", "NesterovSolver", "RMSPropSolver",
    "SGDSolver", "Solver", "get_solver",
]  # fmt: skip
