"""Training: run folders, logs, chains, resuming, stopping; with a tiny net."""

import json
import shutil
import signal
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from tiny_runs import command, equal, lines, trained, weights

import experiments
import score
import solve
from training import device, run_dir
from training.run import Run

# -- a whole run


def test_a_run_leaves_what_its_docstring_says(table, monkeypatch, capsys):
    run = Run(experiments.find("tiny-fcn32s"), display=2)
    run.begin()
    assert run.train()
    where = run_dir.folder("tiny-fcn32s")
    assert where == table / "runs" / "tiny-fcn32s"
    for name in ("train.prototxt", "val.prototxt", "deploy.prototxt", "solver.prototxt",
                 "last.caffemodel", "best.caffemodel", "score.json", "scalars.jsonl"):  # fmt: skip
        assert (where / name).is_file(), name
    snapshots = sorted(p.name for p in (where / "snapshots").iterdir())
    assert snapshots == ["train_iter_8.caffemodel", "train_iter_8.solverstate"]
    (start,) = lines("tiny-fcn32s", "start")
    assert start["experiment"] == "tiny-fcn32s" and start["steps"] == 8 and start["iter"] == 0
    train = lines("tiny-fcn32s", "train")
    assert [e["iter"] for e in train] == [2, 4, 6, 8]
    for entry in train:
        assert entry["pixel_loss"] == pytest.approx(entry["loss"]) and entry["lr"] == 0.01
        assert entry["images_per_s"] > 0 and entry["time"] > 0
    scores = lines("tiny-fcn32s", "score")
    assert [e["iter"] for e in scores] == [4, 8] and scores[0]["best"]
    assert len(scores[0]["heads"]["score"]["iu"]) == 7
    (end,) = lines("tiny-fcn32s", "end")
    best = max(scores, key=lambda e: e["heads"]["score"]["mean_iu"])
    assert end["best_mean_iu"] == best["heads"]["score"]["mean_iu"]
    whole = json.loads((where / "score.json").read_text())
    assert whole["iter"] == best["iter"] and len(whole["heads"]["score"]["confusion"]) == 7
    assert whole["heads"]["score"]["mean_iu"] == end["best_mean_iu"]
    assert "8/8  loss" in capsys.readouterr().out
    assert run_dir.finished("tiny-fcn32s")


def test_the_first_loss_of_zero_scores_is_ln_c(table):
    run = Run(experiments.find("tiny-fcn32s"), steps=1, display=1)
    run.begin()
    run.train()
    assert lines("tiny-fcn32s", "train")[0]["loss"] == pytest.approx(np.log(7), rel=1e-5)


def test_an_optimized_run_learns_the_same(table):
    found = []
    for optimized in (False, True):
        run = Run(experiments.find("tiny-fcn32s"), steps=2, display=1, optimized=optimized)
        run.begin()
        run.train()
        found.append([entry["loss"] for entry in lines("tiny-fcn32s", "train")])
    assert run.solver.net.plan is not None
    assert found[1] == pytest.approx(found[0], rel=1e-5)


def test_a_row_says_whether_ranks_normalise_together_and_an_option_overrides_it(table):
    for row_s in (False, True):
        row = replace(experiments.find("tiny-fcn32s"), sync_bn=row_s)
        for given, wanted in ((None, row_s), (False, False), (True, True)):
            assert Run(row, sync_bn=given).sync_bn is wanted
    for option, wanted in ([], None), (["--sync-bn"], True), (["--no-sync-bn"], False):
        assert solve.arguments(["ade20k-pspnet50", *option]).sync_bn is wanted
    assert experiments.find("ade20k-pspnet50").sync_bn


def test_a_summed_loss_is_also_given_per_pixel(table, monkeypatch):
    row = replace(experiments.find("tiny-fcn32s"), normalize=False, base_lr=1e-10)
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    run = Run(row, steps=1, display=1)
    run.begin()
    run.train()
    (entry,) = lines(row.name, "train")
    assert entry["pixel_loss"] == pytest.approx(np.log(7), rel=1e-5)
    assert entry["loss"] == pytest.approx(np.log(7) * (34 * 40 - 5), rel=1e-4)


