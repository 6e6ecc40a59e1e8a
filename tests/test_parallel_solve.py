"""solve.py in two ranks, as under torchrun."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training.evaluation import score_experiment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="ranks here are forks")

ROOT = Path(__file__).resolve().parent.parent
# What solve.py does under torchrun, for a tiny row; rank 1 is a fork of rank 0.
SOLVE = """
import os, socket, sys
import pytest
from tiny_runs import SETTINGS, TINY
import experiments
from training import initial_weights, ranks
from training.run import Run

for row in experiments.staged("tiny", "shapes", (0.01,) * 3, options=TINY, init=(), **SETTINGS):
    experiments.EXPERIMENTS[row.name] = row
initial_weights.is_prepared = lambda name: True
with socket.create_server(("localhost", 0)) as free:
    port = free.getsockname()[1]
child = os.fork()
rank = "0" if child else "1"
os.environ.update(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE="2")
os.environ.update(MASTER_ADDR="localhost", MASTER_PORT=str(port))
ranks.take_place()
run = Run(experiments.find("tiny-fcn32s"), steps=4, display=2)
run.begin()
seen = []
run.solver.add_callback(lambda: seen.append(run.solver.iter), lambda: None)
if rank == "1":
    run.solver.add_callback(lambda: run.on_signal() if run.solver.iter == 2 else None, lambda: None)
done = run.train()
assert not done and seen == [0, 1, 2] and run.solver.iter == 3, (done, seen)
run.ranks.any(False)  # wait for the snapshot
run = Run(experiments.find("tiny-fcn32s"), steps=4, display=2)
assert run.resume() and run.train() and run.solver.iter == 4
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else 0)
"""


def test_solve_trains_and_scores_in_ranks_and_all_stop_together(table):
    environment = {**os.environ, "GLOG_minloglevel": "2"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), *sys.path]))
    command = [sys.executable, "-W", "ignore", "-c", SOLVE]
    done = subprocess.run(
        command, timeout=250, env=environment, cwd=table, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("stopped at iteration 3") == 1  # rank 0 alone prints
    where = table / "runs" / "tiny-fcn32s"
    assert (where / "snapshots" / "train_iter_4.solverstate").is_file()
    entries = [json.loads(line) for line in (where / "scalars.jsonl").read_text().splitlines()]
    assert [e["kind"] for e in entries] == ["start", "train", "start", "train", "score", "end"]
    (found,) = entries[4]["heads"].values()
    (wanted,) = score_experiment("tiny-fcn32s")["heads"].values()
    assert found["mean_iu"] == wanted["mean_iu"]
    assert found["loss"] == pytest.approx(wanted["loss"], rel=1e-5)
