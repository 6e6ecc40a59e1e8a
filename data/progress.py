"""The progress bar of long work: tqdm's, on standard error."""

import sys
from typing import Any

from tqdm import tqdm


def bar(title: str, total: int | None = None, unit: str = "files", **more: Any) -> tqdm:
    """Return a tqdm bar; on a terminal after a second, in a log every ten seconds.

    The unit "B" counts bytes, in powers of 1000; `more` are further arguments of tqdm.
    """
    terminal = sys.stderr.isatty()
    seconds = dict(mininterval=0.2, delay=1) if terminal else dict(mininterval=10, delay=10)
    return tqdm(
        desc=title,
        total=total,
        unit=unit if unit == "B" else f" {unit}",
        unit_scale=unit == "B",
        **seconds,
        **more,
    )
