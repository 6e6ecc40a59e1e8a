"""How far the runtime is from BVLC Caffe's figures (tests/golden), on the device that it is on."""

import os
import runpy
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .with_caffe import ROOT

GOLDEN = ROOT / "tests" / "golden"


class Difference(NamedTuple):
    """The largest share of its array's scale by which a figure of one case is missed."""

    case: str
    share: float
    tolerance: float
    error: str = ""  # the traceback of a case that could not be run

    @property
    def agrees(self) -> bool:
        return not self.error and self.share <= self.tolerance


def differences(every: int = 1) -> Iterator[Difference]:
    """Yield the difference of every n-th case: nets forward and backward, solvers' trajectories."""
    nets = sorted([*GOLDEN.glob("layers/*.npz"), *GOLDEN.glob("random/layers/*.npz")])
    solvers = sorted(path for path in (GOLDEN / "solvers").iterdir() if path.is_dir())
    case_class = _recording_case()
    for path in [*nets[::every], *solvers[::every]]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                run = _passes if path.suffix else _training
                case = run(case_class, path, Path(folder))
                yield Difference(path.stem, case.worst, case.tolerance)
            except Exception:
                yield Difference(path.stem, float("inf"), 0, traceback.format_exc())


def _recording_case() -> Any:
    """Return the tests' Case, but keeping the worst error in place of asserting each."""
    base = runpy.run_path(str(GOLDEN.parent / "golden_case.py"))["Case"]

    def hold(self, what, got, want):
        self.worst = max(self.worst, self.error(got, want))

    return type("Recording", (base,), {"worst": 0.0, "hold": hold})


def _passes(case_class: Any, path: Path, folder: Path) -> Any:
    import caffe

    case = case_class(path)
    (folder / "net.prototxt").write_text(str(case["prototxt"]))
    net = caffe.Net(str(folder / "net.prototxt"), getattr(caffe, str(case["phase"])))
    case.hold_passes(net)
    return case


def _training(case_class: Any, path: Path, folder: Path) -> Any:
    import caffe

    shutil.copytree(path, folder, dirs_exist_ok=True)
    with _current(folder):
        case = case_class("trace.npz")
        case.hold_training(caffe.get_solver("solver.prototxt"))
    return case


@contextmanager
def _current(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
