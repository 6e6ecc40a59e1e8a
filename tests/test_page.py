"""caffe inspect -html: what the page says, and how it answers in a browser."""

import json
import re

import pytest
from cli_kit import NET

import caffe_cli

CHAIN = """
name: "<b>Tiny</b> & co"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 40, 40] } } }
layer { name: "c1" type: "Convolution" bottom: "data" top: "c1"
        convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layer { name: "r1" type: "ReLU" bottom: "c1" top: "c1" }
layer { name: "p1" type: "Pooling" bottom: "c1" top: "p1"
        pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "c2" type: "Convolution" bottom: "p1" top: "c2"
        convolution_param { num_output: 2 kernel_size: 3 pad: 10 } }
layer { name: "up" type: "Deconvolution" bottom: "c2" top: "up"
        convolution_param { num_output: 2 kernel_size: 4 stride: 2 } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "data" top: "crop"
        crop_param { axis: 2 offset: 19 } }
"""


@pytest.fixture
def page_of(tmp_path, monkeypatch, capfd):
    """``page_of(text, other)`` writes the page of one net or two: its path."""
    monkeypatch.chdir(tmp_path)

    def write(text, other=None):
        (tmp_path / "net.prototxt").write_text(text)
        argv = ["inspect", "net.prototxt", "-html", "page.html"]
        if other is not None:
            (tmp_path / "other.prototxt").write_text(other)
            argv += ["-diff", "other.prototxt"]
        assert caffe_cli.main(argv) == 0
        return tmp_path / "page.html"

    return write


def data_of(path):
    found = re.search(r'<script type="application/json" id="nets">(.*?)</script>', path.read_text())
    return json.loads(found[1])


def test_what_a_layer_sees(page_of):
    (net,) = data_of(page_of(CHAIN))
    views = {layer["name"]: layer["view"] for layer in net["layers"]}
    assert views["c1"] == [3, 1, 0]
    assert views["p1"] == [4, 2, 0.5]
    assert views["c2"] == [8, 2, 0.5 + (1 - 10) * 2]
    # 4 of 3 / 2 positions meet in an output; the crop of 19 brings back pixel 0.
    assert views["up"] == [10, 1, -19]
    assert views["crop"] == [10, 1, 0]


def test_costs_and_prototxt(page_of):
    (net,) = data_of(page_of(NET))
    conv = next(layer for layer in net["layers"] if layer["name"] == "conv")
    assert (conv["params"], conv["macs"], conv["memory"]) == (57, 864, 192)
    assert conv["inputs"] == [[4, 2, 6, 6]] and conv["shapes"] == [[4, 3, 2, 2]]
    assert 'type: "xavier"' in conv["prototxt"]
    assert net["total"]["params"] == 122
    assert "Split" not in {layer["type"] for layer in net["layers"]}
    extra = next(layer for layer in net["layers"] if layer["name"] == "accuracy")
    assert extra["bottoms"] == ["ip", "label"]  # not the Split's tops


def test_the_page_loads_nothing_and_a_net_s_words_stay_words(page_of):
    text = page_of(CHAIN.replace("c1", "</script><script>alert(1)//")).read_text()
    assert "<b>Tiny" not in text and "<script>alert" not in text
    assert not re.search(r"""(?:src|href)=["']?(?!data:)[^"' ]""", text)
    assert "default-src 'none'" in text


def test_diff_needs_a_page(page_of, capfd):
    page_of(NET)
    assert caffe_cli.main(["inspect", "net.prototxt", "-diff", "net.prototxt"]) == 1
    assert "-diff goes with -html FILE" in capfd.readouterr().err


# -- in a browser


def look(browser, page, width=1400):
    """Open the page on a screen of `width` CSS pixels."""
    metrics = dict(width=width, height=844, deviceScaleFactor=1, mobile=width < 600)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page.as_uri())


def keys(browser, *pressed):
    from selenium.webdriver.common.by import By

    browser.find_element(By.TAG_NAME, "body").send_keys(*pressed)


def seen(browser, selector):
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector
    )


def test_keyboard_search_and_details(browser, page_of):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    look(browser, page_of(CHAIN))
    assert len(seen(browser, ".node")) == 7 and len(seen(browser, ".edge")) == 7
    keys(browser, Keys.ARROW_DOWN)
    assert seen(browser, "#detail h2") == ["c1 "]
    find = browser.find_element(By.ID, "find")
    keys(browser, "/")
    assert browser.switch_to.active_element == find
    find.send_keys("decon", Keys.ENTER)
    assert seen(browser, "tbody tr:not([hidden]) td:first-child") == ["up"]
    assert "10 pixels, one position every 1, the first at -19" in seen(browser, "#detail")[0]
    assert len(seen(browser, ".node.dim")) == 6
    assert not browser.get_log("browser")


def test_what_differs_is_marked(browser, page_of):
    other = CHAIN.replace("num_output: 4", "num_output: 5").replace('"r1"', '"r1b"')
    look(browser, page_of(CHAIN, other))
    assert seen(browser, "tr.changed td:first-child") == ["c1", "p1"]
    assert seen(browser, "tr.left td:first-child") == ["r1"]
    assert seen(browser, "tr.right td:first-child") == ["r1b"]
    browser.execute_script("choose('c1', true)")
    assert "− " in seen(browser, "#detail del")[0] and "num_output: 4" in seen(browser, "del")[0]
    assert "num_output: 5" in seen(browser, "#detail ins")[0]
    assert not browser.get_log("browser")


def test_a_thousand_layers(browser, page_of):
    text = 'layer { name: "d" type: "Input" top: "b0" input_param { shape { dim: [1, 1] } } }'
    for i in range(0, 999, 3):  # blocks with a shortcut
        text += "".join(
            f'layer {{ name: "l{i + j}" type: "ReLU" bottom: "b{i + j}" top: "b{i + j + 1}" }}\n'
            for j in (0, 1)
        )
        text += (
            f'layer {{ name: "sum{i}" type: "Eltwise" bottom: "b{i}" bottom: "b{i + 2}" '
            f'top: "b{i + 3}" }}\n'
        )
    look(browser, page_of(text))
    assert len(seen(browser, ".node")) == 1000
    drawn = browser.execute_script(
        "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    )
    assert drawn < 5000, f"{drawn:.0f} ms"
    assert not browser.get_log("browser")


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, page_of):
    look(browser, page_of(CHAIN), 390)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    assert not browser.get_log("browser")
