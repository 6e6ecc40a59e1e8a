"""HED's loss and data layer, RCF's loss: closed forms, gradients, refusals."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, normal
from netkit import input_layer, net_of
from PIL import Image

import caffe
from caffe._caffe.errors import LayerError


@pytest.fixture
def dialect(request):
    caffe.set_dialect(request.param)
    yield request.param
    caffe.set_dialect("")


def loss(x, target):
    return build('type: "SigmoidCrossEntropyLoss"', x, target)


def by_hand(x, target, zeros):
    total = 0.0
    for item, t in zip(x.astype(np.float64), target, strict=True):
        ones, none = (t == 1), (t == 0)
        share = ones.sum() / (ones.sum() + none.sum())
        total += (1 - share) * np.log1p(np.exp(-item[ones])).sum()
        total += zeros * share * np.log1p(np.exp(item[none])).sum()
    return total / len(x)


@pytest.mark.parametrize("dialect, zeros", [("hed", 1), ("rcf", 1.1)], indirect=["dialect"])
def test_balanced_loss(dialect, zeros):
    x = normal(3, 1, 4, 5)
    target = (np.random.default_rng(0).random((3, 1, 4, 5)) < 0.3).astype(np.float32)
    run = loss(x, target)
    close(run.forward()[0], by_hand(x, target, zeros))
    check_gradients(run, top_diff=WEIGHT)


@pytest.mark.parametrize("dialect, weight", [("hed", 1), ("rcf", 0)], indirect=["dialect"])
def test_other_targets_count_nowhere_but_have_heds_gradient(dialect, weight):
    x = np.float32([[0.5, -1, 2, 3]])
    run = loss(x, np.float32([[1, 0, 0.25, 255]]))
    want = by_hand(x[:, :2], np.float32([[1, 0]]), 1 if weight else 1.1)
    assert run.forward()[0] == pytest.approx(want, rel=1e-5)
    s = 1 / (1 + np.exp(-x[0, 2:]))
    close(run.backward(np.float32(1))[0][0, 2:], weight * (s - [0.25, 255]))


@pytest.mark.parametrize("dialect", ["hed"], indirect=True)
def test_the_loss_does_not_overflow_and_images_of_one_kind_give_nothing(dialect):
    x = np.float32([[1000, -1000], [3, 4]])
    run = loss(x, np.float32([[0, 1], [1, 1]]))
    assert run.forward()[0] == pytest.approx((500 + 500) / 2)
    assert not run.backward(np.float32(1))[0][1].any()


@pytest.mark.parametrize("dialect", ["hed"], indirect=True)
def test_the_loss_of_items_of_one_place(dialect):
    """Bottoms of one axis; the figures are HED's, nan where no target counts."""
    run = loss(np.float32([2, -1, 0.2]), np.float32([1, 0.25, 0]))
    assert np.isnan(run.forward()[0])
    close(run.backward(np.float32(1))[0], [0, 0.0063138, 0])


@pytest.mark.parametrize("dialect", ["hed"], indirect=True)
def test_the_loss_refuses(dialect):
    with pytest.raises(LayerError, match="as many targets"):
        loss((2, 3), (2, 4))
    with pytest.raises(LayerError, match="number of items"):
        loss((2, 3), (3, 2))


@pytest.mark.parametrize("dialect, weight", [("hed", 1), ("rcf", 0)], indirect=["dialect"])
def test_an_image_without_ones_and_zeros_has_no_loss(dialect, weight):
    """0 / 0 in both forks' forward; their backward has only the gradient of other targets."""
    x = np.float32([[0.5, -1], [2, 3]])
    run = loss(x, np.float32([[1, 0], [2, 2]]))
    assert np.isnan(run.forward()[0])
    diff = run.backward(np.float32(1))[0]
    s = 1 / (1 + np.exp(-x))
    close(diff[0], (s[0] - [1, 0]) * [0.5, 0.5 if weight else 0.55] / 2)
    close(diff[1], weight * (s[1] - 2) / 2)


def test_the_union_name_needs_no_dialect():
    run = build('type: "HEDSigmoidCrossEntropyLoss"', np.float32([[2, 3]]), np.float32([[1, 1]]))
    assert run.forward()[0] == 0


# -- ImageLabelmapData


