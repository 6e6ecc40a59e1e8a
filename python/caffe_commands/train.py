"""caffe train: solve, heed signals, show progress."""

import contextlib
import logging
import os
import signal
import sys
import tempfile

from .common import CommandError, choose_device, need_file, read, say, stages_of

EFFECTS = ("stop", "snapshot", "none")


def train(flags):
    """Train or finetune a model."""
    if not flags.solver:
        raise CommandError("need a solver definition to train: -solver FILE")
    if flags.snapshot and flags.weights:
        raise CommandError(
            "give a snapshot to resume training or weights to finetune, but not both"
        )
    for name in ("sigint_effect", "sighup_effect"):
        if flags[name] not in EFFECTS:
            raise CommandError(f"-{name} is one of {', '.join(EFFECTS)}, got {flags[name]!r}")
    need_file(flags.solver, "solver")
    for name in filter(None, [flags.snapshot, *flags.weights.split(",")]):
        need_file(name, "snapshot" if flags.snapshot else "weights")
    param = read("solver", flags.solver)
    if not flags.gpu and param.HasField("solver_mode"):
        if param.solver_mode == type(param).GPU:
            flags["gpu"] = str(param.device_id)
    choose_device(flags, 204, 197)
    solver = _make_solver(flags, param)
    if flags.snapshot:
        say(f"Resuming from {flags.snapshot}", 235)
        solver.restore(flags.snapshot)
    with _signals(flags) as requests, _progress(solver, param.max_iter):
        say("Starting Optimization", 239)
        _solve(solver, requests)
    say("Optimization Done.", 250)


def _make_solver(flags, param):
    """The solver in the state of -level and -stage; its nets start from -weights."""
    import caffe

    if flags.snapshot or flags.weights:
        del param.weights[:]
    param.weights.extend(filter(None, flags.weights.split(",")))
    param.train_state.level = flags.level
    param.train_state.stage.extend(stages_of(flags))
    if not param.snapshot_prefix:  # it would follow the temporary file's name
        param.snapshot_prefix = os.path.splitext(flags.solver)[0]
    # pycaffe makes solvers of files only.
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(flags.solver))
        with open(path, "w", encoding="utf-8") as file:
            file.write(str(param))
        return caffe.get_solver(path)


class _Stop(Exception):
    """Leaves a BVLC solver's loop, which cannot be asked to stop."""


def _solve(solver, requests):
    """Solve; stop and take snapshots when signals ask for it."""
    if hasattr(solver, "set_action_function"):
        solver.set_action_function(requests.next)
        solver.solve()
        return

    def on_start():
        request = requests.next()
        if request == "snapshot":
            solver.snapshot()
        elif request == "stop":
            raise _Stop

    solver.add_callback(on_start, lambda: None)
    try:
        solver.solve()
    except _Stop:
        solver.snapshot()
        say("Optimization stopped early.", 250)


class _Requests:
    """What signals ask for, until the solver takes notice (util/signal_handler.cpp)."""

    def __init__(self, effects):
        self.effects = effects
        self.pending = []

    def receive(self, number, frame):
        if number not in self.pending:
            self.pending.append(number)

    def next(self):
        """ "stop", "snapshot" or "none"; a hangup goes before an interrupt."""
        if not self.pending:
            return "none"
        self.pending.sort()
        return self.effects[self.pending.pop(0)]


@contextlib.contextmanager
def _signals(flags):
    """Turn SIGINT and SIGHUP into requests while training."""
    effects = {signal.SIGINT: flags.sigint_effect}
    if hasattr(signal, "SIGHUP"):
        effects[signal.SIGHUP] = flags.sighup_effect
    requests = _Requests(effects)
    before = {number: signal.signal(number, requests.receive) for number in effects}
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _progress(solver, max_iter):
    """A progress bar below the log, on a terminal and where tqdm is installed."""
    try:
        from tqdm import tqdm
        from tqdm.contrib.logging import logging_redirect_tqdm
    except ImportError:
        tqdm = None
    if tqdm is None or not sys.stderr.isatty():
        yield
        return
    with tqdm(total=max_iter, initial=solver.iter, unit="it", dynamic_ncols=True) as bar:

        def show():
            bar.update(solver.iter - bar.n)

        solver.add_callback(show, lambda: None)
        with logging_redirect_tqdm([logging.getLogger("caffe")]):
            yield
            show()
