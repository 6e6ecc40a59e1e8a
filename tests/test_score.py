"""Scores against their definitions, over nets and over folders."""

import json
import sys

import numpy as np
import pytest
import tiny
from PIL import Image

import caffe
import experiments
import score
from caffe import layers as L
from data import metrics
from data.errors import DataError
from training import scoring


def naive(truth, found, classes):
    hist = np.zeros((classes, classes), int)
    for t, f in zip(truth.ravel(), found.ravel(), strict=True):
        if 0 <= t < classes:
            hist[int(t), int(f)] += 1
    return hist


def test_fast_hist_counts_pairs_and_leaves_void_out():
    rs = np.random.RandomState(0)
    truth = rs.choice([0, 1, 2, 3, 255, -1], (30, 20)).astype(np.float32)
    found = rs.randint(0, 4, (30, 20))
    np.testing.assert_array_equal(score.fast_hist(truth, found, 4), naive(truth, found, 4))


@pytest.mark.parametrize("n", [1, 21, 255, 256, 300])
@pytest.mark.parametrize("least, most", [(0, 1), (0, 255), (-1, 0), (0, 256)])
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_fast_hist_of_any_labels(n, least, most, dtype):
    rs = np.random.RandomState(0)
    truth = rs.randint(0, n, 400)
    truth[:50] = rs.randint(least, most + 1, 50)
    truth, found = truth.astype(dtype), rs.randint(0, n, 400)
    if n <= 256:
        found = found.astype(np.uint8)
    np.testing.assert_array_equal(score.fast_hist(truth, found, n), naive(truth, found, n))


def test_fast_hist_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="4 labels against 3"):
        score.fast_hist(np.zeros(4), np.zeros(3, int), 2)
    with pytest.raises(ValueError, match="predictions 0 to 2: expected 0 to 1"):
        score.fast_hist(np.zeros(2), np.array([0, 2]), 2)


def test_predict_is_argmax_with_the_first_of_equals():
    rs = np.random.RandomState(1)
    scores = rs.randint(0, 4, (7, 40, 30)).astype(np.float32)  # many equal ones
    np.testing.assert_array_equal(scoring.argmax_labels(scores), scores.argmax(0))
    scores[:, 2, 3] = np.nan
    assert scoring.argmax_labels(scores)[2, 3] == 255


HIST = np.array([[50, 10, 0, 0], [5, 25, 0, 0], [0, 0, 0, 0], [0, 10, 0, 0]])


def test_metrics_by_hand():
    got = metrics.metrics(HIST, ["sky", "sea", "sand", "ship"])
    iu = [50 / 65, 25 / 50, None, 0.0]
    assert got["pixel_accuracy"] == pytest.approx(75 / 100)
    assert got["mean_accuracy"] == pytest.approx((50 / 60 + 25 / 30 + 0) / 3)
    assert got["mean_iu"] == pytest.approx((iu[0] + iu[1] + 0) / 3)
    assert got["fw_iu"] == pytest.approx(0.6 * iu[0] + 0.3 * iu[1])
    assert [c["iu"] for c in got["classes"]] == pytest.approx(iu)
    assert [c["pixels"] for c in got["classes"]] == [60, 30, 0, 10]
    assert got["left_out"] == ["sand"]
    json.dumps(got, allow_nan=False)


def test_absent_classes_are_left_out_even_when_predicted():
    hist = np.array([[8, 2, 0], [0, 0, 0], [0, 0, 10]])
    counted, all_three = metrics.metrics(hist, excluded=(1,)), metrics.metrics(hist)
    assert all_three["mean_iu"] == pytest.approx((0.8 + 0 + 1) / 3)
    assert counted["mean_iu"] == pytest.approx((0.8 + 1) / 2)
    assert counted["left_out"] == ["1"] and counted["mean_accuracy"] == pytest.approx(0.9)


def test_no_scored_pixels_give_nan():
    got = metrics.metrics(np.zeros((2, 2), int))
    assert got["mean_iu"] is None and got["left_out"] == ["0", "1"]
    assert "mean IU –" in metrics.table(got)


def test_the_table_names_everything():
    text = metrics.table(metrics.metrics(HIST, ["sky", "sea", "sand", "ship"]))
    assert "mean IU 42.3" in text and "left out of the mean IU: sand" in text
    assert "ship  IU   0.0" in text and "60 pixels" in text


# -- over a net


@pytest.fixture
def net(tmp_path, monkeypatch):
    """A net with two heads over SIFT Flow's tops, its scores a fixed convolution."""
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    tiny.siftflow(tiny.Maker(tmp_path, size=(12, 16)))
    n = caffe.NetSpec()
    params = dict(siftflow_dir="sift-flow", split="test")
    n.data, n.sem, n.geo = L.Python(
        module="layers.siftflow_layers", layer="SIFTFlowSegDataLayer", ntop=3, param_str=str(params)
    )
    for label, classes, loss in (("sem", 33, "loss"), ("geo", 3, "loss_geo")):
        n[f"score_{label}"] = L.Convolution(n.data, num_output=classes, kernel_size=1)
        n[loss] = L.SoftmaxWithLoss(
            n[f"score_{label}"], n[label], loss_param=dict(ignore_label=255)
        )
    (tmp_path / "net.prototxt").write_text(str(n.to_proto()))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    rs = np.random.RandomState(0)
    for name in ("score_sem", "score_geo"):
        net.params[name][0].data[...] = rs.standard_normal(net.params[name][0].data.shape) * 0.01
    return net


