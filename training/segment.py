"""A trained net on pictures of any size."""

from pathlib import Path

import numpy as np

import caffe
import experiments
from data.errors import DataError
from data.images import to_net
from experiments import Dataset
from nets.load import optimize
from training.scoring import argmax_labels, load_net


class Segmenter:
    """A row's deploy net with its weights and the mean it was trained with.

    For experiments with one picture as input (not NYUDv2's pairs of colour and depth).

    Parameters
    ----------
    name
        The row.
    weights
        A caffemodel (default: the run's best, else its last).
    """

    def __init__(self, name: str, weights: str | Path | None = None):
        self.data: Dataset = experiments.data_of(experiments.find(name))
        if len(self.data.inputs) > 1:
            tops = ", ".join(each.top for each in self.data.inputs)
            raise DataError(f"{name} takes {tops} together; here each picture is taken alone")
        (self.input,) = self.data.inputs
        self.net, _ = load_net(name, "deploy", weights)
        optimize(self.net, [head.score for head in self.data.heads])

    def segment(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """Return {score blob: H x W uint8 class numbers} of an H x W x C picture (RGB for 3)."""
        values = to_net(pixels, np.array(self.input.mean), self.input.bgr)
        forward(self.net, {self.input.top: values})
        return {
            head.score: argmax_labels(self.net.blobs[head.score].data[0])
            for head in self.data.heads
        }


def forward(net: caffe.Net, inputs: dict[str, np.ndarray]) -> None:
    """Run a deploy net forward on {blob: C x H x W}, reshaped to the inputs' size."""
    for top, values in inputs.items():
        net.blobs[top].reshape(1, *values.shape)
        net.blobs[top].data[...] = values
    net.forward()