def test_the_best_and_the_last_are_kept_apart(table, monkeypatch):
    values = iter([0.5, 0.2])
    run = Run(experiments.find("tiny-fcn32s"))
    monkeypatch.setattr(run, "mean_iu", lambda heads: next(values))
    run.begin()
    run.train()
    assert lines("tiny-fcn32s", "end")[0]["best_iter"] == 4
    assert not equal(weights("tiny-fcn32s", "best"), weights("tiny-fcn32s", "last"))
    assert run_dir.best_weights("tiny-fcn32s").name == "best.caffemodel"
    assert json.loads((run_dir.folder("tiny-fcn32s") / "score.json").read_text())["iter"] == 4


def test_scores_of_other_weights_leave_those_of_the_run(table, monkeypatch, capsys):
    trained("tiny-fcn32s", 8)
    kept = run_dir.folder("tiny-fcn32s") / "score.json"
    for more, written in (["--weights", str(kept.with_name("last.caffemodel"))], False), ([], True):
        kept.unlink(missing_ok=True)
        monkeypatch.setattr("sys.argv", ["score.py", "tiny-fcn32s", *more])
        score.main()
        assert kept.is_file() == written and "mean IU" in capsys.readouterr().out


# -- resuming and stopping


def test_a_resumed_run_is_the_same_run(table, monkeypatch):
    row = experiments.find("tiny-fcn32s")  # its dropout is 0.5, its order random
    monkeypatch.setattr(run_dir, "folder", lambda name: table / "one" / name)
    one = trained(row.name, 8)
    losses = [e["loss"] for e in lines(row.name, "train")]
    monkeypatch.setattr(run_dir, "folder", lambda name: table / "two" / name)
    two = trained(row.name, 3, 8)
    assert equal(one, two)
    assert [e["loss"] for e in lines(row.name, "train")] == losses
    assert [e["iter"] for e in lines(row.name, "start")] == [0, 3]


def test_interrupting_snapshots_between_iterations(table, monkeypatch, capsys):
    row = experiments.find("tiny-fcn32s")
    whole = trained(row.name, 8)
    run = Run(row)
    run.begin()
    count = []

    def press():
        count.append(1)
        if len(count) == 3:
            run.on_signal()

    run.solver.add_callback(press, lambda: None)
    assert run.train() is False
    assert run_dir.newest_state(row.name)[0] == run.solver.iter == 3
    assert "stopped at iteration 3" in capsys.readouterr().out
    with pytest.raises(KeyboardInterrupt):
        run.on_signal()
    again = Run(row)
    again.resume()
    again.train()
    assert equal(weights(row.name), whole)


def test_a_real_interrupt_stops_the_run_and_the_handlers_are_restored(table, monkeypatch, capsys):
    handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    beginning = solve.Run.begin

    def begin(run, *arguments, **keywords):
        beginning(run, *arguments, **keywords)
        calls = []
        run.solver.add_callback(
            lambda: calls.append(1) or (len(calls) == 2 and signal.raise_signal(signal.SIGINT)),
            lambda: None,
        )

    monkeypatch.setattr(Run, "begin", begin)
    assert command(monkeypatch, "tiny-fcn32s") == 130
    assert run_dir.newest_state("tiny-fcn32s")[0] == 2
    assert "stopping after this iteration" in capsys.readouterr().out
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_the_time_left_is_printed_after_the_first_iteration(table, capsys):
    run = Run(experiments.find("tiny-fcn32s"), steps=3, display=2)
    run.begin()
    run.train()
    assert (
        "training tiny-fcn32s: 2 more iterations of 1 x 1 pictures, about"
        in capsys.readouterr().out
    )
    assert [e["iter"] for e in lines("tiny-fcn32s", "train")] == [2, 3]


def test_the_loss_is_read_at_displays_only(table):
    """Reading it at every pass would make a GPU wait for the host each time."""
    run = Run(experiments.find("tiny-fcn32s"), steps=8, display=4)
    run.begin()
    blobs, reads = run.meter.net.blobs, []

    class Net:
        class blobs:
            def __class_getitem__(cls, name):
                reads.append((run.solver.iter, name))
                return blobs[name]

    run.meter.net = Net
    run.train()
    assert [at for at, name in reads if name == "loss"] == [4, 8]


