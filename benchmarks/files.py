"""Reading and writing weights beside reading and writing the same bytes; importing caffe."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import with_caffe
from .config import Config
from .measure import Figure, peak_resident, read_status, summarize


def weights(config: Config) -> Callable[[], tuple[Figure, ...]]:
    """Make a net with FCN-8s's 134 million parameters; the unit compares its file's ways.

    They are copy_from, save, save beside a synced write, and the memory of copy_from: `baseline` is
    the file's size, `ours` what is added to the parameters at the peak.
    """
    net = with_caffe.fcn8s_net(config)

    def unit() -> tuple[Figure, ...]:
        with tempfile.TemporaryDirectory() as folder:
            path, copy = os.path.join(folder, "net.caffemodel"), os.path.join(folder, "copy")
            net.save(path)
            memory = _growth(lambda: net.copy_from(path))
            reads, writes, safe = [], [], []
            for _ in range(config.steps):
                content, read = _timed(lambda: Path(path).read_bytes())
                reads.append((_timed(lambda: net.copy_from(path))[1], read))
                plain = _timed_write(copy, lambda data=content: Path(copy).write_bytes(data))
                synced = _timed_write(copy, lambda data=content: _write_synced(copy, data))
                del content
                saved = _timed_write(path, lambda: net.save(path))
                writes.append((saved, plain))
                safe.append((saved, synced))
            size = os.path.getsize(path)
        memory_figure = Figure(memory, size, memory / size)
        return summarize(reads), summarize(writes), summarize(safe), memory_figure

    return unit


def _timed(function: Callable) -> tuple[object, float]:
    begin = time.perf_counter()
    result = function()
    return result, time.perf_counter() - begin


def _timed_write(path: str, write: Callable) -> float:
    """Time the writing of a new file, with nothing left to write from before."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.sync()
    return _timed(write)[1]


def _write_synced(path: str, content: bytes) -> None:
    """Write as safely as `save` does: on disk before it counts."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _growth(function: Callable[[], None]) -> int:
    """Return by how many bytes resident memory grows at its peak while `function` runs."""
    with contextlib.suppress(OSError):  # Linux: forget the peak so far
        Path("/proc/self/clear_refs").write_text("5")
    before = read_status().get("VmRSS") or peak_resident()
    function()
    return max(peak_resident() - before, 0)


_IMPORT = """
import time
import torch
begin = time.perf_counter()
import caffe
print(time.perf_counter() - begin)
"""


def import_seconds(rounds: int) -> float:
    """Return what `import caffe` takes after `import torch`: median of new processes."""
    runs = [
        subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)
        for _ in range(rounds)
    ]
    return statistics.median(float(run.stdout) for run in runs)
