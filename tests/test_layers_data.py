"""The data layers: order, values, batches, resuming. Through nets, as they are used."""

import json
import random

import numpy as np
import pytest
import tiny
from PIL import Image
from tiny_layers import MEAN, forward, net_of, voc

from data.errors import DataError
from nets.load import net_of_text


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    return tiny.Maker(tmp_path, size=(24, 30))


def bgr(image, mean):
    """What the reference's loaders compute."""
    values = np.array(image, dtype=np.float32)[:, :, ::-1].copy()
    values -= np.array(mean)
    return values.transpose(2, 0, 1)


# -- order


def test_random_order_is_the_references(data):
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    net = voc(data)
    random.seed(1337)
    expected = [random.randint(0, 1) for _ in range(12)]
    for index in expected:
        assert net.layers[0].drawn[0][0] == index
        image = data.arrays[f"pascal/VOC2011/JPEGImages/{tiny.IDS[index]}.jpg"]
        got = forward(net)
        np.testing.assert_array_equal(got["data"][0], bgr(image, MEAN))


def test_several_threads_keep_order_and_place(data, monkeypatch):
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    net = voc(data)
    wanted = [forward(net)["data"].copy() for _ in range(8)]
    monkeypatch.setattr(type(net.layers[0]), "workers", 3)
    ahead = voc(data)
    found = [forward(ahead)["data"].copy() for _ in range(3)]
    state = json.loads(json.dumps(ahead.layers[0].snapshot_state()))
    again = voc(data)
    again.layers[0].restore_state(state)
    found += [forward(again)["data"].copy() for _ in range(5)]
    assert all(map(np.array_equal, found, wanted))


def test_reshaping_consumes_nothing(data):
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    net, other = voc(data), voc(data)
    for _ in range(5):
        net.reshape()
        net.reshape()
        np.testing.assert_array_equal(forward(net)["data"], forward(other)["data"])


@pytest.mark.parametrize("params", [dict(split="val"), dict(randomize=False)])
def test_list_order_wraps(data, params):
    tiny.voc(data, "pascal/VOC2011", ["train", "val"], 21)
    net = voc(data, **params)
    labels = [data.arrays[f"pascal/VOC2011/SegmentationClass/{i}.png"] for i in tiny.IDS]
    for k in range(5):
        np.testing.assert_array_equal(forward(net)["label"][0, 0], labels[k % 2])


def test_layers_do_not_disturb_each_others_order_nor_the_modules(data):
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    random.seed(5)
    before = random.getstate()
    one, two = voc(data), voc(data)
    for _ in range(4):
        np.testing.assert_array_equal(forward(one)["data"], forward(two)["data"])
    assert random.getstate() == before


def test_names_follow_the_list(data):
    tiny.voc(data, "pascal/VOC2011", ["val"], 21)
    layer = voc(data, split="val").layers[0]
    assert layer.names() == ["a", "b"] and layer.names(3) == ["a", "b", "a"]
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    with pytest.raises(ValueError, match="at random"):
        voc(data).layers[0].names(1)


# -- values of each data set


def test_sbd(data):
    tiny.sbd(data)
    net = net_of(
        data.folder, "voc_layers", "SBDDSegDataLayer",
        sbdd_dir="sbdd/dataset", split="train", mean=MEAN, randomize=False, classes=21,
    )  # fmt: skip
    got = forward(net)
    image = data.arrays["sbdd/dataset/img/a.jpg"]
    np.testing.assert_array_equal(got["data"][0], bgr(image, MEAN))
    np.testing.assert_array_equal(got["label"][0, 0], data.arrays["sbdd/dataset/cls/a.mat"])


def test_nyud(data):
    tiny.nyud(data)
    net = net_of(
        data.folder, "nyud_layers", "NYUDSegDataLayer", ("color", "depth", "hha", "label"),
        nyud_dir="nyud", split="test", tops=["color", "depth", "hha", "label"], classes=40,
    )  # fmt: skip
    got = forward(net)
    mean = np.array((116.190, 97.203, 92.318), np.float32)
    np.testing.assert_array_equal(
        got["color"][0], bgr(data.arrays["nyud/data/images/img_1.png"], mean)
    )
    hha = data.arrays["nyud/data/hha/img_1.png"].astype(np.float32)
    hha -= np.array((132.431, 94.076, 118.477), np.float32)
    np.testing.assert_array_equal(got["hha"][0], hha.transpose(2, 0, 1))
    depth = np.log(data.arrays["nyud/data/depth/img_1.png"].astype(np.float32))
    np.testing.assert_array_equal(got["depth"][0, 0], depth - np.float32(7.844))
    stored = data.arrays["nyud/segmentation/img_1.mat"]
    np.testing.assert_array_equal(got["label"][0, 0], np.where(stored == 0, 255, stored - 1))


