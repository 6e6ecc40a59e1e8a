"""What a report says, read from the run folders: the chain of nets, their logs and scores."""

import shlex
from dataclasses import dataclass

import experiments
import runfolder
import score
from data.files import DataError, read_json
from meter import duration

METRICS = {
    "pixel_accuracy": "pixel acc.",
    "mean_accuracy": "mean acc.",
    "mean_iu": "mean IU",
    "fw_iu": "f.w. IU",
}


@dataclass
class Run:
    """One trained net: its table row, its data set, its log, and the scores of score.json."""

    row: experiments.Experiment
    data: experiments.DataSet
    log: list
    heads: dict  # score top: score.metrics

    @property
    def name(self):
        return self.row.name

    @property
    def label(self):
        """Short enough for a table's head: voc-fcn8s-atonce is `8s at once`."""
        tail = self.name.partition("-fcn")[2].strip("-") or self.name
        return tail.replace("-atonce", " at once")

    @property
    def segments(self):
        """Whether it labels pixels; a classifier of whole pictures does not."""
        return "Class" not in self.data.layer

    def of(self, kind):
        return [entry for entry in self.log if entry["kind"] == kind]

    @property
    def iterations(self):
        return max((entry.get("iter", 0) for entry in self.log), default=0)

    @property
    def seconds(self):
        """Of training and scoring, as the log has it, resumed parts included."""
        return max((entry.get("time", 0.0) for entry in self.log), default=0.0)

    def facts(self):
        """{what: text} for the page's table of runs."""
        start = (self.of("start") or [{}])[-1]
        return {
            "from": experiments.origin(self.row),
            "iterations": f"{self.iterations:,}",
            "time": duration(self.seconds),
            "began": self.log[0].get("date", "").replace("T", " ") if self.log else "",
            "on": start.get("machine", ""),
            "command": shlex.join(["python", *shlex.split(start.get("command", ""))]),
        }


def ancestry(name):
    """The run names from the first ancestor down to `name`; all of its sources, each once."""
    names = []
    for source in experiments.predecessors(experiments.find(name)):
        names += [n for n in ancestry(source) if n not in names]
    return [*names, name]


def chain(names):
    """The Runs of `names` and of what they started from, as far as they are there, oldest first."""
    wanted = list(dict.fromkeys(n for name in names for n in ancestry(name)))
    return [read(name) for name in wanted if name in names or trained(name)]


def compared(runs):
    """Those of a chain that answer alike: with the last one's heads, segmenting nets if any do."""
    nets = [run for run in runs if run.segments] or runs
    return [run for run in nets if run.data.heads == nets[-1].data.heads]


def trained(name):
    return any(
        (runfolder.folder(name) / f"{kind}.caffemodel").is_file() for kind in ("best", "last")
    )


def read(name):
    """The Run of a trained experiment; DataError says which file is missing or not understood."""
    row = experiments.find(name)
    data = experiments.data_of(row)
    runfolder.weights_of(name)  # says what to do where nothing has been trained
    path = runfolder.folder(name) / "score.json"
    if not path.is_file():
        raise DataError(f"{path}: no scores there; `python score.py {name}` makes them")
    heads = read_json(path).get("heads", {})
    for head in data.heads:
        if head.score not in heads:
            raise DataError(f"{path}: no scores of {head.score!r}, there are {sorted(heads)}")
    return Run(row, data, runfolder.Log(name).read(), heads)


def classes(data):
    """Class names of the first head, whose pictures and bars are shown."""
    return score.class_names(data.heads[0])
