"""The table of the paper's claims: equal budgets, one difference a line, its page."""

import json
from collections import Counter

import pytest

import experiments
import report.claim
import training.claim
from data.errors import DataError
from experiments.claim import variants
from nets import generate
from training import run_dir


def by_name(pictures=2400, seed=1):
    return {v.row.name.split("-")[1]: v for v in variants(pictures, seed)}


def pictures(row):
    return row.max_iter * row.iter_size * experiments.data_of(row).train["batch"]


def test_budgets_are_equal_where_lines_are_compared():
    found = by_name()
    assert all(pictures(found[k].row) == 2400 for k in
               ("32s", "nothing", "fixed", "accum", "online", "heavy"))  # fmt: skip
    staged = sum(pictures(found[k].row) for k in ("32s", "16s", "8s"))
    assert pictures(found["atonce"].row) == staged == 4800
    assert {v.row.score_every == v.row.max_iter for v in found.values()} == {True}


def test_each_picture_moves_the_weights_by_as_much_online_and_heavy():
    online, heavy = (by_name()[name].row for name in ("online", "heavy"))
    assert online.momentum == 0.9 and heavy.momentum == 0.99
    moved = [row.base_lr / (1 - row.momentum) for row in (online, heavy)]
    assert moved == pytest.approx([5e-3, 5e-3])


def test_lines_start_from_lines_before_them():
    names = []
    for variant in variants(seed=2):
        assert not variant.before or variant.before in names
        names.append(variant.row.name)
    assert all(name.endswith("-seed2") for name in names)
    assert max(Counter(names).values()) == 1


def test_lines_learn_what_they_say():
    found = by_name()

    def learning(name):
        row = found[name].row
        net = generate.net(row, experiments.data_of(row), "train")
        return {k.name for k in net.layer if k.type == "Convolution" and k.param[0].lr_mult}

    assert learning("fixed") == {"score_fr"}
    assert learning("32s") == learning("nothing") and len(learning("32s")) == 54
    assert learning("8s") == learning("atonce") == learning("32s") | {
        "score_stride16", "score_stride8"
    }  # fmt: skip
    assert found["nothing"].row.init == () and found["fixed"].row.init == found["32s"].row.init


def test_seeds_reach_fillers_and_order():
    for seed in (1, 2):
        row = by_name(seed=seed)["32s"].row
        data = experiments.data_of(row)
        assert generate.solver(row, data).random_seed == seed
        net = generate.net(row, data, "train")
        assert f"'seed': {seed}" in net.layer[0].python_param.param_str


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Write finished runs of some lines, with these scores, as training does."""
    monkeypatch.setenv("FCN_RUNS", str(tmp_path))

    def finish(name, mean_iu, seconds=60.0):
        run_dir.folder(name).mkdir(parents=True, exist_ok=True)
        score = dict(heads=dict(score=dict(mean_iu=mean_iu)))
        (run_dir.folder(name) / "score.json").write_text(json.dumps(score))
        log = run_dir.Log(name)
        log.write("start", iter=0)
        log.write("end", iter=600, time=seconds)

    return finish


def test_the_page_has_means_and_spreads(runs, tmp_path, capsys):
    with pytest.raises(DataError, match=r"training\.claim"):
        report.claim.lines()
    for seed, value in ((1, 0.5), (2, 0.53), (3, 0.59), (4, 0.54)):
        runs(f"claim-32s-seed{seed}", value)
    runs("claim-nothing-seed1", 0.3, 700)
    first, second = report.claim.lines()
    assert (first.mean, first.spread, first.iterations) == (
        pytest.approx(0.54),
        "50.0 to 59.0",
        600,
    )
    assert (second.mean, second.spread, second.seconds) == (0.3, "", 700)
    page = report.claim.write(tmp_path / "out").read_text()
    assert '<td class="best">54.0</td><td>50.0 to 59.0</td><td>4</td>' in page
    assert "<td>30.0</td><td></td><td>1</td>" in page and "skips" not in page
    assert "32s, from nothing" in capsys.readouterr().out


def test_long_lines_have_one_seed(runs, monkeypatch):
    trained = []

    class Run:
        def __init__(self, row):
            self.row = row

        def begin(self, init):
            self.init = init

        def train(self):
            name = self.row.name
            (run_dir.folder(name)).mkdir(parents=True, exist_ok=True)
            (run_dir.folder(name) / "best.caffemodel").touch()
            runs(name, 0.5, 601 if "nothing" in name else 5)
            trained.append((name, self.init.rpartition("/")[0].rpartition("/")[2] or self.init))

    monkeypatch.setattr(training.claim, "Run", Run)
    monkeypatch.setattr(training.claim.initial_weights, "fetch_prerequisites", lambda row: None)
    monkeypatch.setattr("sys.argv", ["claim", "--seeds", "2"])
    training.claim.main()
    names = Counter(name.rpartition("-")[0] for name, _ in trained)
    assert names.pop("claim-nothing") == 1 and set(names.values()) == {2}
    assert dict(trained)["claim-nothing-seed1"] == "none"
    assert dict(trained)["claim-16s-seed2"] == "claim-32s-seed2"
    trained.clear()
    training.claim.main()
    assert trained == []
    monkeypatch.setattr("sys.argv", ["claim", "--only", "none-such"])
    with pytest.raises(SystemExit, match="no line of the table"):
        training.claim.main()
