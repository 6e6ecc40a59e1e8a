"""SSD's MultiBoxLoss: gradients, slow Python versions, mining, matching."""

import numpy as np
import pytest
from gradcheck import check_gradients
from losskit import WEIGHT, close
from slow_multibox import SlowMultiBox
from ssdkit import iou, multibox

from caffe._caffe.core.matching import Match, mine
from caffe.proto import caffe_pb2

F = np.float32


def test_the_number_of_negatives_is_reckoned_in_float32():
    """0.7 as float32 is a little less; its product with 10 is 7 in float32, 6.99... in double."""
    match = Match(np.array([0] * 10 + [-1] * 20), np.zeros(30, F))
    settings = caffe_pb2.MultiBoxLossParameter(neg_pos_ratio=0.7)
    index, negatives = mine(match, np.arange(30, dtype=F), settings, None)
    assert negatives.tolist() == list(range(23, 30)) and index is match.found


@pytest.mark.parametrize(
    "settings",
    [
        "code_type: CENTER_SIZE overlap_threshold: 0.3",
        "code_type: CORNER mining_type: NONE loc_loss_type: L2",
        "code_type: CORNER_SIZE mining_type: NONE conf_loss_type: LOGISTIC",
        "code_type: CENTER_SIZE match_type: BIPARTITE loc_weight: 3",
        "code_type: CENTER_SIZE bp_inside: true overlap_threshold: 0.2",
    ],
)
def test_multibox_gradients(settings):
    # Mining looks at the losses, so an example may change over within a difference: few moves.
    run = multibox(settings, seed=5)
    check_gradients(run, top_diff=WEIGHT, bottoms=(0, 1), step=2e-3, tol=2e-2, most=12)


def test_multibox_by_hand_without_mining():
    run = multibox("mining_type: NONE overlap_threshold: 0.35 code_type: CORNER")
    (loss,) = run.forward()
    location, confidence, prior, truth = (b.data for b in run.bottom)
    boxes = prior[0, 0].reshape(-1, 4)
    total, matches = 0.0, 0
    for i in range(3):
        mine = truth[0, 0][truth[0, 0, :, 0] == i]
        shares = np.array([[iou(b, t[3:7]) for t in mine] for b in boxes]).reshape(30, -1)
        match = np.full(30, -1)
        left = shares.copy()
        for _ in mine:
            b, t = np.unravel_index(left.argmax(), left.shape)
            if left[b, t] <= 1e-6:
                break
            match[b] = t
            left[b], left[:, t] = -1, -1
        for b in range(30):
            if match[b] < 0 and len(mine) and shares[b].max() >= 0.35:
                match[b] = shares[b].argmax()
        score = confidence[i].reshape(30, 4)
        for b, t in enumerate(match):
            label = int(mine[t, 1]) if t >= 0 else 0
            total += np.log(np.exp(score[b]).sum()) - score[b, label]
            if t >= 0:
                d = np.abs(
                    location[i].reshape(30, 4)[b] - (mine[t, 3:7] - boxes[b]) / [0.1, 0.1, 0.2, 0.2]
                )
                total += np.where(d < 1, d * d / 2, d - 0.5).sum()
                matches += 1
    assert matches
    close(loss, total / matches, rtol=1e-4)


def test_mining_takes_the_hardest_negatives():
    run = multibox("neg_pos_ratio: 2 neg_overlap: 0.5 code_type: CENTER_SIZE", pictures=(2,))
    run.forward()
    diff = run.backward(np.float32(1))[1].reshape(30, 4)
    score = run.bottom[1].data.reshape(30, 4)
    touched = np.flatnonzero(np.abs(diff).max(1))
    negative = [p for p in touched if diff[p, 0] < 0]  # the background is to win
    positive = [p for p in touched if p not in negative]
    assert positive and len(negative) <= 2 * len(positive)
    loss = np.log(np.exp(score).sum(1)) - score[:, 0]
    best = np.zeros(30)
    for box in run.bottom[3].data[0, 0, :, 3:7]:
        best = np.maximum(best, [iou(p, box) for p in run.bottom[2].data[0, 0].reshape(-1, 4)])
    open_ = [p for p in range(30) if p not in positive and best[p] < 0.5]
    assert sorted(negative) == sorted(sorted(open_, key=lambda p: -loss[p])[: len(negative)])


@pytest.mark.parametrize("extra", ["", "nms_param { nms_threshold: 0.3 top_k: 20 }"])
def test_hard_examples_are_at_most_sample_size(extra):
    run = multibox(
        f"mining_type: HARD_EXAMPLE sample_size: 7 code_type: CENTER_SIZE {extra}", pictures=(3,)
    )
    run.forward()
    diff = run.backward(np.float32(1))[1].reshape(30, 4)
    assert 0 < (np.abs(diff).max(1) > 0).sum() <= 7


