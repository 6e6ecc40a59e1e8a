"""What a page and its runs say, for the tests that compare them."""

import json
from html.parser import HTMLParser

from data.metrics import NAMES

OPTIONS = dict(widths=(4, 4, 4, 4, 4), depths=(1, 1, 1, 1, 1), dense=8)


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
