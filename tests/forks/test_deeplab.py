"""DeepLab's layers, beside their golden figures (test_golden_forks.py)."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer, net_of

from caffe._caffe.errors import LayerError

RANDOM = np.random.default_rng(31)


def labels(*shape, classes=4):
    return RANDOM.integers(0, classes, shape).astype(np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_seg_accuracy_is_what_a_slow_count_gives():
    x, label = RANDOM.standard_normal((2, 4, 5, 6)).astype(np.float32), labels(2, 1, 5, 6)
    label[0, 0, 0] = 9
    run = build('type: "SegAccuracy" seg_accuracy_param { ignore_label: 9 }', x, label)
    (top,) = run.forward()
    keep = label[:, 0] != 9
    got, want = x.argmax(1)[keep], label[:, 0][keep]
    recall = [np.mean(got[want == c] == c) for c in range(4)]
    union = [np.sum((got == c) | (want == c)) for c in range(4)]
    jaccard = [np.sum((got == c) & (want == c)) / u for c, u in enumerate(union)]
    want = [np.mean(got == want), np.mean(recall), np.mean(jaccard)]
    np.testing.assert_allclose(top.ravel(), want, rtol=1e-6)


def test_seg_accuracy_without_reset_counts_on_and_resumes():
    x, label = (
        RANDOM.standard_normal((1, 3, 4, 4)).astype(np.float32),
        labels(1, 1, 4, 4, classes=3),
    )
    text = 'type: "SegAccuracy" seg_accuracy_param { reset: false }'
    run = build(text, x, label)
    run.forward()
    state = run.layer.get_state()
    run.bottom[0].data[...] = RANDOM.standard_normal(x.shape)
    (after,) = run.forward()
    other = build(text, run.bottom[0].data, label)
    other.layer.set_state(state)
    np.testing.assert_array_equal(other.forward()[0], after)
    assert not np.array_equal(build(text, run.bottom[0].data, label).forward()[0], after)
    with pytest.raises(LayerError, match="has 2 classes, the snapshot's counts are of 3"):
        build(text, x[:, :2], label).layer.set_state(state)


def test_seg_accuracy_keeps_the_number_of_classes_it_was_set_up_for():
    """Figures of hszhao/PSPNet's own code, which writes past its memory where they are more."""
    x, label = np.zeros((1, 4, 1, 3)), np.arange(3).reshape(1, 1, 1, 3)
    x[0, [0, 1, 3], 0, [0, 1, 2]] = 1
    run = build('type: "SegAccuracy" seg_accuracy_param { reset: false }', x, label)
    np.testing.assert_allclose(run.forward()[0].ravel(), [2 / 3, 2 / 3, 0.5], rtol=1e-6)
    run.bottom[0].reshape(1, 2, 1, 3)
    run.bottom[0].data[...] = np.reshape([1, 0, 1, 0, 1, 0], (1, 2, 1, 3))
    run.bottom[1].data[...] = np.reshape([0, 1, 1], (1, 1, 1, 3))
    np.testing.assert_allclose(run.forward()[0].ravel(), [2 / 3, 5 / 9, 1 / 3], rtol=1e-6)
    run.bottom[0].reshape(1, 5, 1, 3)
    with pytest.raises(LayerError, match="was set up for 4 classes"):
        run.forward()


def test_seg_accuracy_of_no_labels():
    x, label = np.zeros((1, 3, 2, 2)), np.full((1, 1, 2, 2), 255)
    run = build('type: "SegAccuracy" seg_accuracy_param { ignore_label: 255 }', x, label)
    np.testing.assert_array_equal(run.forward()[0].ravel(), [0, 0, 1])


def test_unique_labels_are_sorted_and_filled():
    label = np.float32([[[[3, 1], [255, 3]]]])
    run = build(
        'type: "UniqueLabel" unique_label_param { max_labels: 4 ignore_label: 255 force_label: 0 }',
        label,
    )
    np.testing.assert_array_equal(run.forward()[0].ravel(), [0, 1, 3, -1])


