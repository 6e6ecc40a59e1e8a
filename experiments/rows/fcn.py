"""FCN: Long, Shelhamer, Darrell (CVPR 2015) and Shelhamer, Long, Darrell (PAMI 2017)."""

from typing import Any

from experiments.schema import Experiment, Init


def staged(
    prefix: str,
    data: str,
    rates: tuple[float, float, float],
    options: dict[str, Any] | None = None,
    init: tuple[Init, ...] = (Init("vgg16-fcn"),),
    **numbers: Any,
) -> list[Experiment]:
    """Return the rows PREFIX-fcn32s, 16s and 8s, each starting from the one before."""
    rows = []
    for stride, rate in zip((32, 16, 8), rates, strict=True):
        name = f"{prefix}-fcn{stride}s"
        opts = dict(stride=stride, **(options or {}))
        rows.append(Experiment(name, data, options=opts, init=init, base_lr=rate, **numbers))
        init = (Init(name),)
    return rows


def _nyud_row(name: str, inputs: str, **numbers: Any) -> Experiment:
    return Experiment(name, inputs, max_iter=300000, steps=100000, score_every=2000, **numbers)


# The CVPR paper's setting.
_CLASSIC: dict[str, Any] = dict(momentum=0.9, iter_size=20, normalize=True)

ROWS = [
    *staged("voc", "voc", (1e-10, 1e-12, 1e-14)),
    Experiment(
        "voc-fcn8s-atonce",
        "voc",
        # the skips' magnitudes brought into line, so that all three streams train together
        options=dict(stride=8, scales={4: 0.01, 3: 0.0001}),
        max_iter=300000,
    ),
    Experiment(
        "voc-fcn-alexnet",
        "voc",
        "alexnet.fcn_alexnet",
        init=(Init("alexnet-fcn"),),
        base_lr=1e-4,
        **_CLASSIC,
    ),
    Experiment(
        "voc-fcn-googlenet",
        "voc",
        "googlenet.fcn_googlenet",
        init=(Init("googlenet-fcn"),),
        base_lr=5e-5,
        **_CLASSIC,
    ),
    # How FCN-32s learns (PAMI paper, section 4.3): accumulated batches of 20, single images, and,
    # in voc-fcn32s itself, single images with high momentum; and with the head alone learning.
    Experiment("voc-fcn32s-accum", "voc", base_lr=1e-4, **_CLASSIC),
    Experiment("voc-fcn32s-online", "voc", momentum=0.9),
    Experiment("voc-fcn32s-fixed", "voc", options=dict(fixed=True)),
    _nyud_row("nyud-fcn32s-color", "nyud-color"),
    _nyud_row("nyud-fcn32s-hha", "nyud-hha"),
    _nyud_row(
        "nyud-fcn32s-color-d",
        "nyud-color-d",
        net="nyud.color_depth",
        inflate=("conv1_1", "conv1_1_bgrd"),
    ),
    _nyud_row(
        "nyud-fcn32s-color-hha",
        "nyud-color-hha",
        net="nyud.color_hha",
        init=(Init("nyud-fcn32s-color", "color"), Init("nyud-fcn32s-hha", "hha")),
        base_lr=1e-12,
    ),
    *staged(
        "siftflow",
        "siftflow",
        (1e-10, 1e-12, 1e-12),
        max_iter=300000,
        steps=100000,
        score_every=2000,
    ),
    *staged(
        "pascalcontext",
        "pascalcontext",
        (1e-10, 1e-12, 1e-14),
        max_iter=300000,
        steps=400000,
        score_every=8000,
    ),
    *staged("camvid", "camvid", (1e-10, 1e-12, 1e-14), max_iter=20000, score_every=1000),
]
