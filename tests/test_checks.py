"""The checks before and while training, with a tiny net."""

from dataclasses import replace

import numpy as np
import pytest
import tiny

import experiments
import nets.vgg_small
from data.errors import DataError
from training import checks
from training.run import Run


def findings(run, untouched=()):
    found = checks.before_training(run.solver, run.row, run.data, untouched)
    return {message: level for level, message in found}


def test_dead_layers_are_errors(table):
    run = Run(experiments.find("tiny-fcn32s"))
    for name in ("upscore", "conv2_1"):
        run.solver.net.params[name][0].data[...] = 0
    found = findings(run, untouched=["conv2_1", "score_fr"])
    assert found.pop("upscore is all zero and does not learn: run surgery.interp") == "error"
    (message,) = [m for m, level in found.items() if level == "error"]
    assert message.startswith("conv2_1: all zero")
    assert found["starting from their fillers: score_fr"] == "note"


def test_a_net_without_weights_does_not_start(table, monkeypatch):
    monkeypatch.setattr(nets.vgg_small, "MSRA", dict(type="constant"))
    run = Run(experiments.find("tiny-fcn32s"))
    with pytest.raises(DataError, match=r"tiny-fcn32s cannot start training: conv1_1, .*all zero"):
        run.begin()
    run.begin(check=False)


def test_wrong_labels_are_found_before_the_first_step(table):
    m = tiny.Maker(table / "data", size=(34, 40))
    run = Run(experiments.find("tiny-fcn32s"))
    m.label("shapes/SegmentationClass/b.png", 9)
    found = [m for m, level in findings(run).items() if level == "error" and "data: " in m]
    assert len(found) == 2 and "training data" in found[0] and "validation data" in found[1]
    assert "b.png: label 7, 8 (" in found[0] and "expected 0 to 6" in found[0]


def test_rates_that_do_not_go_with_the_loss_are_warned_of(table):
    row = experiments.find("tiny-fcn32s")
    run = Run(row)
    assert not any("base_lr" in message for message in findings(run))
    run.row = replace(row, base_lr=1e-10)
    assert any("too low to learn" in message for message in findings(run))
    run.row = replace(row, normalize=False)
    assert any("summed over 1,360 pixels" in message for message in findings(run))


def test_memory_is_estimated(table, monkeypatch):
    run = Run(experiments.find("tiny-fcn32s"))
    (text,) = [m for m, level in findings(run).items() if "GiB" in m]
    assert "parameters and the first picture" in text
    monkeypatch.setattr(checks.os, "sysconf", lambda name: 1)
    assert "only 0.0 GiB are free" in next(m for m in findings(run) if "GiB" in m)


def test_a_loss_that_stays_at_chance_is_warned_of_once(table):
    run = Run(experiments.find("tiny-fcn32s"))
    run.solver.net.forward()
    watch = checks.LossMonitor(run.data.heads, patience=3)
    said = [list(watch.check(run.solver.net, np.log(7))) for _ in range(6)]
    chance = [text for texts in said for text in texts if "ln 7" in text]
    assert len(chance) == 1 and [i for i, t in enumerate(said) if chance[0] in t] == [2]
    collapsed = [text for texts in said for text in texts if "only class 0" in text]
    assert len(collapsed) == 1
    assert not list(checks.LossMonitor(run.data.heads, patience=1).check(run.solver.net, 1.0))[1:]
