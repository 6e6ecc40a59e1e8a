"""What `debug_info` logs, and where a NaN came from (net.cpp, ForwardDebugInfo and its kin)."""

from collections.abc import Sequence

import torch

from ..core.blob import Blob
from ..log import error, info
from .node import Node
from .params import ParamTable


def log_forward(node: Node, params: ParamTable) -> None:
    """Log the mean magnitude of a layer's tops and parameters."""
    for name, top in zip(node.top_names, node.tops, strict=True):
        _log(f"[Forward] Layer {node.name}, top blob {name} data", top.tensor(), 593)
    for j, blob in enumerate(node.layer.blobs):
        shown = params.display_name(node.layer, j)
        _log(f"[Forward] Layer {node.name}, param blob {shown} data", blob.tensor(), 605)


def log_backward(node: Node) -> None:
    """Log the mean magnitude of the gradients that a layer computed."""
    if not node.needs_backward:
        return
    for name, bottom, wanted in zip(
        node.bottom_names, node.bottoms, node.propagate_down, strict=True
    ):
        if wanted:
            what = f"[Backward] Layer {node.name}, bottom blob {name} diff"
            _log(what, bottom.diff_tensor(), 621)
    for j, blob in enumerate(node.layer.blobs):
        if node.layer.wants_param(j):
            _log(f"[Backward] Layer {node.name}, param blob {j} diff", blob.diff_tensor(), 632)


def log_backward_totals(learnable: Sequence[Blob]) -> None:
    """Log the norms of all parameters and all their gradients."""
    data = _norms([b.tensor() for b in learnable])
    diff = _norms([b.diff_tensor() for b in learnable])
    error(  # as an error in BVLC too
        "    [Backward] All net params (data, diff): "
        f"L1 norm = ({data[0]:g}, {diff[0]:g}); L2 norm = ({data[1]:g}, {diff[1]:g})",
        src="net.cpp:721",
    )


def first_nonfinite(nodes: Sequence[Node]) -> str:
    """Name the first parameter or top that holds NaN or infinity, for an error message."""

    def bad(blob: Blob) -> bool:
        return not bool(torch.isfinite(blob.tensor()).all())

    for node in nodes:
        whose = f"of layer '{node.name}' ({node.layer.type})"
        for j, blob in enumerate(node.layer.blobs):
            if bad(blob):
                return f"parameter {j} {whose}"
        for name, top in zip(node.top_names, node.tops, strict=True):
            if bad(top):
                return f"top '{name}' {whose}"
    return "the loss alone"


def _norms(tensors: list[torch.Tensor]) -> tuple[float, float]:
    return (
        sum(float(t.abs().sum()) for t in tensors),
        sum(float(t.square().sum()) for t in tensors) ** 0.5,
    )


def _log(what: str, tensor: torch.Tensor, line: int) -> None:
    mean = float(tensor.abs().sum()) / max(tensor.numel(), 1)
    info(f"    {what}: {mean:g}", src=f"net.cpp:{line}")
