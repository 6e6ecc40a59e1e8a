"""The page: one HTML file with its pictures and its style inside, no script."""

import base64
import io
import platform
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from PIL import Image

import caffe
from data.files import replacing
from data.palette import save_label
from meter import duration
from report import plots
from report.figure import colour, name_of, occurring
from report.gather import METRICS

STYLE = Path(__file__).with_name("page.css")
SHOWN = 320  # pixels of a picture's longer side on the page


@dataclass
class Content:
    """What the page is about."""

    title: str
    runs: list  # of the whole chain, oldest first
    nets: list  # those of them that are compared
    names: list  # of the classes
    samples: list  # none for classifiers of whole pictures
    plots: dict  # {"training" or "classes": {heading: {scheme: SVG}}}
    drawing: bytes  # SVG of the last net


def write(path, content):
    """Write the page about a Content."""
    c, last = content, content.nets[-1]
    by_class = [chart(*p) for p in c.plots["classes"].items()]
    by_class.append(class_table(max(c.nets, key=mean_iu), c.names))
    pictures = gallery(c.samples, c.nets) + key(c.samples, c.names)
    parts = [
        head(c),
        section("Pictures", pictures, held_out(last)) if c.samples else "",
        section("Scores", "".join(tables(c.nets)), SCORES),
        section(
            "Training",
            side_by_side(chart(*p) for p in c.plots["training"].items()),
            "" if c.plots["training"] else plots.PLOTLESS,
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
    text = PAGE.format(title=escape(c.title), style=STYLE.read_text(), body="\n".join(parts))
    with replacing(path) as stream:
        stream.write(text.encode())


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


def section(heading, content, note=""):
    note = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{note}{content}\n</section>"


def head(c):
    data, best = c.nets[-1].data, max(c.nets, key=mean_iu)
    held_out = data.images * data.val.get("batch", 1)
    lead = f"{data.heads[0].classes} classes, {held_out} pictures held out"
    shown = [
        (percent(mean_iu(best)), f"mean IU, {best.label}"),
        (str(len(c.nets)), "nets" if len(c.nets) > 1 else "net"),
        (duration(sum(run.seconds for run in c.runs)), "training and scoring"),
    ]
    items = "".join(f"<li><b>{escape(a)}</b><span>{escape(b)}</span></li>" for a, b in shown)
    return (
        f'<header>\n<h1>{escape(c.title)}</h1>\n<p class="lead">{escape(lead)}</p>\n'
        f'<ul class="figures">{items}</ul>\n</header>'
    )


def mean_iu(run):
    """What nets are compared by; 0 where no class occurs."""
    return run.heads[run.data.heads[0].score]["mean_iu"] or 0.0


def held_out(run):
    return (
        f"From the validation split ({run.data.val.get('split', 'val')}), at even distances. "
        "Colours are PASCAL VOC's; void is not scored."
    )


def gallery(samples, nets):
    columns = ["input", *(run.label for run in nets), "truth"]
    cells = [f"<div>{escape(text)}</div>" for text in columns]
    for sample in samples:
        cells.append(image(jpeg(sample.picture), "jpeg", f"{sample.name}, input"))
        maps = [*(sample.found[run.name] for run in nets), sample.truth]
        for text, label in zip(columns[1:], maps, strict=True):
            cells.append(image(label_png(label), "png", f"{sample.name}, {text}", "map"))
    style = f"grid-template-columns: repeat({len(columns)}, minmax(0, 1fr))"
    return f'<div class="gallery" style="{style}">\n' + "\n".join(cells) + "\n</div>"


def key(samples, names):
    items = [
        f"<li>{chip(label)}{escape(name_of(label, names))}</li>" for label in occurring(samples)
    ]
    return f'<ul class="key">{"".join(items)}</ul>'


def chip(label):
    r, g, b = colour(label)
    return f'<span class="chip" style="background: rgb({r}, {g}, {b})"></span>'


def tables(nets):
    """A table of the four metrics for each head that the nets have in common."""
    for head in nets[-1].data.heads:
        rows = [(run, run.heads[head.score]) for run in nets if head.score in run.heads]
        best = {k: max((r[k] for _, r in rows if r[k] is not None), default=None) for k in METRICS}
        body = ""
        for run, result in rows:
            cells = "".join(
                cell(k, result[k], len(rows) > 1 and result[k] == best[k]) for k in METRICS
            )
            body += f'<tr data-run="{escape(run.name)}">{row_head(escape(run.label))}{cells}</tr>'
        caption = f"<h3>{escape(head.score)}</h3>" if len(nets[-1].data.heads) > 1 else ""
        yield caption + table(("net", *METRICS.values()), body, head.score)


def cell(metric, value, best):
    style = ' class="best"' if best else ""
    return f'<td data-metric="{metric}"{style}>{percent(value)}</td>'


def row_head(content):
    return f'<th scope="row">{content}</th>'


def table(columns, body, name):
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in columns)
    return scroll(
        f'<table data-scores="{escape(name)}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def scroll(content, style=""):
    """What may be wider than a phone scrolls by itself, not the page with it."""
    return f'<div class="{" ".join(["scroll", style]).strip()}" tabindex="0">{content}</div>'


def class_table(run, names):
    head, body = run.data.heads[0], ""
    for label, c in enumerate(run.heads[head.score]["classes"]):
        values = (percent(c["iu"]), percent(c["accuracy"]), f"{c['pixels']:,}")
        cells = "".join(f"<td>{text}</td>" for text in values)
        body += f"<tr>{row_head(chip(label) + escape(names[label]))}{cells}</tr>"
    columns = ("class", "IU", "accuracy", "pixels")
    return f"<div><h3>Of {escape(run.name)}</h3>{table(columns, body, 'classes')}</div>"


def side_by_side(parts):
    return '<div class="columns">' + "".join(parts) + "</div>"


def chart(heading, schemes):
    """A plot in the scheme that the reader's device asks for."""
    dark = (
        f'<source media="(prefers-color-scheme: dark)" srcset="{uri(schemes["dark"], "svg+xml")}">'
    )
    light = image(schemes["light"], "svg+xml", heading)
    return f"<figure><h3>{escape(heading)}</h3><picture>{dark}{light}</picture></figure>"


def run_facts(runs):
    """Each run's facts; what is the same for all of them stands once, at the end."""
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


def facts(found):
    rows = ""
    for what, text in found.items():
        if text:
            content = f"<code>{escape(text)}</code>" if what == "command" else escape(text)
            rows += f"<dt>{escape(what)}</dt><dd>{content}</dd>"
    return f"<dl>{rows}</dl>"


def footer():
    made = datetime.now().isoformat(sep=" ", timespec="minutes")
    return (
        f"<footer>Fully Convolutional Networks, on caffe {escape(caffe.__version__)}, "
        f"Python {platform.python_version()}. This page was made {made}.</footer>"
    )


def percent(value):
    return "–" if value is None else f"{100 * value:.1f}"


# Pictures inside the page


def uri(content, kind):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def image(content, kind, text, style=""):
    style = f' class="{style}"' if style else ""
    return f'<img{style} alt="{escape(text)}" src="{uri(content, kind)}">'


def jpeg(picture):
    shown = Image.fromarray(picture)
    shown.thumbnail((SHOWN, SHOWN))
    out = io.BytesIO()
    shown.save(out, format="JPEG", quality=88)
    return out.getvalue()


def label_png(label):
    step = max(1, -(-max(label.shape) // (2 * SHOWN)))  # every so many pixels: no colours are mixed
    out = io.BytesIO()
    save_label(out, label[::step, ::step])
    return out.getvalue()
