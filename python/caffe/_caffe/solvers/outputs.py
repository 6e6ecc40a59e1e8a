"""The lines that show a net's outputs while training and testing (solver.cpp)."""

import numpy as np

from ..errors import SolverError
from ..graph.net import Net


def output_values(net: Net) -> list[np.ndarray]:
    return [blob.host_tensor().numpy().copy() for _, blob, _ in net.output_blobs]


def output_lines(net: Net, values: list[np.ndarray], which: str) -> list[str]:
    """Return a log line per output number; `which` is Train or Test."""
    lines = []
    for (name, _, weight), value in zip(net.output_blobs, values, strict=True):
        for number in value.ravel():
            loss = f" (* {weight:g} = {weight * number:g} loss)" if weight else ""
            lines.append(f"    {which} net output #{len(lines)}: {name} = {number:g}{loss}")
    return lines


class Means:
    """What a test says of its passes: the mean of every output number."""

    def __init__(self, net: Net):
        self.net = net
        self.totals: list[np.ndarray] = []
        self.passes = 0

    def add(self) -> None:
        values = output_values(self.net)
        totals = self.totals or [np.zeros_like(v) for v in values]
        for (name, _, _), total, value in zip(self.net.output_blobs, totals, values, strict=True):
            if total.shape != value.shape:
                raise SolverError(
                    f"test net '{self.net.name}': output '{name}' has shape {value.shape}, in the "
                    f"pass before {total.shape}: there is no mean of both; let a layer reduce it, "
                    "or consume it by a Silence layer"
                )
        self.totals = [a + b for a, b in zip(totals, values, strict=True)]
        self.passes += 1

    def lines(self) -> list[str]:
        if not self.passes:  # test_iter: 0
            return []
        return output_lines(self.net, [t / self.passes for t in self.totals], "Test")
