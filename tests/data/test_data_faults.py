"""Planted faults: each is found, and its file named."""

import dataclasses
import struct
import warnings
import zlib

import numpy as np
import pytest
import scipy.io
from PIL import Image

from data import check, images, labels, palette
from data.errors import DataError
from data.sets import ALL


@pytest.fixture
def voc(make, tmp_path):
    """VOC 2011 with two training and two validation pictures, without faults."""
    make.voc(tmp_path / "pascal/VOC2011", {"train": ["a", "b"], "val": ["c", "d"],
                                           "trainval": ["a", "b", "c", "d"]})  # fmt: skip
    return dataclasses.replace(ALL["voc2011"], counts=dict(train=2, val=2, trainval=4))


def label_file(tmp_path, name="a"):
    return tmp_path / f"pascal/VOC2011/SegmentationClass/{name}.png"


def one_problem(voc, tmp_path, said, *parts):
    found = check.check(voc, tmp_path, said)
    assert len(found) == 1, found
    for part in parts:
        assert str(part) in found[0]
    assert said.lines[-1].startswith("check voc2011: 1 problem in 4 pairs")


def test_nothing_is_found_where_nothing_is_wrong(voc, tmp_path, said):
    assert check.check(voc, tmp_path, said) == []


def test_rgb_mask(voc, tmp_path, said):
    path = label_file(tmp_path)
    Image.open(path).convert("RGB").save(path)
    one_problem(voc, tmp_path, said, path, "mode RGB", "one channel of class numbers")


def test_label_beyond_the_classes(voc, make, tmp_path, said):
    label = make.labels(21)
    label[3, :7] = 21
    make.png(label_file(tmp_path), label)
    one_problem(
        voc, tmp_path, said, label_file(tmp_path), "label 21 (7 pixels): expected 0 to 20, or 255"
    )


def test_swapped_palette(voc, make, tmp_path, said):
    image = Image.fromarray(make.labels(21))
    colours = palette.voc_palette()
    colours[[1, 2]] = colours[[2, 1]]
    image.putpalette(colours.tobytes())
    image.save(label_file(tmp_path))
    one_problem(
        voc, tmp_path, said, label_file(tmp_path),
        "palette entry 1 is (0, 128, 0), VOC's is (128, 0, 0)",
    )  # fmt: skip


def test_gray_label_where_voc_has_palettes(voc, make, tmp_path, said):
    make.png(label_file(tmp_path), make.labels(21), colours=False)
    one_problem(voc, tmp_path, said, label_file(tmp_path), "mode L: expected a palette PNG")


def test_truncated_jpeg(voc, tmp_path, said):
    path = tmp_path / "pascal/VOC2011/JPEGImages/c.jpg"
    path.write_bytes(path.read_bytes()[:-600])
    one_problem(voc, tmp_path, said, path, "truncated")


def test_truncated_label(voc, tmp_path, said):
    path = label_file(tmp_path, "d")
    path.write_bytes(path.read_bytes()[:-20])  # Pillow alone would show it
    one_problem(voc, tmp_path, said, path, "cannot be read as a picture")


def test_a_png_is_found_short_or_flipped_at_any_byte(voc, tmp_path):
    whole = label_file(tmp_path).read_bytes()
    path, reader = tmp_path / "x.png", labels.Png(palette=True)
    for place in range(8, len(whole), 7):
        for broken in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 8]) + whole[place + 1 :],
        ):
            path.write_bytes(broken)
            with pytest.raises(DataError, match="x.png: "):
                reader.read(path)


def test_missing_files(voc, tmp_path, said):
    label_file(tmp_path, "d").unlink()
    (tmp_path / "pascal/VOC2011/JPEGImages/c.jpg").unlink()
    found = check.check(voc, tmp_path, said)
    assert len(found) == 2
    assert all("no such file" in line for line in found), found


def test_mismatched_size(voc, make, tmp_path, said):
    make.png(label_file(tmp_path), make.labels(21, (32, 48)))
    one_problem(
        voc, tmp_path, said, label_file(tmp_path), "48x32 pixels, but its picture", "has 40x32"
    )


def test_overlapping_splits(voc, make, tmp_path, said):
    make.lines(tmp_path / "pascal/VOC2011/ImageSets/Segmentation/val.txt", ["a", "c", "d"])
    found = check.check(voc, tmp_path, said)
    assert found == ["a: in split train and in val", "split val: 3 entries, expected 2"]


def test_incomplete_and_repeated_splits(voc, make, tmp_path, said):
    lists = tmp_path / "pascal/VOC2011/ImageSets/Segmentation"
    make.lines(lists / "trainval.txt", ["a", "b", "c", "c"])
    make.lines(lists / "seg11valid.txt", ["c", "a"])
    found = check.check(voc, tmp_path, said)
    assert found == [
        "split trainval: c is listed twice",
        "d: trainval is not the union of train and val",
        "a: in seg11valid, not in val",
    ]


def test_all_faults_are_reported_together_with_their_number(voc, tmp_path, said):
    for name in "abcd":
        label_file(tmp_path, name).write_bytes(b"")
    assert len(check.check(voc, tmp_path, said)) == 4
    assert said.lines[-1] == "check voc2011: 4 problems in 4 pairs (train 2, val 2, trainval 4)"


def test_a_sample_elsewhere_is_not_held_to_full_counts(make, tmp_path, said):
    make.voc(tmp_path / "voc-sample/VOC2011", {"train": ["a"], "val": ["b"]})
    assert check.check(ALL["voc2011"], tmp_path, said) == []
    assert "a sample in" in said.lines[-1]


