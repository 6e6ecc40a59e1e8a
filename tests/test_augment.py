"""What training varies: scale, rotation, blur, window, mirror. On arrays."""

import random

import numpy as np

from layers import augment


def test_scoring_windows_are_central_and_nothing_is_varied():
    a = [np.arange(48.0).reshape(1, 6, 8), np.arange(48).reshape(1, 6, 8)]
    got = augment.augment(
        a, [False, True], random.Random(0), False, crop=(4, 4), mirror=True, scale=(2, 3)
    )
    np.testing.assert_array_equal(got[1][0], np.arange(48).reshape(6, 8)[1:5, 2:6])


def test_small_pictures_are_filled_up_to_the_window():
    a = [np.ones((3, 4, 4), np.float32), np.ones((1, 4, 4), np.uint8)]
    got = augment.augment(a, [False, True], random.Random(0), True, crop=(6, 4))
    assert got[0].shape == (3, 6, 4) and (got[0][:, 4:] == 0).all() and (got[1][:, 4:] == 255).all()


def test_scaling_keeps_labels_whole():
    label = np.repeat(np.array([[0, 9]], np.uint8), 2, 0)[None]
    image = np.repeat(label.astype(np.float32), 3, 0)
    got = augment.augment([image, label], [False, True], random.Random(1), True, scale=(4, 4))
    assert got[0].shape == (3, 8, 8) and set(np.unique(got[1])) == {0, 9}


def test_rotation_turns_a_ramp_counter_clockwise_and_fills_up():
    rows, columns = np.mgrid[:41, :41] - 20.0
    ramp = (0.5 * columns + 2 * rows).astype(np.float32)[None]
    label = np.zeros((1, 41, 41), np.uint8)
    image, turned = augment.augment(
        [ramp, label], [False, True], random.Random(0), True, rotate=(30, 30)
    )
    cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
    # What stands at (column, row) stood at the angle turned back; rows grow downwards.
    expected = 0.5 * (columns * cos - rows * sin) + 2 * (columns * sin + rows * cos)
    inside = np.hypot(rows, columns) < 18
    np.testing.assert_allclose(image[0][inside], expected[inside], atol=0.06)
    assert image[0, 0, 0] == 0 and turned[0, 0, 0] == 255 and (turned[0][inside] == 0).all()


def test_blur_is_a_gaussian_of_pictures_alone():
    image, label = np.zeros((2, 21, 21), np.float32), np.zeros((1, 21, 21), np.uint8)
    image[1, 10, 10] = label[0, 10, 10] = 9
    got = augment.augment([image, label], [False, True], random.Random(0), True, blur=(1.5, 1.5))
    bell = np.exp(-(np.arange(-6, 7.0) ** 2) / (2 * 1.5**2))
    expected = 9 * np.outer(bell, bell) / bell.sum() ** 2
    np.testing.assert_allclose(got[0][1, 4:17, 4:17], expected, atol=1e-6)
    assert not got[0][0].any() and got[1] is label


def test_variations_come_in_their_order(monkeypatch):
    done = []
    for name in ("resize", "turn", "soften", "window"):
        monkeypatch.setattr(augment, name, lambda a, *_, name=name: done.append(name) or a)
    all_of = dict(mirror=True, crop=(4, 4), blur=(0, 1), rotate=(-10, 10), scale=(0.5, 2))
    picture = np.arange(4.0).reshape(1, 1, 4)
    got = {tuple(augment.augment([picture], [False], random.Random(i), True, **all_of)[0].ravel())
           for i in range(9)}  # fmt: skip
    assert done[:4] == ["resize", "turn", "soften", "window"] and len(done) == 36
    assert got == {(0, 1, 2, 3), (3, 2, 1, 0)}
