"""SegNet's layers beyond their figures: closed forms, slow NumPy, gradients, refusals, training."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, labels, normal, onehot, softmax
from netkit import input_layer, net_of
from PIL import Image

import caffe
from caffe._caffe.errors import CaffeError, LayerError
from caffe.proto import caffe_pb2

ONE = "scale_filler { type: 'constant' value: 1 }"


def bn(settings, *bottom, **kwargs):
    return build(f"type: 'BN' bn_param {{ {settings} }}", *bottom, **kwargs)


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
def test_learn_takes_the_batch_in_both_phases(phase):
    x = np.random.default_rng(0).normal(1, 3, (3, 2, 4, 5)).astype(np.float32)
    run = bn(f"{ONE} shift_filler {{ type: 'constant' value: 0.5 }}", x, phase=phase, tops=3)
    y, mean, var = run.forward()
    want = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(mean, want[0], rtol=1e-5)
    np.testing.assert_allclose(var, want[1], rtol=1e-5)
    np.testing.assert_allclose(y, (x - want[0]) / np.sqrt(want[1]) + 0.5, rtol=1e-4, atol=1e-5)


def test_bn_gradients():
    zero = [np.zeros((1, 2, 1, 1), np.float32)] * 2
    dy = np.random.default_rng(1).standard_normal((3, 2, 4, 3)).astype(np.float32)
    check_gradients(bn(ONE, (3, 2, 4, 3), tops=3), top_diff=[dy, *zero])
    check_gradients(bn(f"{ONE} bn_mode: INFERENCE", (3, 2, 4, 3)))


def test_parameter_diffs_are_overwritten():
    run = bn(ONE, (2, 2, 3, 3))
    (y,) = run.forward()
    run.backward(np.ones_like(y))
    once = run.param_diff(1)
    run.layer.blobs[1].diff[...] = 100
    run.forward()
    run.layer.run_backward([True], run.bottom, run.top, keep=False)
    np.testing.assert_allclose(run.param_diff(1), once)


def test_told_from_pspnets_by_fields_by_the_net_and_by_dialect():
    bare = input_layer("x", 1, 2, 4, 4)
    bare += 'layer { name: "bn" type: "BN" bottom: "x" top: "x" }'
    pooled = (
        bare
        + """
        layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "m"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "u" }
    """
    )
    assert len(net_of(bare).params["bn"]) == 4
    assert len(net_of(pooled).params["bn"]) == 2
    assert len(net_of('dialect: "segnet" ' + bare).params["bn"]) == 2
    assert len(net_of('dialect: "pspnet" ' + pooled).params["bn"]) == 4
    caffe.set_dialect("segnet")
    try:
        assert len(net_of(bare).params["bn"]) == 2
    finally:
        caffe.set_dialect("")


@pytest.mark.parametrize(
    "settings, shape, tops, message",
    [
        (f"{ONE} momentum: 0.9", (1, 2, 3, 3), 1, "are SegNet's"),
        (ONE, (1, 2), 1, "N, C, H, W"),
        (f"{ONE} bn_mode: INFERENCE", (1, 2, 3, 3), 2, "takes 1 top"),
    ],
)
def test_bn_refuses(settings, shape, tops, message):
    with pytest.raises(LayerError, match=message):
        bn(settings, shape, tops=tops)


def upsample(settings, x, mask):
    return build(f"type: 'Upsample' upsample_param {{ {settings} }}", x, mask)


def test_upsample_where_indices_repeat_the_last_value_stands():
    x = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 2, 2)
    run = upsample("upsample_h: 3 upsample_w: 3", x, np.float32([4, 4, 0, 4]).reshape(1, 1, 2, 2))
    (y,) = run.forward()
    assert y.ravel().tolist() == [3, 0, 0, 0, 4, 0, 0, 0, 0]
    (dx, _) = run.backward(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3))
    assert dx.ravel().tolist() == [4, 4, 0, 4]


def test_upsample_undoes_pooling():
    text = (
        input_layer("x", 2, 3, 7, 9)
        + """
        layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "m"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "u"
          upsample_param { upsample_h: 7 upsample_w: 9 } }
    """
    )
    net = net_of(text)
    x = normal(2, 3, 7, 9)
    net.blobs["x"].data[...] = x
    u = net.forward()["u"]
    assert ((u == x) | (u == 0)).all()
    for i in range(4):
        for j in range(5):
            window = u[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            assert ((window != 0).sum((2, 3)) == 1).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ("scale: 1", "must exceed 1"),
        ("scale_h: 2", "scale_h and scale_w"),
        ("scale: 2 scale_h: 2 scale_w: 2", "scale_h and scale_w"),
        ("scale: 3 pad_out_h: true", "pad_out_h"),
        ("upsample_h: 1 upsample_w: 4", "must exceed 1"),
    ],
)
def test_upsample_refuses(settings, message):
    with pytest.raises(LayerError, match=message):
        upsample(settings, (1, 1, 2, 2), (1, 1, 2, 2))


def test_upsample_refuses_masks_of_other_shapes_and_indices_outside():
    with pytest.raises(LayerError, match="one shape"):
        upsample("", (1, 1, 2, 2), (1, 1, 2, 3))
    for index in (16, -1):
        run = upsample("", (1, 1, 2, 2), np.float32([0, 1, 2, index]).reshape(1, 1, 2, 2))
        with pytest.raises(LayerError, match=f"index {index}"):
            run.forward()
    # One of upsample_h and upsample_w alone is not looked at, as in SegNet.
    assert upsample("upsample_h: 9", (1, 1, 2, 2), (1, 1, 2, 2)).top[0].shape == (1, 1, 4, 4)


@pytest.mark.parametrize("normalize", [True, False])
def test_weighted_softmax_loss(normalize):
    x, label = normal(2, 3, 4, 5), labels(3, 2, 1, 4, 5)
    label[0, 0, :2] = 255
    weights = np.float32([0.5, 2, 0.25])
    run = build(
        f"""type: "SoftmaxWithLoss" loss_param {{
        ignore_label: 255 normalize: {str(normalize).lower()}
        weight_by_label_freqs: true class_weighting: 0.5 class_weighting: 2
        class_weighting: 0.25 }}""", x, label, tops=2,
    )  # fmt: skip
    p, chosen = softmax(x, 1), onehot(label[:, 0], 3, 1)
    weight = (chosen * weights.reshape(1, 3, 1, 1)).sum(1, keepdims=True)
    divisor = (label != 255).sum() if normalize else 2
    loss, prob = run.forward()
    close(loss, -(np.log(p) * chosen * weight).sum() / divisor)
    close(prob, p)
    zero = np.zeros_like(p)
    close(run.backward(*WEIGHT, zero)[0], 0.7 * weight * (p - chosen) / divisor)
    check_gradients(run, top_diff=[*WEIGHT, zero])


def test_softmax_loss_of_nothing_is_nan():
    text = 'type: "SoftmaxWithLoss" loss_param { ignore_label: 7 weight_by_label_freqs: false }'
    run = build(text, (1, 3, 2, 2), np.full((1, 1, 2, 2), 7, np.float32))
    assert np.isnan(run.forward()[0])


def test_softmax_loss_refuses():
    label = np.zeros((1, 1, 2, 2), np.float32)
    for settings, message in (
        ("weight_by_label_freqs: true class_weighting: 1", "given 1 times for 3"),
        ("weight_by_label_freqs: true normalization: FULL", "normalization"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f'type: "SoftmaxWithLoss" loss_param {{ {settings} }}', (1, 3, 2, 2), label)


def test_dropout_that_samples_at_test_time():
    x = np.ones((1, 1000), np.float32)
    text = "type: 'Dropout' dropout_param { dropout_ratio: 0.25 sample_weights_test: true }"
    run = build(text, x, phase=caffe_pb2.TEST)
    (y,) = run.forward()
    assert set(np.unique(y).round(5)) == {0, np.float32(4 / 3).round(5)}
    assert 0.65 < (y != 0).mean() < 0.85 and (run.forward()[0] != y).any()
    run = build("type: 'Dropout' dropout_param { dropout_ratio: 0.25 scale_train: false }", x)
    assert set(np.unique(run.forward()[0])) == {0, 1}
    run = build(
        "type: 'Dropout' dropout_param { dropout_ratio: 0.25 scale_train: false }", x,
        phase=caffe_pb2.TEST,
    )  # fmt: skip
    assert (run.forward()[0] == 0.75).all() and (run.backward(x)[0] == 0.75).all()


# -- DenseImageData


def dense(folder, settings, count=3, transform="", phase=caffe.TRAIN, size=(6, 8), label=None):
    """A net over `count` images with maps of their size; pixels number them."""
    random = np.random.default_rng(5)
    lines, kept = [], []
    for i in range(count):
        image = random.integers(0, 256, (*size, 3)).astype(np.uint8)
        grey = random.integers(0, 12, label or size).astype(np.uint8)
        Image.fromarray(image).save(folder / f"i{i}.png")
        Image.fromarray(grey).save(folder / f"l{i}.png")
        kept.append((image[:, :, ::-1].transpose(2, 0, 1).astype(np.float32), grey[None]))
        lines.append(f"i{i}.png l{i}.png")
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    text = f"""layer {{ name: "d" type: "DenseImageData" top: "data" top: "label"
        dense_image_data_param {{ source: "{folder}/list.txt" root_folder: "{folder}/" {settings} }}
        transform_param {{ {transform} }} }}"""
    return net_of(text, phase), kept


def test_dense_image_data_goes_round(tmp_path):
    net, kept = dense(tmp_path, "batch_size: 2", transform="scale: 0.5 mean_value: 10")
    for first in (0, 2, 4):
        tops = net.forward()
        for i in range(2):
            image, grey = kept[(first + i) % 3]
            np.testing.assert_array_equal(tops["data"][i], (image - 10) * 0.5)
            np.testing.assert_array_equal(tops["label"][i], grey)


@pytest.mark.parametrize(
    "settings, transform",
    [
        ("mirror: true crop_height: 3 crop_width: 5", ""),
        ("", "mirror: true crop_size: 4"),
    ],
)
def test_dense_image_data_cuts_and_mirrors_both_alike(tmp_path, settings, transform):
    net, kept = dense(tmp_path, f"batch_size: 1 {settings}", count=1, transform=transform)
    image, grey = kept[0]
    seen = set()
    for _ in range(30):
        tops = net.forward()
        height, width = tops["data"].shape[2:]
        assert tops["label"].shape[2:] == (height, width)
        places = [
            (row, column, flip)
            for row in range(6 - height + 1)
            for column in range(8 - width + 1)
            for flip in (False, True)
            if np.array_equal(_cut(image, row, column, height, width, flip), tops["data"][0])
        ]
        assert len(places) == 1
        np.testing.assert_array_equal(_cut(grey, *places[0][:2], height, width, places[0][2]),
                                      tops["label"][0])  # fmt: skip
        seen.add(places[0])
    assert len({p[:2] for p in seen}) > 3 and {p[2] for p in seen} == {False, True}


def _cut(pixels, row, column, height, width, flip):
    part = pixels[:, row : row + height, column : column + width]
    return part[:, :, ::-1] if flip else part


def test_dense_image_data_shuffles_every_round(tmp_path):
    caffe.set_random_seed(3)
    net, kept = dense(tmp_path, "batch_size: 1 shuffle: true", count=8)
    rounds = [[_which(net.forward()["data"][0], kept) for _ in range(8)] for _ in range(3)]
    assert all(sorted(r) == list(range(8)) for r in rounds) and rounds[0] != rounds[1]


def _which(data, kept):
    return next(i for i, (image, _) in enumerate(kept) if np.array_equal(image, data))


def test_dense_image_data_divides_labels(tmp_path):
    net, kept = dense(tmp_path, "batch_size: 1 label_divide_factor: 2", count=1, label=(3, 4))
    tops = net.forward()
    np.testing.assert_array_equal(tops["label"][0], kept[0][1])
    settings = "batch_size: 1 new_height: 12 new_width: 8 label_divide_factor: 4"
    tops = dense(tmp_path, settings, count=1)[0].forward()
    assert tops["data"].shape == (1, 3, 12, 8) and tops["label"].shape == (1, 1, 3, 2)


@pytest.mark.parametrize(
    "settings, options, message",
    [
        ("batch_size: 1 new_height: 3", {}, "must both be set"),
        ("batch_size: 1 crop_width: 3", {}, "must both be set"),
        ("", {}, "batch_size is 0"),
        ("batch_size: 1", {"label": (6, 7)}, "is 6 x 7, expected 6 x 8"),
        ("batch_size: 1 crop_height: 7 crop_width: 2", {}, "smaller than the crop"),
        ("batch_size: 1 label_divide_factor: 2 crop_height: 2 crop_width: 2", {}, "with a crop"),
        ("batch_size: 1 rotate: true", {}, "rotate"),
        ("batch_size: 1", {"count": 0}, "empty"),
    ],
)
def test_dense_image_data_refuses(tmp_path, settings, options, message):
    with pytest.raises(LayerError, match=message):
        dense(tmp_path, settings, **options)[0].forward()


def test_dense_image_data_wants_two_names_a_line(tmp_path):
    net_text = f"""layer {{ name: "d" type: "DenseImageData" top: "data" top: "label"
        dense_image_data_param {{ source: "{tmp_path}/list.txt" batch_size: 1 }} }}"""
    (tmp_path / "list.txt").write_text("only.png\n")
    with pytest.raises(CaffeError, match="an image and a label map"):
        net_of(net_text)


def test_a_segnet_learns():
    """Pooling masks, BN of the batch and weighted loss: bright pixels against dark ones."""
    size = (2, 1, 10, 12)
    text = input_layer("data", *size) + input_layer("label", *size)
    conv = 'weight_filler { type: "msra" } kernel_size: 3 pad: 1'
    for name, bottom, outputs in (("c1", "data", 6), ("c2", "p1", 6)):
        text += f"""
            layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
              convolution_param {{ num_output: {outputs} {conv} }} }}
            layer {{ name: "{name}_bn" type: "BN" bottom: "{name}" top: "{name}"
              bn_param {{ {ONE} }} }}
            layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}
            layer {{ name: "pool{name[1]}" type: "Pooling" bottom: "{name}" top: "p{name[1]}"
              top: "m{name[1]}" pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}"""
    text += f"""
        layer {{ name: "u2" type: "Upsample" bottom: "p2" bottom: "m2" top: "u2"
          upsample_param {{ upsample_h: 5 upsample_w: 6 }} }}
        layer {{ name: "u1" type: "Upsample" bottom: "u2" bottom: "m1" top: "u1" }}
        layer {{ name: "score" type: "Convolution" bottom: "u1" top: "score"
          convolution_param {{ num_output: 2 {conv} }} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss"
          loss_param {{ weight_by_label_freqs: true class_weighting: 1 class_weighting: 2 }} }}"""
    caffe.set_random_seed(1)
    net = net_of(text)
    random = np.random.default_rng(6)
    net.blobs["data"].data[...] = random.standard_normal(size)
    net.blobs["label"].data[...] = net.blobs["data"].data > 0
    losses = []
    for _ in range(60):
        losses.append(float(net.forward()["loss"]))
        net.clear_param_diffs()
        net.backward()
        for name in net.params:
            for blob in net.params[name]:
                blob.data[...] -= 0.1 * blob.diff
    assert losses[-1] < 0.8 * losses[0]
