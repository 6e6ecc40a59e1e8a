"""How durations, amounts and shares are written, and how a misspelt name is answered."""

import difflib
from collections.abc import Iterable


def duration(seconds: float) -> str:
    """Return seconds as text: 42 s, 3 min 5 s, 2 h 7 min, 3 d 4 h."""
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    for (unit, size), (smaller, part) in zip(units, units[1:], strict=False):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // part)} {smaller}"
    return f"{seconds:.0f} s"


def amount(count: float) -> str:
    """Return a number of bytes in B, kB, MB or GB (powers of ten)."""
    for scale, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= scale:
            return f"{count / scale:.1f} {name}"
    return f"{count:.0f} B"


def percent(share: float | None) -> str:
    """Return a share of 0 to 1 in percent with one decimal, a dash for None."""
    return "–" if share is None else f"{100 * share:.1f}"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return "; did you mean 'x' or 'y'?" for the nearest known names, "" where none is near."""
    near = difflib.get_close_matches(str(name), [str(k) for k in known], 3, 0.5)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
