"""What the data layers refuse: parameters, lists, damaged files, wrong labels."""

import numpy as np
import pytest
import tiny
from PIL import Image
from tiny_layers import MEAN, net_of, voc

from data.files import DataError
from layers import base, reading


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    return tiny.Maker(tmp_path, size=(24, 30))


# -- what is refused


def test_parameters_are_literals_never_code():
    with pytest.raises(ValueError, match="not a Python literal"):
        base.parse("__import__('os').getcwd()", ("split",), "X")
    with pytest.raises(ValueError, match="expected a dict"):
        base.parse("[1]", ("split",), "X")
    with pytest.raises(ValueError, match="'sead'; did you mean 'seed'"):
        base.parse("{'sead': 1}", ("split", "seed"), "X")


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
        return r"a.jpg: no such picture"
    if what == "truncated":
        image.write_bytes(image.read_bytes()[:400])
        return r"a.jpg: cannot be read as a picture"
    if what == "gray picture":
        Image.fromarray(values).save(image)
        return r"a.jpg: its mode is L, expected RGB"
    if what == "RGB label":
        Image.fromarray(np.zeros((24, 30, 3), np.uint8)).save(label)
        return r"a.png: its mode is RGB, expected P or L"
    if what == "size":
        Image.fromarray(values[:20]).save(label)
        return r"a.png: 20 x 30 pixels \(height x width\), its picture has 24 x 30"
    values[3, :4] = 21
    Image.fromarray(values).save(label)
    return r"a.png: label 21 on 4 pixels.*21 classes \(0 to 20\); 255 is the ignore label"


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


def test_damaged_matlab_files_are_named(data):
    tiny.sbd(data)
    path = data.path("sbdd/dataset/cls/a.mat")
    with pytest.raises(DataError, match="a.mat: expected the variable S"):
        reading.mat(path, "S")
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(DataError, match="a.mat: cannot be read as a MATLAB file"):
        reading.mat(path, "GTcls", "Segmentation")
    with pytest.raises(DataError, match="no such file"):
        reading.mat(data.folder / "x.mat", "S")


def test_lists_of_another_form_are_refused(data):
    data.lines("CamVid/val.txt", ["only_one_entry"])
    with pytest.raises(DataError, match="expected `image label`"):
        net_of(data.folder, "camvid_layers", "CamVidSegDataLayer", camvid_dir="CamVid", split="val")


def test_unknown_context_classes_are_refused(data):
    tiny.context(data)
    data.lines("pascal-context/59_labels.txt", ["1: unicorn"])
    with pytest.raises(DataError, match="'unicorn' is not in"):
        net_of(
            data.folder, "pascalcontext_layers", "PASCALContextSegDataLayer",
            voc_dir="pascal", context_dir="pascal-context", split="val",
        )  # fmt: skip


def test_paths(data, tmp_path, monkeypatch):
    assert reading.locate("pascal/VOC2011") == tmp_path / "pascal" / "VOC2011"
    monkeypatch.chdir(tmp_path)
    assert reading.locate("./x") == tmp_path / "x"
    assert reading.locate("../x") == tmp_path.parent / "x"
    assert reading.locate("/x/y").as_posix() == "/x/y"


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
