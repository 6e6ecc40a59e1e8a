"""R-CNN's and R-FCN's layers: slow NumPy versions, gradients, refusals, and a head that learns."""

import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, labels, normal, softmax
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import CaffeError, LayerError

RNG = np.random.default_rng(7)


def random_rois(count, images, width, height):
    """Regions in and about a picture, some malformed."""
    corners = RNG.uniform(-0.2, 1.2, (count, 4)) * [width, height, width, height]
    rois = np.concatenate([RNG.integers(0, images, (count, 1)), corners], 1).astype(np.float32)
    rois[: count * 3 // 4, 1:] = np.sort(rois[: count * 3 // 4, 1:].reshape(-1, 2, 2), 1).reshape(
        -1, 4
    )
    return rois


def away(value):
    return math.copysign(math.floor(abs(value) + 0.5), value)


def slow_roi_pooling(x, rois, size, scale, dy):
    """Top and bottom diff, pixel by pixel (roi_pooling_layer.cpp and .cu)."""
    top, dx = np.zeros((len(rois), x.shape[1], *size), np.float32), np.zeros_like(x)
    for r, (image, *corners) in enumerate(rois):
        left, top_, right, bottom = (int(away(np.float32(c) * np.float32(scale))) for c in corners)
        extent = max(bottom - top_ + 1, 1), max(right - left + 1, 1)
        bins = [np.float32(e) / np.float32(s) for e, s in zip(extent, size, strict=True)]
        for i, j in np.ndindex(*size):
            y0, y1 = math.floor(i * bins[0]) + top_, math.ceil((i + 1) * bins[0]) + top_
            x0, x1 = math.floor(j * bins[1]) + left, math.ceil((j + 1) * bins[1]) + left
            y0, y1 = (min(max(v, 0), x.shape[2]) for v in (y0, y1))
            x0, x1 = (min(max(v, 0), x.shape[3]) for v in (x0, x1))
            if y1 <= y0 or x1 <= x0:
                continue
            for c in range(x.shape[1]):
                part = x[int(image), c, y0:y1, x0:x1]
                v, u = np.unravel_index(part.argmax(), part.shape)
                top[r, c, i, j] = part[v, u]
                if top_ <= v + y0 <= bottom and left <= u + x0 <= right:
                    dx[int(image), c, v + y0, u + x0] += dy[r, c, i, j]
    return top, dx


@pytest.mark.parametrize("size, scale", [((7, 7), 0.0625), ((2, 3), 0.5), ((1, 1), 0.1)])
@pytest.mark.parametrize("quantized", [False, True])
def test_roi_pooling_by_hand(size, scale, quantized):
    x = normal(2, 3, 13, 17)
    if quantized:  # ties, among them of -0 and 0
        x = np.round(x) * np.where(RNG.random(x.shape) < 0.5, -1, 1).astype(np.float32)
    rois = random_rois(40, 2, 17 / scale, 13 / scale)
    run = build(
        f'type: "ROIPooling" roi_pooling_param {{ pooled_h: {size[0]} pooled_w: {size[1]} '
        f"spatial_scale: {scale} }}",
        x,
        rois,
    )
    (top,) = run.forward()
    dy = normal(*top.shape)
    want, dx = slow_roi_pooling(x, rois, size, scale, dy)
    assert np.array_equal(top, want)
    close(run.backward(dy)[0], dx, atol=1e-5)


def test_roi_pooling_recomputes_what_it_did_not_save():
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    run = build(text, normal(1, 2, 6, 6), np.array([[0, 1, 1, 4, 5]], np.float32))
    (top,) = run.forward()
    dy = normal(*top.shape)
    want = run.backward(dy)[0]
    run.layer.saved = None
    assert np.array_equal(run.backward(dy)[0], want)


def test_roi_pooling_passes_over_nan():
    x = np.full((1, 1, 4, 4), np.nan, np.float32)
    x[0, 0, 1, 1] = -3
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 1 pooled_w: 2 }'
    run = build(text, x, np.array([[0, 0, 0, 3, 3]], np.float32))
    (top,) = run.forward()
    assert top.ravel().tolist() == [-3, -np.finfo(np.float32).max]
    dx = run.backward(np.ones_like(top))[0]
    assert dx[0, 0, 1, 1] == 1 and dx.sum() == 1


@pytest.mark.parametrize(
    "text",
    [
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }',
        'type: "PSROIPooling" psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 1 }',
    ],
)
def test_regions_that_would_want_a_gradient_get_none(text):
    # Those of Faster R-CNN's proposal layer do: its bottoms are scores.
    run = build(text, normal(1, 2, 6, 6), np.array([[0, 1, 1, 4, 5]], np.float32))
    (top,) = run.forward()
    dx, drois = run.backward(normal(*top.shape), propagate=[True, True])
    assert dx.any() and not drois.any()


