"""Net surgery: what is copied, coerced, dropped; bilinear kernels; classes and channels."""

import numpy as np
import pytest
from surgerykit import make, quiet

import surgery
from caffe import layers as L
from nets.surgery import thin
from surgery import SurgeryError


def classifier(n):
    n.conv = L.Convolution(n.data, num_output=4, kernel_size=3)
    n.fc = L.InnerProduct(n.conv, num_output=5)
    n.gone = L.InnerProduct(n.fc, num_output=2)


def convolutional(n, suffix=""):
    n["conv" + suffix] = L.Convolution(n.data, num_output=4, kernel_size=3)
    n["fc" + suffix] = L.Convolution(n["conv" + suffix], num_output=5, kernel_size=6)


def test_transplant_copies_coerces_drops_and_reports(tmp_path):
    old, new = make(tmp_path, "old", classifier), make(tmp_path, "new", convolutional, seed=1)
    said = []
    report = surgery.transplant(new, old, log=said.append)
    assert (
        report
        == said
        == [
            "copying conv[0] -> conv[0]",
            "copying conv[1] -> conv[1]",
            "coercing fc[0] (5, 144) -> fc[0] (5, 4, 6, 6)",
            "copying fc[1] -> fc[1]",
            "dropping gone: no layer 'gone'",
        ]
    )
    picture = np.random.RandomState(2).standard_normal((1, 3, 8, 8))
    for net in (old, new):
        net.blobs["data"].data[...] = picture
        net.forward()
    np.testing.assert_allclose(
        new.blobs["fc"].data.ravel(), old.blobs["fc"].data.ravel(), rtol=1e-4, atol=1e-4
    )


def test_transplant_with_a_suffix(tmp_path):
    old = make(tmp_path, "old", convolutional)
    new = make(tmp_path, "new", lambda n: convolutional(n, "hha"), seed=1)
    surgery.transplant(new, old, suffix="hha", log=quiet)
    np.testing.assert_array_equal(new.params["fchha"][0].data, old.params["fc"][0].data)


def test_transplant_refuses_unequal_counts(tmp_path):
    def wider(n):
        n.fc = L.Convolution(n.data, num_output=5, kernel_size=7)

    old, new = make(tmp_path, "old", classifier), make(tmp_path, "new", wider, seed=1)
    before = new.params["fc"][0].data.copy()
    with pytest.raises(SurgeryError, match=r"fc\[0\] \(5, 144\) has 720 .* has 735"):
        surgery.transplant(new, old, log=quiet)
    assert (new.params["fc"][0].data == before).all()


def test_transplant_drops_what_has_no_blob(tmp_path):
    old = make(tmp_path, "old", convolutional)

    def unbiased(n):
        n.conv = L.Convolution(n.data, num_output=4, kernel_size=3, bias_term=False)

    new = make(tmp_path, "new", unbiased)
    assert "dropping conv[1]: conv has 1 blobs" in surgery.transplant(new, old, log=quiet)


@pytest.mark.parametrize("size", [3, 4, 5, 16, 63, 64])
def test_upsample_filt_is_bilinear(size):
    factor = (size + 1) // 2
    center = factor - 1 if size % 2 else factor - 0.5
    expected = [
        [(1 - abs(i - center) / factor) * (1 - abs(j - center) / factor) for j in range(size)]
        for i in range(size)
    ]
    np.testing.assert_allclose(surgery.upsample_filt(size), expected, rtol=1e-12)


@pytest.mark.parametrize("kernel, stride", [(4, 2), (64, 32), (63, 32), (16, 8)])
@pytest.mark.parametrize("group", [1, 3])
def test_interp_keeps_a_constant_and_the_channels_apart(tmp_path, kernel, stride, group):
    def draw(n):
        n.up = L.Deconvolution(
            n.data,
            convolution_param=dict(
                num_output=3, kernel_size=kernel, stride=stride, bias_term=False, group=group
            ),
        )

    net = make(tmp_path, "up", draw, side=4)
    surgery.interp(net, surgery.interp_layers(net))
    net.blobs["data"].data[...] = np.array([1.0, -2.0, 5.0]).reshape(1, 3, 1, 1)
    net.forward()
    inner = net.blobs["up"].data[0, :, stride:-stride, stride:-stride]
    expected = np.broadcast_to(np.array([1.0, -2.0, 5.0]).reshape(3, 1, 1), inner.shape)
    np.testing.assert_allclose(inner, expected, rtol=1e-5)


def test_interp_refuses_other_kernels(tmp_path):
    def draw(n):
        n.up = L.Deconvolution(n.data, convolution_param=dict(num_output=5, kernel_size=4))
        n.upright = L.Deconvolution(
            n.data, convolution_param=dict(num_output=3, kernel_h=4, kernel_w=2)
        )

    net = make(tmp_path, "up", draw)
    with pytest.raises(SurgeryError, match="up: 3 x 5 channels"):
        surgery.interp(net, ["up"])
    with pytest.raises(SurgeryError, match="kernel 4 x 2"):
        surgery.interp(net, ["upright"])


def scorer(classes):
    def draw(n):
        n.conv = L.Convolution(n.data, num_output=classes + 2, kernel_size=3)
        n.score = L.Convolution(n.data, num_output=classes, kernel_size=1)
        n.upscore = L.Deconvolution(
            n.score, convolution_param=dict(num_output=classes, kernel_size=4, bias_term=False)
        )

    return draw


