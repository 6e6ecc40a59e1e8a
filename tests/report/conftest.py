"""Small runs and the report of the last, for all tests of the report."""

import pytest
import tiny
from reportkit import OPTIONS

import experiments
from report import write
from training import initial_weights
from training.run import Run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Runs tiny-fcn32s, 16s and 8s, trained for a moment, and the report of the last."""
    where = tmp_path_factory.mktemp("report")
    tiny.shapes(tiny.Maker(where / "data", size=(60, 70)))
    rows = experiments.staged(
        "tiny", "shapes", (0.1, 0.1, 0.1), options=OPTIONS, init=(), normalize=True,
        net="vgg_small.small_fcn", momentum=0.9, max_iter=4, score_every=2,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, where, rows)
        for row in rows:
            run = Run(row, display=1)
            run.begin()
            run.train()
        write.one("tiny-fcn8s", count=2)
    return where, rows


def enter(patch, where, rows):
    """Let the rows be experiments, and `where` their data and runs."""
    patch.setenv("FCN_DATA", str(where / "data"))
    patch.setenv("FCN_RUNS", str(where / "runs"))
    patch.setattr(initial_weights, "is_prepared", lambda name: True)
    for row in rows:
        patch.setitem(experiments.EXPERIMENTS, row.name, row)


@pytest.fixture
def runs(trained, monkeypatch):
    """The folder of those runs, which are experiments during the test alone."""
    enter(monkeypatch, *trained)
    return trained[0] / "runs"


@pytest.fixture
def page(runs):
    return runs / "tiny-fcn8s" / "report.html"
