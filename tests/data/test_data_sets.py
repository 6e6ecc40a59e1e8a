"""The VOC sets, tiny, in their original archives: fetched, prepared, checked and loaded."""

import numpy as np
import pytest
from PIL import Image
from setkit import packed, served, through

from data import labels
from data.errors import DataError
from data.files import read_list
from data.sets import ALL
from data.settings import BUNDLED

MEAN = (104.0, 117.0, 123.0)


def test_voc2011_with_sbd_gives_seg11valid(site, make, tmp_path, said, loaded):
    data = tmp_path / "data"
    made = make.voc(tmp_path / "voc", {"train": ["a", "b"], "val": ["c", "d", "e"],
                                       "trainval": ["a", "b", "c", "d", "e"]})  # fmt: skip
    sbd_made = make.sbd(tmp_path / "sbd", {"train": ["a", "d", "f"], "val": ["g"]})
    bodies = {
        "VOCtrainval_25-May-2011.tar": packed(
            tmp_path / "voc", "TrainVal/VOCdevkit/VOC2011", tmp_path / "voc.tar"
        ),
        "benchmark.tgz": packed(
            tmp_path / "sbd", "benchmark_RELEASE/dataset", tmp_path / "sbd.tgz"
        ),
    }
    counts = dict(train=3, val=1)
    sbd = served(ALL["sbd"], site, bodies, counts=counts)
    through(sbd, data, said)
    for kind in ("cls", "inst"):
        with Image.open(data / f"sbdd/dataset/{kind}/f.png") as image:
            assert image.mode == "P"
            assert (np.array(image) == sbd_made["f"]).all()
            assert image.getpalette()[:6] == [0, 0, 0, 128, 0, 0]
    voc = served(
        ALL["voc2011"], site, bodies, sbd_counts=counts,
        counts=dict(train=2, val=3, trainval=5, seg11valid=2),
    )  # fmt: skip
    through(voc, data, said)
    assert read_list(data / "pascal/VOC2011/ImageSets/Segmentation/seg11valid.txt") == ["c", "e"]
    passes = loaded("voc_layers", "VOCSegDataLayer", 3, voc_dir="pascal/VOC2011",
                    split="seg11valid", mean=MEAN)  # fmt: skip
    assert [tuple(p["data"].shape) for p in passes] == [(1, 3, 32, 40)] * 3
    for one, name in zip(passes, "cec", strict=True):
        assert (one["label"][0, 0] == made[name]).all()
    passes = loaded("voc_layers", "SBDDSegDataLayer", 2, sbdd_dir="sbdd/dataset",
                    split="train", mean=MEAN, randomize=False)  # fmt: skip
    for one, name in zip(passes, "ad", strict=True):
        assert (one["label"][0, 0] == sbd_made[name]).all()


def test_voc2012_with_sbd_gives_trainaug(site, make, tmp_path, said, loaded):
    data = tmp_path / "data"
    made = make.voc(
        tmp_path / "voc", {"train": ["a", "b"], "val": ["c"], "trainval": ["a", "b", "c"]}
    )
    for name in ("d", "e"):  # in VOC, but without a label map of its own
        make.jpeg(tmp_path / f"voc/JPEGImages/{name}.jpg")
    sbd_made = make.sbd(data / "sbdd/dataset", {"train": ["a", "c", "d"], "val": ["e"]})
    body = packed(tmp_path / "voc", "VOCdevkit/VOC2012", tmp_path / "voc.tar")
    voc = served(
        ALL["voc2012"], site, {"VOCtrainval_11-May-2012.tar": body},
        sbd_counts=dict(train=3, val=1), counts=dict(train=2, val=1, trainval=3, trainaug=4),
    )  # fmt: skip
    through(voc, data, said)
    root = data / "pascal/VOC2012"
    assert read_list(root / "ImageSets/Segmentation/trainaug.txt") == ["a", "b", "d", "e"]
    hard = [name for name, label in made.items() if np.isin(label, (2, 9, 11, 16, 18)).any()]
    assert 0 < len(hard) and read_list(root / "ImageSets/Segmentation/trainval_hard.txt") == [
        "a", "b", "c", *hard
    ]  # fmt: skip
    (one,) = loaded("voc_layers", "VOCSegDataLayer", 1, voc_dir="pascal/VOC2012", mean=MEAN,
                    split="trainaug", labels="SegmentationClassAug", randomize=False)  # fmt: skip
    assert (one["label"][0, 0] == made["a"]).all()
    for name, truth in (("a", made["a"]), ("d", sbd_made["d"])):
        label, wrong = labels.Png(palette=True).read(root / f"SegmentationClassAug/{name}.png")
        assert (label == truth).all() and not wrong


def test_seg11valid_of_the_real_lists_is_736_and_a_wrong_list_is_found(make, tmp_path, said):
    """The lists in their full lengths, without pictures."""
    listed = read_list(BUNDLED / "pascal/seg11valid.txt")
    extra = [f"x{k}" for k in range(1111 - 736)]
    sbd = [*extra, *(f"s{k}" for k in range(8498 - len(extra)))]
    lists = tmp_path / "pascal/VOC2011/ImageSets/Segmentation"
    make.lines(lists / "val.txt", [*listed, *extra])
    for need in ("JPEGImages", "SegmentationClass"):
        (tmp_path / "pascal/VOC2011" / need).mkdir()
    make.lines(tmp_path / "sbdd/dataset/val.txt", [f"v{k}" for k in range(2857)])
    make.lines(tmp_path / "sbdd/dataset/train.txt", sbd)
    ALL["voc2011"].prepare(tmp_path, said)
    assert read_list(lists / "seg11valid.txt") == listed and len(listed) == 736
    make.lines(tmp_path / "sbdd/dataset/train.txt", sbd[1:])
    with pytest.raises(DataError, match="8,497 entries, expected 8,498"):
        ALL["voc2011"].prepare(tmp_path, said)
    make.lines(tmp_path / "sbdd/dataset/train.txt", [*sbd[1:], "other"])
    with pytest.raises(DataError, match="gives 737 images, expected the 736"):
        ALL["voc2011"].prepare(tmp_path, said)
    (tmp_path / "sbdd/dataset/train.txt").unlink()
    ALL["voc2011"].prepare(tmp_path, said)  # without SBD: the committed list
    assert read_list(lists / "seg11valid.txt") == listed


def test_trainaug_of_wrong_lists_is_refused(make, tmp_path, said):
    lists = tmp_path / "pascal/VOC2012/ImageSets/Segmentation"
    for need in ("JPEGImages", "SegmentationClass"):
        (tmp_path / "pascal/VOC2012" / need).mkdir(parents=True)
    make.lines(lists / "train.txt", [f"t{k}" for k in range(1464)])
    make.lines(lists / "val.txt", [f"v{k}" for k in range(1449)])
    make.lines(tmp_path / "sbdd/dataset/train.txt", [f"s{k}" for k in range(8498)])
    make.lines(tmp_path / "sbdd/dataset/val.txt", [f"u{k}" for k in range(2857)])
    with pytest.raises(DataError, match="are 12,819 images, expected 10,582"):
        ALL["voc2012"].prepare(tmp_path, said)
