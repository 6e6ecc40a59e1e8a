"""Tiny rows for the tests of training."""

import os

import pytest


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Rows tiny-fcn32s, 16s and 8s over tiny data; data and runs in the test's own folder."""
    import tiny
    from tiny_runs import SETTINGS, TINY

    import experiments
    from training import initial_weights

    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FCN_RUNS", str(tmp_path / "runs"))
    tiny.shapes(tiny.Maker(tmp_path / "data", size=(34, 40)))
    for row in experiments.staged(
        "tiny", "shapes", (0.01, 0.01, 0.01), options=TINY, init=(), **SETTINGS
    ):
        monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    monkeypatch.setattr(initial_weights, "is_prepared", lambda name: True)
    return tmp_path


# Tests that look at log lines expect them; a level set in the shell would drop them.
os.environ.pop("GLOG_minloglevel", None)
os.environ["GLOG_v"] = "0"  # the caffe command asks for more; see test_build_log.py
