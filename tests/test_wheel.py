"""The wheel in an environment of its own, far from the checkout: what `pip install` gives."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The demo with one net, a few small pictures and one iteration each.
SHORT_DEMO = """
import importlib.util, sys
from dataclasses import replace
import caffe
print(caffe.__file__)
print([importlib.util.find_spec(name) for name in ("data", "layers", "score")])
from fcn_caffe import fcn
fcn.enter()
import demo, experiments
from report import plots, tensorboard
plots.available = tensorboard.available = lambda: False  # extras that the wheel does not bring
demo.PICTURES.update(train=4, val=3, size=(64, 80), singles=(6, 6), single_size=96, workers=1)
demo.NETS = demo.STAGED = demo.STAGED[:1]
for name in (demo.CLASSIFIER, *demo.NETS):
    row = experiments.EXPERIMENTS[name]
    experiments.EXPERIMENTS[name] = replace(row, max_iter=1, score_every=1)
demo.main()
sys.argv = "fcn solve demo-fcn32s --resume --iterations 1".split()
fcn.main()
"""


def run(where, *command):
    """Run a command in the folder `where` as a user of the installed package; return its output."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "FCN_", "CAFFE"))
    }
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=where, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel made from it, as `make wheel` makes them."""
    out = tmp_path_factory.mktemp("dist")
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(out)!r})"
    run(ROOT, sys.executable, "-W", "ignore", "-c", code)
    sdist = next(out.glob("*.tar.gz"))
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "-w", out, sdist)
    run(out, *pip, "--no-build-isolation")
    return sdist, next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def bin_folder(built, tmp_path_factory):
    """An environment with the wheel alone; what it depends on is borrowed from this one."""
    env = tmp_path_factory.mktemp("installed") / "env"
    venv.create(env, with_pip=False)
    python = env / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index")
    run(env, *pip, "--no-compile", built[1])
    site = next(env.glob("lib/python*/site-packages"))
    # A .pth in a folder that a .pth names is not read: the checkout's own install stays outside.
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return env / "bin"


def test_the_wheel_has_every_module_and_data_file(built):
    sdist, wheel = built
    names = set(zipfile.ZipFile(wheel).namelist())
    rooms = ["data", "experiments", "layers", "nets", "report", "training"]
    want = {path.relative_to(ROOT / "python") for path in ROOT.glob("python/caffe*/**/*.py")}
    want |= {path.relative_to(ROOT / "python") for path in ROOT.glob("python/caffe*/py.typed")}
    want |= {
        Path("fcn_caffe", p.relative_to(ROOT)) for r in rooms for p in ROOT.glob(f"{r}/**/*.py")
    }
    want |= {Path("fcn_caffe", path.name) for path in ROOT.glob("*.py")}
    committed = (ROOT / "data" / ".gitignore").read_text().splitlines()
    want |= {Path(f"fcn_caffe/data{line[1:]}") for line in committed if line.endswith(".txt")}
    assert not {path.as_posix() for path in want} - names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"caffe", "caffe_cli", "fcn_caffe", "fcn_caffe-0.1.0.dist-info"}
    with tarfile.open(sdist) as archive:
        assert not [n for n in archive.getnames() if "/tests" in n or "/runs" in n]


def test_caffe_and_the_demo_run_from_the_wheel(bin_folder, tmp_path):
    out = run(tmp_path, bin_folder / "python", "-c", SHORT_DEMO)
    where, others, *_ = out.splitlines()
    assert where.startswith(str(bin_folder.parent))
    assert others == "[None, None, None]", "the rooms are no top-level modules"
    assert f"done: {tmp_path / 'runs' / 'demo' / 'report.html'}" in out
    assert (tmp_path / "data" / "shapes" / "classes.txt").is_file()
    told = f"demo-fcn32s is trained: 1 iterations, {tmp_path / 'runs' / 'demo-fcn32s'}\n"
    assert out.endswith(told), "`fcn solve` finds the run there"


def test_the_commands_name_what_it_has(bin_folder, tmp_path):
    assert "\n  inspect" in run(tmp_path, bin_folder / "caffe")
    listed = run(tmp_path, bin_folder / "fcn")
    assert "\n  solve        Train one experiment of the table" in listed
    wrong = subprocess.run([bin_folder / "fcn", "slove"], capture_output=True, text=True)
    assert wrong.returncode == 1 and "'slove'; did you mean solve?" in wrong.stderr
