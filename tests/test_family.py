"""The family: rows alike but for what they compare, their costs, and the page."""

import numpy as np
import pytest

import experiments
import family
from data.metrics import metrics
from experiments.rows.family import LATER, SYSTEMS, UPON, systems
from report import family as page
from training import run_dir
from training.comparison import Example, Result, System, mean
from training.costs import Costs, costs


@pytest.mark.parametrize("prefix", ["family", "family-camvid"])
def test_systems_share_data_order_rates_and_iterations(prefix):
    rows = [experiments.find(f"{prefix}-{name}") for name in SYSTEMS]
    shared = (
        "data",
        "init",
        "max_iter",
        "base_lr",
        "solver",
        "momentum",
        "weight_decay",
        "balance",
    )
    assert all(getattr(row, key) == getattr(rows[0], key) for row in rows for key in shared)
    later = [experiments.find(f"{prefix}-{name}") for name in LATER]
    assert all(row.max_iter == rows[0].max_iter and row.init == rows[0].init for row in later)
    for name, (_, before, _) in UPON.items():
        assert experiments.find(f"{prefix}-{name}").sources == [f"{prefix}-{before}"]
    assert [name for name, _ in systems(prefix)][:3] == [f"{prefix}-fcn{s}s" for s in (32, 16, 8)]


def test_a_row_with_another_seed_starts_from_rows_of_that_seed():
    row, plain = experiments.find("family-crfrnn-seed3"), experiments.find("family-crfrnn")
    assert (row.name, row.seed, plain.seed) == ("family-crfrnn-seed3", 3, experiments.SEED)
    assert row.sources == ["family-fcn8s-seed3"]
    fetched = experiments.find("camvid-resnet-fcn32s-seed2")
    assert fetched.init == experiments.find("camvid-resnet-fcn32s").init
    with pytest.raises(experiments.ExperimentError, match="family-crfrm.*did you mean"):
        experiments.find("family-crfrm-seed3")


def measured(name):
    row = experiments.find(name)
    data = experiments.data_of(row)
    return costs(run_dir.texts(row, data)["deploy"], data.heads[0].score)


def test_costs_by_hand():
    got = measured("family-fcn32s")
    widths, depths, taken = (16, 32, 64, 96, 128), (1, 1, 2, 2, 2), 3
    weights, macs, side = 0, 0, 160
    for width, depth in zip(widths, depths, strict=True):
        for _ in range(depth):
            weights += 9 * taken * width
            macs += 9 * taken * width * side**2
            taken = width
            weights += 2 * width + 2 * width + 1  # BatchNorm's three blobs, Scale's two
        side = -(-side // 2)
    for inputs, outputs, taps in ((128, 192, 9), (192, 192, 1), (192, 7, 1)):
        weights += taps * inputs * outputs + outputs
        macs += taps * inputs * outputs * side**2
    weights += 7 * 7 * 64**2
    macs += 7 * 7 * 64**2 * side**2
    assert (got.parameters, got.multiply_adds) == (weights, macs)


def test_receptive_fields_grow_with_what_each_system_adds():
    names = (*SYSTEMS, "dilation-context")
    fields = {name: measured(f"family-{name}").field for name in names}
    # Each 3x3 convolution adds 2 steps of its map, each 2x2 pool 1: (3 + 2 x 2 + ...) by hand.
    steps = [(1, 1), (2, 1), (4, 2), (8, 2)]
    trunk = 1 + sum(2 * stride * convs + stride for stride, convs in steps[:3])
    front = trunk + 2 * 8 * 2 + 2 * 2 * 8 * 2 + 2 * 8 * 4  # conv4, conv5 (d2), fc6 (d4)
    assert fields["dilation"] - front in (0, 8)  # and the deconvolution that reads two scores
    assert fields["dilation-context"] - fields["dilation"] == 2 * 8 * (1 + 1 + 2 + 4 + 8 + 1)
    assert fields["largefov"] > fields["dilation"]
    assert measured("family-crfrnn").field is None


def test_the_page(tmp_path):
    hist = np.eye(7, dtype=int) * 9 + 1
    label = np.arange(48, dtype=np.uint8).reshape(6, 8) % 7
    picture = np.zeros((6, 8, 3), np.uint8)
    results = [
        Result(
            System(f"family-{name}", title),
            metrics(hist * (k + 1) + k * np.eye(7, dtype=int)) | dict(boundary_iu=0.25 + k / 8),
            0.0123,
            Costs(1234567, 89_000_000, None if k else 77),
            120,
            [Example("a", picture, label, label)],
        )
        for k, (name, title) in enumerate((("fcn8s", "FCN-8s"), ("largefov", "LargeFOV + CRF")))
    ]
    path = page.write(tmp_path / "report.html", "family", results)
    html = path.read_text()
    numbers = ("37.5", "1.2\u00a0M", "89.0\u00a0M", ">77<", ">all<", ">12<", "71.6")
    for part in ("FCN-8s", "LargeFOV + CRF", "DeepLab-CRF-LargeFOV", *numbers):
        assert part in html, part
    assert html.count("<img") == 4 and html.count('class="best"') >= 5
    text = page.text(results)
    assert text.splitlines()[1].startswith("FCN-8s") and "25.0" in text.splitlines()[1]


def test_means_over_seeds(tmp_path):
    hist = np.eye(7, dtype=int) * 9 + 1
    runs = [
        Result(
            System("family-fcn8s", "FCN-8s"),
            metrics(hist * 1 + k * np.eye(7, dtype=int)) | dict(boundary_iu=0.25 + k / 8),
            0.0123,
            Costs(1234567, 89_000_000, 77),
            120,
        )
        for k in range(2)
    ]
    combined = mean(runs)
    assert combined.scores["boundary_iu"] == 0.3125
    assert combined.spread["boundary_iu"] == (0.25, 0.375)
    assert combined.scores["mean_iu"] == np.mean([run.scores["mean_iu"] for run in runs])
    assert mean(runs[:1]).spread == {} and mean(runs[:1]).scores == runs[0].scores
    html = page.write(tmp_path / "report.html", "family", [combined], 2).read_text()
    assert "<small>±6.2</small>" in html and "means of 2 seeds" in html


def test_the_command_trains_what_is_missing_and_writes_the_page(table, monkeypatch, capsys):
    tiny = [("tiny-fcn32s", "FCN-32s"), ("tiny-fcn16s", "FCN-16s")]
    monkeypatch.setattr(family, "systems", lambda prefix: tiny)
    monkeypatch.setattr(family, "PREFIXES", {"shapes": "tiny", "camvid": "tiny"})
    monkeypatch.setattr(family, "WITH_CRF", ())
    monkeypatch.setattr("sys.argv", ["family.py", "shapes", "--seeds", "2"])
    family.main()
    done = [run_dir.finished(f"tiny-fcn{s}s{end}") for s in (32, 16) for end in ("", "-seed2")]
    assert all(done)
    assert "FCN-16s" in (run_dir.folder("tiny") / "report.html").read_text()
    capsys.readouterr()
    family.main()
    assert "tiny-fcn16s-seed2: trained" in capsys.readouterr().out
