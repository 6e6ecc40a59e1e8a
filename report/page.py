"""The page: one HTML file with its pictures and its style inside, no script."""

import base64
import io
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

import caffe
from data.files import write_text
from data.legend import name_of
from data.metrics import NAMES
from data.palette import palette, save_label
from data.text import duration, percent
from report import plots
from report.figure import occurring
from report.run_data import Run
from report.samples import Sample

STYLE = Path(__file__).with_name("page.css")
SHOWN = 320  # pixels of a picture's longer side on the page


@dataclass
class Content:
    """What the page shows."""

    title: str
    runs: list[Run]  # of the whole chain, oldest first
    nets: list[Run]  # those of them that are compared
    names: list[str]  # of the classes
    samples: list[Sample]  # none for classifiers of whole pictures
    training: dict[str, dict[str, bytes]]  # {heading: {scheme: SVG}}
    by_class: dict[str, dict[str, bytes]]  # the same of the classes
    drawing: bytes  # SVG of the last net


def write(path: Path, content: Content) -> None:
    """Write the page."""
    c, last = content, content.nets[-1]
    by_class = [chart(*p) for p in c.by_class.items()]
    by_class.append(class_table(max(c.nets, key=mean_iu), c.names))
    titles, colours = ["input", *(run.label for run in c.nets), "truth"], last.data.palette
    rows = ((s.name, s.picture, [*(s.found[r.name] for r in c.nets), s.truth]) for s in c.samples)
    pictures = gallery(titles, rows, colours) + key(occurring(c.samples), c.names, colours)
    split = last.data.val["split"]
    held_out = f"From the validation split ({split}), at even distances. Void is not scored."
    parts = [
        head(c),
        section("Pictures", pictures, held_out) if c.samples else "",
        section("Scores", "".join(tables(c.nets)), SCORES),
        section(
            "Training",
            side_by_side(chart(*p) for p in c.training.items()),
            "" if c.training else plots.PLOTLESS,
        ),
        section("Classes", side_by_side(by_class)),
        section(
            "The net",
            scroll(image(c.drawing, "svg+xml", "layers of the net"), "net"),
            f"The layers of {last.name}, from picture to scores; it scrolls sideways.",
        ),
        section("Runs", run_facts(c.runs)),
        footer(),
    ]
    write_text(path, document(c.title, parts))


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
SCORES = (
    "Over the whole validation split; void is not counted. In bold the best. "
    "acc.: accuracy; IU: intersection over union; f.w.: weighted by the classes' frequency."
)


def document(title: str, parts: Iterable[str]) -> str:
    """Return a whole page, its style inside."""
    return PAGE.format(title=escape(title), style=STYLE.read_text(), body="\n".join(parts))


def header(title: str, lead: str, figures: Iterable[tuple[str, str]] = ()) -> str:
    """Return the top of a page; `figures` are numbers and what they are."""
    items = "".join(f"<li><b>{escape(a)}</b><span>{escape(b)}</span></li>" for a, b in figures)
    listed = f'<ul class="figures">{items}</ul>\n' if items else ""
    return (
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n{listed}</header>'
    )


def section(heading: str, content: str, note: str = "") -> str:
    note = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{note}{content}\n</section>"


def head(c: Content) -> str:
    data, best = c.nets[-1].data, max(c.nets, key=mean_iu)
    held_out = data.test_iter * data.val.get("batch", 1)
    lead = f"{data.heads[0].classes} classes, {held_out} pictures held out"
    shown = [
        (percent(mean_iu(best)), f"mean IU, {best.label}"),
        (str(len(c.nets)), "nets" if len(c.nets) > 1 else "net"),
        (duration(sum(run.seconds for run in c.runs)), "training and scoring"),
    ]
    return header(c.title, lead, shown)


def mean_iu(run: Run) -> float:
    """Return the mean IU, by which nets are compared; 0 where no class occurs."""
    return run.heads[run.data.heads[0].score]["mean_iu"] or 0.0


def gallery(
    titles: Sequence[str],
    rows: Iterable[tuple[str, np.ndarray, Sequence[np.ndarray]]],
    colours: str,
    narrowest: str = "0",
) -> str:
    """Return rows of (name, RGB picture, label maps) under the columns' titles.

    `colours` is the palette of the label maps, `narrowest` the least width of a column in CSS.
    """
    cells = [f"<div>{escape(title)}</div>" for title in titles]
    for name, picture, maps in rows:
        cells.append(image(jpeg(picture), "jpeg", f"{name}, {titles[0]}"))
        for title, label in zip(titles[1:], maps, strict=True):
            cells.append(image(label_png(label, colours), "png", f"{name}, {title}", "map"))
    style = f"grid-template-columns: repeat({len(titles)}, minmax({narrowest}, 1fr))"
    return f'<div class="gallery" style="{style}">\n' + "\n".join(cells) + "\n</div>"


def key(labels: Iterable[int], names: Sequence[str], colours: str) -> str:
    """Return the labels' colours and names."""
    chips = ((chip(label, palette(colours)), name_of(label, names)) for label in labels)
    return f'<ul class="key">{"".join(f"<li>{c}{escape(name)}</li>" for c, name in chips)}</ul>'


