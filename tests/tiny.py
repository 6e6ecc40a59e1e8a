"""Tiny data sets in the formats that the data layers read; two pictures per split."""

import json

import numpy as np
import scipy.io
from PIL import Image

IDS = ("a", "b")
SCENES = "spatial_envelope_256x256_static_8outdoorcategories"
# PASCAL-Context's accordion, aeroplane, bedclothes, cloth, sky and table.
CONTEXT = (1, 2, 19, 80, 360, 397)


class Maker:
    """Writes pictures and labels of `size` (height, width) under `folder`, and remembers them."""

    def __init__(self, folder, size=(32, 32), seed=0):
        self.folder, self.size = folder, size
        self.rs = np.random.RandomState(seed)
        self.arrays = {}

    def path(self, relative):
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def image(self, relative, channels=3, quality=None):
        values = self.rs.randint(0, 256, (*self.size, channels), np.uint8)
        path = self.path(relative)
        Image.fromarray(values[..., 0] if channels == 1 else values).save(path)
        with Image.open(path) as stored:  # JPEG changes the values
            self.arrays[relative] = np.array(stored)

    def label(self, relative, classes, void=255):
        values = self.rs.randint(0, classes, self.size).astype(np.uint8)
        values[0, :5] = void
        Image.fromarray(values).save(self.path(relative))
        self.arrays[relative] = values

    def mat(self, relative, least, most, *keys, among=None):
        values = self.rs.randint(least, most + 1, self.size).astype(np.int16)
        if among:
            values = self.rs.choice(among, self.size).astype(np.int16)
        values[0, :2] = (least, most) if not among else among[:2]
        content = values
        for key in reversed(keys[1:]):
            content = {key: content}
        scipy.io.savemat(self.path(relative), {keys[0]: content})
        self.arrays[relative] = values

    def lines(self, relative, lines):
        self.path(relative).write_text("".join(f"{line}\n" for line in lines))


def voc(m, folder, splits, classes):
    for i in IDS:
        m.image(f"{folder}/JPEGImages/{i}.jpg")
        m.label(f"{folder}/SegmentationClass/{i}.png", classes)
    for split in splits:
        m.lines(f"{folder}/ImageSets/Segmentation/{split}.txt", IDS)


def sbd(m):
    for i in IDS:
        m.image(f"sbdd/dataset/img/{i}.jpg")
        m.mat(f"sbdd/dataset/cls/{i}.mat", 0, 20, "GTcls", "Segmentation")
    m.lines("sbdd/dataset/train.txt", IDS)


def nyud(m):
    for n in (1, 2):
        m.image(f"nyud/data/images/img_{n}.png")
        m.image(f"nyud/data/hha/img_{n}.png")
        depth = m.rs.randint(800, 9000, m.size).astype(np.uint16)
        Image.fromarray(depth).save(m.path(f"nyud/data/depth/img_{n}.png"))
        m.arrays[f"nyud/data/depth/img_{n}.png"] = depth
        m.mat(f"nyud/segmentation/img_{n}.mat", 0, 40, "segmentation")
    for split in ("trainval", "test"):
        m.lines(f"nyud/{split}.txt", (1, 2))


def siftflow(m):
    for i in IDS:
        m.image(f"sift-flow/Images/{SCENES}/{i}.jpg")
        m.mat(f"sift-flow/SemanticLabels/{SCENES}/{i}.mat", 0, 33, "S")
        m.mat(f"sift-flow/GeoLabels/{SCENES}/{i}.mat", -1, 3, "S")
    for split in ("trainval", "test"):
        m.lines(f"sift-flow/{split}.txt", IDS)


def context(m):
    for i in IDS:
        m.image(f"pascal/VOC2010/JPEGImages/{i}.jpg")
        m.mat(f"pascal-context/trainval/{i}.mat", 1, 459, "LabelMap", among=CONTEXT)
    for split in ("train", "val"):
        m.lines(f"pascal/VOC2010/ImageSets/Main/{split}.txt", IDS)


def camvid(m):
    for split in ("train", "val"):
        for i in IDS:
            m.image(f"CamVid/{split}/{i}.png")
            m.label(f"CamVid/{split}annot/{i}.png", 11, void=11)
        m.lines(
            f"CamVid/{split}.txt",
            [f"/SegNet/CamVid/{split}/{i}.png /SegNet/CamVid/{split}annot/{i}.png" for i in IDS],
        )


