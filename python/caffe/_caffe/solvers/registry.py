"""The registry of solver types."""

import os
from collections.abc import Callable
from typing import Any

from ..errors import SolverError, nearest
from ..formats import prototxt

SolverClass = type[Any]  # a subclass of Solver, which this file must not import
SOLVERS: dict[str, SolverClass] = {}


def register_solver(name: str) -> Callable[[SolverClass], SolverClass]:
    def enter(cls: SolverClass) -> SolverClass:
        cls.type = name
        SOLVERS[name] = cls
        return cls

    return enter


def get_solver(filename: str) -> Any:
    """Return the solver that a solver prototxt names by its `type`.

    Raises
    ------
    SolverError
        For an unknown type.
    """
    param = prototxt.read_solver(os.fspath(filename))
    if param.type not in SOLVERS:
        raise SolverError(
            f"'{filename}': unknown solver type '{param.type}'{nearest(param.type, SOLVERS)} "
            f"(known: {', '.join(SOLVERS)})"
        )
    return SOLVERS[param.type](param)
