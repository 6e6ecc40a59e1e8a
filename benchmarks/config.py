"""What both sides of a comparison share: settings, first weights, data."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from nets.surgery import upsample_filt


class Config(NamedTuple):
    """How a task runs: image size, where, and how many steps make a unit."""

    width: int = 500
    height: int = 375
    gpu: bool = False
    steps: int = 1
    fc: int = 4096  # channels of fc6 and fc7; smaller in tests
    dropout: bool = True
    trunk: int = 64  # channels of a ResNet's first stage; fewer in tests
    model: str = ""  # an ONNX file of the net, for those who read one
    precision: str = "float32"  # or "bf16", what filters multiply in
    net: str = "fcn8s"  # a forward pass's: or "pspnet50", "deeplabv3"
    iter_size: int = 1
    workers: int = 1  # threads that load pictures

    @property
    def image_shape(self) -> tuple[int, int, int, int]:
        return (1, 3, self.height, self.width)

    def picture(self) -> np.ndarray:
        """Return the random picture of a forward pass."""
        return batch(self.image_shape, (1,), 21)[0]


class Hyper(NamedTuple):
    """A solver's settings."""

    lr: float
    momentum: float
    decay: float


FCN8S = Hyper(1e-10, 0.99, 0.0005)
LENET = Hyper(0.0001, 0.9, 0.0005)
LENET_SHAPE = (64, 1, 28, 28)


def fill(arrays: Iterable[np.ndarray]) -> None:
    """Fill a net's parameters, in order: He's normal weights, biases 0, bilinear upscores."""
    for i, array in enumerate(arrays):
        if array.ndim == 1:
            array[...] = 0
        elif array.ndim == 4 and array.shape[2] % 2 == 0:  # only upscore layers are even
            channels, size = array.shape[1:3]
            array[...] = np.eye(channels)[:, :, None, None] * upsample_filt(size)
        else:
            draws = np.random.default_rng(i)
            draws.standard_normal(out=array, dtype=np.float32)
            array *= (2 / array[0].size) ** 0.5


def fill_convolutions(arrays: Iterable[np.ndarray]) -> None:
    """Fill the weights of a ResNet's convolutions, in order; all else stays as a new net's is."""
    fill(array for array in arrays if array.ndim == 4)


def batch(shape, label_shape, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a random image batch and labels, one in ten of them 255 where they are pixels."""
    draws = np.random.default_rng(1337)
    data = draws.standard_normal(shape, dtype=np.float32)
    label = draws.integers(0, classes, label_shape).astype(np.float32)
    if len(label_shape) == 4:
        label[draws.random(label_shape) < 0.1] = 255
    return data, label
