"""The data sets by name. A new one is a module here with its DataSet, and a line below."""

from pathlib import Path

from .. import custom
from ..dataset import DataSet
from ..errors import DataError
from ..text import did_you_mean
from .ade20k import ADE20K
from .bsds import BSDS
from .camvid import CAMVID
from .cityscapes import CITYSCAPES
from .kitti import KITTI
from .nyud import NYUD
from .pascal_context import PASCAL_CONTEXT
from .pip_weights import RESNET50_THIN, VGG16_HED
from .sbd import SBD
from .shapes import SHAPES
from .siftflow import SIFTFLOW
from .voc import VOC2011, VOC2012
from .weights import DEEP_RESNETS, ILSVRC, PSPNET, PUBLISHED, RESNETS

ALL: dict[str, DataSet] = {
    data_set.name: data_set
    for data_set in (
        VOC2011,
        VOC2012,
        SBD,
        NYUD,
        SIFTFLOW,
        PASCAL_CONTEXT,
        CAMVID,
        CITYSCAPES,
        ADE20K,
        KITTI,
        BSDS,
        SHAPES,
        ILSVRC,
        PUBLISHED,
        VGG16_HED,
        RESNET50_THIN,
        *RESNETS,
        *DEEP_RESNETS,
        PSPNET,
    )
}


def find(name: str, data: Path) -> DataSet:
    """Return the data set `name`, one of these or a user's own; else DataError with the nearest."""
    if name in ALL:
        return ALL[name]
    if name in custom.names(data):
        return custom.data_set(name, data)
    known = (*ALL, *custom.names(data))
    raise DataError(
        f"no data set {name!r}{did_you_mean(name, known)} (`python -m data list` lists them)"
    )
