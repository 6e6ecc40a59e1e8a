"""What `debug_info` logs, and where a NaN came from (net.cpp, ForwardDebugInfo and its kin)."""

from typing import TYPE_CHECKING

import torch

from ..core.blob import Blob
from ..log import error, info

if TYPE_CHECKING:
    from .net import Net


def say_forward(net: "Net", i: int) -> None:
    """Log the mean magnitude of layer `i`'s tops and parameters."""
    name = net._layer_names[i]
    for t in net._tops[i]:
        what = f"[Forward] Layer {name}, top blob {net._blob_names[t]} data"
        _say(what, net._blobs[t].tensor(), 593)
    for j, blob in enumerate(net._layers[i].blobs):
        shown = net._param_table.display_name(net._layers[i], j)
        _say(f"[Forward] Layer {name}, param blob {shown} data", blob.tensor(), 605)


def say_backward(net: "Net", i: int) -> None:
    """Log the mean magnitude of the gradients that layer `i` computed."""
    name, layer = net._layer_names[i], net._layers[i]
    for b, wanted in zip(net._bottoms[i], net._bottom_need[i], strict=True):
        if wanted:
            what = f"[Backward] Layer {name}, bottom blob {net._blob_names[b]} diff"
            _say(what, net._blobs[b].diff_tensor(), 621)
    for j, blob in enumerate(layer.blobs):
        if layer.wants_param(j):
            _say(f"[Backward] Layer {name}, param blob {j} diff", blob.diff_tensor(), 632)


def say_backward_totals(net: "Net") -> None:
    """Log the norms of all parameters and all their gradients."""
    data = _norms([b.tensor() for b in net.learnable_params])
    diff = _norms([b.diff_tensor() for b in net.learnable_params])
    error(  # as an error in BVLC too
        "    [Backward] All net params (data, diff): "
        f"L1 norm = ({data[0]:g}, {diff[0]:g}); L2 norm = ({data[1]:g}, {diff[1]:g})",
        src="net.cpp:721",
    )


def first_nonfinite(net: "Net") -> str:
    """Name the first parameter or blob that holds NaN or infinity, for an error message."""

    def bad(blob: Blob) -> bool:
        return not bool(torch.isfinite(blob.tensor()).all())

    for i, layer in enumerate(net._layers):
        whose = f"of layer '{layer.name}' ({layer.type})"
        for j, blob in enumerate(layer.blobs):
            if bad(blob):
                return f"parameter {j} {whose}"
        for t in net._tops[i]:
            if bad(net._blobs[t]):
                return f"top '{net._blob_names[t]}' {whose}"
    return "the loss alone"


def _mean(tensor: torch.Tensor) -> float:
    return float(tensor.abs().sum()) / max(tensor.numel(), 1)


def _norms(tensors: list[torch.Tensor]) -> tuple[float, float]:
    return (
        sum(float(t.abs().sum()) for t in tensors),
        sum(float(t.square().sum()) for t in tensors) ** 0.5,
    )


def _say(what: str, tensor: torch.Tensor, line: int) -> None:
    info(f"    {what}: {_mean(tensor):g}", src=f"net.cpp:{line}")