def test_no_regions_pool_to_nothing():
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    run = build(text, normal(1, 3, 6, 6), np.zeros((1, 5), np.float32))
    run.bottom[1].reshape(0, 5)
    run.layer.run(run.bottom, run.top)
    assert run.top[0].shape == (0, 3, 2, 2)


def slow_psroi(x, rois, outputs, group, scale):
    top = np.zeros((len(rois), outputs, group, group), np.float32)
    f = np.float32
    for r, (image, *corners) in enumerate(rois):
        x1, y1 = (f(away(c)) * f(scale) for c in corners[:2])
        x2, y2 = (f(away(c) + 1) * f(scale) for c in corners[2:])
        bins = [max(f(b - a), f(0.1)) / f(group) for a, b in ((y1, y2), (x1, x2))]
        for c, i, j in np.ndindex(outputs, group, group):
            rows = math.floor(f(i) * bins[0] + y1), math.ceil(f(i + 1) * bins[0] + y1)
            columns = math.floor(f(j) * bins[1] + x1), math.ceil(f(j + 1) * bins[1] + x1)
            rows, columns = np.clip(rows, 0, x.shape[2]), np.clip(columns, 0, x.shape[3])
            part = x[int(image), (c * group + i) * group + j, slice(*rows), slice(*columns)]
            top[r, c, i, j] = part.mean() if part.size else 0
    return top


def test_psroi_pooling_by_hand():
    x, rois = normal(2, 18, 9, 11), random_rois(30, 2, 44, 36)
    run = build(
        'type: "PSROIPooling" psroi_pooling_param { spatial_scale: 0.25 output_dim: 2 '
        "group_size: 3 }",
        x,
        rois,
    )
    close(run.forward()[0], slow_psroi(x, rois, 2, 3, 0.25), atol=1e-5)
    check_gradients(run)


@pytest.mark.parametrize(
    "text, bottoms, message",
    [
        ('"ROIPooling"', [(1, 1, 4, 4), (2, 5)], "needs pooled_h > 0, given 0"),
        ('"ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }', [(1, 1, 4, 4), (2, 4)],
         r"takes regions of shape \(R, 5\)"),
        ('"ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }', [(1, 4, 4), (2, 5)],
         r"maps of shape \(N, C, H, W\)"),
        ('"PSROIPooling" psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 2 }',
         [(1, 9, 4, 4), (2, 5)], "= 8 channels, bottom 0 has 9"),
        ('"PSROIPooling" psroi_pooling_param { spatial_scale: 1 output_dim: 2 }',
         [(1, 9, 4, 4), (2, 5)], "needs group_size > 0"),
        ('"BoxAnnotatorOHEM"', [(4, 5), (4, 1), (4, 1), (4, 8)], "needs roi_per_img > 0"),
        ('"BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 2 }',
         [(4, 5), (4, 2), (4, 1), (4, 8)], r"bottom 1 must have shape \(4, 1, 1, 1\)"),
        ('"SmoothL1Loss" bottom: "a" bottom: "b"', [(2, 3), (2, 4)], "must have one shape"),
        ('"SmoothL1Loss" smooth_l1_loss_param { sigma: 0 } bottom: "a" bottom: "b"',
         [(2, 3), (2, 3)], "sigma that is not 0"),
    ],
)  # fmt: skip
def test_refusals(text, bottoms, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", *bottoms, tops=2 if "OHEM" in text else 1)


def test_a_region_of_no_image_is_named():
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    run = build(text, normal(1, 1, 4, 4), np.array([[3, 0, 0, 2, 2]], np.float32))
    with pytest.raises(LayerError, match="image 3 in 'bottom1' is outside the 1 images"):
        run.forward()


def test_ohem_keeps_the_hardest_of_each_image():
    count = 24
    rois = random_rois(count, 3, 20, 20)
    loss, label, weight = RNG.random((count, 1)), labels(5, count, 1), normal(count, 8)
    run = build(
        'type: "BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 3 ignore_label: -7 }',
        rois,
        loss.astype(np.float32),
        label,
        weight,
        tops=2,
    )
    labels_, weights = run.forward()
    assert labels_.shape == (count, 1, 1, 1) and weights.shape == (count, 8, 1, 1)
    for image in range(3):
        mine = np.flatnonzero(rois[:, 0] == image)
        hard = set(mine[np.argsort(-loss[mine, 0])[:3]])
        for r in mine:
            assert labels_[r, 0, 0, 0] == (label[r, 0] if r in hard else -7)
            assert np.array_equal(weights[r, :, 0, 0], weight[r] if r in hard else 0 * weight[r])


def smooth(d, sigma=1.0):
    return np.where(np.abs(d) < 1 / sigma**2, (sigma * d) ** 2 / 2, np.abs(d) - 0.5 / sigma**2)


def test_smooth_l1_of_fast_rcnn():
    x, target, inside, outside = (2 * normal(3, 8) for _ in range(4))
    run = build(
        'type: "SmoothL1Loss" smooth_l1_loss_param { sigma: 2 }', x, target, inside, outside
    )
    close(run.forward()[0], (outside * smooth(inside * (x - target), 2)).sum() / 3)
    check_gradients(run, top_diff=WEIGHT, bottoms=(0, 1))


@pytest.mark.parametrize(
    "mode, divisor",
    [
        ("", 12),
        ("normalization: FULL", 12),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalize: false", 2),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 5", 5),
        ("normalization: PRE_FIXED", 1),
    ],
)
def test_smooth_l1_of_rfcn(mode, divisor):
    x, target = 2 * normal(2, 4, 2, 3), normal(2, 4, 2, 3)
    weight = RNG.integers(0, 2, x.shape).astype(np.float32)
    run = build(f'type: "SmoothL1Loss" loss_param {{ {mode} }}', x, target, weight, tops=2)
    loss, each = run.forward()
    close(loss, smooth(weight * (x - target)).sum() / divisor)
    close(each, smooth(weight * (x - target)).sum(1, keepdims=True))
    check_gradients(run, top_diff=[*WEIGHT, np.zeros_like(each)], bottoms=(0, 1))


