"""One system of a comparison: scored, timed and pictured over the validation split."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

import experiments
from data.images import from_net
from data.metrics import NAMES
from experiments import Input
from nets import generate
from nets.load import net_of_text
from training import run_dir
from training.costs import Costs, costs
from training.crf import Settings
from training.scoring import Tally
from training.segment import Labeller

SCORES = (*NAMES, "boundary_iu")


@dataclass
class System:
    """A trained row, with or without a CRF behind it."""

    name: str
    title: str
    crf: Settings | None = None


@dataclass
class Example:
    """A validation picture with its truth and one system's labels."""

    name: str
    picture: np.ndarray  # H x W x 3 uint8 RGB
    truth: np.ndarray  # H x W
    found: np.ndarray  # H x W


@dataclass
class Result:
    """What was measured of a System."""

    system: System
    scores: dict  # data.metrics.metrics, and boundary_iu
    seconds: float  # per picture, from the net's input to the labels
    costs: Costs
    iterations: int  # of the row itself
    examples: list[Example] = field(default_factory=list)
    spread: dict[str, tuple[float, float]] = field(default_factory=dict)  # of scores, over seeds


def mean(results: Sequence[Result]) -> Result:
    """Return the same system's results with several seeds as one: mean scores and their spread.

    What does not depend on the weights, and the examples, are the first one's.
    """
    first = results[0]
    values = {
        key: [r.scores[key] for r in results]
        for key in SCORES
        if all(r.scores[key] is not None for r in results)
    }
    scores = {key: statistics.fmean(of) for key, of in values.items()}
    spread = {key: (min(of), max(of)) for key, of in values.items()} if results[1:] else {}
    return replace(first, scores={**first.scores, **scores}, spread=spread)


def measure(system: System, shown: int = 0, count: int | None = None) -> Result:
    """Run a system, whose row must be trained, over its validation split.

    `shown` pictures, evenly spread over the split, are returned as examples; `count` are scored, by
    default all.
    """
    row = experiments.find(system.name)
    data = experiments.data_of(row)
    (head,), (given,) = data.heads, data.inputs
    labeller = Labeller(system.name, crf=system.crf)
    reader = net_of_text(generate.reader(row, data)).layers[0]
    tally = Tally(head.score, head.classes)
    seconds: list[float] = []
    examples, items = [], reader.items[:count]
    chosen = even(len(items), shown)
    for index, item in enumerate(items):
        image, label = reader.sample(item, 0)
        truth, name = label[0].astype(np.uint8), reader.name_of(item)
        began = time.perf_counter()
        found = labeller.labels({given.top: image})[head.score]
        seconds.append(time.perf_counter() - began)
        tally.add(name, truth, found)
        if index in chosen:
            examples.append(Example(name, visible(given, image), truth, found))
    spent = costs(run_dir.net_text(row, data, "deploy"), head.score)
    return Result(
        system,
        tally.metrics(head),
        float(np.median(seconds)),
        replace(spent, field=None) if system.crf else spent,  # a CRF joins all pixels
        int(run_dir.latest(run_dir.Log(system.name).read(), "iter")),
        examples,
    )


def even(total: int, count: int) -> list[int]:
    """Return `count` numbers below `total`, evenly spread (fewer where there are fewer)."""
    count = min(count, total)
    return [(2 * i + 1) * total // (2 * count) for i in range(count)]


def visible(given: Input, values: np.ndarray) -> np.ndarray:
    """Return a net's input as an RGB picture; other than three channels scaled as gray."""
    if len(values) == 3:
        return from_net(values, np.array(given.mean), given.bgr)
    gray = values.mean(axis=0)
    span = max(float(np.ptp(gray)), 1e-9)
    return np.repeat(((gray - gray.min()) / span * 255)[..., None], 3, axis=2).astype(np.uint8)
