"""The table of figures, and the file they are saved in."""

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from data.files import write_json
from training.machine import processor

from .measure import Figure

RESULTS = Path(__file__).with_name("results.json")


class Row(NamedTuple):
    """One comparison. `value` is what the target limits: a ratio, or (`excess`) seconds."""

    what: str
    ours: float | None
    baseline: float | None
    unit: str  # "s" or "B"; "%" for a share
    value: float | None = None
    target: float | None = None
    excess: bool = False

    @property
    def verdict(self) -> str:
        if self.target is None or self.value is None:
            return ""
        return "ok" if self.value <= self.target else "MISSED"


def rows_of(
    what: str,
    time: Figure,
    memory: Figure,
    most_time: float | None = None,
    most_memory: float | None = None,
) -> list[Row]:
    """Return the rows of a comparison; `most_...` are the targets, shares of the baseline's."""
    return [
        Row(what, time.ours, time.baseline, "s", time.ratio, most_time),
        Row(f"{what}: peak memory", memory.ours, memory.baseline, "B", memory.ratio, most_memory),
    ]


def show(rows: list[Row]) -> str:
    """Return the rows as an aligned table."""
    head = ("", "caffe", "baseline", "measured", "target", "")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    limit = _value(row.target, row.excess)
    return (
        row.what,
        _amount(row.ours, row.unit),
        _amount(row.baseline, row.unit),
        _value(row.value, row.excess),
        f"at most {limit}" if limit else "",
        row.verdict,
    )


def _value(value: float | None, excess: bool) -> str:
    if value is None:
        return ""
    return f"{value:+.3f} s" if excess else f"{value:.3f}x"


def _amount(amount: float | None, unit: str) -> str:
    if amount is None:
        return ""
    if unit == "B":
        return f"{amount / 2**20:.0f} MiB"
    if unit == "%":
        return f"{100 * amount:.1f} %"
    return f"{amount:.3f} s" if amount >= 1 else f"{amount * 1000:.2f} ms"


def machine() -> dict[str, str | int]:
    """Return what the figures depend on."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count() or 0,
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def save(rows: list[Row], options: dict) -> None:
    """Write the figures to results.json, with the machine and the options."""
    content = {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "options": options,
        "rows": [{**row._asdict(), "verdict": row.verdict} for row in rows],
    }
    write_json(RESULTS, content)
