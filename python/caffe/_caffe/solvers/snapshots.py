"""A solver's snapshots: the weights and, beside them, what training needs to continue."""

import os
from typing import Protocol

from ...proto import caffe_pb2
from ..core import context
from ..core.blob import Blob
from ..errors import CaffeError, FormatError, SolverError
from ..formats import snapshot
from ..graph.net import Net
from ..log import info


class Training(Protocol):
    """What a snapshot holds of a solver."""

    type: str
    param: caffe_pb2.SolverParameter
    net: Net
    iter: int
    current_step: int
    history: list[Blob]


def write(solver: Training) -> None:
    """Write PREFIX_iter_N.caffemodel and .solverstate (or their .h5 forms)."""
    p = solver.param
    hdf5 = p.snapshot_format == caffe_pb2.SolverParameter.HDF5
    suffix, kind = (".h5", "HDF5") if hdf5 else ("", "binary proto")
    prefix = f"{p.snapshot_prefix}_iter_{solver.iter}"
    model, state = f"{prefix}.caffemodel{suffix}", f"{prefix}.solverstate{suffix}"
    info(f"Snapshotting to {kind} file {model}", src="solver.cpp:464")
    (solver.net.save_hdf5 if hdf5 else solver.net.save)(model, p.snapshot_diff)
    info(f"Snapshotting solver state to {kind} file {state}", src="sgd_solver.cpp:284")
    snapshot.write_solverstate(
        state,
        snapshot.SolverSnapshot(
            iter=solver.iter,
            learned_net=model,
            current_step=solver.current_step,
            history=[b.host_tensor().numpy() for b in solver.history],
            # Beyond BVLC, which skips it: what makes a resumed run continue exactly.
            runtime_state={"random": context.random_state(), "layers": solver.net.get_state()},
        ),
    )


def restore(solver: Training, state_file: str) -> None:
    """Load a .solverstate (or .solverstate.h5) and the weights that it names."""
    state = snapshot.read_solverstate(state_file)
    if len(state.history) != len(solver.history):
        raise SolverError(
            f"'{state_file}' holds {len(state.history)} history blobs, {solver.type} on this net "
            f"has {len(solver.history)}; it was written by another solver type or net"
        )
    for index, (blob, array) in enumerate(zip(solver.history, state.history, strict=True)):
        if array.size != blob.count:
            raise SolverError(
                f"'{state_file}': history blob {index} has shape {array.shape}, the "
                f"parameter's is {blob.shape}"
            )
    if state.learned_net:
        solver.net.copy_from(_find_model(state.learned_net, state_file))
    solver.iter, solver.current_step = state.iter, state.current_step
    for blob in solver.net.learnable_params:
        blob.diff_buffer.unshare()  # it may be the history that is now written
    for blob, array in zip(solver.history, state.history, strict=True):
        blob.data[...] = array.reshape(blob.shape)
    _restore_runtime(solver, state.runtime_state or {}, state_file)


def _restore_runtime(solver: Training, runtime: dict, state_file: str) -> None:
    try:
        if context.solver_rank() == 0:  # the others must not draw what it draws
            context.restore_random_state(runtime.get("random", {}))
        solver.net.set_state(runtime.get("layers", {}))
    except CaffeError:
        raise
    except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"'{state_file}': its runtime state is damaged: {error}") from error


def _find_model(name: str, state_file: str) -> str:
    """Return where the model of a solver state is: as written, or moved along beside it."""
    beside = os.path.join(os.path.dirname(state_file), os.path.basename(name))
    for path in (name, beside):
        if os.path.exists(path):
            return path
    raise CaffeError(f"'{state_file}' names the model '{name}'; it is neither there nor beside it")
