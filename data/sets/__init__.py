"""The data sets by name. A new one is a file beside this with its DataSet, and a line here."""

import difflib

from ..files import DataError
from .camvid import CAMVID
from .nyud import NYUD
from .pascal_context import PASCAL_CONTEXT
from .sbd import SBD
from .shapes import SHAPES
from .siftflow import SIFTFLOW
from .voc import VOC2011, VOC2012
from .weights import ILSVRC, PUBLISHED

ALL = {
    data_set.name: data_set
    for data_set in (
        VOC2011,
        VOC2012,
        SBD,
        NYUD,
        SIFTFLOW,
        PASCAL_CONTEXT,
        CAMVID,
        SHAPES,
        ILSVRC,
        PUBLISHED,
    )
}


def find(name, data):
    """The data set `name`, one of these or of the user's own; else DataError with the nearest."""
    from .. import own

    sets = {**own.sets(data), **ALL}
    if name not in sets:
        near = difflib.get_close_matches(name, sets, 3, 0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise DataError(f"no data set {name!r}{hint} (`python -m data list` lists them)")
    return sets[name]
