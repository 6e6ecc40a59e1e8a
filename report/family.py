"""The page of `make family`: systems side by side, and what their authors published."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import experiments
from caffe_cli.summary import short
from data.files import write_text
from data.legend import labels_in
from data.metrics import NAMES
from data.text import percent
from report import page
from report.run_data import classes
from training.comparison import SCORES, Result
from training.machine import describe

# Mean IU on PASCAL VOC 2012's test set; + COCO: pre-trained on it.
LEADERBOARD = (
    ("FCN-8s", "62.2", "", "Long, Shelhamer, Darrell, CVPR 2015"),
    ("FCN-8s, heavy learning", "67.2", "", "Shelhamer, Long, Darrell, PAMI 2017"),
    ("DeepLab-CRF-LargeFOV", "70.3", "", "Chen et al., ICLR 2015"),
    ("DeepLab-MSc-CRF-LargeFOV", "71.6", "", "Chen et al., ICLR 2015"),
    ("CRF-RNN", "72.0", "74.7", "Zheng et al., ICCV 2015"),
    ("Dilation, front end", "67.6", "71.3", "Yu, Koltun, ICLR 2016"),
    ("Dilation, context", "", "73.5", "Yu, Koltun, ICLR 2016"),
    ("Dilation, context + CRF-RNN", "", "75.3", "Yu, Koltun, ICLR 2016"),
    ("DeepLab v2, ResNet-101, ASPP + CRF", "", "79.7", "Chen et al., PAMI 2018"),
    ("PSPNet-101", "82.6", "85.4", "Zhao et al., CVPR 2017"),
    ("DeepLabv3", "", "85.7", "Chen et al., 2017"),
)
Column = tuple[str, Callable[[Result], float | None], Callable[[float | None], str]]
TITLES = {**NAMES, "boundary_iu": "boundary IU"}


def unbroken(number: float | None) -> str:
    """Return a count with a decimal prefix, on one line."""
    return "–" if number is None else short(number).replace(" ", "\u00a0")


COLUMNS: tuple[Column, ...] = (
    *((TITLES[key], lambda r, key=key: r.scores[key], percent) for key in SCORES),
    ("parameters", lambda r: r.costs.parameters, unbroken),
    ("multiply-adds", lambda r: r.costs.multiply_adds, unbroken),
    ("sees, pixels", lambda r: r.costs.field, lambda v: "all" if v is None else f"{v:.0f}"),
    ("ms per picture", lambda r: r.seconds * 1000, lambda v: f"{v or 0:.0f}"),
    ("iterations", lambda r: r.iterations, lambda v: f"{v or 0:,.0f}"),
)


def text(results: Sequence[Result]) -> str:
    """Return the table as text."""
    wide = max(len(r.system.title) for r in results)
    lines = ["  ".join([" " * wide, *(title for title, _, _ in COLUMNS)])]
    for r in results:
        cells = (f"{form(value(r)):>{len(title)}}" for title, value, form in COLUMNS)
        lines.append("  ".join([f"{r.system.title:{wide}}", *cells]))
    return "\n".join(lines)


def write(path: Path, title: str, results: Sequence[Result], seeds: int = 1) -> Path:
    """Write the page of results that are means over `seeds`; return its path."""
    row = experiments.find(results[0].system.name)
    data = experiments.data_of(row)
    best = max(results, key=lambda r: r.scores["mean_iu"] or 0)
    lead = (
        f"{len(results)} systems on one small trunk: the same pictures in the same order, "
        f"{results[0].iterations:,} iterations each; the context module on top of the "
        "front end's, CRF-RNN on top of FCN-8s's. Scored on "
        f"{data.test_iter} pictures held out"
        + (f"; means of {seeds} seeds, ± half of their range." if seeds > 1 else ".")
    )
    figures = (
        (percent(best.scores["mean_iu"]), f"mean IU, {best.system.title}"),
        (percent(max(r.scores["boundary_iu"] or 0 for r in results)), "best boundary IU"),
    )
    shown = pictures(results, data.palette, classes(data))
    parts = [
        page.header(title, lead, figures),
        page.section("Systems", systems(results), NOTE + f" Times: {describe()}."),
        page.section("Pictures", shown, "Held out, as above."),
        page.section("What their authors reached", leaderboard(), PUBLISHED_NOTE),
        page.footer(),
    ]
    write_text(path, page.document(title, parts))
    return path


NOTE = (
    "acc.: accuracy; IU: intersection over union; f.w.: weighted by the classes' frequency. "
    "Boundary IU: of the pixels within 3 of a border. Multiply-adds: at the deploy net's size, "
    "without a CRF's. Sees: the receptive field of one score; a CRF joins all pixels. The "
    "CRFs' settings were searched on the first of the same pictures."
)
PUBLISHED_NOTE = (
    "Mean IU on PASCAL VOC 2012's test set, from the papers: whole nets on VGG16 or ResNet-101, "
    "trained for days. Above are small ones, trained for minutes: only the order compares."
)


def systems(results: Sequence[Result]) -> str:
    """Return the table of everything measured."""
    best = [max((value(r) or 0) for r in results) for _, value, _ in COLUMNS]
    body = ""
    for r in results:
        cells = ""
        for i, (_, value, form) in enumerate(COLUMNS):
            style = page.mark(i < len(SCORES) and value(r) == best[i])
            ends = r.spread.get(SCORES[i]) if i < len(SCORES) else None
            spread = f"<br><small>±{percent((ends[1] - ends[0]) / 2)}</small>" if ends else ""
            cells += f"<td{style}>{form(value(r))}{spread}</td>"
        body += f"<tr>{page.row_head(escape(r.system.title))}{cells}</tr>"
    return page.table(("system", *(title for title, _, _ in COLUMNS)), body, "systems")


def pictures(results: Sequence[Result], colours: str, names: Sequence[str]) -> str:
    """Return the same pictures through every system: a row each, the systems' columns scroll."""
    titles = ["input", *(r.system.title for r in results), "truth"]
    rows = (
        (example.name, example.picture, [*(r.examples[i].found for r in results), example.truth])
        for i, example in enumerate(results[0].examples)
    )
    shown = labels_in(*(m for r in results for e in r.examples for m in (e.found, e.truth)))
    wall = page.scroll(page.gallery(titles, rows, colours, "8rem"))
    return wall + page.key(shown, names, colours)


def leaderboard() -> str:
    """Return the published figures."""
    body = ""
    for name, plain, coco, source in LEADERBOARD:
        cells = "".join(f"<td>{escape(t or '–')}</td>" for t in (plain, coco, source))
        body += f"<tr>{page.row_head(escape(name))}{cells}</tr>"
    return page.table(("system", "mean IU", "mean IU + COCO", "paper"), body, "published")