def test_expand_score_puts_the_old_classes_first(tmp_path):
    old, new = make(tmp_path, "old", scorer(3)), make(tmp_path, "new", scorer(5), seed=1)
    before = [b.data.copy() for b in new.params["score"]]
    surgery.expand_score(new, "score", old, "score")
    for i in (0, 1):
        got = new.params["score"][i].data
        np.testing.assert_array_equal(got[:3], old.params["score"][i].data)
        np.testing.assert_array_equal(got[3:], before[i][3:])
    with pytest.raises(SurgeryError, match="does not fit"):
        surgery.expand_score(old, "score", new, "score")


def test_change_classes_picks_scores_and_upsampling(tmp_path):
    old = make(tmp_path, "old", scorer(3))
    new = make(tmp_path, "new", lambda n: new_scorer(n), seed=1)
    fresh = new.params["score"][0].data[1].copy()
    surgery.change_classes(new, old, [2, None], log=quiet)
    np.testing.assert_array_equal(new.params["conv"][0].data, old.params["conv"][0].data)
    np.testing.assert_array_equal(new.params["score"][0].data[0], old.params["score"][0].data[2])
    np.testing.assert_array_equal(new.params["score"][0].data[1], fresh)
    ups = new.params["upscore"][0].data, old.params["upscore"][0].data
    np.testing.assert_array_equal(ups[0][0, 0], ups[1][2, 2])
    with pytest.raises(SurgeryError, match=r"old classes \[7\] of 3"):
        surgery.change_classes(new, old, [7, 0], log=quiet)
    with pytest.raises(SurgeryError, match="expected 3 classes first"):
        surgery.change_classes(new, old, [0, 1, 2], log=quiet)


def new_scorer(n):
    n.conv = L.Convolution(n.data, num_output=5, kernel_size=3)
    n.score = L.Convolution(n.data, num_output=2, kernel_size=1)
    n.upscore = L.Deconvolution(
        n.score, convolution_param=dict(num_output=2, kernel_size=4, bias_term=False)
    )


def first(n):
    n.conv1 = L.Convolution(n.data, num_output=4, kernel_size=3)


def test_inflate_to_one_channel_answers_as_to_gray(tmp_path):
    old = make(tmp_path, "old", first)
    new = make(tmp_path, "new", first, seed=1, channels=1)
    assert "inflating" in surgery.inflate(new, "conv1", old, "conv1")
    gray = np.random.RandomState(3).standard_normal((1, 1, 8, 8))
    old.blobs["data"].data[...] = gray
    new.blobs["data"].data[...] = gray
    old.forward(), new.forward()
    np.testing.assert_allclose(
        new.blobs["conv1"].data, old.blobs["conv1"].data, rtol=1e-4, atol=1e-5
    )
    surgery.inflate(new, "conv1", old, "conv1", gray="mean")
    mean = old.params["conv1"][0].data.mean(axis=1)
    np.testing.assert_allclose(new.params["conv1"][0].data[:, 0], mean, rtol=1e-5)


def test_inflate_to_more_channels_adds_the_mean(tmp_path):
    old = make(tmp_path, "old", first)
    new = make(tmp_path, "new", first, seed=1, channels=5)
    surgery.inflate(new, "conv1", old, "conv1")
    weights, source = new.params["conv1"][0].data, old.params["conv1"][0].data
    np.testing.assert_array_equal(weights[:, :3], source)
    np.testing.assert_allclose(weights[:, 3], source.mean(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(weights[:, 3], weights[:, 4])
    np.testing.assert_array_equal(new.params["conv1"][1].data, old.params["conv1"][1].data)
    two = make(tmp_path, "two", first, channels=2)
    with pytest.raises(SurgeryError, match="fewer channels"):
        surgery.inflate(two, "conv1", old, "conv1")
    with pytest.raises(SurgeryError, match="gray='max'"):
        surgery.inflate(new, "conv1", old, "conv1", gray="max")
    other = make(tmp_path, "other", lambda n: convolutional(n), channels=5)
    with pytest.raises(SurgeryError, match="only axis 1"):
        surgery.inflate(other, "fc", old, "conv1")


def test_thinning_takes_evenly_spaced_filters_inputs_and_taps(tmp_path):
    def draw(width, side):
        def stack(n):
            n.fc6 = L.Convolution(n.data, num_output=width, kernel_size=side)
            n.fc7 = L.Convolution(n.fc6, num_output=width, kernel_size=1)

        return stack

    old = make(tmp_path, "old", draw(7, 7), seed=1)
    new = make(tmp_path, "new", draw(3, 3), seed=2)
    report = thin(new, "fc6", old, "fc6")
    thin(new, "fc7", old, "fc7")
    assert report == "thinning fc6 (7, 3, 7, 7) -> fc6 (3, 3, 3, 3)"
    for i, f in enumerate((0, 3, 6)):
        assert new.params["fc6"][1].data[i] == old.params["fc6"][1].data[f]
        np.testing.assert_array_equal(
            new.params["fc6"][0].data[i], old.params["fc6"][0].data[f][:, ::3, ::3]
        )
        for j, g in enumerate((0, 3, 6)):
            assert new.params["fc7"][0].data[i, j, 0, 0] == old.params["fc7"][0].data[f, g, 0, 0]
    with pytest.raises(SurgeryError, match="cannot be thinned to fc6"):
        thin(old, "fc6", new, "fc6")
