"""Where training starts: weights, surgery, own data, and the checks; with a tiny net."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny
from tiny_runs import SETTINGS, TINY, command, trained, weights

import experiments
import initialise
import nets.small
import preflight
import runfolder
import solve
from caffe import layers as L
from data.files import DataError
from nets.parts import LEARN, score, upsample

# -- where weights come from


def test_a_chain_trains_what_it_starts_from_once(table, monkeypatch, capsys):
    assert command(monkeypatch, "tiny-fcn8s", "--chain", "--resume") == 0
    for name in ("tiny-fcn32s", "tiny-fcn16s", "tiny-fcn8s"):
        assert runfolder.finished(name)
    said = capsys.readouterr().out
    assert said.index("tiny-fcn16s starts from tiny-fcn32s") < said.index("tiny-fcn16s  8/8")
    stamp = (runfolder.folder("tiny-fcn32s") / "last.caffemodel").stat().st_mtime_ns
    assert command(monkeypatch, "tiny-fcn8s", "--chain", "--resume") == 0
    assert (runfolder.folder("tiny-fcn32s") / "last.caffemodel").stat().st_mtime_ns == stamp


def begun(name, **arguments):
    run = solve.Run(experiments.find(name), steps=1)
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
    path = runfolder.folder("tiny-fcn32s") / "best.caffemodel"
    monkeypatch.setitem(experiments.PUBLISHED, "tiny-fcn32s", "authors")
    published = table / "data" / "published-fcn-weights" / "authors.caffemodel"
    with pytest.raises(DataError, match=r"authors.caffemodel.*--only authors"):
        begun("tiny-fcn16s", init="published")
    published.parent.mkdir()
    published.write_bytes(path.read_bytes())
    for init in (str(path), "tiny-fcn32s", "published"):
        np.testing.assert_array_equal(begun("tiny-fcn16s", init=init)["conv1_1"][0], source)
    assert not np.array_equal(begun("tiny-fcn16s", init="none")["conv1_1"][0], source)
    with pytest.raises(DataError, match="x.caffemodel: these weights are not there"):
        begun("tiny-fcn16s", init="x.caffemodel")


def test_missing_classifier_weights_say_how_to_get_them(table, monkeypatch):
    with pytest.raises(DataError, match=r"vgg16-fcn.caffemodel.*surgery.py convert vgg16"):
        initialise.source_file("vgg16-fcn")


def test_ensure_fetches_and_converts_what_is_missing(table, monkeypatch):
    asked = []
    monkeypatch.setattr(initialise, "present", lambda name: name == "voc2011")
    monkeypatch.setattr(initialise, "data_command", lambda *words, log: asked.append(words))
    monkeypatch.setattr(
        initialise.surgery,
        "convert",
        lambda kind, model, _, log: asked.append((kind, model.name)),
    )
    initialise.ensure(experiments.find("voc-fcn32s"))
    vgg = "VGG_ILSVRC_16_layers.caffemodel"
    assert asked == [
        ("fetch", "sbd"), ("prepare", "sbd"),
        ("fetch", "ilsvrc-weights", "--only", vgg), ("vgg16", vgg),
    ]  # fmt: skip
    asked.clear()
    initialise.ensure(experiments.find("voc-fcn16s"), init="published")
    assert asked[2:] == [("fetch", "published-fcn-weights", "--only", "fcn32s-heavy-pascal")]


def two_streams(n, heads, suffixes=("left", "right"), first="conv1_1"):
    """A net in the manner of color-hha, to be filled from two others."""
    for suffix in suffixes:
        n[first + suffix] = L.Convolution(n.data, num_output=2, kernel_size=1, param=LEARN)
        n["score_fr" + suffix] = score(n[first + suffix], heads[0].classes)
    n.fused = L.Eltwise(*(n["score_fr" + s] for s in (*suffixes, suffixes[0])))
    n.score = upsample(n.fused, heads[0].classes, 1, 1)


def test_two_nets_fill_one_by_suffix_and_a_first_layer_is_inflated(table, monkeypatch, capsys):
    monkeypatch.setattr(nets.small, "two_streams", two_streams, raising=False)
    base = replace(experiments.find("tiny-fcn32s"), net="small.two_streams")
    filled = dict(suffixes=("",))

    def add(name, **changes):
        row = replace(base, name=name, **changes)
        monkeypatch.setitem(experiments.EXPERIMENTS, name, row)
        return row

    for seed, name in enumerate(("one-fcn", "two-fcn")):
        add(name, options=filled)
        run = solve.Run(experiments.find(name), steps=1)
        for blobs in run.solver.net.params.values():
            for blob in blobs:
                blob.data[...] = np.random.RandomState(seed).standard_normal(blob.data.shape)
        run.begin(check=False)
        run.snapshot(best=True)
    both = add("both-fcn", options={}, init={"left": "one-fcn", "right": "two-fcn"})
    got = begun(both.name, check=False)
    for suffix, name in (("left", "one-fcn"), ("right", "two-fcn")):
        np.testing.assert_array_equal(got["conv1_1" + suffix][0], weights(name)["conv1_1"][0])
    assert (got["conv1_1left"][0] != got["conv1_1right"][0]).any()
    inflated = add(
        "gray-fcn",
        options=dict(suffixes=("",), first="conv1_1_other"),
        init="one-fcn",
        inflate=("conv1_1", "conv1_1_other"),
    )
    got = begun(inflated.name, check=False)
    np.testing.assert_array_equal(got["conv1_1_other"][0], weights("one-fcn")["conv1_1"][0])
    assert "inflating conv1_1" in capsys.readouterr().out
    with pytest.raises(DataError, match="--init takes the name of an experiment"):
        path = runfolder.folder("one-fcn") / "best.caffemodel"
        begun(inflated.name, init=str(path))


def test_own_data_become_experiments(table, monkeypatch):
    tiny.own(tiny.Maker(table / "data"), "mine")
    tiny.own(tiny.Maker(table / "data"), "gray", channels=1)
    row = experiments.find("mine-fcn16s")
    assert row.init == "mine-fcn32s" and experiments.data_of(row).heads[0].classes == 3
    assert experiments.find("gray-fcn32s").inflate == ("conv1_1", "conv1_1_1ch")
    assert experiments.find("gray-fcn16s").inflate == ()
    small = replace(
        experiments.find("mine-fcn32s"), options=TINY, init=None, base_lr=0.01, **SETTINGS
    )
    run = solve.Run(small, steps=2, display=1)
    run.begin()
    run.train()
    names = [
        c["name"]
        for c in json.loads((runfolder.folder("mine-fcn32s") / "score.json").read_text())["heads"][
            "score"
        ]["classes"]
    ]
    assert names == ["sky", "sea", "sand"]
    (table / "data" / "own" / "mine.json").write_text("{")
    with pytest.raises(ValueError, match="mine.json: not JSON"):
        experiments.find("mine-fcn8s")
    (table / "data" / "own" / "mine.json").write_text("{}")
    with pytest.raises(ValueError, match="lacks root, classes, images"):
        experiments.find("mine-fcn8s")


# -- what goes wrong


def findings(run, untouched=()):
    found = preflight.before(run.solver, run.row, run.data, untouched)
    return {message: level for level, message in found}


def test_dead_layers_are_errors(table):
    run = solve.Run(experiments.find("tiny-fcn32s"))
    for name in ("upscore", "conv2_1"):
        run.solver.net.params[name][0].data[...] = 0
    found = findings(run, untouched=["conv2_1", "score_fr"])
    assert found.pop("upscore is all zero and does not learn: run surgery.interp") == "error"
    (message,) = [m for m, level in found.items() if level == "error"]
    assert message.startswith("conv2_1: all zero")
    assert found["starting from their fillers: score_fr"] == "note"


def test_a_net_without_weights_does_not_start(table, monkeypatch):
    monkeypatch.setattr(nets.small, "MSRA", dict(type="constant"))
    run = solve.Run(experiments.find("tiny-fcn32s"))
    with pytest.raises(DataError, match=r"tiny-fcn32s would train in vain: conv1_1, .*all zero"):
        run.begin()
    run.begin(check=False)


def test_wrong_labels_are_found_before_the_first_step(table):
    m = tiny.Maker(table / "data", size=(34, 40))
    run = solve.Run(experiments.find("tiny-fcn32s"))
    m.label("shapes/SegmentationClass/b.png", 9)
    found = [m for m, level in findings(run).items() if level == "error" and "data: " in m]
    assert len(found) == 2 and "training data" in found[0] and "validation data" in found[1]
    assert "b.png: label 8" in found[0] and "7 classes" in found[0]


def test_rates_that_do_not_go_with_the_loss_are_warned_of(table):
    row = experiments.find("tiny-fcn32s")
    run = solve.Run(row)
    assert not any("base_lr" in message for message in findings(run))
    run.row = replace(row, base_lr=1e-10)
    assert any("hardly anything" in message for message in findings(run))
    run.row = replace(row, normalize=False)
    assert any("summed over 1,360 pixels" in message for message in findings(run))


def test_memory_is_estimated(table, monkeypatch):
    run = solve.Run(experiments.find("tiny-fcn32s"))
    (text,) = [m for m, level in findings(run).items() if "GiB" in m]
    assert "parameters and the first picture" in text
    monkeypatch.setattr(preflight.os, "sysconf", lambda name: 1)
    assert "only 0.0 GiB are free" in next(m for m in findings(run) if "GiB" in m)


def test_a_loss_that_stays_at_chance_is_warned_of_once(table):
    run = solve.Run(experiments.find("tiny-fcn32s"))
    run.solver.net.forward()
    watch = preflight.Watch(run.data.heads, patience=3)
    said = [list(watch.look(run.solver.net, np.log(7))) for _ in range(6)]
    chance = [text for texts in said for text in texts if "ln 7" in text]
    assert len(chance) == 1 and [i for i, t in enumerate(said) if chance[0] in t] == [2]
    collapsed = [text for texts in said for text in texts if "only class 0" in text]
    assert len(collapsed) == 1
    assert not list(preflight.Watch(run.data.heads, patience=1).look(run.solver.net, 1.0))[1:]
