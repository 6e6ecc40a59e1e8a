"""The report's page in a real browser."""

import re

import numpy as np
import pytest
from reportkit import scores_of

PHONE, DESKTOP = 390, 1280  # CSS pixels across


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
