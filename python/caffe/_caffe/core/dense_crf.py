"""Mean-field inference in a fully connected CRF with Potts weights (DenseCRF)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from .permutohedral import Lattice


def mean_field(
    score: torch.Tensor, kernels: Sequence[tuple[float, Lattice]], iterations: int
) -> torch.Tensor:
    """Return Q after so many rounds of Q <- softmax(score + sum over kernels of weight K(Q)).

    Kraehenbuehl and Koltun, Efficient Inference in Fully Connected CRFs with Gaussian Edge
    Potentials (2011), Algorithm 1, as DeepLab's and CCNN's Caffe have it: K averages with weights
    that sum to 1 at each pixel, the pixel itself included.

    Parameters
    ----------
    score : (pixels, classes) tensor
        Log-probabilities up to a constant per pixel; the negative of the unary energies.
    kernels : sequence of (weight, Lattice)
    iterations : int
        0 for softmax(score).
    """
    prob = _softmax(score)
    for _ in range(iterations):
        total = score.clone()
        for weight, lattice in kernels:
            total.add_(lattice.average(prob), alpha=weight)
        prob = _softmax(total)
    return prob


def _softmax(x: torch.Tensor) -> torch.Tensor:
    """Return softmax over classes; terms below exp(-20) of the largest are 0, as in the forks."""
    below = x - x.amax(1, keepdim=True)
    return F.threshold(below, -20, -torch.inf, inplace=True).softmax(1)
