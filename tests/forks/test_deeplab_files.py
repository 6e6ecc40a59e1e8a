"""DeepLab's and caffe-dilation's files: .mat maps, images with labels."""

import struct

import h5py
import numpy as np
import pytest
from gradcheck import build
from netkit import net_of
from PIL import Image
from scipy.io import loadmat, savemat

from caffe._caffe.errors import LayerError
from caffe._caffe.sources import images

RANDOM = np.random.default_rng(31)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(path, height, width, channels=3):
    pixels = RANDOM.integers(0, 256, (height, width, channels)).astype(np.uint8)
    Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(path)
    return pixels


def test_mat_files_come_back(folder):
    (folder / "list.txt").write_text("a.png\nb.png\n")
    param = 'prefix: "out_" source: "list.txt" strip: 4'
    values = [RANDOM.standard_normal((1, 2, 3, 4)).astype(np.float32) for _ in range(2)]
    write = build(f'type: "MatWrite" mat_write_param {{ {param} }}', values[0], tops=0)
    write.forward()
    write.bottom[0].data[...] = values[1]
    write.forward()
    data = loadmat("out_a_blob_0.mat")["data"]
    assert data.dtype == np.float32
    np.testing.assert_array_equal(data.reshape(4, 3, 2), values[0][0].T)
    with pytest.raises(LayerError, match="2 names"):
        write.forward()
    read = build(f'type: "MatRead" mat_read_param {{ {param} batch_size: 3 }}')
    np.testing.assert_array_equal(read.forward()[0], np.concatenate([*values, values[0]]))


def test_mat_files_of_format_7_3_are_read(folder):
    """The same values as matio gives hszhao/PSPNet's own code of such a file."""
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 2
    with h5py.File("p0_blob_0.mat", "w", userblock_size=512) as file:
        file["data"] = values
        file["other"] = np.zeros(3)
    (folder / "list.txt").write_text("0\n")
    text = 'type: "MatRead" mat_read_param { prefix: "p" source: "list.txt" batch_size: 2 }'
    np.testing.assert_array_equal(build(text).forward()[0], [values, values])
    with h5py.File("p0_blob_0.mat", "w") as file:
        file["data/more"] = values
    with pytest.raises(LayerError, match="no readable array 'data'"):
        build(text)


def element(order, kind, data):
    return struct.pack(f"{order}II", kind, len(data)) + data + bytes(-len(data) % 8)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("stored", ["f4", "u1", "i2"])
def test_a_mat_files_singles_may_be_stored_as_integers_in_either_byte_order(folder, order, stored):
    """As MATLAB stores whole numbers; matio gives the fork's own code the same values."""
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    kinds = {"u1": 2, "i2": 3, "f4": 7}
    matrix = element(order, 6, struct.pack(f"{order}II", 7, 0))  # the class: single
    matrix += element(order, 5, struct.pack(f"{order}ii", 3, 2)) + element(order, 1, b"data")
    matrix += element(order, kinds[stored], values.astype(order + stored).tobytes("F"))
    mark = struct.pack(f"{order}HH", 0x0100, 0x4D49)
    file = b"MATLAB 5.0 MAT-file".ljust(124) + mark + element(order, 14, matrix)
    (folder / "p0_blob_0.mat").write_bytes(file)
    (folder / "list.txt").write_text("0\n")
    (y,) = build('type: "MatRead" mat_read_param { prefix: "p" source: "list.txt" }').forward()
    assert y.tolist() == [[[[0, 2, 4], [1, 3, 5]]]]


def test_mat_write_without_a_list_counts(folder):
    run = build('type: "MatWrite" mat_write_param { prefix: "x_" period: 2 }', (1, 1, 2, 2), tops=0)
    for _ in range(3):
        run.forward()
    assert sorted(p.name for p in folder.iterdir()) == [
        "x_iter_0_blob_0.mat",
        "x_iter_2_blob_0.mat",
    ]


def test_a_mat_file_of_another_kind_is_refused(folder):
    (folder / "list.txt").write_text("a\n")
    text = 'type: "MatRead" mat_read_param { source: "list.txt" }'
    with pytest.raises(LayerError, match="no file 'a_blob_0.mat'"):
        build(text)
    savemat("a_blob_0.mat", {"data": np.ones((2, 2))})
    with pytest.raises(LayerError, match="must be single"):
        build(text)
    (folder / "a_blob_0.mat").write_bytes(b"MATLAB 5.0" * 30)
    with pytest.raises(LayerError, match="no readable array"):
        build(text)


def seg_data(folder, transform, param="label_type: PIXEL", size=(9, 8)):
    pixels, label = picture(folder / "i.png", *size), picture(folder / "l.png", *size, 1)
    (folder / "list.txt").write_text("i.png l.png\n")
    run = build(
        'type: "ImageSegData" top: "data" top: "label" top: "dim" '
        f'image_data_param {{ source: "list.txt" batch_size: 2 {param} }} '
        f"transform_param {{ {transform} }}",
        tops=3,
    )
    return pixels[:, :, ::-1].transpose(2, 0, 1), label[:, :, 0], run


def test_image_and_labels_are_cropped_and_mirrored_alike(folder):
    pixels, label, run = seg_data(folder, "crop_size: 6 mirror: true")
    for _ in range(3):
        data, maps, _ = run.forward()
        for one, seg in zip(data, maps, strict=True):
            places = [
                (top, left, step)
                for top in range(4) for left in range(3) for step in (1, -1)
                if np.array_equal(pixels[:, top : top + 6, left : left + 6][:, :, ::step], one)
            ]  # fmt: skip
            assert places
            top, left, step = places[0]
            np.testing.assert_array_equal(label[top : top + 6, left : left + 6][:, ::step], seg[0])


def test_scale_factors_resize_both(folder):
    pixels, label, run = seg_data(folder, "scale_factors: 2")
    data, maps, size = run.forward()
    want = images.resize(pixels.transpose(1, 2, 0), 18, 16).transpose(2, 0, 1)
    np.testing.assert_array_equal(data[0], want)
    np.testing.assert_array_equal(maps[0, 0], label.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(size[0].ravel(), [9, 8])


@pytest.mark.parametrize(
    ("transform", "param", "message"),
    [
        ('mean_file: "m"', "label_type: PIXEL", "not mean_file"),
        ("crop_size: 4 crop_height: 4", "label_type: PIXEL", "crop_size alone"),
        ("crop_size: 20", "label_type: PIXEL", "mean_value, which is not given"),
        ("mean_value: 1 mean_value: 2", "label_type: PIXEL", "given 2 times"),
        ("", "label_type: IMAGE", "takes a number"),
        ("", "label_type: PIXEL new_height: 3", "both be set"),
    ],
)
def test_image_seg_data_refuses(folder, transform, param, message):
    with pytest.raises(LayerError, match=message):
        seg_data(folder, transform, param)


def test_an_unequal_label_map_is_refused(folder):
    seg_data(folder, "")
    picture(folder / "l.png", 4, 4, 1)
    with pytest.raises(LayerError, match="is 4 x 4, expected"):
        net_of(
            'layer { name: "d" type: "ImageSegData" top: "a" top: "b" top: "c" image_data_param '
            '{ source: "list.txt" label_type: PIXEL } }'
        ).forward()
