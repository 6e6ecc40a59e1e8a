"""caffe.io: conversions, image files, resizing, preprocessing."""

import numpy as np
import pytest
from PIL import Image

import caffe
from caffe import io
from caffe.proto import caffe_pb2

# Where this package does more than BVLC's: the same call fails there, or says less.
beyond_bvlc = pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"), reason="BVLC's io lacks this check or convenience"
)

loads_images = pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"),
    reason="BVLC's load_image passes an argument that scikit-image dropped in 0.17",
)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_blobproto_there_and_back(rng):
    data, diff = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    blob = io.array_to_blobproto(data, diff)
    assert list(blob.shape.dim) == [2, 3, 4]
    np.testing.assert_allclose(io.blobproto_to_array(blob), data, rtol=1e-6)
    np.testing.assert_allclose(io.blobproto_to_array(blob, return_diff=True), diff, rtol=1e-6)


def test_blobproto_forms():
    blob = caffe_pb2.BlobProto(data=range(6), num=1, channels=2, height=3, width=1)
    assert io.blobproto_to_array(blob).shape == (1, 2, 3, 1)
    scalar = caffe_pb2.BlobProto(data=[7])
    assert io.blobproto_to_array(scalar).shape == () and io.blobproto_to_array(scalar) == 7
    with pytest.raises(ValueError):
        io.blobproto_to_array(caffe_pb2.BlobProto(data=range(6)))


@beyond_bvlc
def test_blobproto_checks():
    with pytest.raises(ValueError, match="shape"):
        io.array_to_blobproto(np.zeros((2, 3)), np.zeros((3, 2)))
    double = caffe_pb2.BlobProto(double_data=[1, 2], shape=dict(dim=[2]))
    assert io.blobproto_to_array(double).tolist() == [1, 2]


