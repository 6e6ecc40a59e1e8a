"""The report's page and figure, made from small runs."""

import base64
import dataclasses
import io
import json
import re
import sys

import numpy as np
import pytest
from PIL import Image
from reportkit import OPTIONS, Reader, scores_of

import experiments
import report.__main__
from data.errors import DataError
from data.palette import voc_palette
from report import before_after, figure, plots, run_data, samples, tensorboard, write
from training import crf, run_dir
from training.run import Run
from training.segment import Segmenter


def test_the_table_says_what_score_json_says(runs, page):
    assert len(scores_of(runs)) == 12
    assert Reader(page.read_text()).metrics == scores_of(runs)


def test_the_page_is_one_file(page):
    text = page.read_text()
    tags = Reader(text).tags
    sources = [a[k] for _, a in tags for k in ("src", "srcset", "href", "data") if k in a]
    assert len(sources) > 15 and all(source.startswith("data:") for source in sources)
    assert "http" not in text and "url(" not in text and "@import" not in text
    assert not [tag for tag, _ in tags if tag in ("script", "iframe", "object")]
    assert ("meta", dict(name="viewport", content="width=device-width, initial-scale=1")) in tags
    assert all(a.get("alt") for tag, a in tags if tag == "img")


def test_the_page_names_the_runs_facts(page):
    text = page.read_text()
    for name in ("tiny-fcn32s", "tiny-fcn16s", "tiny-fcn8s"):
        assert text.count(name) >= 2
    for fact in ("<dt>from</dt><dd>nothing</dd>", "<dt>from</dt><dd>tiny-fcn16s</dd>"):
        assert text.count(fact) == 1, fact
    # The same for all of the runs, and so said once.
    for fact in ("<dt>iterations</dt><dd>4</dd>", "<dt>on</dt>", "<code>python "):
        assert text.count(fact) == 1, fact


def test_the_page_s_label_maps_are_those_of_the_nets(runs, page):
    """Order and values of the pictures: input, 32s, 16s, 8s, truth, row by row."""
    maps = []
    for source in re.findall(
        r'class="map" alt="[^"]*" src="data:image/png;base64,([^"]*)"', page.read_text()
    ):
        with Image.open(io.BytesIO(base64.b64decode(source))) as image:
            assert image.mode == "P"
            maps.append(np.array(image))
    chain = run_data.chain(["tiny-fcn8s"])
    expected = []
    for sample in samples.take(chain, 2):
        expected += [*(sample.found[run.name] for run in chain), sample.truth]
    assert len(maps) == 8
    for got, want in zip(maps, expected, strict=True):
        np.testing.assert_array_equal(got, want)


def test_the_figure_shows_truth_and_void_in_voc_s_colours(runs):
    with Image.open(runs / "tiny-fcn8s" / "figure.png") as image:
        assert image.width > 5 * 200
        right = np.array(image.convert("RGB"))[:, -240:-20].reshape(-1, 3)
    found = {tuple(c) for c in np.unique(right, axis=0).tolist()}
    assert {tuple(c) for c in voc_palette()[[*range(7), 255]].tolist()} <= found


def test_samples_are_the_pictures_themselves(runs, monkeypatch):
    sample = samples.take(run_data.chain(["tiny-fcn32s"]), 1)[0]
    data = runs.parent / "data" / "shapes"
    with Image.open(data / "JPEGImages" / f"{sample.name}.jpg") as image:
        np.testing.assert_array_equal(sample.picture, np.array(image))
    with Image.open(data / "SegmentationClass" / f"{sample.name}.png") as image:
        np.testing.assert_array_equal(sample.truth, np.array(image))


def test_even_distances():
    assert samples.even(100, 5) == [10, 30, 50, 70, 90]
    assert samples.even(3, 5) == [0, 1, 2]
    assert samples.even(1, 1) == [0]


def test_other_inputs_are_made_visible():
    (hha,) = experiments.DATASETS["nyud-hha"].inputs
    (colour,) = experiments.DATASETS["nyud-color"].inputs
    values = np.zeros((3, 2, 2), np.float32)
    assert samples.visible(hha, values)[0, 0].tolist() == np.round(hha.mean).tolist()
    assert samples.visible(colour, values)[0, 0].tolist() == np.round(colour.mean)[::-1].tolist()
    gray = samples.visible(hha, np.array([[[1.0, 3.0]]]))
    assert gray[0].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_tensorboard_files_hold_the_log(runs):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    tensorboard.write("tiny-fcn16s")  # again: in the place of the first, not beside it
    (path,) = (runs / "tiny-fcn16s" / "tensorboard").iterdir()
    found = {}
    for event in loader.LegacyEventFileLoader(str(path)).Load():
        for value in event.summary.value:
            found[event.step, value.tag] = value.simple_value
    want = {}
    for entry in run_dir.Log("tiny-fcn16s").read():
        if entry["kind"] == "train":
            want |= {(entry["iter"], f"train/{k}"): entry[k] for k in tensorboard.TRAIN}
        elif entry["kind"] == "score":
            head = entry["heads"]["score"]
            want |= {(entry["iter"], f"score/{k}"): head[k] for k in tensorboard.SCORE}
    assert len(want) == 4 * len(tensorboard.TRAIN) + 2 * len(tensorboard.SCORE)
    assert found == pytest.approx(want, rel=1e-6)


