"""Coordinate maps against closed forms, and the crop offsets of the FCN paper's nets."""

import numpy as np
import pytest

import caffe
from caffe import layers as L
from caffe import params as P
from caffe.coord_map import (
    AxisMismatchException,
    UndefinedMapException,
    compose,
    conv_params,
    coord_map,
    coord_map_from_to,
    crop,
    crop_params,
    inverse,
)

# Where this package does more than BVLC's: the same call fails there, or says less.
beyond_bvlc = pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"), reason="BVLC's coord_map lacks this rule or check"
)

IMAGE = dict(shape=dict(dim=[1, 3, 64, 64]))


def chain(top, *specs):
    """Append layers (type, kernel, stride, pad) to a top."""
    for kind, kernel, stride, pad in specs:
        top = getattr(L, kind)(top, kernel_size=kernel, stride=stride, pad=pad)
    return top


def conv(kernel, stride=1, pad=0):
    return ("Convolution", kernel, stride, pad)


def pool(kernel, stride, pad=0):
    return ("Pooling", kernel, stride, pad)


def deconv(kernel, stride, pad=0):
    return ("Deconvolution", kernel, stride, pad)


VGG = [conv(3, 1, 100), *[conv(3, 1, 1)] * 12]
VGG_CUTS = [2, 4, 7, 10, 13]


def vgg(data):
    """Pools 3, 4 and the fc7 of VGG16 as FCN has it."""
    tops, top, begin = [], data, 0
    for end in VGG_CUTS:
        top = chain(top, *VGG[begin:end], pool(2, 2))
        tops.append(top)
        begin = end
    return tops[2], tops[3], chain(top, conv(7), conv(1))


def offset(layer):
    assert layer.fn.type_name == "Crop"
    assert layer.fn.params["crop_param"]["axis"] == 2
    return layer.fn.params["crop_param"]["offset"]


def test_fcn_offsets_on_vgg():
    data = L.Input(**IMAGE)
    pool3, pool4, fc7 = vgg(data)
    assert offset(crop(chain(fc7, deconv(64, 32)), data)) == [19]
    up2 = chain(fc7, deconv(4, 2))
    pool4c = crop(pool4, up2)
    assert offset(pool4c) == [5]
    fuse4 = L.Eltwise(up2, pool4c, operation=P.Eltwise.SUM)
    assert offset(crop(chain(fuse4, deconv(32, 16)), data)) == [27]
    up4 = chain(fuse4, deconv(4, 2))
    pool3c = crop(pool3, up4)
    assert offset(pool3c) == [9]
    fuse3 = L.Eltwise(up4, pool3c, operation=P.Eltwise.SUM)
    assert offset(crop(chain(fuse3, deconv(16, 8)), data)) == [31]


def test_fcn_offset_on_alexnet_needs_an_odd_kernel():
    data = L.Input(**IMAGE)
    trunk = chain(data, conv(11, 4, 100), pool(3, 2), conv(5, 1, 2), pool(3, 2), conv(3, 1, 1))
    fc7 = chain(trunk, conv(3, 1, 1), conv(3, 1, 1), pool(3, 2), conv(6), conv(1))
    assert offset(crop(chain(fc7, deconv(63, 32)), data)) == [18]
    with pytest.raises(AssertionError, match="noninteger"):
        crop(chain(fc7, deconv(64, 32)), data)


@pytest.mark.parametrize("kernel, stride, pad", [(3, 1, 0), (3, 2, 1), (5, 3, 2), (2, 2, 0)])
def test_maps_are_window_centres(kernel, stride, pad):
    """Output y of a window looks at stride * y + (kernel - 1) / 2 - pad."""
    data = L.Input(**IMAGE)
    for spec in (conv(kernel, stride, pad), pool(kernel, stride, pad)):
        _, a, b = coord_map_from_to(chain(data, spec), data)
        assert a == stride
        assert b == pytest.approx((kernel - 1) / 2 - pad)
        back = coord_map_from_to(data, chain(data, spec))
        assert back[1] == pytest.approx(1 / stride)
    up = chain(data, deconv(kernel, stride, pad))
    _, a, b = coord_map_from_to(data, up)
    assert a == stride
    assert b == pytest.approx((kernel - 1) / 2 - pad)


