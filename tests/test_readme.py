"""The README's commands are run: whole where that is cheap, else as far as they can be checked.

Make targets are resolved by `make -n`; scripts that train or download are held to their own
`--help`; everything else runs, on small files of the names that the README uses.
"""

import functools
import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision_kit
from PIL import Image

import caffe
import caffe_cli
import experiments
from caffe.proto import caffe_pb2

ROOT = Path(__file__).resolve().parent.parent
# The checkout, and the caffe that this process runs.
IMPORTABLE = os.pathsep.join([str(ROOT), str(Path(caffe.__file__).parent.parent)])
TEXT = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


COMMANDS = [
    line.split("  #")[0].split(" #")[0].strip()
    for block in blocks("sh")
    for line in block.splitlines()
    if line.strip()
]
TINY = """
layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param {
  num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1 }
"""
OLD = 'layers { name: "relu" type: RELU bottom: "data" top: "data" } input: "data" input_dim: 1 ' \
      "input_dim: 1 input_dim: 2 input_dim: 2"  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with small files of the README's names, as somebody's working folder."""
    where = tmp_path_factory.mktemp("readme")
    for name in ("net.prototxt", "deploy.prototxt"):
        (where / name).write_text(TINY)
    (where / "old.prototxt").write_text(OLD)
    (where / "solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 2 snapshot_prefix: "s"'
    )
    state = torchvision_kit.trained(torchvision_kit.Segmentation(deeplab=False)).state_dict()
    torch.save(state, where / "fcn_resnet50_coco.pth")
    net = caffe.Net(str(where / "net.prototxt"), caffe.TEST)
    caffe.export.onnx(net, where / "net.onnx")
    for name in ("init.caffemodel", "old.caffemodel"):
        net.save(str(where / name))
    (where / "classes.txt").write_text("ground\ncrack\n")
    for kind in ("photos", "masks"):
        (where / kind).mkdir()
        for i in range(5):
            label = np.arange(64, dtype=np.uint8).reshape(8, 8) % 2
            picture = np.dstack([label * 200] * 3) if kind == "photos" else label
            Image.fromarray(picture).save(where / kind / f"{i}.png")
    (where / "nets").symlink_to(ROOT / "nets")
    return where


def run(command, cwd, **environment):
    env = {**os.environ, "GLOG_minloglevel": "2", "FCN_DATA": str(cwd / "data"), **environment}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@functools.cache
def usage(*words):
    """Return what a script or module of the checkout, by its name, prints of its options."""
    return run([sys.executable, *words, "--help"], ROOT)


def test_there_are_commands():
    assert len(COMMANDS) > 15 and "make demo" in COMMANDS and "make test" in COMMANDS


MAKE = {  # what each of the README's targets runs, after `.venv/bin/python`
    "make demo": ["demo.py"],
    "make test": ["-m pytest"],
    "make voc-fcn8s": ["solve.py voc-fcn8s --chain --resume"],
    "make voc-fcn8s INIT=published": ["solve.py voc-fcn8s --chain --resume --init published"],
    "make score-voc-fcn8s": ["score.py voc-fcn8s"],
    "make report-voc-fcn8s": ["-m report voc-fcn8s"],
    "make camvid-resnet-fcn2s DATA=folder": ["solve.py camvid-resnet-fcn2s --chain --resume"],
    "make camvid-resnet-fcn8s DATA=folder": ["solve.py camvid-resnet-fcn8s --chain --resume"],
    "make camvid-claim DATA=folder": ["-m training.claim", "-m report --claim"],
    "make family": ["family.py"],
    "make family DATA=folder SEEDS=2": ["family.py --seeds 2"],
    "make cracks-fcn8s": ["solve.py cracks-fcn8s --chain --resume"],
}


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_make_targets(command, folder):
    """`make -n` prints what the target runs; what that takes is checked by `--help`."""
    made = run(["make", "-n", "-C", str(ROOT), *shlex.split(command)[1:]], folder)
    lines = [line.partition(".venv/bin/python ")[2].split() for line in made.splitlines()]
    found = [words for words in lines if words and words[:2] not in (["-m", "venv"], ["-m", "pip"])]
    assert [" ".join(words) for words in found] == MAKE[command]
    for words in found:
        given = usage(*words[: 2 if words[0] == "-m" else 1])
        assert all(word in given for word in words if word.startswith("--"))


SCRIPTS = [c for c in COMMANDS if re.match(r"python \w+\.py", c)]


@pytest.mark.parametrize("script", sorted({shlex.split(c)[1] for c in SCRIPTS}))
def test_scripts_know_what_the_readme_gives_them(script):
    known = usage(script)
    for command in SCRIPTS:
        words = shlex.split(command)[1:]
        if words[0] != script:
            continue
        for word in words[1:]:
            if word.startswith("--"):
                assert word in known, f"{script} has no {word}"
            elif "-fcn" in word and "." not in word:
                assert experiments.find(word).name == word


CAFFE = [c for c in COMMANDS if c.startswith("caffe ")]


@pytest.fixture
def settings_restored():
    """Undo what the command sets for its process."""
    yield
    caffe.set_mode_cpu()
    caffe.set_dialect("")
    caffe.set_precision("float32")
    caffe.set_data_workers(1)


@pytest.mark.parametrize("command", CAFFE)
def test_the_caffe_command(command, folder, settings_restored, monkeypatch, capfd):
    """In this process, which has imported torch; tests/cli starts the command as its own."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GLOG_minloglevel", "2")
    words = shlex.split(command)
    if "-gpu" in words:  # the README's machine has one
        at = words.index("-gpu")
        del words[at : at + 2]
    status = caffe_cli.main(words[1:])
    assert not status, capfd.readouterr()
    if words[1] == "draw":
        with Image.open(folder / words[3]) as drawn:
            assert min(drawn.size) > 100
    if words[1] == "upgrade":
        assert "layer {" in (folder / words[3]).read_text()


def test_own_pictures_become_an_experiment(folder):
    block = next(b for b in blocks("sh") if "data new" in b).splitlines()
    words = shlex.split(block[0])
    run([sys.executable, *words[1:]], folder, PYTHONPATH=IMPORTABLE)
    listed = run([sys.executable, "-m", "experiments"], folder, PYTHONPATH=IMPORTABLE)
    assert block[1].split()[1] in listed


def test_the_python_example(folder):
    example = next(b for b in blocks("python") if "caffe.Net" in b)
    code = f"import numpy as np\nimage = np.ones((3, 8, 8))\n{example}\nprint(out['loss'])"
    assert float(run([sys.executable, "-c", code], folder).strip("[] \n")) != 0


def test_the_example_layer_of_contributing(tmp_path, monkeypatch):
    """CONTRIBUTING's Cube computes y = x^3 and its gradient."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.S)[1].replace("\n   ", "\n")
    import torch

    from caffe._caffe.core.blob import Blob
    from caffe._caffe.core.registry import REGISTRY, create_layer

    header = "from caffe._caffe.core.layer import Layer, register\n\n"
    (tmp_path / "cube_of_contributing.py").write_text(header + code.strip())
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("cube_of_contributing")
    try:
        layer = create_layer(caffe_pb2.LayerParameter(name="c", type="Cube"), caffe.TRAIN)
        x, y = Blob((2,)), Blob()
        x.put(torch.tensor([2.0, -1.0]))
        layer.prepare([x], [y])
        layer.run([x], [y])
        assert y.data.tolist() == [8, -1]
        y.diff[...] = 1
        layer.run_backward([True], [x], [y], keep=False)
        assert x.diff.tolist() == [12, 3]
    finally:
        del REGISTRY["Cube"]
