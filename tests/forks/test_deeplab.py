"""DeepLab's and caffe-dilation's layers, beside their golden figures (test_golden_forks.py)."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import net_of
from PIL import Image
from scipy.io import loadmat, savemat

from caffe._caffe.errors import LayerError
from caffe._caffe.sources import images
from caffe.proto import caffe_pb2

RANDOM = np.random.default_rng(31)
TEST = caffe_pb2.TEST


def labels(*shape, classes=4):
    return RANDOM.integers(0, classes, shape).astype(np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(path, height, width, channels=3):
    pixels = RANDOM.integers(0, 256, (height, width, channels)).astype(np.uint8)
    Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(path)
    return pixels


# -- SegAccuracy


def test_seg_accuracy_is_what_a_slow_count_gives():
    x, label = RANDOM.standard_normal((2, 4, 5, 6)).astype(np.float32), labels(2, 1, 5, 6)
    label[0, 0, 0] = 9
    run = build('type: "SegAccuracy" seg_accuracy_param { ignore_label: 9 }', x, label)
    (top,) = run.forward()
    keep = label[:, 0] != 9
    got, want = x.argmax(1)[keep], label[:, 0][keep]
    recall = [np.mean(got[want == c] == c) for c in range(4)]
    union = [np.sum((got == c) | (want == c)) for c in range(4)]
    jaccard = [np.sum((got == c) & (want == c)) / u for c, u in enumerate(union)]
    want = [np.mean(got == want), np.mean(recall), np.mean(jaccard)]
    np.testing.assert_allclose(top.ravel(), want, rtol=1e-6)


def test_seg_accuracy_without_reset_counts_on_and_resumes():
    x, label = (
        RANDOM.standard_normal((1, 3, 4, 4)).astype(np.float32),
        labels(1, 1, 4, 4, classes=3),
    )
    text = 'type: "SegAccuracy" seg_accuracy_param { reset: false }'
    run = build(text, x, label)
    run.forward()
    state = run.layer.get_state()
    run.bottom[0].data[...] = RANDOM.standard_normal(x.shape)
    (after,) = run.forward()
    other = build(text, run.bottom[0].data, label)
    other.layer.set_state(state)
    np.testing.assert_array_equal(other.forward()[0], after)
    assert not np.array_equal(build(text, run.bottom[0].data, label).forward()[0], after)


def test_seg_accuracy_of_nothing():
    x, label = np.zeros((1, 3, 2, 2)), np.full((1, 1, 2, 2), 255)
    run = build('type: "SegAccuracy" seg_accuracy_param { ignore_label: 255 }', x, label)
    np.testing.assert_array_equal(run.forward()[0].ravel(), [0, 0, 1])


# -- image-level labels


def test_unique_labels_are_sorted_and_filled():
    label = np.float32([[[[3, 1], [255, 3]]]])
    run = build(
        'type: "UniqueLabel" unique_label_param { max_labels: 4 ignore_label: 255 force_label: 0 }',
        label,
    )
    np.testing.assert_array_equal(run.forward()[0].ravel(), [0, 1, 3, -1])


def test_bias_channel_adds_and_passes_the_gradient():
    run = build('type: "BiasChannel"', (2, 3, 4, 4), np.float32([[0, 2], [1, -1]])[..., None, None])
    (top,) = run.forward()
    added = top - run.bottom[0].data
    np.testing.assert_allclose(added[:, :, 0, 0], [[1, 0, 2], [0, 2, 0]], atol=1e-6)
    check_gradients(run)


def test_adaptive_bias_gives_each_label_its_share():
    x = RANDOM.standard_normal((1, 3, 10, 10)).astype(np.float32)
    x[0, 2] -= 3
    text = (
        'type: "AdaptiveBiasChannel" '
        "adaptive_bias_channel_param { bg_portion: 0.4 fg_portion: 0.2 num_iter: 5 }"
    )
    run = build(text, x, np.float32([[0, 2]])[..., None, None])
    (top,) = run.forward()
    best = top[0].argmax(0)
    assert np.mean(best == 2) >= 0.19 and np.mean(best == 1) == 0
    assert abs(top[0, [0, 2]].max(0).mean() - x[0, [0, 2]].max(0).mean()) < 1e-5
    assert not run.backward(np.ones_like(top))[0].any()


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        ('"SegAccuracy"', [(1, 3, 2, 2), (1, 1, 2, 3)], "takes scores"),
        ('"UniqueLabel" unique_label_param { max_labels: 1 force_label: 1 }', [(1, 1, 2, 2)],
         "2 or"),
        ('"UniqueLabel" unique_label_param { max_labels: 2 }', [(1, 2, 2, 2)], "takes labels"),
        ('"BiasChannel" bias_channel_param { fg_bias: -1 }', [(1, 3, 2, 2), (1, 1, 1, 1)],
         "fg_bias"),
        ('"BiasChannel"', [(1, 3, 2, 2), (1, 2, 2, 1)], "lists of labels"),
        ('"BiasChannel" bias_channel_param { label_type: PIXEL background_label: 7 }',
         [(1, 3, 2, 2), (1, 1, 2, 2)], "background_label 7"),
        ('"AdaptiveBiasChannel" adaptive_bias_channel_param { bg_portion: 1.5 }',
         [(1, 3, 2, 2), (1, 1, 1, 1)], "bg_portion"),
        ('"AdaptiveBiasChannel" adaptive_bias_channel_param { num_iter: 0 }',
         [(1, 3, 2, 2), (1, 1, 1, 1)], "num_iter"),
        ('"Padding" padding_param { pad_beg: 1 pad_end: -1 }', [(1, 1, 4, 4)], "one sign"),
        ('"Padding" padding_param { pad_beg: -2 pad_end: -2 }', [(1, 1, 4, 4)], "leave nothing"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(text, shapes, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", *shapes)


@pytest.mark.parametrize("kind", ["SegAccuracy", "BiasChannel", "AdaptiveBiasChannel"])
def test_labels_beyond_the_classes_are_refused(kind):
    label = np.full((1, 1, 2, 2) if kind == "SegAccuracy" else (1, 1, 1, 1), 7.0)
    run = build(f'type: "{kind}"', (1, 3, 2, 2), label)
    with pytest.raises(LayerError, match="label 7"):
        run.forward()


def test_too_many_labels_are_refused():
    run = build(
        'type: "UniqueLabel" unique_label_param { max_labels: 2 }',
        np.arange(4.0).reshape(1, 1, 2, 2),
    )
    with pytest.raises(LayerError, match="4 distinct labels"):
        run.forward()


# -- DeepLab v1


def test_padding_and_its_gradient():
    run = build('type: "Padding" padding_param { pad_beg: 1 pad_end: 2 }', (1, 2, 3, 3))
    (top,) = run.forward()
    np.testing.assert_array_equal(top, np.pad(run.bottom[0].data, [(0, 0)] * 2 + [(1, 2)] * 2))
    check_gradients(run)
    check_gradients(build('type: "Padding" padding_param { pad_beg: -1 }', (1, 2, 4, 3)))


def test_weighted_loss_and_its_gradient(folder):
    (folder / "weights.txt").write_text("0.5 2\n1.25")
    label = labels(2, 1, 3, 3, classes=3)
    label[0, 0, 0] = 255
    text = (
        'type: "SoftmaxWithLoss" '
        'softmaxloss_param { weight_source: "weights.txt" ignore_label: 255 }'
    )
    run = build(text, (2, 3, 3, 3), label)
    x = run.bottom[0].data.astype(np.float64)
    log = x - np.log(np.exp(x).sum(1, keepdims=True))
    weights, keep = np.array([0.5, 2, 1.25]), label[:, 0] != 255
    index = np.where(keep, label[:, 0], 0).astype(int)
    w = weights[index] * keep
    want = -np.sum(np.take_along_axis(log, index[:, None], 1)[:, 0] * w) / w.sum()
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5)
    check_gradients(run, top_diff=[np.float32(1)])


def test_weights_must_be_as_many_as_classes(folder):
    (folder / "w.txt").write_text("1 2")
    text = 'type: "SoftmaxWithLoss" softmaxloss_param { weight_source: "%s" }'
    for name, message in (("w.txt", "2 weights for 3"), ("absent.txt", "cannot be read")):
        with pytest.raises(LayerError, match=message):
            build(text % name, (2, 3, 3, 3), (2, 1, 3, 3))


# -- files


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
    with pytest.raises(LayerError, match="is 4 x 4, its image"):
        net_of(
            'layer { name: "d" type: "ImageSegData" top: "a" top: "b" top: "c" image_data_param '
            '{ source: "list.txt" label_type: PIXEL } }'
        ).forward()


# -- caffe-dilation


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


def test_resizing_a_flat_image_changes_nothing():
    flat = np.full((5, 7, 3), 77, np.uint8)
    assert (images.resize_cubic(flat, 12, 9) == 77).all()
    assert (images.resize_area(flat, 3, 4) == 77).all()
    blocks = RANDOM.integers(0, 256, (4, 6, 1)).astype(np.uint8)
    want = np.rint(blocks.reshape(2, 2, 3, 2, 1).mean((1, 3)))
    np.testing.assert_array_equal(images.resize_area(blocks, 2, 3), want)
