"""A progress line: rewritten in place on a terminal, a line every few seconds elsewhere."""

import sys
import time


def duration(seconds):
    """Seconds as '8 s', '3 min 20 s' or '2 h 05 min'."""
    seconds = int(round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds // 60 % 60:02d} min"


def amount(count, unit):
    """A count of files, or of bytes as kB, MB or GB (powers of ten)."""
    if unit != "B":
        return f"{count:,.0f} {unit}"
    for scale, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= scale:
            return f"{count / scale:.1f} {name}"
    return f"{count:.0f} B"


_EARLY = 2.0  # seconds of work before a speed is told


class Progress:
    """Say on stderr what is being done, how far it is and how long it will still take.

    `total` is None where it is not known. `start` counts towards the total, not towards the speed.
    """

    def __init__(self, title, total, unit="files", start=0, stream=None):
        self.title, self.total, self.unit = title, total, unit
        self.done = self.start = start
        self.stream = stream or sys.stderr
        self.first = None  # time of the first piece
        self.last = time.monotonic()
        self.shown = 0

    def add(self, count=1):
        now = time.monotonic()
        self.done += count
        if self.first is None:  # what came before it was starting up: not a measure of speed
            self.first, self.start = now, self.done
        if now - self.last >= (0.2 if self.stream.isatty() else 5):
            self.last = now
            self._show(now)

    def line(self, now):
        text = f"{self.title}: {amount(self.done, self.unit)}"
        if self.total:
            text += f" of {amount(self.total, self.unit)} ({100 * self.done / self.total:.0f}%)"
        elapsed = now - (now if self.first is None else self.first)
        if elapsed < _EARLY:
            return text
        speed = (self.done - self.start) / elapsed
        text += f", {amount(speed, self.unit)}/s"
        if self.total and speed > 0:
            text += f", {duration((self.total - self.done) / speed)} left"
        return text

    def bar(self, width=24):
        """The share that is done as a bar; empty where the total is not known."""
        if not self.total:
            return ""
        full = min(width, width * self.done // self.total)
        return f"[{'#' * full}{'.' * (width - full)}] "

    def _show(self, now):
        text = self.line(now)
        if self.stream.isatty():
            text = self.bar() + text
            print("\r" + text.ljust(self.shown), end="", file=self.stream, flush=True)
            self.shown = len(text)
        else:
            print(text, file=self.stream, flush=True)

    def close(self):
        if self.shown:
            self._show(time.monotonic())
            print(file=self.stream, flush=True)
