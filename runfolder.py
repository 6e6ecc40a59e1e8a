"""The folder of one run, `runs/NAME/`: where everything is, and how it is written.

    train.prototxt val.prototxt deploy.prototxt   the nets that this run uses
    solver.prototxt                               its solver, with paths into this folder
    scalars.jsonl                                 the log, one JSON object per line (see `Log`)
    snapshots/train_iter_N.{caffemodel,solverstate}   the newest only: what --resume goes on from
    last.caffemodel best.caffemodel               newest weights, and those of the highest mean IU
    score.json                                    scores of the best (score.py's format)

`$FCN_RUNS` puts the folders elsewhere than `runs/` of the project root.
"""

import json
import os
import re
import shutil
from pathlib import Path

from data.files import DataError, write_text

ROOT = Path(__file__).resolve().parent
VARIABLE = "FCN_RUNS"
NETS = ("train", "val", "deploy")


def folder(name):
    return Path(os.environ.get(VARIABLE) or ROOT / "runs").expanduser().resolve() / name


def prototxts(row, data):
    """Put the row's nets and solver into its run folder; {train, val, deploy, solver: path}.

    The committed prototxts are copied as they stand, edits included; those of a user's own
    experiment are generated.
    """
    where = folder(row.name)
    paths = {net: where / f"{net}.prototxt" for net in (*NETS, "solver")}
    texts = {}
    for net in NETS:
        texts[net] = source(row, data, f"nets/{row.name}/{net}.prototxt")
    texts["solver"] = solver_text(source(row, data, f"solvers/{row.name}.prototxt"), paths, where)
    (where / "snapshots").mkdir(parents=True, exist_ok=True)
    for net, path in paths.items():
        if not path.exists() or path.read_text() != texts[net]:
            write_text(path, texts[net])
    return paths


def trained_with(row, data):
    """The prototxts that the run's weights were trained with; the table's where there is no run."""
    where = folder(row.name)
    if (where / "last.caffemodel").is_file():
        return {net: where / f"{net}.prototxt" for net in (*NETS, "solver")}
    return prototxts(row, data)


def source(row, data, relative):
    """The committed file's text, or what would be committed for an own row."""
    if (ROOT / relative).is_file():
        return (ROOT / relative).read_text()
    from nets import build

    return build.files(row, data)[relative]


def solver_text(text, paths, where):
    """The solver with its paths in the run folder; solve.py does the display and the snapshots."""
    from google.protobuf import text_format

    from caffe.proto import caffe_pb2

    solver = text_format.Parse(text, caffe_pb2.SolverParameter())
    solver.train_net = str(paths["train"])
    solver.test_net[:] = [str(paths["val"])]
    solver.snapshot_prefix = str(where / "snapshots" / "train")
    solver.ClearField("snapshot")
    solver.ClearField("display")
    return text_format.MessageToString(solver)


def weights_of(name):
    """The caffemodel that stands for a trained experiment: its best, else its last."""
    for kind in ("best", "last"):
        path = folder(name) / f"{kind}.caffemodel"
        if path.is_file():
            return path
    raise DataError(
        f"{folder(name)}: no trained {name} there; `make {name}` trains it, --weights names others"
    )


def newest_state(name):
    """(iteration, solverstate) to resume from, or None."""
    found = {}
    for path in (folder(name) / "snapshots").glob("train_iter_*.solverstate*"):
        if match := re.fullmatch(r"train_iter_(\d+)\.solverstate(\.h5)?", path.name):
            found[int(match[1])] = path
    return max(found.items()) if found else None


def keep(name, iteration, best):
    """After a snapshot: make it the last (and the best) weights, and remove the older ones."""
    where = folder(name)
    models = list((where / "snapshots").glob(f"train_iter_{iteration}.caffemodel*"))
    if not models:
        raise DataError(f"{where}/snapshots: no caffemodel of iteration {iteration}")
    for kind in ("last", "best") if best else ("last",):
        replace(models[0], where / f"{kind}.caffemodel")
    for old in (where / "snapshots").glob("train_iter_*"):
        if not old.name.startswith(f"train_iter_{iteration}."):
            old.unlink()


def clear(name):
    """Remove what an earlier run left, so that a new one is not taken for its continuation."""
    where = folder(name)
    leftovers = [where / f for f in ("scalars.jsonl", "score.json", "*.caffemodel", "snapshots/*")]
    for pattern in leftovers:
        for path in pattern.parent.glob(pattern.name):
            path.unlink()


def replace(source, target):
    """Make `target` the same file as `source`, at once; a link costs no space."""
    half = target.with_name(f".{target.name}.{os.getpid()}")
    half.unlink(missing_ok=True)
    try:
        os.link(source, half)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, half)
    os.replace(half, target)


class Log:
    """`scalars.jsonl`: one JSON object per line, told apart by `kind`.

    start    experiment, init, iter, steps, date, command, machine
    train    iter, loss (as the net sums it), pixel_loss (mean over labelled pixels), lr,
             images_per_s, time (seconds of this run so far, resumed parts included)
    score    iter, time, heads: {score top: pixel_accuracy, mean_accuracy, mean_iu, fw_iu, loss,
             iu: [per class, null where a class does not occur], left_out: [names]}, best (bool)
    warning  iter, text
    end      iter, time, best_iter, best_mean_iu

    Numbers that are no numbers (a diverged loss) are written as null.
    """

    def __init__(self, name):
        self.path = folder(name) / "scalars.jsonl"

    def write(self, kind, **values):
        line = json.dumps({"kind": kind, **values}, default=float)
        if "NaN" in line or "Infinity" in line:
            line = json.dumps({"kind": kind, **{k: finite(v) for k, v in values.items()}})
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(line + "\n")

    def read(self):
        """All lines as dicts; a last line cut short by a kill is passed over."""
        if not self.path.is_file():
            return []
        entries = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
        return entries

    def rewind(self, iteration):
        """Forget what lies after `iteration`: a resumed run goes through it again."""
        kept = [e for e in self.read() if e.get("iter", 0) <= iteration and e["kind"] != "end"]
        write_text(self.path, "".join(json.dumps(e) + "\n" for e in kept))
        return kept


def finite(value):
    """`value` with infinities and NaNs made None, JSON having no such numbers."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    return value


def finished(name):
    """True where the run went to its end."""
    entries = Log(name).read()
    return bool(entries) and entries[-1]["kind"] == "end"
