"""SSD's resizing and colours against single figures of OpenCV, as weiliu89/caffe calls it."""

import numpy as np
import pytest
from annotkit import annotated, database, net
from sourcekit import image

from caffe._caffe.errors import LayerError
from caffe._caffe.sources.distort import add_noise, check_distortion, distort
from caffe._caffe.sources.resample import resample
from caffe.proto import caffe_pb2

MODES = caffe_pb2.ResizeParameter
GRAY = (np.arange(24).reshape(4, 6, 1) * 37 % 251).astype(np.uint8)
COLOURS = (np.arange(24).reshape(2, 4, 3) * 61 % 253).astype(np.uint8)


@pytest.mark.parametrize(
    "want",
    [
        [[119, 104]],  # blocks of 4 x 3
        [[67, 78, 152], [197, 83, 94]],  # of 2 x 2
        [[47, 54, 116, 165], [178, 60, 80, 129], [184, 191, 44, 93]],  # parts of pixels
        [[6, 49, 93, 136, 179], [6, 49, 93, 136, 179],  # taller, less wide
         [186, 20, 64, 107, 150], [186, 20, 64, 107, 150],
         [199, 159, 35, 78, 121], [199, 159, 35, 78, 121],
         [170, 213, 131, 49, 92], [170, 213, 131, 49, 92]],
        [[0, 6, 37, 49, 74, 93, 111, 136, 148, 179, 185],  # both grow
         [56, 51, 30, 42, 67, 85, 104, 128, 141, 171, 178],
         [222, 186, 8, 20, 45, 64, 82, 107, 119, 150, 156],
         [208, 193, 119, 89, 31, 49, 68, 92, 105, 135, 142],
         [193, 199, 230, 159, 16, 35, 53, 78, 90, 121, 127],
         [171, 177, 208, 200, 183, 107, 31, 56, 68, 99, 105],
         [164, 170, 201, 213, 238, 131, 24, 49, 61, 92, 98]],
    ],
)  # fmt: skip
def test_area(want):
    assert resample(GRAY, len(want), len(want[0]), MODES.AREA)[:, :, 0].tolist() == want


def test_area_adds_up_in_float32():
    picture = (np.arange(36).reshape(4, 9, 1) * 37 % 251).astype(np.uint8)
    want = [[58, 148, 91], [160, 104, 131], [137, 122, 108]]  # some means end in .5
    assert resample(picture, 3, 3, MODES.AREA)[:, :, 0].tolist() == want


@pytest.mark.parametrize(
    "mode, want",
    [
        (MODES.CUBIC, [[32, 38, 89, 132, 178], [223, 72, 23, 93, 139], [171, 221, 113, 42, 99]]),
        (MODES.LANCZOS4,
         [[29, 35, 95, 131, 180], [232, 68, 23, 98, 139], [165, 234, 111, 36, 101]]),
    ],
)  # fmt: skip
def test_weights_of_eleven_bits(mode, want):
    assert resample(GRAY, 3, 5, mode)[:, :, 0].tolist() == want


class Drawn:
    """A generator whose ranges give the value that is wanted, and that takes every chance."""

    def __init__(self, value):
        self.value = value

    def uniform(self, *ends):
        return self.value if ends else 0.0


def test_colours_changed():
    saturated = caffe_pb2.DistortionParameter(saturation_prob=1, saturation_upper=2)
    assert distort(COLOURS, saturated, Drawn(1.37)).tolist() == [
        [[0, 61, 122], [163, 244, 0], [68, 152, 235], [0, 82, 165]],
        [[226, 0, 75], [145, 217, 0], [40, 124, 208], [0, 69, 138]],
    ]
    turned = caffe_pb2.DistortionParameter(hue_prob=1, hue_delta=20)
    assert distort(COLOURS, turned, Drawn(-18)).tolist() == [
        [[0, 0, 122], [64, 244, 52], [113, 113, 235], [43, 43, 165]],
        [[226, 85, 34], [37, 217, 25], [86, 86, 208], [16, 16, 138]],
    ]
    equal = add_noise(COLOURS, caffe_pb2.NoiseParameter(hist_eq=True), None)
    assert equal.tolist() == [
        [[0, 0, 51], [223, 255, 91], [182, 243, 255], [36, 97, 160]],
        [[188, 0, 57], [150, 210, 18], [109, 170, 233], [0, 61, 124]],
    ]


def test_a_hue_that_does_not_turn_changes_nothing():
    picture = image(6, 30, 30)
    param = caffe_pb2.DistortionParameter(hue_prob=1)
    assert np.array_equal(distort(picture, param, Drawn(0.0)), picture)


def test_gray_pictures_are_made_brighter():
    param = caffe_pb2.DistortionParameter(brightness_prob=1, brightness_delta=9)
    assert np.array_equal(distort(GRAY, param, Drawn(5)), np.minimum(GRAY.astype(int) + 5, 255))


def test_ranges_that_nothing_is_drawn_from_are_not_checked():
    check_distortion(caffe_pb2.DistortionParameter(contrast_lower=2, hue_delta=-1))


@pytest.mark.parametrize("side, shape", [("crop_h: 4", (4, 7)), ("crop_w: 3", (6, 3))])
def test_one_crop_side_alone_takes_the_first_rows_or_columns(side, shape, tmp_path):
    picture = image(0)
    path = database(tmp_path, annotated(picture, [(1, 0, (0, 0, 1, 1), False)]))
    run = net(tmp_path, path, side)
    run.forward()
    want = picture.transpose(2, 0, 1)[:, : shape[0], : shape[1]]
    assert np.array_equal(run.blobs["data"].data[0], want)
    assert run.blobs["label"].data.ravel().tolist() == [0, 1, 0, 0, 0, 1, 1, 0]


def test_a_datum_without_annotations_needs_a_label(tmp_path):
    datum = annotated(image(0), [], typed=False)
    datum.datum.ClearField("label")
    with pytest.raises(LayerError, match="has neither annotations nor a label"):
        net(tmp_path, database(tmp_path, datum)).forward()
