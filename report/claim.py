"""The page of the paper's claims: `python -m report --claim`, after `python -m training.claim`."""

import itertools
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from data.errors import DataError
from data.files import read_json, write_json, write_text
from data.text import duration, percent
from experiments.claim import variants
from report import page
from training import run_dir

HEADINGS = {
    "trained weights": "Trained weights against none, and a fixed trunk",
    "skips": "32s, 16s and 8s, staged and at once",
    "updates": "Pictures an update, at equal numbers of pictures",
}


@dataclass
class Line:
    """One line of the table: the scores of its runs, by seed."""

    question: str
    text: str
    iterations: int
    mean_iu: dict[int, float]
    seconds: float  # of the first run

    @property
    def mean(self) -> float:
        """Mean IU over the seeds."""
        return statistics.fmean(self.mean_iu.values())

    @property
    def spread(self) -> str:
        """The least and the largest mean IU, where there are several."""
        values = sorted(self.mean_iu.values())
        return f"{percent(values[0])} to {percent(values[-1])}" if len(values) > 1 else ""


def lines() -> list[Line]:
    """Return the lines that have finished runs; DataError where there is none."""
    found: dict[str, Line] = {}
    for seed in itertools.count(1):
        trained = [v for v in variants(seed=seed) if run_dir.finished(v.row.name)]
        if not trained:
            break
        for variant in trained:
            name = variant.row.name
            (head,) = read_json(run_dir.folder(name) / "score.json")["heads"].values()
            log = run_dir.Log(name).read()
            last, seconds = int(run_dir.latest(log, "iter")), run_dir.latest(log, "time")
            line = found.setdefault(
                variant.text, Line(variant.question, variant.text, last, {}, seconds)
            )
            line.mean_iu[seed] = head["mean_iu"]
    if not found:
        raise DataError("no line of the table is trained: `python -m training.claim`")
    return list(found.values())


def write(folder: Path) -> Path:
    """Write claim.html and claim.json; print the table; return the page."""
    table = lines()
    for line in table:
        print(f"{percent(line.mean):>5}  {line.spread:14}  {line.text}")
    write_json(folder / "claim.json", [vars(line) for line in table])
    total = duration(sum(line.seconds * len(line.mean_iu) for line in table))
    lead = (
        "FCN on the thin ResNet-50 on CamVid: mean IU on val, every line the same but for what it "
        f"says. Training and scoring of all lines took {total}."
    )
    path, title = folder / "claim.html", "What the paper claims"
    parts = [page.header(title, lead), *sections(table), page.footer()]
    write_text(path, page.document(title, parts))
    return path


def sections(table: list[Line]) -> Iterator[str]:
    """Yield one table for each question."""
    for question, heading in HEADINGS.items():
        asked = [line for line in table if line.question == question]
        if not asked:
            continue
        best = max(line.mean for line in asked)
        rows = "".join(
            f"<tr>{page.row_head(escape(line.text))}"
            f"<td{page.mark(line.mean == best)}>{percent(line.mean)}</td>"
            f"<td>{line.spread}</td><td>{len(line.mean_iu)}</td><td>{line.iterations:,}</td>"
            f"<td>{escape(duration(line.seconds))}</td></tr>"
            for line in asked
        )
        titles = ("", "mean IU", "least to largest", "seeds", "iterations", "time of one run")
        yield page.section(heading, page.table(titles, rows, question))
