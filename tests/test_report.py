"""The report's page and figure, made from small runs; the page also in a real browser."""

import base64
import io
import json
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import tiny
from PIL import Image

import experiments
import report.__main__
from data.errors import DataError
from data.metrics import NAMES
from data.palette import voc_palette
from report import plots, run_data, samples, tensorboard, write
from training import initial_weights, run_dir
from training.run import Run

OPTIONS = dict(widths=(4, 4, 4, 4, 4), depths=(1, 1, 1, 1, 1), dense=8)
PHONE, DESKTOP = 390, 1280  # CSS pixels across


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs tiny-fcn32s, 16s and 8s, trained for a moment, and the report of the last."""
    where = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCN_DATA", str(where / "data"))
        patch.setenv("FCN_RUNS", str(where / "runs"))
        patch.setattr(initial_weights, "is_prepared", lambda name: True)
        tiny.shapes(tiny.Maker(where / "data", size=(60, 70)))
        rows = experiments.staged(
            "tiny", "shapes", (0.1, 0.1, 0.1), options=OPTIONS, init=(), normalize=True,
            net="vgg_small.small_fcn", momentum=0.9, max_iter=4, score_every=2,
        )  # fmt: skip
        for row in rows:
            patch.setitem(experiments.EXPERIMENTS, row.name, row)
            run = Run(row, display=1)
            run.begin()
            run.train()
        write.one("tiny-fcn8s", count=2)
        yield where / "runs"


@pytest.fixture(scope="module")
def page(runs):
    return runs / "tiny-fcn8s" / "report.html"


class Reader(HTMLParser):
    """Gathers the attributes of all tags, and the metrics' cells as {(run, metric): text}."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.metrics, self.run, self.metric = [], {}, None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.run = attrs.get("data-run", self.run)
        self.metric = attrs.get("data-metric")

    def handle_data(self, data):
        if self.metric:
            self.metrics[self.run, self.metric] = data
            self.metric = None


def scores_of(runs):
    """{(run, metric): text} as the page should have it, from the score.json of each run."""
    found = {}
    for name in ("tiny-fcn32s", "tiny-fcn16s", "tiny-fcn8s"):
        result = json.loads((runs / name / "score.json").read_text())["heads"]["score"]
        found |= {(name, key): f"{100 * result[key]:.1f}" for key in NAMES}
    return found


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
    nets = run_data.chain(["tiny-fcn8s"])
    first, second = plots.losses(nets), plots.losses(nets)
    assert first == second and first["light"] != first["dark"]
    assert all(svg.lstrip().startswith(b"<?xml") for svg in first.values())


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


# -- in a browser


def look(browser, page, width, scheme="light"):
    """Open the page on a screen of `width` CSS pixels."""
    metrics = dict(width=width, height=844, deviceScaleFactor=2, mobile=width < 600)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = dict(name="prefers-color-scheme", value=scheme)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dict(features=[feature]))
    browser.get(page.as_uri())
    return browser


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_browser_shows_it_whole(browser, page, width):
    look(browser, page, width)
    assert browser.get_log("browser") == []
    script = "return [...document.images].map(i => [i.complete, i.naturalWidth, i.alt])"
    images = browser.execute_script(script)
    assert len(images) == 2 * 5 + 3 + 1
    assert [i for i in images if not i[0] or not i[1]] == []
    root = "const e = document.documentElement; return [innerWidth, e.clientWidth, e.scrollWidth]"
    window, seen, needed = browser.execute_script(root)
    assert window == width and needed == seen  # a desktop's scroll bar takes some of the window


def test_a_browser_reads_the_scores_of_score_json(browser, runs, page):
    look(browser, page, PHONE)
    script = """return [...document.querySelectorAll("[data-metric]")].map(
        c => [c.closest("tr").dataset.run, c.dataset.metric, c.innerText])"""
    assert {(r, m): text for r, m, text in browser.execute_script(script)} == scores_of(runs)


def test_a_phone_s_text_can_be_read(browser, page):
    """No text under 10 pixels, and no cell of the scores cut off."""
    look(browser, page, PHONE)
    smallest = browser.execute_script(
        """return Math.min(...[...document.querySelectorAll("p,td,th,dd,dt,li,h3,div")]
        .filter(e => e.innerText).map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    )
    assert smallest >= 10
    table = "return [...document.querySelectorAll('table')].map(t => t.scrollWidth)"
    assert max(browser.execute_script(table)) <= PHONE


def test_dark_is_dark(browser, page):
    script = """return [getComputedStyle(document.body).backgroundColor,
        document.querySelector("picture img").currentSrc.length > 0,
        document.querySelector("picture img").currentSrc]"""
    light, _, light_plot = look(browser, page, PHONE).execute_script(script)
    dark, loaded, dark_plot = look(browser, page, PHONE, "dark").execute_script(script)
    brightness = [np.mean(list(map(int, re.findall(r"\d+", c)[:3]))) for c in (light, dark)]
    assert brightness[0] > 200 and brightness[1] < 60
    assert loaded and light_plot != dark_plot
    look(browser, page, PHONE)
