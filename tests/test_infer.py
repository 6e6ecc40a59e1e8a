"""infer.py: pictures of any size in, label maps and overlays out."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from google.protobuf import text_format
from PIL import ExifTags, Image

import experiments
import infer
import score
from data.errors import DataError
from data.files import read_json, read_list
from data.images import read_converted, to_net
from data.legend import overlay
from data.palette import palette
from nets import generate
from nets.load import net_of_text
from training import crf, crf_search, run_dir, segment
from training.crf import PRESETS, DenseCRF
from training.inference import Procedure
from training.run import Run
from training.scoring import load_net
from training.segment import Segmenter

TINY = dict(widths=(4, 4, 4, 4, 4), depths=(1, 1, 1, 1, 1), dense=8)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A row tiny-fcn32s with weights in its run folder."""
    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FCN_RUNS", str(tmp_path / "runs"))
    tiny.shapes(tiny.Maker(tmp_path / "data", size=(34, 40)))
    row = experiments.Experiment(
        "tiny-fcn32s", "shapes", "vgg_small.small_fcn", TINY, init=(), base_lr=0.1, normalize=True
    )
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    run = Run(row, steps=3)
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
    assert len(written) == 6 and written[0].parent == run_dir.folder("tiny-fcn32s") / "infer"
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
    segmenter = Segmenter("tiny-fcn32s")
    pixels = read_converted(trained / "pictures" / "one.jpg", 3)
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
    picture = np.array(overlay(pixels, label, names, palette()))
    assert (picture[0, 0] == 200).all()
    np.testing.assert_allclose(picture[15, 5], [128 * 0.55 + 200 * 0.45, 90, 90], atol=1)
    assert (picture[40:] != 255).any()  # the strip below is not empty
    coloured = np.array(overlay(pixels, label, ["sky", "boat"], palette()))
    assert (coloured[0, 0] < 100).all()  # only a class called background stays uncoloured


@pytest.mark.parametrize("name", list(experiments.DATASETS))
def test_a_net_s_input_is_that_of_its_data_layer(tmp_path, monkeypatch, name):
    """infer.py's preprocessing by the table equals what the data layer gives in scoring."""
    data = experiments.DATASETS[name]
    if len(data.inputs) > 1:
        pytest.skip("infer.py takes one picture")
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    made = tiny.everything(tmp_path)
    layer = generate.net(experiments.find("voc-fcn32s"), data, "val").layer[0]
    net = net_of_text(f"layer {{ {text_format.MessageToString(layer)} }}")
    pictures = {
        Path(path).stem.removeprefix("img_"): path
        for path in made.arrays
        if name_of_input(name) in path
    }
    stem = net.layers[0].names(1)[0]
    net.forward()
    pixels = read_converted(tmp_path / pictures[stem], data.inputs[0].channels)
    got = to_net(pixels, np.array(data.inputs[0].mean), data.inputs[0].bgr)
    np.testing.assert_allclose(got, net.blobs[layer.top[0]].data[0], atol=1e-4)


def name_of_input(name):
    """Part of the path of a data set's pictures."""
    name = name.removesuffix("-dilation") if name != "voc-dilation" else "voc-aug"
    return {
        "voc": "VOC2011/JPEGImages", "voc-aug": "VOC2012/JPEGImages",
        "voc-deeplab": "VOC2012/JPEGImages", "kitti": "kitti/test/RGB",
        "bsds": "BSDS500/data/images/test",
        "ade20k": "ade20k/images/validation", "cityscapes": "leftImg8bit/val",
        "nyud-color": "data/images", "nyud-hha": "data/hha",
        "siftflow": "sift-flow/Images", "pascalcontext": "VOC2010/JPEGImages",
        "camvid": "CamVid/val/", "camvid-mini": "CamVid/val/", "camvid-varied": "CamVid/val/",
        "camvid-varied-single": "CamVid/val/",
        "shapes": "shapes/JPEGImages",
        "shapes-batches": "shapes/JPEGImages", "shapes-single": "Classification/JPEGImages",
    }[name]  # fmt: skip