def test_blobproto_vector(rng):
    arrays = [rng.normal(size=shape) for shape in [(2,), (1, 3), (2, 1, 2, 1)]]
    text = io.arraylist_to_blobprotovector_str(arrays)
    back = io.blobprotovector_str_to_arraylist(text)
    for one, other in zip(arrays, back, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_datum_of_bytes_and_of_floats(rng):
    pixels = rng.integers(0, 256, (3, 4, 5)).astype(np.uint8)
    datum = caffe_pb2.Datum(channels=3, height=4, width=5, data=pixels.tobytes(), label=7)
    if hasattr(caffe, "CaffeError"):  # BVLC's uses tostring, which newer numpy lacks
        assert io.array_to_datum(pixels, 7) == datum
        np.testing.assert_array_equal(io.datum_to_array(datum), pixels)
    floats = rng.normal(size=(2, 3, 1))
    datum = io.array_to_datum(floats)
    assert not datum.HasField("label") and not datum.data
    np.testing.assert_allclose(io.datum_to_array(datum), floats, rtol=1e-6)
    with pytest.raises(ValueError):
        io.array_to_datum(np.zeros((3, 4)))


@beyond_bvlc
def test_datum_checks():
    with pytest.raises(ValueError, match="compressed"):
        io.datum_to_array(caffe_pb2.Datum(encoded=True, data=b"jpeg"))
    with pytest.raises(ValueError, match="3 values"):
        io.datum_to_array(caffe_pb2.Datum(channels=2, height=2, width=1, data=b"abc"))


def test_resize_aligns_borders_and_continues_with_the_minimum():
    step = np.array([0, 1], np.float32).reshape(1, 2, 1)
    wide = io.resize_image(step, (1, 4))
    assert wide.dtype == np.float32
    # Rows, too, are interpolated against what lies beyond, but here nothing does.
    np.testing.assert_allclose(wide.ravel(), [0, 0.25, 0.75, 0.75], atol=1e-6)
    rgb = np.repeat(10 * step + 5, 3, axis=2)
    np.testing.assert_allclose(io.resize_image(rgb, (1, 4))[0, :, 1], [5, 7.5, 12.5, 12.5])


@beyond_bvlc  # a newer scikit-image under BVLC's smooths when it shrinks
def test_resize_shrinks_without_smoothing():
    ramp = np.arange(12, dtype=np.float32).reshape(1, 12, 1)
    np.testing.assert_allclose(io.resize_image(ramp, (1, 4)).ravel(), [1, 4, 7, 10], rtol=1e-6)
    spike = np.zeros((9, 9, 3), np.float32)
    spike[4, 4] = 9
    assert io.resize_image(spike, (3, 3))[1, 1].tolist() == [9, 9, 9]


def test_resize_of_other_channel_counts_aligns_corners():
    ramp = np.zeros((1, 3, 2), np.float32)
    ramp[0, :, 0], ramp[0, :, 1] = [0, 2, 4], [4, 2, 0]
    wide = io.resize_image(ramp, (1, 5))
    np.testing.assert_allclose(wide[0, :, 0], [0, 1, 2, 3, 4], atol=1e-6)
    np.testing.assert_allclose(wide[0, :, 1], [4, 3, 2, 1, 0], atol=1e-6)


def test_resize_to_the_same_size_and_of_constants(rng):
    image = rng.random((5, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(io.resize_image(image, (5, 6)), image, atol=1e-6)
    flat = io.resize_image(np.full((3, 3, 1), 4.0), (5, 2))
    assert flat.shape == (5, 2, 1) and (flat == 4).all()
    nearest = io.resize_image(np.array([[[0.0], [1.0]]]), (1, 4), interp_order=0)
    assert nearest.ravel().tolist() == [0, 0, 1, 1]


def test_oversample(rng):
    images = rng.random((2, 7, 9, 3)).astype(np.float32)
    crops = io.oversample(list(images), (4, 5))
    assert crops.shape == (20, 4, 5, 3)
    corners = [(0, 0), (0, 4), (3, 0), (3, 4), (1, 2)]
    for i, (y, x) in enumerate(corners):
        expected = images[1, y : y + 4, x : x + 5]
        np.testing.assert_array_equal(crops[10 + i], expected)
        np.testing.assert_array_equal(crops[15 + i], expected[:, ::-1])


@beyond_bvlc
def test_oversample_says_what_does_not_fit():
    with pytest.raises(ValueError, match="8 x 4 from images of 7 x 9"):
        io.oversample([np.zeros((7, 9, 3))], (8, 4))


@pytest.fixture
def transformer():
    made = io.Transformer({"data": (1, 3, 4, 5)})
    made.set_transpose("data", (2, 0, 1))
    made.set_channel_swap("data", (2, 1, 0))
    made.set_raw_scale("data", 255)
    made.set_mean("data", np.array([1.0, 2, 3]))
    made.set_input_scale("data", 0.5)
    return made


def test_preprocess_step_by_step(transformer, rng):
    image = rng.random((4, 5, 3)).astype(np.float32)
    kept = image.copy()
    got = transformer.preprocess("data", image)
    want = (image[:, :, ::-1].transpose(2, 0, 1) * 255 - np.array([1, 2, 3])[:, None, None]) * 0.5
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=1e-5)
    np.testing.assert_array_equal(image, kept)


def test_deprocess_undoes_preprocess(transformer, rng):
    image = rng.random((4, 5, 3)).astype(np.float32)
    batch = transformer.preprocess("data", image)[np.newaxis]
    np.testing.assert_allclose(transformer.deprocess("data", batch), image, atol=1e-6)


def test_preprocess_resizes(transformer, rng):
    assert transformer.preprocess("data", rng.random((8, 10, 3))).shape == (3, 4, 5)


@beyond_bvlc
def test_one_channel_there_and_back(rng):
    grey = io.Transformer({"data": (1, 1, 4, 5)})
    grey.set_transpose("data", (2, 0, 1))
    image = rng.random((4, 5, 1)).astype(np.float32)
    batch = grey.preprocess("data", image)[np.newaxis]
    np.testing.assert_allclose(grey.deprocess("data", batch), image)
    plain = image.copy()
    grey.set_raw_scale("data", 10)
    grey.preprocess("data", image)
    np.testing.assert_array_equal(image, plain)  # the caller's array is left alone


def test_mean_image_of_another_size(transformer):
    mean = np.broadcast_to(np.array([1.0, 2, 3])[:, None, None], (3, 8, 8)).copy()
    mean[:, :, 4:] += 4
    transformer.set_mean("data", mean)
    resized = transformer.mean["data"]
    assert resized.shape == (3, 4, 5)
    np.testing.assert_allclose(resized[:, 1, 1], [1, 2, 3], atol=1e-5)
    np.testing.assert_allclose(resized[:, 1, 3], [5, 6, 7], atol=1e-5)


def test_settings_that_do_not_fit(transformer):
    wrong = [
        lambda: transformer.preprocess("label", np.zeros((4, 5, 3))),
        lambda: transformer.set_transpose("data", (1, 0)),
        lambda: transformer.set_channel_swap("data", (1, 0)),
        lambda: transformer.set_mean("data", np.zeros(4)),
        lambda: transformer.set_mean("data", np.zeros((1, 3, 4, 5))),
        lambda: transformer.set_raw_scale("dat", 2),
        lambda: transformer.set_input_scale("dat", 2),
    ]
    for act in wrong:
        with pytest.raises(Exception, match="data|Mean|mean|Transpose|swap|inputs"):
            act()


PIXELS = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3) * 4


def saved(tmp_path, image, name="picture.png"):
    path = tmp_path / name
    image.save(path)
    return str(path)


@loads_images
def test_load_image_colour_and_grey(tmp_path):
    path = saved(tmp_path, Image.fromarray(PIXELS))
    image = io.load_image(path)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, PIXELS / 255.0, rtol=1e-6)
    grey = io.load_image(path, color=False)
    assert grey.shape == (4, 5, 1)
    luma = (PIXELS / 255.0) @ np.array([0.2125, 0.7154, 0.0721])
    np.testing.assert_allclose(grey[..., 0], luma, rtol=1e-5)


