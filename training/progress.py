"""What a run's displays show: loss, loss per pixel, speed, time left."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import caffe
from data.text import duration
from experiments import IGNORE_LABEL, Experiment, Head


class Meter:
    """Measures a solver between displays.

    The loss is that of the last pass before a display: reading it at every pass would make a GPU
    wait for the host each time.
    """

    def __init__(self, solver: Any, heads: Sequence[Head], row: Experiment):
        self.solver, self.net, self.heads, self.row = solver, solver.net, heads, row
        self.elapsed_before = 0.0
        self.began = time.perf_counter()
        self.scoring = 0.0  # seconds of the last scoring
        self.per_iteration = 0.0  # seconds, over the last display
        self.restart()

    def restart(self) -> None:
        """Begin to measure at the current iteration."""
        self.since, self.first_iter = time.perf_counter(), self.solver.iter

    def batch(self) -> int:
        """Return the number of pictures of a pass."""
        return len(self.net.blobs[self.heads[0].label].data)

    def read(self) -> dict[str, float]:
        """Return the losses of the last pass and the speed since the last call, for the log."""
        loss, pixel_loss = 0.0, 0.0
        for head in self.heads:
            value = float(self.net.blobs[head.loss].data.flat[0])
            label = self.net.blobs[head.label].data
            counted = max(int(np.count_nonzero(label != IGNORE_LABEL)), 1)
            loss += value
            # A summed loss is divided by the batch size (Caffe's BATCH_SIZE normalisation).
            pixel_loss += value if self.row.normalize else value * len(label) / counted
        passed = self.update_speed()
        pictures = self.row.iter_size * self.batch() * caffe.solver_count()
        rate = passed * pictures / max(passed * self.per_iteration, 1e-9)
        self.restart()
        return dict(loss=loss, pixel_loss=pixel_loss, images_per_s=rate, time=self.elapsed())

    def update_speed(self) -> int:
        """Set the seconds per iteration; return the iterations since the last display."""
        passed = self.solver.iter - self.first_iter
        if passed:
            self.per_iteration = (time.perf_counter() - self.since) / passed
        return passed

    def elapsed(self) -> float:
        """Return the seconds of the run, with those before it was resumed."""
        return self.elapsed_before + time.perf_counter() - self.began

    def on_scored(self, seconds: float) -> None:
        """Leave a scoring of so many seconds out of the training speed."""
        self.scoring = seconds
        self.since += seconds

    def eta(self, iterations: int) -> str:
        """Return the time that so many iterations and the scorings between them take, as text."""
        if not self.per_iteration:
            self.update_speed()
        scorings = -(-iterations // self.row.score_every)
        return duration(iterations * self.per_iteration + scorings * self.scoring)
