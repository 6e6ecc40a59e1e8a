"""Classifier and Detector on a net whose answers can be computed by hand."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import caffe

# Mean of each channel over a 4 x 4 window, times one weight per class.
NET = """
layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 3 dim: 3 dim: 4 dim: 4 } } }
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 2 } }
"""
WEIGHTS = np.array([[1.0, 0, 0], [0, 1, 2]], np.float32)
BIAS = np.array([0.5, -1], np.float32)


@pytest.fixture
def files(write, tmp_path):
    model = write("net.prototxt", NET)
    net = caffe.Net(model, caffe.TEST)
    net.params["ip"][0].data[...] = WEIGHTS
    net.params["ip"][1].data[...] = BIAS
    weights = str(tmp_path / "net.caffemodel")
    net.save(weights)
    return model, weights


def score(image):
    return image.reshape(-1, 3).mean(0) @ WEIGHTS.T + BIAS


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return [rng.random((6, 8, 3)).astype(np.float32) for _ in range(4)]


def test_centre_crop(files, images):
    classifier = caffe.Classifier(*files, image_dims=(6, 8))
    got = classifier.predict(images, oversample=False)
    np.testing.assert_allclose(got, [score(im[1:5, 2:6]) for im in images], atol=1e-5)


def test_oversampling_averages_ten_crops(files, images):
    classifier = caffe.Classifier(*files, image_dims=(6, 8))
    starts = [(0, 0), (0, 4), (2, 0), (2, 4), (1, 2)]
    want = [np.mean([score(im[y : y + 4, x : x + 4]) for y, x in starts], 0) for im in images]
    np.testing.assert_allclose(classifier.predict(images), want, atol=1e-5)


def test_preprocessing(files, images):
    classifier = caffe.Classifier(
        *files,
        image_dims=(6, 8),
        mean=np.array([1.0, 2, 3]),
        input_scale=0.5,
        raw_scale=255,
        channel_swap=(2, 1, 0),
    )
    crop = images[0][1:5, 2:6, ::-1]
    want = score((crop * 255 - np.array([1, 2, 3])) * 0.5)
    got = classifier.predict(images[:1], oversample=False)[0]
    np.testing.assert_allclose(got, want, rtol=1e-4)


def test_whole_image_by_default(files, images):
    classifier = caffe.Classifier(*files)
    assert tuple(classifier.image_dims) == (4, 4)
    whole = caffe.io.resize_image(images[0], (4, 4))
    got = classifier.predict(images[:1], oversample=False)[0]
    np.testing.assert_allclose(got, score(whole), atol=1e-5)


@pytest.mark.skipif(not hasattr(caffe, "CaffeError"), reason="BVLC's fails in numpy instead")
def test_images_too_small_for_the_crop(files, images):
    with pytest.raises(ValueError, match="image_dims"):
        caffe.Classifier(*files, image_dims=(3, 8)).predict(images, oversample=False)


def picture(tmp_path, seed=1, size=(20, 24)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)
    path = tmp_path / f"{seed}.png"
    Image.fromarray(pixels).save(path)
    return str(path), (pixels / 255.0).astype(np.float32)


@pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"),
    reason="BVLC's load_image passes an argument that scikit-image dropped in 0.17",
)
def test_detector_scores_windows(files, tmp_path):
    first, second = picture(tmp_path, 1), picture(tmp_path, 2)
    windows = [np.array([2, 3, 6, 7]), np.array([0, 0, 4, 4]), np.array([10, 12, 14, 16])]
    detector = caffe.Detector(*files)
    found = detector.detect_windows([(first[0], windows[:2]), (second[0], windows[2:])])
    assert [d["filename"] for d in found] == [first[0], first[0], second[0]]
    images = [first[1], first[1], second[1]]
    for detection, window, image in zip(found, windows, images, strict=True):
        assert detection["window"] is window
        top, left, bottom, right = window
        want = score(image[top:bottom, left:right])
        np.testing.assert_allclose(detection["prediction"], want, atol=1e-5)


@pytest.mark.skipif(not hasattr(caffe, "CaffeError"), reason="BVLC's load_image, as above")
def test_detector_asks_selective_search(files, tmp_path, monkeypatch):
    path, _ = picture(tmp_path)
    monkeypatch.chdir(tmp_path)
    asked = []

    def get_windows(names, cmd):
        asked.append((names, cmd))
        return [[np.array([0, 0, 4, 4])]]

    module = SimpleNamespace(get_windows=get_windows)
    monkeypatch.setitem(sys.modules, "selective_search_ijcv_with_python", module)
    found = caffe.Detector(*files).detect_selective_search(["1.png"])
    assert asked == [([path], "selective_search_rcnn")]
    assert [d["filename"] for d in found] == [path]


@pytest.mark.skipif(not hasattr(caffe, "CaffeError"), reason="BVLC's indexes with floats")
def test_detector_context(files, tmp_path):
    mean = np.array([10.0, 20, 30])
    detector = caffe.Detector(
        *files, mean=mean, raw_scale=255, channel_swap=(2, 1, 0), context_pad=1
    )
    path, image = picture(tmp_path)
    assert detector.crop_dims.tolist() == [4, 4, 3]
    np.testing.assert_allclose(detector.crop_mean.ravel() * 255, mean[::-1])
    # 4 pixels less a border of 1 show the window: it grows to twice its size.
    inner = detector.crop(image, np.array([8, 8, 11, 11]))
    grown = caffe.io.resize_image(image[6:14, 6:14], (4, 4))
    np.testing.assert_allclose(inner, grown, atol=1e-6)
    # At the corner a part lies outside and is filled with the mean.
    corner = detector.crop(image, np.array([0, 0, 3, 3]))
    assert corner.shape == (4, 4, 3)
    np.testing.assert_allclose(corner[0], np.tile(mean[::-1] / 255, (4, 1)), atol=1e-6)
    assert not np.allclose(corner[-1, -1], mean[::-1] / 255)
    assert np.isfinite(
        detector.detect_windows([(path, [np.array([0, 0, 3, 3])])])[0]["prediction"]
    ).all()
    with pytest.raises(ValueError, match="outside"):
        detector.crop(image, np.array([100, 100, 103, 103]))
    assert caffe.Detector(*files, context_pad=1).crop_mean.tolist() == np.zeros((4, 4, 3)).tolist()
    assert caffe.Detector(*files).detect_windows([]) == []