@loads_images
def test_load_image_modes(tmp_path):
    grey = saved(tmp_path, Image.fromarray(PIXELS[..., 0]), "grey.png")
    np.testing.assert_allclose(io.load_image(grey), np.repeat(PIXELS[..., :1] / 255.0, 3, 2))
    assert io.load_image(grey, color=False).shape == (4, 5, 1)
    rgba = Image.fromarray(np.dstack([PIXELS, PIXELS[..., :1]]))
    np.testing.assert_allclose(io.load_image(saved(tmp_path, rgba, "rgba.png")), PIXELS / 255.0)
    deep = Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)
    loaded = io.load_image(saved(tmp_path, deep, "deep.png"), color=False)
    np.testing.assert_allclose(loaded[..., 0], PIXELS[..., 0] / 255.0, rtol=1e-6)
    palette = Image.fromarray(PIXELS[..., 0])
    palette = palette.convert("P")
    palette.putpalette([v for i in range(256) for v in (i, 255 - i, 7)])
    loaded = io.load_image(saved(tmp_path, palette, "palette.png"))
    np.testing.assert_allclose(loaded[..., 1], (255 - PIXELS[..., 0]) / 255.0, rtol=1e-6)
    bits = Image.fromarray(PIXELS[..., 0]).convert("1")
    assert set(np.unique(io.load_image(saved(tmp_path, bits, "bits.png")))) <= {0, 1}


@beyond_bvlc
def test_load_image_names_the_broken_file(tmp_path):
    path = saved(tmp_path, Image.fromarray(np.tile(PIXELS, (20, 20, 1))), "cut.png")
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="cut.png"):
        io.load_image(path)
    (tmp_path / "text.png").write_text("not an image")
    with pytest.raises(OSError, match="text.png"):
        io.load_image(str(tmp_path / "text.png"))
    with pytest.raises(FileNotFoundError):
        io.load_image(str(tmp_path / "absent.png"))
    wide = np.zeros((3, 4), np.uint8)
    la = saved(tmp_path, Image.fromarray(wide).convert("LA"), "la.png")
    assert io.load_image(la).shape == (3, 4, 3)
