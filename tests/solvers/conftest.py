"""A small solver in a folder of its own."""

import pytest
from solverkit import NET

import caffe


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a solver from settings, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def solver(settings="", extra="", net=None):
        (tmp_path / "net.prototxt").write_text(net or NET.format(extra=extra))
        text = f'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" random_seed: 7 {settings}'
        for line in ("base_lr: 0.1", 'lr_policy: "fixed"'):
            if text.count(line.split(":")[0] + ":") > 1:
                text = text.replace(line, "", 1)
        (tmp_path / "solver.prototxt").write_text(text)
        return caffe.get_solver("solver.prototxt")

    return solver
