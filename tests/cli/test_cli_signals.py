"""The caffe command: devices, signals, the progress bar."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_kit import LINE, SOLVER

import caffe_cli
from caffe_cli.train import Requests, solve


def test_device_query_reads_the_driver(command, folder, monkeypatch):
    tool = folder / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho '0, Test GPU, 9.0, 1000 MiB, 900 MiB, 1500 MHz, 555.1'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    status, _, lines = command("device_query", "-gpu", "0")
    assert status == 0 and re.search(r"Name: +Test GPU", "\n".join(lines))
    status, output, _ = command("device_query", "-gpu", "3")
    assert status == 1 and "there is no GPU 3" in output
    monkeypatch.setenv("PATH", "/nonexistent")
    status, output, _ = command("device_query", "-gpu", "0")
    assert status == 1 and "nvidia-smi is not on PATH" in output
    status, _, lines = command("device_query")  # as BVLC's tool, which asks no device then
    assert status == 0 and lines == ["caffe.cpp:138 Querying GPUs "]


def test_requests_of_signals():
    requests = Requests({signal.SIGINT: "stop", signal.SIGHUP: "snapshot"})
    assert requests.next() == "none"
    requests.receive(signal.SIGINT, None)
    requests.receive(signal.SIGHUP, None)
    requests.receive(signal.SIGINT, None)
    assert [requests.next() for _ in range(3)] == ["snapshot", "stop", "none"]


class PlainSolver:
    """A solver as BVLC's pycaffe has it: it can be called back but not asked to stop."""

    def __init__(self, requests):
        self.requests, self.done, self.iter = requests, [], 0

    def add_callback(self, on_start, on_gradients_ready):
        self.on_start = on_start

    def solve(self):
        for self.iter in range(4):
            self.on_start()
            self.done.append(self.iter)
            if self.iter < 2:
                self.requests.receive([signal.SIGHUP, signal.SIGINT][self.iter], None)

    def snapshot(self):
        self.done.append("snapshot")


def test_signals_on_a_solver_without_an_action_function(capfd):
    requests = Requests({signal.SIGINT: "stop", signal.SIGHUP: "snapshot"})
    solver = PlainSolver(requests)
    solve(solver, requests)
    assert solver.done == [0, "snapshot", 1, "snapshot"]
    assert "Optimization stopped early." in capfd.readouterr().err


def start(folder, *flags):
    """A training process that would run for hours, once it has begun to."""
    text = SOLVER.replace("max_iter: 8", "max_iter: 100000000").replace("snapshot: 4", "")
    text = text.replace("display: 2", "display: 10000000").replace("test_interval: 4", "")
    (folder / "solver.prototxt").write_text(text.replace("test_iter: 2", ""))
    argv = [sys.executable, "-m", "caffe_cli", "train", "-solver", "solver.prototxt", *flags]
    environment = os.environ | {
        "PYTHONPATH": str(Path(caffe_cli.__file__).parents[1]),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder)
    for line in process.stderr:
        if "Iteration 0, lr" in line:
            break
    return process


def test_signals_snapshot_and_stop(folder):
    with start(folder) as process:
        process.send_signal(signal.SIGHUP)
        for line in process.stderr:
            if "Snapshotting solver state" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 0
    assert "Optimization stopped early." in rest and "Snapshotting to binary proto file" in rest
    assert len(list(folder.glob("snap_iter_*.solverstate"))) == 2


def test_signals_do_what_the_flags_say(folder):
    with start(folder, "-sigint_effect", "none", "-sighup_effect", "stop") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGHUP)
        rest = process.stderr.read()
        assert process.wait(60) == 0 and "Optimization stopped early." in rest


def test_progress_bar_on_a_terminal_keeps_log_lines_whole(folder):
    pty = pytest.importorskip("pty")
    pytest.importorskip("tqdm")
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    argv = [sys.executable, "-m", "caffe_cli", "train", "-solver", "solver.prototxt"]
    environment = os.environ | {"PYTHONPATH": str(Path(caffe_cli.__file__).parents[1])}
    process = subprocess.Popen(argv, stderr=slave, env=environment, cwd=folder)
    os.close(slave)
    shown = io.BytesIO()
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the terminal's other end is closed
            break
        if not part:
            break
        shown.write(part)
    os.close(master)
    assert process.wait(60) == 0
    text = shown.getvalue().decode()
    assert "8/8" in text and "it/s" in text
    for line in text.replace("\r\n", "\n").split("\n"):
        final = line.split("\r")[-1].replace("\x1b[A", "")
        if "] " in final and "solver.cpp" in final:
            assert LINE.fullmatch(final), repr(line)