def test_nyud_without_depth_or_with_unknown_tops_is_refused(data):
    tiny.nyud(data)
    params = dict(nyud_dir="nyud", split="test", tops=["depth", "label"])
    Image.fromarray(np.zeros((24, 30), np.uint16)).save(data.path("nyud/data/depth/img_1.png"))
    with pytest.raises(DataError, match=r"img_1.png: 720 pixels without depth"):
        net_of(data.folder, "nyud_layers", "NYUDSegDataLayer", ("d", "label"), **params)
    with pytest.raises(ValueError, match="normals"):
        net_of(
            data.folder, "nyud_layers", "NYUDSegDataLayer", ("d", "label"),
            **params | dict(tops=["normals", "label"]),
        )  # fmt: skip


def test_siftflow(data):
    tiny.siftflow(data)
    net = net_of(
        data.folder, "siftflow_layers", "SIFTFlowSegDataLayer", ("data", "sem", "geo"),
        siftflow_dir="sift-flow", split="test", classes=dict(sem=33, geo=3),
    )  # fmt: skip
    got = forward(net)
    image = data.arrays[f"sift-flow/Images/{tiny.SCENES}/a.jpg"]
    mean = np.array((114.578, 115.294, 108.353), np.float32)
    np.testing.assert_array_equal(got["data"][0], bgr(image, mean))
    sem = data.arrays[f"sift-flow/SemanticLabels/{tiny.SCENES}/a.mat"]
    geo = data.arrays[f"sift-flow/GeoLabels/{tiny.SCENES}/a.mat"]
    np.testing.assert_array_equal(got["sem"][0, 0], np.where(sem == 0, 255, sem - 1))
    np.testing.assert_array_equal(got["geo"][0, 0], np.where(geo <= 0, 255, geo - 1))
    assert geo.min() == -1 and 255 in got["geo"]


def test_pascal_context(data):
    tiny.context(data)
    net = net_of(
        data.folder, "pascalcontext_layers", "PASCALContextSegDataLayer",
        voc_dir="pascal", context_dir="pascal-context", split="val", classes=60,
    )  # fmt: skip
    got = forward(net)["label"][0, 0]
    stored = data.arrays["pascal-context/trainval/a.mat"]
    # Numbers of the full list (labels.txt of the data set) and of the task (59_labels.txt); three
    # classes have another name there: table, bedclothes and cloth.
    full = {2: 1, 397: 11, 19: 52, 80: 28, 360: 50, 1: 0}
    for number, task in full.items():
        assert (stored == number).any() and (got[stored == number] == task).all(), number


def test_camvid_with_its_void_and_the_lists_own_folders(data):
    tiny.camvid(data)
    net = net_of(
        data.folder, "camvid_layers", "CamVidSegDataLayer",
        camvid_dir="CamVid", split="val", classes=11,
    )  # fmt: skip
    got = forward(net)
    np.testing.assert_array_equal(got["data"][0], bgr(data.arrays["CamVid/val/a.png"], MEAN))
    stored = data.arrays["CamVid/valannot/a.png"]
    np.testing.assert_array_equal(got["label"][0, 0], np.where(stored == 11, 255, stored))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_folders_of_pictures(data, channels):
    tiny.own(data, "mine", channels)
    net = net_of(
        data.folder, "folder_layers", "FolderSegDataLayer",
        root="own/mine", split="val", channels=channels, mean=[7.0] * channels, classes=3,
    )  # fmt: skip
    got = forward(net)["data"][0]
    stored = data.arrays["own/mine/images/a.png"].reshape(24, 30, channels).astype(np.float32)
    expected = (stored - 7).transpose(2, 0, 1)
    np.testing.assert_array_equal(got, expected[::-1] if channels == 3 else expected)


