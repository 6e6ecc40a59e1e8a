"""caffe-windows' losses on distances, against the fork's loops."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import WEIGHT, close

from caffe._caffe.errors import LayerError

F = np.float32
LABEL = F([0, 1, 3, 1, 0])


def distances(seed=0):
    """(5, 4), of which no difference is near a margin."""
    random = np.random.default_rng(seed)
    return (random.permutation(20).reshape(5, 4) * 0.12 + 0.05).astype(F)


def contrastive(x, p, mean):
    """Return (loss, means, dx, running mean) item by item, as the fork's loops go."""
    n, classes = x.shape
    label, margin = LABEL.astype(int), p["negative_margin"] + (mean if p["add_intra_mae"] else 0)
    part, most, smallest = np.zeros_like(x), np.zeros(n, int), 0
    pulled, pushed = 0.0, 0.0
    for i, j in np.ndindex(n, classes):
        if j == label[i]:
            value = min(p["positive_outlier_thresh"], max(0, x[i, j] - p["positive_margin"]))
            part[i, j] = value * p["positive_weight"]
            pulled += value
            if part[i, j] < part[smallest, label[smallest]]:
                smallest = i
        elif x[i, j] < margin:
            value = np.exp(-x[i, j]) if p["exp_negative_weight"] else margin - x[i, j]
            part[i, j] = value * p["negative_weight"]
            pushed += margin - x[i, j]
            if part[i, j] > part[i, most[i]]:
                most[i] = j
    dx = slopes(x, p, part, margin, most, smallest)
    mean = min(0.99 * mean + 0.01 * pulled / n, p["max_negative_margin"])
    return np.abs(part).sum() / n, [pulled / n, pushed / n / (classes - 1)], dx / n, mean


def slopes(x, p, part, margin, most, smallest):
    """Return the gradient times N, having cleared the parts that do not count."""
    dx, total, label = np.zeros_like(x), 0.0, LABEL.astype(int)
    for i, j in np.ndindex(*x.shape):
        far = p["positive_first"] and x[i, label[i]] > p["positive_upper_bound"]
        if j == label[i]:
            alone = p["max_positive_only"] and i != smallest
            part[i, j] *= not alone
            inside = p["positive_margin"] < x[i, j] < p["positive_outlier_thresh"]
            dx[i, j] = p["positive_weight"] * (far or (inside and not alone))
        elif far or (p["max_negative_only"] and j != most[i]):
            part[i, j] = 0
        elif x[i, j] < margin:
            slope = np.exp(-x[i, j]) if p["exp_negative_weight"] else 1
            dx[i, j] = -slope * p["negative_weight"]
            total += slope * p["negative_weight"] / len(x)
    limit = p["normalize_negative"]
    if limit is not None and total / limit > p["positive_weight"]:
        dx = np.where(np.arange(x.shape[1]) == label[:, None], dx, dx / (total / limit))
    return dx


DEFAULTS = {
    "positive_margin": 0, "negative_margin": 1, "positive_weight": 1, "negative_weight": 1,
    "normalize_negative": None, "positive_outlier_thresh": 4, "max_negative_only": False,
    "max_positive_only": False, "positive_first": False, "positive_upper_bound": 1,
    "exp_negative_weight": False, "add_intra_mae": False, "max_negative_margin": 1.2,
}  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"positive_margin": 0.5, "positive_outlier_thresh": 1.5, "positive_weight": 2},
        {"negative_weight": 0.5, "exp_negative_weight": True},
        {"max_negative_only": True},
        {"max_positive_only": True},
        {"positive_first": True, "positive_upper_bound": 0.9},
        {"normalize_negative": 0.5, "positive_weight": 0.7},
        {"normalize_negative": 9},
        {"add_intra_mae": True, "max_negative_margin": 0.004},
    ],
)
def test_general_contrastive(given):
    p, x, mean = {**DEFAULTS, **given}, distances(), 0.0
    text = " ".join(f"{k}: {str(v).lower()}" for k, v in given.items())
    run = build(
        f'type: "GeneralContrastiveLoss" general_contrastive_loss_param {{ {text} }}',
        x, LABEL, tops=2,
    )  # fmt: skip
    for _ in range(2):
        loss, means, dx, mean = contrastive(x, p, mean)
        got = run.forward()
        close(got[0], loss)
        close(got[1], [*means, mean] if p["add_intra_mae"] else means)
        close(run.backward(F(0.7), np.zeros_like(got[1]))[0], 0.7 * dx)
    assert run.layer.get_state()["mean"] == pytest.approx(mean)


def test_contrastive_distances_of_a_third_bottom():
    x = distances()
    run = build('type: "GeneralContrastiveLoss"', x[:, ::-1].copy(), LABEL, x)
    loss, _, dx, _ = contrastive(x, DEFAULTS, 0)
    close(run.forward()[0], loss)
    close(run.backward(F(1))[0], dx)


def test_contrastive_gradient_is_true():
    run = build('type: "GeneralContrastiveLoss"', distances(), LABEL)
    check_gradients(run, top_diff=WEIGHT, bottoms=[0])


@pytest.mark.parametrize("hardest", [False, True])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_general_triplet(hardest, center, first):
    x, weights = distances(3), F([1, 2, 3, 4, 5])
    text = (
        f"margin: 0.4 hardest_only: {hardest} add_center_loss: {center} positive_first: {first} "
        "positive_upper_bound: 1.5 positive_weight: 2 negative_weight: 0.5"
    ).lower()
    run = build(
        f'type: "GeneralTripletLoss" general_triplet_loss_param {{ {text} }}',
        x, LABEL, weights, tops=2,
    )  # fmt: skip
    total, dx, label = 0.0, np.zeros_like(x), LABEL.astype(int)
    for i in range(5):
        own = x[i, label[i]]
        others = {j: own + 0.4 - x[i, j] for j in range(4) if j != label[i]}
        others = {j: part for j, part in others.items() if part > 0}
        if hardest and others:
            worst = max(others, key=lambda j: others[j])
            others = {worst: others[worst]}
        far = first and own > 1.5
        for j, part in others.items():
            if not far:
                total += 0.5 * part
                dx[i, j] = -0.5 * weights[i]
        if far or center or others:
            dx[i, label[i]] = 2 * weights[i]
    loss, means = run.forward()
    close(loss, total / 5)
    own = x[np.arange(5), label]
    close(means, [own.mean(), (x.sum() - own.sum()) / 15])
    close(run.backward(F(0.7), np.zeros(2, F))[0], 0.7 * dx / 5)


@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_accuracy_of_distances(top_k):
    """The fork sorts pairs of distance and class: of equal distances the lower class is first."""
    x = np.array([[2, 1, 1, 3], [1, 1, 1, 0], [5, 2, 7, 2]], np.float32)
    labels = [2, 1, 3]
    best = [sorted(zip(row, range(4), strict=True))[:top_k] for row in x]
    want = np.mean([label in [c for _, c in b] for b, label in zip(best, labels, strict=True)])
    text = f'type: "Accuracy" accuracy_param {{ min_is_better: true top_k: {top_k} }}'
    assert build(text, x, np.float32(labels)).forward()[0] == pytest.approx(want)


def test_refusals():
    for text in ("GeneralContrastiveLoss", "GeneralTripletLoss"):
        with pytest.raises(LayerError, match="takes distances"):
            build(f'type: "{text}"', (4, 3), (5,))
        with pytest.raises(LayerError, match="label"):
            build(f'type: "{text}"', (2, 3), F([0, 3])).forward()
