"""The data layers use of BVLC's blob vectors what these can do."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import tiny
from tiny_layers import MEAN

import layers


class Indexed:
    """A blob vector as a BVLC build has it: it can be indexed and measured, nothing else."""

    __iter__ = None  # so that list, zip and for raise TypeError

    def __init__(self, count):
        self._blobs = [Array() for _ in range(count)]

    def __len__(self):
        return len(self._blobs)

    def __getitem__(self, index):
        return self._blobs[index]


class Array:
    """A blob: `reshape`, and `data` as an array."""

    def reshape(self, *shape):
        self.data = np.full(shape, np.nan, np.float32)


def test_the_double_cannot_be_iterated_over():
    for use in (list, lambda v: zip(v, [0], strict=False), lambda v: [*v], enumerate):
        with pytest.raises(TypeError, match="not iterable"):
            use(Indexed(2))


SETTINGS = {
    "VOCSegDataLayer": dict(voc_dir="pascal/VOC2011", split="val", mean=MEAN),
    "SBDDSegDataLayer": dict(sbdd_dir="sbdd/dataset", split="train", mean=MEAN),
    "NYUDSegDataLayer": dict(nyud_dir="nyud", split="test", tops=["color", "depth", "label"]),
    "SIFTFlowSegDataLayer": dict(siftflow_dir="sift-flow", split="test"),
    "PASCALContextSegDataLayer": dict(voc_dir="pascal", context_dir="pascal-context", split="val"),
    "CamVidSegDataLayer": dict(camvid_dir="CamVid", split="val"),
    "ADE20KSegDataLayer": dict(root="ade20k", mean=MEAN, split="val"),
    "CityscapesSegDataLayer": dict(root="cityscapes", mean=MEAN, split="val"),
    "FolderSegDataLayer": dict(root="own/mine", split="val"),
    "FolderClassDataLayer": dict(root="shapes/Classification", split="val", batch=2),
    "InfogainLayer": dict(weights=[1, 2]),
    "BSDSEdgeDataLayer": dict(bsds_dir="BSDS500", mean=MEAN, split="trainval"),
}
WITH_BOTTOMS = {"ReflectLayer"}


def layer_classes():
    """{name: class} of the Python layers in layers/."""
    found = {}
    for path in sorted(Path(layers.__file__).parent.glob("*_layers.py")):
        module = importlib.import_module(f"layers.{path.stem}")
        found |= {
            name: kind
            for name, kind in vars(module).items()
            if isinstance(kind, type) and kind.__module__ == module.__name__
        }
    return found


def test_every_layer_has_settings_here():
    assert set(layer_classes()) == set(SETTINGS) | WITH_BOTTOMS


@pytest.mark.parametrize("name", SETTINGS)
def test_layers_only_index_and_measure_top_and_bottom(tmp_path, monkeypatch, name):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    tiny.everything(tmp_path)
    kind = layer_classes()[name]
    layer = kind.__new__(kind)
    layer.param_str = str(SETTINGS[name])
    tops = SETTINGS[name].get("tops") or getattr(kind, "tops", ("infogain",))
    bottom, top = Indexed(0), Indexed(len(tops))
    layer.setup(bottom, top)
    for _ in range(2):
        layer.reshape(bottom, top)
        layer.forward(bottom, top)
        for i in range(len(top)):
            assert np.isfinite(top[i].data).all(), f"top {i} of {name} was not filled"
    layer.backward(top, [], bottom)
