"""The demo from end to end, with its own nets, a few small pictures and two iterations each."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import demo
import experiments
from data.errors import ProjectError
from data.palette import voc_palette
from nets.load import net_of_text
from training import run_dir

ROWS = (demo.CLASSIFIER, *demo.NETS)
PICTURES = dict(train=4, val=3, size=(64, 80), singles=(6, 6), single_size=96, workers=1)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The folder with the demo's data and runs, and what it printed."""
    where = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCN_DATA", str(where / "data"))
        patch.setenv("FCN_RUNS", str(where / "runs"))
        patch.setattr(demo, "PICTURES", PICTURES)
        patch.setattr(sys, "argv", ["demo.py"])
        for name in ROWS:
            row = replace(experiments.EXPERIMENTS[name], max_iter=2, score_every=2)
            patch.setitem(experiments.EXPERIMENTS, name, row)
        stale = where / "runs" / "demo-fcn32s"  # of an earlier call: nothing of it may be used
        (stale / "snapshots").mkdir(parents=True)
        (stale / "best.caffemodel").write_bytes(b"not a model")
        (stale / "scalars.jsonl").write_text('{"kind": "end", "iter": 99999}\n')
        (stale / "snapshots" / "train_iter_99999.solverstate").write_bytes(b"")
        demo.main()
        yield where / "runs"


def test_every_net_is_trained_and_scored(done):
    for name in ROWS:
        log = run_dir.Log(name).read()
        assert log[0]["kind"] == "start" and log[-1]["kind"] == "end"
        assert max(entry.get("iter", 0) for entry in log) == 2
        assert (done / name / "best.caffemodel").is_file()
    for name in demo.NETS:
        heads = json.loads((done / name / "score.json").read_text())["heads"]
        hist, labels = np.array(heads["score"]["confusion"]), held_out_labels(done)
        # Every labelled pixel once, in the row of its class; and the mean IU is that matrix's.
        assert hist.sum(1).tolist() == [int((labels == k).sum()) for k in range(7)]
        hits, union = np.diag(hist), hist.sum(0) + hist.sum(1) - np.diag(hist)
        expected = np.mean([h / u for h, u in zip(hits, union, strict=True) if u])
        assert heads["score"]["mean_iu"] == pytest.approx(expected)


def held_out_labels(runs):
    """All labels of the validation split, flat."""
    folder = runs.parent / "data" / "shapes" / "SegmentationClass"
    maps = [np.array(Image.open(path)).ravel() for path in sorted(folder.glob("val_*.png"))]
    assert len(maps) == PICTURES["val"]
    return np.concatenate(maps)


def test_each_net_starts_from_the_one_before(done):
    starts = [run_dir.Log(name).read()[0]["init"] for name in ROWS]
    chain = ["nothing", demo.CLASSIFIER, "demo-fcn32s", "demo-fcn16s", demo.CLASSIFIER]
    assert starts == chain
    # Two small steps leave a net's first filters close to those that it started from.
    filters = [first_filters(name) for name in ROWS]
    for name, mine in zip(ROWS[1:], filters[1:], strict=True):
        near = np.abs(mine - filters[0]).max()
        assert near < 0.5 * np.abs(filters[0]).max(), name


def first_filters(name):
    row = experiments.find(name)
    text = run_dir.net_text(row, experiments.data_of(row), "deploy")
    net = net_of_text(text, run_dir.best_weights(name))
    return net.params["conv1_1"][0].data.copy()


def test_the_report_is_about_all_four(done):
    text = (done / "demo" / "report.html").read_text()
    for name in ROWS:
        assert f"<h3>{name}</h3>" in text
    for name in demo.NETS:
        score = json.loads((done / name / "score.json").read_text())["heads"]["score"]
        row = text.partition(f'data-run="{name}"')[2].partition("</tr>")[0]
        assert f"{100 * score['mean_iu']:.1f}</td>" in row
    with Image.open(done / "demo" / "figure.png") as figure:
        assert figure.width == 2 * 20 + 6 * 220 + 5 * 8, "input, four nets, truth"
        truth = np.array(figure.convert("RGB"))[60:-40, -240:-20].reshape(-1, 3)
    colours = {tuple(c) for c in np.unique(truth, axis=0).tolist()}
    labels = np.unique(held_out_labels(done))
    assert {tuple(c) for c in voc_palette()[labels].tolist()} <= colours


def test_a_wrong_cast_is_noticed(done, monkeypatch):
    """The proof that classifier and convolutional net agree can fail."""
    whole = demo.surgery.transplant

    def wrong(new, old, **more):
        report = whole(new, old, **more)
        new.params["fc6"][0].data[...] = new.params["fc6"][0].data[:, :, ::-1].copy()
        return report

    monkeypatch.setattr(demo.surgery, "transplant", wrong)
    with pytest.raises(ProjectError, match="fc7 of demo-classifier"):
        demo.convert(0.0)
