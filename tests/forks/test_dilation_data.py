"""Dilation's data layers: what is read, cut, filled and resized."""

import numpy as np
import pytest
from gradcheck import build
from test_deeplab_files import picture

import caffe
from caffe._caffe.errors import LayerError
from caffe._caffe.sources.resample import resample
from caffe.proto import caffe_pb2

RANDOM = np.random.default_rng(5)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_bin_label_data_slices_both(folder):
    values = RANDOM.standard_normal((2, 6, 5)).astype(np.float32)
    (folder / "f.bin").write_bytes(np.int32([5, 3, *values.shape]).tobytes() + values.tobytes())
    label = picture(folder / "l.png", 4, 5, 1)[:, :, 0]
    (folder / "bins.txt").write_text("f.bin\n")
    (folder / "labels.txt").write_text("l.png\n")
    text = (
        'type: "BinLabelData" bin_label_data_param { bin_list_path: "bins.txt" '
        'label_list_path: "labels.txt" mirror: false '
        "label_slice { dim: 3 dim: 2 stride: 2 offset: 1 } "
        "bin_slice { dim: 2 stride: 2 offset: 1 } }"
    )
    data, maps = build(text, tops=2).forward()
    np.testing.assert_array_equal(data[0], values[:, 1:4:2, 1:4:2])
    want = np.full((3, 2), 255)
    want[:2] = label[1::2, 1::2]
    np.testing.assert_array_equal(maps[0, 0], want)
    (folder / "f.bin").write_bytes(np.int32([5, 3, 2, 6, 9]).tobytes())
    with pytest.raises(LayerError, match="bytes, expected"):
        build(text, tops=2)
    (folder / "labels.txt").write_text("l.png l.png\n")
    with pytest.raises(LayerError, match="must list as many"):
        build(text, tops=2)


def test_image_label_data_needs_its_slice(folder):
    text = 'type: "ImageLabelData" image_label_data_param { %s } transform_param { crop_size: 4 }'
    with pytest.raises(LayerError, match="label_slice takes dim twice"):
        build(text % 'image_list_path: "a" label_list_path: "b"', tops=2)


def image_label_data(settings, transform, phase=caffe.TEST):
    text = (
        'type: "ImageLabelData" image_label_data_param { image_list_path: "images.txt" '
        f'label_list_path: "labels.txt" {settings} }} transform_param {{ {transform} }}'
    )
    return [top[0] for top in build(text, tops=2, phase=phase).forward()]


def pair(folder, height, width):
    (folder / "images.txt").write_text("i.png\n")
    (folder / "labels.txt").write_text("l.png\n")
    return picture(folder / "i.png", height, width), picture(folder / "l.png", height, width, 1)


def test_a_single_row_is_repeated_where_images_are_reflected(folder):
    image, label = pair(folder, 1, 4)
    cut = "label_slice { dim: 4 dim: 4 stride: 1 stride: 1 offset: 0 offset: 0 }"
    data, labels = image_label_data(cut, "crop_size: 4")
    np.testing.assert_array_equal(data, np.repeat(image[:, :, ::-1].transpose(2, 0, 1), 4, axis=1))
    np.testing.assert_array_equal(labels[0, 1], label[0, :, 0])
    assert (labels[0, [0, 2, 3]] == 255).all()


def test_a_scale_is_the_distance_of_pixels(folder):
    """0.5 of 7 pixels are 4, every second one of them, and of areas of 2 x 2 cut at the edge."""
    image, label = pair(folder, 7, 7)
    cut = "label_slice { dim: 4 dim: 4 stride: 1 stride: 1 offset: 0 offset: 0 }"
    scale = "rand_scale: true min_scale: 0.5 max_scale: 0.5"
    data, labels = image_label_data(f"{scale} {cut}", "crop_size: 4")
    np.testing.assert_array_equal(labels[0], label[::2, ::2, 0])
    for row, column in np.ndindex(4, 4):
        block = image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2, ::-1].astype(float)
        np.testing.assert_array_equal(data[:, row, column], np.rint(block.mean((0, 1))))


def test_cubic_at_a_factor_is_keys_kernel_at_its_places():
    row = RANDOM.integers(0, 256, (1, 7, 1)).astype(np.uint8)
    got = resample(row, 1, 10, caffe_pb2.ResizeParameter.CUBIC, 1.5)[0, :, 0]
    for x, value in enumerate(got):
        place = (x + 0.5) / 1.5 - 0.5
        total = 0.0
        for k in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            d = abs(place - k)
            near = 1.25 * d**3 - 2.25 * d**2 + 1
            far = -0.75 * d**3 + 3.75 * d**2 - 6 * d + 3
            total += (near if d <= 1 else far) * row[0, min(max(k, 0), 6), 0]
        # The weights have 11 bits.
        assert abs(value - min(max(total, 0), 255)) <= 0.5 + 4 * 255 / 4096
