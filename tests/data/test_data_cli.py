"""`python -m data` as a user calls it, and the one place that says where data lives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data import __main__ as cli
from data import settings
from data.sets import ALL, shapes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    return tmp_path


def test_the_setting(tmp_path, monkeypatch):
    monkeypatch.delenv("FCN_DATA", raising=False)
    assert settings.data_dir() == ROOT / "data"
    monkeypatch.setenv("FCN_DATA", "")
    assert settings.data_dir() == ROOT / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FCN_DATA", "some/where")
    assert settings.data_dir() == tmp_path / "some/where"


def test_the_variable_is_read_in_one_place_only():
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("data", "layers", "nets")
        for path in (ROOT / folder).rglob("*.py")
        if '"FCN_DATA"' in path.read_text()
    ]
    assert readers == ["data/settings.py"]


def test_as_a_program(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "data", "list"],
        cwd=ROOT, env={**os.environ, "FCN_DATA": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert all(name in run.stdout for name in ALL) and str(tmp_path) in run.stdout


def test_neither_caffe_nor_torch_is_imported():
    code = (
        "import sys; import data.__main__, data.stats, data.new, experiments; "
        "sys.exit(bool({'torch', 'caffe', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_fetch_prepare_check_stats_of_the_generated_set(data, capsys, monkeypatch):
    monkeypatch.setattr(
        shapes.Shapes, "fetch", lambda self, data, log=print: shapes.generate(
            data / "shapes", train=3, val=2, singles=(0, 0)),
    )  # fmt: skip
    assert cli.main(["fetch", "shapes"]) == 0
    assert cli.main(["prepare", "shapes"]) == 0
    assert cli.main(["check", "shapes"]) == 0
    assert capsys.readouterr().out.endswith(
        "check shapes: no problems in 5 pairs (train 3, val 2)\n"
    )
    assert cli.main(["stats", "shapes", "--split", "val", "--json"]) == 0
    (figures,) = json.loads(capsys.readouterr().out)
    assert figures["pictures"] == 2 and figures["bound"]["8"] > figures["bound"]["32"]
    assert cli.main(["stats", "shapes"]) == 0
    assert "split train: 3 pictures" in capsys.readouterr().out
    (data / "shapes/JPEGImages/val_00001.jpg").unlink()
    assert cli.main(["check", "shapes"]) == 1
    assert cli.main(["list"]) == 0


def test_own_data(data, make, capsys, tmp_path):
    for k in range(4):
        make.jpeg(tmp_path / f"in/p{k}.jpg")
        make.png(tmp_path / f"masks/p{k}.png", make.labels(2))
    make.lines(tmp_path / "classes.txt", ["background", "thing"])
    call = ["new", "things", "--images", f"{tmp_path}/in", "--masks", f"{tmp_path}/masks",
            "--classes", f"{tmp_path}/classes.txt", "--val", "0.25"]  # fmt: skip
    assert cli.main(call) == 0
    assert capsys.readouterr().out.splitlines() == [
        "things: 3 pictures to train on, 1 held out, 3 channels, 2 classes",
        "train it: make things-fcn8s",
        "check things: no problems in 4 pairs (train 3, val 1)",
    ]
    (data / "own/broken.json").write_text("{")
    assert cli.main(["list"]) == 0
    listed = capsys.readouterr().out
    assert "things" in listed and "cannot be used" in listed.partition("broken ")[2]
    assert cli.main(["stats", "things", "--split", "val"]) == 0
    assert cli.main(["fetch", "things"]) == cli.main(["prepare", "things"]) == 0
    assert cli.main(call) == 2
    assert "give --replace" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call, text",
    [
        (["check", "voc20111"], "no data set 'voc20111'; did you mean 'voc2011'"),
        (["check", "camvid"], "run `python -m data fetch camvid`, or set FCN_DATA"),
        (["stats", "voc2012"], "voc2012 is not there"),
        (["prepare", "nyud"], "nyud is not there"),
        (["prepare", "sbd", "--hha"], "--hha is for nyud"),
        (["fetch", "shapes", "--only", "x"], "--only is for weights"),
        (["check", "ilsvrc-weights"], "ilsvrc-weights is not there"),
    ],
)
def test_errors_are_one_message_and_no_traceback(data, call, text, capsys):
    assert cli.main(call) == 2
    assert text in capsys.readouterr().err


def test_interruption_prints_that_the_command_continues(data, monkeypatch, capsys):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_list", interrupted)
    assert cli.main(["list"]) == 130
    assert "continues from here" in capsys.readouterr().err
