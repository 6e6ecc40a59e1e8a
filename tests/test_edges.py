"""HED's row: edge maps of pictures, written and scored; BSDS500 and what its layers read."""

import sys

import numpy as np
import pytest
import scipy.io
import tiny
from PIL import Image

import caffe
import experiments
import infer
import score
from caffe import layers as L
from data import check, edge_maps, edge_metrics
from data.errors import DataError
from data.sets import ALL
from data.sets.bsds import Edges, annotations
from nets.load import net_of_text
from training import edges, run_dir

SIZE = (40, 52)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FCN_RUNS", str(tmp_path / "runs"))
    return tiny.bsds(tiny.Maker(tmp_path / "data", SIZE))


def test_the_data_set_and_its_layer(data, tmp_path):
    root = tmp_path / "data/BSDS500/data"
    for name in ("trainb", "testa"):
        split = name[:-1]
        path = root / f"groundTruth/{split}/{name}.mat"
        np.testing.assert_array_equal(annotations(path), data[name])
        label, wrong = Edges().read(path)
        np.testing.assert_array_equal(label, data[name].sum(0) >= 3)
        assert not wrong and 0 < label.sum() < data[name].any(0).sum()
    assert "3 annotators, 4 would" in Edges(4).read(root / "groundTruth/test/testa.mat")[1][0]
    few = dict(train=2, val=2, test=2, trainval=4)
    made = type(ALL["bsds500"])(**{**vars(ALL["bsds500"]), "counts": few})
    lines = []
    assert check.check(made, tmp_path / "data", lines.append) == [], lines
    params = dict(bsds_dir="BSDS500", mean=(1, 2, 3), split="trainval", randomize=False)
    n = caffe.NetSpec()
    n.data, n.label = L.Python(
        module="layers.bsds_layers", layer="BSDSEdgeDataLayer", ntop=2, param_str=str(params)
    )
    net = net_of_text(str(n.to_proto()))
    assert net.layers[0].names() == ["traina", "trainb", "vala", "valb"]
    for name in ("traina", "trainb", "vala"):
        net.forward()
        np.testing.assert_array_equal(net.blobs["label"].data[0, 0], data[name].sum(0) >= 3)
    scipy.io.savemat(root / "groundTruth/val/valb.mat", dict(groundTruth=np.ones((2, 2))))
    with pytest.raises(DataError, match="groundTruth has no Boundaries"):
        annotations(root / "groundTruth/val/valb.mat")


@pytest.fixture
def weights(data, tmp_path):
    """HED with small random weights, whose sides see something."""
    row = experiments.find("bsds-hed")
    net = net_of_text(run_dir.texts(row, experiments.data_of(row))["deploy"])
    rs = np.random.RandomState(0)
    for name, blobs in net.params.items():
        if name.startswith(("conv", "score")):
            shape = blobs[0].data.shape
            blobs[0].data[...] = rs.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
    path = tmp_path / "hed.caffemodel"
    for name in [n for n in net.params if "up" in n]:
        blobs = net.params[name][0].data
        blobs[...] = 1 / blobs.size
    net.save(str(path))
    return path


def test_pictures_become_edge_maps(weights, tmp_path, monkeypatch, capsys):
    picture = tmp_path / "data/BSDS500/data/images/test/testa.jpg"
    arguments = ["infer.py", "bsds-hed", str(picture), "--weights", str(weights)]
    monkeypatch.setattr(sys, "argv", [*arguments, "--out", str(tmp_path / "out")])
    infer.main()
    finder = edges.EdgeFinder("bsds-hed", weights)
    with Image.open(picture) as image:
        found = finder.find(np.asarray(image))
    assert found.shape == SIZE and 0 <= found.min() < found.max() <= 1
    with Image.open(tmp_path / "out/testa.png") as image:
        dark = np.asarray(image)
    with Image.open(tmp_path / "out/testa_16.png") as image:
        fine = np.asarray(image).astype(float)
    assert dark.dtype == np.uint8 and np.abs(dark - 255 * (1 - found)).max() <= 0.51
    assert np.abs(fine - 65535 * found).max() <= 0.51
    monkeypatch.setattr(sys, "argv", [*arguments, "--crf"])
    with pytest.raises(SystemExit, match="bsds-hed finds edges"):
        infer.main()
    with pytest.raises(DataError, match="voc-fcn8s segments: --reflect is for edges"):
        infer.infer("voc-fcn8s", [str(picture)], reflect=9)
    for crf in ([], ["search"]):
        monkeypatch.setattr(sys, "argv", ["score.py", "bsds-hed", "--crf", *crf])
        with pytest.raises(SystemExit, match="bsds-hed finds edges"):
            score.main()
    monkeypatch.setattr(sys, "argv", [*arguments, "--reflect", "9", "--out", str(tmp_path / "out")])
    infer.main()
    with Image.open(tmp_path / "out/testa.png") as image:
        assert np.abs(np.asarray(image).astype(int) - dark).max() > 1


