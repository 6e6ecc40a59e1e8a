"""What data sets share: files fetched once, weights, the project's own lists, the palette."""

import numpy as np
import pytest
from setkit import packed, served

from data import check, palette
from data.errors import DataError
from data.files import read_list
from data.sets import ALL
from data.settings import BUNDLED


def test_what_another_data_set_unpacked_is_not_fetched_again(site, make, tmp_path, said):
    data = tmp_path / "data"
    make.voc(data / "pascal/VOC2010", {"train": ["a"], "val": ["b"]}, listing="ImageSets/Main")
    make.mat(tmp_path / "context/a.mat", LabelMap=np.ones((2, 2), np.uint16))
    bodies = {
        "VOCtrainval_03-May-2010.tar": b"not asked for",
        "trainval.tar.gz": packed(tmp_path / "context", "trainval", tmp_path / "c.tar.gz"),
    }
    served(ALL["pascal-context"], site, bodies).fetch(data, said)
    assert [path for path, _ in site.log] == ["trainval.tar.gz"]


def test_weights_are_fetched_one_by_one_and_checked(site, tmp_path, said):
    bodies = {item.name: b"model " + item.name.encode()
              for item in ALL["ilsvrc-weights"].archives}  # fmt: skip
    tiny = served(ALL["ilsvrc-weights"], site, bodies)
    tiny.fetch(tmp_path, said, only="googlenet")
    assert [p.name for p in (tmp_path / "ilsvrc-nets").iterdir()] == ["bvlc_googlenet.caffemodel"]
    assert check.check(tiny, tmp_path, said) == []
    with pytest.raises(DataError, match="no file has 'resnet' in its name; there are VGG_ILSVRC"):
        tiny.fetch(tmp_path, said, only="resnet")
    (tmp_path / "ilsvrc-nets/bvlc_googlenet.caffemodel").write_bytes(b"broken")
    assert "checksum" in check.check(tiny, tmp_path, said)[0]


def test_the_project_s_lists_match_the_paper():
    nyud = {
        s: set(read_list(BUNDLED / f"nyud/{s}.txt")) for s in ("train", "val", "trainval", "test")
    }
    assert {s: len(ids) for s, ids in nyud.items()} == dict(
        train=381, val=414, trainval=795, test=654
    )
    assert nyud["trainval"] == nyud["train"] | nyud["val"] and not nyud["trainval"] & nyud["test"]
    sift_flow = {s: set(read_list(BUNDLED / f"sift-flow/{s}.txt")) for s in ("trainval", "test")}
    assert {s: len(ids) for s, ids in sift_flow.items()} == dict(trainval=2486, test=200)
    assert not sift_flow["trainval"] & sift_flow["test"]
    assert not {"highway_bost181", "street_urb506"} & (sift_flow["trainval"] | sift_flow["test"])
    counts = {
        "pascal": 21,
        "nyud": 40,
        "sift-flow": 33,
        "camvid": 11,
        "shapes": 7,
        "kitti": 11,
        "bsds": 2,
    }
    for folder, count in counts.items():
        assert len(read_list(BUNDLED / f"{folder}/classes.txt")) == count
    assert read_list(BUNDLED / "sift-flow/classes-geo.txt") == ["sky", "horizontal", "vertical"]


def test_the_palette_is_voc_s():
    known = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 7: (128, 128, 128), 8: (64, 0, 0),
             15: (192, 128, 128), 20: (0, 64, 128), 255: (224, 224, 192)}  # fmt: skip
    for number, colour in known.items():
        assert tuple(palette.voc_palette()[number]) == colour
