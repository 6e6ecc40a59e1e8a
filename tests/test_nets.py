"""The table and its nets: equal to the reference, current, consistent, and right in their sizes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from net_digest import digest

import caffe
import experiments
from caffe import layers as L
from caffe.proto import caffe_pb2
from data.files import read_list
from nets import fcn, generate
from nets.__main__ import main
from nets.outputs import Loss

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden" / "nets"
ROWS = list(experiments.EXPERIMENTS.values())
DIGESTS = json.loads((GOLDEN / "digests.json").read_text())


def parsed(relative, message=caffe_pb2.NetParameter):
    return text_format.Parse((ROOT / relative).read_text(), message())


def each_row(test):
    return pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)(test)


@each_row
def test_layers_called_as_in_the_row_before_have_its_shapes(row):
    for init in row.init:
        if init.suffix is not None or init.source not in experiments.EXPERIMENTS:
            continue
        before = {layer.name: layer for layer in parsed(f"nets/{init.source}/train.prototxt").layer}
        for layer in parsed(f"nets/{row.name}/train.prototxt").layer:
            if layer.HasField("convolution_param") and layer.name in before:
                here, there = (x.convolution_param for x in (layer, before[layer.name]))
                for field in ("num_output", "kernel_size", "group", "bias_term"):
                    assert getattr(here, field) == getattr(there, field), (layer.name, field)


# -- against the reference


@pytest.mark.parametrize("name", DIGESTS)
def test_equals_the_reference_layer_by_layer(name):
    assert digest((ROOT / "nets" / f"{name}.prototxt").read_text()) == dict(DIGESTS[name])


@pytest.mark.parametrize(
    "name, offsets",
    [
        ("voc-fcn32s", {"score": 19}),
        ("voc-fcn16s", {"score_pool4c": 5, "score": 27}),
        ("voc-fcn8s", {"score_pool4c": 5, "score_pool3c": 9, "score": 31}),
        ("voc-fcn8s-atonce", {"score_pool4c": 5, "score_pool3c": 9, "score": 31}),
        ("voc-fcn-alexnet", {"score": 18}),
        ("voc-fcn-googlenet", {"score": 1}),
        ("siftflow-fcn8s", {"score_pool3_geoc": 9, "score_sem": 31, "score_geo": 31}),
        ("demo-fcn8s", {"upscore2c": 1, "upscore_pool4c": 1, "score": 4}),
        ("camvid-mini-fcn8s", {"upscore2c": 1, "upscore_pool4c": 1, "score": 4}),
        ("camvid-resnet-fcn8s", {"upscore2c": 1, "upscore_stride16c": 1, "score": 5}),
        ("camvid-resnet-fcn32s", {"score": 29}),
    ],
)
def test_crop_offsets(name, offsets):
    net = parsed(f"nets/{name}/deploy.prototxt")
    crops = {k.name: k.crop_param for k in net.layer if k.type == "Crop"}
    for layer, offset in offsets.items():
        assert (crops[layer].axis, list(crops[layer].offset)) == (2, [offset])


@pytest.mark.parametrize(
    "name, count",
    [
        ("voc-fcn32s", 134_346_581),
        ("voc-fcn-alexnet", 56_954_261),
        ("voc-fcn-googlenet", 5_995_077),
    ],
)
def test_parameter_counts_without_deconvolutions(name, count, tmp_path):
    text = (ROOT / f"nets/{name}/deploy.prototxt").read_text()
    (tmp_path / "net.prototxt").write_text(text.replace("dim: 500", "dim: 32"))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    blobs = [b for layer, blobs in net.params.items() if "up" not in layer for b in blobs]
    assert sum(b.data.size for b in blobs) == count


REFERENCE_SOLVERS = {  # base_lr, momentum, iter_size, max_iter, test_iter, loss normalised
    "voc-fcn32s": (1e-10, 0.99, 1, 100000, 736, False),
    "voc-fcn16s": (1e-12, 0.99, 1, 100000, 736, False),
    "voc-fcn8s": (1e-14, 0.99, 1, 100000, 736, False),
    "voc-fcn8s-atonce": (1e-10, 0.99, 1, 300000, 736, False),
    "voc-fcn-alexnet": (1e-4, 0.9, 20, 100000, 736, True),
    "nyud-fcn32s-color": (1e-10, 0.99, 1, 300000, 654, False),
    "nyud-fcn32s-color-d": (1e-10, 0.99, 1, 300000, 654, False),
    "nyud-fcn32s-hha": (1e-10, 0.99, 1, 300000, 654, False),
    "nyud-fcn32s-color-hha": (1e-12, 0.99, 1, 300000, 654, False),
    "siftflow-fcn32s": (1e-10, 0.99, 1, 300000, 200, False),
    "siftflow-fcn16s": (1e-12, 0.99, 1, 300000, 200, False),
    "siftflow-fcn8s": (1e-12, 0.99, 1, 300000, 200, False),
    "pascalcontext-fcn32s": (1e-10, 0.99, 1, 300000, 5105, False),
    "pascalcontext-fcn16s": (1e-12, 0.99, 1, 300000, 5105, False),
    "pascalcontext-fcn8s": (1e-14, 0.99, 1, 300000, 5105, False),
}


@pytest.mark.parametrize("name", REFERENCE_SOLVERS)
def test_solvers_have_the_reference_numbers(name):
    s = parsed(f"solvers/{name}.prototxt", caffe_pb2.SolverParameter)
    rate, momentum, iter_size, max_iter, test_iter, normalised = REFERENCE_SOLVERS[name]
    assert s.base_lr == pytest.approx(rate) and s.momentum == pytest.approx(momentum)
    assert (s.iter_size, s.max_iter, list(s.test_iter)) == (iter_size, max_iter, [test_iter])
    assert s.weight_decay == pytest.approx(5e-4) and s.lr_policy == "fixed"
    assert (s.display, s.average_loss, s.test_interval) == (20, 20, 999999999)
    net = parsed(s.train_net)
    losses = [k.loss_param for k in net.layer if k.type == "SoftmaxWithLoss"]
    assert {k.normalize for k in losses} == {normalised}
    assert {k.ignore_label for k in losses} == {255}


# -- the table and what is generated from it


@each_row
def test_committed_prototxts_are_current(row):
    assert generate.stale(row, experiments.data_of(row), ROOT) == []


def test_nothing_is_left_over_from_removed_rows():
    kept = set(experiments.EXPERIMENTS)
    assert {p.parent.name for p in (ROOT / "nets").glob("*/train.prototxt")} == kept
    assert {p.stem for p in (ROOT / "solvers").glob("*.prototxt")} == kept


@each_row
def test_every_path_and_init_resolves(row):
    s = parsed(f"solvers/{row.name}.prototxt", caffe_pb2.SolverParameter)
    assert (ROOT / s.train_net).is_file() and (ROOT / s.test_net[0]).is_file()
    assert s.snapshot_prefix == f"runs/{row.name}"
    assert (ROOT / "runs").is_dir(), "caffe train needs it"
    for source in experiments.parents(row):
        assert source in experiments.EXPERIMENTS
    from data import sets

    data = experiments.data_of(row)
    fetched = [
        experiments.FETCHED[source][0] for source in row.sources if source in experiments.FETCHED
    ]
    for name in (*data.fetch, *fetched):
        assert name in sets.ALL
    assert (ROOT / "layers" / f"{data.module}.py").is_file()


def test_chains_end():
    for row in ROWS:
        seen = set()
        waiting = [row.name]
        while waiting:
            name = waiting.pop()
            waiting += experiments.parents(experiments.find(name))
            assert row.name not in experiments.parents(experiments.find(name)), row.name
            seen.add(name)
        assert len(seen) <= 4


def test_weights_are_documented_downloads():
    from data import sets

    fetched = {remote.name for remote in sets.ALL["ilsvrc-weights"].archives}
    assert {made.published for made in experiments.WEIGHTS.values()} == fetched
    for folder in {name for name, _ in experiments.PUBLISHED.values()}:
        published = {remote.name for remote in sets.ALL[folder].archives}
        stems = {stem for name, stem in experiments.PUBLISHED.values() if name == folder}
        assert {f"{stem}.caffemodel" for stem in stems} == published
        assert sets.ALL[folder].folder == folder
    for name, file in experiments.FETCHED.values():
        assert name in sets.ALL and file.startswith("ilsvrc-nets/")
    assert set(experiments.PUBLISHED) <= set(experiments.EXPERIMENTS)


@each_row
def test_data_paths_are_relative_to_the_data_folder(row):
    for phase in ("train", "val"):
        layer = parsed(f"nets/{row.name}/{phase}.prototxt").layer[0]
        assert layer.type == "Python"
        assert "'/" not in layer.python_param.param_str and ".." not in layer.python_param.param_str


@each_row
def test_class_lists_fit(row):
    for head in experiments.data_of(row).heads:
        if head.names:
            names = read_list(ROOT / "data" / head.names)
            assert len(names) == head.classes == len(set(names))
            assert all(0 <= k < head.classes for k in head.excluded)


def test_the_absent_classes_of_siftflow_are_those():
    head = experiments.DATASETS["siftflow"].heads[0]
    names = read_list(ROOT / "data" / head.names)
    assert [names[k] for k in head.excluded] == ["cow", "desert", "moon"]


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(experiments.ExperimentError, match="voc-fcn8s"):
        experiments.find("voc-fcn-8s")
    with pytest.raises(ValueError, match="output stride 4"):
        fcn.skips(4)
    with pytest.raises(ValueError, match="phase 'test'"):
        generate.net(ROWS[0], experiments.data_of(ROWS[0]), "test")


def test_fixed_learns_only_its_scores():
    net = parsed("nets/voc-fcn32s-fixed/train.prototxt")
    learning = [k.name for k in net.layer if any(p.lr_mult for p in k.param)]
    assert learning == ["score_fr"]


# -- balanced losses


def test_class_weights():
    assert generate.class_weights((4, 1, 1), 0) == [1, 1, 1]
    assert generate.class_weights((8, 2, 2), 1) == [0.5, 2, 2]
    pixels = experiments.DATASETS["camvid"].pixels
    weights = generate.class_weights(pixels, 0.4)
    assert np.argsort(weights).tolist() == np.argsort(pixels)[::-1].tolist()
    assert np.average(weights, weights=pixels) == pytest.approx(1, rel=1e-4)


@each_row
def test_balanced_rows_know_their_pixels(row):
    data = experiments.data_of(row)
    if row.balance:
        assert [len(data.pixels)] == [head.classes for head in data.heads] and row.normalize


def test_the_balanced_loss_of_guessing(tmp_path, monkeypatch):
    n = caffe.NetSpec()
    n.score = L.DummyData(shape=dict(dim=[1, 3, 2, 3]))
    n.label = L.Input(shape=dict(dim=[1, 1, 2, 3]))
    data = replace(experiments.DATASETS["shapes"], heads=(experiments.Head(3),), pixels=(8, 2, 2))
    row = replace(experiments.find("camvid-mini-fcn8s"), balance=1)
    generate.loss(n, row, data, Loss("score"))
    (tmp_path / "net.prototxt").write_text(str(n.to_proto()))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    net.blobs["label"].data[...] = np.reshape([0, 0, 0, 1, 2, 255], (1, 1, 2, 3))
    expected = np.mean([0.5, 0.5, 0.5, 2, 2]) * np.log(3)
    assert net.forward()["loss"] == pytest.approx(expected, rel=1e-5)


def test_a_bvlc_build_is_told_which_rows_it_cannot_draw(monkeypatch, capsys):
    monkeypatch.delattr(caffe, "CaffeError")
    monkeypatch.delattr(caffe_pb2, "MultiStageMeanfieldParameter")  # as in BVLC's caffe.proto
    main(["voc-fcn8s", "--check"])
    with pytest.raises(SystemExit):
        main(["voc-fcn8s", "voc-crfrnn", "--check"])
    assert "voc-crfrnn takes a fork's layers" in capsys.readouterr().err
