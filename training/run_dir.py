"""The folder of one run, `runs/NAME/`: where everything is, and how it is written.

    train.prototxt val.prototxt deploy.prototxt   the nets that this run uses
    solver.prototxt                               its solver, with paths into this folder
    scalars.jsonl                                 the log, one JSON object per line (see `Log`)
    snapshots/train_iter_N.{caffemodel,solverstate}   the newest only: what --resume continues
    last.caffemodel best.caffemodel               newest weights, and those of the highest mean IU
    score.json                                    scores of the best (score.py's format)

`$FCN_RUNS` puts the folders elsewhere than `runs/` of the project root.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from caffe.proto import caffe_pb2
from data.errors import DataError
from data.files import atomic_path, write_text
from experiments import Dataset, Experiment
from nets import generate

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "FCN_RUNS"


def folder(name: str) -> Path:
    """Return the run folder of the row `name`; it need not exist."""
    return Path(os.environ.get(VARIABLE) or ROOT / "runs").expanduser().resolve() / name


def texts(row: Experiment, data: Dataset) -> dict[str, str]:
    """Return {train, val, deploy, solver: text} as they belong into the run folder.

    The committed prototxts are taken as they are, edits included; those of a user's own experiment
    are generated. The solver's paths are in the run folder, and solve.py does its display and
    snapshots.
    """
    committed = {net: f"nets/{row.name}/{net}.prototxt" for net in generate.PHASES}
    committed["solver"] = f"solvers/{row.name}.prototxt"
    if all((ROOT / path).is_file() for path in committed.values()):
        found = {net: (ROOT / path).read_text() for net, path in committed.items()}
    else:
        generated = generate.files(row, data)
        found = {net: generated[path] for net, path in committed.items()}
    solver, where = caffe_pb2.SolverParameter(), folder(row.name)
    text_format.Parse(found["solver"], solver)
    solver.train_net = str(where / "train.prototxt")
    solver.test_net[:] = [str(where / "val.prototxt")]
    solver.snapshot_prefix = str(where / "snapshots" / "train")
    solver.ClearField("snapshot")
    solver.ClearField("display")
    return found | dict(solver=text_format.MessageToString(solver))


def write_prototxts(row: Experiment, data: Dataset) -> dict[str, Path]:
    """Write the row's nets and solver into its run folder; return {train, ..., solver: path}."""
    where = folder(row.name)
    try:
        (where / "snapshots").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{where}: cannot be made ({error.strerror}); ${VARIABLE} names another folder for runs"
        ) from error
    paths = {net: where / f"{net}.prototxt" for net in (*generate.PHASES, "solver")}
    for net, text in texts(row, data).items():
        write_text(paths[net], text)
    return paths


def net_text(row: Experiment, data: Dataset, net: str) -> str:
    """Return the prototxt that the run's weights were trained with; the table's without a run."""
    path = folder(row.name) / f"{net}.prototxt"
    if (folder(row.name) / "last.caffemodel").is_file() and path.is_file():
        return path.read_text()
    return texts(row, data)[net]


def drawn(row: Experiment, data: Dataset, net: str) -> str:
    """Return the prototxt as the net functions draw it, whatever is committed or was trained."""
    return generate.files(row, data)[f"nets/{row.name}/{net}.prototxt"]


def is_trained(name: str) -> bool:
    """Return whether the run has weights."""
    return any((folder(name) / f"{kind}.caffemodel").is_file() for kind in ("best", "last"))


def best_weights(name: str) -> Path:
    """Return the run's best checkpoint, else its last; DataError where there is none."""
    for kind in ("best", "last"):
        path = folder(name) / f"{kind}.caffemodel"
        if path.is_file():
            return path
    raise DataError(
        f"{folder(name)}: no trained {name} there; `make {name}` or `python solve.py {name} "
        "--chain` trains it"
    )


def newest_state(name: str) -> tuple[int, Path] | None:
    """Return (iteration, solverstate) to resume from, or None."""
    found = {}
    for path in (folder(name) / "snapshots").glob("train_iter_*.solverstate*"):
        if match := re.fullmatch(r"train_iter_(\d+)\.solverstate(\.h5)?", path.name):
            found[int(match[1])] = path
    return max(found.items()) if found else None


def link_checkpoint(name: str, iteration: int, best: bool) -> None:
    """Make the snapshot of `iteration` the last (and best) weights, and remove older ones."""
    where = folder(name)
    models = list((where / "snapshots").glob(f"train_iter_{iteration}.caffemodel*"))
    if not models:
        raise DataError(f"{where}/snapshots: no caffemodel of iteration {iteration}")
    for kind in ("last", "best") if best else ("last",):
        with atomic_path(where / f"{kind}.caffemodel") as temporary:
            try:
                os.link(models[0], temporary)  # costs no space
            except OSError:  # a file system without hard links
                shutil.copyfile(models[0], temporary)
    for old in (where / "snapshots").glob("train_iter_*"):
        if not old.name.startswith(f"train_iter_{iteration}."):
            old.unlink()


def clear(name: str) -> None:
    """Remove what an earlier run left, so that a new one is not taken for its continuation."""
    for pattern in ("scalars.jsonl", "score.json", "*.caffemodel", "snapshots/*"):
        for path in folder(name).glob(pattern):
            path.unlink()


class Log:
    """`scalars.jsonl`: one JSON object per line; `kind` says which.

    start    experiment, init, iter, steps, date, command, machine
    train    iter, loss (of the last pass, as the net sums it), pixel_loss (per labelled pixel), lr,
             images_per_s, time (seconds of this run so far, resumed parts included)
    score    iter, time, heads: {score top: pixel_accuracy, mean_accuracy, mean_iu, fw_iu, loss,
             iu: [per class, null where a class does not occur], left_out: [names]}, best (bool)
    warning  iter, text
    end      iter, time, best_iter, best_mean_iu

    NaN and infinity (a diverged loss) are written as null.
    """

    def __init__(self, name: str, writes: bool = True):
        self.path, self.writes = folder(name) / "scalars.jsonl", writes

    def write(self, kind: str, **values: Any) -> None:
        """Append one line, where this log writes."""
        if not self.writes:
            return
        line = json.dumps({"kind": kind, **values}, default=float)
        if "NaN" in line or "Infinity" in line:
            line = json.dumps({"kind": kind, **{k: finite(v) for k, v in values.items()}})
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(line + "\n")

    def read(self) -> list[dict]:
        """Return all lines as dicts; a last line cut short by a kill is skipped."""
        if not self.path.is_file():
            return []
        entries = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
        return entries

    def rewind(self, iteration: int) -> list[dict]:
        """Remove what is after `iteration`, which a resumed run does again; return the rest."""
        entries = [e for e in self.read() if e.get("iter", 0) <= iteration and e["kind"] != "end"]
        if self.writes:
            write_text(self.path, "".join(json.dumps(e) + "\n" for e in entries))
        return entries


def finite(value: Any) -> Any:
    """Return `value` with infinities and NaNs made None, JSON having no such numbers."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    return value


def latest(entries: Iterable[dict], key: str) -> float:
    """Return the largest value that a log's lines have of `key` ("iter", "time"), else 0."""
    return max((entry.get(key, 0) for entry in entries), default=0)


def finished(name: str) -> bool:
    """Return whether the run reached its last iteration."""
    entries = Log(name).read()
    return bool(entries) and entries[-1]["kind"] == "end"
