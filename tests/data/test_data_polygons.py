"""A user's own polygons: labelme's and COCO's."""

import json

import numpy as np
import pytest
from customkit import stored

from data import new, polygons
from data.errors import DataError


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


def test_files_that_are_not_coco_s_are_refused(folders, tmp_path, said):
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
    assert polygons.draw((), 1, 1, ["crack", "background"]) == 1
    assert polygons.draw((), 1, 1, ["crack", "hole"]) == 255
