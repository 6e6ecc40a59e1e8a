"""The paper's claims, each as runs that differ in one thing: on CamVid, at a size for two cores.

Long, Shelhamer, Darrell (PAMI 2017): nets trained for classification and fine-tuned end to end
against nets from nothing and against a fixed trunk (section 4.3, table 2); 32s, 16s, 8s, staged and
at once (section 4.2, table 3); how often the weights are updated (section 4.3, table 1).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from experiments.schema import Experiment, Init
from experiments.table import EXPERIMENTS

PICTURES = 1200  # that the first stage learns from; the second and third stage from half as many
_ACCUMULATED = 20  # pictures of an update (PAMI paper, section 4.3)


@dataclass(frozen=True)
class Variant:
    """One line of the table: a row of the table of experiments, changed in one thing."""

    question: str  # the heading that it is compared under
    text: str  # what is special, in words
    row: Experiment  # its name is the variant's
    before: str = ""  # the variant whose result it starts from, where the row does not say


def variants(pictures: int = PICTURES, seed: int = 1) -> Iterator[Variant]:
    """Yield the table's lines, those first that others start from.

    The first stage learns from so many `pictures`, drawn with replacement; `seed` is that of the
    fillers, of the pictures' order and of how they vary.
    """
    stages = [EXPERIMENTS[f"camvid-resnet-fcn{stride}s"] for stride in (32, 16, 8)]
    batch = 4

    def row(of: Experiment, name: str, budget: int, more: dict[str, Any] | None = None,
            **numbers: Any) -> Experiment:  # fmt: skip
        steps = max(1, budget // numbers.pop("per_update", batch))
        return replace(
            of, name=f"claim-{name}-seed{seed}", seed=seed, max_iter=steps, score_every=steps,
            options={**of.options, **(more or {})}, **numbers,
        )  # fmt: skip

    weights = "trained weights"
    yield Variant(weights, "32s, from ILSVRC", first := row(stages[0], "32s", pictures))
    yield Variant(
        weights, "32s, from nothing",
        row(stages[0], "nothing", pictures, dict(rate=1), init=()),
    )  # fmt: skip
    yield Variant(
        weights, "32s, from ILSVRC, the trunk fixed",
        row(stages[0], "fixed", pictures, dict(fixed=5)),
    )  # fmt: skip
    skips = "skips"
    second = row(stages[1], "16s", pictures // 2)
    yield Variant(skips, "16s, from that 32s", second, first.name)
    yield Variant(skips, "8s, from that 16s", row(stages[2], "8s", pictures // 2), second.name)
    yield Variant(
        skips, "8s at once, from ILSVRC, as many in all",
        row(stages[2], "atonce", 2 * pictures, init=stages[0].init),
    )  # fmt: skip
    # Without normalisation, as the paper's nets: a batch of one picture has no statistics.
    # Each picture moves the weights by as much, base_lr / (1 - momentum), in the last two.
    updates = "updates"
    sgd: dict[str, Any] = dict(lr_policy="fixed")
    plain = replace(stages[0], init=(Init("resnet50-thin"),), solver=sgd, weight_decay=0.0005)
    folded = dict(normalised=False, fixed=1, rate=1)
    yield Variant(
        updates, f"32s, accumulated: {_ACCUMULATED} an update, momentum 0.9",
        row(plain, "accum", pictures, folded, per_update=_ACCUMULATED,
            iter_size=_ACCUMULATED // batch, base_lr=5e-3),
    )  # fmt: skip
    single = replace(plain, data="camvid-varied-single")
    yield Variant(
        updates, "32s, online: one an update, momentum 0.9",
        row(single, "online", pictures, folded, per_update=1, base_lr=5e-4),
    )  # fmt: skip
    yield Variant(
        updates, "32s, heavy: one an update, momentum 0.99",
        row(single, "heavy", pictures, folded, per_update=1, base_lr=5e-5, momentum=0.99),
    )  # fmt: skip