def test_locations_of_their_own_for_each_class():
    run = multibox(
        "share_location: false mining_type: NONE code_type: CENTER_SIZE overlap_threshold: 0.3",
        sets=4,
    )
    run.forward()
    diff = run.backward(np.float32(1))[0].reshape(3, 30, 4, 4)
    assert not diff[:, :, 0].any() and diff[:, :, 1:].any()


def test_predictions_can_be_matched_instead_of_priors():
    run = multibox("use_prior_for_matching: false code_type: CORNER mining_type: NONE")
    prior_run = multibox("use_prior_for_matching: true code_type: CORNER mining_type: NONE")
    for run_, other in zip(prior_run.bottom, run.bottom, strict=True):
        run_.data[...] = other.data
    run.bottom[0].data[...] = prior_run.bottom[0].data[...] = 0  # predictions are the priors
    close(run.forward()[0], prior_run.forward()[0])


def test_a_picture_without_truth_learns_nothing_when_mining():
    run = multibox("code_type: CENTER_SIZE", pictures=(2, 0))
    run.forward()
    diffs = run.backward(np.float32(1))
    assert diffs[1][0].any() and not diffs[1][1].any()


def test_no_truth_at_all_is_no_loss():
    run = multibox("code_type: CENTER_SIZE", pictures=(0,))
    assert run.forward()[0] == 0 and not run.backward(np.float32(1))[1].any()


def any_of(random, **choices):
    return {name: values[random.integers(len(values))] for name, values in choices.items()}


@pytest.mark.parametrize("seed", range(60))
def test_multibox_by_any_settings(seed):
    """Against the slow version, with every field drawn at random."""
    random = np.random.default_rng(seed)
    given = any_of(
        random,
        mining_type=["NONE", "MAX_NEGATIVE", "HARD_EXAMPLE"],
        conf_loss_type=["SOFTMAX", "LOGISTIC"],
        code_type=["CORNER", "CENTER_SIZE", "CORNER_SIZE"],
        loc_loss_type=["SMOOTH_L1", "L2"],
        match_type=["PER_PREDICTION", "BIPARTITE"],
        overlap_threshold=[0.2, 0.5],
        use_prior_for_matching=["true", "false"],
        background_label_id=[0, 0, 2],
        neg_pos_ratio=[1, 3],
        neg_overlap=[0.2, 0.5],
        sample_size=[3, 30],
        bp_inside=["true", "false"],
        encode_variance_in_target=["true", "false"],
        use_difficult_gt=["true", "false"],
        ignore_cross_boundary_bbox=["true", "false"],
        use_prior_for_nms=["true", "false"],
        loc_weight=[1, 2.5],
        share_location=["true", "false"],
        nms_param=[None, "{ nms_threshold: 0.4 top_k: 12 }", "{ nms_threshold: 0.4 }"],
        map_object_to_agnostic=["false", "false", "true"],
    )
    agnostic, classes = given["map_object_to_agnostic"] == "true", 4
    if given["mining_type"] != "NONE":
        given["share_location"] = "true"
    if agnostic:
        given["background_label_id"], classes = 0, 2
    mode = ["VALID", "BATCH_SIZE", "FULL", "NONE"][random.integers(4)]
    text = " ".join(
        f"{name} {value}" if name == "nms_param" else f"{name}: {value}"
        for name, value in given.items()
        if value is not None
    )
    sets = 1 if given["share_location"] == "true" else classes
    run = multibox(
        text, (3, 0, 2), 30, classes, sets, extra=f"loss_param {{ normalization: {mode} }}"
    )
    location, confidence, prior, truth = (blob.data for blob in run.bottom)
    known = [c for c in range(classes) if c != given["background_label_id"]]
    truth[0, 0, :, 1] = random.choice(known, truth.shape[2])
    truth[0, 0, :, 7] = random.integers(0, 2, truth.shape[2])
    prior[0, 0] += F(0.2) * (prior[0, 0] - F(0.5))  # some beyond the picture
    settings = run.layer.layer_param.multibox_loss_param
    want = SlowMultiBox(location, confidence, prior, truth, settings).run(mode)
    close(run.forward()[0], want.loss, rtol=2e-4)
    for got, diff in zip(run.backward(np.float32(1)), (want.dloc, want.dconf), strict=False):
        np.testing.assert_allclose(got.reshape(diff.shape), diff, rtol=2e-3, atol=1e-5)
