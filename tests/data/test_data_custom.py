"""A user's own pictures and masks, in each form, as a data set that trains."""

import json

import numpy as np
import pytest
from PIL import Image

from data import check, custom, new, polygons, sets
from data.errors import DataError
from data.files import read_list

NAMES = ["background", "crack", "hole"]


@pytest.fixture
def folders(make, tmp_path):
    """Ten colour pictures with plain index masks; (pictures, masks, class file, {stem: label})."""
    made = {}
    for k in range(10):
        make.jpeg(tmp_path / f"in/p{k}.jpg")
        made[f"p{k}"] = make.labels(3)
        make.png(tmp_path / f"masks/p{k}.png", made[f"p{k}"], colours=k % 2 == 0)
    make.lines(tmp_path / "classes.txt", NAMES)
    return tmp_path / "in", tmp_path / "masks", tmp_path / "classes.txt", made


def stored(data, name, stem):
    with Image.open(data / f"own/{name}/labels/{stem}.png") as image:
        assert image.mode == "P"
        return np.array(image)


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


def test_colour_masks_without_a_table_say_what_is_lacking(folders, tmp_path, said):
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


def test_every_unusable_file_is_named_and_nothing_is_left(folders, make, tmp_path, said):
    pictures, masks, classes, made = folders
    make.png(masks / "p1.png", np.full((32, 40), 3, np.uint8))
    make.png(masks / "p2.png", np.zeros((32, 48), np.uint8))
    (pictures / "p5.jpg").write_bytes(b"spoilt")
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
    fails("expected a share between 0 and 1", val=1.0)
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


def labelme(size=(32, 40), **more):
    shapes = [
        dict(label="crack", points=[[2, 2], [20, 2], [20, 20], [2, 20]], shape_type="polygon"),
        dict(label="hole", points=[[10, 10], [15, 15]], shape_type="rectangle"),
        dict(label="hole", points=[[30, 20], [34, 20]], shape_type="circle"),
    ]
    return {**dict(shapes=shapes, imageHeight=size[0], imageWidth=size[1], imageData=None), **more}


def test_labelme_polygons(folders, tmp_path, said):
    pictures, masks, classes, made = folders
    for stem in made:
        (masks / f"{stem}.png").unlink()
        (masks / f"{stem}.json").write_text(json.dumps(labelme()))
    new.new("cracks", pictures, masks, classes, tmp_path / "data", log=said)
    label = stored(tmp_path / "data", "cracks", "p0")
    assert label[0, 0] == 0 and label[3, 3] == 1 and label[12, 12] == 2 and label[20, 30] == 2
    # A pixel that the outline passes through belongs to the shape, as in labelme's own drawing.
    assert (label == 1).sum() == 19 * 19 - 6 * 6
    assert 36 + np.pi * 4**2 < (label == 2).sum() <= 36 + np.pi * 4.5**2
    for change, match in (
        (labelme((64, 40)), "drawn for 40x64, its picture has 40x32"),
        ({"version": 1}, "is no labelme file"),
        (labelme(shapes=[dict(label="krack", points=[])]), "did you mean 'crack'"),
        (labelme(shapes=[dict(label="crack", points=[[1, 2], [3, 4]])]), "a polygon of 2 points"),
        (labelme(shapes=[dict(label="crack", points=[[1, 2], [3, 4], "x"])]), "are no points"),
        (labelme(shapes=[dict(label="crack", points=[[1, 2], [3, 4], [5, 1e9]])]), "far outside"),
        (labelme(shapes=[dict(label="crack", points=[[1, 2]], shape_type="line")]), "has no area"),
        (labelme(shapes=[5]), "expected an object"),
        (labelme(shapes=[dict(label="hole", points=[[1, 2]], shape_type="circle")]), "its centre"),
        (labelme(shapes=[dict(label="hole", points=[1], shape_type="rectangle")]), "two corners"),
    ):  # fmt: skip
        (masks / "p3.json").write_text(json.dumps(change))
        with pytest.raises(DataError, match=f"p3.json.*{match}"):
            new.new("more", pictures, masks, classes, tmp_path / "data", log=said)


def coco():
    return dict(
        images=[dict(id=k, file_name=f"sub/p{k}.jpg", height=32, width=40) for k in range(10)],
        categories=[dict(id=7, name="crack"), dict(id=9, name="hole")],
        annotations=[
            # the smaller one first: it must still end on top of the larger
            dict(image_id=0, category_id=9, segmentation=[[5, 5, 8, 5, 8, 8, 5, 8]]),
            dict(image_id=0, category_id=7, segmentation=[[2, 2, 20, 2, 20, 20, 2, 20]]),
            dict(image_id=1, category_id=7, iscrowd=1,
                 segmentation=dict(size=[32, 40], counts=[32, 32, 32 * 38])),
            dict(image_id=2, category_id=7, segmentation=dict(size=[32, 40], counts="P1P1PV1")),
        ],
    )  # fmt: skip