def test_rfcn_leaves_the_weight_out_of_the_gradient():
    x, target = np.full((1, 1, 1, 1), 0.5, np.float32), np.zeros((1, 1, 1, 1), np.float32)
    run = build('type: "SmoothL1LossOHEM"', x, target, np.full((1, 1, 1, 1), 0.5, np.float32))
    run.forward()
    assert run.backward(np.float32(1))[0].item() == 0.25  # w d, not w^2 d


@pytest.mark.parametrize("kind", ["SoftmaxWithLoss", "SoftmaxWithLossOHEM"])
def test_softmax_with_three_tops(kind):
    x, label = normal(2, 4, 3), labels(4, 2, 3)
    label[0, 1] = -1
    run = build(f'type: "{kind}" loss_param {{ ignore_label: -1 }}', x, label, tops=3)
    if kind == "SoftmaxWithLoss":  # recognised by its tops, which the helper adds
        run = build(
            'type: "SoftmaxWithLoss" loss_param { ignore_label: -1 } top: "a" top: "b" top: "c"',
            x,
            label,
        )
    loss, prob, each = run.forward()
    p = softmax(x, 1)
    index = np.maximum(label, 0).astype(int)
    want = -np.log(np.take_along_axis(p, index[:, None], 1))[:, 0] * (label >= 0)
    close(each, want)
    close(prob, p)
    close(loss, want.sum() / 5)
    check_gradients(run, top_diff=[*WEIGHT, 0 * prob, 0 * each])


@pytest.mark.parametrize("kind", ["SoftmaxWithLoss", "InfogainLoss", "SigmoidCrossEntropyLoss"])
def test_a_fixed_divisor_for_every_loss(kind):
    bottoms = [normal(4, 3), labels(3, 4)]
    if kind == "InfogainLoss":
        bottoms.append(np.eye(3, dtype=np.float32))
    if kind == "SigmoidCrossEntropyLoss":
        bottoms[1] = RNG.random((4, 3)).astype(np.float32)
    fixed = "normalization: PRE_FIXED pre_fixed_normalizer: 8"
    whole, eighth = (
        build(f'type: "{kind}" loss_param {{ {s} }}', *bottoms).forward()[0]
        for s in ("normalization: NONE", fixed)
    )
    close(eighth, whole / 8)


class OldLayer(caffe.Layer):
    """As py-faster-rcnn's proposal layer reads its settings."""

    def setup(self, bottom, top):
        self.settings = {"TRAIN": 2000, "TEST": 300}[str(self.phase)]
        assert self.param_str_ == self.param_str == "'feat_stride': 16"

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[0] = self.settings

    def backward(self, top, propagate_down, bottom):
        pass


@pytest.mark.parametrize("phase, value", [(caffe.TRAIN, 2000), (caffe.TEST, 300)])
def test_python_layers_of_py_faster_rcnn(phase, value):
    net = net_of(
        "layer { name: 'p' type: 'Python' top: 'p' python_param { module: 'test_rcnn' "
        "layer: 'OldLayer' param_str: \"'feat_stride': 16\" } }",
        phase,
    )
    net.forward()
    assert net.blobs["p"].data[0] == value
    assert net.layers[0].phase == phase and f"{net.layers[0].phase:d}" == str(int(phase))