def passes(net, label, layer, count):
    """Confusion matrix and mean loss by plain loops."""
    hist, losses = 0, []
    loss = "loss" if label == "sem" else "loss_geo"
    for _ in range(count):
        net.forward()
        scores = net.blobs[layer].data[0]
        hist = hist + naive(net.blobs[label].data[0, 0], scores.argmax(0), len(scores))
        losses.append(float(net.blobs[loss].data))
    return hist, np.mean(losses)


def test_compute_hist_equals_plain_loops_and_saves_palette_pngs(net, tmp_path):
    want, loss = passes(net, "sem", "score_sem", 2)  # a whole round: the next starts anew
    hist, got = score.compute_hist(net, tmp_path / "out", ["a", "b"], "score_sem", "sem")
    np.testing.assert_array_equal(hist, want)
    assert got == pytest.approx(loss)
    with Image.open(tmp_path / "out" / "b.png") as image:
        assert image.mode == "P" and image.getpalette()[:6] == [0, 0, 0, 128, 0, 0]
        saved = np.array(image)
    np.testing.assert_array_equal(saved, net.blobs["score_sem"].data[0].argmax(0))
    score.compute_hist(net, tmp_path / "out", ["a", "b"], "score_sem", "sem")  # folder is there


def test_both_heads_in_one_pass(net):
    wants = [passes(net, label, f"score_{label}", 2)[0] for label in ("sem", "geo")]
    heads = [("score_sem", "sem", "loss", None), ("score_geo", "geo", "loss_geo", None)]
    got = scoring.tally(net, ["a", "b"], heads)
    for (counted, _), want in zip(got, wants, strict=True):
        np.testing.assert_array_equal(counted.hist, want)


def test_score_net_leaves_the_absent_classes_out(net):
    got = scoring.score_net(net, experiments.DATASETS["siftflow"])
    assert {"cow", "desert", "moon"} <= set(got["score_sem"]["left_out"])
    assert [c["name"] for c in got["score_geo"]["classes"]] == ["sky", "horizontal", "vertical"]
    assert got["score_geo"]["loss"] > 0


def test_nan_scores_are_an_error(net):
    net.params["score_sem"][0].data[...] = np.nan
    with pytest.raises(DataError, match="a: NaN among the scores of 'score_sem'"):
        score.compute_hist(net, None, ["a", "b"], "score_sem", "sem")


def test_the_references_functions_print_its_lines(net, capsys):
    hist = score.do_seg_tests(net, 7, None, ["a", "b"], "score_geo", "geo")
    assert hist.sum() == passes(net, "geo", "score_geo", 2)[0].sum()
    said = capsys.readouterr().out
    for words in ("loss", "overall accuracy", "mean accuracy", "mean IU", "fwavacc"):
        assert f"Iteration 7 {words}" in said

    class Solver:
        iter = 3
        test_nets = [net]

    Solver.net = net
    score.seg_tests(Solver, False, ["a"], layer="score_geo", gt="geo")
    assert "Begin seg tests" in capsys.readouterr().out


# -- over folders


def folders(tmp_path):
    rs = np.random.RandomState(0)
    truths, founds = [], []
    for kind in ("truth", "pred"):
        (tmp_path / kind).mkdir()
    for name in ("x", "y"):
        truth = rs.choice([0, 1, 2, 255], (9, 11)).astype(np.uint8)
        found = rs.randint(0, 3, (9, 11)).astype(np.uint8)
        Image.fromarray(truth).save(tmp_path / "truth" / f"{name}.png")
        Image.fromarray(found).save(tmp_path / "pred" / f"{name}.png")
        truths.append(truth)
        founds.append(found)
    return naive(np.stack(truths), np.stack(founds), 3)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["score.py", *map(str, arguments)])
    score.main()


def test_folders_of_labels(tmp_path, monkeypatch, capsys):
    want = folders(tmp_path)
    out = tmp_path / "out.json"
    run(
        monkeypatch, "--truth", tmp_path / "truth", "--pred", tmp_path / "pred", "--classes", 3,
        "--json", out,
    )  # fmt: skip
    got = json.loads(out.read_text())
    assert got["confusion"] == want.tolist()
    assert f"mean IU {100 * got['mean_iu']:.1f}" in capsys.readouterr().out


def test_folders_that_do_not_fit(tmp_path, monkeypatch):
    folders(tmp_path)
    with pytest.raises(DataError, match="prediction 2, expected 0 to 1"):
        score.score_folders(tmp_path / "truth", tmp_path / "pred", 2)
    (tmp_path / "truth" / "y.png").unlink()
    with pytest.raises(SystemExit, match="score: .*y.png: no such file"):
        run(monkeypatch, "--truth", tmp_path / "truth", "--pred", tmp_path / "pred", "--classes", 3)
    with pytest.raises(DataError, match="no PNG files"):
        score.score_folders(tmp_path / "truth", tmp_path, 3)
    with pytest.raises(DataError, match="2 names of classes, expected 3"):
        score.score_folders(tmp_path / "truth", tmp_path / "pred", 3, ["a", "b"])
    for words in (
        ["--truth", tmp_path],
        ["voc-fcn8s", "--truth", tmp_path],
        ["voc-fcn8s", "--count", 0],
    ):
        with pytest.raises(SystemExit, match="2"):
            run(monkeypatch, *words)