def chip(label: int, colours: np.ndarray) -> str:
    r, g, b = map(int, colours[label])
    return f'<span class="chip" style="background: rgb({r}, {g}, {b})"></span>'


def tables(nets: list[Run]) -> Iterator[str]:
    """Yield a table of the four metrics for each head that the nets have in common."""
    for head in nets[-1].data.heads:
        rows = [(run, run.heads[head.score]) for run in nets if head.score in run.heads]
        best = {k: max((r[k] for _, r in rows if r[k] is not None), default=None) for k in NAMES}
        body = ""
        for run, result in rows:
            cells = ""
            for k in NAMES:
                style = mark(len(rows) > 1 and result[k] == best[k])
                cells += f'<td data-metric="{k}"{style}>{percent(result[k])}</td>'
            body += f'<tr data-run="{escape(run.name)}">{row_head(escape(run.label))}{cells}</tr>'
        caption = f"<h3>{escape(head.score)}</h3>" if len(nets[-1].data.heads) > 1 else ""
        yield caption + table(("net", *NAMES.values()), body, head.score)


def mark(best: bool) -> str:
    """Return the class of a column's best number."""
    return ' class="best"' if best else ""


def row_head(content: str) -> str:
    return f'<th scope="row">{content}</th>'


def table(columns: Iterable[str], body: str, name: str) -> str:
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in columns)
    return scroll(
        f'<table data-scores="{escape(name)}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def scroll(content: str, style: str = "") -> str:
    """Wrap what may be wider than a phone, so that it scrolls and not the page."""
    return f'<div class="{" ".join(["scroll", style]).strip()}" tabindex="0">{content}</div>'


def class_table(run: Run, names: list[str]) -> str:
    head, body, colours = run.data.heads[0], "", palette(run.data.palette)
    for label, c in enumerate(run.heads[head.score]["classes"]):
        values = (percent(c["iu"]), percent(c["accuracy"]), f"{c['pixels']:,}")
        cells = "".join(f"<td>{text}</td>" for text in values)
        body += f"<tr>{row_head(chip(label, colours) + escape(names[label]))}{cells}</tr>"
    columns = ("class", "IU", "accuracy", "pixels")
    return f"<div><h3>Of {escape(run.name)}</h3>{table(columns, body, 'classes')}</div>"


def side_by_side(parts: Iterable[str]) -> str:
    return '<div class="columns">' + "".join(parts) + "</div>"


def chart(heading: str, schemes: dict[str, bytes]) -> str:
    """Show a plot in the scheme that the reader's device asks for."""
    dark = (
        f'<source media="(prefers-color-scheme: dark)" srcset="{uri(schemes["dark"], "svg+xml")}">'
    )
    light = image(schemes["light"], "svg+xml", heading)
    return f"<figure><h3>{escape(heading)}</h3><picture>{dark}{light}</picture></figure>"


def run_facts(runs: list[Run]) -> str:
    """List each run's facts; those that all share come once, at the end."""
    each = [run.facts() for run in runs]
    same = {k: v for k, v in each[0].items() if all(other.get(k) == v for other in each)}
    same = same if len(runs) > 1 else {}
    parts = []
    for run, found in zip(runs, each, strict=True):
        warnings = [f'<p class="note warning">{escape(w["text"])}</p>' for w in run.of("warning")]
        own = {k: v for k, v in found.items() if k not in same}
        parts.append(f"<div><h3>{escape(run.name)}</h3>{facts(own)}{''.join(warnings)}</div>")
    if same:
        parts.append(f"<div><h3>all of them</h3>{facts(same)}</div>")
    return side_by_side(parts)


def facts(found: dict[str, str]) -> str:
    rows = ""
    for what, text in found.items():
        if text:
            content = f"<code>{escape(text)}</code>" if what == "command" else escape(text)
            rows += f"<dt>{escape(what)}</dt><dd>{content}</dd>"
    return f"<dl>{rows}</dl>"


def footer() -> str:
    made = datetime.now().isoformat(sep=" ", timespec="minutes")
    return (
        f"<footer>Fully Convolutional Networks, on caffe {escape(caffe.__version__)}, "
        f"Python {platform.python_version()}. This page was made {made}.</footer>"
    )


# Pictures inside the page


def uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def image(content: bytes, kind: str, text: str, style: str = "") -> str:
    style = f' class="{style}"' if style else ""
    return f'<img{style} alt="{escape(text)}" src="{uri(content, kind)}">'


def jpeg(picture: np.ndarray) -> bytes:
    shown = Image.fromarray(picture)
    shown.thumbnail((SHOWN, SHOWN))
    out = io.BytesIO()
    shown.save(out, format="JPEG", quality=88)
    return out.getvalue()


def label_png(label: np.ndarray, colours: str) -> bytes:
    step = max(1, -(-max(label.shape) // (2 * SHOWN)))  # every so many pixels: no colours are mixed
    out = io.BytesIO()
    save_label(out, label[::step, ::step], colours)
    return out.getvalue()
