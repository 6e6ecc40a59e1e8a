"""infer.py: pictures of any size in, label maps and overlays out."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import tiny
from PIL import Image

import experiments
import infer
import runfolder
import solve
from data.files import DataError

TINY = dict(widths=(4, 4, 4, 4, 4), depths=(1, 1, 1, 1, 1), dense=8)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A row tiny-fcn32s with weights in its run folder."""
    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FCN_RUNS", str(tmp_path / "runs"))
    tiny.shapes(tiny.Maker(tmp_path / "data", size=(34, 40)))
    row = experiments.Experiment(
        "tiny-fcn32s", "shapes", "small.small_fcn", TINY, init=None, base_lr=0.1, normalize=True
    )
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    run = solve.Run(row, steps=3)
    run.begin()
    run.train()
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rs = np.random.RandomState(0)
    for name, size in (("one.jpg", (33, 47)), ("two.png", (64, 32)), ("three.png", (50, 91))):
        Image.fromarray(rs.randint(0, 256, (*size, 3), np.uint8)).save(pictures / name)
    (pictures / "notes.txt").write_text("no picture")
    return tmp_path


def test_folders_give_labels_and_overlays_of_every_size(trained, capsys):
    written = infer.infer("tiny-fcn32s", [str(trained / "pictures")])
    assert len(written) == 6 and written[0].parent == runfolder.folder("tiny-fcn32s") / "infer"
    for name, size in (("one", (47, 33)), ("two", (32, 64)), ("three", (91, 50))):
        with Image.open(written[0].parent / f"{name}.png") as label:
            assert label.mode == "P" and label.size == size
            assert np.array(label).max() < 7
        with Image.open(written[0].parent / f"{name}_overlay.png") as overlay:
            assert overlay.mode == "RGB" and overlay.width >= size[0] and overlay.height > size[1]
    assert "47 x 33" in capsys.readouterr().out


def test_globs_files_and_only(trained, monkeypatch):
    out = trained / "out"
    monkeypatch.setattr(
        sys, "argv",
        ["infer.py", "tiny-fcn32s", str(trained / "pictures" / "t*.png"),
         str(trained / "pictures" / "one.jpg"), "--out", str(out), "--only", "labels"],
    )  # fmt: skip
    infer.main()
    assert sorted(p.name for p in out.iterdir()) == ["one.png", "three.png", "two.png"]


def test_the_labels_are_the_nets(trained):
    segmenter = infer.Segmenter("tiny-fcn32s")
    pixels = infer.read(trained / "pictures" / "one.jpg", 3)
    got = segmenter.segment(pixels)["score"]
    net = segmenter.net
    expected = pixels[:, :, ::-1].astype(np.float32) - np.array((119.0, 119.0, 119.0))
    np.testing.assert_allclose(net.blobs["data"].data[0], expected.transpose(2, 0, 1))
    np.testing.assert_array_equal(got, net.blobs["score"].data[0].argmax(0))
    assert got.shape == (33, 47)


def test_the_legend_names_the_classes_that_occur():
    pixels = np.full((40, 60, 3), 200, np.uint8)
    label = np.zeros((40, 60), np.uint8)
    label[10:20] = 1
    names = ["background", "boat"]
    picture = np.array(infer.overlay(pixels, label, names))
    assert (picture[0, 0] == 200).all()
    np.testing.assert_allclose(picture[15, 5], [128 * 0.55 + 200 * 0.45, 90, 90], atol=1)
    assert (picture[40:] != 255).any()  # the strip below is not empty
    coloured = np.array(infer.overlay(pixels, label, ["sky", "boat"]))
    assert (coloured[0, 0] < 100).all()  # only a class called background stays uncoloured


def test_means_are_those_of_the_data_layers():
    for name, mean, bgr in (
        ("voc", (104.00699, 116.66877, 122.67892), True),
        ("siftflow", (114.578, 115.294, 108.353), True),
        ("nyud-color", (116.190, 97.203, 92.318), True),
        ("nyud-hha", (132.431, 94.076, 118.477), False),
    ):
        got = infer.preprocessing(experiments.DATA[name])
        np.testing.assert_allclose(got[0], mean, rtol=1e-6)
        assert got[1] is bgr


def test_what_cannot_be_done_is_said(trained, monkeypatch):
    pictures = trained / "pictures"
    with pytest.raises(DataError, match="no such picture, folder"):
        infer.infer("tiny-fcn32s", [str(trained / "nothing*.jpg")])
    with pytest.raises(DataError, match="no such picture, folder"):
        (trained / "empty").mkdir()
        infer.infer("tiny-fcn32s", [str(trained / "empty")])
    Image.new("RGB", (40, 40)).save(pictures / "one.png")
    with pytest.raises(DataError, match="one.jpg.*equal names"):
        infer.infer("tiny-fcn32s", [str(pictures)])
    (pictures / "two.png").write_bytes((pictures / "two.png").read_bytes()[:300])
    with pytest.raises(DataError, match="two.png: cannot be read as a picture"):
        infer.infer("tiny-fcn32s", [str(pictures / "two.png")])
    with pytest.raises(DataError, match="color, depth together"):
        infer.Segmenter("nyud-fcn32s-color-d")
    gray = replace(experiments.find("tiny-fcn32s"), name="none-fcn32s")
    monkeypatch.setitem(experiments.EXPERIMENTS, gray.name, gray)
    with pytest.raises(DataError, match="no trained none-fcn32s"):
        infer.Segmenter("none-fcn32s")
    monkeypatch.setattr(sys, "argv", ["infer.py", "none-fcn32s", str(pictures / "one.jpg")])
    with pytest.raises(SystemExit, match="infer: .*no trained"):
        infer.main()