def test_make_has_a_target_for_every_experiment(monkeypatch):
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    for goal, expected in (
        ("voc-fcn8s", "solve.py voc-fcn8s --chain --resume --init published --gpu 1"),
        ("mine-fcn16s", "solve.py mine-fcn16s --chain --resume"),
        ("demo-classifier", "solve.py demo-classifier --chain --resume"),
        ("score-voc-fcn8s", "score.py voc-fcn8s --gpu 1"),
    ):
        words = ["make", "-n", goal, "INIT=published", "GPU=1"]
        done = subprocess.run(words, cwd=run_dir.ROOT, capture_output=True, text=True, check=True)
        assert expected in done.stdout


def test_a_log_line_cut_short_is_skipped_and_later_ones_removed(table):
    trained("tiny-fcn32s", 8)
    log = run_dir.Log("tiny-fcn32s")
    with open(log.path, "a") as f:
        f.write('{"kind": "trai')
    assert log.read()[-1]["kind"] == "end"
    kept = log.rewind(5)
    assert max(e["iter"] for e in kept) <= 5 and log.read() == kept


def test_the_command_refuses_to_overwrite_and_resumes(table, monkeypatch, capsys):
    assert command(monkeypatch, "tiny-fcn32s", "--iterations", "2") == 0
    assert "holds a run at iteration 2" in command(monkeypatch, "tiny-fcn32s")
    assert command(monkeypatch, "tiny-fcn32s", "--resume", "--iterations", "4") == 0
    assert "resuming tiny-fcn32s at iteration 2 of 4" in capsys.readouterr().out
    assert command(monkeypatch, "tiny-fcn32s", "--resume", "--iterations", "4") == 0
    assert "is trained: 4 iterations" in capsys.readouterr().out
    assert command(monkeypatch, "tiny-fcn32s", "--restart", "--iterations", "1") == 0
    assert run_dir.newest_state("tiny-fcn32s")[0] == 1


@pytest.mark.parametrize(
    "words, message",
    [
        (["--iterations", "0"], "--iterations: '0': expected a whole number of at least 1"),
        (["--iterations", "-3"], "--iterations: '-3': expected a whole number"),
        (["--workers", "0"], "--workers: '0': expected"),
        (["--resume", "--restart"], "not allowed with argument --resume"),
    ],
)
def test_numbers_and_options_that_mean_nothing_are_refused(monkeypatch, capsys, words, message):
    assert command(monkeypatch, "voc-fcn32s", *words) == 2
    assert message in capsys.readouterr().err


def test_the_command_names_unknown_experiments(table, monkeypatch):
    assert "did you mean 'tiny-fcn" in command(monkeypatch, "tiny-fcn23s")


def test_a_diverging_run_says_so(table, monkeypatch):
    row = replace(experiments.find("tiny-fcn32s"), base_lr=1e30)
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    said = command(monkeypatch, "tiny-fcn32s")
    # The first update makes the weights infinite; the second forward pass shows it.
    assert said.startswith("solve: ") and "NaN" in said and "iteration 1" in said.lower(), said


def test_nan_and_infinity_are_written_as_null(table):
    log = run_dir.Log("some")
    log.path.parent.mkdir(parents=True)
    log.write("train", iter=1, loss=float("nan"), heads={"score": {"iu": [float("inf"), 1.0]}})
    (entry,) = log.read()
    assert entry["loss"] is None and entry["heads"]["score"]["iu"] == [None, 1.0]


def test_a_gpu_that_is_not_there_is_an_error_when_asked_for(monkeypatch):
    def refuse(*index):
        raise RuntimeError("no CUDA device")

    monkeypatch.setattr(device.caffe, "set_device", refuse)
    with pytest.raises(RuntimeError, match="no CUDA device"):
        device.use_device(0)
    said = []
    monkeypatch.setattr(device, "glob", lambda pattern: ["/dev/nvidia0"])
    assert device.use_device(None, said.append) is False
    assert said == ["there is a GPU, but it cannot be used: no CUDA device", "computing on the CPU"]
