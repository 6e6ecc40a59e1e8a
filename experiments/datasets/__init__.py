"""How each data set is read and scored, one module per data set: what the rows refer to."""

from experiments.datasets import (
    ade20k,
    bsds,
    camvid,
    cityscapes,
    dilation,
    nyud,
    shapes,
    siftflow,
    voc,
)
from experiments.schema import Dataset

_MODULES = (voc, nyud, siftflow, camvid, cityscapes, ade20k, shapes, bsds, dilation)

DATASETS: dict[str, Dataset] = {
    name: made for module in _MODULES for name, made in module.DATASETS.items()
}
