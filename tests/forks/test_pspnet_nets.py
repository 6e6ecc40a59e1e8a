"""PSPNet's and DeepLab's layers where only a net shows what they do: in place, sharing, pruning.

The figures are those of the fork's own code (hszhao/PSPNet 798bdc9, CPU).
"""

import numpy as np
import pytest
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError

SHARED = " ".join(f"param {{ name: '{name}' }}" for name in "sbmv")


def above(name, top):
    """Return a layer whose one parameter asks for the gradient of `top`, and adds 0."""
    return (
        f"layer {{ name: 'b_{name}' type: 'Bias' bottom: '{name}' top: '{top}' "
        "bias_param { axis: 0 num_axes: 0 } }\n"
    )


def squares(bottom):
    return (
        f"layer {{ name: 'l_{bottom}' type: 'Reduction' bottom: '{bottom}' top: 'l_{bottom}' "
        "loss_weight: 1 reduction_param { operation: SUMSQ } }\n"
    )


def run(text, **inputs):
    net = net_of(text)
    for name, values in inputs.items():
        net.blobs[name].data.flat[:] = values
    net.forward()
    net.backward()
    return net


def test_a_written_rate_of_the_statistics_brings_the_gradient_to_the_top():
    """The layer holds that rate at 0, but net.cpp decides by what is written."""
    rates = " ".join(f"param {{ lr_mult: {rate} }}" for rate in (0, 0, 1, 0))
    text = f"""layer {{ name: 'bn' type: 'BN' bottom: 'x' top: 'y' {rates} bn_param {{
        slope_filler {{ type: 'constant' value: 2 }} frozen: true eps: 0.5 }} }}"""
    net = run(input_layer("x", 1, 1, 1, 2) + text + squares("y"), x=[1, -3])
    np.testing.assert_allclose(net.blobs["y"].diff.ravel(), [3.2659864, -9.797959], rtol=1e-6)


def test_a_frozen_layers_gradient_takes_the_variance_that_a_sharing_layer_has_moved():
    text = f"""
        layer {{ name: 'frozen' type: 'BN' bottom: 'xs' top: 'y' {SHARED} bn_param {{
          slope_filler {{ type: 'constant' value: 2 }} frozen: true eps: 0.5 }} }}
        layer {{ name: 'live' type: 'BN' bottom: 'y' top: 'z' {SHARED}
          bn_param {{ eps: 0.5 momentum: 0.25 }} }}
    """
    text = input_layer("x", 1, 1, 1, 2) + above("x", "xs") + text + squares("y") + squares("z")
    net = run(text, x=[1, -3])
    np.testing.assert_allclose(net.params["frozen"][3].data, 8.25, rtol=1e-6)
    np.testing.assert_allclose(net.blobs["y"].diff.ravel(), [3.3707538, -9.902727], rtol=1e-6)
    np.testing.assert_allclose(net.blobs["xs"].diff.ravel(), [2.2790453, -6.6954656], rtol=1e-6)


IN_PLACE = {
    "DomainTransformForwardOnly": (
        input_layer("g", 1, 1, 1, 2) + input_layer("dim", 1, 1, 1, 2),
        "bottom: 'g' bottom: 'dim'",
        {"dim": [1, 2]},
        [1.8144323, 1.8144319, 5.8453608, 5.8453603],
    ),
    "AdaptiveBiasChannel": (
        input_layer("label", 1, 1, 1, 1), "bottom: 'label'", {"label": 1}, [2, -4, 6, 1],
    ),
    "DenseCRF": (
        input_layer("dim", 1, 1, 1, 2) + input_layer("image", 1, 3, 1, 2),
        "bottom: 'dim' bottom: 'image' "
        "dense_crf_param { bi_w: 1 bi_xy_std: 2 bi_rgb_std: 3 max_iter: 1 }",
        {"dim": [1, 2]},
        [0.1148909, 0.07102603, 1.8851091, 1.9289739],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_PLACE)
def test_in_place_a_layer_without_a_gradient_leaves_the_one_from_above(kind):
    more, settings, given, diff = IN_PLACE[kind]
    layer = f"layer {{ name: 'a' type: '{kind}' bottom: 'xs' top: 'xs' {settings} }}\n"
    text = input_layer("x", 1, 2, 1, 2) + more + above("x", "xs") + layer + squares("xs")
    net = run(text, x=[1, -2, 3, 0.5], **given)
    np.testing.assert_allclose(net.blobs["xs"].diff.ravel(), diff, rtol=1e-5)
    np.testing.assert_allclose(net.params["b_x"][0].diff, sum(diff), rtol=1e-5)


def test_interp_in_place_ends_the_gradient():
    text = """layer { name: 'i' type: 'Interp' bottom: 'xs' top: 'xs'
        interp_param { zoom_factor: 1 } }"""
    text = input_layer("x", 1, 2, 1, 2) + above("x", "xs") + text + squares("xs")
    net = run(text, x=[1, -2, 3, 0.5])
    assert net.blobs["xs"].data.ravel().tolist() == [1, -2, 3, 0.5]
    assert not net.blobs["xs"].diff.any() and not net.params["b_x"][0].diff
    with pytest.raises(LayerError, match=r"cannot resize \(1, 2\) to \(2, 1\) in place"):
        net_of(text.replace("zoom_factor: 1", "height: 2 width: 1"))


@pytest.mark.parametrize("top, map_diff", [("y", [56, 31.5]), ("xs", [224, 283.5])])
def test_spatial_product_of_vectors(top, map_diff):
    """In place the map's gradient is what the fork makes of values already written over."""
    text = input_layer("x", 2, 3) + input_layer("m", 2, 1) + above("x", "xs") + above("m", "ms")
    text += f"layer {{ name: 'p' type: 'SpatialProduct' bottom: 'xs' bottom: 'ms' top: '{top}' }}\n"
    net = run(text + squares(top), x=[1, -2, 3, 0.5, 2, 1], m=[2, 3])
    assert net.blobs[top].data.tolist() == [[2, -4, 6], [1.5, 6, 3]]
    assert net.blobs["xs"].diff.tolist() == [[8, -16, 24], [9, 36, 18]]
    assert net.blobs["ms"].diff.ravel().tolist() == map_diff
