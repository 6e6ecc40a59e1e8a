"""Batches of no items: shapes as usual, means of nothing NaN, and the process lives on."""

import numpy as np
import pytest
from netkit import input_layer, net_of

import caffe


def net_over(layer, phase, *bottoms):
    """Return a net of Input layers (name, *dims) and `layer`."""
    inputs = "".join(input_layer(*bottom) for bottom in bottoms)
    return net_of(f"force_backward: true {inputs} layer {{ name: 'l' {layer} }}", phase)


@pytest.mark.parametrize("stats", ["", "batch_norm_param { use_global_stats: true }"])
def test_batch_norm_by_stored_figures(stats):
    phase = caffe.TRAIN if stats else caffe.TEST
    net = net_over(f"type: 'BatchNorm' bottom: 'x' top: 'y' {stats}", phase, ("x", 0, 3, 2, 2))
    assert net.forward()["y"].shape == (0, 3, 2, 2)
    assert net.backward()["x"].shape == (0, 3, 2, 2)
    assert not net.params["l"][0].data.any()


def test_batch_norm_keeps_its_figures_from_an_empty_batch():
    net = net_over("type: 'BatchNorm' bottom: 'x' top: 'y'", caffe.TRAIN, ("x", 0, 3, 2, 2))
    with pytest.raises(caffe.LayerError, match=r"layer 'l' \(BatchNorm\).*at least one"):
        net.forward()
    assert all(np.array_equal(blob.data, np.zeros(blob.shape)) for blob in net.params["l"])


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
@pytest.mark.parametrize("kind", ["HingeLoss", "MultinomialLogisticLoss", "ContrastiveLoss"])
def test_losses(kind, phase):
    bottoms = [("x", 0, 3), ("z", 0, 3), ("label", 0)]
    bottoms = bottoms if kind == "ContrastiveLoss" else bottoms[::2]
    given = " ".join(f"bottom: '{name}'" for name, *_ in bottoms)
    net = net_over(f"type: '{kind}' {given} top: 'loss'", phase, *bottoms)
    assert np.isnan(net.forward()["loss"])  # 0 / 0, as in BVLC
    assert net.backward()["x"].shape == (0, 3)


@pytest.mark.parametrize("values, shape", [("", (0, 1, 2, 1)), ("out_max_val: true", (0, 2, 2, 1))])
def test_argmax(values, shape):
    layer = f"type: 'ArgMax' bottom: 'x' top: 'y' argmax_param {{ top_k: 2 {values} }}"
    assert net_over(layer, caffe.TEST, ("x", 0, 3, 1, 4)).forward()["y"].shape == shape


@pytest.mark.parametrize("kind, value", [("SUM", 0), ("ASUM", 0), ("SUMSQ", 0), ("MEAN", np.nan)])
@pytest.mark.parametrize(
    "shape, axis, top", [((2, 0), 1, (2,)), ((0, 3), 0, ()), ((0, 3), 1, (0,))]
)
def test_reduction_of_nothing(kind, value, shape, axis, top):
    layer = f"type: 'Reduction' bottom: 'x' top: 'y' reduction_param {{ axis: {axis} operation: "
    net = net_over(f"{layer} {kind} coeff: 2 }}", caffe.TEST, ("x", *shape))
    np.testing.assert_array_equal(net.forward()["y"], np.full(top, value))
    assert net.backward()["x"].shape == shape
