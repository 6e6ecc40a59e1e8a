"""What `python -m benchmarks.gpu` checks and times, a function for each part."""

import functools
import math
import warnings
from collections.abc import Callable, Mapping
from typing import NamedTuple

from . import golden, graphs, measure, ranks, with_caffe, with_torch
from .config import Config
from .measure import Maker
from .report import Row, rows_of

CLOSE = {"float32": 1e-3, "bf16": 0.1}  # how far one score may lie from hand-written PyTorch's
LOADERS = 4  # threads
_for = functools.partial


class Scale(NamedTuple):
    """Where the parts run, and how large."""

    gpu: bool
    small: bool

    @property
    def rounds(self) -> int:
        return 1 if self.small else 5

    def steps(self, count: int) -> int:
        return 1 if self.small else count

    def fcn8s(self, precision: str = "float32", width: int = 500, height: int = 375) -> Config:
        """Return the settings of FCN-8s."""
        if self.small:
            return Config(36, 30, self.gpu, fc=16, precision=precision)
        return Config(width, height, self.gpu, 10, precision=precision)

    def resnet(self, precision: str, side: int, small: int) -> Config:
        """Return the settings of a net on ResNet-50 for square pictures."""
        if self.small:
            return Config(small, small, self.gpu, trunk=4, precision=precision)
        return Config(side, side, self.gpu, 10, precision=precision)


class Found(NamedTuple):
    """What a part found: figures, remarks, and what is not as it has to be."""

    rows: list[Row]
    notes: list[str] = []  # noqa: RUF012  (never changed)
    faults: list[str] = []  # noqa: RUF012


class LeftOut(Exception):
    """Raised where the machine lacks what a part needs; the message says what."""


def _race(what: str, ours: Mapping[str, Maker], baseline: Maker, config: Config, rounds: int,
          close: float = math.inf) -> Found:  # fmt: skip
    """Time several of ours beside one baseline; a figure beyond `close` of its own is a fault."""
    runs = measure.rank({**ours, "baseline": baseline}, config, rounds)
    theirs = runs.pop("baseline")
    rows, faults = [], []
    for name, run in runs.items():
        time, memory = measure.against(run, theirs)
        title = f"{what}{name}"
        rows += rows_of(title, time, memory)
        if not abs(run.figure - theirs.figure) <= close * abs(theirs.figure):
            faults.append(f"{title}: {run.figure:g} where PyTorch comes to {theirs.figure:g}")
    return Found(rows, faults=faults)


def _joined(parts: list[Found]) -> Found:
    return Found(*(sum(found, []) for found in zip(*parts, strict=True)))


def golden_figures(scale: Scale) -> Found:
    """Hold the device to BVLC Caffe's own figures."""
    import caffe

    if scale.gpu:
        caffe.set_mode_gpu()
    found = list(golden.differences(20 if scale.small else 1))
    notes = [f"{sum(d.agrees for d in found)} of {len(found)} cases agree; the farthest:"]
    ran = sorted((d for d in found if not d.error), key=lambda d: -d.share)
    notes += [f"  {d.case}: {d.share:.1e} of its scale, {d.tolerance:g} allowed" for d in ran[:5]]
    faults = [
        d.error or f"{d.case}: off by {d.share:.1e} of its scale, {d.tolerance:g} allowed"
        for d in found
        if not d.agrees
    ]
    return Found([], notes, faults)


def fcn8s_forward(scale: Scale, precision: str) -> Found:
    ours = {"": with_caffe.forward, ", optimized": with_caffe.inference}
    return _race(f"FCN-8s forward, {precision}", ours, with_torch.forward,
                 scale.fcn8s(precision), scale.rounds, CLOSE[precision])  # fmt: skip


def fcn8s_step(scale: Scale, precision: str) -> Found:
    """Compare steps; each draws its own dropout, so that the losses differ."""
    ours = {"": with_caffe.fcn8s_step, ", optimized": with_caffe.fcn8s_optimized_step}
    return _race(f"FCN-8s step, {precision}", ours, with_torch.fcn8s_step,
                 scale.fcn8s(precision), scale.rounds)  # fmt: skip


def lenet_step(scale: Scale) -> Found:
    config = Config(gpu=scale.gpu, steps=scale.steps(100))
    return _race("LeNet step, batch 64", {"": with_caffe.lenet_step}, with_torch.lenet_step,
                 config, scale.rounds, CLOSE["float32"])  # fmt: skip


def successor(scale: Scale, name: str, what: str, side: int, small: int) -> Found:
    """Compare the optimized forward pass of a net on ResNet-50 in both precisions."""
    return _joined([
        _race(f"{what} forward, optimized, {precision}", {"": with_caffe.inference},
              with_torch.forward, scale.resnet(precision, side, small)._replace(net=name),
              scale.rounds, CLOSE[precision])
        for precision in CLOSE
    ])  # fmt: skip