@pytest.mark.parametrize("axes", [2, 4])
def test_bias_channel_adds_and_passes_the_gradient(axes):
    label = np.float32([[0, 2], [1, -1]]).reshape((2, 2, 1, 1)[:axes])
    run = build('type: "BiasChannel"', (2, 3, 4, 4), label)
    (top,) = run.forward()
    added = top - run.bottom[0].data
    np.testing.assert_allclose(added[:, :, 0, 0], [[1, 0, 2], [0, 2, 0]], atol=1e-6)
    np.testing.assert_array_equal(run.backward(top, propagate=[True, False])[0], top)


@pytest.mark.parametrize("settings", ["", "background_label: 2", "bg_bias: 0.5", "fg_bias: 3"])
def test_bias_of_pixels_is_a_slow_loops(settings):
    label = RANDOM.choice([0, 1, 2, 3, -1, 9], (2, 1, 4, 5)).astype(np.float32)
    text = "label_type: PIXEL ignore_label: 9 " + settings
    run = build(f"type: 'BiasChannel' bias_channel_param {{ {text} }}", (2, 4, 4, 5), label)
    given = dict(word.split(": ") for word in [settings] if word)
    bg, fg = float(given.get("bg_bias", 1)), float(given.get("fg_bias", 2))
    background = int(given.get("background_label", 0))
    want = run.bottom[0].data.copy()
    for n, _, h, w in np.ndindex(label.shape):
        c = int(label[n, 0, h, w])
        if c in (-1, 9):
            continue
        if "background_label" in given or "bg_bias" in given:
            want[n, background, h, w] += bg
            if c == background:
                continue
        want[n, c, h, w] += fg
    np.testing.assert_allclose(run.forward()[0], want, atol=1e-6)


def slow_adaptive_bias(x, order, portions, margin):
    """One item (C, pixels), in doubles, its labels in the given order (the .cpp's Forward_cpu)."""
    x, there = x.astype(np.float64).copy(), sorted(set(order))
    least = x[there].min(0)
    for c in set(range(len(x))) - set(there):
        x[c] = np.where(x[c] > least, least - margin, x[c])
    best = x[there].max(0)
    before = best.mean()
    for c in order:
        rank = int(portions[c > 0] * best.size)
        x[c] += np.sort(best - x[c])[rank]
        best = np.maximum(best, x[c])
    return x + before - best.mean()


def test_adaptive_bias_is_a_slow_loops_in_one_of_the_orders():
    x = RANDOM.standard_normal((1, 5, 3, 7)).astype(np.float32)
    text = "bg_portion: 0.4 fg_portion: 0.65 margin_others: 0.1"
    text = f"type: 'AdaptiveBiasChannel' adaptive_bias_channel_param {{ {text} }}"
    orders = [(0, 1, 3), (0, 3, 1)]
    wants = [slow_adaptive_bias(x[0].reshape(5, -1), o, (0.4, 0.65), 0.1) for o in orders]
    found = set()
    for seed in range(12):
        (top,) = build(text, x, np.float32([[3, 0, -1, 1]]), seed=seed).forward()
        errors = [np.abs(top[0].reshape(5, -1) - want).max() for want in wants]
        assert min(errors) < 1e-5 < max(errors)
        found.add(int(np.argmin(errors)))
    assert found == {0, 1}


