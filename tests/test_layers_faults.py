"""What the data layers refuse: parameters, lists, damaged files, wrong labels."""

import numpy as np
import pytest
import tiny
from PIL import Image
from tiny_layers import MEAN, net_of, voc

from data.errors import DataError
from data.settings import locate
from layers import data_layer


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    return tiny.Maker(tmp_path, size=(24, 30))


# -- what is refused


def test_parameters_are_literals_never_code():
    with pytest.raises(ValueError, match="not a Python literal"):
        data_layer.parse("__import__('os').getcwd()", ("split",), "X")
    with pytest.raises(ValueError, match="expected a dict"):
        data_layer.parse("[1]", ("split",), "X")
    with pytest.raises(ValueError, match="'sead'; did you mean 'seed'"):
        data_layer.parse("{'sead': 1}", ("split", "seed"), "X")


def test_missing_parameters_tops_and_lists_are_named(data):
    with pytest.raises(ValueError, match="'mean' is missing"):
        net_of(data.folder, "voc_layers", "VOCSegDataLayer", voc_dir="x", split="train")
    with pytest.raises(DataError, match=r"train.txt: no such list.*\$FCN_DATA"):
        voc(data)
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    with pytest.raises(ValueError, match="3 tops, expected 2: data, label"):
        net_of(
            data.folder, "voc_layers", "VOCSegDataLayer", ("a", "b", "c"),
            voc_dir="pascal/VOC2011", split="train", mean=MEAN,
        )  # fmt: skip
    with pytest.raises(ValueError, match="batch 0"):
        voc(data, batch=0)
    data.lines("pascal/VOC2011/ImageSets/Segmentation/train.txt", [])
    with pytest.raises(DataError, match="empty"):
        voc(data)


def nan_if_invalid(data, what):
    """Damage picture or label `a` of the VOC set; returns what the error must say."""
    image = data.path("pascal/VOC2011/JPEGImages/a.jpg")
    label = data.path("pascal/VOC2011/SegmentationClass/a.png")
    values = np.zeros((24, 30), np.uint8)
    if what == "no picture":
        image.unlink()
        return r"a.jpg: no such file"
    if what == "truncated":
        image.write_bytes(image.read_bytes()[:400])
        return r"a.jpg: cannot be read as a picture"
    if what == "gray picture":
        Image.fromarray(values).save(image)
        return r"a.jpg: 1 channels, expected 3"
    if what == "RGB label":
        Image.fromarray(np.zeros((24, 30, 3), np.uint8)).save(label)
        return r"a.png: mode RGB: a label map is one channel"
    if what == "size":
        Image.fromarray(values[:20]).save(label)
        return r"a.png: 20 x 30 pixels \(height x width\), its picture has 24 x 30"
    values[3, :4] = 21
    Image.fromarray(values).save(label)
    return r"a.png: label 21 \(4 pixels\): expected 0 to 20, or 255 for void"


@pytest.mark.parametrize(
    "what", ["no picture", "truncated", "gray picture", "RGB label", "size", "label"]
)
def test_damage_names_the_file_and_the_expectation(data, what):
    tiny.voc(data, "pascal/VOC2011", ["val"], 21)
    message = nan_if_invalid(data, what)
    with pytest.raises(DataError, match=message):
        voc(data, split="val", classes=21)


def test_damage_found_in_the_background_is_raised_when_it_is_due(data):
    tiny.voc(data, "pascal/VOC2011", ["val"], 21)
    data.path("pascal/VOC2011/JPEGImages/b.jpg").write_bytes(b"no picture")
    net = voc(data, split="val")
    net.forward()
    with pytest.raises(DataError, match="b.jpg"):
        net.forward()


def test_lists_of_another_form_are_refused(data):
    data.lines("CamVid/val.txt", ["only_one_entry"])
    with pytest.raises(DataError, match="expected `image label`"):
        net_of(data.folder, "camvid_layers", "CamVidSegDataLayer", camvid_dir="CamVid", split="val")


def test_paths(data, tmp_path, monkeypatch):
    assert locate("pascal/VOC2011") == tmp_path / "pascal" / "VOC2011"
    monkeypatch.chdir(tmp_path)
    assert locate("./x") == tmp_path / "x"
    assert locate("../x") == tmp_path.parent / "x"
    assert locate("/x/y").as_posix() == "/x/y"


@pytest.mark.parametrize(
    "params, message",
    [
        (dict(), "'weights' is missing"),
        (dict(weights=[1, -1]), r"weights \[1, -1\]: expected one of at least 0 per class"),
        (dict(weights=3), "weights 3: expected one of at least 0 per class"),
        (dict(weight=[1]), "'weight'; did you mean 'weights'"),
    ],
)
def test_class_weights_that_do_not_fit(tmp_path, params, message):
    with pytest.raises(ValueError, match=message):
        net_of(tmp_path, "balance_layers", "InfogainLayer", ("infogain",), **params)