def cuda_graphs(scale: Scale) -> Found:
    """Compare a pass that is replayed as a CUDA graph with the same pass called from Python."""
    _need_cuda(scale)
    found = []
    for width, height in ((500, 375), (100, 75)):
        config = scale.fcn8s(width=width, height=height)._replace(steps=scale.steps(50))
        for name in graphs.MODELS:
            replayed, called = _for(graphs.replayed, name=name), _for(graphs.called, name=name)
            what = f"FCN-8s forward {width}x{height}, {name}: a CUDA graph / calls"
            found.append(_race(what, {"": replayed}, called, config, scale.rounds, 1e-3))
    return _joined(found)


def host_waits(run: Callable[[], object]) -> list[str]:
    """Return where `run` made the host wait for the GPU: FILE:LINE, once for each time."""
    import torch

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            run()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return [
        f"{warning.filename}:{warning.lineno}"
        for warning in caught
        if "called a synchronizing" in str(warning.message)
    ]


def waits_of_an_iteration(solver) -> tuple[float, list[str]]:
    """Return how often an iteration makes the host wait, and where; a call's own end apart."""
    solver.step(2)
    fewer, more = (host_waits(functools.partial(solver.step, count)) for count in (5, 15))
    return (len(more) - len(fewer)) / 10, sorted(set(more))


def synchronisation(scale: Scale) -> Found:
    """Look whether the training loop ever makes the host wait for the GPU."""
    _need_cuda(scale)
    config = scale.fcn8s()._replace(workers=LOADERS)
    solvers = {
        "LeNet": with_caffe.lenet_solver(config),
        "FCN-8s": with_caffe.fcn8s_solver(config),
        "FCN-8s, pictures loaded": with_caffe.fcn8s_loading_solver(config),
    }
    found = Found([], [], [])
    for name, solver in solvers.items():
        count, places = waits_of_an_iteration(solver)
        if count:
            where = ", ".join(places)
            found.faults.append(f"{name}: waits {count:g} times an iteration, some of {where}")
        else:
            found.notes.append(f"{name}: no iteration waits for the GPU")
    return found


def idle(scale: Scale) -> Found:
    """Measure the share of a unit's time in which no kernel runs."""
    _need_cuda(scale)
    config, rows = scale.fcn8s(), []
    for what, name in (("FCN-8s step", "fcn8s_step"), ("LeNet step, batch 64", "lenet_step")):
        ours, baseline = (
            measure.once(getattr(module, name), config, "idle")
            for module in (with_caffe, with_torch)
        )
        rows.append(Row(f"{what}: GPU idle", ours, baseline, "%"))
    return Found(rows)


def loading(scale: Scale) -> Found:
    """Compare a step whose picture is loaded from files with one whose picture stays in place."""
    return _joined([
        _race(f"FCN-8s step, {precision}: JPEG, {LOADERS} threads / in place",
              {"": with_caffe.fcn8s_loading_step}, with_caffe.fcn8s_step,
              scale.fcn8s(precision)._replace(workers=LOADERS), scale.rounds)
        for precision in CLOSE
    ])  # fmt: skip


def two_ranks(scale: Scale) -> Found:
    """Compare two devices with one that takes as many pictures a step."""
    import torch

    if scale.gpu and (count := torch.cuda.device_count()) < 2:
        raise LeftOut(f"needs two devices, here {count}")
    name, what = ("lenet", "LeNet") if scale.small else ("fcn8s", "FCN-8s")
    together, alone = _for(ranks.together, name=name), _for(ranks.alone, name=name)
    what = f"{what} step, 2 ranks / 1 with iter_size 2"
    return _race(what, {"": together}, alone, scale.fcn8s(), scale.rounds)


def _need_cuda(scale: Scale) -> None:
    if not scale.gpu:
        raise LeftOut("needs a CUDA device")


class Part(NamedTuple):
    """What finds something, and the seconds that it may take."""

    find: Callable[[Scale], Found]
    limit: float


PARTS = {
    "golden": Part(golden_figures, 120),
    "forward-float32": Part(_for(fcn8s_forward, precision="float32"), 90),
    "forward-bf16": Part(_for(fcn8s_forward, precision="bf16"), 90),
    "step-float32": Part(_for(fcn8s_step, precision="float32"), 90),
    "step-bf16": Part(_for(fcn8s_step, precision="bf16"), 90),
    "waits": Part(synchronisation, 60),
    "graphs": Part(cuda_graphs, 90),
    "pspnet50": Part(_for(successor, name="pspnet50", what="PSPNet50", side=473, small=41), 90),
    "deeplabv3": Part(
        _for(successor, name="deeplabv3", what="DeepLabv3-R50", side=513, small=33), 90
    ),
    "loading": Part(loading, 90),
    "lenet": Part(lenet_step, 60),
    "ranks": Part(two_ranks, 90),
    "idle": Part(idle, 90),
}
