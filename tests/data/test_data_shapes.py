"""The generated data set: the same bytes from the same seed, in VOC's layout."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from data import palette
from data.errors import DataError
from data.files import read_list
from data.sets import shapes
from data.sets.shapes_draw import CLASSES
from data.settings import BUNDLED


def bytes_of(folder):
    return {
        p.relative_to(folder).as_posix(): hashlib.md5(p.read_bytes()).hexdigest()
        for p in folder.rglob("*") if p.is_file()
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    return shapes.generate(folder, train=20, val=8, singles=(36, 12), workers=1)


def test_same_arguments_same_bytes_on_any_number_of_processes(made, tmp_path):
    again = shapes.generate(tmp_path, train=20, val=8, singles=(36, 12), workers=2)
    assert bytes_of(again) == bytes_of(made)


def test_more_pictures_leave_the_first_ones_as_they_were(made, tmp_path):
    more = bytes_of(shapes.generate(tmp_path, train=22, val=8, singles=(36, 12), workers=1))
    before = bytes_of(made)
    changed = {name for name in before if more[name] != before[name]}
    assert changed == {"ImageSets/Segmentation/train.txt", "shapes.json"}


def test_another_seed_gives_other_pictures(made, tmp_path):
    other = shapes.generate(tmp_path, train=2, val=0, singles=(0, 0), seed=7, workers=1)
    name = "JPEGImages/train_00000.jpg"
    assert (other / name).read_bytes() != (made / name).read_bytes()


def test_a_finished_folder_is_left_alone_and_an_unfinished_one_is_not(made):
    picture = made / "JPEGImages/train_00003.jpg"
    whole = picture.read_bytes()
    date = picture.stat().st_mtime_ns
    shapes.generate(made, train=20, val=8, singles=(36, 12), workers=1)
    assert picture.stat().st_mtime_ns == date
    (made / "shapes.json").unlink()  # as a killed run leaves it
    picture.unlink()
    shapes.generate(made, train=20, val=8, singles=(36, 12), workers=1)
    assert picture.read_bytes() == whole


def test_pictures_and_labels_are_voc_s(made):
    names = read_list(made / "ImageSets/Segmentation/train.txt")
    assert len(names) == 20
    seen, sizes = set(), set()
    for name in names:
        with Image.open(made / f"SegmentationClass/{name}.png") as label:
            assert label.mode == "P"
            assert label.getpalette() == palette.voc_palette().ravel().tolist()
            values = np.array(label)
        with Image.open(made / f"JPEGImages/{name}.jpg") as picture:
            assert picture.size == values.shape[::-1] and picture.mode == "RGB"
        assert 128 <= min(values.shape) and max(values.shape) <= 192
        assert (values == 255).any() and (values == 0).any()
        seen |= set(np.unique(values).tolist())
        sizes.add(values.shape)
    assert seen == {*range(len(CLASSES)), 255} and len(sizes) > 10


def test_every_object_has_a_rim_of_void(made):
    with Image.open(made / "SegmentationClass/train_00001.png") as label:
        values = np.array(label).astype(int)
    for axis in (0, 1):
        a, b = (values.take(range(k, values.shape[axis] - 1 + k), axis) for k in (0, 1))
        touching = (a != b) & (a != 255) & (b != 255)
        assert not touching.any(), "two classes, or class and background, without void between"


def test_single_objects_have_their_class_in_the_list(made):
    lines = [line.split() for line in read_list(made / "Classification/train.txt")]
    assert len(lines) == 36
    assert [sum(int(k) == c for _, k in lines) for c in range(6)] == [6] * 6
    for path, _ in lines:
        with Image.open(made / "Classification" / path) as picture:
            assert picture.size == (96, 96)


def test_class_names_are_the_committed_ones(made):
    assert (
        read_list(made / "classes.txt")
        == read_list(BUNDLED / "shapes/classes.txt")
        == list(CLASSES)
    )


def test_sizes_out_of_range_are_refused(tmp_path):
    for sizes in (dict(size=(20, 40)), dict(size=(192, 128)), dict(single_size=8)):
        with pytest.raises(DataError, match="expected sides of 64 to 1024"):
            shapes.generate(tmp_path, **sizes)
