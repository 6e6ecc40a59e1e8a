"""A user's own pictures and masks, in each form, as a data set that trains."""

import json
import re

import numpy as np
import pytest
from customkit import NAMES, stored
from PIL import ExifTags, Image

import experiments
from data import check, new, sets
from data.errors import DataError
from data.files import read_list


def test_index_and_palette_masks(folders, tmp_path, said, monkeypatch):
    pictures, masks, classes, made = folders
    data = tmp_path / "data"
    new.new("cracks", pictures, masks, classes, data, log=said)
    spec = json.loads((data / "own/cracks.json").read_text())
    assert spec["root"] == "own/cracks" and spec["classes"] == NAMES and spec["void"] == 255
    assert spec["channels"] == 3 and spec["images"] == 2 and spec["train"] == 8
    train, val = (read_list(data / f"own/cracks/{s}.txt") for s in ("train", "val"))
    assert len(train) == 8 and len(val) == 2 and not set(train) & set(val)
    assert train[0].split()[0].startswith("images/p") and train[0].split()[1].startswith("labels/p")
    for stem, label in made.items():
        assert (stored(data, "cracks", stem) == label).all()
        assert (data / f"own/cracks/images/{stem}.jpg").read_bytes() == (
            pictures / f"{stem}.jpg").read_bytes()  # fmt: skip
    pixels = np.concatenate([
        np.array(Image.open(data / "own/cracks" / line.split()[0])).reshape(-1, 3) for line in train
    ])  # fmt: skip
    assert np.allclose(spec["mean"], pixels.mean(0)[::-1], atol=1e-3), "BGR, of training pictures"
    assert check.check(sets.find("cracks", data), data, said) == []
    # What the layers make of it.
    monkeypatch.setenv("FCN_DATA", str(data))
    import caffe

    params = dict(root=spec["root"], split="val", mean=tuple(spec["mean"]), channels=3, void=255)
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "data" type: "Python" top: "data" top: "label" python_param { '
        f'module: "layers.folder_layers" layer: "FolderSegDataLayer" param_str: "{params}" }} }}'
    )
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    for line in val:
        tops = net.forward()
        stem = line.split()[1][7:-4]
        assert (tops["label"][0, 0] == made[stem]).all() and tops["data"].shape == (1, 3, 32, 40)


def test_the_split_is_the_seed_s(folders, tmp_path, said):
    pictures, masks, classes, _ = folders
    lists = []
    for seed in (1, 1, 2):
        data = tmp_path / f"data{len(lists)}"
        new.new("cracks", pictures, masks, classes, data, val=0.3, seed=seed, log=said)
        lists.append(read_list(data / "own/cracks/val.txt"))
    assert lists[0] == lists[1] != lists[2] and len(lists[0]) == 3


def test_experiments_follow(folders, tmp_path, said, monkeypatch):
    pictures, masks, classes, _ = folders
    new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))
    import experiments

    row = experiments.find("cracks-fcn8s")
    assert experiments.data_of(row).heads[0].classes == 3
    assert experiments.parents(row) == ["cracks-fcn16s"]


def test_no_own_data_set_hides_the_project_s():
    own = {re.fullmatch("(.+)-fcn(?:32|16|8)s", name) for name in experiments.EXPERIMENTS}
    taken = {match[1] for match in own if match} | set(experiments.DATASETS)
    assert new.RESERVED == taken - set(sets.ALL)


def test_colour_masks_with_a_table(folders, make, tmp_path, said):
    pictures, masks, classes, made = folders
    table = np.zeros((256, 3), np.uint8)
    table[[1, 2, 255]] = (255, 0, 0), (0, 16, 240), (255, 255, 255)
    for stem, label in made.items():
        Image.fromarray(table[label]).save(masks / f"{stem}.png")
    classes.write_text("background 0 0 0\ncrack 255 0 0\nhole #0010F0\nvoid 255,255,255\n")
    new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    for stem, label in made.items():
        assert (stored(tmp_path / "data", "cracks", stem) == label).all()
    # A smoothed edge is no class.
    pixels = table[made["p3"]]
    pixels[5, 5:9] = (254, 1, 0)
    Image.fromarray(pixels).save(masks / "p3.png")
    with pytest.raises(DataError, match=r"p3.png: colour \(254, 1, 0\) \(4 pixels"):
        new.new("more", pictures, masks, classes, tmp_path / "data", log=said)
    assert [p.name for p in (tmp_path / "data/own").iterdir() if "more" in p.name] == []


def test_colour_masks_without_a_table_name_what_is_missing(folders, tmp_path, said):
    pictures, masks, classes, made = folders
    Image.open(masks / "p0.png").convert("RGB").save(masks / "p0.png")
    with pytest.raises(DataError, match=r"p0.png: mode RGB.*give each class its colour"):
        new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)


def test_gray_pictures_and_a_void_number(folders, make, tmp_path, said):
    pictures, masks, classes, made = folders
    for stem, label in made.items():
        Image.open(pictures / f"{stem}.jpg").convert("L").save(pictures / f"{stem}.jpg")
        make.png(masks / f"{stem}.png", np.where(label == 255, 3, label).astype(np.uint8))
    spec = new.new("cracks", pictures, masks, classes, tmp_path / "data", void=3, log=said)
    assert spec["channels"] == 1 and len(spec["mean"]) == 1
    assert (stored(tmp_path / "data", "cracks", "p1") == made["p1"]).all()
    spec = new.new(
        "three", pictures, masks, classes, tmp_path / "data", void=3, channels=3, log=said
    )
    assert spec["channels"] == 3
    with Image.open(tmp_path / "data/own/three/images/p0.png") as image:
        assert image.mode == "RGB"


