"""Time contenders in turn, each in a process of its own, and their peak memory.

While one works the others wait for their turns, so all meet the same machine; and a process's
peak memory is then its contender's alone.
"""

import contextlib
import math
import multiprocessing
import statistics
import time
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

from .config import Config

Maker = Callable[[Config], Callable[[], Any]]


class Figure(NamedTuple):
    """A comparison: medians of both sides (seconds of a step, bytes), and of their ratio."""

    ours: float
    baseline: float
    ratio: float


class Worker:
    """One contender, made in a new process."""

    def __init__(self, maker: Maker, config: Config):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, maker, config), daemon=True)
        self._process.start()
        theirs.close()
        self._answer()  # made

    def ask(self, question: str):
        """Return the answer to "run", "memory" or "idle" (see `_serve`)."""
        self._pipe.send(question)
        return self._answer()

    def _answer(self):
        try:
            answer = self._pipe.recv()
        except EOFError as error:
            self._process.join()
            raise RuntimeError(
                f"the measured process ended by itself (exit code {self._process.exitcode}); "
                "with -9 the machine ran out of memory"
            ) from error
        if isinstance(answer, str):
            raise RuntimeError(f"the measured process failed:\n{answer}")
        return answer

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send("end")
        self._process.join()


def _serve(pipe, maker: Maker, config: Config) -> None:
    try:
        unit = maker(config)
        pipe.send(0)
        while (question := pipe.recv()) != "end":
            pipe.send(_ANSWERS[question](unit, config))
    except Exception:
        pipe.send(traceback.format_exc())


def _run(unit, config: Config) -> tuple[float, float]:
    """(seconds of a step, the unit's figure)."""
    begin = time.perf_counter()
    figure = unit()
    return (time.perf_counter() - begin) / config.steps, figure


def _memory(unit, config: Config) -> int:
    """Peak bytes so far: of the GPU's allocator, or resident."""
    if not config.gpu:
        return peak_resident()
    import torch

    return torch.cuda.max_memory_allocated()


def _idle(unit, config: Config) -> float:
    """Share of the unit's time in which no kernel runs on the GPU."""
    import torch
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as run:
        unit()
        torch.cuda.synchronize()
    spans = [
        (event.time_range.start, event.time_range.end)
        for event in run.events()
        if event.device_type == DeviceType.CUDA
    ]
    return idle_share(spans)


_ANSWERS = {"run": _run, "memory": _memory, "idle": _idle}


def idle_share(spans: list[tuple[float, float]]) -> float:
    """Return the share of the time from the first start to the last end that no span covers."""
    busy, reached = 0.0, min(start for start, _ in spans)
    begin = reached
    for start, end in sorted(spans):
        busy += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return 1 - busy / (reached - begin)


def peak_resident() -> int:
    """Peak resident bytes of this process.

    getrusage would also count the parent at the time of the fork, so Linux's own count is read
    where there is one.
    """
    status = read_status()
    if "VmHWM" in status:
        return status["VmHWM"]
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def read_status() -> dict[str, int]:
    """Return the sizes in Linux's /proc/self/status in bytes, by name; empty elsewhere."""
    sizes = {}
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            words = line.split()
            if words[-1] == "kB":
                sizes[words[0].rstrip(":")] = int(words[1]) * 1024
    return sizes


def compare(
    ours: Maker, baseline: Maker, config: Config, rounds: int, exact: bool
) -> tuple[Figure, Figure]:
    """Return the figures of time and peak memory of two contenders.

    `exact`: nothing is drawn at random, so both must come to the same figure on their first unit
    (they have the same net, weights and data).
    """
    makers = {"caffe": ours, "the baseline": baseline}
    found = rank(makers, config, rounds, 1e-3 if exact else math.inf)
    return against(*found.values())


def once(maker: Maker, config: Config, question: str = "run"):
    """Return the answer to a question after one unit, in a process of its own."""
    worker = Worker(maker, config)
    try:
        found = worker.ask("run")
        return found if question == "run" else worker.ask(question)
    finally:
        worker.close()


class Runs(NamedTuple):
    """One contender of several: seconds of each round, peak memory, its first unit's figure."""

    seconds: list[float]
    memory: int
    figure: float = 0.0


def rank(
    makers: dict[str, Maker], config: Config, rounds: int, close: float = math.inf
) -> dict[str, Runs]:
    """Time several contenders in turn, each in a process of its own.

    All must come to the first one's figure, but for the share `close`.
    """
    workers: dict[str, Worker] = {}
    try:
        for name, maker in makers.items():
            workers[name] = Worker(maker, config)
        first = {name: worker.ask("run")[1] for name, worker in workers.items()}
        (wanted, *_) = first.values()
        for name, figure in first.items():
            if abs(figure - wanted) > close * abs(wanted):
                raise RuntimeError(f"{name} does not compute the same: {figure}, {wanted}")
        names = list(workers)
        seconds: dict[str, list[float]] = {name: [] for name in names}
        for i in range(rounds):
            # Forwards and backwards, so that a drift favours none.
            for name in names if i % 2 == 0 else reversed(names):
                seconds[name].append(workers[name].ask("run")[0])
        return {
            name: Runs(seconds[name], workers[name].ask("memory"), first[name]) for name in names
        }
    finally:
        for worker in workers.values():
            worker.close()


def against(ours: Runs, theirs: Runs) -> tuple[Figure, Figure]:
    """Return the figures of time and memory of one against another."""
    pairs = list(zip(ours.seconds, theirs.seconds, strict=True))
    return summarize(pairs), summarize([(ours.memory, theirs.memory)])


def summarize(pairs: list[tuple[float, float]]) -> Figure:
    """Return the medians of both sides and of the ratio within each pair."""
    ours, baseline = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    return Figure(statistics.median(ours), statistics.median(baseline), ratio)