def test_coco_polygons_and_run_lengths(folders, tmp_path, said):
    pictures, _, classes, _ = folders
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(coco()))
    new.new("cracks", pictures, path, classes, tmp_path / "data", log=said)
    label = stored(tmp_path / "data", "cracks", "p0")
    assert label[3, 3] == 1 and label[6, 6] == 2 and label[30, 30] == 0
    crowd = stored(tmp_path / "data", "cracks", "p1")
    assert (crowd[:, 1] == 255).all() and (np.delete(crowd, 1, 1) == 0).all(), "columns first"
    assert not stored(tmp_path / "data", "cracks", "p9").any()


def test_compressed_run_lengths_are_decoded_as_coco_encodes_them():
    runs = [5, 3, 1000, 40, 2, 70_000, 0, 9]
    text = ""
    for place, run in enumerate(runs):  # the published encoding, written forwards
        value = run - runs[place - 2] if place > 2 else run
        while True:
            code, value = value & 31, value >> 5
            more = value != (-1 if code & 16 else 0)
            text += chr((code | 32 if more else code) + 48)
            if not more:
                break
    assert polygons._unpacked_runs("here", text) == runs


def test_coco_files_that_are_none(folders, tmp_path, said):
    pictures, _, classes, _ = folders
    path = tmp_path / "coco.json"
    good = coco()

    def fails(match, change):
        path.write_text(json.dumps(change))
        with pytest.raises(DataError, match=f"coco.json.*{match}"):
            new.new("cracks", pictures, path, classes, tmp_path / "data", log=said)

    def annotated(**more):
        return {**good, "annotations": [{**good["annotations"][0], **more}]}

    fails("is no COCO file", {"images": []})
    fails("annotation 1: unknown image or category", annotated(image_id=99))
    fails("annotation 1: a polygon is a list", annotated(segmentation=[[1, 2, 3]]))
    fails("annotation 1: no segmentation", annotated(segmentation=None))
    fails("runs cover 3 pixels", annotated(segmentation=dict(size=[32, 40], counts=[1, 2])))
    fails("broken run-length mask", annotated(segmentation=dict(size=[32, 40])))
    fails("no mask for 1 pictures: p9", {**good, "images": good["images"][:9]})
    fails("unknown class 'scratch'", {**good, "categories": [dict(id=9, name="scratch")]})


def test_uncovered_pixels_are_void_where_there_is_no_background():
    assert polygons.ground(["crack", "background"]) == 1
    assert polygons.ground(["crack", "hole"]) == 255


@pytest.mark.parametrize(
    "content, message",
    [
        ("{", "cannot be read as JSON"),
        ("[]", "expected a JSON object"),
        ('{"root": "x"}', "lacks classes"),
        ('{"root": 1, "classes": ["a", "b"]}', "root 1: expected a folder"),
        ('{"root": "x", "classes": "ab"}', "classes 'ab': expected a list of two names"),
        ('{"root": "x", "classes": ["a", "b"], "channels": 0}', "channels 0: expected a number"),
        ('{"root": "x", "classes": ["a", "b"], "channels": "3"}', "channels '3': expected"),
        ('{"root": "x", "classes": ["a", "b"], "images": -1}', "images -1: expected the entries"),
        ('{"root": "x", "classes": ["a", "b"], "void": 256}', "void 256: expected a label"),
        ('{"root": "x", "classes": ["a", "b"], "mean": [1]}', r"mean \[1\]: expected 3 numbers"),
    ],
)
def test_a_broken_json_is_named_and_the_others_are_listed(tmp_path, content, message):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/bad.json").write_text(content)
    (tmp_path / "own/good.json").write_text('{"root": "x", "classes": ["a", "b"]}')
    with pytest.raises(DataError, match=f"bad.json: {message}"):
        custom.read("bad", tmp_path)
    found, broken = custom.sets(tmp_path)
    assert list(found) == ["good"] and list(broken) == ["bad"]
    assert sets.find("good", tmp_path).classes(tmp_path) == ["a", "b"]


def test_a_json_by_hand_needs_root_and_classes_alone(tmp_path, make):
    """As its documentation says: channels 3, void 255, and the entries of val.txt counted."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own/hand.json").write_text('{"root": "own/hand", "classes": ["a", "b"]}')
    make.lines(tmp_path / "own/hand/val.txt", ["x.png y.png"] * 4)
    made = custom.read("hand", tmp_path)
    assert (made.channels, made.void, made.mean) == (3, 255, ())
    assert made.val_count(tmp_path) == 4
