"""Train one experiment of the table, as the FCN papers do.

    python solve.py voc-fcn32s                train (on a GPU where there is one)
    python solve.py voc-fcn32s --resume       go on where it stopped
    python solve.py voc-fcn8s --chain         first whatever it starts from: data, weights, rows
    python solve.py voc-fcn8s --init published    from the authors' FCN-16s

Loads the initial weights, does the surgery, checks what usually goes wrong, and then steps the
solver; every `score_every` iterations it snapshots, scores the validation split and keeps the
best weights. Ctrl-C (or SIGTERM) snapshots before it stops. Everything lands in `runs/NAME/`,
laid out in `runfolder.py`; the log's format stands at `runfolder.Log`.
"""

import argparse
import shlex
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers")]

import caffe  # noqa: E402
import experiments  # noqa: E402
import initialise  # noqa: E402
import preflight  # noqa: E402
import runfolder  # noqa: E402
import score  # noqa: E402
from data.files import DataError, write_json  # noqa: E402
from device import machine, use_device  # noqa: E402
from meter import Meter, duration  # noqa: E402

DISPLAY = 20  # iterations from one log entry to the next


class Stopped(Exception):
    """Ctrl-C, heeded between two iterations, where a snapshot is whole."""


class Run:
    """One experiment's training, from where its run folder stands to `steps` iterations."""

    def __init__(self, row, steps=None, display=DISPLAY):
        self.row, self.data = row, experiments.data_of(row)
        self.steps = steps or row.steps or row.max_iter
        self.display = display
        self.log = runfolder.Log(row.name)
        self.solver = caffe.get_solver(str(runfolder.prototxts(row, self.data)["solver"]))
        self.best = (None, -1.0)  # iteration, mean IU
        self.scored = -1
        self.stop = False
        self.first = True  # no iteration of this go has been taken yet
        self.meter = Meter(self.solver, self.data.heads, row)
        self.watch = preflight.Watch(self.data.heads)
        self.solver.add_callback(self.heed, lambda: None)

    def heed(self):
        """Before each iteration: leave where Ctrl-C asked for it."""
        if self.stop:
            raise Stopped

    # -- where it starts

    def begin(self, init="", check=True):
        """Load the initial weights and check them; errors end the run before it starts."""
        untouched = initialise.load(self.solver.net, self.row, init)
        findings = list(preflight.before(self.solver, self.row, self.data, untouched))
        for level, message in findings:
            print(f"{level}: {message}")
        errors = [message for level, message in findings if level == "error"]
        if errors and check:
            raise DataError(f"{self.row.name} would train in vain: {'; '.join(errors)}")
        runfolder.clear(self.row.name)
        self.note_start(init or experiments.origin(self.row))

    def resume(self):
        """Go on from the newest snapshot; False where there is none."""
        newest = runfolder.newest_state(self.row.name)
        if newest is None:
            return False
        iteration, state = newest
        self.solver.restore(str(state))
        print(f"resuming {self.row.name} at iteration {iteration} of {self.steps}")
        entries = self.log.rewind(iteration)
        self.meter.elapsed_before = max((e.get("time", 0.0) for e in entries), default=0.0)
        for entry in entries:
            if entry["kind"] == "score":
                self.scored = entry["iter"]
                better = self.consider(entry["iter"], self.mean_iu(entry["heads"]))
                if entry["iter"] == iteration:  # a kill may have come before the weights' links
                    runfolder.keep(self.row.name, iteration, better)
        self.note_start(f"resumed from {state.name}")
        return True

    def note_start(self, init):
        self.log.write(
            "start",
            iter=self.solver.iter,
            experiment=self.row.name,
            init=init,
            steps=self.steps,
            date=datetime.now().isoformat(timespec="seconds"),
            command=shlex.join(sys.argv),
            machine=machine(),
        )

    # -- how it goes

    def train(self):
        """Step to the end, logging, scoring and snapshotting on the way."""
        try:
            while self.solver.iter < self.steps:
                self.solver.step(self.until_next())
                at = self.solver.iter
                if self.first:
                    self.foretell()
                if at % self.display == 0 or at >= self.steps:
                    self.show()
                if at % self.row.score_every == 0 or at >= self.steps:
                    self.test()
        except Stopped:
            self.snapshot()
            print(f"stopped at iteration {self.solver.iter}; --resume goes on from there")
            return False
        if self.scored != self.solver.iter:
            self.test()
        self.end()
        return True

    def foretell(self):
        """After the first iteration: say what is to come and how long it may take."""
        self.first = False
        left = self.steps - self.solver.iter
        print(
            f"training {self.row.name}: {left} more iterations of {self.row.iter_size} x "
            f"{self.meter.batch()} pictures, about {self.meter.left(left)} and a scoring every "
            f"{self.row.score_every}",
            flush=True,
        )

    def until_next(self):
        """Iterations to the next display, score or end; the very first goes by itself."""
        if self.first:
            return 1
        at = self.solver.iter
        nexts = [every - at % every for every in (self.display, self.row.score_every)]
        return min(*nexts, self.steps - at)

    def show(self):
        """One line in the log and on the terminal, and a look at whether it gets anywhere."""
        at, r = self.solver.iter, self.meter.read()
        self.log.write("train", iter=at, lr=self.rate(), **r)
        left = self.meter.left(self.steps - at)
        print(
            f"{self.row.name}  {at}/{self.steps}  loss {r['loss']:.5g}  "
            f"per pixel {r['pixel_loss']:.4f}  {r['images_per_s']:.3g} images/s  {left} left",
            flush=True,
        )
        for text in self.watch.look(self.solver.net, r["pixel_loss"]):
            print(f"warning: {text}")
            self.log.write("warning", iter=at, text=text)

    def rate(self):
        """The learning rate; `lr` is our solvers' own, BVLC's policies are `fixed` in the table."""
        return float(f"{getattr(self.solver, 'lr', self.row.base_lr):.6g}")

    def test(self):
        """Score the validation split, then snapshot, so that the best is known by then."""
        at, began = self.solver.iter, time.perf_counter()
        test = self.solver.test_nets[0]
        test.share_with(self.solver.net)
        heads = score.score_net(test, self.data)
        best = self.consider(at, self.mean_iu(heads))
        self.scored = at
        self.meter.scored(time.perf_counter() - began)
        for name, result in heads.items():
            four = [result[k] for k in ("pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu")]
            values = "  ".join(score.percent(v) for v in four)
            print(f"{self.row.name}  {at}  {name}: pixel, mean acc., mean IU, f.w. IU  {values}")
        if best:
            whole = dict(experiment=self.row.name, iter=at, heads=heads)
            write_json(runfolder.folder(self.row.name) / "score.json", whole)
        brief = {name: summary(result) for name, result in heads.items()}
        self.log.write("score", iter=at, time=self.meter.elapsed(), heads=brief, best=best)
        self.snapshot(best)

    def mean_iu(self, heads):
        """Of the first head: what the best weights are chosen by."""
        return heads[self.data.heads[0].score]["mean_iu"] or 0.0

    def consider(self, iteration, mean_iu):
        better = mean_iu > self.best[1]
        if better:
            self.best = (iteration, mean_iu)
        return better

    def snapshot(self, best=False):
        self.solver.snapshot()
        runfolder.keep(self.row.name, self.solver.iter, best)

    def end(self):
        at, mean_iu = self.best
        self.log.write(
            "end",
            iter=self.solver.iter,
            time=self.meter.elapsed(),
            best_iter=at,
            best_mean_iu=mean_iu,
        )
        print(
            f"{self.row.name}: {self.solver.iter} iterations in {duration(self.meter.elapsed())}, "
            f"best mean IU {100 * mean_iu:.1f} at {at}; {runfolder.folder(self.row.name)}"
        )


