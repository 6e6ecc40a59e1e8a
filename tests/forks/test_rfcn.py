"""R-FCN's and Fast R-CNN's losses and hard examples."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close, labels, normal, softmax
from roikit import random_rois

RNG = np.random.default_rng(7)


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
