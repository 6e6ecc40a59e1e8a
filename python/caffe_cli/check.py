"""caffe check: which nets and solvers of a folder this caffe can build, and what stops the rest."""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from .common import log_line
from .options import CommandError
from .probe import Limits, Outcome, Prober

_NAMES = re.compile(r"\.(prototxt|pt|prototext|pbtxt)$|\.prototxt\.", re.IGNORECASE)
_COMMENT = re.compile(r"#[^\n]*")
_LAYER = re.compile(r"(?:^|[\s};])layers?\s*:?\s*[{<]")
_SOLVER = re.compile(r"(?:^|\s)(?:base_lr|lr_policy|max_iter|snapshot_prefix|train_net)\s*:")
_PHASE = re.compile(r"\bphase\s*:\s*(TRAIN|TEST)\b")
_LARGEST = 8 << 20  # bytes; a prototxt is some kB
_TYPE = re.compile(r"unknown layer type:? '?(\w+)|Unknown layer type: (\w+)")
_FIELD = re.compile(
    r"has no (?:field named|field|value) [\"']?(\w+)|'s '(\w+)' is not BVLC Caffe's"
)
_MODULE = re.compile(r"cannot import module '([\w.]+)'")
_REFUSED = re.compile(r"layer '[^']*' \((\w+)\): ")
_FORK = re.compile(r"read as ([\w.-]+)'s|known from ([^;)]+)")


@dataclass
class Entry:
    """One distinct file: its text was met at each of `paths`."""

    kind: str  # "net", "solver" or "unreadable"
    paths: list[str]
    phases: list[str] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # by phase; "" for a solver

    @property
    def result(self) -> str:
        """The best of the phases: "builds", "builds, data replaced" or "stops"."""
        results = {outcome.result for outcome in self.outcomes.values()}
        order = ("builds", "builds, data replaced", "reads")
        return next((name for name in order if name in results), "stops")

    @property
    def message(self) -> str:
        """What stopped it, in the first phase that was stopped."""
        return next((o.message for o in self.outcomes.values() if o.message), "")

    @property
    def dialect(self) -> str:
        """The fork of Caffe that the log or message names, or ""."""
        text = " ".join(f"{o.log} {o.message}" for o in self.outcomes.values())
        found = _FORK.search(text)
        return (found[1] or found[2]) if found else ""

    @property
    def warning(self) -> str:
        """The first warning of a net that nothing stops, but for the fork that it is read as."""
        if self.message:
            return ""
        lines = [line for o in self.outcomes.values() for line in o.log.splitlines()]
        return next((line for line in lines if not _FORK.search(line)), "")

    @property
    def obstacle(self) -> str:
        """The layer type, field or enum value that stopped it, or the kind of error."""
        for pattern in (_TYPE, _FIELD):
            if found := pattern.search(self.message):
                return next(group for group in found.groups() if group)
        if "placeholder" in self.message:
            return "a template's placeholder"
        if found := _MODULE.search(self.message):
            kind = "Python 2" if "is Python 2:" in self.message else "Python"
            return f"{kind} module {found[1]}"
        if found := _REFUSED.search(self.message):
            return f"what a {found[1]} is given"
        return "other"


def check(options):
    """Build every net below FOLDER in a process of its own; print a table or JSON.

    Each distinct net is built in TRAIN and in TEST, or in the phases that its rules name, first
    with its own folder as the working directory, then with FOLDER. Where that fails and
    -replace_data is on, it is tried once more with its data layers replaced by placeholders.
    Solvers are read, their nets not built. As when any net is built, the modules of its Python
    layers run; nothing below FOLDER is written to.
    """
    if not os.path.isdir(options.folder):
        raise CommandError(f"{options.folder!r} is not a folder")
    if options.jobs < 1 or options.timeout <= 0 or options.memory <= 0:
        raise CommandError("-jobs, -timeout and -memory must be positive")
    entries = find(options.folder)
    limits = Limits(options.timeout, options.memory, options.replace_data, options.dialect)
    build_all(options.folder, entries, limits, options.jobs)
    if options.json:
        print(json.dumps([*map(_as_json, entries)], indent=1))
        return 0
    for line in table(entries):
        print(line)
    if not entries:
        log_line(f"no prototxt lies below {options.folder}", 1)
    return 0


