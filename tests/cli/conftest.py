"""A folder with a tiny net and solver, and the caffe command run in it."""

import pytest
from cli_kit import LINE, NET, SOLVER

import caffe_cli


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GLOG_minloglevel", raising=False)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


@pytest.fixture
def command(folder, capfd):
    """``command("train", ...)`` runs a command line: (status, output, [(src, text), ...])."""

    def run(*argv):
        capfd.readouterr()
        status = caffe_cli.main([str(a) for a in argv])
        output = capfd.readouterr()
        lines = [m["src"] + " " + m["text"] for m in map(LINE.match, output.err.splitlines()) if m]
        return status, output.out + output.err, lines

    return run
