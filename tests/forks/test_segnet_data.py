"""SegNet's DenseImageData."""

import numpy as np
import pytest
from netkit import net_of
from PIL import Image

import caffe
from caffe._caffe.errors import CaffeError, LayerError


def dense(folder, settings, count=3, transform="", phase=caffe.TRAIN, size=(6, 8), label=None):
    """A net over `count` images with maps of their size; pixels number them."""
    random = np.random.default_rng(5)
    lines, kept = [], []
    for i in range(count):
        image = random.integers(0, 256, (*size, 3)).astype(np.uint8)
        grey = random.integers(0, 12, label or size).astype(np.uint8)
        Image.fromarray(image).save(folder / f"i{i}.png")
        Image.fromarray(grey).save(folder / f"l{i}.png")
        kept.append((image[:, :, ::-1].transpose(2, 0, 1).astype(np.float32), grey[None]))
        lines.append(f"i{i}.png l{i}.png")
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    text = f"""layer {{ name: "d" type: "DenseImageData" top: "data" top: "label"
        dense_image_data_param {{ source: "{folder}/list.txt" root_folder: "{folder}/" {settings} }}
        transform_param {{ {transform} }} }}"""
    return net_of(text, phase), kept


def test_dense_image_data_wraps_at_the_end_of_its_list(tmp_path):
    net, kept = dense(tmp_path, "batch_size: 2", transform="scale: 0.5 mean_value: 10")
    for first in (0, 2, 4):
        tops = net.forward()
        for i in range(2):
            image, grey = kept[(first + i) % 3]
            np.testing.assert_array_equal(tops["data"][i], (image - 10) * 0.5)
            np.testing.assert_array_equal(tops["label"][i], grey)


@pytest.mark.parametrize(
    "settings, transform",
    [
        ("mirror: true crop_height: 3 crop_width: 5", ""),
        ("", "mirror: true crop_size: 4"),
    ],
)
def test_dense_image_data_cuts_and_mirrors_both_alike(tmp_path, settings, transform):
    net, kept = dense(tmp_path, f"batch_size: 1 {settings}", count=1, transform=transform)
    image, grey = kept[0]
    seen = set()
    for _ in range(30):
        tops = net.forward()
        height, width = tops["data"].shape[2:]
        assert tops["label"].shape[2:] == (height, width)
        places = [
            (row, column, flip)
            for row in range(6 - height + 1)
            for column in range(8 - width + 1)
            for flip in (False, True)
            if np.array_equal(_cut(image, row, column, height, width, flip), tops["data"][0])
        ]
        assert len(places) == 1
        np.testing.assert_array_equal(_cut(grey, *places[0][:2], height, width, places[0][2]),
                                      tops["label"][0])  # fmt: skip
        seen.add(places[0])
    assert len({p[:2] for p in seen}) > 3 and {p[2] for p in seen} == {False, True}


def _cut(pixels, row, column, height, width, flip):
    part = pixels[:, row : row + height, column : column + width]
    return part[:, :, ::-1] if flip else part


def test_dense_image_data_shuffles_every_round(tmp_path):
    caffe.set_random_seed(3)
    net, kept = dense(tmp_path, "batch_size: 1 shuffle: true", count=8)
    rounds = [[_which(net.forward()["data"][0], kept) for _ in range(8)] for _ in range(3)]
    assert all(sorted(r) == list(range(8)) for r in rounds) and rounds[0] != rounds[1]


def _which(data, kept):
    return next(i for i, (image, _) in enumerate(kept) if np.array_equal(image, data))


def test_dense_image_data_divides_labels(tmp_path):
    net, kept = dense(tmp_path, "batch_size: 2 label_divide_factor: 2", count=2, label=(3, 4))
    tops = net.forward()
    np.testing.assert_array_equal(tops["label"][1], kept[1][1])
    for settings in ("batch_size: 1", "batch_size: 2 crop_height: 6 crop_width: 8"):
        net, kept = dense(tmp_path, f"{settings} label_divide_factor: 2", count=2)
        np.testing.assert_array_equal(net.forward()["label"][0], kept[0][1])
    settings = "batch_size: 1 new_height: 12 new_width: 8 label_divide_factor: 4"
    tops = dense(tmp_path, settings, count=1)[0].forward()
    assert tops["data"].shape == (1, 3, 12, 8) and tops["label"].shape == (1, 1, 3, 2)


@pytest.mark.parametrize(
    "settings, options, message",
    [
        ("batch_size: 1 new_height: 3", {}, "must both be set"),
        ("batch_size: 1 crop_width: 3", {}, "must both be set"),
        ("", {}, "batch_size is 0"),
        ("batch_size: 1", {"label": (6, 7)}, "is 6 x 7, expected 6 x 8"),
        ("batch_size: 1 crop_height: 7 crop_width: 2", {}, "smaller than the crop"),
        ("batch_size: 1 label_divide_factor: 2", {"label": (3, 4)}, "is 3 x 4, expected 6 x 8"),
        ("batch_size: 1 label_divide_factor: 2 crop_height: 2 crop_width: 2 new_height: 6 "
         "new_width: 8", {}, "with a crop"),
        ("batch_size: 1 rotate: true", {}, "rotate"),
        ("batch_size: 1", {"count": 0}, "empty"),
    ],
)  # fmt: skip
def test_dense_image_data_refuses(tmp_path, settings, options, message):
    with pytest.raises(LayerError, match=message):
        dense(tmp_path, settings, **options)[0].forward()


def test_dense_image_data_refuses_lines_without_two_names(tmp_path):
    net_text = f"""layer {{ name: "d" type: "DenseImageData" top: "data" top: "label"
        dense_image_data_param {{ source: "{tmp_path}/list.txt" batch_size: 1 }} }}"""
    (tmp_path / "list.txt").write_text("only.png\n")
    with pytest.raises(CaffeError, match="an image and a label map"):
        net_of(net_text)
