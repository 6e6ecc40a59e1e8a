"""The successors' nets on the runtime, small: one step of training, and equal forms equal."""

import numpy as np
import pytest

import caffe
from caffe import layers as L
from experiments import Head
from nets import deeplab, deeplabv3, dilation, hed, pspnet, resnet_fcn, surgery
from nets.outputs import Loss
from nets.resnet import resnet


def built(tmp_path, draw, size, phase=caffe.TEST, labels=False, batch=1):
    """The net that `draw(n)` gives over random pictures."""
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[batch, 3, size, size])])
    if labels:
        n.label = L.Input(shape=[dict(dim=[batch, 1, size, size])])
    for each in draw(n) or []:
        n[each.name] = L.SoftmaxWithLoss(
            n[each.score],
            n[each.label],
            loss_weight=each.weight,
            loss_param=dict(ignore_label=255),
        )
    path = tmp_path / "net.prototxt"
    path.write_text("force_backward: true\n" + str(n.to_proto()))
    net = caffe.Net(str(path), phase)
    net.blobs["data"].data[...] = random().uniform(-100, 100, net.blobs["data"].data.shape)
    return net


def full_size(nothing):
    """The losses of a net function that returns none: one, on `score`."""
    assert nothing is None
    return [Loss("score")]


def random(seed=0):
    return np.random.RandomState(seed)


@pytest.mark.parametrize(
    "draw, size",
    [
        (lambda n: pspnet.pspnet(n, [Head(5)], 41, 50, frozen=False, auxiliary=True), 41),
        (lambda n: deeplab.largefov(n, [Head(5)], train=True), 33),
        (lambda n: full_size(resnet_fcn.refined(n, [Head(5)], fixed=0)), 65),
        (lambda n: full_size(resnet_fcn.fcn(n, [Head(5)], 8, normalised=True)), 65),
    ],
    ids=["pspnet50", "largefov", "thin refined", "thin 8s"],
)
def test_one_pass_of_training(tmp_path, draw, size):
    # One picture's single bin would be its own mean, and normalised to nothing.
    net = built(tmp_path, draw, size, caffe.TRAIN, labels=True, batch=2)
    for blobs in net.params.values():
        if not blobs[0].data.any():  # comes with the classifier's weights
            spread = np.sqrt(2 / np.prod(blobs[0].data.shape[1:]))
            blobs[0].data[...] = random().normal(0, spread, blobs[0].data.shape)
    upsampling = surgery.interp_layers(net)
    surgery.interp(net, upsampling)
    labels = net.blobs["label"].data
    labels[...] = random().randint(0, 5, labels.shape)
    losses = net.forward()
    assert all(np.isfinite(value) and value > 0 for value in losses.values())
    net.backward()
    gradients = {name: np.abs(blobs[0].diff).max() for name, blobs in net.params.items()}
    for name in upsampling:
        del gradients[name]
    gradients = {k: v for k, v in gradients.items() if not k.startswith("bn_")}  # statistics
    assert [name for name, largest in gradients.items() if not 0 < largest < np.inf] == []


def test_deeplabv3_scores_a_picture(tmp_path):
    net = built(tmp_path, lambda n: deeplabv3.deeplabv3(n, [Head(4)], 33, 50, 8, frozen=True), 33)
    out = net.forward()["score"]
    assert out.shape == (1, 4, 33, 33) and np.isfinite(out).all()
    # Every eighth pixel is a pixel of the logits: corners are aligned.
    np.testing.assert_allclose(out[..., ::8, ::8], net.blobs["logits"].data, rtol=1e-5, atol=1e-6)


def test_the_two_normalisations_are_one(tmp_path):
    """Slope, bias, mean, variance in one BN, or in a BatchNorm and a Scale."""
    one, two = (
        built(tmp_path, lambda n, bn=bn: resnet_only(n, bn), 33) for bn in ("BN", "BatchNorm")
    )
    draw = random(1)
    for name, blobs in one.params.items():
        if name.endswith("/bn"):
            for blob, low in zip(blobs, (0.5, -0.1, -0.1, 0.5), strict=True):
                blob.data[...] = draw.uniform(low, low + 0.2, blob.data.shape)
            mean, variance, factor = two.params[name]
            slope, bias = two.params[name.replace("/bn", "/scale")]
            pairs = ((slope, 0), (bias, 1), (mean, 2), (variance, 3))
            for blob, i in pairs:
                blob.data[...] = blobs[i].data.ravel()
            factor.data[...] = 1
        else:
            two.params[name][0].data[...] = blobs[0].data
    (a,), (b,) = (net.forward().values() for net in (one, two))
    assert np.abs(a).max() > 0
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(a).max())


def resnet_only(n, bn):
    resnet(n, n.data, 50, "deep", 16, bn=bn, frozen=True)


def test_the_context_module_passes_scores_on(tmp_path):
    def draw(n):
        n.scores = L.Power(n.data, scale=0.01, shift=2)
        dilation.context_module(n, n.scores, 3, identity=True)

    net = built(tmp_path, draw, 40)
    net.forward()
    scores, out = net.blobs["scores"].data, net.blobs["ctx_final"].data
    assert (scores > 0).all()  # rectifiers pass them
    # Noise of 0.01 a weight, 28 weights a layer, 8 layers: about a tenth.
    assert np.abs(out / scores - 1).mean() < 0.5
    for passed, given in zip(out[0], scores[0], strict=True):  # each offset by its noise
        assert np.corrcoef(passed.ravel(), given.ravel())[0, 1] > 0.9


def test_hed_draws_edges_of_the_picture_s_size(tmp_path):
    net = built(tmp_path, lambda n: hed.hed(n, [Head(1)]), 37)
    out = net.forward()
    assert len(out) == 6 and {v.shape for v in out.values()} == {(1, 1, 37, 37)}
    np.testing.assert_allclose(out["sigmoid-fuse"], 0.5)  # nothing has been learned