def test_pictures_of_many_channels(folders, tmp_path, said):
    pictures, masks, classes, made = folders
    for k, stem in enumerate(made):
        (pictures / f"{stem}.jpg").unlink()
        np.save(pictures / f"{stem}.npy", np.full((32, 40, 7), k, np.float32))
    spec = new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    assert spec["channels"] == 7 and len(spec["mean"]) == 7
    assert check.check(sets.find("cracks", tmp_path / "data"), tmp_path / "data", said) == []


def test_mixed_channels_are_named(folders, tmp_path, said):
    pictures, masks, classes, _ = folders
    Image.open(pictures / "p4.jpg").convert("L").save(pictures / "p4.jpg")
    with pytest.raises(DataError, match=r"differ in channels: 1 \(images/p4.jpg\), 3 .*--channels"):
        new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    assert new.new("cracks", pictures, masks, classes, tmp_path / "data", channels=1, log=said)
    made = new.new("alpha", pictures, masks, classes, tmp_path / "data", channels=4, log=said)
    assert made["channels"] == 4 and made["mean"][3] == 255


def test_alpha_and_palettes_are_resolved(folders, tmp_path, said):
    pictures, masks, classes, _ = folders
    pixels = Image.open(pictures / "p0.jpg")
    for k, mode in enumerate(("RGBA", "P")):
        (pictures / f"p{k}.jpg").unlink()
        pixels.convert(mode).save(pictures / f"p{k}.png")
    assert new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)["channels"] == 3
    for k in range(2):
        with Image.open(tmp_path / f"data/own/cracks/images/p{k}.png") as image:
            assert image.mode == "RGB"


def test_a_picture_taken_on_its_side_is_stored_upright(folders, tmp_path, said):
    pictures, masks, classes, _ = folders
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turn by 90 degrees, clockwise
    with Image.open(pictures / "p3.jpg") as image:
        upright = np.array(image)
        image.rotate(90, expand=True).save(pictures / "p3.jpg", exif=exif, quality=95)
    new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    with Image.open(tmp_path / "data/own/cracks/images/p3.png") as image:
        assert image.size == (40, 32) and "exif" not in image.info
        assert np.abs(np.array(image).astype(int) - upright).mean() < 20


def test_every_unusable_file_is_named_and_nothing_is_left(folders, make, tmp_path, said):
    pictures, masks, classes, made = folders
    make.png(masks / "p1.png", np.full((32, 40), 3, np.uint8))
    make.png(masks / "p2.png", np.zeros((32, 48), np.uint8))
    (pictures / "p5.jpg").write_bytes(b"broken")
    with pytest.raises(DataError) as caught:
        new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    text = str(caught.value)
    assert "p1.png: label 3 (1,280 pixels): expected 0 to 2" in text
    assert "p2.png: mask of 48x32, but the picture has 40x32" in text
    assert "p5.jpg: cannot be read" in text and "3 of 10 files are not usable" in text
    assert list((tmp_path / "data/own").iterdir()) == []


def test_requests_that_cannot_be_met(folders, make, tmp_path, said):
    pictures, masks, classes, _ = folders
    data = tmp_path / "data"

    def fails(match, name="cracks", images=pictures, labels=masks, listed=classes, **more):
        with pytest.raises(DataError, match=match):
            new.new(name, images, labels, listed, data, log=said, **more)

    fails("cannot be a data set's name", name="voc")
    fails("cannot be a data set's name", name="../x")
    fails("cannot be a data set's name", name="ade20k")
    fails("expected a share between 0 and 1", val=1.0)
    fails("--seed -1: expected a whole number", seed=-1)
    fails("--void 256: expected a label", void=256)
    fails("no such folder of pictures", images=tmp_path / "none")
    fails("no masks there", labels=pictures)
    (masks / "p7.png").unlink()
    fails("no mask for 1 pictures: p7")
    make.lines(tmp_path / "one.txt", ["only"])
    fails("1 classes: expected 2 to 255", listed=tmp_path / "one.txt")
    make.lines(tmp_path / "some.txt", ["a 1 2 3", "b"])
    fails("every class needs a colour of its own", listed=tmp_path / "some.txt")
    make.lines(tmp_path / "far.txt", ["a 1 2 300", "b 1 2 3"])
    fails("line 1: colour 1 2 300", listed=tmp_path / "far.txt")
    make.jpeg(pictures / "with blank.jpg")
    fails("blanks in a name")
    (pictures / "with blank.jpg").unlink()
    make.png(masks / "p7.png", make.labels(3))
    new.new("cracks", pictures, masks, classes, data, log=said)
    fails("give --replace")
    new.new("cracks", pictures, masks, classes, data, replace=True, val=0.5, log=said)
    assert len(read_list(data / "own/cracks/val.txt")) == 5
    assert sorted(p.name for p in (data / "own").iterdir()) == ["cracks", "cracks.json"]
