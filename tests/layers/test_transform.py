"""The data transformer against its formula: (crop(x) - crop(mean)) * scale, mirrored."""

from pathlib import Path

import numpy as np
import pytest
from filekit import write_blobproto

import caffe
from caffe._caffe.errors import FormatError
from caffe._caffe.sources.prefetch import BATCH, stream
from caffe._caffe.sources.transform import Transformer
from caffe.proto import caffe_pb2

X = np.random.RandomState(0).randint(0, 256, (3, 6, 7)).astype(np.uint8)


def make(phase=caffe.TEST, **settings):
    return Transformer(caffe_pb2.TransformationParameter(**settings), phase)


def run(transformer, x=X, seed=0):
    out = np.empty(transformer.shape(x.shape, "x"), np.float32)
    transformer.apply(x, out, stream(0, BATCH, seed), "x")
    return out


def test_nothing_asked_changes_nothing():
    assert np.array_equal(run(make()), X.astype(np.float32))
    assert not make().random


def test_one_mean_value_serves_all_channels_and_is_taken_before_scaling():
    want = (X.astype(np.float32) - np.float32(104.007)) * np.float32(0.0039)
    assert np.array_equal(run(make(mean_value=[104.007], scale=0.0039)), want)


def test_mean_value_per_channel():
    want = X.astype(np.float32) - np.array([1, 2, 3], np.float32)[:, None, None]
    assert np.array_equal(run(make(mean_value=[1, 2, 3])), want)


def test_float_values_stay_floats():
    x = X / np.float32(3)
    assert np.array_equal(run(make(scale=2), x), x * 2)


@pytest.mark.parametrize("crop, top, left", [(6, 0, 0), (5, 0, 1), (4, 1, 1), (1, 2, 3)])
def test_central_crop_rounds_down(crop, top, left):
    want = X[:, top : top + crop, left : left + crop]
    assert np.array_equal(run(make(crop_size=crop)), want)


def mean_file(tmp_path, mean):
    path = tmp_path / "mean.binaryproto"
    write_blobproto(path, mean)
    return str(path)


def test_mean_file_is_cropped_with_the_image(tmp_path):
    mean = np.random.RandomState(1).rand(1, 3, 6, 7).astype(np.float32) * 100
    path = mean_file(tmp_path, mean)
    for seed in range(20):
        out = run(make(caffe.TRAIN, crop_size=4, mirror=True, mean_file=path), seed=seed)
        plain = run(make(caffe.TRAIN, crop_size=4, mirror=True), seed=seed)
        found = [
            (X[:, t : t + 4, le : le + 4] - mean[0, :, t : t + 4, le : le + 4])[:, :, ::s]
            for t in range(3)
            for le in range(4)
            for s in (1, -1)
            if np.array_equal(plain, X[:, t : t + 4, le : le + 4][:, :, ::s])
        ]
        assert len(found) == 1 and np.array_equal(out, found[0])


def test_training_draws_every_crop_and_both_mirrorings_evenly():
    x = np.arange(5 * 5, dtype=np.uint8).reshape(1, 5, 5)
    transformer = make(caffe.TRAIN, crop_size=4, mirror=True)
    assert transformer.random
    counts = {}
    for seed in range(800):
        counts[run(transformer, x, seed).tobytes()] = 1 + counts.get(
            run(transformer, x, seed).tobytes(), 0
        )
    windows = [x[:, t : t + 4, le : le + 4][:, :, ::s] for t in (0, 1) for le in (0, 1)
               for s in (1, -1)]  # fmt: skip
    assert set(counts) == {w.astype(np.float32).tobytes() for w in windows}
    # 8 outcomes, 100 expected each; 5 standard deviations are 47.
    assert all(53 < n < 147 for n in counts.values())


def test_testing_mirrors_at_random_but_crops_centrally():
    outs = {run(make(mirror=True, crop_size=4), seed=s).tobytes() for s in range(20)}
    middle = X[:, 1:5, 1:5].astype(np.float32)
    assert outs == {middle.tobytes(), middle[:, :, ::-1].tobytes()}


def test_same_draws_give_the_same_image():
    transformer = make(caffe.TRAIN, crop_size=3, mirror=True)
    assert all(np.array_equal(run(transformer, seed=s), run(transformer, seed=s)) for s in range(9))


def test_settings_that_contradict(tmp_path):
    path = mean_file(tmp_path, np.zeros((1, 3, 6, 7), np.float32))
    with pytest.raises(FormatError, match="both mean_file and mean_value"):
        make(mean_file=path, mean_value=[1])
    with pytest.raises(FormatError, match="both force_color and force_gray"):
        make(force_color=True, force_gray=True)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"crop_size": 7}, r"image 3 is 6 x 7, smaller than crop_size 7"),
        ({"mean_value": [1, 2]}, r"image 3 has 3 channels, but mean_value is given 2 times"),
    ],
)
def test_what_does_not_fit_the_image_names_it(settings, message):
    with pytest.raises(FormatError, match=message):
        make(**settings).shape(X.shape, "image 3")


def test_empty_image():
    with pytest.raises(FormatError, match="x is empty: 3 x 0 x 7"):
        make().shape((3, 0, 7), "x")


def test_mean_of_another_size(tmp_path):
    path = mean_file(tmp_path, np.zeros((1, 3, 7, 6), np.float32))
    with pytest.raises(FormatError, match="x is 3 x 6 x 7, but the mean in .* is 3 x 7 x 6"):
        run(make(mean_file=path))


@pytest.mark.parametrize("axes", [5, 0])
def test_a_mean_of_another_shape_than_an_image(tmp_path, axes):
    path = mean_file(tmp_path, np.zeros((1, 1, 3, 6, 7) if axes else (0, 3, 6, 7), np.float32))
    with pytest.raises(FormatError, match="mean.binaryproto"):
        make(mean_file=path)


def test_mean_file_missing_or_damaged(tmp_path):
    path = mean_file(tmp_path, np.zeros((1, 3, 6, 7), np.float32))
    content = Path(path).read_bytes()
    for cut in (0, 1, 5, 100, len(content) - 1):
        Path(path).write_bytes(content[:cut])
        with pytest.raises(FormatError, match="mean.binaryproto"):
            make(mean_file=path)
    with pytest.raises(FormatError, match="nowhere.binaryproto"):
        make(mean_file=str(tmp_path / "nowhere.binaryproto"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_mean_value_that_is_not_finite(tmp_path, value):
    mean = np.zeros((1, 3, 6, 7), np.float32)
    mean[0, 1, 2, 3] = value
    with pytest.raises(FormatError, match="mean.binaryproto' holds values that are not finite"):
        make(mean_file=mean_file(tmp_path, mean))


def test_images_of_one_batch_must_agree():
    with pytest.raises(FormatError, match="y gives 3 x 6 x 7 values, but the first .* 3 x 5 x 7"):
        make().apply(X, np.empty((3, 5, 7), np.float32), None, "y")