def test_adaptive_bias_gives_each_label_its_share():
    x = RANDOM.standard_normal((1, 3, 10, 10)).astype(np.float32)
    x[0, 2] -= 3
    text = (
        'type: "AdaptiveBiasChannel" '
        "adaptive_bias_channel_param { bg_portion: 0.4 fg_portion: 0.2 num_iter: 5 }"
    )
    run = build(text, x, np.float32([[0, 2]])[..., None, None])
    (top,) = run.forward()
    best = top[0].argmax(0)
    assert np.mean(best == 2) >= 0.19 and np.mean(best == 1) == 0
    assert abs(top[0, [0, 2]].max(0).mean() - x[0, [0, 2]].max(0).mean()) < 1e-5
    assert not run.backward(np.ones_like(top))[0].any()


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        ('"SegAccuracy"', [(1, 3, 2, 2), (1, 1, 2, 3)], "takes scores"),
        ('"UniqueLabel" unique_label_param { max_labels: 1 force_label: 1 }', [(1, 1, 2, 2)],
         "2 or"),
        ('"UniqueLabel" unique_label_param { max_labels: 2 }', [(1, 2, 2, 2)], "takes labels"),
        ('"BiasChannel" bias_channel_param { fg_bias: -1 }', [(1, 3, 2, 2), (1, 1, 1, 1)],
         "fg_bias"),
        ('"BiasChannel"', [(1, 3, 2, 2), (1, 2, 2, 1)], "lists of labels"),
        ('"BiasChannel" bias_channel_param { label_type: PIXEL background_label: 7 }',
         [(1, 3, 2, 2), (1, 1, 2, 2)], "background_label 7"),
        ('"AdaptiveBiasChannel" adaptive_bias_channel_param { bg_portion: 1.5 }',
         [(1, 3, 2, 2), (1, 1, 1, 1)], "bg_portion"),
        ('"AdaptiveBiasChannel" adaptive_bias_channel_param { num_iter: 0 }',
         [(1, 3, 2, 2), (1, 1, 1, 1)], "num_iter"),
        ('"Padding" padding_param { pad_beg: 1 pad_end: -1 }', [(1, 1, 4, 4)], "one sign"),
        ('"Padding" padding_param { pad_beg: -2 pad_end: -2 }', [(1, 1, 4, 4)], "leave nothing"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(text, shapes, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", *shapes)


@pytest.mark.parametrize("kind", ["SegAccuracy", "BiasChannel", "AdaptiveBiasChannel"])
def test_labels_beyond_the_classes_are_refused(kind):
    label = np.full((1, 1, 2, 2) if kind == "SegAccuracy" else (1, 1, 1, 1), 7.0)
    run = build(f'type: "{kind}"', (1, 3, 2, 2), label)
    with pytest.raises(LayerError, match="label 7"):
        run.forward()


def test_force_backward_reaches_the_labels_and_is_refused():
    text = input_layer("x", 1, 3, 2, 2) + input_layer("t", 1, 1, 2, 2) + "force_backward: true\n"
    for layer in (
        'type: "BiasChannel" bottom: "x" bottom: "t" bias_channel_param { label_type: PIXEL }',
        'type: "UniqueLabel" bottom: "t" unique_label_param { max_labels: 2 }',
    ):
        net = net_of(text + f'layer {{ name: "l" top: "y" {layer} }}')
        net.forward()
        with pytest.raises(LayerError, match="no gradient"):
            net.backward()


def test_too_many_labels_are_refused():
    run = build(
        'type: "UniqueLabel" unique_label_param { max_labels: 2 }',
        np.arange(4.0).reshape(1, 1, 2, 2),
    )
    with pytest.raises(LayerError, match="4 distinct labels"):
        run.forward()


def test_padding_and_its_gradient():
    run = build('type: "Padding" padding_param { pad_beg: 1 pad_end: 2 }', (1, 2, 3, 3))
    (top,) = run.forward()
    np.testing.assert_array_equal(top, np.pad(run.bottom[0].data, [(0, 0)] * 2 + [(1, 2)] * 2))
    check_gradients(run)
    check_gradients(build('type: "Padding" padding_param { pad_beg: -1 }', (1, 2, 4, 3)))


def test_weighted_loss_and_its_gradient(folder):
    (folder / "weights.txt").write_text("0.5 2\n1.25")
    label = labels(2, 1, 3, 3, classes=3)
    label[0, 0, 0] = 255
    text = (
        'type: "SoftmaxWithLoss" '
        'softmaxloss_param { weight_source: "weights.txt" ignore_label: 255 }'
    )
    run = build(text, (2, 3, 3, 3), label)
    x = run.bottom[0].data.astype(np.float64)
    log = x - np.log(np.exp(x).sum(1, keepdims=True))
    weights, keep = np.array([0.5, 2, 1.25]), label[:, 0] != 255
    index = np.where(keep, label[:, 0], 0).astype(int)
    w = weights[index] * keep
    want = -np.sum(np.take_along_axis(log, index[:, None], 1)[:, 0] * w) / w.sum()
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-5)
    check_gradients(run, top_diff=[np.float32(1)])


def test_weights_must_be_as_many_as_classes(folder):
    (folder / "w.txt").write_text("1 2")
    text = 'type: "SoftmaxWithLoss" softmaxloss_param { weight_source: "%s" }'
    for name, message in (("w.txt", "2 weights for 3"), ("absent.txt", "cannot be read")):
        with pytest.raises(LayerError, match=message):
            build(text % name, (2, 3, 3, 3), (2, 1, 3, 3))
