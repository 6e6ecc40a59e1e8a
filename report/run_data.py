"""What a report shows, read from the run folders: the chain of nets, their logs and scores."""

import shlex
from dataclasses import dataclass
from typing import Any

import experiments
from data.errors import DataError
from data.files import read_json
from data.text import duration
from experiments import Dataset, Experiment
from training import run_dir
from training.scoring import class_names


@dataclass
class Run:
    """One trained net: its table row, its data set, its log, and the scores of score.json."""

    row: Experiment
    data: Dataset
    log: list[dict[str, Any]]
    heads: dict[str, Any]  # score blob: data.metrics.metrics

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.row.name

    @property
    def label(self) -> str:
        """The name, short enough for a table's head: voc-fcn8s-atonce is `8s at once`."""
        tail = self.name.partition("-fcn")[2].strip("-") or self.name
        return tail.replace("-atonce", " at once")

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the log's lines of one kind."""
        return [entry for entry in self.log if entry["kind"] == kind]

    @property
    def iterations(self) -> int:
        """The last iteration in the log."""
        return int(run_dir.latest(self.log, "iter"))

    @property
    def seconds(self) -> float:
        """The seconds of training and scoring, as the log has it, resumed parts included."""
        return run_dir.latest(self.log, "time")

    def facts(self) -> dict[str, str]:
        """Return {what: text} for the page's table of runs."""
        start = (self.of("start") or [{}])[-1]
        return {
            "from": self.row.describe_init(),
            "iterations": f"{self.iterations:,}",
            "time": duration(self.seconds),
            "began": self.log[0].get("date", "").replace("T", " ") if self.log else "",
            "on": start.get("machine", ""),
            "command": typed(start.get("command", "")),
        }


def typed(command: str) -> str:
    """Return a run's logged command as it was typed: `python solve.py ...`, or `fcn solve ...`."""
    program, *words = shlex.split(command) or [""]
    if not program.startswith("fcn "):
        program = shlex.join(["python", program])
    return " ".join([program, shlex.join(words)])


def ancestry(name: str) -> list[str]:
    """Return the names of all rows that `name` starts from, first ancestor first, and `name`."""
    names: list[str] = []
    for source in experiments.parents(experiments.find(name)):
        names += [n for n in ancestry(source) if n not in names]
    return [*names, name]


def chain(names: list[str] | tuple[str, ...]) -> list[Run]:
    """Return the trained Runs of `names` and of what they started from, oldest first."""
    wanted = list(dict.fromkeys(n for name in names for n in ancestry(name)))
    return [read(name) for name in wanted if name in names or run_dir.is_trained(name)]


def compared(runs: list[Run]) -> list[Run]:
    """Return those of a chain with the last one's heads: segmenting nets if any do."""
    nets = [run for run in runs if run.data.segments] or runs
    return [run for run in nets if run.data.heads == nets[-1].data.heads]


def read(name: str) -> Run:
    """Return the Run of a trained experiment; DataError names a file that is missing or wrong."""
    row = experiments.find(name)
    data = experiments.data_of(row)
    if data.edges:
        raise DataError(f"{name} finds edges, which have no report; see score.py")
    run_dir.best_weights(name)  # its error says how to train where nothing is
    path = run_dir.folder(name) / "score.json"
    if not path.is_file():
        raise DataError(f"{path}: no scores there; `python score.py {name}` makes them")
    heads = read_json(path).get("heads", {})
    for head in data.heads:
        if head.score not in heads:
            raise DataError(f"{path}: no scores of {head.score!r}, there are {sorted(heads)}")
    return Run(row, data, run_dir.Log(name).read(), heads)


def classes(data: Dataset) -> list[str]:
    """Return the class names of the first head, whose pictures and bars are shown."""
    return class_names(data.heads[0])
