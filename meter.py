"""What a run's displays say: loss, loss per pixel, speed, time left."""

import time

import numpy as np


class Meter:
    """Gathers the training net's losses, pass by pass, until `read` empties it."""

    def __init__(self, solver, heads, row):
        self.net, self.heads, self.row = solver.net, heads, row
        self.elapsed_before = 0.0
        self.began = time.perf_counter()
        self.scoring = 0.0  # seconds of the last scoring
        self.last_layer = len(solver.net.layers) - 1
        self.per_iteration = 0.0  # seconds, over the last display
        self.clear()
        solver.net.after_forward(self.passed)

    def clear(self):
        self.losses, self.pixel_losses, self.images = [], [], 0
        self.since = time.perf_counter()

    def passed(self, layer):
        """After each layer's forward; the last one's completes a pass."""
        if layer != self.last_layer:
            return
        total, per_pixel = 0.0, 0.0
        for head in self.heads:
            loss = float(self.net.blobs[head.loss].data.flat[0])
            label = self.net.blobs[head.label].data
            counted = max(int(np.count_nonzero(label != 255)), 1)
            total += loss
            # A summed loss is divided by the batch size (Caffe's BATCH_SIZE normalisation).
            per_pixel += loss if self.row.normalize else loss * len(label) / counted
        self.losses.append(total)
        self.pixel_losses.append(per_pixel)
        self.images += self.batch()

    def batch(self):
        return len(self.net.blobs[self.heads[0].label].data)

    def pace(self):
        """Seconds since the last reading; sets what an iteration takes by it."""
        lapse = max(time.perf_counter() - self.since, 1e-9)
        self.per_iteration = lapse * self.row.iter_size / len(self.losses)
        return lapse

    def read(self):
        """The means since the last reading, for the log."""
        lapse = self.pace()
        values = dict(
            loss=float(np.mean(self.losses)),
            pixel_loss=float(np.mean(self.pixel_losses)),
            images_per_s=self.images / lapse,
            time=self.elapsed(),
        )
        self.clear()
        return values

    def elapsed(self):
        """Seconds of the run, with those before it was resumed."""
        return self.elapsed_before + time.perf_counter() - self.began

    def scored(self, seconds):
        """A scoring took so long: not to be counted as training."""
        self.scoring = seconds
        self.since = time.perf_counter()

    def left(self, iterations):
        """Time left for so many iterations and the scorings between them, as text."""
        if not self.per_iteration:
            self.pace()
        scorings = -(-iterations // self.row.score_every)
        return duration(iterations * self.per_iteration + scorings * self.scoring)


def duration(seconds):
    """Seconds as text: 42 s, 3 min 5 s, 2 h 7 min, 3 d 4 h."""
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    for (unit, size), (below, part) in zip(units, units[1:], strict=False):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // part)} {below}"
    return f"{seconds:.0f} s"