def test_plots_come_in_light_and_dark_and_the_same_again(runs):
    from matplotlib.figure import Figure

    nets = run_data.chain(["tiny-fcn8s"])
    first, second = plots.losses(nets), plots.losses(nets)
    assert first == second and first["light"] != first["dark"]
    assert all(svg.lstrip().startswith(b"<?xml") for svg in first.values())
    markers = []
    for count in (1, 2):
        axes = Figure().add_subplot()
        log = [dict(kind="train", iter=i, pixel_loss=1.0) for i in range(count)]
        plots.draw_losses(axes, plots.LIGHT, [dataclasses.replace(nets[0], log=log)])
        markers.append(axes.get_lines()[0].get_marker())
    assert markers == ["o", "None"], "a single point is seen"


def test_a_diverged_run_still_has_a_page(runs, tmp_path):
    """No numbers where the loss was none: null in the log, and a class that no net has found."""
    log = runs / "tiny-fcn32s" / "scalars.jsonl"
    kept = log.read_text()
    try:
        with open(log, "a") as f:
            f.write('{"kind": "train", "iter": 5, "loss": null, "pixel_loss": null, "time": 9.0}\n')
            f.write('{"kind": "warning", "iter": 5, "text": "the loss is <NaN>"}\n')
        path = write.chain(["tiny-fcn32s"], tmp_path, count=1)
        assert "the loss is &lt;NaN&gt;" in path.read_text()
    finally:
        log.write_text(kept)


def test_without_the_extras_the_page_says_what_is_missing(runs, monkeypatch, tmp_path):
    for module in ("matplotlib.figure", "tensorboard.summary.writer.event_file_writer"):
        monkeypatch.setitem(sys.modules, module, None)
    said = []
    text = write.chain(["tiny-fcn32s"], tmp_path, count=1, log=said.append).read_text()
    assert plots.PLOTLESS in text and plots.PLOTLESS in said
    assert any("pip install tensorboard" in line for line in said)
    assert "<picture>" not in text and "data-metric" in text


def test_a_classifier_has_a_page_without_pictures(runs, monkeypatch):
    row = experiments.Experiment(
        "tiny-classifier", "shapes-single", "vgg_small.small_classifier", OPTIONS, init=(),
        base_lr=0.01, momentum=0.9, normalize=True, max_iter=1, score_every=1,
    )  # fmt: skip
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    run = Run(row)
    run.begin()
    run.train()
    text = write.one(row.name).read_text()
    assert {name for name, _ in Reader(text).metrics} == {"tiny-classifier"}
    assert "6 classes" in text and "<h2>Pictures</h2>" not in text
    assert not (runs / row.name / "figure.png").exists()


# -- what is missing is named


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["report", *arguments])
    with pytest.raises(SystemExit) as stop:
        report.__main__.main()
    return stop.value.code


def test_an_unknown_or_untrained_experiment(runs, monkeypatch):
    assert "tiny-fcn8s" in command(monkeypatch, "tiny-fcn8x")
    assert "make voc-fcn8s" in command(monkeypatch, "voc-fcn8s")


def test_missing_scores_are_named(runs):
    path = runs / "tiny-fcn16s" / "score.json"
    moved = path.rename(path.with_suffix(".away"))
    try:
        with pytest.raises(
            DataError, match=r"score\.json: no scores.*python score\.py tiny-fcn16s"
        ):
            run_data.chain(["tiny-fcn16s"])
    finally:
        moved.rename(path)


def test_several_on_one_page(runs, monkeypatch, tmp_path):
    names = ("tiny-fcn32s", "tiny-fcn8s")
    monkeypatch.setattr(
        sys, "argv", ["report", *names, "--out", str(tmp_path / "both"), "--count", "1"]
    )
    report.__main__.main()
    metrics = Reader((tmp_path / "both" / "report.html").read_text()).metrics
    assert {run for run, _ in metrics} == {"tiny-fcn32s", "tiny-fcn16s", "tiny-fcn8s"}
    assert (tmp_path / "both" / "figure.png").is_file()


def test_the_figure_of_the_crf_has_the_labels_before_and_after(runs, capsys, monkeypatch):
    drawn = []
    monkeypatch.setattr(figure, "draw", lambda *args: drawn.append(args))
    path = before_after.write("tiny-fcn8s", "deeplab", count=2)
    assert path == runs / "tiny-fcn8s" / "crf.png"
    ((_, samples, columns, names, _),) = drawn
    assert list(columns.values()) == ["8s", "with CRF"] and len(names) == 7
    score = json.loads((runs / "tiny-fcn8s" / "score.json").read_text())["heads"]["score"]
    said = capsys.readouterr().out.splitlines()
    assert f"8s: mean IU {100 * score['mean_iu']:.1f}" in said[-2]
    assert said[-1].startswith("with CRF: mean IU ")
    segmenter = Segmenter("tiny-fcn8s", crf=crf.PRESETS["deeplab"])
    assert len(samples) == 2
    for sample in samples:
        wanted = segmenter.segment(sample.picture)["score"]
        np.testing.assert_array_equal(sample.found["with CRF"], wanted)
        assert sample.found["8s"].shape == sample.truth.shape == wanted.shape


def test_a_crf_refines_only_labels_of_pixels(runs, monkeypatch):
    row = dataclasses.replace(experiments.find("demo-classifier"), name="tiny-classifier")
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    with pytest.raises(DataError, match="tiny-classifier does not segment"):
        before_after.write("tiny-classifier")
