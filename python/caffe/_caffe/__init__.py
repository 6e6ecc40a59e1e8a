"""The engine: what BVLC compiles into `_caffe.so`, on PyTorch."""

import os

import torch
import torch.distributed

from . import collector  # isort: skip  (after torch, before the engine)
from .core.allocator import keep_freed_memory
from .core.blob import Blob, BlobVec
from .core.context import (
    set_data_workers,
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_multiprocess,
    set_precision,
    set_random_seed,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
)
from .core.registry import REGISTRY, set_dialect
from .core.timer import Timer
from .errors import CaffeError, FormatError, LayerError, NetError, SolverError
from .export.torch_module import torch_module
from .graph.net import Net
from .layers.python_layer import PythonLayer as Layer
from .log import info
from .solvers import (
    NCCL,
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    Solver,
    get_solver,
)

collector.resume()

# The BVLC release whose behaviour this is.
__version__ = "1.0.0"

keep_freed_memory()
if hasattr(os, "register_at_fork"):
    # The threads that torch computes with stay in the parent; a child would wait for them forever.
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


def layer_type_list() -> list[str]:
    """Return the names of all layer types."""
    return sorted(REGISTRY)


def has_nccl() -> bool:
    """Tell whether this torch can train on several devices (`caffe.NCCL`; on CPUs by gloo)."""
    return torch.distributed.is_available()


__all__ = [
    "AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "Blob", "BlobVec", "CaffeError",
    "FormatError", "Layer", "LayerError", "NCCL", "Net", "NetError", "NesterovSolver",
    "RMSPropSolver", "SGDSolver", "Solver", "SolverError", "Timer", "get_solver", "has_nccl",
    "info", "layer_type_list", "set_data_workers", "set_device", "set_dialect", "set_mode_cpu",
    "set_mode_gpu", "set_multiprocess", "set_precision", "set_random_seed", "set_solver_count",
    "set_solver_rank", "solver_count", "solver_rank", "torch_module",
]  # fmt: skip
