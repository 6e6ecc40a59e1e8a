"""Solver: the training loop, with everything but the update rule (solver.cpp, sgd_solver.cpp).

One iteration: clear diffs, accumulate iter_size forward and backward passes, clip by the global
L2 norm, divide by iter_size, add weight decay, let the rule turn gradients into updates, and
subtract them.
"""

import math
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch

from ...proto import caffe_pb2
from ..core import context
from ..core.blob import Blob
from ..errors import SolverError
from ..formats import prototxt
from ..graph import debug_info
from ..graph.net import Net
from ..log import detail, info
from . import lr_policy, nets, snapshots
from .detections import make_scores
from .outputs import output_lines, output_values
from .param_groups import Tensors, clip, make_groups
from .settings import check_settings, check_snapshot_folder

# What may be asked for after an iteration; where ranks disagree, the last of these counts.
NONE, SNAPSHOT, STOP = ACTIONS = ("none", "snapshot", "stop")


class Solver:
    """Trains `net` as a SolverParameter says, and tests `test_nets` on the way."""

    type = ""
    net_type = Net  # pycaffe puts its own Net here
    histories = 1  # how many arrays the rule remembers per parameter

    def __init__(self, source: str | caffe_pb2.SolverParameter):
        """Build the nets of a solver prototxt (or SolverParameter) and start at iteration 0."""
        if isinstance(source, caffe_pb2.SolverParameter):
            self.param = source
        else:
            self.param = prototxt.read_solver(os.fspath(source))
        text = f"Initializing solver from parameters: \n{self.param}"
        detail(text.rstrip(), src="solver.cpp:45")
        self.check_param()
        if self.param.random_seed >= 0:
            context.set_random_seed(self.param.random_seed + context.solver_rank())
        self.iter = 0
        self.current_step = 0
        self.net = nets.make_train_net(self.param, self.net_type)
        self.test_nets = nets.make_test_nets(self.param, self.net_type)
        learnable = self.net.learnable_params
        self.history = [
            Blob(b.shape, persistent=True) for _ in range(self.histories) for b in learnable
        ]
        self._groups = make_groups(self.net.param_table.owners, self.history, self.histories)
        self._callbacks: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._action: Callable[[], str] = lambda: NONE
        self._agree: Callable[[int], int] = lambda action: action
        self._watch: Callable[[], AbstractContextManager] = nullcontext
        self._meet: Callable[[], None] = lambda: None
        self._stopping = False
        self._losses: deque = deque(maxlen=self.param.average_loss)
        self._shown_iter, self._shown_time = 0, time.perf_counter()
        info("Solver scaffolding done.", src="solver.cpp:57")

    # -- settings and nets

    def check_param(self) -> None:
        """Raise SolverError where the settings cannot be met; a rule adds its own checks."""
        check_settings(self.param)

    # -- training

    @property
    def lr(self) -> float:
        step = lr_policy.current_step(self.param, self.iter, self.current_step)
        return lr_policy.rate(self.param, self.iter, step)

    def step(self, iterations: int) -> None:
        """Train for a number of iterations.

        Raises
        ------
        SolverError
            When the loss becomes NaN, before the update is applied (on a GPU: at the next display,
            snapshot, test or end of the call).
        """
        stop = self.iter + int(iterations)
        self._losses.clear()
        self._shown_time = time.perf_counter()  # and not _shown_iter: steps of 1 add up
        while self.iter < stop:
            self.net.clear_param_diffs()
            p = self.param
            due = p.test_interval and self.iter % p.test_interval == 0
            if due and (self.iter or p.test_initialization):
                self._check_last_loss()
                self._test_all()
                if self._stopping:
                    break
            for on_start, _ in self._callbacks:
                on_start()
            shows = bool(p.display) and self.iter % p.display == 0
            self.net.debug_info = shows and p.debug_info
            with self._watch():
                self._losses.append(self._accumulate())
            if shows:
                self._show()
            for _, on_gradients_ready in self._callbacks:
                on_gradients_ready()
            self.apply_update()
            if self._after_update():
                break
        self._meet()
        self._check_last_loss()

    def _accumulate(self):
        """Run iter_size passes; return their mean loss, on the device it was computed on."""
        total: torch.Tensor | float = 0.0
        for _ in range(self.param.iter_size):
            loss = self.net.run_forward()
            if context.side() == context.HOST:
                loss = float(loss)
                self._check_loss(loss)
            self.net.run_backward(keep=False)
            if self.net.debug_info:
                debug_info.log_backward_totals(self.net.learnable_params)
            total = total + loss
        return total / self.param.iter_size

    def _check_loss(self, loss) -> None:
        if float(loss) != float(loss):
            raise SolverError(
                f"the loss is NaN at iteration {self.iter}; first value that is not finite: "
                f"{debug_info.first_nonfinite(self.net.nodes)}. A learning rate too high for the "
                f"loss normalisation is the usual cause (lr = {self.lr:g})"
            )

    def _check_last_loss(self) -> None:
        """Wait for the last loss of this step where a GPU has yet to tell it, and check it."""
        if self._losses:
            self._check_loss(self._losses[-1])

    def _after_update(self) -> bool:
        """Snapshot or stop where it is time to, or asked for; tell whether to stop."""
        request = ACTIONS[self._agree(ACTIONS.index(self._action()))]
        p = self.param
        if (p.snapshot and self.iter % p.snapshot == 0) or request == SNAPSHOT:
            self._check_last_loss()
            self.snapshot()
        self._stopping = self._stopping or request == STOP
        return request == STOP

    def apply_update(self) -> None:
        """Turn the accumulated diffs into updates, subtract them, and count the iteration.

        Afterwards a parameter's diff holds its update, as in BVLC.
        """
        rate = self.lr
        self.current_step = lr_policy.take_step(self.param, self.iter, self.current_step)
        if rate != rate:
            raise SolverError(
                f"lr_policy '{self.param.lr_policy}' gives NaN at iteration {self.iter} "
                f"(max_iter {self.param.max_iter}, power {self.param.power:g})"
            )
        if self.param.display and self.iter % self.param.display == 0:
            info(f"Iteration {self.iter}, lr = {rate:g}", src="sgd_solver.cpp:112")
        with torch.no_grad():
            clip(self.net.learnable_params, self.param.clip_gradients)
            for group in self._groups:
                group.update(self.compute_update, self.param, rate)
        self.iter += 1

    def compute_update(self, history: Sequence[Tensors], g: Tensors, rate: float) -> Tensors:
        """Return what to subtract, given gradients `g` and the rule's history, both writable."""
        raise SolverError(f"solver type '{self.type}' defines no update rule")

    def solve(self, resume_file: str | None = None) -> None:
        """Train to max_iter, then snapshot, show the loss and test, as `caffe train` does."""
        info(f"Solving {self.net.name}", src="solver.cpp:289")
        info(f"Learning Rate Policy: {self.param.lr_policy}", src="solver.cpp:290")
        self._stopping = False
        if resume_file:
            info(f"Restoring previous solver status from {resume_file}", src="solver.cpp:296")
            self.restore(resume_file)
        p = self.param
        if p.snapshot_after_train:  # now, and not when all is done
            check_snapshot_folder(p)
        self.step(p.max_iter - self.iter)
        if p.snapshot_after_train and (not p.snapshot or self.iter % p.snapshot != 0):
            self.snapshot()
        if self._stopping:
            info("Optimization stopped early.", src="solver.cpp:311")
            return
        if p.display and self.iter % p.display == 0:
            self._losses.append(float(self.net.run_forward()))
            info(f"Iteration {self.iter}, loss = {self._smoothed():g}", src="solver.cpp:327")
        if p.test_interval and self.iter % p.test_interval == 0:
            self._test_all()
        info("Optimization Done.", src="solver.cpp:332")

    # -- showing and testing

    def _smoothed(self) -> float:
        return sum(map(float, self._losses)) / len(self._losses)

    def _show(self) -> None:
        self._check_last_loss()
        now = time.perf_counter()
        lapse = now - self._shown_time
        per_second = (self.iter - self._shown_iter) / lapse if lapse else 0.0
        self._shown_time, self._shown_iter = now, self.iter
        info(
            f"Iteration {self.iter} ({per_second:g} iter/s, {lapse:g}s/{self.param.display} "
            f"iters), loss = {self._smoothed():g}",
            src="solver.cpp:239",
        )
        for line in output_lines(self.net, output_values(self.net), "Train"):
            info(line, src="solver.cpp:258")

    def _test_all(self) -> None:
        if context.solver_rank():
            return
        for index in range(len(self.test_nets)):
            if not self._stopping:
                self._test(index)

    def _test(self, index: int) -> None:
        info(f"Iteration {self.iter}, Testing net (#{index})", src="solver.cpp:347")
        net, count = self.test_nets[index], self.param.test_iter[index]
        net.share_with(self.net)
        scores, loss = make_scores(net, self.param), 0.0
        for _ in range(count):
            if self._stop_requested():
                info("Test interrupted.", src="solver.cpp:396")
                return
            loss += float(net.run_forward())
            scores.add()
        if self.param.test_compute_loss:
            info(f"Test loss: {loss / count if count else math.nan:g}", src="solver.cpp:401")
        for line in scores.lines():
            info(line, src="solver.cpp:414")

    def _stop_requested(self) -> bool:
        if context.solver_count() > 1:  # the others do not test: all stop after an iteration
            return False
        while (request := self._action()) != NONE:
            if request == SNAPSHOT:
                self.snapshot()
            elif request == STOP:
                self._stopping = True
                break
        return self._stopping

    # -- snapshots, callbacks

    def snapshot(self) -> None:
        """Write PREFIX_iter_N.caffemodel and .solverstate (or their .h5 forms), as rank 0."""
        if context.solver_rank() == 0:
            snapshots.write(self)

    def restore(self, state_file: str) -> None:
        """Continue from a .solverstate (or .solverstate.h5), by BVLC or by this package.

        Raises
        ------
        SolverError
            If it was written by another solver type or for another net.
        FormatError
            If it is damaged.
        """
        snapshots.restore(self, os.fspath(state_file))

    def add_callback(self, on_start, on_gradients_ready=None) -> None:
        """Call `on_start()` before each iteration's passes, the other before its update.

        In place of both, a `caffe.NCCL` makes this solver one of several.
        """
        if on_gradients_ready is None:
            parallel = on_start
            on_start, on_gradients_ready = parallel.on_start, parallel.on_gradients_ready
            self._agree, self._watch, self._meet = parallel.agree, parallel.watch, parallel.meet
        self._callbacks.append((on_start, on_gradients_ready))

    def set_action_function(self, ask: Callable[[], str]) -> None:
        """Ask `ask()` after each iteration whether to go on: "none", "snapshot" or "stop"."""
        self._action = ask

    def share_weights(self, net: Net) -> None:
        net.share_with(self.net)

    share = share_weights