def test_dilation_and_rectangles():
    data = L.Input(**IMAGE)
    dilated = L.Convolution(data, kernel_size=3, dilation=4, pad=4)
    assert coord_map_from_to(dilated, data)[2] == 0
    axis, stride, kernel, pad = conv_params(
        L.Convolution(data, convolution_param=dict(kernel_size=[3, 5], stride=[1, 2], pad=2)).fn
    )
    assert axis == 1
    assert kernel.tolist() == [3, 5] and stride.tolist() == [1, 2] and pad.tolist() == [2]
    wide = L.Convolution(data, kernel_size=[3, 5], stride=[1, 2], pad=[0, 1])
    _, a, b = coord_map_from_to(wide, data)
    assert a.tolist() == [1, 2] and b.tolist() == [1, 1]


def test_crop_shifts_and_its_second_bottom_does_not_count():
    data = L.Input(**IMAGE)
    other = L.Input(**IMAGE)
    cut = L.Crop(data, other, axis=2, offset=[3, 7])
    assert crop_params(cut.fn)[1].tolist() == [3, 7]
    _, a, b = coord_map_from_to(data, cut)
    assert a == 1 and b.tolist() == [-3, -7]
    with pytest.raises(RuntimeError):
        coord_map_from_to(cut, other)


@beyond_bvlc
def test_crop_between_tops_linked_by_pass_through_layers():
    data = L.Input(**IMAGE)
    assert offset(crop(L.ReLU(data), L.Dropout(data))) == [0]


@pytest.mark.parametrize("kind", ["ReLU", "BatchNorm", "Scale", "LRN", "Dropout", "PReLU", "TanH"])
def test_pass_through(kind):
    top = getattr(L, kind)(L.Input(**IMAGE))
    assert coord_map(top.fn) == (None, 1, 0)


@beyond_bvlc
def test_joined_channels_keep_coordinates():
    data = L.Input(**IMAGE)
    unit = L.Concat(chain(data, conv(1)), chain(data, conv(3, 1, 1)), chain(data, pool(3, 1, 1)))
    assert coord_map_from_to(unit, data)[1:] == (1, 0)
    for other in (dict(axis=2), dict(concat_param=dict(axis=3))):
        with pytest.raises(UndefinedMapException):
            coord_map(L.Concat(data, data, **other).fn)


@beyond_bvlc
def test_branches_that_disagree():
    data = L.Input(**IMAGE)
    skewed = L.Eltwise(chain(data, conv(3)), chain(data, conv(5)))
    with pytest.raises(Exception, match="disagree|not aligned"):
        coord_map_from_to(skewed, data)
    # Above the joint nothing is unclear.
    assert coord_map_from_to(chain(skewed, conv(3)), skewed)[2] == 1


def test_compose_and_inverse():
    first, second = (1, np.array([2.0]), np.array([3.0])), (None, 4, 5)
    axis, a, b = compose(first, second)
    assert (axis, a.item(), b.item()) == (1, 8, 13)
    axis, a, b = compose(first, inverse(first))
    assert (axis, a.item(), b.item()) == (1, 1, 0)
    with pytest.raises(AxisMismatchException):
        compose(first, (0, 1, 0))


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda data: chain(data, conv(3, 1, 1), pool(3, 3), deconv(4, 2)), "scale"),
        (lambda data: chain(data, pool(2, 2), deconv(4, 2, 10)), "negative"),
        (lambda data: chain(data, conv(4, 1, 3)), "noninteger"),
    ],
)
def test_impossible_crops(make, said):
    data = L.Input(**IMAGE)
    with pytest.raises(AssertionError, match=said):
        crop(make(data), data)


def test_unmappable_layers():
    data = L.Input(**IMAGE)
    for top in (
        L.InnerProduct(data, num_output=2),
        L.Python(data, module="m", layer="l"),
    ):
        with pytest.raises(UndefinedMapException):
            coord_map(top.fn)
        with pytest.raises(RuntimeError):
            coord_map_from_to(top, data)


@beyond_bvlc
def test_legacy_side_lengths_are_refused():
    data = L.Input(**IMAGE)
    with pytest.raises(AssertionError, match="kernel"):
        coord_map(L.Convolution(data, kernel_h=3, kernel_w=3).fn)


@beyond_bvlc
def test_more_that_cannot_be_mapped():
    data = L.Input(**IMAGE)
    with pytest.raises(UndefinedMapException):
        coord_map(L.Pooling(data, global_pooling=True).fn)
    channels_too = chain(L.Crop(data, data, axis=1, offset=2), conv(3))
    with pytest.raises(AxisMismatchException, match="axis: 2"):
        coord_map_from_to(channels_too, data)
    with pytest.raises(ValueError, match="kernel_size"):
        coord_map(L.Convolution(data, num_output=2).fn)
