"""Leaving out rows and columns that are copies of their neighbours: wide padding's (inference).

FCN pads its picture by 100: behind the first layers the maps are constant all around it, hundreds
of rows are equal. A run of equal rows stays one through every layer whose outputs depend on
windows alone: shorter by what the windows span, and divided by their stride. So of each run the
middle is left out before the layers, as long as

- the windows over the seam see the run's rows alone: extent - 1 of them are left on either side,
- what is left out is a multiple of the stride,

and copies are put back where a reader wants the whole map. Everything here is arithmetic on one
axis; rows are numbered as in the whole map.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from ..core.windows import Reach


class Run(NamedTuple):
    """Equal rows: the first and how many."""

    start: int
    length: int

    def through(self, reach: Reach) -> "Run":
        """Return the run of outputs whose windows lie within this one."""
        first = -(-(self.start + reach.pad) // reach.stride)
        last = (self.start + self.length - reach.extent + reach.pad) // reach.stride
        return Run(first, max(0, last - first + 1))

    def spare(self, reach: Reach) -> int:
        """Return how many of its rows may be left out before a layer."""
        seams = self.length - 2 * (reach.extent - 1)
        copies = reach.stride * (self.through(reach).length - 1)  # one output is left to copy
        return max(0, min(seams, copies))


class Allowed(NamedTuple):
    """How many rows may be left out of a run: up to `most`, a multiple of `of`."""

    most: int
    of: int = 1

    def both(self, other: "Allowed") -> "Allowed":
        """Return what a map's two readers both allow to be left out."""
        return Allowed(min(self.most, other.most), math.lcm(self.of, other.of))

    def floor(self, count: int) -> int:
        """Return the largest number allowed that is not above `count`."""
        return min(count, self.most) // self.of * self.of


@dataclass
class Step:
    """One layer on one axis: the maps that it reads and writes, by number.

    `reach` is None where the layer wants its bottoms whole. The rest is what `plan` finds.

    Attributes
    ----------
    less_pad : int
        What its padding on both sides is reduced by.
    expand : dict
        For each top to be expanded: the rows that it is to have, of those that it has.
    """

    bottoms: list[int]
    tops: list[int]
    reach: Reach | None
    size: int  # of bottom 0
    top_size: int
    less_pad: int = 0
    expand: dict[int, list[int]] = field(default_factory=dict)


NONE = Allowed(0)


def plan(steps: list[Step], whole: set[int]) -> bool:
    """Decide what is left out where; maps in `whole` are wanted as they are.

    Returns whether anything is.
    """
    runs = _find_runs(steps)
    allowed = _find_allowed(steps, runs, whole)
    left_out: dict[int, list[int]] = {}
    for step in steps:
        reach = step.reach
        found = [t for t in step.tops if t in runs]
        if reach is None or not found:
            continue
        if step.bottoms[0] in left_out:
            natural = [c // reach.stride for c in left_out[step.bottoms[0]]]
        else:  # the padding of this layer: the same on both sides
            top = found[0]
            limits = [Allowed(runs[top][i].length - 1).both(allowed[top][i]) for i in (0, 1)]
            count = limits[0].both(limits[1]).floor(reach.pad)
            step.less_pad, natural = count * reach.stride, [count, count]
        for top in found:
            left_out[top] = [a.floor(c) for a, c in zip(allowed[top], natural, strict=True)]
            if left_out[top] != natural:
                step.expand[top] = _rows(runs[top], step.top_size, natural, left_out[top])
    return any(step.less_pad for step in steps)


def _find_runs(steps: list[Step]) -> dict[int, list[Run]]:
    """Return the two runs, before and behind the picture, of each map that has them."""
    runs: dict[int, list[Run]] = {}
    for step in steps:
        if step.reach is None:
            continue
        own = runs.get(step.bottoms[0])
        if own is None and step.reach.pads:
            pad = step.reach.pad
            own = [Run(-pad, pad), Run(step.size, pad)]
        found = [run.through(step.reach) for run in own or ()]
        if found and all(run.length > 1 for run in found):
            runs.update((top, found) for top in step.tops)
    return runs


def _find_allowed(steps, runs, whole) -> dict[int, list[Allowed]]:
    """Return how much of each map's runs may be left out with every reader still served."""
    allowed: dict[int, list[Allowed]] = {}
    for step in reversed(steps):
        for top in step.tops:
            unread = [Allowed(0)] * 2 if top in whole or top not in allowed else allowed[top]
            allowed[top] = unread
        for bottom in step.bottoms:
            wanted = _of_reader(step, runs, allowed) if bottom == step.bottoms[0] else [NONE, NONE]
            before = allowed.get(bottom)
            allowed[bottom] = (
                [a.both(b) for a, b in zip(before, wanted, strict=True)] if before else wanted
            )
    return allowed


def _of_reader(step, runs, allowed) -> list[Allowed]:
    """Return how much of its bottom's two runs a reader allows to be left out."""
    own, reach = runs.get(step.bottoms[0]), step.reach
    if reach is None or own is None or not all(top in runs for top in step.tops):
        return [NONE, NONE]
    found = []
    for i, run in enumerate(own):
        most = run.spare(reach)
        if reach.stride > 1:  # behind it maps are small, and copies cheap
            found.append(Allowed(most, reach.stride))
            continue
        through = allowed[step.tops[0]][i]
        for top in step.tops[1:]:
            through = through.both(allowed[top][i])
        worth = 2 * through.floor(most) >= most or len(step.tops) > 1
        found.append(Allowed(min(most, through.most), through.of) if worth else Allowed(most))
    return found


def _rows(runs: list[Run], size: int, natural: list[int], wanted: list[int]) -> list[int]:
    """Return the rows of a map with `wanted` left out, numbered as with `natural` left out."""
    first, second = runs
    # Copies follow the first row of each run; the second has moved up by what the first lacks.
    copies = {
        first.start: natural[0] - wanted[0],
        second.start - natural[0]: natural[1] - wanted[1],
    }
    return [row for row in range(size - sum(natural)) for _ in range(1 + copies.get(row, 0))]