def summary(result):
    """A scored head for the log: without the confusion matrix."""
    keys = ("pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu", "loss", "left_out")
    return {k: result[k] for k in keys} | dict(iu=[c["iu"] for c in result["classes"]])


def solve(name, args):
    """Train one row; True when it reached its end."""
    row = experiments.find(name)
    steps = args.iterations or row.steps or row.max_iter
    if args.resume and runfolder.finished(name):
        newest = runfolder.newest_state(name)
        if newest and newest[0] >= steps:
            print(f"{name} is trained: {newest[0]} iterations, {runfolder.folder(name)}")
            return True
    if not (args.resume or args.restart) and runfolder.newest_state(name):
        raise DataError(
            f"{runfolder.folder(name)} holds a run at iteration {runfolder.newest_state(name)[0]}: "
            "--resume goes on with it, --restart starts again"
        )
    run = Run(row, steps)
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(s, lambda *_: interrupt(run)) for s in signals]
    try:
        if not (args.resume and run.resume()):
            run.begin(args.init, check=not args.unchecked)
        return run.train()
    finally:
        for s, handler in zip(signals, previous, strict=True):
            signal.signal(s, handler)


def interrupt(run):
    """First Ctrl-C: stop after this iteration, with a snapshot. Second: at once, without."""
    if run.stop:
        raise KeyboardInterrupt
    run.stop = True
    print("stopping after this iteration, with a snapshot (again: at once, without)", flush=True)


def chain(name, args):
    """Train what `name` starts from, one after the other, then `name`."""
    row = experiments.find(name)
    initialise.ensure(row, args.init)
    if not args.init:
        for source in experiments.predecessors(row):
            if not runfolder.finished(source):
                print(f"{name} starts from {source}")
                of_source = argparse.Namespace(**{**vars(args), "resume": True, "iterations": None})
                if not chain(source, of_source):
                    return False
    return solve(name, args)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", help="an experiment (`python experiments.py` lists them)")
    parser.add_argument("--gpu", type=int, help="CUDA device (default: the first, if there is one)")
    parser.add_argument("--iterations", type=int, help="train to this iteration instead")
    parser.add_argument("--resume", action="store_true", help="go on from the newest snapshot")
    parser.add_argument("--restart", action="store_true", help="start again over an existing run")
    parser.add_argument("--init", default="", help="caffemodel, experiment, `published` or `none`")
    parser.add_argument("--chain", action="store_true", help="first get and train what it needs")
    parser.add_argument("--unchecked", action="store_true", help="train though a check failed")
    args = parser.parse_args()
    try:
        use_device(args.gpu)
        done = chain(args.name, args) if args.chain else solve(args.name, args)
    except (DataError, KeyError, ValueError, RuntimeError) as e:
        sys.exit(f"solve: {e.args[0] if e.args else e}")
    sys.exit(0 if done else 130)


if __name__ == "__main__":
    main()