def build_all(folder: str, entries: list[Entry], limits: Limits, jobs: int) -> None:
    """Build the nets and read the solvers among `entries`, `jobs` at a time, into `outcomes`."""
    prober = Prober(folder, limits)
    tasks = [(entry, phase) for entry in entries for phase in entry.phases]

    def build(task):
        entry, phase = task
        path = os.path.join(folder, entry.paths[0])
        return prober.read_solver(path) if entry.kind == "solver" else prober.build(path, phase)

    with ThreadPoolExecutor(jobs) as pool:
        for (entry, phase), outcome in zip(tasks, pool.map(build, tasks), strict=True):
            entry.outcomes[phase] = outcome


def find(folder: str) -> list[Entry]:
    """Return the distinct nets, solvers and unreadable files below `folder`, by first path.

    A prototxt that is neither net nor solver (a label map, another program's) is left out.
    """
    entries: dict[tuple[str, str], Entry] = {}
    for path in _prototxts(folder):
        kind, key, text = _read(os.path.join(folder, path))
        if kind == "other":
            continue
        entry = entries.setdefault((kind, key), Entry(kind, []))
        entry.paths.append(path)
        if kind == "unreadable":
            entry.outcomes[""] = Outcome("stops", text)
        elif kind == "solver":
            entry.phases = [""]
        else:
            entry.phases = sorted(set(_PHASE.findall(text)), reverse=True) or ["TRAIN", "TEST"]
    return list(entries.values())


def _prototxts(folder) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(where, name)
            if _NAMES.search(name) and not name.startswith(".") and os.path.isfile(path):
                yield os.path.relpath(path, folder)


def _read(path):
    """Return `(kind, key, text)`: the key is equal for files of equal bytes."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as problem:
        return "unreadable", path, f"cannot be read: {problem.strerror}"
    key = hashlib.sha256(raw).hexdigest()
    if b"\0" in raw[:4096] or len(raw) > _LARGEST:
        return "other", key, ""
    text = _COMMENT.sub("", raw.decode("utf-8", "replace"))
    if _SOLVER.search(text):  # first: a solver may hold its net
        return "solver", key, text
    return ("net" if _LAYER.search(text) else "other"), key, text


def table(entries: list[Entry]) -> list[str]:
    """Return the lines of the table, and below it how many build and what stops most."""
    rows = [("file", "result", "dialect", "stopped by, or warned of")]
    for entry in entries:
        copies = f" (x{len(entry.paths)})" if len(entry.paths) > 1 else ""
        passed = [p for p, o in entry.outcomes.items() if p and o.result != "stops"]
        only = f" ({passed[0]})" if len(entry.outcomes) > len(passed) > 0 else ""
        text = next(iter((entry.message or entry.warning).splitlines()), "")
        rows.append((entry.paths[0] + copies, entry.result + only, entry.dialect, text[:200]))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    return [*lines, "", *summary(entries)]


def summary(entries: list[Entry]) -> list[str]:
    """Return the lines that count: nets, solvers, unreadable files, and the obstacles."""
    lines = []
    for kind, results in (
        ("net", ("builds", "builds, data replaced", "stops")),
        ("solver", ("reads", "stops")),
        ("unreadable", ("stops",)),
    ):
        chosen = [entry for entry in entries if entry.kind == kind]
        if chosen:
            files = sum(len(entry.paths) for entry in chosen)
            counts = Counter(entry.result for entry in chosen)
            parts = ", ".join(f"{counts[name]} {name}" for name in results)
            lines.append(f"{len(chosen)} distinct {kind} files ({files} files): {parts}")
    stopped = Counter(e.obstacle for e in entries if e.kind == "net" and e.result == "stops")
    if stopped:
        lines.append("stopped by: " + ", ".join(f"{n} {c}" for n, c in stopped.most_common(12)))
    return lines


def _as_json(entry):
    return {
        "kind": entry.kind,
        "paths": entry.paths,
        "result": entry.result,
        "dialect": entry.dialect,
        "obstacle": entry.obstacle if entry.result == "stops" else "",
        "phases": {phase: asdict(outcome) for phase, outcome in entry.outcomes.items()},
    }
