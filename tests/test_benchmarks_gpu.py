"""`python -m benchmarks.gpu`, rehearsed on the CPU: each part, and one that fails."""

import argparse
import contextlib
import json
import os
import time
import types
import warnings

import pytest

import caffe
from benchmarks import __main__ as command
from benchmarks import golden, gpu, gpu_parts, graphs, measure
from benchmarks.gpu_parts import PARTS, Found, LeftOut, Part, Scale
from benchmarks.report import Row

torch = pytest.importorskip("torch")
SMALL = Scale(gpu=False, small=True)
CUDA_ALONE = {"waits", "graphs", "idle"}


class Here:
    """A measure.Worker in this process."""

    def __init__(self, maker, config):
        self.unit, self.config = maker(config), config

    def ask(self, question):
        return measure._ANSWERS[question](self.unit, self.config)

    def close(self):
        del self.unit


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(measure, "Worker", Here)
    yield
    caffe.set_precision("float32")
    caffe.set_data_workers(1)


# FCN-8s in float32 is the slowest here, and differs from bf16 by one word.
@pytest.mark.parametrize("name", sorted(PARTS.keys() - CUDA_ALONE - {"ranks", "step-float32"}))
def test_a_part_finds_what_it_should(name, here):
    found = PARTS[name].find(SMALL)
    assert found.faults == []
    if name == "golden":
        assert found.notes[0] == "12 of 12 cases agree; the farthest:"
    else:
        assert found.rows and all(row.ours > 0 and row.baseline > 0 for row in found.rows)
        assert all(row.value == pytest.approx(row.ours / row.baseline) for row in found.rows)


def test_two_ranks_beside_one():
    """Both come to the same loss: `ranks` of `python -m benchmarks` demands it."""
    (row,) = command.two_ranks(argparse.Namespace(rounds=1))
    assert row.what == "LeNet step, 2 ranks / 1 with iter_size 2"
    assert row.ours > 0 and row.baseline > 0


@pytest.mark.parametrize("name", sorted(CUDA_ALONE))
def test_what_only_a_gpu_can_tell_is_left_out(name):
    with pytest.raises(LeftOut, match="needs a CUDA device"):
        PARTS[name].find(SMALL)


def test_a_figure_that_is_not_pytorch_s_is_a_fault(here):
    makers = [lambda config, figure=figure: lambda: figure for figure in (1.0, 1.2, float("nan"))]
    ours = {"": makers[1], ", broken": makers[2]}
    found = gpu_parts._race("step", ours, makers[0], SMALL.fcn8s(), 1, close=0.1)
    assert found.faults == [
        "step: 1.2 where PyTorch comes to 1",
        "step, broken: nan where PyTorch comes to 1",
    ]


def test_a_golden_figure_that_is_missed_is_told(monkeypatch):
    passes = golden._passes

    def bend(case_class, path, folder):
        if path.stem == "AbsVal-plain":
            raise ValueError("no such kernel")
        case = passes(case_class, path, folder)
        case.worst += path.stem == "rand-2-00048"
        return case

    monkeypatch.setattr(golden, "_passes", bend)
    missed, unable = sorted(PARTS["golden"].find(SMALL).faults, key=len)
    assert missed.startswith("rand-2-00048: off by 1.0e+00 of its scale, 0.0001 allowed")
    assert unable.endswith("ValueError: no such kernel\n")


def test_waits_of_an_iteration_are_counted_without_the_call_s_own(monkeypatch):
    modes = []
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)

    class Solver:
        """Waits twice an iteration, and at the end of a call."""

        def step(self, count):
            for _ in range(2 * count + 1):
                warnings.warn("called a synchronizing CUDA operation", stacklevel=1)
            warnings.warn("another thing", stacklevel=1)

    with pytest.warns(UserWarning):  # of the steps before it looks
        count, places = gpu_parts.waits_of_an_iteration(Solver())
    assert count == 2 and modes == ["warn", "default"] * 2
    assert [place.rpartition(":")[0] for place in places] == [__file__]


def test_called_and_replayed_come_to_the_same(monkeypatch):
    """With a stand-in for the graph that calls again."""
    config, calls = SMALL.fcn8s(), []
    nothing = types.SimpleNamespace(wait_stream=lambda other: None)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: nothing)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: nothing)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: contextlib.nullcontext())
    replay = types.SimpleNamespace(replay=lambda: calls.append(1))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: replay)
    wanted = graphs.called(config, "torch")()
    assert wanted != 0
    for way, name in (
        (graphs.replayed, "torch"),
        (graphs.called, "caffe"),
        (graphs.replayed, "caffe"),
    ):
        assert way(config, name)() == pytest.approx(wanted, rel=1e-4)
    assert calls == [1, 1]


# -- what becomes of a part; these run in processes of their own


def finds(scale):
    figures = [Row("step", 1.0, 2.0, "s", 0.5)]
    return Found(figures, [f"small: {scale.small}"], ["1.2 where PyTorch comes to 1"])


def raises(scale):
    raise ValueError("no such net")


def dies(scale):
    os._exit(3)


def hangs(scale):
    time.sleep(60)


def test_a_part_that_fails_is_reported_and_the_rest_still_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GLOG_minloglevel", "2")
    parts = {f.__name__: Part(f, 1 if f is hangs else 60) for f in (raises, dies, hangs, finds)}
    out = tmp_path / "report.json"
    arguments = ["--device", "cpu", "--small", "--out", str(out)]
    assert gpu.main(arguments, parts) == 1
    found = json.loads(out.read_text())["parts"]
    assert {part["status"] for part in found.values()} == {"FAILED"}
    assert found["raises"]["error"].endswith("ValueError: no such net\n")
    assert found["dies"]["error"] == "its process ended by itself, exit code 3"
    assert found["hangs"]["error"].startswith("not done after 1 s, at:\n")
    assert "in hangs" in found["hangs"]["error"] and found["hangs"]["seconds"] < 60
    assert found["finds"]["rows"][0]["value"] == 0.5 and found["finds"]["notes"] == ["small: True"]
    shown = capsys.readouterr().out
    assert "fault: 1.2 where PyTorch comes to 1" in shown and "no such net" in shown
    assert shown.endswith("0 ok, 0 left out, 4 FAILED\n")


def test_the_time_for_all_parts_is_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GLOG_minloglevel", "2")
    arguments = ["--device", "cpu", "--small", "--minutes", str(gpu.LAST / 60)]
    assert gpu.main(arguments, {"finds": Part(finds, 60)}) == 1
    assert "no time was left for it" in capsys.readouterr().out


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GLOG_minloglevel", "2")
    out = tmp_path / "report.json"
    assert gpu.main(["--device", "cpu", "--only", "golden,idle", "--small", "--out", str(out)]) == 0
    content = json.loads(out.read_text())
    assert content["machine"]["torch"] and list(content["parts"]) == ["golden", "idle"]
    shown = capsys.readouterr().out
    assert "== golden: ok" in shown and shown.endswith("1 ok, 1 left out, 0 FAILED\n")
    with pytest.raises(SystemExit):
        gpu.main(["--only", "golden,nothing"])
    assert "given nothing" in capsys.readouterr().err
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 2
    assert "finds no CUDA device" in capsys.readouterr().err
