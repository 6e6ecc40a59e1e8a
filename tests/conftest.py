"""What several tests share: tiny rows of training, and a browser."""

import os
import shutil

import pytest


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Rows tiny-fcn32s, 16s and 8s over tiny data; data and runs in the test's own folder."""
    import tiny
    from tiny_runs import SETTINGS, TINY

    import experiments
    from training import initial_weights

    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FCN_RUNS", str(tmp_path / "runs"))
    tiny.shapes(tiny.Maker(tmp_path / "data", size=(34, 40)))
    for row in experiments.staged(
        "tiny", "shapes", (0.01, 0.01, 0.01), options=TINY, init=(), **SETTINGS
    ):
        monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    monkeypatch.setattr(initial_weights, "is_prepared", lambda name: True)
    return tmp_path


# Tests that look at log lines expect them; a level set in the shell would drop them.
os.environ.pop("GLOG_minloglevel", None)
os.environ["GLOG_v"] = "0"  # the caffe command asks for more; see test_build_log.py


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no browser here: the page is looked at where chromium and chromedriver are")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
        "disable-background-networking", "disable-component-update", "disable-sync",
        "disable-dev-shm-usage", f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()
