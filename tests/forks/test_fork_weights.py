"""A fork's caffemodel: read by layer name, type and blobs, whatever its numbers collide with."""

import numpy as np
import pytest
from netkit import input_layer, net_of
from wirekit import layer, message, number, v1_layer

from caffe._caffe.errors import NetError

ONE = "slope_filler { type: 'constant' value: 1 }"


def bn_net(filler=ONE, dialect=""):
    return net_of(
        (f'dialect: "{dialect}" ' if dialect else "")
        + input_layer("x", 1, 3, 4, 4)
        + f'layer {{ name: "bn" type: "BN" bottom: "x" top: "y" bn_param {{ {filler} }} }}'
    )


@pytest.mark.parametrize(
    "shape, legacy", [((1, 3, 1, 1), False), ((1, 3), False), ((1, 3, 1, 1), True)]
)
def test_pspnets_bn_with_pspnets_field_numbers(tmp_path, shape, legacy):
    """bn_param is 152 there, interp_param 143 (BVLC's input_param); yjxiong's blobs are (1, C)."""
    arrays = [np.arange(3).reshape(shape) + 10.0 * i for i in range(4)]
    extra = message(152, number(5, 1)) + message(143, number(3, 8) + number(1, 473))
    path = tmp_path / "psp.caffemodel"
    path.write_bytes(message(1, b"psp") + layer("bn", "BN", arrays, extra, legacy))
    net = bn_net()
    net.copy_from(str(path))
    for blob_, array in zip(net.params["bn"], arrays, strict=True):
        assert blob_.data.shape == (1, 3, 1, 1)
        np.testing.assert_array_equal(blob_.data.ravel(), array.ravel())


@pytest.mark.parametrize("kind", [39, 35, 46, 1000, 0])
def test_v1_numbers_that_collide(tmp_path, kind):
    """39 is DECONVOLUTION in BVLC and IMAGE_SEG_DATA in DeepLab v1: the name decides."""
    weights, bias = np.random.default_rng(0).standard_normal((2, 3, 1, 1)), np.arange(2.0)
    body = v1_layer("c", kind, [weights, bias], message(45, number(2, 7)))
    path = tmp_path / "v1.caffemodel"
    path.write_bytes(message(1, b"old") + body)
    net = net_of(
        input_layer("x", 1, 3, 4, 4)
        + """layer { name: "c" type: "Convolution" bottom: "x"
        top: "y" convolution_param { num_output: 2 kernel_size: 1 } }"""
    )
    net.copy_from(str(path))
    np.testing.assert_allclose(net.params["c"][0].data, weights, rtol=1e-6)
    np.testing.assert_array_equal(net.params["c"][1].data, bias)


def test_segnets_bn(tmp_path):
    arrays = [np.full((1, 3, 1, 1), v) for v in (2.0, -1.0)]
    path = tmp_path / "segnet.caffemodel"
    path.write_bytes(layer("bn", "BN", arrays, message(45, number(3, 1)), legacy=True))
    net = bn_net("scale_filler { value: 1 } bn_mode: INFERENCE")
    net.copy_from(str(path))
    net.blobs["x"].data[...] = 3
    assert (net.forward()["y"] == 5).all()


def test_counts_of_the_wrong_dialect_name_the_right_one(tmp_path):
    paths = {}
    for count in (2, 4):
        paths[count] = tmp_path / f"{count}.caffemodel"
        paths[count].write_bytes(layer("bn", "BN", [np.ones((1, 3, 1, 1))] * count))
    with pytest.raises(NetError, match="4 are those of pspnet's BN.*# dialect: pspnet"):
        bn_net("scale_filler { value: 1 }").copy_from(str(paths[4]))
    with pytest.raises(NetError, match="2 are those of segnet's BN.*set_dialect"):
        bn_net("", "pspnet").copy_from(str(paths[2]))


def test_other_layers_still_check_their_shape(tmp_path):
    path = tmp_path / "fc.caffemodel"
    path.write_bytes(layer("fc", "InnerProduct", [np.ones((2, 3, 1, 1)), np.ones(2)]))
    net = net_of(
        input_layer("x", 1, 3)
        + """layer { name: "fc" type: "InnerProduct" bottom: "x"
        top: "y" inner_product_param { num_output: 2 } }"""
    )
    with pytest.raises(NetError, match="has shape"):
        net.copy_from(str(path))
