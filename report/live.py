"""A run's page while it trains: `python -m report --live NAME`.

A server on this machine's own address alone (127.0.0.1) reads the run folder and writes nothing:
`/` is the page, `/body` what changes on it, which the page asks for every few seconds, and
`/files/PATH` a picture of the run folder. There is nothing else to ask for.
"""

import threading
import time
from datetime import datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import experiments
from data.errors import DataError
from data.text import duration, percent
from report import page, plots
from report.run_data import Run
from training import run_dir

ADDRESS = "127.0.0.1"
EVERY = 4  # seconds between two looks
SHOWN = 8  # newest pictures
SILENT = 120  # seconds without a line in the log, after which the page says so
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
SCRIPT = """<script>
const main = document.querySelector("main");
let seen = main.innerHTML;
async function look() {
  try {
    const text = await (await fetch("/body", {cache: "no-store"})).text();
    if (text !== seen) { seen = text; main.innerHTML = text; }
    document.body.classList.remove("gone");
  } catch { document.body.classList.add("gone"); }
}
setInterval(look, 1000 * EVERY);
</script>
<style>
  .gone main { opacity: .5; }
  .gone::after { content: "the server has stopped"; }
  .newest img { max-height: 15rem; max-width: 100%; }
  .newest figure { margin: 0 0 1rem; display: inline-block; margin-right: 1rem; }
  .newest figcaption { font-size: .8rem; }
</style>"""


class LivePage:
    """The page of one run, from what its folder has now."""

    def __init__(self, name: str):
        self.name = name
        self.row = experiments.find(name)
        self.data = experiments.data_of(self.row)
        self.folder = run_dir.folder(name)
        self._lock = threading.Lock()
        self._drawn: tuple = (None, "")  # the log's state, and the curves drawn of it

    def page(self) -> str:
        """Return the whole page."""
        script = SCRIPT.replace("EVERY", str(EVERY))
        return page.document(f"{self.name}, live", [f"<main>{self.body()}</main>", script])

    def body(self) -> str:
        """Return what changes: figures, curves, warnings, pictures."""
        log = run_dir.Log(self.name).read()
        run = Run(self.row, self.data, log, heads={})
        parts = [self._head(run)]
        warnings = "".join(f'<p class="warning">{escape(w["text"])}</p>' for w in run.of("warning"))
        if warnings:
            parts.append(page.section("Warnings", warnings))
        if log:
            parts.append(page.section("Training", self._curves(run)))
        if pictures := self._newest():
            parts.append(page.section("Newest pictures", pictures))
        if log:
            parts.append(page.section("Run", page.facts(run.facts())))
        return "\n".join(parts)

    def _head(self, run: Run) -> str:
        shown = []
        if steps := (run.of("start") or [{}])[-1].get("steps"):
            shown.append((f"{run.iterations:,}", f"of {steps:,} iterations"))
        if train := run.of("train"):
            last = train[-1]
            shown.append((text_of(last.get("pixel_loss")), "loss per pixel"))
            shown.append((text_of(last.get("images_per_s")), "images/s"))
            shown.append((text_of(last.get("lr")), "learning rate"))
            if steps and 0 < run.iterations < steps:
                left = run.seconds / run.iterations * (steps - run.iterations)
                shown.append((duration(left), "left, about"))
        ious = [e["heads"].get(self.data.heads[0].score, {}) for e in run.of("score")]
        if ious:
            key, title = ("ods", "ODS") if self.data.edges else ("mean_iu", "mean IU")
            best = max(iou.get(key) or 0.0 for iou in ious)
            shown.append((percent(best), f"best {title}"))
        return page.header(self.name, self._state(run), shown)

    def _state(self, run: Run) -> str:
        path = run_dir.Log(self.name).path
        if not run.log:
            return f"nothing in {path} yet"
        if run.log[-1]["kind"] == "end":
            return "trained to its end"
        changed = path.stat().st_mtime
        if time.time() - changed > SILENT:
            at = datetime.fromtimestamp(changed).strftime("%H:%M")
            return f"no news since {at}: it may have stopped"
        return "training"

    def _curves(self, run: Run) -> str:
        if not plots.available():
            return f"<p>{escape(plots.PLOTLESS)}</p>"
        state = (len(run.log), run.iterations)
        with self._lock:  # matplotlib draws one figure at a time
            if self._drawn[0] != state:
                charts = [page.chart("Loss", plots.losses([run]))]
                if run.of("score") and not self.data.edges:
                    charts.append(page.chart("Mean IU", plots.scores([run])))
                self._drawn = (state, page.side_by_side(charts))
            return self._drawn[1]

    def _newest(self) -> str:
        found = [p for p in self.folder.rglob("*") if self.file(p.relative_to(self.folder))]
        found.sort(key=lambda p: p.stat().st_mtime_ns, reverse=True)
        figures = ""
        for path in found[:SHOWN]:
            name = path.relative_to(self.folder).as_posix()
            source = f"/files/{quote(name)}?{path.stat().st_mtime_ns}"
            caption = f"<figcaption>{escape(name)}</figcaption>"
            figures += f'<figure><img alt="{escape(name)}" src="{source}">{caption}</figure>'
        return f'<div class="newest">{figures}</div>' if figures else ""

    def file(self, name: str | Path) -> Path | None:
        """Return the picture of this name that really lies in the run folder, or None."""
        try:
            path = (self.folder / name).resolve()
            inside = path.is_relative_to(self.folder.resolve()) and path.is_file()
        except (OSError, RuntimeError, ValueError):  # a loop of links; a zero byte
            return None
        return path if inside and path.suffix.lower() in PICTURES else None


def text_of(value: float | None) -> str:
    """Return a number in four digits; a dash for none (a diverged loss)."""
    return "\N{EN DASH}" if value is None else f"{value:.4g}"


def server_of(name: str, port: int) -> ThreadingHTTPServer:
    """Return the server of a run's page, bound and not yet serving; port 0 takes a free one.

    Raises
    ------
    DataError
        The port is taken.
    """
    live = LivePage(name)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802  (http.server's name)
            bound = self.connection.getsockname()[1]
            # Another site's page may point a name of its own at this address.
            if self.headers.get("Host") not in (f"{ADDRESS}:{bound}", f"localhost:{bound}"):
                self.send_error(HTTPStatus.FORBIDDEN)
                return
            path = unquote(urlsplit(self.path).path)
            if path in ("/", "/body"):
                text = live.page() if path == "/" else live.body()
                self.answer(text.encode(), "text/html; charset=utf-8")
            elif path.startswith("/files/") and (file := live.file(path.removeprefix("/files/"))):
                self.answer(file.read_bytes(), PICTURES[file.suffix.lower()])
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def answer(self, content, kind):
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            """Leave the terminal alone."""

    try:
        return ThreadingHTTPServer((ADDRESS, port), Handler)
    except (OSError, OverflowError) as error:  # taken, forbidden; no port at all
        why = getattr(error, "strerror", "expected 0 to 65535")
        raise DataError(f"port {port} of {ADDRESS}: {why}; --port names another") from error


def serve(name: str, port: int) -> None:
    """Serve a run's page until Ctrl-C."""
    with server_of(name, port) as server:
        print(f"http://{ADDRESS}:{server.server_address[1]}/ shows {name}; Ctrl-C ends it")
        server.serve_forever()
