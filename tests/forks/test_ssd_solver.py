"""SSD's `eval_type: "detection"`: mean average precision of a test net's detections."""

import numpy as np
import pytest
from netkit import input_layer

import caffe
from caffe._caffe.errors import CaffeError
from caffe._caffe.solvers.detections import average_precision

# Right, wrong, right, wrong, right: precision 1, 1/2, 2/3, 1/2, 3/5 at recall 1/4 ... 3/4 of four.
SCORES, HITS = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([1, 0, 1, 0, 1])
BY_HAND = {
    "Integral": (1 + 2 / 3 + 3 / 5) / 4,
    "MaxIntegral": (1 + 2 / 3 + 3 / 5) / 4,
    "11point": (3 * 1 + 3 * 2 / 3 + 2 * 3 / 5) / 11,
}


@pytest.mark.parametrize("version", BY_HAND)
def test_average_precision_by_hand(version):
    shuffled = np.array([3, 0, 4, 2, 1])
    value = average_precision(SCORES[shuffled], HITS[shuffled], 4, version)
    assert value == pytest.approx(BY_HAND[version], rel=1e-6)


def test_only_max_integral_looks_ahead():
    scores, hits = np.arange(4, 0, -1), np.array([0, 1, 1, 1])  # precision 0, 1/2, 2/3, 3/4
    values = {v: average_precision(scores, hits, 3, v) for v in BY_HAND}
    assert values == pytest.approx(
        {"Integral": (1 / 2 + 2 / 3 + 3 / 4) / 3, "MaxIntegral": 3 / 4, "11point": 3 / 4}
    )


def test_equal_scores_stay_in_order_and_float32_recall_misses_its_point():
    assert average_precision(np.ones(2), np.array([1, 0]), 1) == 1
    assert average_precision(np.ones(2), np.array([0, 1]), 1) == 0.5
    # 7 of 10 found: float32 0.7 is below 0.7, so the points up to 0.6 count, as in the fork.
    value = average_precision(-np.arange(7.0), np.ones(7), 10, "11point")
    assert value == pytest.approx(7 / 11)


@pytest.mark.parametrize("scores, positives", [([], 3), ([0.5], 0)])
def test_nothing_found_or_nothing_there(scores, positives):
    assert average_precision(np.array(scores), np.zeros(len(scores)), positives) == 0


def solver_of(tmp_path, settings, rows=9, last=5):
    """A solver that trains nothing; its test net's output is the blob "right"."""
    train = input_layer("x", 1, 2) + (
        'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" '
        "inner_product_param { num_output: 1 } } "
        'layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "y" top: "loss" }'
    )
    (tmp_path / "train.prototxt").write_text(train)
    (tmp_path / "test.prototxt").write_text(input_layer("right", 1, 1, rows, last))
    (tmp_path / "solver.prototxt").write_text(
        f'train_net: "{tmp_path}/train.prototxt" test_net: "{tmp_path}/test.prototxt" '
        f'test_iter: 2 test_interval: 1 base_lr: 0 lr_policy: "fixed" {settings}'
    )
    return caffe.get_solver(str(tmp_path / "solver.prototxt"))


def test_a_test_logs_mean_average_precision(tmp_path, monkeypatch):
    solver = solver_of(
        tmp_path, 'eval_type: "detection" ap_version: "11point" show_per_class_result: true'
    )
    counts = [[-1, 1, 3, -1, -1], [-1, 2, 0, -1, -1], [-1, 3, 1, -1, -1]]
    found = [[0, 1, s, h, 1 - h] for s, h in zip(SCORES, HITS, strict=True)]
    found.append([0, 3, 0.9, 0, 0])  # of a difficult ground truth: does not count
    solver.test_nets[0].blobs["right"].data[...] = np.reshape(counts + found, (1, 1, 9, 5))
    lines = []
    monkeypatch.setattr("caffe._caffe.solvers.solver.info", lambda text, src="": lines.append(text))
    solver.step(1)
    # Two passes double the ground truth, to 6 of label 1, and repeat each detection: the best
    # precision is 1 up to recall 2/6, 4/6 up to 4/6, and 6/10 up to 1.
    ap = (4 * 1 + 3 * 2 / 3 + 4 * 3 / 5) / 11
    assert f"class1: {ap:g}" in lines
    assert [line[:6] for line in lines if line.startswith("class")] == ["class1"]  # what was found
    assert f"    Test net output #0: right = {ap / 3:g}" in lines


def test_what_cannot_be_evaluated(tmp_path):
    solver = solver_of(tmp_path, 'eval_type: "detection"', last=7)
    with pytest.raises(CaffeError, match="DetectionEvaluate's outputs.*'right' has shape"):
        solver.step(1)
    with pytest.raises(CaffeError, match="unknown eval_type 'detections'; did you mean"):
        solver_of(tmp_path, 'eval_type: "detections"')
    with pytest.raises(CaffeError, match="unknown ap_version '11points'; did you mean '11point'"):
        solver_of(tmp_path, 'ap_version: "11points"')
