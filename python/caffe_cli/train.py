"""caffe train: run a solver, act on signals, show progress."""

import contextlib
import logging
import os
import signal
import sys

from . import ranks
from .common import add_module_folders, as_file, log_line, need_file, read_solver, split_names
from .device import choose_device, devices_of
from .options import CommandError

EFFECTS = ("stop", "snapshot", "none")


def train(options):
    """Train or finetune a model: build the solver's nets, solve, act on signals.

    With several -gpu, or -ranks, this process only starts as many that do so together.
    """
    if not options.solver:
        raise CommandError("need a solver definition to train: -solver FILE")
    if options.snapshot and options.weights:
        raise CommandError(
            "give a snapshot to resume training or weights to finetune, but not both"
        )
    for name in ("sigint_effect", "sighup_effect"):
        if getattr(options, name) not in EFFECTS:
            given = getattr(options, name)
            raise CommandError(f"-{name} is one of {', '.join(EFFECTS)}, got {given!r}")
    need_file(options.solver, "solver")
    for name in [options.snapshot] if options.snapshot else split_names(options.weights):
        need_file(name, "snapshot" if options.snapshot else "weights")
    param = read_solver(options.solver)
    if not options.gpu and param.HasField("solver_mode"):
        if param.solver_mode == type(param).GPU:
            options.gpu = str(param.device_id)
    count = max(len(devices_of(options)), options.ranks)
    if count > 1 and not ranks.is_rank():
        return ranks.launch(options.argv, count)
    ranks.take_place()
    choose_device(options, 204, 197)
    solver = _make_solver(options, param)
    if options.snapshot:
        log_line(f"Resuming from {options.snapshot}", 235)
        solver.restore(options.snapshot)
    ranks.join(solver, options.sync_bn)
    if options.optimize:
        if not hasattr(solver.net, "optimize"):
            raise CommandError("-optimize: this caffe is a BVLC build, its nets run as they are")
        solver.net.optimize()
    with _signals(options) as requests, _progress(solver, param.max_iter):
        log_line("Starting Optimization", 239)
        solve(solver, requests)
    log_line("Optimization Done.", 250)
    return 0


def _make_solver(options, param):
    """Return the solver in the state of -level and -stage; its nets start from -weights."""
    import caffe

    if options.snapshot or options.weights:
        del param.weights[:]
    param.weights.extend(split_names(options.weights))
    param.train_state.level = options.level
    param.train_state.stage.extend(split_names(options.stage))
    if not param.snapshot_prefix:  # it would follow the temporary file's name
        param.snapshot_prefix = os.path.splitext(options.solver)[0]
    nets = [param.net, param.train_net, *param.test_net]
    add_module_folders([options.solver, *filter(None, nets)])
    with as_file(param, os.path.basename(options.solver)) as path:
        return caffe.get_solver(path)


class _Stop(Exception):
    """Leaves a BVLC solver's loop, which cannot be asked to stop."""


def solve(solver, requests):
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
        log_line("Optimization stopped early.", 250)


class Requests:
    """What signals ask for, until the solver asks (util/signal_handler.cpp)."""

    def __init__(self, effects):
        self.effects = effects
        self.pending = []

    def receive(self, number, frame):
        if number not in self.pending:
            self.pending.append(number)

    def next(self):
        """Return "stop", "snapshot" or "none"; a hangup goes before an interrupt."""
        if not self.pending:
            return "none"
        self.pending.sort()
        return self.effects[self.pending.pop(0)]


@contextlib.contextmanager
def _signals(options):
    """Turn SIGINT and SIGHUP into requests while training."""
    effects = {signal.SIGINT: options.sigint_effect}
    if hasattr(signal, "SIGHUP"):
        effects[signal.SIGHUP] = options.sighup_effect
    requests = Requests(effects)
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
    if ranks.rank() or tqdm is None or not sys.stderr.isatty():
        yield
        return
    with tqdm(total=max_iter, initial=solver.iter, unit="it", dynamic_ncols=True) as bar:

        def show():
            bar.update(solver.iter - bar.n)

        solver.add_callback(show, lambda: None)
        with logging_redirect_tqdm([logging.getLogger("caffe")]):
            yield
            show()