def shapes(m):
    voc(m, "shapes", ("train", "val"), 7)
    m.lines("shapes/classes.txt", [f"c{i}" for i in range(7)])
    size, m.size = m.size, (96, 96)
    for i in IDS:
        m.image(f"shapes/Classification/JPEGImages/{i}.jpg")
    m.size = size
    for split in ("train", "val"):
        lines = [f"JPEGImages/{i}.jpg {k}" for k, i in enumerate(IDS)]
        m.lines(f"shapes/Classification/{split}.txt", lines)


def ade20k(m):
    for split, folder in (("train", "training"), ("val", "validation")):
        lines = []
        for i in IDS:
            m.image(f"ade20k/images/{folder}/{i}.jpg")
            m.label(f"ade20k/annotations/{folder}/{i}.png", 151, void=0)
            lines.append(f"images/{folder}/{i}.jpg annotations/{folder}/{i}.png")
        m.lines(f"ade20k/{split}.txt", lines)


def cityscapes(m):
    for split in ("train", "val"):
        lines = []
        for i in IDS:
            image = f"leftImg8bit/{split}/city/{i}_leftImg8bit.png"
            label = f"gtFine/{split}/city/{i}_gtFine_labelIds.png"
            m.image(f"cityscapes/{image}")
            m.label(f"cityscapes/{label}", 34, void=0)
            lines.append(f"{image} {label}")
        m.lines(f"cityscapes/{split}.txt", lines)


def voc_aug(m):
    voc(m, "pascal/VOC2012", ("train", "val", "trainaug", "trainval_hard"), 21)
    for i in IDS:
        m.label(f"pascal/VOC2012/SegmentationClassAug/{i}.png", 21)


def own(m, name="mine", channels=3):
    for i in IDS:
        m.image(f"own/{name}/images/{i}.png", channels)
        m.label(f"own/{name}/labels/{i}.png", 3)
    for split in ("train", "val"):
        m.lines(f"own/{name}/{split}.txt", [f"images/{i}.png labels/{i}.png" for i in IDS])
    made = dict(root=f"own/{name}", classes=["sky", "sea", "sand"], channels=channels, images=2)
    m.path(f"own/{name}.json").write_text(json.dumps(made))


def kitti(m):
    for split in ("train", "test"):
        for i in IDS:
            m.image(f"kitti/{split}/RGB/{i}.png")
            m.label(f"kitti/{split}/labels/{i}.png", 11)
        m.lines(f"kitti/{split}.txt", [f"{split}/RGB/{i}.png {split}/labels/{i}.png" for i in IDS])


def bsds(m):
    """Pictures with lines that three or five annotators drew; returns {name: their masks}."""
    masks, (height, width) = {}, m.size
    for split in ("train", "val", "test"):
        for k, i in enumerate(IDS):
            name = f"{split}{i}"
            m.image(f"BSDS500/data/images/{split}/{name}.jpg")
            people = np.empty((1, 3 + 2 * k), object)
            drawn = np.zeros((people.size, *m.size), np.uint8)
            for person in range(people.size):
                drawn[person, height // 4 + person % 2, 5 : width - 7] = 1
                drawn[person, 3 : height - 5, width // 3 + 9 * (person == 0)] = 1
                one = np.empty((1, 1), [("Segmentation", object), ("Boundaries", object)])
                one[0, 0] = np.ones(m.size, np.uint16), drawn[person]
                people[0, person] = one
            path = m.path(f"BSDS500/data/groundTruth/{split}/{name}.mat")
            scipy.io.savemat(path, dict(groundTruth=people))
            masks[name] = drawn > 0
    return masks


def everything(folder, size=(32, 32)):
    """All data sets of the table under one data folder; returns the Maker."""
    m = Maker(folder, size)
    sbd(m)
    voc(m, "pascal/VOC2011", ("train", "val", "seg11valid"), 21)
    for make in (
        voc_aug, nyud, siftflow, context, camvid, ade20k, cityscapes, kitti, bsds, shapes, own,
    ):  # fmt: skip
        make(m)
    return m
