"""Map a function over many files on all cores, in order, with a progress bar."""

import concurrent.futures
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading

from .progress import bar

_FEW = 64  # below this, starting processes costs more than they save


def cores():
    """Return how many cores this process may use, in a container perhaps not all."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


def _end_with_parent():
    """In a worker: ignore Ctrl-C, which the parent handles, and exit when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return  # not in a worker
    sentinel = parent.sentinel

    def watch():
        multiprocessing.connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run(function, items, title, workers=None, unit="files"):
    """Yield function(item) for each item, in order, with a progress bar.

    `function` is importable by name and `items` can be pickled. Few items run in this process. An
    exception from `function`, or Ctrl-C, drops what has not begun and is raised here.
    """
    items = list(items)
    workers = min(workers or cores(), len(items))
    progress = bar(title, len(items), unit)
    if workers <= 1 or len(items) < _FEW:
        for item in items:
            yield function(item)
            progress.update()
        progress.close()
        return
    # Fresh processes, not forks: the caller may have started threads (PyTorch does).
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(workers, context, _end_with_parent)
    try:
        chunk = max(1, min(32, len(items) // (4 * workers)))
        for result in pool.map(function, items, chunksize=chunk):
            yield result
            progress.update()
        progress.close()
    finally:
        pool.shutdown(cancel_futures=True)
