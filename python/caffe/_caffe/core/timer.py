"""Timer: wall-clock time, waiting for the device where there is one (util/benchmark.cpp)."""

import time

import torch

from . import context


class Timer:
    """Measures the time between `start` and `stop`."""

    def __init__(self):
        self._begin = self._end = 0.0

    @staticmethod
    def _now() -> float:
        if context.device().type == "cuda":
            torch.cuda.synchronize(context.device())
        return time.perf_counter()

    def start(self) -> None:
        self._begin = self._end = self._now()

    def stop(self) -> None:
        self._end = self._now()

    @property
    def us(self) -> float:
        return (self._end - self._begin) * 1e6

    @property
    def ms(self) -> float:
        return (self._end - self._begin) * 1e3