def test_netspec_as_ssd_uses_it():
    n = caffe.NetSpec()
    n.data = caffe.layers.Input(shape=dict(dim=[1, 3, 4, 4]))
    n.conv = caffe.layers.Convolution(n.data, num_output=2, kernel_size=1)
    assert n.keys() == ["data", "conv"] and n.vals()[1] is n.conv
    n.update("conv", dict(num_output=5))
    assert n.to_proto().layer[1].convolution_param.num_output == 5
    del n["conv"]
    assert n.keys() == ["data"]
    with pytest.raises((AttributeError, KeyError), match="conv"):
        del n["conv"]


def pictures(rng, count):
    """Pictures of three coloured rectangles each, their regions (enlarged a little), labels."""
    images, rois, label = np.zeros((count, 3, 32, 32), np.float32), [], []
    for i in range(count):
        for corner in ((1, 1), (17, 2), (6, 17)):
            y, x = corner + rng.integers(0, 4, 2)
            height, width, colour = *rng.integers(6, 11, 2), rng.integers(0, 3)
            images[i, colour, y : y + height, x : x + width] = 1
            rois.append((i, x - 1, y - 1, x + width, y + height))
            label.append(colour)
    images += 0.2 * rng.standard_normal(images.shape)
    return images, np.array(rois, np.float32), np.array(label, np.float32)


@pytest.mark.parametrize("pool", ["ROIPooling", "PSROIPooling"])
def test_a_head_learns_to_tell_rectangles_by_their_boxes(pool, tmp_path):
    convolution = (
        'layer {{ name: "{0}" type: "Convolution" bottom: "{1}" top: "{0}" convolution_param {{ '
        'num_output: {2} kernel_size: 3 pad: 1 weight_filler {{ type: "xavier" }} }} }}'
    )
    if pool == "ROIPooling":
        head = (
            'layer { name: "pool" type: "ROIPooling" bottom: "c" bottom: "rois" top: "pool" '
            "roi_pooling_param { pooled_h: 3 pooled_w: 3 spatial_scale: 1 } }"
            'layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "score" '
            'inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }'
        )
        convolution = convolution.format("c", "data", 8)
    else:
        head = (
            'layer { name: "pool" type: "PSROIPooling" bottom: "c" bottom: "rois" top: "pool" '
            "psroi_pooling_param { spatial_scale: 1 output_dim: 3 group_size: 2 } }"
            'layer { name: "vote" type: "Pooling" bottom: "pool" top: "score" '
            "pooling_param { pool: AVE global_pooling: true } }"
        )
        convolution = convolution.format("c", "data", 12)
    (tmp_path / "net.prototxt").write_text(
        input_layer("data", 4, 3, 32, 32)
        + input_layer("rois", 12, 5)
        + input_layer("label", 12)
        + convolution
        + 'layer { name: "relu" type: "ReLU" bottom: "c" top: "c" }'
        + head
        + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" }'
        + 'layer { name: "accuracy" type: "Accuracy" bottom: "score" bottom: "label" '
        'top: "accuracy" }'
    )
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.05 momentum: 0.9 lr_policy: "fixed" '
        "random_seed: 3 max_iter: 100 snapshot_after_train: false"
    )
    solver, rng = caffe.get_solver(str(tmp_path / "solver.prototxt")), np.random.default_rng(5)
    for _ in range(80):
        for name, values in zip(("data", "rois", "label"), pictures(rng, 4), strict=True):
            solver.net.blobs[name].data[...] = values
        solver.step(1)
    right = []
    for _ in range(5):
        for name, values in zip(("data", "rois", "label"), pictures(rng, 4), strict=True):
            solver.net.blobs[name].data[...] = values
        solver.net.forward()
        right.append(float(solver.net.blobs["accuracy"].data))
    assert np.mean(right) > 0.95


def test_a_dialect_decides_between_smooth_l1s():
    x, target = normal(2, 4, 2, 3), normal(2, 4, 2, 3)
    found = {}
    for dialect in ("", "rfcn", "ssd"):
        caffe.set_dialect(dialect)
        try:
            run = build('type: "SmoothL1Loss"', x, target)
            found[dialect] = run.forward()[0]
            if dialect == "ssd":
                with pytest.raises(CaffeError, match="takes 2 bottom blobs, 3 given"):
                    build('type: "SmoothL1Loss"', x, target, target)
        finally:
            caffe.set_dialect("")
    close(found["ssd"], found[""])
    close(found["rfcn"], found[""] / 6)  # over N H W, not N
