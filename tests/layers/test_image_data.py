"""ImageData: what it reads, in which order, and what happens to bad input."""

import numpy as np
import pytest
from PIL import Image
from sourcekit import (
    RANDOM,
    batches,
    bgr,
    image,
    image_layer,
    list_file,
    make_net,
    png,
    same,
)

import caffe
from caffe._caffe.errors import LayerError
from caffe._caffe.sources import images


def test_images_and_labels_in_order(tmp_path):
    pixels = list_file(tmp_path, 3)
    got = batches(make_net(tmp_path, image_layer(tmp_path, "batch_size: 2")), 3)
    assert [list(label) for _, label in got] == [[-20, -10], [0, -20], [-10, 0]]
    assert np.array_equal(got[1][0], [bgr(pixels[2]), bgr(pixels[0])])


def test_images_are_resized_as_opencv_does(tmp_path):
    pixels = list_file(tmp_path, 2)
    layer = image_layer(tmp_path, "batch_size: 2 new_height: 9 new_width: 4")
    want = [images.resize(p, 9, 4) for p in pixels]
    assert np.array_equal(batches(make_net(tmp_path, layer), 1)[0][0], [bgr(w) for w in want])


def test_gray_images(tmp_path):
    pixels = list_file(tmp_path, 1)
    ((data, _),) = batches(make_net(tmp_path, image_layer(tmp_path, "is_color: false")), 1)
    want = images.decode(png(pixels[0]), images.GRAY, "x")
    assert np.array_equal(data[0, 0], want[:, :, 0])


def test_images_are_transformed(tmp_path):
    pixels = list_file(tmp_path, 1)
    extra = "transform_param { crop_size: 4 scale: 0.5 mean_value: 100 }"
    ((data, _),) = batches(make_net(tmp_path, image_layer(tmp_path, "", extra), caffe.TEST), 1)
    assert np.array_equal(data[0], (bgr(pixels[0])[:, 1:5, 1:5] - 100) * np.float32(0.5))


def test_shuffling_takes_every_image_once_per_epoch(tmp_path):
    list_file(tmp_path, 6)
    labels = [
        int(b[1][0])
        for b in batches(make_net(tmp_path, image_layer(tmp_path, "shuffle: true")), 24)
    ]
    epochs = [labels[i : i + 6] for i in range(0, 24, 6)]
    assert all(sorted(epoch) == [-20, -10, 0, 10, 20, 30] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_the_seed_decides_order_crops_and_mirrors(tmp_path):
    list_file(tmp_path, 6)
    layer = image_layer(tmp_path, "shuffle: true batch_size: 4 rand_skip: 3", RANDOM)

    def run(seed):
        caffe.set_random_seed(seed)
        return batches(make_net(tmp_path, layer), 5)

    assert same(run(1), run(1))
    assert not same(run(1), run(2))


def test_rand_skip_starts_anywhere_before_it(tmp_path):
    list_file(tmp_path, 6)
    layer = image_layer(tmp_path, "rand_skip: 3")
    starts = {int(batches(make_net(tmp_path, layer), 1)[0][1][0]) for _ in range(40)}
    assert starts == {-20, -10, 0}


def test_rand_skip_beyond_the_list(tmp_path):
    list_file(tmp_path, 1)
    with pytest.raises(LayerError, match="rand_skip drew .* the list has 1 entries"):
        for _ in range(60):
            make_net(tmp_path, image_layer(tmp_path, "rand_skip: 5"))


def test_path_and_label_are_parted_at_the_last_space(tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "c d.png").write_bytes(png(image(0)))
    (tmp_path / "list.txt").write_bytes(b"a b/c d.png 7\r\n\r\n\n")
    ((data, label),) = batches(make_net(tmp_path, image_layer(tmp_path)), 1)
    assert label == [7] and np.array_equal(data[0], bgr(image(0)))


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "0 x.png 0\nimage.png\n",
            "list.txt' line 2: expected an image path, a space and an integer",
        ),
        ("0 x.png 0\n\n1 x.png 1.5\n", "list.txt' line 3: .* got '1 x.png 1.5'"),
        ("0 x.png\t3\n", "list.txt' line 1"),
        (" 3\n", "list.txt' line 1"),
        (f"0 x.png {2**31}\n", "list.txt' line 1: label 2147483648 is beyond 32-bit"),
        ("\n\n", "list.txt' is empty"),
        ("gone.png 3\n", "image '.*gone.png' cannot be read: No such file"),
        ("bad.png 3\n", "bad.png: cannot be decoded as an image"),
    ],
)
def test_bad_lists(tmp_path, text, message):
    list_file(tmp_path, 2)
    (tmp_path / "bad.png").write_bytes(png(image(0))[:60])
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(LayerError, match=r"layer 'source' \(ImageData\): .*" + message):
        make_net(tmp_path, image_layer(tmp_path))


@pytest.mark.parametrize(
    "param, message",
    [
        ("batch_size: 0", "batch_size is 0"),
        ("new_height: 100000 new_width: 100000", "has more than 2147483647 elements"),
        ("new_height: 3", "new_height 3 and new_width 0 must both be set"),
        ("gone", r"list file 'gone.txt' \(relative to .*No such file"),
    ],
)
def test_bad_settings_of_image_data(tmp_path, param, message):
    list_file(tmp_path, 2)
    layer = image_layer(tmp_path, param)
    if param == "gone":
        layer = image_layer(tmp_path).replace(f"{tmp_path}/list.txt", "gone.txt")
    with pytest.raises(LayerError, match=message):
        make_net(tmp_path, layer)


def test_image_of_another_size_within_a_batch(tmp_path):
    list_file(tmp_path, 4)
    Image.new("RGB", (3, 3)).save(tmp_path / "3 x.png")
    net = make_net(tmp_path, image_layer(tmp_path, "batch_size: 2"))
    net.forward()
    with pytest.raises(LayerError, match="'3 x.png .*' gives the shape .3, 3, 3., the batch's"):
        net.forward()
