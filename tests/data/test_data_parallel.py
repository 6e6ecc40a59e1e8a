"""Work on many files: order, errors, a killed run that is repeated, and the progress bar."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data import files, parallel, prepare
from data.errors import DataError
from data.labels import Mat
from data.progress import bar
from data.text import amount, did_you_mean, duration, percent

ROOT = Path(__file__).resolve().parents[2]


def square(number):
    return number * number


def stumble(number):
    if number == 70:
        raise DataError("70: cannot")
    return os.getpid()


@pytest.mark.parametrize("count", [3, 200])
def test_results_come_in_order(count):
    assert list(parallel.run(square, range(count), "squares", 2)) == [k * k for k in range(count)]


def test_many_files_use_more_than_one_process_and_an_error_reaches_the_caller():
    pids = set(parallel.run(stumble, range(70), "pids", 2))
    assert os.getpid() not in pids and len(pids) == 2
    with pytest.raises(DataError, match="70: cannot"):
        list(parallel.run(stumble, range(200), "pids", 2))


def test_a_file_is_whole_or_absent(tmp_path):
    target = tmp_path / "in/a.txt"
    with pytest.raises(KeyError), files.atomic_write(target) as stream:
        stream.write(b"half")
        raise KeyError
    assert list((tmp_path / "in").iterdir()) == []
    with files.atomic_write(target) as stream:
        stream.write(b"first")
    with pytest.raises(KeyError), files.atomic_write(target) as stream:
        stream.write(b"second")
        raise KeyError
    assert target.read_bytes() == b"first" and len(list(target.parent.iterdir())) == 1


def jobs(tmp_path, make, count):
    for k in range(count):
        inner = {"Segmentation": make.labels(21)}
        make.mat(tmp_path / f"cls/{k}.mat", GTcls=inner)
    reader = Mat("GTcls", "Segmentation")
    sources = sorted((tmp_path / "cls").glob("*.mat"))
    return [prepare.Job(p, tmp_path / f"png/{p.stem}.png", reader) for p in sources]


def written(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_only_what_is_missing_or_stale_is_made(make, tmp_path, said):
    work = jobs(tmp_path, make, 5)
    prepare.convert(work, "cls", said)
    first = written(tmp_path / "png")
    (tmp_path / "png/1.png").unlink()
    os.utime(tmp_path / "cls/2.mat")  # newer than what was made of it
    prepare.convert(work, "cls", said)
    assert said.lines == ["cls: 5 files, 5 of them made now", "cls: 5 files, 2 of them made now"]
    assert written(tmp_path / "png") == first


def test_every_file_that_fails_is_named_and_the_rest_is_made(make, tmp_path, said):
    work = jobs(tmp_path, make, 5)
    for k in (1, 3):
        (tmp_path / f"cls/{k}.mat").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"(?s)1\.mat: .*3\.mat: .*cls: 2 of 5 failed"):
        prepare.convert(work, "cls", said)
    assert sorted(written(tmp_path / "png")) == ["0.png", "2.png", "4.png"]


_PROGRAM = """
import sys
from pathlib import Path
from data import prepare
from data.labels import Mat

def main():
    folder = Path(sys.argv[1])
    sources = sorted((folder / "cls").glob("*.mat"))
    reader = Mat("GTcls", "Segmentation")
    jobs = [prepare.Job(p, folder / "out" / f"{p.stem}.png", reader) for p in sources]
    prepare.convert(jobs, "cls", workers=2)

if __name__ == "__main__":
    main()
"""


def start(tmp_path):
    (tmp_path / "run.py").write_text(_PROGRAM)
    return subprocess.Popen(
        [sys.executable, "run.py", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def processes(tmp_path):
    """Processes whose command line has this test's folder, or were started for it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd") == str(tmp_path):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_run_that_is_ended_and_repeated_ends_in_the_same_bytes(make, tmp_path, said, how):
    work = jobs(tmp_path, make, 400)
    prepare.convert(work, "cls", said, workers=1)
    out, run = tmp_path / "out", start(tmp_path)
    deadline = time.monotonic() + 30
    while not (out.is_dir() and len(list(out.glob("*.png"))) >= 20):
        assert time.monotonic() < deadline and run.poll() is None, run.stderr.read()
        time.sleep(0.005)
    if how == signal.SIGINT:
        os.killpg(run.pid, how)  # what a terminal's Ctrl-C does: the workers get it too
    else:
        run.kill()
    run.communicate(timeout=30)
    while processes(tmp_path):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.02)
    made = {p.name: p.read_bytes() for p in out.glob("*.png")}
    if len(made) == 400:
        pytest.skip("all 400 were done before the signal came through")
    assert len(made) >= 20
    truth = written(tmp_path / "png")
    assert all(truth[name] == body for name, body in made.items()), "nothing half-written"
    again = start(tmp_path)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert written(out) == truth, "the same bytes, and no leftovers"


def test_progress_counts_on_standard_error(capsys):
    with bar("sbd", 100) as progress:
        progress.update(25)
        progress.refresh()
    text = capsys.readouterr().err
    assert "sbd:  25%" in text and "25/100" in text and "files/s" in text
    with bar("big", 4_000_000, "B", initial=1_000_000) as progress:
        progress.update(1_000_000)
        progress.refresh()
    assert "big:  50%" in (text := capsys.readouterr().err) and "2.00M/4.00M" in text


def test_durations_amounts_and_shares_read_well():
    assert [duration(s) for s in (0, 42, 185, 7620, 273600)] == [
        "0 s", "42 s", "3 min 5 s", "2 h 7 min", "3 d 4 h",
    ]  # fmt: skip
    assert [amount(n) for n in (5, 5_000, 5_600_000, 7_000_000_000)] == [
        "5 B", "5.0 kB", "5.6 MB", "7.0 GB",
    ]  # fmt: skip
    assert [percent(v) for v in (None, 0.1234, 1.0)] == ["–", "12.3", "100.0"]


def test_misspelt_names_are_answered_with_the_nearest():
    assert did_you_mean("sead", ("seed", "split")) == "; did you mean 'seed'?"
    assert did_you_mean("voc20111", ("voc2011", "voc2012", "sbd")).startswith(
        "; did you mean 'voc2011' or 'voc2012'"
    )
    assert did_you_mean("x", ("seed", "split")) == ""
