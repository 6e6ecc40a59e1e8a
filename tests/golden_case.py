"""Reference figures in an .npz (tests/golden/README.md), and a net or solver held to them."""

import numpy as np


def read(path):
    """Return the arrays of an .npz by name."""
    with np.load(path) as stored:
        return dict(stored)


class Case:
    """What a net is given and what it must compute.

    `tolerance` is a share of a wanted array's scale; a case may ask for a wider one (`tol`).
    """

    def __init__(self, path, tolerance=1e-4):
        self.arrays = read(path)
        self.tolerance = max(tolerance, float(self["tol"]) if "tol" in self.arrays else 0)

    def __getitem__(self, name):
        return self.arrays[name]

    def entries(self, kind):
        """Yield (key, array) of one kind, the key without it."""
        for name in self.arrays:
            if name.startswith(kind + "/"):
                yield name[len(kind) + 1 :], self[name]

    @staticmethod
    def error(got, want):
        """Return the largest error as a share of the scale; inf where what is not finite moved."""
        got = np.asarray(got, dtype=np.float64).reshape(want.shape)
        finite = np.isfinite(want)
        if not np.array_equal(np.isfinite(got), finite):
            return np.inf
        scale = max(1.0, np.abs(want[finite]).max(initial=0.0))
        return float(np.abs(got[finite] - want[finite]).max(initial=0.0) / scale)

    def hold(self, what, got, want):
        """Compare within the tolerance; what is not finite must agree in place."""
        assert self.error(got, want) <= self.tolerance, what

    def set_params(self, net, kind):
        """Set the parameters: `param`, or `init` before training."""
        for key, value in self.entries(kind):
            param(net, key).data[...] = value

    def feed(self, net):
        for key, value in self.entries("in"):
            net.blobs[key].data[...] = value

    def hold_params(self, net, kind):
        for key, value in self.entries(kind):
            self.hold(f"{kind} {key}", param(net, key).data, value)

    def hold_passes(self, net):
        """Set parameters and inputs; run forward `steps` times, and backward for gradients."""
        self.set_params(net, "param")
        self.feed(net)
        for _ in range(int(self["steps"])):
            net.forward()
        for key, value in self.entries("out"):
            assert tuple(net.blobs[key].shape) == value.shape, key
            self.hold(f"data of {key}", net.blobs[key].data, value)
        self.hold_params(net, "after")
        inputs, params = list(self.entries("indiff")), list(self.entries("paramdiff"))
        if not inputs + params:
            return
        net.clear_param_diffs()
        for key, value in self.entries("topdiff"):
            net.blobs[key].diff[...] = value
        net.backward()
        for key, value in inputs:
            if value.any():
                self.hold(f"diff of {key}", net.blobs[key].diff, value)
        for key, value in params:
            self.hold(f"diff of param {key}", param(net, key).diff, value)

    def hold_training(self, solver):
        """Train 20 iterations from `init`, holding each one's loss and the kept parameters."""
        self.set_params(solver.net, "init")
        self.feed(solver.net)
        for iteration in range(1, 21):
            solver.step(1)
            loss = np.ravel(solver.net.blobs["loss"].data)[0]
            self.hold(f"loss at {iteration}", loss, self["loss"][iteration - 1])
            self.hold_params(solver.net, f"iter{iteration}")


def param(net, key):
    layer, index = key.rsplit("/", 1)
    return net.params[layer][int(index)]
