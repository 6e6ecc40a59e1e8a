"""Decoding and resizing against figures computed by OpenCV 4.8.1 (imread, resize)."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from sourcekit import GOLDEN, image, png

from caffe._caffe.errors import FormatError
from caffe._caffe.sources import images

FIGURES = np.load(GOLDEN / "opencv.npz")
FILES = sorted(k.split("/")[1] for k in FIGURES.files if k.startswith("file/"))
SIZES = sorted({k.split("/")[1] for k in FIGURES.files if k.startswith("resize/")})


@pytest.mark.parametrize("case", SIZES)
def test_resize_is_opencvs_to_the_bit(case):
    before, after = FIGURES[f"resize/{case}/in"], FIGURES[f"resize/{case}/out"]
    assert np.array_equal(images.resize(before, *after.shape[:2]), after)
    assert np.array_equal(images.resize(before[:, :, 0], *after.shape[:2]), after[:, :, 0])


@pytest.mark.parametrize("mode", [images.COLOR, images.GRAY, images.NATIVE])
@pytest.mark.parametrize("name", FILES)
def test_decode_is_opencvs(name, mode):
    content, want = FIGURES[f"file/{name}"].tobytes(), FIGURES[f"{mode}/{name}"]
    if want.dtype != np.uint8:
        with pytest.raises(FormatError, match="16-bit samples, expected 8-bit"):
            images.decode(content, mode, name)
        return
    got = images.decode(content, mode, name)
    assert got.dtype == np.uint8
    assert got.shape == (want if want.ndim == 3 else want[:, :, None]).shape
    # CMYK is rounded differently; JPEG decoders may differ in the last bit between builds.
    slack = 1 if name.endswith("jpg") else 0
    assert np.abs(got.reshape(want.shape).astype(int) - want).max() <= slack


def test_missing_image_names_it_and_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FormatError, match=f"image 'a.png' .relative to {tmp_path}.*No such file"):
        images.read("a.png")
    with pytest.raises(FormatError, match="cannot be read"):
        images.read(str(tmp_path))


@pytest.mark.parametrize("name", ["q90.jpg", "rgb.png", "pal.png", "prog.jpg", "rgb.bmp"])
def test_damaged_images_raise_or_decode(name):
    content = FIGURES[f"file/{name}"].tobytes()
    for cut in range(0, len(content) * 3 // 4, max(1, len(content) // 40)):
        with pytest.raises(FormatError, match=name):
            images.decode(content[:cut], images.COLOR, name)
    for at in np.random.RandomState(0).randint(0, len(content), 150):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at % 8)
        try:
            images.decode(bytes(flipped), images.NATIVE, name)
        except FormatError as error:
            assert name in str(error)


def test_image_bomb_is_refused():
    content = bytearray(png(image(0)))
    for width in (10_000, 100_000):  # Pillow warns at the first, refuses the second
        head = b"IHDR" + struct.pack(">II", width, 10_000) + content[24:29]
        content[12:33] = head + struct.pack(">I", zlib.crc32(head))
        with pytest.raises(FormatError, match="bomb.png: image too large"):
            images.decode(bytes(content), images.COLOR, "bomb.png")


def test_sixteen_bit_gray_keeps_the_high_byte():
    deep = (np.arange(12, dtype=np.uint16) * 5000).reshape(3, 4)
    buffer = io.BytesIO()
    Image.fromarray(deep).save(buffer, "png")
    got = images.decode(buffer.getvalue(), images.COLOR, "deep")
    assert np.array_equal(got, np.repeat((deep >> 8)[:, :, None], 3, axis=2))
