"""Checks of a solver's settings, before its nets are built."""

import os

from ...proto import caffe_pb2
from ..errors import SolverError, nearest
from . import lr_policy
from .detections import VERSIONS

_EVALUATIONS = ("classification", "detection")


def check_settings(p: caffe_pb2.SolverParameter) -> None:
    if p.average_loss < 1:
        raise SolverError(f"average_loss must be at least 1, it is {p.average_loss}")
    if p.iter_size < 1:
        raise SolverError(f"iter_size must be at least 1, it is {p.iter_size}")
    if p.regularization_type not in ("L1", "L2"):
        raise SolverError(f"unknown regularization_type '{p.regularization_type}' (known: L1, L2)")
    for field, known in (("eval_type", _EVALUATIONS), ("ap_version", tuple(VERSIONS))):
        given = getattr(p, field)
        if given not in known:
            raise SolverError(
                f"unknown {field} '{given}'{nearest(given, known)} (known: {', '.join(known)})"
            )
    lr_policy.check(p)
    if p.snapshot:
        if not p.HasField("snapshot_prefix"):
            raise SolverError(f"snapshot: {p.snapshot} needs a snapshot_prefix")
        check_snapshot_folder(p)


def check_snapshot_folder(p: caffe_pb2.SolverParameter) -> None:
    folder = os.path.dirname(p.snapshot_prefix) or "."
    if not (os.path.isdir(folder) and os.access(folder, os.W_OK)):
        raise SolverError(
            f"cannot write to snapshot_prefix '{p.snapshot_prefix}': folder '{folder}' "
            "does not exist or is not writable"
        )
