"""Log lines in glog's format, written through Python's logger `caffe`.

BVLC Caffe logs through glog; its log parsers (`tools/extra`) read lines such as

    I1121 05:55:00.123456 17255 solver.cpp:239] Iteration 20 (5 iter/s, 4s/20 iters), loss = 1.2

The runtime calls `info`, `warning` and `error` with `src` naming the place in BVLC's
source that writes the same line, because scripts in the wild grep for those tokens.

Lines go to standard error from `import caffe` on, as in pycaffe. The environment variable
`GLOG_minloglevel` (0 info, 1 warning, 2 error, 3 fatal) drops what is below it. What BVLC says
of every layer while it builds a net, a screenful each, is `detail`: written where `GLOG_v` is 1
or more, which the `caffe` command sets, and kept from programs that import caffe.
"""

import logging
import os
import sys
import threading
from datetime import datetime

SEVERITIES = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
DEFAULT_SRC = "caffe.cpp:1"

logger = logging.getLogger("caffe")
_rank = 0


class GlogFormatter(logging.Formatter):
    """`Lmmdd hh:mm:ss.uuuuuu threadid file:line] message`, L one of I, W, E, F.

    Month and day have no year: glog 0.6 added it, but Caffe's own
    `tools/extra/extract_seconds.py` reads the four-digit form only.
    """

    LETTERS = {logging.WARNING: "W", logging.ERROR: "E", logging.CRITICAL: "F"}

    def format(self, record):
        letter = self.LETTERS.get(record.levelno, "I")
        when = datetime.fromtimestamp(record.created).strftime("%m%d %H:%M:%S.%f")
        src = getattr(record, "src", DEFAULT_SRC)
        line = f"{letter}{when} {threading.get_native_id():5d} {src}] {record.getMessage()}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class _Handler(logging.StreamHandler):
    """Writes to `fixed`, or to whatever `sys.stderr` is at the time of the line."""

    fixed = None

    def __init__(self):
        logging.Handler.__init__(self)
        self.setFormatter(GlogFormatter())

    @property
    def stream(self):
        return self.fixed if self.fixed is not None else sys.stderr


def enable_logging(stream=None, minloglevel=None):
    """Write the log to a stream, in place of where it went before.

    Records do not propagate to the root logger, so no line appears twice.

    Parameters
    ----------
    stream : file, optional
        Standard error if not given.
    minloglevel : int, optional
        0 info, 1 warning, 2 error, 3 fatal; by default `GLOG_minloglevel`, else 0. At 0, details
        are written too where `GLOG_v` asks for them.
    """
    ours = [h for h in logger.handlers if isinstance(h, _Handler)] or [_Handler()]
    logger.addHandler(ours[0])  # once, in the place that it has
    ours[0].fixed = stream
    logger.propagate = False
    level = _severity(_environment("GLOG_minloglevel") if minloglevel is None else minloglevel)
    if level == logging.INFO and _environment("GLOG_v"):
        level = logging.DEBUG
    logger.setLevel(level)


def init_log(level=None, to_stderr=True):
    """Set the lowest level that is logged: pycaffe's `caffe.init_log([level[, stderr]])`.

    BVLC's form without `stderr` logs to files under /tmp; here the log stays on standard error.

    Parameters
    ----------
    level : int, optional
        As in `enable_logging`.
    to_stderr : bool
        If false, only errors go there, as in glog.
    """
    enable_logging(minloglevel=level)
    if not to_stderr:
        logger.setLevel(max(logger.level, logging.ERROR))


def set_logging_disabled():
    """Log errors alone: FlowNet2's pycaffe, whose scripts begin with it."""
    enable_logging(minloglevel=2)


def log(message):
    """pycaffe's `caffe.log(message)`: one INFO line."""
    logger.info("%s", message, extra={"src": "_caffe.cpp:68"})


def set_rank(rank):
    """Of several solvers only rank 0 writes INFO lines (BVLC's LOG_IF(INFO, root_solver()))."""
    global _rank
    _rank = rank


def info(message, src=DEFAULT_SRC):
    """Write an INFO line; `src` is its `file:line` token."""
    if _rank == 0:
        logger.info("%s", message, extra={"src": src})


def detailed():
    """Tell whether details are written."""
    return _rank == 0 and logger.isEnabledFor(logging.DEBUG)


def detail(message, src=DEFAULT_SRC):
    """Write an INFO line where details are asked for; `src` is its `file:line` token."""
    if detailed():
        logger.debug("%s", message, extra={"src": src})


def warning(message, src=DEFAULT_SRC):
    """Write a WARNING line; `src` is its `file:line` token."""
    logger.warning("%s", message, extra={"src": src})


def error(message, src=DEFAULT_SRC):
    """Write an ERROR line; `src` is its `file:line` token."""
    logger.error("%s", message, extra={"src": src})


def _severity(level):
    if not 0 <= level < len(SEVERITIES):
        raise ValueError(f"log level {level} is not one of 0 (info) to 3 (fatal)")
    return SEVERITIES[level]


def _environment(name):
    """Return a level in the environment; values that glog would not take count as 0."""
    given = os.environ.get(name, "0").strip()
    return min(int(given), len(SEVERITIES) - 1) if given.isdecimal() else 0


enable_logging()
