"""One experiment's training, from where its run folder is to its last iteration."""

import shlex
import sys
import time
from datetime import datetime
from types import FrameType
from typing import Any

import caffe
import experiments
from data.errors import DataError
from data.files import write_json
from data.metrics import NAMES
from data.text import duration, percent
from experiments import Experiment
from nets.load import optimize
from training import checks, edges, initial_weights, machine, ranks, run_dir
from training.progress import Meter
from training.scoring import score_net

DISPLAY = 20  # iterations from one log entry to the next


class Stopped(Exception):
    """Raised between iterations after SIGINT or SIGTERM, when the solver's state is consistent."""


class Run:
    """One experiment's training.

    Parameters
    ----------
    steps
        Iterations to train to (default: the row's).
    display
        Iterations from one log entry to the next.
    sync_bn
        Whether batch normalisation takes its moments over the batches of all ranks (default: the
        row's).
    optimized
        Whether rows that wide padding makes equal are computed once.
    """

    def __init__(
        self,
        row: Experiment,
        steps: int | None = None,
        display: int = DISPLAY,
        sync_bn: bool | None = None,
        optimized: bool = False,
    ):
        self.row, self.data = row, experiments.data_of(row)
        self.steps = steps or row.iterations
        self.display = display
        self.sync_bn = row.sync_bn if sync_bn is None else sync_bn
        self.log = run_dir.Log(row.name, writes=ranks.rank() == 0)
        paths = run_dir.write_prototxts(row, self.data)
        self.solver = caffe.get_solver(str(paths["solver"]))
        if optimized:
            optimize(self.solver.net, [b for h in self.data.heads for b in (h.score, h.label)])
        self.best: tuple[int | None, float] = (None, -1.0)  # iteration, mean IU
        self.scored = -1
        self.stop = False
        self.first = True  # no iteration has been taken since the start or resume
        self.meter = Meter(self.solver, self.data.heads, row)
        self.monitor = checks.LossMonitor(self.data.heads)
        self.ranks = ranks.Ranks(self.solver)
        self.solver.add_callback(self.raise_if_stopped, lambda: None)

    def raise_if_stopped(self) -> None:
        """End training between two iterations, all ranks at the same; called before each."""
        if self.ranks.any(self.stop):
            raise Stopped

    def on_signal(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Stop after this iteration, with a snapshot; at the second signal at once, without."""
        if self.stop:
            raise KeyboardInterrupt
        self.stop = True
        print(
            "stopping after this iteration, with a snapshot (again: at once, without)", flush=True
        )

    # -- start and resume

    def begin(self, init: str = "", check: bool = True) -> None:
        """Load the initial weights and check them; errors end the run before it starts."""
        untouched = initial_weights.load(self.solver.net, self.row, init)
        findings = list(checks.before_training(self.solver, self.row, self.data, untouched))
        for level, message in findings:
            print(f"{level}: {message}")
        errors = [message for level, message in findings if level == "error"]
        if errors and check:
            raise DataError(f"{self.row.name} cannot start training: {'; '.join(errors)}")
        if ranks.rank() == 0:
            run_dir.clear(self.row.name)
        self.log_start(init or self.row.describe_init())

    def resume(self) -> bool:
        """Restore the newest snapshot; False where there is none."""
        newest = run_dir.newest_state(self.row.name)
        if newest is None:
            return False
        iteration, state = newest
        self.solver.restore(str(state))
        print(f"resuming {self.row.name} at iteration {iteration} of {self.steps}")
        entries = self.log.rewind(iteration)
        self.meter.elapsed_before = run_dir.latest(entries, "time")
        self.meter.restart()
        for entry in entries:
            if entry["kind"] == "score":
                self.scored = entry["iter"]
                better = self.update_best(entry["iter"], self.mean_iu(entry["heads"]))
                # A kill may have come before the weights' links.
                if entry["iter"] == iteration and ranks.rank() == 0:
                    run_dir.link_checkpoint(self.row.name, iteration, better)
        self.log_start(f"resumed from {state.name}")
        return True

    def log_start(self, init: str) -> None:
        """Log what the run starts from, and where."""
        self.log.write(
            "start",
            iter=self.solver.iter,
            experiment=self.row.name,
            init=init,
            steps=self.steps,
            date=datetime.now().isoformat(timespec="seconds"),
            command=shlex.join(sys.argv),
            machine=f"{machine.describe()}, caffe {caffe.__version__}",
        )

    # -- the loop

    def train(self) -> bool:
        """Step to the end, logging, validating and snapshotting; False where it was stopped."""
        self.ranks.join(self.sync_bn)
        try:
            while self.solver.iter < self.steps:
                self.solver.step(self.until_next())
                at = self.solver.iter
                if self.first:
                    self.print_eta()
                if at % self.display == 0 or at >= self.steps:
                    self.log_progress()
                if at % self.row.score_every == 0 or at >= self.steps:
                    self.validate()
        except Stopped:
            self.snapshot()
            print(f"stopped at iteration {self.solver.iter}; --resume continues from there")
            return False
        if self.scored != self.solver.iter:
            self.validate()
        self.log_end()
        return True

    def until_next(self) -> int:
        """Return the iterations to the next display, scoring or end; the first goes alone."""
        if self.first:
            return 1
        at = self.solver.iter
        nexts = [every - at % every for every in (self.display, self.row.score_every)]
        return min(*nexts, self.steps - at)

    def print_eta(self) -> None:
        """After the first iteration, print how many follow and how long they may take."""
        self.first = False
        left = self.steps - self.solver.iter
        more = "1 more iteration" if left == 1 else f"{left} more iterations"
        print(
            f"training {self.row.name}: {more} of {self.row.iter_size} x "
            f"{self.meter.batch()} pictures, about {self.meter.eta(left)} and a scoring every "
            f"{self.row.score_every}",
            flush=True,
        )

    def log_progress(self) -> None:
        """Write one line to the log and the terminal, and warn where nothing is learnt."""
        at, r = self.solver.iter, self.meter.read()
        rate = getattr(self.solver, "lr", self.row.base_lr)  # BVLC's release 1.0 has no `lr`
        self.log.write("train", iter=at, lr=float(f"{rate:.6g}"), **r)
        left = self.meter.eta(self.steps - at)
        print(
            f"{self.row.name}  {at}/{self.steps}  loss {r['loss']:.5g}  "
            f"per pixel {r['pixel_loss']:.4f}  {r['images_per_s']:.3g} images/s  {left} left",
            flush=True,
        )
        for text in self.monitor.check(self.solver.net, r["pixel_loss"]):
            print(f"warning: {text}")
            self.log.write("warning", iter=at, text=text)

    def validate(self) -> None:
        """Score the validation split, then snapshot, so that the best is known by then."""
        at, began = self.solver.iter, time.perf_counter()
        test = self.solver.test_nets[0]
        test.share_with(self.solver.net)
        if self.data.edges:  # a few pictures, by every rank
            heads = edges.score_quickly(test, self.data)
        else:
            if ranks.several():
                test.layers[0].share_out(ranks.rank(), caffe.solver_count())
            heads = score_net(test, self.data, total=self.ranks.total)
        best = self.update_best(at, self.mean_iu(heads))
        self.scored = at
        for name, result in heads.items():
            names = edges.NAMES if self.data.edges else NAMES
            values = "  ".join(f"{text} {percent(result[key])}" for key, text in names.items())
            print(f"{self.row.name}  {at}  {name}: {values}", flush=True)
        if best and ranks.rank() == 0:
            whole = dict(experiment=self.row.name, iter=at, heads=heads)
            write_json(run_dir.folder(self.row.name) / "score.json", whole)
        brief = {name: without_confusion(result) for name, result in heads.items()}
        self.log.write("score", iter=at, time=self.meter.elapsed(), heads=brief, best=best)
        self.snapshot(best)
        self.meter.on_scored(time.perf_counter() - began)

    def mean_iu(self, heads: dict[str, Any]) -> float:
        """Return the first head's mean IU (of edges ODS), by which the best weights are chosen."""
        return heads[self.data.heads[0].score]["ods" if self.data.edges else "mean_iu"] or 0.0

    def update_best(self, iteration: int, mean_iu: float) -> bool:
        """Note the score of an iteration; return whether it is the best."""
        better = mean_iu > self.best[1]
        if better:
            self.best = (iteration, mean_iu)
        return better

    def snapshot(self, best: bool = False) -> None:
        """Snapshot, in the place of the snapshot before."""
        if ranks.rank():
            return
        self.solver.snapshot()
        run_dir.link_checkpoint(self.row.name, self.solver.iter, best)

    def log_end(self) -> None:
        """Log the end and the best score."""
        at, mean_iu = self.best
        elapsed = self.meter.elapsed()
        self.log.write(
            "end", iter=self.solver.iter, time=elapsed, best_iter=at, best_mean_iu=mean_iu
        )
        print(
            f"{self.row.name}: {self.solver.iter} iterations in {duration(elapsed)}, "
            f"best {'ODS' if self.data.edges else 'mean IU'} {percent(mean_iu)} at {at}; "
            f"{run_dir.folder(self.row.name)}"
        )


def without_confusion(result: dict[str, Any]) -> dict[str, Any]:
    """Return a scored head for the log: its means and each class's IU."""
    if "classes" not in result:  # of edges
        return result
    keys = (*NAMES, "loss", "left_out")
    return {k: result[k] for k in keys} | dict(iu=[c["iu"] for c in result["classes"]])