def test_a_sample_of_the_usual_folder_is(make, tmp_path, said):
    make.voc(tmp_path / "pascal/VOC2011", {"train": ["a"], "val": ["b"]})
    assert len(check.check(ALL["voc2011"], tmp_path, said)) == 2


# Files made to harm the reader.


def big_png(path, width, height):
    """A PNG that claims width x height in a few hundred bytes."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_picture_bombs_are_refused_by_their_claim(tmp_path, side):
    """Below Pillow's warning, between that and its error, and beyond."""
    big_png(tmp_path / "a.png", side, side)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match="a.png: .*more (than|pixels)"):
            images.read_image(tmp_path / "a.png")


def test_formats_that_need_another_program_are_not_opened(tmp_path):
    (tmp_path / "a.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
    )
    with pytest.raises(DataError, match="cannot be read as a picture"):
        images.read_image(tmp_path / "a.png")


def test_arrays_that_hold_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="a.npy: array of shape .* and type object"):
        images.read_image(tmp_path / "a.npy")


def test_mat_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MAX_MAT", 1_000_000)
    scipy.io.savemat(tmp_path / "a.mat", {"S": np.zeros((2000, 2000))}, do_compression=True)
    assert (tmp_path / "a.mat").stat().st_size < 100_000
    with pytest.raises(DataError, match="a.mat: unpacks to more than the limit of 1,000,000 bytes"):
        images.read_mat(tmp_path / "a.mat", "S")


def test_mat_that_claims_more_than_it_has(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"S": np.zeros((20, 20))})
    body = bytearray((tmp_path / "a.mat").read_bytes())
    body[132:136] = struct.pack("<I", 2**31)
    (tmp_path / "a.mat").write_bytes(bytes(body))
    with pytest.raises(DataError, match="a.mat: unpacks to more than"):
        images.read_mat(tmp_path / "a.mat", "S")


def test_a_mat_file_that_is_broken_or_of_another_kind(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"S": np.arange(400).reshape(20, 20)}, do_compression=True)
    whole = (tmp_path / "a.mat").read_bytes()
    reader = labels.Mat("S")
    for content, match in (
        (whole[:-30], "cut off"),
        (b"no mat" * 40, "is not a MATLAB 5 file"),
        (whole[:136] + bytes(80) + whole[216:], "cannot be read as a MATLAB file"),
    ):
        (tmp_path / "b.mat").write_bytes(content)
        with pytest.raises(DataError, match=f"b.mat: .*{match}"):
            reader.read(tmp_path / "b.mat")


def test_mat_with_other_content_than_expected(tmp_path):
    path = tmp_path / "a.mat"
    cases = [
        ({"T": np.zeros((2, 2))}, labels.Mat("S"), "has no variable 'S'"),
        ({"S": np.zeros((2, 2, 2))}, labels.Mat("S"), "expected an H x W map"),
        ({"S": np.array([[0.5]])}, labels.Mat("S"), "no whole numbers"),
        ({"S": np.array([[300]])}, labels.Mat("S"), "label 300, expected 0 to 255"),
        ({"S": np.array([[41]])}, labels.Mat("S", shift=1, most=40), "label 41, expected 0 to 40"),
        ({"GTcls": {"Other": 1}}, labels.Mat("GTcls", "Segmentation"), "has no field"),
        ({"GTcls": np.zeros((2, 2))}, labels.Mat("GTcls", "Segmentation"), "has no field"),
    ]
    for content, reader, match in cases:
        scipy.io.savemat(path, content)
        with pytest.raises(DataError, match=match):
            reader.read(path)


def test_lists_and_json_that_cannot_be_read(tmp_path, voc):
    from data import files

    with pytest.raises(DataError, match="none.txt: cannot be read as a list"):
        files.read_list(tmp_path / "none.txt")
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match="a.json: cannot be read as JSON"):
        files.read_json(tmp_path / "a.json")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="a.txt: cannot be read as a list"):
        files.read_list(tmp_path / "a.txt")


def test_gray_and_alpha_pictures_are_read_as_they_are(tmp_path):
    for mode, channels in (
        ("L", 1),
        ("1", 1),
        ("P", 3),
        ("RGB", 3),
        ("CMYK", 3),
        ("RGBA", 4),
        ("LA", 2),
    ):
        suffix = "tif" if mode == "CMYK" else "png"
        Image.new(mode, (5, 4)).save(tmp_path / f"a.{suffix}")
        assert images.read_image(tmp_path / f"a.{suffix}").shape == (4, 5, channels), mode
    # Of 16 bits the upper 8; what has no such range is refused.
    Image.fromarray(np.array([[0, 255, 256, 65535]], np.uint16)).save(tmp_path / "deep.png")
    assert images.read_image(tmp_path / "deep.png").ravel().tolist() == [0, 0, 1, 255]
    deep = images.read_converted(tmp_path / "deep.png", 3)
    assert deep[0].tolist() == [[v] * 3 for v in (0, 0, 1, 255)]
    for number, values in enumerate((np.full((4, 5), 0.5, np.float32), np.full((4, 5), -1))):
        Image.fromarray(values.astype(("f4", "i4")[number])).save(tmp_path / "range.tif")
        with pytest.raises(DataError, match="range.tif: mode [FI]: expected 8 or 16 bits"):
            images.read_image(tmp_path / "range.tif")
    np.save(tmp_path / "a.npy", np.zeros((4, 5, 7), np.float32))
    assert images.read_image(tmp_path / "a.npy").shape == (4, 5, 7)
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(whole[:-1])
    with pytest.raises(DataError, match="a.npy: cannot be read as an array"):
        images.read_image(tmp_path / "a.npy")
