"""Where the computing happens, and the random stream it draws from.

BVLC keeps this per thread in `Caffe` (common.hpp): mode, device, seed, and the solver's
rank. Here the compute device is one `torch.device`; the host is always the CPU.
"""

import functools
import os
import secrets
import sys

import torch

from .. import log
from ..errors import CaffeError, nearest

HOST = "host"  # the name of the host's side of a blob; a device's side goes by the device's name
CPU = torch.device("cpu")
PRECISIONS: dict[str, torch.dtype | None] = {"float32": None, "bf16": torch.bfloat16}


class _State:
    """The settings that pycaffe keeps global."""

    def __init__(self):
        self.gpu = False
        self.device_id = 0
        self.solver_count = 1
        self.solver_rank = 0
        self.generators: dict[str, torch.Generator] = {}
        self.seed = None
        self.compute = CPU
        self.data_workers = 1
        self.narrow: torch.dtype | None = None
        self.dialect = os.environ.get("CAFFE_DIALECT", "")


_state = _State()


def device() -> torch.device:
    return _state.compute


def side() -> str:
    """Return the name of the side of a blob that layers compute on."""
    return str(_state.compute) if _state.gpu else HOST


def device_of(name: str) -> torch.device:
    """Return the device that a side's tensors live on."""
    return CPU if name == HOST else torch.device(name)


def set_mode_cpu() -> None:
    _state.gpu, _state.compute = False, CPU


def set_mode_gpu() -> None:
    """Compute on the device chosen by `set_device` from now on.

    Raises CaffeError where there is no such CUDA device: never a silent CPU run.
    """
    _state.compute = _cuda(_state.device_id)
    _state.gpu = True
    # Full float32, as in Caffe: torch would round what convolutions multiply to TF32's 10 bits, and
    # a net would differ from its own convolutional form by more than surgery.py lets pass.
    torch.backends.cudnn.allow_tf32 = False


def set_device(index: int) -> None:
    """Choose the CUDA device by its number; takes effect at once in GPU mode."""
    chosen = _cuda(index)
    _state.device_id = int(index)
    if _state.gpu:
        _state.compute = chosen


def _cuda(index: int) -> torch.device:
    if not torch.cuda.is_available():
        raise CaffeError(
            f"GPU mode asks for CUDA device {index}, but this torch ({torch.__version__}) finds no "
            "CUDA device; install a CUDA build of torch, or use caffe.set_mode_cpu()"
        )
    if not 0 <= int(index) < torch.cuda.device_count():
        raise CaffeError(
            f"there is no CUDA device {index}; this machine has {torch.cuda.device_count()}, from 0"
        )
    return torch.device("cuda", int(index))


@functools.cache
def host_memory() -> int:
    """Return the machine's memory in bytes; unlimited where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return sys.maxsize


def set_data_workers(count: int) -> None:
    """Set how many threads of each data layer load batches ahead; for nets that start to run.

    Items and their order stay the same. `data_param.prefetch` batches are ahead, or as many as
    there are threads.
    """
    if count < 1:
        raise CaffeError(f"data workers must be at least 1, given {count}")
    _state.data_workers = int(count)


def data_workers() -> int:
    return _state.data_workers


def set_precision(name: str) -> None:
    """Set what convolutions, deconvolutions and inner products multiply in.

    Parameters
    ----------
    name : str
        "float32", as BVLC, or "bf16": bfloat16 factors and outputs, by the rules of torch's
        autocast. Weights, diffs, losses and what all other layers compute stay float32.

    Raises
    ------
    CaffeError
        For any other name.
    """
    if name not in PRECISIONS:
        raise CaffeError(
            f"unknown precision '{name}'{nearest(name, PRECISIONS)} (known: "
            f"{', '.join(PRECISIONS)})"
        )
    _state.narrow = PRECISIONS[name]


def narrow(*factors: torch.Tensor | None) -> list:
    """Return factors in the precision that they are to be multiplied in."""
    if _state.narrow is None:
        return list(factors)
    return [factor if factor is None else factor.to(_state.narrow) for factor in factors]


def set_random_seed(seed: int) -> None:
    """Seed every random draw (fillers, dropout, shuffles) on host and device."""
    _state.seed = int(seed)
    _state.generators.clear()


def generator(where: torch.device) -> torch.Generator:
    """Return the random stream of a device, seeded once (from the system if never set)."""
    key = str(where)
    if key not in _state.generators:
        if _state.seed is None:
            _state.seed = secrets.randbits(32)
        _state.generators[key] = torch.Generator(where).manual_seed(_state.seed & (2**63 - 1))
    return _state.generators[key]


def random_state() -> dict[str, str]:
    """Return the streams' states as hexadecimal text, for a snapshot."""
    return {k: bytes(g.get_state().tolist()).hex() for k, g in _state.generators.items()}


def restore_random_state(states: dict[str, str]) -> None:
    """Continue the streams from `random_state`'s answer; devices that are absent are left out."""
    for key, text in states.items():
        where = torch.device(key)
        if where == CPU or (where.index or 0) < torch.cuda.device_count():
            generator(where).set_state(torch.tensor(list(bytes.fromhex(text)), dtype=torch.uint8))


def dialect() -> str:
    """Return the Caffe fork whose meaning ambiguous layers are given; "" where none is set.

    It starts as the environment's CAFFE_DIALECT.
    """
    return _state.dialect


def use_dialect(name: str) -> None:
    """Set what `dialect` returns; `set_dialect` checks the name first."""
    _state.dialect = name


def solver_count() -> int:
    return _state.solver_count


def set_solver_count(count: int) -> None:
    _state.solver_count = int(count)


def solver_rank() -> int:
    """Return this process's place among the solvers; 0 logs and snapshots."""
    return _state.solver_rank


def set_solver_rank(rank: int) -> None:
    _state.solver_rank = int(rank)
    log.set_rank(_state.solver_rank)


def set_multiprocess(value: bool) -> None:
    """Do nothing, as each solver is a process here; BVLC's may be threads."""