def test_a_reflected_picture_is_cropped_again(weights):
    """The map is that of the picture grown by hand, without what has grown."""
    pixels = np.random.RandomState(1).randint(0, 256, (*SIZE, 3)).astype(np.uint8)
    grown = np.pad(pixels, ((9, 9), (9, 9), (0, 0)), mode="reflect")
    plain = edges.EdgeFinder("bsds-hed", weights)
    wanted = plain.find(grown)[9:-9, 9:-9]
    found = edges.EdgeFinder("bsds-hed", weights, reflect=9).find(pixels)
    assert found.shape == SIZE
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert np.abs(found - plain.find(pixels))[:4].max() > 1e-3


def test_an_even_picture_has_no_frame_where_it_is_reflected(weights):
    """With a margin as wide as the net sees, nothing but pooling's grid tells its pixels apart."""
    even = np.full((*SIZE, 3), 200, np.uint8)
    plain, reflected = (
        edges.EdgeFinder("bsds-hed", weights, margin).find(even) for margin in (0, 128)
    )
    inner = (slice(16, -16), slice(16, -16))
    assert np.ptp(reflected) < 1.01 * np.ptp(reflected[inner]) + 1e-4 < 0.1 * np.ptp(plain)


def test_the_row_is_scored_as_edges(data, weights, tmp_path, monkeypatch, capsys):
    saved = tmp_path / "saved"
    arguments = ["score.py", "bsds-hed", "--weights", str(weights), "--count", "2"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--save", str(saved)])
    thresholds = np.array([0.3, 0.45, 0.6])
    monkeypatch.setattr(edges, "THRESHOLDS", thresholds)
    score.main()
    printed = capsys.readouterr().out
    finder = edges.EdgeFinder("bsds-hed", weights)
    counts = []
    for name in ("testa", "testb"):
        with Image.open(tmp_path / f"data/BSDS500/data/images/test/{name}.jpg") as image:
            found = finder.find(np.asarray(image))
        counts.append(edge_metrics.count(edge_maps.suppress(found), data[name], thresholds))
        assert (saved / f"{name}.png").is_file()
    want = edge_metrics.scores(counts, thresholds)
    assert f"ODS {want['ods']:.3f}   OIS {want['ois']:.3f}   AP {want['ap']:.3f}" in printed
    assert want["ods"] > 0
    monkeypatch.setattr(sys, "argv", [*arguments, "--save", str(saved), "--reflect", "9"])
    score.main()
    with Image.open(saved / "testb_16.png") as image:
        reflected = np.asarray(image) / 65535
    with Image.open(tmp_path / "data/BSDS500/data/images/test/testb.jpg") as image:
        wanted = edges.EdgeFinder("bsds-hed", weights, 9).find(np.asarray(image))
    assert np.abs(reflected - wanted).max() < 1e-4 < np.abs(reflected - found).max()


def test_the_training_net_balances_classes():
    row = experiments.find("bsds-hed")
    text = run_dir.texts(row, experiments.data_of(row))["train"]
    assert text.count('type: "HEDSigmoidCrossEntropyLoss"') == 6
    assert text.count('type: "SoftmaxWithLoss"') == 0
    assert caffe.TRAIN == 0 and row.iter_size == 10
