"""What a net computes does not depend on held arrays, or on who overwrites a memory later."""

import numpy as np
import pytest

import caffe

# The top of each is its bottom's memory, so that working in place on it shows in the bottom too.
SHARING = {
    "Flatten": 'layer { name: "s" type: "Flatten" bottom: "h" top: "f" }',
    "Reshape": 'layer { name: "s" type: "Reshape" bottom: "h" top: "f"'
    " reshape_param { shape { dim: -1 } } }",
    "Split": 'layer { name: "s" type: "Split" bottom: "h" top: "f" top: "g" }',
}


@pytest.mark.parametrize("sharing", SHARING)
@pytest.mark.parametrize("held", [(), ("f",), ("h", "f")], ids=str)
def test_in_place_on_shared_memory(sharing, held, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
        'layer { name: "p" type: "Power" bottom: "x" top: "h" power_param { scale: 2 } }'
        + SHARING[sharing]
        + 'layer { name: "r" type: "ReLU" bottom: "f" top: "f" }'
    )
    net = caffe.Net(str(path), caffe.TEST)
    net.forward()
    views = [net.blobs[name].data for name in held]
    x = np.array([[1, -2, 3], [-4, 5, -6]], np.float32)
    net.blobs["x"].data[...] = x
    net.forward()
    for array in [*views, net.blobs["f"].data, net.blobs["h"].data]:
        np.testing.assert_array_equal(array.ravel(), np.maximum(2 * x, 0).ravel())


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_gradient_of_what_forward_saw(phase, tmp_path):
    """Pooling knows its maxima though a later layer works in place on the memory they stood in."""
    path = tmp_path / "net.prototxt"
    path.write_text(
        "force_backward: true "
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [1, 1, 1, 4] } } }'
        'layer { name: "s" type: "Split" bottom: "x" top: "f" top: "g" }'
        'layer { name: "p" type: "Pooling" bottom: "f" top: "p"'
        " pooling_param { kernel_h: 1 kernel_w: 2 stride: 1 } }"
        'layer { name: "r" type: "ReLU" bottom: "g" top: "g" }'
    )
    net = caffe.Net(str(path), phase)
    net.blobs["x"].data[...] = [[[[-1, -3, -2, -5]]]]
    net.forward()
    net.blobs["p"].diff[...] = [[[[1, 2, 4]]]]
    net.blobs["g"].diff[...] = 0
    net.backward()
    np.testing.assert_array_equal(net.blobs["x"].diff.ravel(), [1, 0, 6, 0])


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
@pytest.mark.parametrize(
    "loss, more",
    [
        ("EuclideanLoss", ""),
        ("SigmoidCrossEntropyLoss", ""),
        ("HingeLoss", "hinge_loss_param { norm: L2 }"),
        ("ContrastiveLoss", ""),
    ],
)
def test_losses_know_what_forward_saw(loss, more, phase, tmp_path):
    """The next batch may already stand in the blob when backward runs."""
    third = 'bottom: "same"' if loss == "ContrastiveLoss" else ""
    labels = "dim: 2" if loss == "HingeLoss" else "dim: 2 dim: 3"
    path = tmp_path / "net.prototxt"
    path.write_text(
        "force_backward: true "
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
        f'layer {{ name: "t" type: "Input" top: "t" input_param {{ shape {{ {labels} }} }} }}'
        'layer { name: "s" type: "Input" top: "same" input_param { shape { dim: 2 } } }'
        f'layer {{ name: "l" type: "{loss}" bottom: "x" bottom: "t" {third} top: "l" {more} }}'
    )
    net = caffe.Net(str(path), phase)
    diffs = []
    for later in (None, 9):
        net.blobs["x"].data[...] = [[0.3, -2, 1], [0.5, 4, -1]]
        net.blobs["same"].data[...] = 1
        net.forward()
        if later:
            net.blobs["x"].data[...] = later
        net.backward()
        diffs.append(net.blobs["x"].diff.copy())
    assert diffs[0].any()
    np.testing.assert_array_equal(*diffs)


def test_a_shape_changed_in_place_on_shared_memory(tmp_path):
    """MVN's top has four axes whatever its bottom has."""
    path = tmp_path / "net.prototxt"
    path.write_text(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
        'layer { name: "s" type: "Split" bottom: "x" top: "f" top: "g" }'
        'layer { name: "m" type: "MVN" bottom: "f" top: "f"'
        " mvn_param { across_channels: true normalize_variance: false } }"
    )
    net = caffe.Net(str(path), caffe.TEST)
    net.blobs["x"].data[...] = [[1, 2, 6], [0, 3, 3]]
    net.forward()
    want = [[-2, -1, 3], [-2, 1, 1]]
    assert net.blobs["f"].data.shape == (2, 3, 1, 1)
    for name in ("f", "g"):
        np.testing.assert_allclose(net.blobs[name].data.reshape(2, 3), want, atol=1e-6)


# Layers whose two-axis top MVN, in place, gives four axes.
TWO_AXES = {
    "Power": "power_param { power: 2 }",
    "ReLU": "",
    "Tile": "tile_param { tiles: 2 }",
    "InnerProduct": 'inner_product_param { num_output: 4 weight_filler { type: "xavier" } }',
    "Concat": 'bottom: "x"',
}


@pytest.mark.parametrize("kind", TWO_AXES)
def test_the_gradient_below_a_shape_changed_in_place(kind, tmp_path):
    path = tmp_path / "net.prototxt"
    nets = []
    for top in ("h", "m"):
        path.write_text(
            "force_backward: true "
            'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
            f'layer {{ name: "l" type: "{kind}" bottom: "x" {TWO_AXES[kind]} top: "h" }}'
            f'layer {{ name: "m" type: "MVN" bottom: "h" top: "{top}"'
            " mvn_param { across_channels: true normalize_variance: false } }"
        )
        net = caffe.Net(str(path), caffe.TRAIN)
        nets.append(net)
        if net.params:
            net.params["l"][0].data[...] = nets[0].params["l"][0].data
        net.blobs["x"].data[...] = [[1, -2, 6], [0, 3, -4]]
        for _ in range(2):
            net.forward()
        diff = net.blobs[top].diff
        diff[...] = np.arange(diff.size).reshape(diff.shape) ** 2
        net.backward()
    in_place, apart = (net.blobs["x"].diff for net in nets)
    assert apart.any()
    np.testing.assert_allclose(in_place, apart, rtol=1e-5, atol=1e-5)
