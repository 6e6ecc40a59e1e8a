"""FlowNet2's L1Loss, LpqLoss and Downsample, beside NumPy."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, normal
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError


def flows():
    """Two maps, the second with unknown places; with this seed nothing is near a kink."""
    a, b = np.random.default_rng(439).standard_normal((2, 2, 3, 4, 5)).astype(np.float32)
    b[0, 1, 2, 3] = b[1, :, 0, 0] = np.nan
    return a, b


def l1_by_hand(a, b, by_place, by_channels, by_entries, epsilon, plateau):
    d = np.float64(a) - b
    known = ~np.isnan(d)
    count = known.sum() / d.shape[1] if by_entries else len(d)
    d = np.where(known, np.abs(d), 0)
    if not by_place:
        return np.where(d < plateau, 0, d).sum() / count
    s = (d**2).sum(1) / (d.shape[1] if by_channels else 1)
    return np.sqrt(np.where(s < plateau**2, 0, s) + epsilon).sum() / count


@pytest.mark.parametrize("by_place", [False, True])
@pytest.mark.parametrize("by_entries", [False, True])
@pytest.mark.parametrize("plateau", [0, 1])
def test_l1_loss(by_place, by_entries, plateau):
    for by_channels, epsilon in ((False, 0.01), (True, 0.5)):
        a, b = flows()
        given = {
            "l2_per_location": by_place,
            "l2_prescale_by_channels": by_channels,
            "normalize_by_num_entries": by_entries,
            "epsilon": epsilon,
            "plateau": plateau,
        }
        settings = " ".join(f"{name}: {str(v).lower()}" for name, v in given.items())
        run = build(f"type: 'FlowNet2L1Loss' l1_loss_param {{ {settings} }}", a, b)
        want = l1_by_hand(a, b, by_place, by_channels, by_entries, epsilon, plateau)
        close(run.forward()[0], want)
        check_gradients(run, top_diff=WEIGHT, bottoms=[0], step=1e-2, tol=2e-2)
        run.forward()
        da, db = run.backward(*WEIGHT)
        np.testing.assert_array_equal(da, -db)
        assert not da[np.isnan(b)].any()


def test_l1_loss_of_one_bottom_and_at_zero():
    d = np.float32([1, 0, -2, 0.5]).reshape(1, 1, 2, 2)
    run = build("type: 'FlowNet2L1Loss' l1_loss_param { }", d)
    close(run.forward()[0], 3.5)
    close(run.backward(np.float32(1))[0].ravel(), [1, -1, -1, 1])
    run = build("type: 'FlowNet2L1Loss' l1_loss_param { plateau: 0.75 }", d)
    close(run.forward()[0], 3)
    close(run.backward(np.float32(1))[0].ravel(), [1, 0, -1, 0])


def test_l1_loss_is_told_from_nvcaffes_by_its_parameters():
    text = input_layer("a", 1, 2, 1, 1) + "layer { name: 'l' type: 'L1Loss' bottom: 'a' bottom: 'b'"
    text = input_layer("b", 1, 2, 1, 1) + text + " top: 'l' {} }}"
    for settings, want in (("", 7), ("l1_loss_param { l2_per_location: true epsilon: 0 }", 5)):
        net = net_of(text.replace(" {} }}", f" {settings} }}"))
        net.blobs["a"].data[...] = np.reshape([3, -4], (1, 2, 1, 1))
        close(net.forward()["l"], want)


@pytest.mark.parametrize("p, q, more", [(2, 0.2, ""), (1, 1, "p_epsilon: 0.5 q_epsilon: 0.25")])
@pytest.mark.parametrize("entries", ["true", "false"])
def test_lpq_loss(p, q, more, entries):
    a, b = flows()
    settings = f"p: {p} q: {q} normalize_by_num_entries: {entries} {more}"
    run = build(f"type: 'LpqLoss' lpq_loss_param {{ {settings} }}", a, b)
    known = ~np.isnan(b)
    d = np.where(known, np.abs(np.float64(a) - b), 0)
    shifts = (0.5, 0.25) if more else (0, 0.01)
    total = ((((d + shifts[0]) ** p).sum(1) + shifts[1]) ** q).sum()
    close(run.forward()[0], total / (known.sum() / 3 if entries == "true" else 2))
    check_gradients(run, top_diff=WEIGHT, bottoms=[0], step=1e-2, tol=2e-2)


def test_losses_refuse():
    for text, shapes, message in (
        ("'LpqLoss' lpq_loss_param { p: 1 p: 2 q: 1 q: 1 }", [(1, 1, 2, 2)], "one p and one q"),
        ("'LpqLoss' lpq_loss_param { p: 1 q: 1 }", [(1, 1, 2, 2), (1, 1, 2, 3)], "differ in shape"),
        ("'FlowNet2L1Loss'", [(1, 2)], "N, C, H, W"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f"type: {text}", *shapes)


def downsample_by_hand(x, height, width):
    y = np.full((height, width), np.nan)
    ry, rx = (x.shape[0] - 1) / (height - 1), (x.shape[1] - 1) / (width - 1)
    for i in range(height):
        for j in range(width):
            total = weight = lost = 0.0
            for r in range(x.shape[0]):
                for c in range(x.shape[1]):
                    w = max(0, 1 - abs(r - i * ry) / ry) * max(0, 1 - abs(c - j * rx) / rx)
                    if np.isnan(x[r, c]):
                        lost += w
                    else:
                        total, weight = total + w * x[r, c], weight + w
            if weight and lost / weight <= 0.5:
                y[i, j] = total / weight
    return y


@pytest.mark.parametrize("size", [(3, 4), (2, 2), (6, 5), (9, 11)])
def test_downsample(size):
    x = normal(2, 2, 9, 11)
    x[0, 0, 3:6, 2:7] = x[1, 1, 8, 10] = np.nan
    settings = f"downsample_param {{ top_height: {size[0]} top_width: {size[1]} }}"
    (y,) = build(f"type: 'Downsample' {settings}", x).forward()
    want = [[downsample_by_hand(m, *size) for m in item] for item in x]
    assert np.isnan(want).any() == (min(size) > 2) and not np.isnan(want).all()
    np.testing.assert_allclose(y, want, rtol=1e-4, atol=1e-5)
    (like,) = build("type: 'Downsample'", x, (2, 1, *size)).forward()
    np.testing.assert_array_equal(like, y)


def test_downsample_stops_the_gradient():
    """FlowNet2's training nets take the size from a prediction, which learns."""
    net = net_of(
        input_layer("x", 1, 1, 6, 6)
        + input_layer("truth", 1, 1, 6, 6)
        + """
        layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param {
                num_output: 1 kernel_size: 3 stride: 2 weight_filler { type: "xavier" } } }
        layer { name: "d" type: "Downsample" bottom: "truth" bottom: "c" top: "d" }
        layer { name: "l" type: "L1Loss" bottom: "c" bottom: "d" top: "l"
                l1_loss_param { l2_per_location: true } }"""
    )
    net.blobs["x"].data[...] = normal(1, 1, 6, 6)
    net.forward()
    net.backward()
    assert net.params["c"][0].diff.any()


def test_downsample_refuses():
    for settings in ("", "downsample_param { top_height: 1 top_width: 3 }"):
        with pytest.raises(LayerError, match="cannot make"):
            build(f"type: 'Downsample' {settings}", (1, 1, 4, 4))
