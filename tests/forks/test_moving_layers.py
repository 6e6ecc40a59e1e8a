"""Layers that move or classify elements (YOLO, DeconvNet, TSN, DeepSkeleton), and unknown types."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.core.registry import REGISTRY
from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(77)


@pytest.mark.parametrize("reverse", [False, True])
def test_reorg_is_darknet_s_loop(reverse):
    n, c, h, w, s = 2, 8, 4, 6, 2
    run = build(
        f'type: "Reorg" reorg_param {{ stride: {s} reverse: {str(reverse).lower()} }}', (n, c, h, w)
    )
    x = run.bottom[0].data
    flat, want, c2 = x.ravel(), np.zeros(x.size, np.float32), c // s**2
    for b, k, j, i in np.ndindex(n, c, h, w):
        small = i + w * (j + h * (k + c * b))
        at = k // c2
        large = i * s + at % s + w * s * (j * s + at // s + h * s * (k % c2 + c2 * b))
        if reverse:
            want[large] = flat[small]
        else:
            want[small] = flat[large]
    (top,) = run.forward()
    assert top.shape == ((n, 2, 8, 12) if reverse else (n, 32, 2, 3))
    np.testing.assert_array_equal(top.ravel(), want)
    check_gradients(run)


def test_unpooling_undoes_max_pooling():
    net = net_of(
        "force_backward: true\n"
        + input_layer("x", 1, 2, 4, 6)
        + 'layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "m" '
        "pooling_param { kernel_size: 2 stride: 2 } }\n"
        'layer { name: "u" type: "Unpooling" bottom: "p" bottom: "m" top: "u" unpooling_param '
        "{ kernel_size: 2 stride: 2 unpool_h: 4 unpool_w: 6 } }"
    )
    x = RANDOM.permutation(48).reshape(1, 2, 4, 6).astype(np.float32) + 1
    net.blobs["x"].data[...] = x
    net.forward()
    blocks = x.reshape(1, 2, 2, 2, 3, 2).max((3, 5))
    kept = x == blocks.repeat(2, 2).repeat(2, 3)
    np.testing.assert_array_equal(net.blobs["u"].data, x * kept)
    net.blobs["u"].diff[...] = x
    net.backward()
    np.testing.assert_array_equal(net.blobs["x"].diff, x * kept)


def test_unpooling_spreads_and_tiles():
    text = (
        'type: "Unpooling" unpooling_param { unpool: %s kernel_size: 2 stride: 2 unpool_size: %d }'
    )
    run = build(text % ("AVE", 3), (1, 1, 2, 2))
    x = run.bottom[0].data[0, 0]
    (top,) = run.forward()
    areas = np.array([[4, 4, 2], [4, 4, 2], [2, 2, 1]])
    np.testing.assert_allclose(top[0, 0], x.repeat(2, 0).repeat(2, 1)[:3, :3] / areas, rtol=1e-6)
    check_gradients(run)
    run = build(text % ("TILE", 5), (1, 1, 2, 2))
    x = run.bottom[0].data[0, 0]
    want = np.zeros((5, 5))
    want[:4, :4] = x.repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(run.forward()[0][0, 0], want)
    (diff,) = run.backward(np.ones((1, 1, 5, 5)))
    np.testing.assert_array_equal(diff, np.ones((1, 1, 2, 2)))  # the fork divides by the area
    first = build(text % ("MAX", 4), (1, 1, 2, 2))
    assert np.count_nonzero(first.forward()[0]) == 4
    np.testing.assert_array_equal(first.forward()[0][0, 0, ::2, ::2], first.bottom[0].data[0, 0])


def test_quantize_and_gather():
    x = np.float32([-1, 0.5, 1, 11, 12, 36, 79, 80, 199, 200])
    run = build('type: "Quantize"', x)
    np.testing.assert_array_equal(run.forward()[0], [0, 0, 1, 1, 2, 3, 3, 4, 4, 0])
    run = build('type: "Gather"', (2, 3), (4,), tops=2)
    for top, bottom in zip(run.forward(), run.bottom, strict=True):
        np.testing.assert_array_equal(top, bottom.data)
    check_gradients(run)


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        ('"Reorg"', [(1, 4, 4, 4)], "stride"),
        ('"Reorg" reorg_param { stride: 2 }', [(1, 3, 4, 4)], "multiple of stride"),
        ('"Reorg" reorg_param { stride: 2 }', [(1, 4, 5, 4)], "multiple of stride 2"),
        ('"Unpooling" unpooling_param { kernel_size: 2 }', [(1, 1, 2, 2)], "unpool_size"),
        ('"Unpooling" unpooling_param { kernel_size: 2 unpool_size: 4 pad: 1 }', [(1, 1, 2, 2)],
         "no pad"),
        ('"Unpooling" unpooling_param { kernel_size: 2 unpool_size: 4 }',
         [(1, 1, 2, 2), (1, 1, 2, 1)], "its mask"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(text, shapes, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", *shapes)


def test_an_index_beyond_the_plane_is_refused():
    text = 'type: "Unpooling" unpooling_param { kernel_size: 2 unpool_size: 2 }'
    run = build(text, (1, 1, 1, 1), np.full((1, 1, 1, 1), 4.0))
    with pytest.raises(LayerError, match="index 4"):
        run.forward()


# -- unknown types


def error_of(name):
    with pytest.raises(LayerError) as error:
        net_of(f'layer {{ name: "l" type: "{name}" top: "t" }}')
    return str(error.value)


def test_an_unknown_type_names_its_fork_and_a_python_layer():
    text = error_of("VoxelSoftmax")
    assert text.splitlines()[0].startswith(
        "layer 'l': unknown layer type 'VoxelSoftmax' of C3D (facebook/C3D)"
    )
    assert 'module: "voxel_softmax" layer: "VoxelSoftmax"' in text
    code = text[text.index("    import caffe") : text.index("and write type")]
    compile("\n".join(line[4:] for line in code.splitlines()), "voxel_softmax.py", "exec")


def test_a_misspelt_type_names_the_nearest():
    first = error_of("Convolutoin").splitlines()[0]
    assert first.endswith("did you mean 'Convolution'?") and " of " not in first
    assert "Python layer" not in error_of("no name")


def test_the_catalogue_lists_a_type_once():
    from caffe._caffe.core import unknown_type

    assert unknown_type.known_fork("BoxOutput").startswith("MS-CNN")
    assert "Convolution" in REGISTRY and not unknown_type.known_fork("Convolution")


def test_labels_pass_a_gather():
    """They need no gradient where the features beside them do."""
    net = net_of(
        input_layer("x", 2, 3)
        + input_layer("y", 2)
        + """
layer { name: "p" type: "InnerProduct" bottom: "x" top: "p"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "g" type: "Gather" bottom: "p" bottom: "y" top: "all" top: "label" }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "all" bottom: "label" top: "l" }"""
    )
    net.blobs["x"].data[...] = 1
    net.forward()
    net.backward()
    assert net.params["p"][0].diff.any()