def edges(folder, settings="batch_size: 1", transform="", count=2, map_size=(5, 6)):
    random, kept = np.random.default_rng(8), []
    for i in range(count):
        image = random.integers(0, 256, (5, 6, 3)).astype(np.uint8)
        grey = random.integers(0, 256, map_size).astype(np.uint8)
        grey.flat[:4] = (127, 128, 0, 255)
        Image.fromarray(image).save(folder / f"i{i}.png")
        Image.fromarray(grey).save(folder / f"e{i}.png")
        kept.append((image[:, :, ::-1].transpose(2, 0, 1).astype(np.float32), grey[None] >= 128))
    (folder / "list.lst").write_text("".join(f"i{i}.png e{i}.png\n" for i in range(count)))
    text = f"""layer {{ name: "d" type: "ImageLabelmapData" top: "data" top: "label"
        image_data_param {{ source: "{folder}/list.lst" root_folder: "{folder}/" {settings} }}
        transform_param {{ {transform} }} }}"""
    return text, kept


def test_image_labelmap_data(tmp_path):
    text, kept = edges(tmp_path, transform="scale: 2 mean_value: 3")
    net = net_of(text)
    for image, edge in (kept[0], kept[1], kept[0]):
        tops = net.forward()
        np.testing.assert_array_equal(tops["data"][0], (image - 3) * 2)
        np.testing.assert_array_equal(tops["label"][0], edge)


def test_rcf_keeps_the_greys_below_the_middle(tmp_path):
    text, _ = edges(tmp_path, count=1)
    grey = np.asarray(Image.open(tmp_path / "e0.png")).astype(np.float32)
    label = net_of(f'dialect: "rcf" {text}').forward()["label"]
    np.testing.assert_allclose(label[0, 0], np.where(grey > 127.5, 1, grey / 255), rtol=1e-6)


def test_image_labelmap_data_crops_at_random_in_test_too(tmp_path):
    text, kept = edges(tmp_path, "batch_size: 1", "crop_size: 3 mirror: true", count=1)
    net = net_of(text, caffe.TEST)
    image, edge = kept[0]
    seen = set()
    for _ in range(30):
        tops = net.forward()
        for place in np.ndindex(3, 4, 2):
            cut = [p[:, place[0] : place[0] + 3, place[1] : place[1] + 3] for p in (image, edge)]
            cut = [p[:, :, ::-1] for p in cut] if place[2] else cut
            if np.array_equal(cut[0], tops["data"][0]):
                np.testing.assert_array_equal(cut[1], tops["label"][0])
                seen.add(place)
    assert len(seen) > 6


def test_image_labelmap_data_refuses(tmp_path):
    for settings, map_size, message in (
        ("batch_size: 1", (5, 5), "is 5 x 5, expected 5 x 6"),
        ("batch_size: 1 new_height: 3 new_width: 4", (5, 5), "is 5 x 5, expected 5 x 6"),
        ("batch_size: 1 new_width: 4", (5, 6), "must both be set"),
        ("batch_size: 0", (5, 6), "batch_size"),
    ):
        text, _ = edges(tmp_path, settings, map_size=map_size)
        with pytest.raises(LayerError, match=message):
            net_of(text).forward()


def test_a_net_with_its_data_layer_has_its_loss(tmp_path, caplog):
    text, _ = edges(tmp_path)
    text += """
        layer { name: "s" type: "Convolution" bottom: "data" top: "s"
          convolution_param { num_output: 1 kernel_size: 1 } }
        layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "s" bottom: "label"
          top: "loss" }"""
    losses = {d: float(net_of(f'dialect: "{d}" {text}').forward()["loss"]) for d in ("hed", "bvlc")}
    assert float(net_of(text).forward()["loss"]) == losses["hed"] != losses["bvlc"]
    assert "read as hed's" in caplog.text


def test_bvlcs_loss_stays_bvlcs():
    text = input_layer("x", 1, 2) + input_layer("t", 1, 2)
    text += 'layer { name: "l" type: "SigmoidCrossEntropyLoss" bottom: "x" bottom: "t" top: "l" }'
    net = net_of(text)
    assert float(net.forward()["l"]) == pytest.approx(2 * np.log(2), rel=1e-6)
