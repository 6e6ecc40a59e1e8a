"""caffe check: what a folder's prototxts come to, whatever they are."""

import json
import multiprocessing.forkserver
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf import text_format

import caffe_cli
from caffe.proto import caffe_pb2
from caffe_cli import check, placeholders, probe
from caffe_cli.common import read_net

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
IP = 'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { %s } }\n'
SEGMENTER = """
layer { name: "data" type: "Data" top: "x" top: "mask" include { phase: TRAIN }
  transform_param { crop_size: 20 } data_param { source: "absent" batch_size: 2 } }
layer { name: "data" type: "Data" top: "x" top: "mask" include { phase: TEST }
  transform_param { crop_size: 12 } data_param { source: "absent" batch_size: 1 } }
layer { name: "score" type: "Convolution" bottom: "x" top: "score"
  convolution_param { num_output: 5 kernel_size: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "mask" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "score" bottom: "mask" top: "acc"
  include { phase: TEST } }
"""
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
    assert not absent & set(repository) and len(repository) == 13
    assert repository["good.prototxt"].paths == ["good.prototxt", "copy/good.prototxt"]


def test_obstacles_and_counts(repository):
    assert repository["bad_type.pt"].obstacle == "Nonesuch"
    assert repository["bad_field.prototxt"].obstacle == "no_such_field"
    assert repository["template.prototxt"].obstacle == "a template's placeholder"
    lines = check.table(list(repository.values()))
    assert "11 distinct net files (12 files): 3 builds, 1 builds, data replaced, 7 stops" in lines
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


def test_labels_take_the_shape_that_their_readers_ask_for(tmp_path):
    import caffe

    (tmp_path / "net.prototxt").write_text(SEGMENTER)
    net = read_net(str(tmp_path / "net.prototxt"))
    assert placeholders.replace_sources(net, caffe.TRAIN)
    placeholders.build_replaced(net, caffe.TRAIN)
    (data,) = (layer for layer in net.layer if layer.name == "data")
    assert [list(shape.dim) for shape in data.input_param.shape] == [
        [2, 3, 20, 20],
        [2, 1, 18, 18],
    ]


def test_what_other_layers_than_losses_read_besides(tmp_path):
    """Weights of boxes, which BoxAnnotatorOHEM reads too; MatWrite's list is absent."""
    import caffe

    text = """
layer { name: "d" type: "Data" top: "x" top: "boxes" top: "weights"
  transform_param { crop_size: 2 } }
layer { name: "p" type: "InnerProduct" bottom: "x" top: "p" inner_product_param { num_output: 8 } }
layer { name: "q" type: "Reshape" bottom: "p" top: "q"
  reshape_param { shape { dim: 0 dim: 8 dim: 1 dim: 1 } } }
layer { name: "l" type: "SmoothL1LossOHEM" bottom: "q" bottom: "boxes" bottom: "weights"
  top: "l" top: "each" loss_weight: 0 loss_weight: 0 }
layer { name: "r" type: "DummyData" top: "rois" top: "labels"
  dummy_data_param { shape { dim: 1 dim: 5 } shape { dim: 1 } } }
layer { name: "h" type: "BoxAnnotatorOHEM" bottom: "rois" bottom: "each" bottom: "labels"
  bottom: "weights" top: "a" top: "b" box_annotator_ohem_param { roi_per_img: 1 } }
layer { name: "m" type: "MatWrite" bottom: "q" mat_write_param { prefix: "x" source: "absent" } }
"""
    net = text_format.Parse(text, caffe_pb2.NetParameter())
    assert placeholders.build(net, caffe.TRAIN)


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


def shapes_of_sources(text, size=placeholders.SIZES[0]):
    """What replaces the data layers of a net with these layers, by top."""
    import caffe

    net = text_format.Parse(text, caffe_pb2.NetParameter())
    placeholders.replace_sources(net, caffe.TRAIN, size)
    return {
        top: tuple(shape.dim)
        for layer in net.layer
        for top, shape in zip(layer.top, layer.input_param.shape, strict=False)
    }


def test_shapes_of_replaced_sources():
    clip = (
        "layer { name: 'd' type: 'VideoData' top: 'd' top: 'label' video_data_param "
        "{ batch_size: 2 new_length: 8 new_height: 20 new_width: 30 } }"
        "layer { name: 'l' type: 'SoftmaxWithLoss' bottom: 'd' bottom: 'label' }"
    )
    assert shapes_of_sources(clip) == {"d": (2, 3, 8, 20, 30), "label": (2,)}
    ssd = (
        "layer { name: 'd' type: 'AnnotatedData' top: 'd' top: 'label' data_param { batch_size: 4 }"
        " transform_param { resize_param { height: 300 width: 200 } } }"
        "layer { name: 'l' type: '%s' bottom: 'a' bottom: '%s' bottom: 'c' bottom: 'label' }"
    )
    wanted = {"d": (4, 3, 300, 200), "label": (1, 1, 8, 8)}
    assert shapes_of_sources(ssd % ("MultiBoxLoss", "b")) == wanted
    wanted["label"] = (4, 1, 300, 5)
    assert shapes_of_sources(ssd % ("Yolov3", "label")) == wanted
    segments = clip.replace("new_length: 8", "new_length: 5 num_segments: 3 modality: %s")
    assert shapes_of_sources(segments % "FLOW") == {"d": (2, 3 * 5 * 2, 20, 30), "label": (2,)}
    assert shapes_of_sources(segments % "RGB")["d"] == (2, 3 * 5 * 3, 20, 30)
    film = "layer { name: 'd' type: 'VideoData' top: 'd' video_data_param { video_type: VIDEO } }"
    assert shapes_of_sources(film) == {"d": (1, 3, 224, 224)}
    plain = "layer { name: 'd' type: 'Data' top: 'd' include { stage: 'x' } }"
    assert shapes_of_sources(plain) == {}
    plain = "layer { name: 'd' type: 'Data' top: 'd' exclude { phase: TEST } }"
    assert shapes_of_sources(plain, (28, 28, 1)) == {"d": (1, 1, 28, 28)}


def test_other_sizes_are_tried(tmp_path):
    import caffe

    data = "layer { name: 'd' type: 'Data' top: 'd' } "
    fixed = (
        "layer { name: 'r' type: 'Reshape' bottom: 'd' top: 'r' reshape_param { shape { %s } } }"
    )
    net = text_format.Parse(data + fixed % "dim: 0 dim: 784", caffe_pb2.NetParameter())
    assert placeholders.build(net, caffe.TRAIN) and net.layer[0].type == "Data"
    net = text_format.Parse(data + fixed % "dim: 0 dim: 7", caffe_pb2.NetParameter())
    with pytest.raises(caffe.LayerError, match="224, 224"):
        placeholders.build(net, caffe.TRAIN)
    net = text_format.Parse(data.replace("Data", "Input"), caffe_pb2.NetParameter())
    assert not placeholders.build(net, caffe.TRAIN)


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
