"""THE table: every experiment, one row each. Numbers that differ live here, topologies in `nets/`.

`rows/` has the rows by system, `datasets/` how each data set is read and scored, `weights.py` the
files that training may start from. `make prototxt` generates each row's nets and solver.
A user's own experiments are added by `custom.py`.
"""

from experiments.rows import (
    camvid,
    crfrnn,
    deeplab,
    deeplabv3,
    dilation,
    family,
    fcn,
    hed,
    pspnet,
    small,
)
from experiments.schema import Experiment

_SYSTEMS = (fcn, crfrnn, dilation, deeplab, pspnet, deeplabv3, small, camvid, family, hed)


def by_name(rows: list[Experiment]) -> dict[str, Experiment]:
    """Return the rows by name; ValueError where two are called the same."""
    found: dict[str, Experiment] = {}
    for row in rows:
        if row.name in found:
            raise ValueError(f"two rows are called {row.name!r}")
        found[row.name] = row
    return found


EXPERIMENTS = by_name([row for system in _SYSTEMS for row in system.ROWS])
