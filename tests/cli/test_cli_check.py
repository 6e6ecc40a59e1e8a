"""caffe check: what a folder's prototxts come to, whatever they are."""

import json
import multiprocessing.forkserver
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from check_kit import SEGMENTER

import caffe_cli
from caffe_cli import check, probe

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
IP = 'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { %s } }\n'
RIGID = (
    'layer { name: "r" type: "Reshape" bottom: "x" top: "r" '
    "reshape_param { shape { dim: 7 dim: 7 } } }"
)
PYTHON = 'layer { name: "p" type: "Python" bottom: "x" top: "y" python_param { %s } }\n'


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A folder as old repositories are, and `caffe check --json` of it, by first path."""
    root = tmp_path_factory.mktemp("old")
    files = {
        "good.prototxt": INPUT + IP % "num_output: 2",
        "rigid.prototxt": SEGMENTER + RIGID,
        "deep/listed.prototxt": 'layer { name: "data" type: "ImageData" top: "x" top: "y" '
        'image_data_param { source: "lists/train.txt" } }',
        "lists/train.txt": "lists/a.ppm 0\n",  # both as from the folder checked
        "lists/a.ppm": "P3 2 1 255 0 0 0 0 0 0\n",
        "copy/good.prototxt": INPUT + IP % "num_output: 2",
        "segment.prototxt": SEGMENTER,
        "bad_type.pt": INPUT + 'layer { name: "u" type: "Nonesuch" bottom: "x" top: "y" }',
        "bad_field.prototxt": INPUT + IP % "no_such_field: 2",
        "template.prototxt": INPUT + IP % "num_output: ${NUM}",
        "python.prototxt": INPUT + PYTHON % 'module: "deep.mine" layer: "Twice"',
        "exits.prototxt": INPUT + PYTHON % 'module: "deep.exits" layer: "Twice"',
        "sleeps.prototxt": INPUT
        + (PYTHON % 'module: "deep.sleeps" layer: "Twice"').replace(
            "python_param", "include { phase: TRAIN } python_param"
        ),
        "huge.prototxt": INPUT + IP % ('num_output: 150000000 weight_filler { type: "xavier" }'),
        "solver.prototxt": 'net: "good.prototxt" base_lr: 0.1 lr_policy: "fixed"',
        "bad_solver.prototxt": "base_lr: 0.1 no_such_field: 3",
        "labelmap.prototxt": 'item { name: "none" label: 0 }',
        "weights.pt": "PK\x03\x04\0\0\0\0layer {",
        "latin.prototxt": INPUT + "# caf\udce9\n" + IP % "num_output: 2",
        "notes.txt": INPUT,
        ".git/good.prototxt": INPUT,
        "lib/deep/__init__.py": "",
        "lib/deep/mine.py": "import caffe\nprint('hello')\nclass Twice(caffe.Layer):\n"
        "    def reshape(self, bottom, top):\n        top[0].reshape(*bottom[0].data.shape)\n",
        "lib/deep/exits.py": "import os\nos._exit(3)\n",
        "lib/deep/sleeps.py": "import time\ntime.sleep(100)\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    before = sorted(root.rglob("*"))
    limits = check.Limits(timeout=4, memory=1)
    entries = check.find(str(root))
    check.build_all(str(root), entries, limits, 2)
    assert sorted(root.rglob("*")) == before
    return {entry.paths[0]: entry for entry in entries}


@pytest.mark.parametrize(
    "path, result, said",
    [
        ("good.prototxt", "builds", ""),
        ("latin.prototxt", "builds", ""),
        ("deep/listed.prototxt", "builds", ""),
        ("segment.prototxt", "builds, data replaced", "'absent'"),
        ("rigid.prototxt", "stops", "cannot take the shape (7, 7)"),
        ("rigid.prototxt", "stops", "as it is: layer 'data' (Data): "),
        ("bad_type.pt", "stops", "Nonesuch"),
        ("bad_field.prototxt", "stops", "no_such_field"),
        ("template.prototxt", "stops", "${NUM}"),
        ("python.prototxt", "builds", ""),
        ("exits.prototxt", "stops", "status 3"),
        ("sleeps.prototxt", "stops", "more than 4 s"),
        ("huge.prototxt", "stops", "memory"),
        ("solver.prototxt", "reads", ""),
        ("bad_solver.prototxt", "stops", "no_such_field"),
    ],
)
def test_what_becomes_of_a_file(repository, path, result, said):
    entry = repository[path]
    assert entry.result == result
    assert said in entry.message and bool(said) == bool(entry.message)


def test_threads_read_the_status_of_their_own_child(tmp_path, monkeypatch):
    (tmp_path / "exits.py").write_text("import os\nos._exit(3)\n")
    path = tmp_path / "net.prototxt"
    path.write_text(INPUT + PYTHON % 'module: "exits" layer: "Twice"')
    read = multiprocessing.forkserver.read_signed

    def read_slowly(file):
        time.sleep(0.02)  # so that two threads meet there, if they can
        return read(file)

    monkeypatch.setattr(multiprocessing.forkserver, "read_signed", read_slowly)
    prober = probe.Prober(str(tmp_path), probe.Limits(timeout=60, memory=1))
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(prober.build, [str(path)] * 20, ["TEST"] * 20))
    assert {outcome.message for outcome in outcomes} == {"ended the process (status 3)"}


def test_files_that_are_not_nets_are_left_out(repository):
    absent = {"labelmap.prototxt", "weights.pt", "notes.txt", ".git/good.prototxt"}
    assert not absent & set(repository) and len(repository) == 14
    assert repository["good.prototxt"].paths == ["good.prototxt", "copy/good.prototxt"]


def test_obstacles_and_counts(repository):
    assert repository["bad_type.pt"].obstacle == "Nonesuch"
    assert repository["bad_field.prototxt"].obstacle == "no_such_field"
    assert repository["template.prototxt"].obstacle == "a template's placeholder"
    lines = check.table(list(repository.values()))
    assert "12 distinct net files (13 files): 4 builds, 1 builds, data replaced, 7 stops" in lines
    assert "2 distinct solver files (2 files): 1 reads, 1 stops" in lines
    row = next(line for line in lines if line.startswith("good.prototxt (x2)"))
    assert row.split()[2:] == ["builds"]


def test_the_command(tmp_path, capfd):
    (tmp_path / "net.prototxt").write_text(SEGMENTER)
    assert caffe_cli.main(["check", str(tmp_path), "-json"]) == 0
    (entry,) = json.loads(capfd.readouterr().out)
    assert entry["paths"] == ["net.prototxt"] and entry["kind"] == "net"
    assert {p: o["result"] for p, o in entry["phases"].items()} == {
        "TRAIN": "builds, data replaced",
        "TEST": "builds, data replaced",
    }
    assert caffe_cli.main(["check", str(tmp_path), "-noreplace_data"]) == 0
    output = capfd.readouterr().out
    assert "1 distinct net files (1 files): 0 builds, 0 builds, data replaced, 1 stops" in output


def test_a_net_that_builds_with_a_warning_shows_it(tmp_path, capfd):
    crop = 'layer { name: "c" type: "Crop" bottom: "x" bottom: "p" top: "z" }'
    pool = """layer { name: "i" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2
        dim: 9 dim: 9 } } }
        layer { name: "k" type: "Convolution" bottom: "x" top: "p" convolution_param {
        num_output: 2 kernel_size: 5 } }"""
    (tmp_path / "old.prototxt").write_text(pool + crop)
    (tmp_path / "new.prototxt").write_text(pool)
    assert caffe_cli.main(["check", str(tmp_path)]) == 0
    _, new, old, *_ = capfd.readouterr().out.splitlines()
    assert new.split() == ["new.prototxt", "builds"]
    assert old.startswith("old.prototxt  builds") and "crops at offset 0, 0 as in BVLC" in old


def test_the_dialect_comes_from_the_log_or_the_refusal():
    """As the engine logs a layer read as a fork's, and as it refuses a fork's field."""
    line = "I1124 23:43:14.000001    12 caffe.cpp:1] layer 'b' (BN): read as segnet's: bn_mode"
    outcome = probe.with_log(probe.Outcome("builds"), ["noise", line])
    assert check.Entry("net", ["a"], outcomes={"TEST": outcome}).dialect == "segnet"
    refused = probe.Outcome("stops", "LayerParameter has no field 'x' (known from SSD, R-FCN; y)")
    entry = check.Entry("net", ["a"], outcomes={"TEST": refused})
    assert (entry.dialect, entry.obstacle) == ("SSD, R-FCN", "x")


def test_a_failed_check_of_a_bvlc_build_is_quoted():
    line = "F1124 23:43:14.000001    12 layer_factory.hpp:81] Check failed: Unknown layer type: Q"
    outcome = probe.with_log(probe.Outcome("stops", "ended the process (signal 6)"), [line])
    assert outcome.message == "Check failed: Unknown layer type: Q"
    assert check.Entry("net", ["a"], outcomes={"TEST": outcome}).obstacle == "Q"


@pytest.mark.parametrize(
    "message, obstacle",
    [
        ("layer 'a' (Loss): LossParameter's 'smooth' is not BVLC Caffe's and ...", "smooth"),
        ("layer 'a' (Python): cannot import module 'rpn.x': No module", "Python module rpn.x"),
        (
            "layer 'a' (Python): cannot import module 'x': SyntaxError\n'x.py' is Python 2: `caffe",
            "Python 2 module x",
        ),
        ("layer 'a' (Concat): bottom 1 has shape (1, 2)", "what a Concat is given"),
        ("took more than 60 s", "other"),
        (
            "layer 'a' (Slice): axis 1\n(with its data replaced; as it is: layer 'd': "
            "unknown layer type 'CPMData')",
            "CPMData",
        ),
    ],
)
def test_what_stopped_a_net_is_named(message, obstacle):
    outcomes = {"TEST": probe.Outcome("stops", message)}
    assert check.Entry("net", ["a"], outcomes=outcomes).obstacle == obstacle


def test_unreadable_files_are_listed(tmp_path, monkeypatch):
    (tmp_path / "net.prototxt").write_text(INPUT)
    opened = open

    def refuse(path, *args, **settings):
        if str(path).endswith("net.prototxt"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **settings)

    monkeypatch.setattr("builtins.open", refuse)
    (entry,) = check.find(str(tmp_path))
    assert (entry.kind, entry.result) == ("unreadable", "stops")
    assert entry.message == "cannot be read: Permission denied"
    assert os.path.isfile(tmp_path / "net.prototxt")
