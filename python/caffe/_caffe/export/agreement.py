"""How a net is held against another program: what both are given, and how far they may differ."""

import numpy as np

from ..graph.net import Net

TOLERANCE = 1e-4  # of an output's largest value
Sizes = dict[str, tuple[int, ...]]


def sizes_of(net: Net) -> Sizes:
    """Return the shapes of the inputs."""
    return {net.built.names[blob]: blob.shape for blob in net.built.inputs}


def reshape(net: Net, sizes: Sizes) -> None:
    """Give the inputs these shapes, and every blob what follows from them."""
    blobs = net.built.by_name
    for name, shape in sizes.items():
        blobs[name].reshape(*shape)
    net.reshape()


def give(net: Net, inputs: dict[str, np.ndarray]) -> None:
    """Put these arrays into the inputs, reshaped to hold them."""
    reshape(net, {name: array.shape for name, array in inputs.items()})
    for name, array in inputs.items():
        net.built.by_name[name].data[...] = array


def difference(got: np.ndarray, want: np.ndarray) -> float:
    """Return the largest difference by the largest value wanted; infinite where shapes differ."""
    if got.shape != want.shape:
        return float("inf")
    finite = np.isfinite(want)
    if not np.array_equal(np.isfinite(got), finite):
        return float("inf")
    scale = float(np.abs(want[finite]).max(initial=0)) or 1.0
    return float(np.abs(got[finite] - want[finite]).max(initial=0)) / scale