def test_folders_of_arrays_of_any_channels(data):
    tiny.own(data)
    values = data.rs.standard_normal((24, 30, 6)).astype(np.float32)
    np.save(data.path("own/mine/images/a.npy"), values)
    data.lines("own/mine/val.txt", ["images/a.npy labels/a.png"])
    params = dict(root="own/mine", split="val", channels=6)
    net = net_of(data.folder, "folder_layers", "FolderSegDataLayer", **params)
    np.testing.assert_array_equal(forward(net)["data"][0], values.transpose(2, 0, 1))
    np.save(data.path("own/mine/images/a.npy"), values[..., :5])
    with pytest.raises(DataError, match=r"a.npy: 5 channels, expected 6"):
        net_of(data.folder, "folder_layers", "FolderSegDataLayer", **params)


def test_folders_of_classes(data):
    tiny.shapes(data)
    params = dict(root="shapes/Classification", split="val", batch=2, classes=6)
    net = net_of(data.folder, "folder_layers", "FolderClassDataLayer", **params)
    got = forward(net)
    assert got["data"].shape == (2, 3, 96, 96) and got["label"].ravel().tolist() == [0, 1]
    with pytest.raises(DataError, match=r"b.jpg: class '1' in the list, expected 0 to 0"):
        net_of(data.folder, "folder_layers", "FolderClassDataLayer", **params | dict(classes=1))


# -- batches and variations


def test_batches_of_unequal_sizes_are_filled_with_mean_and_void(data):
    tiny.voc(data, "pascal/VOC2011", ["val"], 21)
    data.size = (20, 40)
    data.image("pascal/VOC2011/JPEGImages/b.jpg")
    data.label("pascal/VOC2011/SegmentationClass/b.png", 21)
    got = forward(voc(data, split="val", batch=2))
    assert got["data"].shape == (2, 3, 24, 40) and got["label"].shape == (2, 1, 24, 40)
    assert (got["data"][0, :, :, 30:] == 0).all() and (got["label"][0, :, :, 30:] == 255).all()
    assert (got["data"][1, :, 20:] == 0).all() and (got["label"][1, :, 20:] == 255).all()
    image = data.arrays["pascal/VOC2011/JPEGImages/b.jpg"]
    np.testing.assert_array_equal(got["data"][1, :, :20], bgr(image, MEAN))


def test_windows_and_mirrors_keep_picture_and_label_together(data):
    data.size = (24, 30)
    image = np.repeat((np.arange(24 * 30) % 251).reshape(24, 30, 1), 3, 2).astype(np.uint8)
    Image.fromarray(image).save(data.path("own/m/i.png"))
    label = image[..., 0] % 7
    Image.fromarray(label).save(data.path("own/m/l.png"))
    data.lines("own/m/train.txt", ["i.png l.png"])
    net = net_of(
        data.folder, "folder_layers", "FolderSegDataLayer",
        root="own/m", split="train", crop=(10, 12), mirror=True, batch=3, seed=3, classes=7,
    )  # fmt: skip
    starts = set()
    for _ in range(6):
        got = forward(net)
        assert got["data"].shape == (3, 3, 10, 12)
        np.testing.assert_array_equal(got["data"][:, :1] % 7, got["label"])
        starts |= set(got["data"][:, 0, 0, 0])
    assert len(starts) > 6


# -- resuming


def test_a_restored_layer_goes_on_exactly(data):
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    params = dict(batch=2, crop=(16, 16), mirror=True, scale=(0.8, 1.2))
    first = voc(data, **params)
    for _ in range(3):
        forward(first)
    state = json.loads(json.dumps(first.layers[0].snapshot_state()))
    second = voc(data, **params, seed=99)
    forward(second)
    second.layers[0].restore_state(state)
    for _ in range(5):
        np.testing.assert_array_equal(forward(first)["data"], forward(second)["data"])


def test_a_state_of_another_list_is_refused(data):
    tiny.voc(data, "pascal/VOC2011", ["train"], 21)
    layer = voc(data).layers[0]
    with pytest.raises(ValueError, match="over 5 pictures, there are now 2"):
        layer.restore_state(layer.snapshot_state() | dict(items=5))


def test_the_authors_prototxts_find_the_layers(tmp_path, monkeypatch):
    """They name the module without a package; importing `layers` makes it importable."""
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    tiny.voc(tiny.Maker(tmp_path), "pascal/VOC2011", ["val"], 21)
    params = dict(voc_dir="pascal/VOC2011", split="val", mean=MEAN)
    net = net_of_text(
        'layer { name: "data" type: "Python" top: "data" top: "label" python_param { '
        f'module: "voc_layers" layer: "VOCSegDataLayer" param_str: "{params}" }} }}'
    )
    assert net.forward()["data"].shape == (1, 3, 32, 32)