def test_each_data_set_has_its_own_colours(trained):
    assert {name: data.palette for name, data in experiments.DATASETS.items()
            if data.palette != "voc"} == {
                "camvid": "camvid", "camvid-mini": "camvid", "camvid-varied": "camvid",
                "camvid-varied-single": "camvid",
                "cityscapes": "cityscapes",
                "ade20k": "ade20k", "camvid-dilation": "camvid",
                "cityscapes-dilation": "cityscapes", "kitti-dilation": "kitti"}  # fmt: skip
    city = read_list(Path(infer.__file__).parent / "data/cityscapes/classes.txt")
    assert palette("cityscapes")[city.index("car")].tolist() == [0, 0, 142]
    assert palette("cityscapes")[city.index("vegetation")].tolist() == [107, 142, 35]
    scene = read_list(Path(infer.__file__).parent / "data/ade20k/classes.txt")
    assert palette("ade20k")[scene.index("sky")].tolist() == [6, 230, 230]
    assert palette("ade20k")[scene.index("flag")].tolist() == [92, 0, 255]
    assert len(scene) == 150 and len({tuple(c) for c in palette("ade20k")[:150].tolist()}) == 149
    names = read_list(Path(infer.__file__).parent / "data/camvid/classes.txt")
    colours = dict(zip(names, palette("camvid").tolist(), strict=False))
    # The colours that Brostow et al. labelled with.
    assert colours["Sky"] == [128, 128, 128] and colours["Road"] == [128, 64, 128]
    assert colours["Bicyclist"] == [0, 128, 192] and colours["Tree"] == [128, 128, 0]
    assert len({tuple(c) for c in colours.values()}) == 11
    assert palette("camvid")[255].tolist() == [0, 0, 0]
    label = np.full((30, 40), names.index("Road"), np.uint8)
    data = experiments.DATASETS["camvid"]
    out = segment.write(trained / "out", Path("x.png"), np.zeros((30, 40, 3), np.uint8),
                      {"score": label}, data, None)  # fmt: skip
    with Image.open(out[0]) as image:
        assert (np.array(image) == names.index("Road")).all()
        assert np.array(image.convert("RGB"))[0, 0].tolist() == [128, 64, 128]
    with Image.open(out[1]) as image:  # the overlay, and below it the legend's chip
        assert np.array(image)[0, 0].tolist() == [70, 35, 70]
        assert (np.array(image)[30:] == (128, 64, 128)).all(axis=2).sum() > 100


def test_requests_that_cannot_be_met_are_explained(trained, monkeypatch):
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
        Segmenter("nyud-fcn32s-color-d")
    gray = replace(experiments.find("tiny-fcn32s"), name="none-fcn32s")
    monkeypatch.setitem(experiments.EXPERIMENTS, gray.name, gray)
    with pytest.raises(DataError, match="no trained none-fcn32s"):
        Segmenter("none-fcn32s")
    monkeypatch.setattr(sys, "argv", ["infer.py", "none-fcn32s", str(pictures / "one.jpg")])
    with pytest.raises(SystemExit, match="infer: .*no trained"):
        infer.main()


def test_a_picture_taken_on_its_side_is_segmented_upright(trained):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = trained / "turned.png"
    with Image.open(trained / "pictures/two.png") as image:
        image.rotate(90, expand=True).save(turned, exif=exif)
    found = [infer.infer("tiny-fcn32s", [str(p)], trained / "upright")[0]
             for p in (trained / "pictures/two.png", turned)]  # fmt: skip
    with Image.open(found[0]) as one, Image.open(found[1]) as other:
        assert (np.array(one) == np.array(other)).all()


def test_what_cannot_be_written_is_one_line(trained, monkeypatch):
    (trained / "file").write_text("in the way")
    words = ["infer.py", "tiny-fcn32s", str(trained / "pictures/one.jpg"), "--out"]
    monkeypatch.setattr(sys, "argv", [*words, str(trained / "file")])
    with pytest.raises(SystemExit, match="infer: .*file/one.png: cannot be written: File exists"):
        infer.main()


def test_a_crf_refines_the_scores(trained, monkeypatch, capsys):
    name, picture = "tiny-fcn32s", trained / "pictures/one.jpg"
    monkeypatch.setattr(sys, "argv", ["infer.py", name, str(picture), "--crf", "ccnn"])
    infer.main()
    with Image.open(run_dir.folder(name) / "infer/one.png") as image:
        got = np.array(image)
    segmenter = Segmenter(name)
    values = to_net(read_converted(picture, 3), np.array(segmenter.input.mean))
    scores = segmenter.scores({"data": values})["score"].copy()
    want = DenseCRF(PRESETS["ccnn"])(scores, values).argmax(0)
    np.testing.assert_array_equal(got, want)
    # Of a procedure, its probabilities' logarithms are refined.
    mirrored = Segmenter(name, procedure=Procedure(flip=True), crf=PRESETS["deeplab"])
    plain = Segmenter(name, procedure=Procedure(flip=True)).probabilities({"data": values})["score"]
    found = mirrored.labels({"data": values})["score"]
    logs = np.log(np.maximum(plain, np.finfo(np.float32).tiny))
    want = DenseCRF(PRESETS["deeplab"])(logs, values).argmax(0)
    np.testing.assert_array_equal(found, want)


def test_a_search_leaves_what_crf_then_takes(trained, monkeypatch, capsys):
    name = "tiny-fcn32s"
    monkeypatch.setattr(crf_search, "COARSE", crf_search.FINE)
    monkeypatch.setattr(sys, "argv", ["score.py", name, "--crf", "search", "--count", "2"])
    score.main()
    printed = capsys.readouterr().out
    assert "the net alone" in printed and "which --crf takes from now on" in printed
    best = crf.read(run_dir.folder(name) / "crf.json")
    assert crf.named("", name) == best
    monkeypatch.setattr(sys, "argv", ["score.py", name, "--crf", "--json", str(trained / "s.json")])
    score.main()
    saved = read_json(trained / "s.json")
    assert saved["crf"]["bi_w"] == best.bi_w and "boundary IU" in capsys.readouterr().out
    pictures = crf_search.take(load_net(name, "val")[0], Segmenter(name).data, 2)
    trial = crf_search.score(pictures, best)
    assert saved["heads"]["score"]["mean_iu"] == pytest.approx(trial.mean_iu)
    assert saved["heads"]["score"]["boundary_iu"] == pytest.approx(trial.boundary_iu)
